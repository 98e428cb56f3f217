"""ctx is built lazily, which code must not notice."""

from typing import Any

import pytest

from emulator.appsync.definition import SourceFile
from emulator.appsync.javascript import Context, Program, load

STASH = {"a": 1, "b": {"c": [True, None, "\n"]}}


def program(request: str, response: str = "return null;") -> Program:
    text = f"export function request(ctx) {{\n{request}\n}}\n"
    text += f"export function response(ctx) {{\n{response}\n}}\n"
    return load(SourceFile("code.js", text), {"REGION": "here"})


def run(body: str, context: Context | None = None) -> Any:
    evaluation = program(body).request(context or Context(arguments={"x": 1}, stash=dict(STASH)))
    assert evaluation.error is None
    return evaluation.result


MEMBERS = [
    "arguments",
    "identity",
    "source",
    "stash",
    "prev",
    "result",
    "error",
    "request",
    "info",
    "args",
    "env",
]


@pytest.mark.parametrize(
    ("body", "expected"),
    [
        ("return Object.keys(ctx);", MEMBERS),
        ("return Object.entries(ctx).map((one) => one[0]);", MEMBERS),
        ("return Object.entries(ctx)[3][1];", STASH),
        ("return Object.values(ctx)[9];", {"x": 1}),
        ("const { ...all } = ctx; return [all.args, all.stash];", [{"x": 1}, STASH]),
        ("return Object.assign({}, ctx).stash;", STASH),
        ("return JSON.parse(JSON.stringify(ctx)).args;", {"x": 1}),
        ("ctx.args.y = 2; return ctx.arguments;", {"x": 1, "y": 2}),
        ("ctx.arguments.y = 2; return ctx.args;", {"x": 1, "y": 2}),
        ("return ctx.stash.b === ctx.stash.b;", True),
        ("return [ctx.prev, ctx.result, ctx.identity, ctx.error];", [None] * 4),
    ],
)
def test_members(body: str, expected: Any) -> None:
    assert run(body) == expected


@pytest.mark.parametrize(
    "result", ["text", 'a"\n\\b', 0, 1.5, False, [], {}, None, "\ud800", "é😀"]
)
def test_values_pass_unchanged(result: Any) -> None:
    both = program("return ctx.result;", "return { twice: [ctx.result, ctx.prev.result] };")
    context = Context(result=result, prev={"result": result})
    assert both.request(context).result == result
    assert both.response(context).result == {"twice": [result, result]}


def test_the_stash_is_carried_unread_and_read() -> None:
    both = program("return 1;", "ctx.stash.n = (ctx.stash.n ?? 0) + 1; return ctx.stash.n;")
    context = Context(stash={"other": "kept"})
    for expected in (1, 2, 3):
        context.stash = both.request(context).stash
        evaluation = both.response(context)
        context.stash = evaluation.stash
        assert (evaluation.result, context.stash) == (expected, {"other": "kept", "n": expected})


def test_members_may_be_replaced() -> None:
    code = program("return [ctx.result, ctx.args];")
    context = Context(arguments={"n": 1}, result={"n": 1})
    assert code.request(context).result == [{"n": 1}, {"n": 1}]
    context.arguments, context.result = {"n": 2}, {"n": 3}
    assert code.request(context).result == [{"n": 3}, {"n": 2}]


def test_nothing_of_a_call_is_seen_by_the_next() -> None:
    code = program("ctx.args.left = 1; ctx.stash.left = 1; return ctx.args.before;")
    for name in ("first", "second"):
        evaluation = code.request(Context(arguments={"before": name}))
        assert (evaluation.result, evaluation.stash) == (name, {"left": 1})
    assert code.request(Context()).result is None


def test_json_of_its_own_that_is_no_json() -> None:
    assert run("return { toJSON: () => undefined };") is None


@pytest.mark.parametrize("size", [1, 8_191, 8_192, 60_000, 240_000])
def test_a_long_text_goes_in_and_comes_out_whole(size: int) -> None:
    text = "é\n" * (size // 2) + "x"
    code = program(
        "ctx.stash.copy = ctx.args.text; return { both: ctx.args.text + ctx.args.text };"
    )
    evaluation = code.request(Context(arguments={"text": text}))
    assert evaluation.result == {"both": text + text}
    assert evaluation.stash == {"copy": text}


def test_selection_sets_show_only_by_name() -> None:
    info = {
        "fieldName": "post",
        "parentTypeName": "Query",
        "variables": {},
        "selectionSetList": ["id"],
        "selectionSetGraphQL": "{ id }",
    }
    shown = {"fieldName": "post", "parentTypeName": "Query", "variables": {}}
    for body, expected in (
        ("return JSON.parse(JSON.stringify(ctx.info));", shown),
        ("return JSON.parse(JSON.stringify(ctx)).info;", shown),
        ("return ctx.info;", shown),
        ("return [ctx.info.selectionSetList, ctx.info.selectionSetGraphQL];", [["id"], "{ id }"]),
        ("const { selectionSetList } = ctx.info; return selectionSetList;", ["id"]),
    ):
        assert run(body, Context(info=dict(info))) == expected
