"""Strategies for hostile texts, documents and frames."""

import json
from typing import Any

from hypothesis import strategies as st

# All of Unicode: control characters and half surrogate pairs too.
ANY_CHARACTER = st.characters(exclude_categories=())
ANY_TEXT = st.text(ANY_CHARACTER, max_size=200)
NEAR_CHANNEL = st.text("abcXYZ019._:- /\n\0é#", max_size=70)
NEAR_ULID = st.text("0123456789ABCDEFGHJKMNPQRSTVWXYZILOUabc", min_size=24, max_size=28)
NEAR_BLANK = st.text(" \t\n\r\v\f\u00a0\u2028\u2029\ufeff\u200b\u3000\0x", max_size=6)

CHANNELS = st.one_of(ANY_TEXT, NEAR_CHANNEL, st.sampled_from(["tech", "cars", "Tech", "secret"]))
IDS = st.one_of(ANY_TEXT, NEAR_ULID, st.just("01JZZZZZZZZZZZZZZZZZZZZZZZ"))
MESSAGES = st.one_of(
    ANY_TEXT,
    NEAR_BLANK,
    st.builds(str.__mul__, ANY_CHARACTER, st.sampled_from([1, 34_132, 34_134, 68_266, 204_799])),
)

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**70), 2**70)
    | st.floats()
    | st.text(ANY_CHARACTER, max_size=20)
)
JSON = st.recursive(
    SCALARS,
    lambda inner: (
        st.lists(inner, max_size=5)
        | st.dictionaries(st.text(ANY_CHARACTER, max_size=12), inner, max_size=5)
    ),
    max_leaves=20,
)


def near(shape: dict[str, st.SearchStrategy[Any]]) -> st.SearchStrategy[dict[str, Any]]:
    """Objects that have some of the shape's members, each right or anything."""
    return st.fixed_dictionaries({}, optional={k: v | JSON for k, v in shape.items()})


_QUERIES = st.sampled_from(
    [
        'subscription { subscribe(name: "tech") { id name message publishedAt region } }',
        "subscription ($n: String!) { subscribe(name: $n) { message } }",
        "subscription { a: subscribe(name: 1) { id } }",
        "query { channels { name } }",
        "{",
        "",
    ]
)
_DATA = st.builds(json.dumps, near({"query": _QUERIES | ANY_TEXT, "variables": JSON}))
_AUTHORIZATION = near({"host": ANY_TEXT, "x-api-key": ANY_TEXT, "Authorization": ANY_TEXT})
_TYPES = st.sampled_from(["connection_init", "start", "stop", "ka", "data", "start_ack", ""])
_FRAME = near(
    {
        "type": _TYPES,
        "id": st.sampled_from(["1", "2", "3", "", "x" * 257]) | ANY_TEXT,
        "payload": near(
            {"data": _DATA, "extensions": near({"authorization": _AUTHORIZATION})},
        ),
    }
)
FRAMES = st.one_of(
    _FRAME.map(json.dumps),
    JSON.map(json.dumps),
    ANY_TEXT,
    st.integers(1, 100_000).map(lambda depth: "[" * depth),
)
"""Texts of WebSocket frames, most of them nearly right."""

_COMPARING = ("eq", "ne", "le", "lt", "ge", "gt", "between", "in", "notIn")
_OPERATORS = st.sampled_from([*_COMPARING, "contains", "notContains", "beginsWith", "containsAny"])
_RULE = near({"fieldName": st.sampled_from(["name", "a.b", "", "."]), "operator": _OPERATORS,
              "value": SCALARS | st.lists(SCALARS, max_size=6)})  # fmt: skip
FILTERS = (
    near({"filterGroup": st.lists(near({"filters": st.lists(_RULE, max_size=7)}), max_size=11)})
    | JSON
)
"""Subscription filters, most of them nearly right."""

_COMPARISONS = ("prefix", "suffix", "anything-but", "numeric", "exists", "wildcard", "cidr")
_COMPARISON = near(dict.fromkeys([*_COMPARISONS, "equals-ignore-case"], JSON))
_PATTERN_LEAF = st.lists(SCALARS | _COMPARISON, max_size=4)
PATTERNS = st.recursive(
    st.dictionaries(
        st.sampled_from(["source", "detail-type", "detail", "region", "$or", "x"]),
        _PATTERN_LEAF | JSON,
        max_size=4,
    ),
    lambda inner: st.dictionaries(
        st.sampled_from(["detail", "$or", "x"]), inner | st.lists(inner, max_size=3), max_size=3
    ),
    max_leaves=8,
)
"""Event patterns, most of them nearly right."""

ENTRIES = st.lists(
    near(
        {
            "Source": st.sampled_from(["globalws", "aws.s3", ""]),
            "DetailType": st.sampled_from(["MessagePublished", ""]),
            "Detail": JSON.map(json.dumps) | ANY_TEXT,
            "EventBusName": st.sampled_from(["globalws", "other"]),
            "Time": st.floats() | st.integers() | ANY_TEXT,
            "Resources": st.lists(ANY_TEXT, max_size=3),
        }
    ),
    max_size=12,
)
"""Entries of PutEvents, most of them nearly right."""

_CREDENTIAL = st.sampled_from(
    ["test/20261123/us-west-2/appsync/aws4_request", "test/2026/x/y/z", "test", "/////", ""]
)
_SIGNED_HEADERS = st.sampled_from(["host;x-amz-date", "host", "", ";;", "x-amz-date;host", "é"])
_SIGNATURE = st.sampled_from(["0" * 64, "", "x", "é" * 64])
_AUTHORIZATIONS = (
    st.builds(
        "AWS4-HMAC-SHA256 Credential={}, SignedHeaders={}, Signature={}".format,
        _CREDENTIAL | ANY_TEXT,
        _SIGNED_HEADERS | ANY_TEXT,
        _SIGNATURE | ANY_TEXT,
    )
    | st.sampled_from(["AWS4-HMAC-SHA256", "AWS4-HMAC-SHA256 ", "Bearer x", ""])
    | ANY_TEXT
)
HEADERS = st.fixed_dictionaries(
    {},
    optional={
        "authorization": _AUTHORIZATIONS,
        "x-amz-date": st.sampled_from(["20261123T200000Z", "2026", "", "99999999T999999Z"])
        | ANY_TEXT,
        "x-amz-security-token": ANY_TEXT,
        "x-amz-content-sha256": ANY_TEXT,
        "x-api-key": st.sampled_from(["", "da2", "DA2-PROJECT"]) | ANY_TEXT,
        "host": ANY_TEXT,
    },
)
"""Headers that authorize nobody."""

CONNECTS = st.tuples(
    st.fixed_dictionaries({}, optional={"header": ANY_TEXT, "payload": ANY_TEXT}),
    st.lists(ANY_TEXT | ANY_TEXT.map("header-{}".format), max_size=3),
)
"""Query and subprotocols of a WebSocket handshake."""
