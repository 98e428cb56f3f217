"""Each function of the runtime against the values of AWS's documentation."""

import json
import re
from typing import Any

import pytest

from emulator.appsync.definition import SourceFile
from emulator.appsync.javascript import Context, Evaluation, load
from emulator.appsync.javascript.program import Host

NOW = 1517943695758  # 2018-02-06T19:01:35.758Z
IMPORTS = (
    "import { util, runtime, extensions } from '@aws-appsync/utils';"
    "import * as ddb from '@aws-appsync/utils/dynamodb';"
)


def evaluate(expression: str, context: Context | None = None, now: int = NOW) -> Evaluation:
    code = (
        f"{IMPORTS}export function request(ctx) {{ return {expression}; }}"
        "export function response(ctx) { return null; }"
    )
    program = load(SourceFile("x.js", code), {}, Host(lambda: now, (1, 2, 3, 4)))
    return program.request(context or Context())


def value(expression: str, context: Context | None = None, now: int = NOW) -> Any:
    evaluation = evaluate(expression, context, now)
    assert evaluation.error is None, evaluation.error
    return evaluation.result


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("util.urlEncode('a b&c/é*-_.~!')", "a+b%26c%2F%C3%A9*-_.%7E%21"),
        ("util.urlDecode('a+b%26c%2F%C3%A9')", "a b&c/é"),
        ("util.base64Encode('héllo 🌍')", "aMOpbGxvIPCfjI0="),
        ("util.base64Decode('aMOpbGxvIPCfjI0=')", "héllo 🌍"),
        ("util.escapeJavaScript('a\"b\\'c\\n/é\\\\')", "a\\\"b\\'c\\n\\/\\u00E9\\\\"),
        ("util.matches('a*b', 'aaaaab')", True),
        ("util.matches('a*b', 'aaaaabc')", False),
        ("util.matches('^[0-7][0-9A-HJKMNP-TV-Z]{25}$', '01ARZ3NDEKTSV4RRFFQ69G5FAV')", True),
        ("util.matches('(?i)ABC', 'abc')", True),
        ("util.matches('\\\\p{Alpha}+\\\\-\\\\Q.*\\\\E', 'ab-.*')", True),
        ("util.matches('[\\\\p{Lower}\\\\-]+', 'a-b')", True),
        ("util.matches('\\\\A\\\\P{Digit}\\\\z', 'x')", True),
        ("util.matches('.', '🌍')", True),
        ("util.matches('\\\\p{L}+', 'é')", True),
        ("util.matches('\\\\p{L}+', 'é1')", False),
        ("util.matches('\\\\pL\\\\p{Lu}*\\\\PN', 'aÉ-')", True),
        ("util.matches('[\\\\p{L}\\\\p{IsDigit}_]+', 'é٣_')", True),
        ("util.matches('\\\\p{IsGreek}+\\\\p{script=Latin}+\\\\p{sc=Han}+', 'αβab漢字')", True),
        ("util.matches('\\\\p{IsAlphabetic}+\\\\p{IsLl}', 'Éa')", True),
        ("util.matches('\\\\p{gc=Lu}\\\\p{IsWhite_Space}+', 'É \u2003')", True),
        ("util.matches('\\\\x{1F30D}+\\\\x41', '🌍🌍A')", True),
        ("util.matches('a\\\\s+b', 'a\u00a0b')", False),
        ("util.matches('[\\\\s\\\\S]+\\\\S', 'a\\n\u00a0🌍')", True),
        ("util.matches('[^\\\\S]', 'a')", False),
        ("util.matches('\\\\v', '\u2028')", True),
        ("'subtract'.substring(3) + 'subtract'.substring(3, 0)", "tractsub"),
        ("util.math.roundNum(2.5)", 3),
        ("util.math.minVal(2, 1.5)", 1.5),
        ("util.math.maxVal(2, 1.5)", 2),
        ("util.str.normalize('é', 'nfd').length", 2),
        ("util.http.copyHeaders({ Host: 'a', 'x-a': 'b', TE: 'c' })", {"x-a": "b"}),
        ("'a.b.c'.replaceAll('\\\\.', '-')", "a-b-c"),
        ("'a1b22'.replaceAll('[0-9]+', '<$0>'.replace('0', '0'))", "a<$0>b<$0>"),
        ("'john smith'.replace('(\\\\w+) (\\\\w+)', '$2 $1')", "smith john"),
        ("'a\\nb\\nc'.replace('\\n', ' ')", "a b\nc"),
        ("JSON.parse('{')", ""),
        ("JSON.parse('{\"a\":1}').a", 1),
        ("['b', 'a', 'c'].sort()", ["a", "b", "c"]),
        ("`${[1, 2]} ${{}} ${1.5} ${true}`", "1,2 [object Object] 1.5 true"),
        ("[...'ab', ...[1]].concat([2])", ["a", "b", 1, 2]),
    ],
)
def test_values(expression: str, expected: Any) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("util.time.nowISO8601()", "2018-02-06T19:01:35.758Z"),
        ("util.time.nowEpochSeconds()", 1517943695),
        ("util.time.nowEpochMilliSeconds()", NOW),
        ("util.time.nowFormatted('yyyy-MM-dd HH:mm:ssZ')", "2018-02-06 19:01:35+0000"),
        ("util.time.nowFormatted('yyyy-MM-dd HH:mm:ssZ', '+08:00')", "2018-02-07 03:01:35+0800"),
        (
            "util.time.nowFormatted('yyyy-MM-dd HH:mm:ssZ', 'Australia/Perth')",
            "2018-02-07 03:01:35+0800",
        ),
        ("util.time.epochMilliSecondsToSeconds(1517943695758)", 1517943695),
        ("util.time.epochMilliSecondsToISO8601(1517943695758)", "2018-02-06T19:01:35.758Z"),
        (
            "util.time.epochMilliSecondsToFormatted(1517943695758, 'yyyy-MM-dd HH:mm:ssZ')",
            "2018-02-06 19:01:35+0000",
        ),
        (
            "util.time.epochMilliSecondsToFormatted(1517943695758, 'yyyy-MM-dd HH:mm:ssZ',"
            " '+08:00')",
            "2018-02-07 03:01:35+0800",
        ),
        (
            "util.time.parseISO8601ToEpochMilliSeconds('2018-02-01T17:21:05.180+08:00')",
            1517476865180,
        ),
        (
            "util.time.parseFormattedToEpochMilliSeconds('2018-02-02 01:19:22+0800',"
            " 'yyyy-MM-dd HH:mm:ssZ')",
            1517505562000,
        ),
        (
            "util.time.parseFormattedToEpochMilliSeconds('2018-02-02 01:19:22',"
            " 'yyyy-MM-dd HH:mm:ss', '+08:00')",
            1517505562000,
        ),
        (
            "util.time.parseFormattedToEpochMilliSeconds('2018-07-02 01:19:22',"
            " 'yyyy-MM-dd HH:mm:ss', 'America/Los_Angeles')",
            1530519562000,
        ),
        (
            "util.time.nowFormatted(\"EEE, d MMM yyyy h:mm a 'o''clock'\")",
            "Tue, 6 Feb 2018 7:01 PM o'clock",
        ),
        ("util.time.nowFormatted('EEEE MMMM DDD SSS yy')", "Tuesday February 037 758 18"),
        ("util.time.nowFormatted('YYYY-MM-dd HH:mm:ss')", "2018-02-06 19:01:35"),
        # 2025-12-27 and 2025-12-28: in the week of 1 January 2026 from its Sunday on.
        ("util.time.epochMilliSecondsToFormatted(1766793600000, 'YYYY YY E')", "2025 25 Sat"),
        ("util.time.epochMilliSecondsToFormatted(1766880000000, 'YYYY YY E')", "2026 26 Sun"),
        ("util.time.epochMilliSecondsToFormatted(-62198755200000, 'yyyy uuuu')", "0002 -0001"),
    ],
)
def test_time(expression: str, expected: Any) -> None:
    assert value(expression) == expected


@pytest.mark.parametrize(
    ("pattern", "expected"),
    [
        ("yyyy-MM-dd[XXX]", "2018-07-11-07:00"),
        ("yyyy-MM-dd'T'HH:mm:ss[XXXXX]", "2018-07-11T15:14:15-07:00:30"),
    ],
)
def test_time_zone_with_seconds(pattern: str, expected: str) -> None:
    now = 1531347285000  # 2018-07-11T22:14:45Z
    assert value(f'util.time.nowFormatted("{pattern}", "-07:00:30")', now=now) == expected


@pytest.mark.parametrize(
    ("expression", "message"),
    [
        ("util.time.nowFormatted('yyyy', 'Mars/Base')", "unknown time zone Mars/Base"),
        ("util.time.nowFormatted('w')", "letter w"),
        ("util.time.parseISO8601ToEpochMilliSeconds('2018')", "ISO 8601"),
        ("util.time.parseFormattedToEpochMilliSeconds('2018', 'yyyy')", "no time zone"),
        ("util.matches('[a&&b]', 'a')", "not supported here"),
        ("util.matches('a++', 'a')", "possessive"),
        ("util.matches('a{2}+', 'a')", "possessive"),
        ("util.matches('\\\\p{L}++', 'a')", "possessive"),
        ("util.matches('\\\\p{InGreek}', 'a')", "InGreek is not supported here"),
        ("util.matches('\\\\p{javaLowerCase}', 'a')", "javaLowerCase is not supported here"),
        ("util.matches('\\\\p{IsKlingon}', 'a')", "no property IsKlingon"),
        ("util.matches('\\\\p{Nothing}', 'a')", "SyntaxError"),
        ("util.time.epochMilliSecondsToFormatted(8640000000000001, 'yyyy')", "not an instant"),
        (
            "util.time.epochMilliSecondsToFormatted(0 / 0, 'yyyy', 'Europe/Zurich')",
            "not an instant",
        ),
        ("util.time.epochMilliSecondsToFormatted({}, 'yyyy', 'Europe/Zurich')", "not an instant"),
        ("util.transform.toSubscriptionFilter('not JSON')", "SyntaxError"),
        ("util.matches('(', 'a')", "SyntaxError"),
        ("util[ctx.args.name]", "util.foo does not exist"),
        ("ctx[ctx.args.name]", "ctx.foo does not exist"),
        ("ddb[ctx.args.name]", "foo does not exist"),
        ("[]['ke' + 'ys']()", "Array.prototype.keys is not in APPSYNC_JS"),
        ("Object.assign(util, { error: 1 })", "util is read-only"),
        ("Object.assign(ctx, { args: 1 })", "ctx is read-only"),
        ("Object.assign(ctx.env, { a: 1 })", "ctx.env is read-only"),
        ("extensions.setSubscriptionFilter({})", "filterGroup"),
        ("extensions.invalidateSubscriptions({})", "subscriptionField"),
        ("ddb.get({})", '"key" is required'),
        ("runtime.earlyReturn(1, { skipTo: 'X' })", "skipTo"),
    ],
)
def test_failures(expression: str, message: str) -> None:
    error = evaluate(expression, Context(arguments={"name": "foo"})).error
    assert error is not None
    assert error.type == "Code"
    assert message in error.message
    assert error.location == "x.js:1"


def test_identifiers() -> None:
    uuid, ulid, ksuid = value("[util.autoId(), util.autoUlid(), util.autoKsuid()]")
    assert re.fullmatch(
        r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", uuid
    )
    assert re.fullmatch(r"[0-7][0-9A-HJKMNP-TV-Z]{25}", ulid)
    time = 0
    for character in ulid[:10]:
        time = time * 32 + "0123456789ABCDEFGHJKMNPQRSTVWXYZ".index(character)
    assert time == NOW
    assert re.fullmatch(r"[0-9A-Za-z]{27}", ksuid)
    assert len(set(value("[1, 2, 3].map((x) => util.autoUlid())"))) == 3


def test_randomness() -> None:
    for expression in ("Math.random()", "util.math.randomDouble()"):
        assert 0 <= value(expression) < 1
    assert 5 <= value("util.math.randomWithinRange(5, 8)") <= 8


@pytest.mark.parametrize(
    ("identity", "expected"),
    [
        (None, "API Key Authorization"),
        ({"userArn": "arn", "username": "x"}, "IAM Authorization"),
        ({"username": "x", "claims": {}}, "User Pool Authorization"),
        ({"sub": "x", "claims": {}}, "Open ID Connect Authorization"),
        ({"resolverContext": {}}, "Lambda Authorization"),
    ],
)
def test_auth_type(identity: dict[str, Any] | None, expected: str) -> None:
    assert value("util.authType()", Context(identity=identity)) == expected


@pytest.mark.parametrize(
    ("expression", "expected"),
    [
        ("toDynamoDB('foo')", {"S": "foo"}),
        ("toDynamoDB(12345)", {"N": 12345}),
        ("toDynamoDB(true)", {"BOOL": True}),
        (
            "toDynamoDB(['foo', 123, { bar: 'baz' }])",
            {"L": [{"S": "foo"}, {"N": 123}, {"M": {"bar": {"S": "baz"}}}]},
        ),
        (
            "toDynamoDB({ foo: 'bar', baz: 1234, beep: ['boop'] })",
            {"M": {"foo": {"S": "bar"}, "baz": {"N": 1234}, "beep": {"L": [{"S": "boop"}]}}},
        ),
        ("toString('foo')", {"S": "foo"}),
        ("toString(null)", None),
        ("toStringSet(['foo', 'bar', 'baz'])", {"SS": ["foo", "bar", "baz"]}),
        ("toNumber(12345)", {"N": 12345}),
        ("toNumberSet([1, 23, 4.56])", {"NS": [1, 23, 4.56]}),
        ("toBinary('foo')", {"B": "foo"}),
        ("toBinarySet(['foo', 'bar'])", {"BS": ["foo", "bar"]}),
        ("toBoolean(true)", {"BOOL": True}),
        ("toNull()", {"NULL": None}),
        ("toList(['foo', 123])", {"L": [{"S": "foo"}, {"N": 123}]}),
        ("toMap({ foo: 'bar' })", {"M": {"foo": {"S": "bar"}}}),
        (
            "toMapValues({ foo: 'bar', baz: 1234, nil: null, no: undefined })",
            {"foo": {"S": "bar"}, "baz": {"N": 1234}, "nil": {"NULL": None}},
        ),
        (
            "toS3Object('foo', 'bar', 'baz')",
            {"S": '{ "s3" : { "key" : "foo", "bucket" : "bar", "region" : "baz" } }'},
        ),
        (
            "fromS3ObjectJson(util.dynamodb.toS3Object('foo', 'bar', 'baz', 'beep'))",
            {"key": "foo", "bucket": "bar", "region": "baz", "version": "beep"},
        ),
    ],
)
def test_dynamodb(expression: str, expected: Any) -> None:
    assert value(f"util.dynamodb.{expression}") == expected


def test_dynamodb_expression() -> None:
    text = value(
        "util.transform.toDynamoDBFilterExpression({ title: { contains: 'Hello World' } })"
    )
    assert json.loads(text) == {
        "expression": "contains(#title, :title_contains)",
        "expressionNames": {"#title": "title"},
        "expressionValues": {":title_contains": {"S": "Hello World"}},
    }


@pytest.mark.parametrize("zone", ["Europe/Zurich", "Pacific/Auckland", "Etc/GMT-14", "UTC"])
@pytest.mark.parametrize(
    "instant",
    [
        *(8.64e15, -8.64e15, 253402300799999, 253402300800000, -62135596800000, -62135596800001),
        *(2**53 - 1, -(2**53) + 1, 0, 1.5),
    ],
)
def test_any_instant_in_a_named_zone_is_a_value_or_none(zone: str, instant: float) -> None:
    expression = (
        f"util.time.epochMilliSecondsToFormatted({instant!r}, 'uuuu-MM-dd HH:mm Z', '{zone}')"
    )
    evaluation = evaluate(expression)
    if abs(instant) > 8.64e15:
        assert evaluation.error is not None
        assert evaluation.error.type == "Code"
    else:
        assert re.fullmatch(r"-?\d{4,6}-\d\d-\d\d \d\d:\d\d [+-]\d{4}", value(expression))


def test_a_far_instant_has_the_offset_of_its_place_in_the_calendar() -> None:
    far = 1517943695758 + 30 * 400 * 31_556_952_000
    for instant, offset in ((far, "+0100"), (far + 180 * 86_400_000, "+0200")):
        expression = f"util.time.epochMilliSecondsToFormatted({instant}, 'Z', 'Europe/Zurich')"
        assert value(expression) == offset


def test_a_subscription_filter_may_be_json() -> None:
    given = {"severity": {"le": 2}, "or": [{"title": {"eq": "x"}}, {"title": {"eq": "y"}}]}
    context = Context(arguments={"filter": json.dumps(given), "same": given})
    of_text = value("util.transform.toSubscriptionFilter(ctx.args.filter)", context)
    assert of_text == value("util.transform.toSubscriptionFilter(ctx.args.same)", context)
    assert len(of_text["filterGroup"]) == 2


@pytest.mark.parametrize(
    "zone",
    ["5", "{}", "true", "''", "'.'", "'../UTC'", "'\\u0000'", "'\\ud800'", "'x'.concat('y')"],
)
def test_a_zone_that_is_none_is_an_error_of_the_code(zone: str) -> None:
    for call in (
        "nowFormatted('yyyy', {})",
        "parseFormattedToEpochMilliSeconds('2018', 'yyyy', {})",
    ):
        evaluation = evaluate(f"util.time.{call.replace('{}', zone, 1)}")
        assert evaluation.error is not None
        assert evaluation.error.type == "Code"
