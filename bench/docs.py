"""Puts generated tables into docs/performance.md and docs/cost.md, between their markers.

Usage: python -m bench.docs     (`make bench` and `make bench-model` do it)

A marker is `<!-- generated: NAME -->`; what follows, up to `<!-- end -->`, is generated.
"""

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).resolve().parent.parent
_BLOCK = re.compile(r"(<!-- generated: ([a-z_ -]+) -->\n).*?(<!-- end -->)", re.DOTALL)


def filled(text: str, blocks: Mapping[str, str]) -> str:
    """`text` with each marked block replaced; one that `blocks` does not have stays."""

    def replace(found: re.Match[str]) -> str:
        block = blocks.get(found[2])
        return found[0] if block is None else f"{found[1]}\n{block}\n\n{found[3]}"

    return _BLOCK.sub(replace, text)


def performance_blocks(report: Mapping[str, Any]) -> dict[str, str]:
    """The blocks of docs/performance.md."""
    from bench.report import blocks

    return blocks(report)


def cost_blocks() -> dict[str, str]:
    """The blocks of docs/cost.md."""
    from bench.model.report import blocks, document
    from cli.pricing.tables import tables

    table = tables()
    return blocks(document(table), table)


def write_all() -> None:
    """Both documents, as far as something was measured."""
    latest = _ROOT / "bench" / "results" / "latest.json"
    if latest.exists():
        _fill("performance.md", performance_blocks(json.loads(latest.read_text())))
    _fill("cost.md", cost_blocks())


def _fill(name: str, blocks: Mapping[str, str]) -> None:
    path = _ROOT / "docs" / name
    path.write_text(filled(path.read_text(), blocks))


if __name__ == "__main__":
    write_all()
