"""The check of a publish's selection, against a reference that parses the document."""

import json
from dataclasses import replace
from functools import cache
from typing import Any

import pytest
from graphql.execution import get_variable_values
from hypothesis import event, example, given, settings
from hypothesis import strategies as st

from emulator.appsync.auth import Caller
from emulator.appsync.definition import SourceFile
from emulator.appsync.invocation import RequestMeta
from emulator.appsync.javascript import Context, load
from emulator.appsync.schema import ApiSchema, load_schema
from emulator.appsync.selection_info import fields_of, selection_paths, selection_text
from graphql import (
    FieldNode,
    OperationDefinitionNode,
    Token,
    TokenKind,
    execute_sync,
    parse,
    print_ast,
    validate,
)
from tests.support.project_api import ask, project_api, project_engine
from tests.support.publishing import new_id
from tests.support.stack import ROOT
from tests.unit.appsync.fakes import FakeSession

_FIELDS = ("id", "name", "message", "publishedAt", "region")
_CLIENT = {"publisher": None}
_MESSAGE = {
    "id": new_id(),
    "name": "tech",
    "message": "Hello",
    "publishedAt": "2026-11-23T10:00:00.000Z",
    "region": "us-west-2",
}
_PLAIN = "id name message publishedAt region"
_ISSUE = (
    'mutation { publish(name: "robots", message: "M") { ...F } }'
    " fragment F on Message { id name: region message publishedAt region }"
)


@cache
def _schema() -> ApiSchema:
    """The project's, with an interface that Message implements."""
    api = project_api()
    text = api.schema.text.replace("type Message ", "type Message implements Named ")
    text += "interface Named { name: String! }"
    return load_schema(replace(api, schema=SourceFile("schema.graphql", text)))


# One entry of a selection set, with its entries; fragments spread only those after them.
_FIELD = st.sampled_from([*_FIELDS, "publisher", "__typename"])
_KEY = st.sampled_from([*[""] * 6, *(f"{key}: " for key in (*_FIELDS, "also", "__typename"))])
_DIRECTIVE = st.sampled_from(
    ["", "", " @include(if: true)", " @skip(if: true)", " @include(if: $x)", " @skip(if: $x)"]
)
_GAP = st.sampled_from([" ", "\n", ", ", " # } {\n"])
_ENTRY = st.recursive(
    st.builds(lambda key, name, directive: f"{key}{name}{directive}", _KEY, _FIELD, _DIRECTIVE)
    | st.builds(
        lambda number, directive: f"...F{number}{directive}", st.integers(0, 2), _DIRECTIVE
    ),
    lambda entries: st.builds(
        lambda condition, directive, inner: f"...{condition}{directive} {{ {' '.join(inner)} }}",
        st.sampled_from(["", " on Message", " on Named"]),
        _DIRECTIVE,
        st.lists(entries, min_size=1, max_size=5),
    ),
    max_leaves=6,
)


@st.composite
def _selections(draw: st.DrawFn) -> str:
    entries: list[str] = draw(st.permutations(_FIELDS))
    entries = entries[draw(st.sampled_from([0, 0, 0, 1, 3, 5])) :]
    for entry in draw(st.lists(_ENTRY, max_size=3)):
        entries.insert(draw(st.integers(0, len(entries))), entry)
    return "{ " + "".join(entry + draw(_GAP) for entry in entries or ["id"]) + "}"


_TEXTS = st.sampled_from(
    [
        *("$m", '"M"', '"} } }"', '"\\\\\\" # {"', '"""{ M"""', '"""a"# {"""'),
        f'"{{ {_PLAIN} }}"',
    ]
)


@st.composite
def _documents(draw: st.DrawFn) -> str:
    """A mutation that publishes, mostly by one field, and the fragments that it uses."""
    text = draw(_TEXTS)
    fields = [
        f'publish(name: "tech", message: {text}) {selection}'
        for selection in draw(st.lists(_selections(), min_size=1, max_size=2))[
            : draw(st.sampled_from([1, 1, 1, 2]))
        ]
    ]
    body = "{ " + " ".join(fields) + " }"
    for number in range(3):
        if f"...F{number}" in body:
            condition = draw(st.sampled_from(["Message", "Named"]))
            selection = draw(_selections())
            for earlier in range(number + 1):
                selection = selection.replace(f"...F{earlier}", "__typename")
            body += f" fragment F{number} on {condition} {selection}"
    declared = [("$m", "$m: String!"), ("$x", "$x: Boolean = true")]
    variables = ", ".join(declaration for name, declaration in declared if name in body)
    return f"mutation{f'({variables})' if variables else ''} {body}"


def _is_plain(field: FieldNode) -> bool:
    """The reference: nothing but fields, under their own names, and all of them."""
    entries = field.selection_set.selections if field.selection_set else ()
    if not all(isinstance(e, FieldNode) and not e.alias and not e.directives for e in entries):
        return False
    names = [entry.name.value for entry in entries if isinstance(entry, FieldNode)]
    return set(_FIELDS) <= set(names) <= {*_FIELDS, "publisher", "__typename"}


@cache
def _guard() -> Any:
    path = ROOT / "graphql" / "functions" / "checkMessage.js"
    return load(SourceFile(path.name, path.read_text()), project_api().environment)


def _passes(text: str, paths: list[str]) -> bool:
    info = {
        "fieldName": "publish",
        "parentTypeName": "Mutation",
        "variables": {},
        "selectionSetList": paths,
        "selectionSetGraphQL": text,
    }
    evaluation = _guard().request(
        Context(stash={"message": _MESSAGE, "client": _CLIENT}, info=info)
    )
    assert evaluation.error is None or evaluation.error.type == "IncompleteSelection"
    return evaluation.error is None


def _has_comment(operation: OperationDefinitionNode) -> bool:
    loc = operation.selection_set.loc
    assert loc is not None
    token: Token | None = loc.start_token
    while token is not None and token.end <= loc.end:
        if token.kind is TokenKind.COMMENT:
            return True
        token = token.next
    return False


@settings(max_examples=250, deadline=None)
@given(_documents(), st.booleans())
@example(_ISSUE, True)
@example(f'mutation {{ publish(name: "tech", message: "{{") {{ {_PLAIN} also: id }} }}', True)
@example(
    'mutation { publish(name: "tech", message: "M") { x: name ... on Named { name } '
    f"... on Message {{ {_PLAIN} }} }} }}",
    True,
)
@example(
    'mutation { publish(name: "tech", message: "M") { name: region }'
    ' publish(name: "tech", message: "M") { id message publishedAt region } }',
    True,
)
@example(
    f'mutation {{ publish(name: "tech", message: "M") {{ ...F # {{ {_PLAIN}\n }} }}'
    " fragment F on Message { id name: region message publishedAt region }",
    True,
)
@example(
    f'mutation {{ publish(name: "tech", message: """a"{{ {_PLAIN} }} }}""") {{ ...F }} }}'
    " fragment F on Message { id name: region message publishedAt region }",
    True,
)
@example(
    'mutation { publish(name: "tech", message: """\\\\""" " # """)'
    f' {{ ...F # " {{ {_PLAIN}\n }} }}'
    " fragment F on Message { id name: region message publishedAt region }",
    True,
)
def test_the_guard_lets_pass_exactly_a_plain_list_of_fields(document: str, x: bool) -> None:
    schema = _schema().graphql
    ast = parse(document)
    if validate(schema, ast):
        return  # refused before any resolver runs
    operation = ast.definitions[0]
    assert isinstance(operation, OperationDefinitionNode)
    assert operation.selection_set.loc is not None
    fragments = {d.name.value: d for d in ast.definitions[1:]}  # type: ignore[attr-defined]
    values = get_variable_values(schema, operation.variable_definitions or (), {"m": "M", "x": x})
    assert not isinstance(values, list)
    nodes = list(fields_of(operation.selection_set, fragments, values.coerced))
    paths = selection_paths(nodes, schema.type_map["Message"], fragments, values.coerced)
    start, end = operation.selection_set.loc.start, operation.selection_set.loc.end
    # Selections as AppSync is reported to show them, and as its guide does.
    passes = {
        "alone": _passes(selection_text(nodes), paths),
        "in its field": _passes(print_ast(operation.selection_set), paths),
        "as sent": _passes(document[start:end], paths),
    }
    if len(nodes) == 1:
        plain = _is_plain(nodes[0])
        assert passes["alone"] == plain
        # Quotes in block strings and comments may cause a refusal, but must not pass.
        quoted = '"""' in document
        assert passes["in its field"] == plain or (plain and quoted)
        assert passes["as sent"] == plain or (plain and (quoted or _has_comment(operation)))
    if any(passes.values()):
        event("passes")
        answer = execute_sync(
            schema, ast, root_value={"publish": _MESSAGE}, variable_values={"m": "M", "x": x}
        )
        assert answer.data is not None
        got = answer.data["publish"]
        assert {**got, "__typename": "Message"} == {**_MESSAGE, "__typename": "Message"}


async def test_a_publisher_cannot_choose_what_subscribers_see_as_the_channel() -> None:
    engine = project_engine()
    session = FakeSession()
    engine.admit(session)
    query = f'subscription {{ subscribe(name: "us-west-2") {{ {_PLAIN} }} }}'
    allowed = 'subscription { subscribe(name: "tech") { name } }'
    start = json.dumps({"query": allowed})
    for id, text in (
        ("1", start),
        ("2", json.dumps({"query": query.replace("us-west-2", "cars")})),
    ):
        subscription = await engine.subscribe(id, text, Caller("API_KEY"), RequestMeta({}), session)
        engine.register(subscription)
    answer = await ask(engine, _ISSUE)
    assert answer.body["errors"][0]["errorType"] == "IncompleteSelection"
    assert not session.frames


@pytest.mark.parametrize("alias", ["p: ", "p :", "p:"])
def test_an_aliased_publish_is_refused_where_appsync_shows_it(alias: str) -> None:
    assert not _passes(f'{{ {alias}publish(name: "tech", message: "M") {{ {_PLAIN} }} }}', [])
