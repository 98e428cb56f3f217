"""Writes bench/results/model.{json,md}, and docs/images/model-*.svg where matplotlib is.

Usage: .venv-bench/bin/python -m bench.model
"""

import json
from pathlib import Path

from bench.docs import write_all
from bench.model.report import document, markdown
from cli.pricing.tables import tables

_ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """All of it."""
    table = tables()
    found = document(table)
    results = _ROOT / "bench" / "results"
    results.mkdir(exist_ok=True)
    (results / "model.json").write_text(json.dumps(found, indent=2) + "\n")
    head = "# Capacity and cost, modelled\n\nMade by `make bench-model`: "
    head += "two regions, 300-byte messages."
    (results / "model.md").write_text(f"{head}\n\n{markdown(found, table)}\n")
    write_all()
    try:
        from bench.model.plots import draw_all
    except ImportError:
        print("no pictures: matplotlib is not there (make bench-model sets it up)")
    else:
        for path in draw_all(_ROOT / "docs" / "images", table):
            print(path.relative_to(_ROOT))


if __name__ == "__main__":
    main()
