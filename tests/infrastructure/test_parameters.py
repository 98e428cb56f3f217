"""docs/deploying.md and its neighbors list the parameters of the template, with defaults."""

import re

from tests.infrastructure.conftest import Template
from tests.support.stack import ROOT

_ROW = re.compile(r"^\| `([A-Z]\w+)` \| ([^|]+) \|", re.MULTILINE)


def _page(name: str) -> str:
    return (ROOT / "docs" / name).read_text()


def test_each_row_is_a_parameter_with_its_default(template: Template) -> None:
    parameters = template.document["Parameters"]
    rows = _ROW.findall(_page("deploying.md"))
    assert len(rows) > 10
    for name, default in rows:
        shown = "" if default == "–" else default.strip("`")
        assert str(parameters[name]["Default"]) == shown, name


def test_every_parameter_is_explained_somewhere(template: Template) -> None:
    text = "".join(map(_page, ("deploying.md", "authentication.md", "runbook.md")))
    for name in template.document["Parameters"]:
        assert f"`{name}`" in text, name
