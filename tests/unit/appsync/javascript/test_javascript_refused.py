"""What is refused at load, where, and by which rule; and what the engine refuses when it runs."""

import pytest

from emulator.appsync.definition import SourceFile
from emulator.appsync.javascript import Context, ResolverCodeError, load
from tests.unit.appsync.javascript.snippets import ACCEPTED, FAILING, REFUSED, Refused

HANDLERS = "\nexport function request() { return {}; }\nexport function response() { return 1; }\n"


def refusal(code: str) -> ResolverCodeError:
    with pytest.raises(ResolverCodeError) as caught:
        load(SourceFile("x.js", code), {})
    return caught.value


@pytest.mark.parametrize("refused", REFUSED, ids=lambda refused: refused.code)
def test_refused(refused: Refused) -> None:
    error = refusal(refused.code + HANDLERS)
    assert (error.rule, error.line, error.column) == (refused.rule, refused.line, refused.column)
    assert str(error) == f"x.js:{refused.line}:{refused.column}: {error.message}"
    assert error.message.endswith(f"({refused.rule})")


@pytest.mark.parametrize(("code", "message"), FAILING)
def test_failing(code: str, message: str) -> None:
    assert f"{message} (top-level)" in refusal(code + HANDLERS).message
    inside = f"export function request() {{ {code} }}\nexport function response() {{ return 1; }}"
    error = load(SourceFile("x.js", inside), {}).request(Context()).error
    assert error is not None
    assert message in (error.message or "")


def test_hidden_members_are_undefined() -> None:
    names = ["__proto__", "constructor", "caller", "callee"]
    code = "export const response = () => 1;\nexport function request(ctx) {\n"
    code += "return ctx.args.names.map((name) => [{}[name], 'a'[name], [][name], (5)[name]]); }"
    evaluation = load(SourceFile("x.js", code), {}).request(Context(arguments={"names": names}))
    assert evaluation.result == [[None] * 4] * len(names)


@pytest.mark.parametrize("code", ACCEPTED)
def test_accepted(code: str) -> None:
    load(SourceFile("x.js", code + HANDLERS), {})


@pytest.mark.parametrize(
    ("line", "rule", "message"),
    [
        ("import { util } from './lib.js';", "no-unknown-import", "bundle"),
        ("import fs from 'fs';", "no-unknown-import", "only @aws-appsync/utils"),
        ("import 'fs';", "no-unknown-import", "only @aws-appsync/utils"),
        ("import * as rds from '@aws-appsync/utils/rds';", "no-unknown-import", "documented"),
        ("import { foo } from '@aws-appsync/utils';", "no-unknown-import", "foo"),
        ("import utils from '@aws-appsync/utils';", "no-unknown-import", "default"),
        ("import { sync } from '@aws-appsync/utils/dynamodb';", "no-unknown-import", "documented"),
    ],
)
def test_imports(line: str, rule: str, message: str) -> None:
    error = refusal(line + HANDLERS)
    assert error.rule == rule
    assert message in error.message


@pytest.mark.parametrize(
    ("code", "message"),
    [
        ("", "does not export 'request'"),
        ("export function request() {}", "does not export 'response'"),
        ("export const request = 5; export function response() {}", "not a function"),
        ("export default function request() {}", "by name"),
        ("export * from '@aws-appsync/utils';", "by name"),
        ("function request() {} export { request as response };", "does not export 'request'"),
    ],
)
def test_exports(code: str, message: str) -> None:
    error = refusal(code)
    assert error.rule == "exports"
    assert message in error.message


@pytest.mark.parametrize(
    ("body", "message"),
    [
        ("ctx.args = 1;", "ctx is read-only: cannot set args"),
        ("ctx['stash'] += 1;", "ctx is read-only: cannot set stash"),
        ("delete ctx.stash;", "ctx is read-only: cannot delete stash"),
        ("for (ctx.args of [1]) { f(); }", "ctx is read-only: cannot set args"),
        ("[ctx.args] = [1];", "ctx is read-only: cannot set args"),
        ("({ a: ctx.args } = { a: 1 });", "ctx is read-only: cannot set args"),
        ("const a = ctx.foo;", "ctx.foo does not exist in this runtime"),
        ("const a = ctx?.['foo'];", "ctx.foo does not exist in this runtime"),
        ("const { args, foo } = ctx;", "ctx.foo does not exist in this runtime"),
        ("const { foo: a = 1 } = ctx;", "ctx.foo does not exist in this runtime"),
    ],
)
def test_context(body: str, message: str) -> None:
    head = "function f() {}\nexport const response = () => 1;\nexport const request = (ctx) => {"
    error = load(SourceFile("x.js", head + body + "};"), {}).request(Context()).error
    assert error is not None
    assert message in (error.message or "")


@pytest.mark.parametrize(
    "body",
    [
        "ctx.stash.a = 1; ctx.args.b = ctx.arguments.b || 2; delete ctx.stash.a; return ctx.prev;",
        "const { args: { id }, stash, identity } = ctx; return [id, stash, identity];",
        "const a = []; a[ctx.args] = 1; if (a) { const ctx = { foo: 1 }; return ctx.foo; }",
        "return JSON.stringify(ctx) + ctx.env.X + ctx.info.fieldName + ctx.request.headers.a;",
        "const c = { ...ctx }; c.args = 1; return c.source ?? ctx.error ?? ctx.result;",
    ],
)
def test_context_accepted(body: str) -> None:
    code = f"export function request(ctx) {{ {body} }}\nexport const response = (c) => c.result;"
    load(SourceFile("x.js", code), {})


def test_code_size() -> None:
    assert refusal("//" + "x" * 32_000 + HANDLERS).rule == "code-size"


def test_deep_nesting() -> None:
    assert refusal("const a = " + "[" * 5000 + "]" * 5000 + ";" + HANDLERS).rule == "code-depth"


def test_top_level_failure() -> None:
    error = refusal("\nconst a = null;\nconst b = a.x;" + HANDLERS)
    assert error.line == 3
    assert "TypeError" in error.message
