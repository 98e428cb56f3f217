"""Snippets of resolver code, with what APPSYNC_JS says about them.

Each is at the top level of a module that also exports `request` and `response`; in REFUSED,
line and column are those of the snippet itself. `LINT` marks what AWS's own lint refuses too.
"""

from dataclasses import dataclass


@dataclass(frozen=True)
class Refused:
    code: str
    rule: str
    line: int = 1
    column: int = 1


REFUSED = [
    Refused("function f() { try { f2(); } catch (e) { return 1; } }", "no-try", 1, 16),
    Refused("function f() {\n  try { g(); } finally { h(); }\n}", "no-try", 2, 3),
    Refused("function f() { throw 'x'; }", "no-throw", 1, 16),
    Refused("function f() { while (true) { return 1; } }", "no-while", 1, 16),
    Refused("function f() { do { return 1; } while (true); }", "no-while", 1, 16),
    Refused("function f() { for (let i = 0; i < 3; i += 1) { g(i); } }", "no-for", 1, 16),
    Refused("function f(l) { for (const x of l) { if (x) continue; } }", "no-continue", 1, 45),
    Refused("function f(l) { out: for (const x of l) { break out; } }", "no-labels", 1, 17),
    Refused("let a = 0; a++;", "no-disallowed-unary-operators", 1, 12),
    Refused("let a = 0; --a;", "no-disallowed-unary-operators", 1, 12),
    Refused("const a = ~5;", "no-disallowed-unary-operators", 1, 11),
    Refused("const a = 'b' in {};", "no-in-operator", 1, 11),
    Refused("const a = {} instanceof Object;", "no-disallowed-binary-operators", 1, 11),
    Refused("const a = /x+/;", "no-regex", 1, 11),
    Refused("const é = 'ü', a = /x+/;", "no-regex", 1, 20),
    Refused("function* f() { yield 1; }", "no-generators"),
    Refused("const f = function* () { return 1; };", "no-generators", 1, 11),
    Refused("const o = { *f() { return 1; } };", "no-generators", 1, 13),
    Refused("async function f() { return 1; }", "no-async"),
    Refused("const f = async () => 1;", "no-async", 1, 11),
    Refused("const o = { async f() { return 1; } };", "no-async", 1, 13),
    Refused("const a = await 1;", "no-await", 1, 11),
    Refused("class A {}", "no-classes"),
    Refused("const A = class {};", "no-classes", 1, 11),
    Refused("const a = new Object();", "no-new", 1, 11),
    Refused("const a = new Promise(() => 1);", "no-new", 1, 11),
    Refused("const a = Promise.resolve(1);", "no-promise", 1, 11),
    Refused("const a = () => this.x;", "no-this", 1, 17),
    Refused("const o = { get a() { return 1; } };", "no-accessors", 1, 13),
    Refused("const o = { set a(b) { return; } };", "no-accessors", 1, 13),
    Refused("const a = 10n;", "no-bigint", 1, 11),
    Refused("const a = import('x');", "no-dynamic-import", 1, 11),
    Refused("function f() { debugger; }", "no-debugger", 1, 16),
    # functions as values
    Refused("const g = (h) => h;\nconst a = g(() => 1);", "no-function-passing", 2, 13),
    Refused("const g = (h) => h;\nconst k = () => 1;\ng(k);", "no-function-passing", 3, 3),
    Refused(
        "function g(h) { return 1; }\ng(function () { return 1; });", "no-function-passing", 2, 3
    ),
    Refused("const a = ['b'].sort((x, y) => x - y);", "no-disallowed-methods", 1, 11),
    Refused("const a = 'b'.replace('b', () => 'c');", "no-function-passing", 1, 28),
    Refused("const a = JSON.parse('{}', (k, v) => v);", "no-function-passing", 1, 28),
    Refused(
        "function f(l) { return l.map(util.autoId, util.autoId); }", "no-function-passing", 1, 43
    ),
    Refused("function f() { return () => 1; }", "no-function-return", 1, 16),
    Refused("function f() { const g = function () {}; return g; }", "no-function-return", 1, 42),
    Refused("const f = () => () => 1;", "no-function-return", 1, 11),
    Refused("const f = () => (function () {});", "no-function-return", 1, 11),
    Refused("const a = () => 1;\nconst b = a;", "no-function-reassign", 2, 7),
    Refused("const a = () => 1;\nlet b;\nb = a;", "no-function-reassign", 3, 1),
    # recursion
    Refused("function f(n) { return n > 0 ? f(n - 1) : 0; }", "no-recursion", 1, 32),
    Refused("const f = (n) => f(n - 1);", "no-recursion", 1, 18),
    Refused("function f() { return g(); }\nfunction g() { return f(); }", "no-recursion", 1, 23),
    Refused("function f(l) { return l.map((x) => f(x)); }", "no-recursion", 1, 24),
    Refused("function f(l) { return l.map(f); }", "no-recursion", 1, 24),
    Refused("const o = { f: (n) => o.f(n) };", "no-recursion", 1, 23),
    # globals
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
    # members
    Refused("const a = util.foo();", "no-unknown-member", 1, 11),
    Refused("const a = util['foo'];", "no-unknown-member", 1, 11),
    Refused("const a = util.isNull(1);", "no-unknown-member", 1, 11),
    Refused("const a = util.time.now();", "no-unknown-member", 1, 11),
    Refused("const { foo } = util.time;", "no-unknown-member", 1, 9),
    Refused("const a = util.xml.toMap('<a/>');", "no-unknown-member", 1, 11),
    Refused("util.http.addResponseHeader('a', 1);", "no-unknown-member"),
    Refused("const a = runtime.stop();", "no-unknown-member", 1, 11),
    Refused("extensions.evictFromApiCache('Q', 'f', {});", "no-unknown-member"),
    Refused("const a = Object.freeze({});", "no-unknown-member", 1, 11),
    Refused("const a = Object.fromEntries([]);", "no-unknown-member", 1, 11),
    Refused("const a = Math.abs(1);", "no-unknown-member", 1, 11),
    Refused("console.warn('x');", "no-unknown-member"),
    Refused("const a = [].constructor;", "no-unknown-member", 1, 11),
    Refused("const a = {}['__proto__'];", "no-unknown-member", 1, 11),
    Refused("const a = { __proto__: null };", "no-unknown-member", 1, 13),
    # methods
    Refused("const a = [].keys();", "no-disallowed-methods", 1, 11),
    Refused("const a = [].at(0);", "no-disallowed-methods", 1, 11),
    Refused("const a = 'x'.padStart(2);", "no-disallowed-methods", 1, 11),
    Refused("const a = 'x'.repeat(2);", "no-disallowed-methods", 1, 11),
    Refused("const a = 'x'.match('x');", "no-disallowed-methods", 1, 11),
    Refused("const a = (5).toFixed(1);", "no-disallowed-methods", 1, 11),
    Refused("const a = {}.hasOwnProperty('x');", "no-disallowed-methods", 1, 11),
    Refused("const f = () => 1;\nconst a = f.call(null);", "no-disallowed-methods", 2, 11),
    # not JavaScript
    Refused("const a = ;", "syntax", 1, 9),
    Refused("const a = 1; const a = 2;", "syntax", 1, 22),
    Refused("const a = (1;", "syntax", 1, 13),
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
