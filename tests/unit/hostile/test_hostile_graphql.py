"""The GraphQL endpoint: any body is answered, and what would cost too much is refused.

`make fuzz` tries the same rules with many more.
"""

import json
from dataclasses import replace

import pytest
from hypothesis import example, given, settings

from emulator.appsync.engine import Engine, build_engine
from graphql import get_introspection_query
from tests.support.hostile import queries, rules, texts
from tests.support.project_api import MemoryServices, ask, post, project_api, project_engine


@pytest.fixture(scope="module")
def engine() -> Engine:
    return project_engine()


@settings(max_examples=70, deadline=None)
@given(queries.BODIES)
def test_any_body_is_answered(engine: Engine, body: bytes) -> None:
    rules.a_request_is_answered(engine, body)


@settings(max_examples=70, deadline=None)
@given(texts.HEADERS)
@example({"x-api-key": "\ud800"})
@example({"authorization": "\udcff"})
def test_no_headers_let_a_stranger_in(engine: Engine, headers: dict[str, str]) -> None:
    rules.nobody_gets_in(engine, headers)


@settings(max_examples=70, deadline=None)
@given(texts.CONNECTS)
def test_any_handshake_is_read_or_refused(connect: tuple[dict[str, str], list[str]]) -> None:
    rules.a_handshake_is_read_or_refused(*connect)


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        (queries.nested(60), "LimitExceededError"),
        (queries.nested(3_000), "MalformedHttpRequestException"),
        (queries.aliased(1_001), "LimitExceededError"),
        (queries.fragment_bomb(8), "LimitExceededError"),
        ("{" * 20_000, "MalformedHttpRequestException"),
        ("fragment A on Query { ...B } fragment B on Query { ...A } { ...A }", "ValidationError"),
    ],
    ids=["deep", "deeper", "aliases", "fragments", "tokens", "cycle"],
)
async def test_what_would_cost_too_much_is_refused(
    engine: Engine, query: str, expected: str
) -> None:
    answer = await ask(engine, query)
    assert answer.body["errors"][0]["errorType"] == expected
    assert not answer.body.get("data")


async def test_aliases_are_not_a_way_around_the_bound_of_resolvers() -> None:
    services = MemoryServices()
    publish = 'publish(name: "tech", message: "x") { id name message publishedAt region }'
    many = " ".join(f"a{number}: {publish}" for number in range(20))
    answer = await ask(project_engine(services), f"mutation {{ {many} }}")
    assert answer.body["errors"][0]["errorType"] == "LimitExceededError"
    assert len(services.events) <= 10


async def test_a_batch_is_one_request_too_many(engine: Engine) -> None:
    answer = await post(engine, json.dumps([{"query": "{ __typename }"}] * 2).encode())
    assert answer.status == 400
    assert answer.body["errors"][0]["errorType"] == "MalformedHttpRequestException"


async def test_what_tools_ask_of_the_schema_is_answered(engine: Engine) -> None:
    answer = await ask(engine, get_introspection_query(input_value_deprecation=True))
    names = {each["name"] for each in answer.body["data"]["__schema"]["types"]}
    assert {"Message", "Channel", "Query", "Mutation", "Subscription"} <= names


@pytest.mark.parametrize(
    "query",
    [
        get_introspection_query(),
        "{ __schema { types { name } } }",
        '{ t: __type(name: "Message") { name } }',
        "{ ...F } fragment F on Query { __schema { queryType { name } } }",
    ],
)
async def test_without_introspection_the_schema_is_not_told(query: str) -> None:
    closed = build_engine(replace(project_api(), introspection=False), MemoryServices())
    answer = await ask(closed, query)
    assert {error["errorType"] for error in answer.body["errors"]} == {"ValidationError"}
    assert not answer.body.get("data")
    assert "errors" not in (await ask(closed, "{ channels { __typename name } }")).body
