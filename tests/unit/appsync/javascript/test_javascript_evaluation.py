"""What an evaluation gives back: results, errors, early returns, limits, and nothing left over."""

import logging
from typing import Any

import pytest

from emulator.appsync.definition import SourceFile
from emulator.appsync.javascript import Context, Evaluation, Program, ResolverError, load
from emulator.appsync.javascript import engine as engine_module

HEAD = "import { util, runtime, extensions } from '@aws-appsync/utils';\n"


def program(request: str, response: str = "return null;", top: str = "") -> Program:
    code = (
        f"{HEAD}{top}\nexport function request(ctx) {{\n{request}\n}}\n"
        f"export const response = (ctx) => {{\n{response}\n}};\n"
    )
    return load(SourceFile("graphql/resolvers/X.js", code), {"REGION": "us-west-2"})


def run(body: str, context: Context | None = None) -> Evaluation:
    return program(body).request(context or Context())


def failure(evaluation: Evaluation) -> ResolverError:
    assert evaluation.error is not None
    return evaluation.error


def test_context_members() -> None:
    context = Context(
        arguments={"a": 1},
        identity={"username": "u"},
        source={"s": 1},
        stash={"t": 1},
        prev={"result": "p"},
        result=[1],
        error={"message": "m", "type": "T"},
        request={"headers": {"h": "v"}, "domainName": None},
        info={"fieldName": "f", "parentTypeName": "T", "variables": {}},
    )
    body = (
        "return [ctx.arguments, ctx.args, ctx.identity, ctx.source, ctx.stash, ctx.prev,"
        " ctx.result, ctx.error, ctx.request, ctx.info, ctx.env];"
    )
    result = run(body, context).result
    expected: list[Any] = [context.arguments, context.arguments, context.identity, context.source]
    expected += [context.stash, context.prev, context.result, context.error]
    expected += [context.request, context.info, {"REGION": "us-west-2"}]
    assert result == expected


def test_request_and_response() -> None:
    both = program("ctx.stash.a = 1; return { payload: 1 };", "return ctx.stash.a + ctx.result;")
    first = both.request(Context())
    assert (first.result, first.stash) == ({"payload": 1}, {"a": 1})
    assert both.response(Context(stash=first.stash, result=2)).result == 3


def test_undefined_is_null() -> None:
    assert run("ctx.stash.a = undefined; ctx.stash.b = { c: undefined };") == Evaluation(
        stash={"b": {}}
    )


@pytest.mark.parametrize("text", ["é🌍\u2028", "a\nb\t\"'\\</script>", "\ud800x", "\x00"])
def test_strings_are_kept(text: str) -> None:
    assert run("return ctx.args.text;", Context(arguments={"text": text})).result == text


def test_error() -> None:
    evaluation = run("ctx.stash.a = 1; util.error('m', 'T', { d: 1 }, ['i']); return 1;")
    assert evaluation.error == ResolverError("m", "T", {"d": 1}, ["i"])
    assert evaluation.result is None
    assert evaluation.stash == {"a": 1}
    assert run("[1].map((x) => util.error('m'));").error == ResolverError("m")


@pytest.mark.parametrize("message", ["", "null", "undefined"])
def test_an_error_may_have_no_message(message: str) -> None:
    assert run(f"util.error({message});").error == ResolverError(None)
    assert run(f"util.appendError({message});").appended_errors == (ResolverError(None),)


def test_append_error() -> None:
    evaluation = run("util.appendError('a'); util.appendError('b', 'B', 1, 2); return 3;")
    assert evaluation.appended_errors == (ResolverError("a"), ResolverError("b", "B", 1, 2))
    assert (evaluation.result, evaluation.error) == (3, None)


def test_unauthorized() -> None:
    assert run("util.unauthorized();").error == ResolverError("Unauthorized", "Unauthorized")


def test_early_return() -> None:
    evaluation = run("runtime.earlyReturn({ a: 1 }, { skipTo: 'END' }); util.error('no');")
    assert (evaluation.result, evaluation.early_return, evaluation.error) == ({"a": 1}, True, None)
    assert evaluation.skip_to == "END"
    assert run("runtime.earlyReturn();") == Evaluation(early_return=True)
    assert run("return 1;").early_return is False


def test_extensions() -> None:
    evaluation = run(
        "const f = util.transform.toSubscriptionFilter({ name: { eq: 'tech' } });"
        "extensions.setSubscriptionFilter(f); extensions.setSubscriptionInvalidationFilter(f);"
        "extensions.invalidateSubscriptions({ subscriptionField: 's', payload: { name: 'tech' } });"
    )
    rule = {"fieldName": "name", "operator": "eq", "value": "tech"}
    assert evaluation.subscription_filter == {"filterGroup": [{"filters": [rule]}]}
    assert evaluation.invalidation_filter == {"filterGroup": [{"filters": [rule]}]}
    assert evaluation.invalidations == ({"subscriptionField": "s", "payload": {"name": "tech"}},)


def test_code_error_has_the_authors_line() -> None:
    error = failure(run("const o = ctx.source;\nreturn o.a;"))
    assert error.type == "Code"
    assert error.location == "graphql/resolvers/X.js:5"
    assert error.message == (
        "TypeError: cannot read property 'a' of null (graphql/resolvers/X.js:5)"
    )


def test_code_error_in_a_called_function() -> None:
    broken = program("return f(ctx.source);", top="function f(o) { return o.a; }")
    assert failure(broken.request(Context())).location == "graphql/resolvers/X.js:2"


def test_cyclic_result() -> None:
    assert "circular" in failure(run("const o = {}; o.o = o; return o;")).message


def test_time_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "TIME_LIMIT", 0.05)
    endless = program(
        "const l = [1]; for (const x of l) {"
        " if (ctx.args.go) { l.push(x); l.shift(); l.unshift(x); } }"
    )
    error = failure(endless.request(Context(arguments={"go": True})))
    assert error.type == "Code"
    assert "took too long" in error.message or "too much memory" in error.message
    assert endless.request(Context()).error is None


def test_pattern_that_explodes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(engine_module, "TIME_LIMIT", 0.05)
    slow = program("return util.matches('(a+)+', ctx.args.text);")
    text = "a" * 40 + "b"
    assert "took too long" in failure(slow.request(Context(arguments={"text": text}))).message
    assert slow.request(Context(arguments={"text": "aa"})).result is True


def test_memory_limit() -> None:
    greedy = program("const l = ['x']; for (const x of l) { l.push(x + l.join('')); } return l;")
    assert failure(greedy.request(Context())).type == "Code"
    assert failure(greedy.request(Context())).type == "Code"


def test_deep_data() -> None:
    deep = program("let o = {}; for (const i of ctx.args.l) { o = { o }; } return o;")
    assert failure(deep.request(Context(arguments={"l": [0] * 100_000}))).type == "Code"
    assert deep.request(Context(arguments={"l": [0]})).result == {"o": {}}


def test_nothing_leaks_between_calls() -> None:
    one = program("ctx.stash.n = (ctx.stash.n ?? 0) + 1; ctx.args.x = 1; util.appendError('a');")
    context = Context()
    assert one.request(context) == one.request(context)
    assert context == Context()
    assert len(one.request(context).appended_errors) == 1


def test_console(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO, "emulator.appsync.resolver"):
        run("console.log('a', { b: 1 }); console.error(2); util.error('x');")
    assert [(record.levelname, record.message) for record in caplog.records] == [
        ("INFO", 'graphql/resolvers/X.js: a {"b":1}'),
        ("ERROR", "graphql/resolvers/X.js: 2"),
    ]


@pytest.mark.parametrize("text", ["\u2028 and \x00", "👋 " + "x" * 20_000, "a\u0301" + "é" * 9_000])
def test_long_texts_come_back_whole(text: str) -> None:
    """QuickJS keeps long concatenations in pieces, which the binding cannot convert."""
    evaluation = run(
        "ctx.stash.text = ctx.args.text; return ctx.args.text;", Context(arguments={"text": text})
    )
    assert evaluation.result == text
    assert evaluation.stash == {"text": text}
