"""What is refused at load, where, and by which rule."""

import pytest

from emulator.appsync.definition import SourceFile
from emulator.appsync.javascript import ResolverCodeError, load
from tests.unit.appsync.javascript.snippets import ACCEPTED, REFUSED, Refused

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
        (
            "import * as ddb from '@aws-appsync/utils/dynamodb';\nconst a = ddb.batchGet({});",
            "no-unknown-member",
            "documented",
        ),
        (
            "import { util as u } from '@aws-appsync/utils';\nconst a = u.foo;",
            "no-unknown-member",
            "util.foo",
        ),
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
    ("body", "rule", "column"),
    [
        ("ctx = 1;", "no-disallowed-re-assignment", 1),
        ("ctx.args = 1;", "no-disallowed-re-assignment", 1),
        ("ctx['stash'] += 1;", "no-disallowed-re-assignment", 1),
        ("delete ctx.stash;", "no-disallowed-re-assignment", 8),
        ("for (ctx.args of [1]) { f(); }", "no-disallowed-re-assignment", 6),
        ("[ctx.args] = [1];", "no-disallowed-re-assignment", 2),
        ("({ a: ctx.args } = { a: 1 });", "no-disallowed-re-assignment", 7),
        ("const a = ctx.foo;", "no-unknown-member", 11),
        ("const a = ctx?.['foo'];", "no-unknown-member", 11),
        ("const { args, foo } = ctx;", "no-unknown-member", 15),
        ("const { foo: a = 1 } = ctx;", "no-unknown-member", 9),
    ],
)
@pytest.mark.parametrize(
    "head",
    ["export function request(ctx) {\n", "export const request = (ctx) => {\n"],
    ids=["declaration", "arrow"],
)
def test_context(head: str, body: str, rule: str, column: int) -> None:
    tail = "\n}\nfunction f() {}\nexport function response() { return 1; }"
    error = refusal(head + body + tail)
    assert (error.rule, error.line, error.column) == (rule, 2, column)


def test_destructured_context() -> None:
    code = "export function request({ args, foo }) {}\nexport const response = () => 1;"
    error = refusal(code)
    assert (error.rule, error.column) == ("no-unknown-member", 33)


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
