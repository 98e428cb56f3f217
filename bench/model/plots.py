"""The model's pictures, as SVG in docs/images (needs matplotlib: .venv-bench)."""

from pathlib import Path

import matplotlib as mpl

mpl.use("svg")
import matplotlib.pyplot as plt

from bench.model import latency, outage
from cli.pricing import cost
from cli.pricing.tables import Tables
from cli.pricing.workload import Workload

mpl.rcParams |= {
    "svg.hashsalt": "globalws",
    "svg.fonttype": "none",
    "font.family": "sans-serif",
    "figure.figsize": (7.5, 4.0),
    "axes.grid": True,
    "grid.alpha": 0.3,
}


def draw_all(folder: Path, tables: Tables) -> list[Path]:
    """Draws every picture; returns the files."""
    folder.mkdir(parents=True, exist_ok=True)
    return [
        _cost(folder / "model-cost.svg", tables),
        _latency(folder / "model-latency.svg", tables),
        _outage(folder / "model-outage.svg", tables),
    ]


def _save(path: Path) -> Path:
    plt.legend()
    plt.tight_layout()
    plt.savefig(path, metadata={"Date": None})
    plt.close()
    return path


def _cost(path: Path, tables: Tables) -> Path:
    audiences = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000]
    for name, design in cost.DESIGNS.items():
        dollars = [
            design(Workload(100, subscribers=count), tables).per_million for count in audiences
        ]
        plt.loglog(audiences, dollars, marker="o", markersize=3, label=name)
    plt.xlabel("subscribers of a message in each of two regions")
    plt.ylabel("dollars per million messages")
    return _save(path)


def _latency(path: Path, tables: Tables) -> Path:
    for name in latency.PATHS:
        values = latency.samples(name, tables)
        shares = [number / len(values) for number in range(len(values))]
        plt.plot(values[::50], shares[::50], label=name)
    plt.xlim(0, 900)
    plt.xlabel("ms from publish to subscriber")
    plt.ylabel("share of messages")
    return _save(path)


def _outage(path: Path, tables: Tables) -> Path:
    for rate in (100, 500, 900):
        found = outage.simulate(Workload(rate), 3_600.0, tables)
        points = [point for point in found.backlog if point[0] > -3_600][::10]
        plt.plot(
            [at / 60 for at, _ in points], [left for _, left in points], label=f"{rate} publishes/s"
        )
    plt.xlabel("minutes from the outage's end")
    plt.ylabel("events waiting for the region")
    return _save(path)
