"""Hostile GraphQL requests: documents made of valid, nearly valid and invalid parts."""

import json
from typing import Any

from hypothesis import strategies as st

from tests.support.hostile.texts import ANY_TEXT, JSON, near

_MESSAGE = "{ id name message publishedAt region }"
_FIELDS = [
    f'publish(name: "tech", message: "x") {_MESSAGE}',
    'publish(name: "tech", message: "x") { id }',
    f'publishFromBus(id: "1", name: "tech", message: "x", publishedAt: "?", region: "r"){_MESSAGE}',
    'unsubscribe(name: "tech") { name }',
    "channels { name allowed reason updatedAt }",
    'getChannel(name: "tech") { name ...F }',
    'history(name: "tech", limit: 5) { items { id } nextToken }',
    f'subscribe(name: "tech") {_MESSAGE}',
    "__typename",
    "__schema { types { name fields { name type { ofType { ofType { name } } } } } }",
    '__type(name: "Message") { fields { name } }',
    "nothing",
    "...F",
    "... on Query { channels { name } }",
    "@skip(if: true)",
    "id: __typename @include(if: $x)",
    "{",
    "}",
]
_FIELD = st.one_of(
    st.sampled_from(_FIELDS),
    st.builds(
        lambda alias, field: f"{alias}: {field}", st.sampled_from("abc"), st.sampled_from(_FIELDS)
    ),
    ANY_TEXT,
)
_DEFINITION = st.builds(
    lambda head, fields: f"{head} {{ {' '.join(fields)} }}",
    st.sampled_from(
        [
            "",
            "query",
            "mutation",
            "subscription",
            "query Q",
            "query Q($x: Boolean!)",
            "mutation M($x: [String!]! = [])",
            "fragment F on Query",
            "fragment F on Channel",
            "type Query",
        ]
    ),
    st.lists(_FIELD, max_size=4),
)
QUERIES = st.lists(_DEFINITION, max_size=4).map(" ".join) | ANY_TEXT
"""Documents."""

BODIES = st.one_of(
    near({"query": QUERIES, "variables": JSON, "operationName": st.sampled_from(["Q", "M", ""])})
    .map(json.dumps)
    .map(str.encode),
    JSON.map(json.dumps).map(str.encode),
    st.binary(max_size=100),
    st.lists(st.just({"query": "{ __typename }"}), max_size=3).map(json.dumps).map(str.encode),
)
"""Bodies of POST /graphql."""


def nested(depth: int) -> str:
    """A valid query `depth` levels deep."""
    return "{ __schema { types " + "{ fields { type " * depth + "{ name }" + " } }" * depth + " } }"


def aliased(count: int) -> str:
    """A query that asks for the same field `count` times."""
    return "{ " + " ".join(f"a{number}: __typename" for number in range(count)) + " }"


def fragment_bomb(levels: int) -> str:
    """Each fragment spreads the next one ten times: 10 ** levels fields."""
    spreads = [f"fragment F{n} on Query {{ {f'...F{n + 1} ' * 10} }}" for n in range(levels)]
    return f"{{ ...F0 }} {' '.join(spreads)} fragment F{levels} on Query {{ __typename }}"


def request(query: str, **variables: Any) -> bytes:
    """A body with that query."""
    return json.dumps({"query": query, "variables": variables}).encode()
