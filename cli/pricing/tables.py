"""The one dated table: every price, quota and latency that the model uses, with its source."""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any


@dataclass(frozen=True)
class Tables:
    """The table's figures by name; `sources` names each figure's source for a report."""

    date: date
    prices: Mapping[str, float]
    quotas: Mapping[str, float]
    latencies: Mapping[str, tuple[float, float]]
    assumptions: Mapping[str, float]
    sources: Mapping[str, Mapping[str, Any]]


@cache
def tables(path: Path = Path(__file__).parent / "tables.toml") -> Tables:
    """The table in `path`."""
    document = tomllib.loads(path.read_text())

    def values(section: str) -> dict[str, float]:
        return {name: float(entry["value"]) for name, entry in document[section].items()}

    return Tables(
        date=document["date"],
        prices=values("prices"),
        quotas=values("quotas"),
        latencies={
            name: (float(entry["p50"]), float(entry["p99"]))
            for name, entry in document["latency"].items()
        },
        assumptions=values("assumptions"),
        sources={
            f"{section}.{name}": entry
            for section in ("prices", "quotas", "latency", "assumptions")
            for name, entry in document[section].items()
        },
    )
