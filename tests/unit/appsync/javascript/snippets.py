"""Snippets of resolver code, by what refuses them.

Each is the top level of a module that also exports `request` and `response`.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refused:
    """Code that a static check refuses. `line` and `column` are those of the snippet."""

    code: str
    rule: str
    line: int = 1
    column: int = 1


REFUSED = [
    Refused(
        "function f() { try { f2(); } catch (e) { return 1; } }", "no-unsupported-syntax", 1, 16
    ),
    Refused("function f() {\n  try { g(); } finally { h(); }\n}", "no-unsupported-syntax", 2, 3),
    Refused("function f() { throw 'x'; }", "no-unsupported-syntax", 1, 16),
    Refused("function f() { while (true) { return 1; } }", "no-unsupported-syntax", 1, 16),
    Refused("function f() { do { return 1; } while (true); }", "no-unsupported-syntax", 1, 16),
    Refused(
        "function f() { for (let i = 0; i < 3; i += 1) { g(i); } }", "no-unsupported-syntax", 1, 16
    ),
    Refused(
        "function f(l) { for (const x of l) { if (x) continue; } }", "no-unsupported-syntax", 1, 45
    ),
    Refused(
        "function f(l) { out: for (const x of l) { break out; } }", "no-unsupported-syntax", 1, 17
    ),
    Refused("let a = 0; a++;", "no-unsupported-syntax", 1, 12),
    Refused("let a = 0; --a;", "no-unsupported-syntax", 1, 12),
    Refused("const a = ~5;", "no-unsupported-syntax", 1, 11),
    Refused("const a = 'b' in {};", "no-unsupported-syntax", 1, 11),
    Refused("const a = {} instanceof Object;", "no-unsupported-syntax", 1, 11),
    Refused("const a = /x+/;", "no-unsupported-syntax", 1, 11),
    Refused("const é = 'ü', a = /x+/;", "no-unsupported-syntax", 1, 20),
    Refused("function* f() { yield 1; }", "no-unsupported-syntax"),
    Refused("const f = function* () { return 1; };", "no-unsupported-syntax", 1, 11),
    Refused("const o = { *f() { return 1; } };", "no-unsupported-syntax", 1, 13),
    Refused("async function f() { return 1; }", "no-unsupported-syntax"),
    Refused("const f = async () => 1;", "no-unsupported-syntax", 1, 11),
    Refused("const o = { async f() { return 1; } };", "no-unsupported-syntax", 1, 13),
    Refused("const a = await 1;", "no-unsupported-syntax", 1, 11),
    Refused("class A {}", "no-unsupported-syntax"),
    Refused("const A = class {};", "no-unsupported-syntax", 1, 11),
    Refused("const a = new Object();", "no-unsupported-syntax", 1, 11),
    Refused("const a = new Promise(() => 1);", "no-unsupported-syntax", 1, 11),
    Refused("const a = Promise.resolve(1);", "no-disallowed-globals", 1, 11),
    Refused("const a = () => this.x;", "no-unsupported-syntax", 1, 17),
    Refused("const o = { get a() { return 1; } };", "no-unsupported-syntax", 1, 13),
    Refused("const o = { set a(b) { return; } };", "no-unsupported-syntax", 1, 13),
    Refused("const a = 10n;", "no-unsupported-syntax", 1, 11),
    Refused("const a = import('x');", "no-unsupported-syntax", 1, 11),
    Refused("function f() { debugger; }", "no-unsupported-syntax", 1, 16),
    Refused("function f(n) { return n > 0 ? f(n - 1) : 0; }", "no-recursion", 1, 32),
    Refused("const f = (n) => f(n - 1);", "no-recursion", 1, 18),
    Refused("function f() { return g(); }\nfunction g() { return f(); }", "no-recursion", 1, 23),
    Refused("function f(l) { return l.map((x) => f(x)); }", "no-recursion", 1, 24),
    Refused("function f(l) { return l.map(f); }", "no-recursion", 1, 24),
    Refused("const o = { f: (n) => o.f(n) };", "no-recursion", 1, 23),
    Refused("const a = Date.now();", "no-disallowed-globals", 1, 11),
    Refused("const a = eval('1');", "no-disallowed-globals", 1, 11),
    Refused("const a = Function('return 1');", "no-disallowed-globals", 1, 11),
    Refused("const a = RegExp('x');", "no-disallowed-globals", 1, 11),
    Refused("const a = parseInt('1');", "no-disallowed-globals", 1, 11),
    Refused("const a = Array.isArray([]);", "no-disallowed-globals", 1, 11),
    Refused("const a = String(1);", "no-disallowed-globals", 1, 11),
    Refused("const a = globalThis;", "no-disallowed-globals", 1, 11),
    Refused("function f() { return arguments; }", "no-disallowed-globals", 1, 23),
    Refused("setTimeout('x');", "no-disallowed-globals"),
    Refused("const a = { undeclared };", "no-disallowed-globals", 1, 13),
    Refused("undeclared = 1;", "no-disallowed-globals"),
    Refused("const a = typeof process;", "no-disallowed-globals", 1, 18),
    Refused("function f() { { const x = 1; } return x; }", "no-disallowed-globals", 1, 40),
    Refused("const a = [].constructor;", "no-unsupported-syntax", 1, 14),
    Refused("const a = { __proto__: null };", "no-unsupported-syntax", 1, 13),
    Refused("const a = ;", "syntax", 1, 9),
    Refused("const a = 1; const a = 2;", "syntax", 1, 22),
    Refused("const a = (1;", "syntax", 1, 13),
]

# The engine refuses these when they are run: (code, the end of the error's message).
FAILING = [
    (
        "const a = ['b'].sort((x, y) => x - y);",
        "Array.prototype.sort takes no arguments in APPSYNC_JS",
    ),
    ("const a = util.foo();", "@aws-appsync/utils.util.foo does not exist in this runtime"),
    ("const a = util['foo'];", "@aws-appsync/utils.util.foo does not exist in this runtime"),
    ("const a = util.isNull(1);", "@aws-appsync/utils.util.isNull does not exist in this runtime"),
    (
        "const a = util.time.now();",
        "@aws-appsync/utils.util.time.now does not exist in this runtime",
    ),
    (
        "const { foo } = util.time;",
        "@aws-appsync/utils.util.time.foo does not exist in this runtime",
    ),
    (
        "const a = util.xml.toMap('<a/>');",
        "@aws-appsync/utils.util.xml does not exist in this runtime",
    ),
    (
        "util.http.addResponseHeader('a', 1);",
        "@aws-appsync/utils.util.http.addResponseHeader does not exist in this runtime",
    ),
    ("const a = runtime.stop();", "@aws-appsync/utils.runtime.stop does not exist in this runtime"),
    (
        "extensions.evictFromApiCache('Q', 'f', {});",
        "@aws-appsync/utils.extensions.evictFromApiCache does not exist in this runtime",
    ),
    ("const a = Object.freeze({});", "not a function"),
    ("const a = Object.fromEntries([]);", "not a function"),
    ("const a = Math.abs(1);", "not a function"),
    ("console.warn('x');", "console.warn does not exist in this runtime"),
    ("const a = [].keys();", "Array.prototype.keys is not in APPSYNC_JS"),
    ("const a = [].at(0);", "Array.prototype.at is not in APPSYNC_JS"),
    ("const a = 'x'.padStart(2);", "String.prototype.padStart is not in APPSYNC_JS"),
    ("const a = 'x'.repeat(2);", "String.prototype.repeat is not in APPSYNC_JS"),
    ("const a = 'x'.match('x');", "String.prototype.match is not in APPSYNC_JS"),
    ("const a = (5).toFixed(1);", "Number.prototype.toFixed is not in APPSYNC_JS"),
    ("const a = {}.hasOwnProperty('x');", "Object.prototype.hasOwnProperty is not in APPSYNC_JS"),
    ("const f = () => 1;\nconst a = f.call(null);", "Function.prototype.call is not in APPSYNC_JS"),
]

# Only AWS's lint refuses these: (code, rule).
LINTED = [
    ("const g = (h) => h;\nconst a = g(() => 1);", "no-function-passing"),
    ("const g = (h) => h;\nconst k = () => 1;\ng(k);", "no-function-passing"),
    ("function g(h) { return 1; }\ng(function () { return 1; });", "no-function-passing"),
    ("const a = 'b'.replace('b', () => 'c');", "no-function-passing"),
    ("const a = JSON.parse('{}', (k, v) => v);", "no-function-passing"),
    ("function f() { return () => 1; }", "no-function-return"),
    ("function f() { const g = function () {}; return g; }", "no-function-return"),
    ("const f = () => () => 1;", "no-function-return"),
    ("const f = () => (function () {});", "no-function-return"),
    ("const a = () => 1;\nconst b = a;", "no-function-reassign"),
    ("const a = () => 1;\nlet b;\nb = a;", "no-function-reassign"),
]

ACCEPTED = [
    "const a = 5 & 3 | 2 ^ 1 << 2 >> 1 >>> 0;",
    "let a = 5; a += 1; a **= 2; a ??= 3; a ||= 4; a &&= 5; a >>>= 1;",
    "const a = [1, 2].map((x) => x + 1).filter(function (x) { return x > 1; });",
    "const double = (x) => x * 2;\nconst a = [1].map(double);",
    "const a = [1].reduce((sum, x) => sum + x, 0) + [1].findLastIndex((x) => x);",
    "const a = ['b', 'a'].sort().reverse().join(',').split(',').includes('a');",
    "const a = [3].concat([4]).flat().slice(0, 1).indexOf(3);",
    "function f({ a = 1, ...rest }, [b, , c] = [], ...more) { return { a, rest, b, c, more }; }",
    "function f(o) { for (const k in o) { if (o[k]) { break; } } for (const v of [1]) f2(v); }\n"
    "function f2(v) { return v; }",
    "function f(x) { switch (x) { case 1: return 'a'; default: return `b${x}${`c${1}`}`; } }",
    "const o = { a: { b: null } }; const a = o?.a?.['b'] ?? 'x'; delete o.a;",
    "const a = void 0, b = typeof a, c = !b, d = -1, e = +1;",
    "const a = Object.keys({}).length + Object.values({}).length + Object.entries({}).length;",
    "const a = Object.assign({}, { a: 1 }); const b = Object.hasOwn(a, 'a');",
    "const a = JSON.parse(JSON.stringify({ a: [NaN, Infinity, undefined] }));",
    "const a = Math.max(1, Math.min(2, Math.floor(Math.random()))) + Math.round(1.5);",
    "const a = String.raw`a\\n${1}`; const b = Number.isNaN(1) || Number.isFinite(2);",
    "console.log('a', { b: 1 }); console.error('c');",
    "const keys = { keys: (x) => x }; const a = keys.keys(1); const b = { values: 1 }.values;",
    "const a = util.dynamodb.toString('x'); const { time } = util; const b = time.nowISO8601();",
    "var a = 1; var a = 2; { let a = 3; const util = { foo: 1 }; const b = util.foo + a; }",
    "function f(ctx) { ctx.foo = 1; return ctx.bar; }",
    "function f() { return g(); }\nfunction g() { return 1; }\nfunction h() { return f() + g(); }",
    "const o = { f() { return 1; }, ['g' + 1]: (x) => x }; const a = o.f();",
    "if (util.matches('a+', 'aa')) { util.appendError('x'); } else { runtime.earlyReturn(1); }",
]
