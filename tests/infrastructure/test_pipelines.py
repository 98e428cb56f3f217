"""The pipeline that a resolver's comment names is the one that template.yaml gives it."""

import json
import re
from pathlib import Path

import pytest

from tests.infrastructure.conftest import Template
from tests.support.stack import ROOT

_COMMENT = re.compile(r"/\*\*.*?\*/", re.DOTALL)
_RESOLVERS = sorted((ROOT / "graphql" / "resolvers").glob("*.js"))


def _named(path: Path) -> list[str]:
    """The functions in `a -> b -> c` of the file's comment."""
    text = re.sub(r"\s+\*\s+", " ", "".join(_COMMENT.findall(path.read_text())))
    found = re.search(r"\w+(?: -> \w+)+", text)
    return found[0].split(" -> ") if found else []


def _deployed(template: Template, path: Path) -> list[str]:
    for _, resolver in template.of_type("AWS::AppSync::Resolver"):
        if path.stem == f"{resolver['TypeName']}.{resolver['FieldName']}":
            text = json.dumps(resolver.get("PipelineConfig", {}))
            ids = re.findall(r'"(\w+)(?:\.|", ")FunctionId"', text)
            # A function that is there several times reads page after page.
            return [name[0].lower() + name[1:] for name in dict.fromkeys(ids)]
    raise AssertionError(f"template.yaml has no resolver for {path.name}")


@pytest.mark.parametrize("path", _RESOLVERS, ids=lambda path: path.stem)
def test_a_comment_names_the_whole_pipeline(template: Template, path: Path) -> None:
    named, deployed = _named(path), _deployed(template, path)
    assert named == deployed or (not named and len(deployed) < 2)
