import pytest

from emulator.appsync import scalars
from graphql import GraphQLScalarType, build_schema

_SCHEMA = build_schema("type Query { a: ID } " + " ".join(f"scalar {n}" for n in scalars.NAMES))
scalars.install(_SCHEMA)

GOOD = {
    "AWSDate": ["1970-01-01", "1970-01-01Z", "1970-01-01-07:00", "1970-01-01+05:30:10"],
    "AWSTime": ["12:30", "12:30:24Z", "12:30:24.500", "12:30:24.500+05:30", "12:00:34."],
    "AWSDateTime": ["2026-02-28T23:59:59.123Z", "2026-02-28T23:59+01:00", "2026-02-28T23:59:59.Z"],
    "AWSTimestamp": [0, -1, 1_800_000_000, 2**53 + 1, 2**63 - 1, -(2**63)],
    "AWSEmail": [
        *("a@b.ch", "first.last+tag@example.co.uk", "user@[1.2.3.4]", "user@localhost"),
        *('"John Doe"@example.com', '"a\\"b@c"@d.e', 'first."la st"@b.ch'),
    ],
    "AWSURL": [
        "https://example.com:8/a?b#c",
        "http://localhost",
        "mailto:a@b.ch",
        "http://a?b=c//d",
        "http://a#b//c",
    ],
    "AWSPhone": ["+41 44 123 45 67", "555-123-4567"],
    "AWSIPAddress": [
        "127.0.0.1",
        "::1",
        "10.0.0.0/8",
        "2001:db8::/32",
        "127.0.0.1/8",
        "1a2b:3c4b::1234:4567",
    ],
}
BAD = {
    "AWSDate": ["1970-02-30", "70-01-01", "1970-01-01T00:00Z", "x", 7, "1970-01-01+25:00"],
    "AWSTime": ["24:00", "12:60", "12", "12:30:61"],
    "AWSDateTime": ["2026-02-28T23:59:59", "2026-02-30T00:00Z", "2026-02-28", "", None],
    "AWSTimestamp": ["7", True, 1.5, 2**63, -(2**63) - 1, 1e300, float("inf")],
    "AWSEmail": [
        *("a", "a@", "@b", "a b@c", "a..b@c", ".a@b", "a.@b", "a@b..c", "a@-b", "a@[", "a@[]"),
        *('"a@b', '"a"b@c', "a" * 65 + "@b", "a@" + "b" * 256),
    ],
    "AWSURL": [
        *(
            "example.com",
            "",
            "http://a b",
            "http://a:b",
            "http://a//b",
            "http://a/b//",
            "file:////a",
        ),
        "http:",
    ],
    "AWSPhone": ["", "12", "phone", "+" + "1" * 20],
    "AWSIPAddress": [
        *("127.0.0", "1.2.3.4/33", "x", "1.2.3.4/255.255.0.0", "fe80::1%eth0", "fe80::1%1/64"),
        *("[::1]", "1.2.3.4/", "1.2.3.4/+8", "1.2.3.4/8/8", "::/129", "1.2.3.4/٨"),
    ],
}


def scalar(name: str) -> GraphQLScalarType:
    found = _SCHEMA.type_map[name]
    assert isinstance(found, GraphQLScalarType)
    return found


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in GOOD.items() for v in vs])
def test_valid_values_pass_both_ways(name: str, value: object) -> None:
    assert scalar(name).coerce_input_value(value) == value
    assert scalar(name).coerce_output_value(value) == value


@pytest.mark.parametrize(("name", "value"), [(n, v) for n, vs in BAD.items() for v in vs])
def test_invalid_values_are_refused_both_ways(name: str, value: object) -> None:
    with pytest.raises(ValueError, match=name):
        scalar(name).coerce_input_value(value)
    with pytest.raises(ValueError, match=name):
        scalar(name).coerce_output_value(value)


def test_json_is_parsed_inside_and_text_outside() -> None:
    assert scalar("AWSJSON").coerce_input_value('{"a": [1]}') == {"a": [1]}
    assert scalar("AWSJSON").coerce_output_value({"a": [1]}) == '{"a":[1]}'
    assert scalar("AWSJSON").coerce_output_value("[1]") == "[1]"
    texts = ("{a}", "", "NaN", "[Infinity]", '{"a": -Infinity}')
    for bad in (*texts, {"a": 1}):
        with pytest.raises(ValueError, match="AWSJSON"):
            scalar("AWSJSON").coerce_input_value(bad)
    for bad in (*texts, float("nan"), [float("inf")]):
        with pytest.raises(ValueError, match="AWSJSON"):
            scalar("AWSJSON").coerce_output_value(bad)
