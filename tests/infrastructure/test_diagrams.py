"""docs/architecture.md shows the template's resources, the way of a message and all folders."""

import re
import subprocess
from collections.abc import Iterator
from itertools import pairwise

from tests.infrastructure.conftest import Template
from tests.infrastructure.test_template import _references
from tests.support.stack import ROOT

_DRAWN = (
    "AWS::AppSync::GraphQLApi",
    "AWS::DynamoDB::Table",
    "AWS::Events::EventBus",
    "AWS::Events::Rule",
    "AWS::SQS::Queue",
    "AWS::Serverless::Function",
)
_OUTSIDE = {"client", "backend", "peer", "alarms"}
_TEXT = (ROOT / "docs" / "architecture.md").read_text()
_DIAGRAMS = re.findall(r"```mermaid\n(.*?)```", _TEXT, re.DOTALL)
_NODE = re.compile(r"^(\w+)")


def _edges() -> Iterator[tuple[str, str]]:
    """Each arrow's two ends; `a --> b --> c` has two."""
    for diagram in _DIAGRAMS:
        for line in diagram.splitlines()[1:]:
            ends = [_NODE.match(each.strip()) for each in re.split(r"-->(?:\|[^|]*\|)?", line)]
            names = [each.group(1) for each in ends if each is not None]
            yield from pairwise(names)


def _name(logical_id: str) -> str:
    for drawn in ("ForwardTo", "PresenceTo"):
        if logical_id.startswith(drawn):
            return drawn
    return logical_id


def test_every_box_is_a_resource_and_every_resource_a_box(template: Template) -> None:
    assert len(_DIAGRAMS) == 2
    drawn = {name for edge in _edges() for name in edge} - _OUTSIDE
    there = {_name(name) for kind in _DRAWN for name, _ in template.of_type(kind)}
    assert drawn == there


def test_rules_point_where_the_template_points_them(template: Template) -> None:
    edges = set(_edges())
    for name, rule in template.of_type("AWS::Events::Rule"):
        for target in rule["Targets"]:
            for queue in _references(target.get("DeadLetterConfig", {})):
                assert (_name(name), queue) in edges
            for function in _references(target["Arn"]):
                assert (_name(name), function) in edges


def test_functions_use_what_their_arrows_show(template: Template) -> None:
    tables = {name for name, _ in template.of_type("AWS::DynamoDB::Table")}
    edges = set(_edges())
    for name, function in template.of_type("AWS::Serverless::Function"):
        used = set(_references(function["Policies"])) & tables
        assert {to for at, to in edges if at == name and to in tables} == used, name
        for queue in _references(function["EventInvokeConfig"].get("DestinationConfig", {})):
            assert (name, queue) in edges


def test_every_folder_is_in_the_table() -> None:
    listed = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.splitlines()
    folders = {path.split("/")[0] for path in listed if "/" in path}
    table = _TEXT.split("## Folders")[1].split("\n## ")[0]
    firsts = re.findall(r"^\| ([^|]+) \|", table, re.MULTILINE)
    named = {name for first in firsts for name in re.findall(r"`([\w.]+)/`", first)}
    assert named == folders


def test_the_message_s_way_names_every_function_of_a_publish(template: Template) -> None:
    way = _TEXT.split("## The way of a message")[1].split("\n## ")[0]
    publish = dict(template.of_type("AWS::AppSync::Resolver"))["MutationPublish"]
    functions = dict(template.of_type("AWS::AppSync::FunctionConfiguration"))
    steps = list(_references(publish["PipelineConfig"]["Functions"]))
    assert len(steps) >= 5
    for step in steps:
        assert re.search(rf"\b{functions[step]['Name']}\b", way), step
