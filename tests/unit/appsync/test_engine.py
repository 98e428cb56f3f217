"""GraphQL through the engine: resolvers, errors, authorization, bounds."""

from collections.abc import Awaitable
from dataclasses import replace
from typing import Any

import pytest

from emulator.appsync.definition import DataSource
from emulator.appsync.errors import DefinitionError
from emulator.appsync.javascript import Context, Evaluation, ResolverError
from emulator.appsync.options import Options
from tests.unit.appsync.fakes import SCHEMA, FakeCode, api, ask, engine, failing

Errors = list[dict[str, Any]]


async def errors_of(answer: Awaitable[Any]) -> Errors:
    errors: Errors = (await answer).body["errors"]
    return errors


async def test_unit_resolver_and_default_resolvers() -> None:
    e = engine(api({"Query.post": "none"}))
    answer = await ask(e, '{ post(id: "1") { id note } }')
    assert (answer.status, answer.body) == (200, {"data": {"post": {"id": "1", "note": None}}})


async def test_context() -> None:
    code = FakeCode()
    e = engine(api({"Query.post": "none"}), {"Query.post": code})
    query = "query($i: ID) { post(id: $i) { ...F ... on Post { t: title } } }"
    await ask(e, query + " fragment F on Post { id author { name } }", i="1")
    context = code.requests[0]
    assert context.arguments == {"id": "1"}
    assert context.identity is None
    assert context.request["headers"] == {"x-api-key": "da2-test"}
    assert context.info["variables"] == {"i": "1"}
    assert context.info["selectionSetList"] == ["id", "author", "author/name", "t"]
    assert context.info["selectionSetGraphQL"].startswith("{\n  ...F")


async def test_util_error() -> None:
    data = {"id": 1, "secret": 2}
    raising = FakeCode(response=failing("no", "Custom", data=data, info={"b": 2}))
    e = engine(api({"Query.post": "none"}), {"Query.post": raising})
    answer = await ask(e, "{ p: post { id } }")
    assert answer.body == {
        "data": {"p": None},
        "errors": [
            {
                "path": ["p"],
                "data": {"id": 1},
                "errorType": "Custom",
                "errorInfo": {"b": 2},
                "locations": [{"line": 1, "column": 3, "sourceName": None}],
                "message": "no",
            }
        ],
    }


_ERROR_DATA = {
    "id": 1,
    "secret": 2,
    "author": {"name": "n", "age": 3, "secret": 4},
    "tags": ["t"],
    "named": [{"name": "m", "secret": 5}],
}


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("{ post { id tags } }", {"id": 1, "tags": ["t"]}),
        ("{ post { x: id ...F } } fragment F on Post { author { age } author { name } }",
         {"x": 1, "author": {"age": 3, "name": "n"}}),
        ("{ post { note named { ... on Author { name } } } }", {"named": [{"name": "m"}]}),
        ("query($x: Boolean = true) { post { id @skip(if: $x) tags @include(if: $x) } }",
         {"tags": ["t"]}),
        ("{ pipeline }", _ERROR_DATA),
    ],
)  # fmt: skip
async def test_an_errors_data_is_cut_to_the_selection(query: str, expected: Any) -> None:
    def append(context: Context) -> Evaluation:
        error = ResolverError("also", "Warning", _ERROR_DATA)
        return Evaluation(None, context.stash, appended_errors=(error,))

    resolvers = {"Query.post": "none", "Query.pipeline": "none"}
    for code in (FakeCode(response=failing("no", data=_ERROR_DATA)), FakeCode(response=append)):
        e = engine(api(resolvers), dict.fromkeys(resolvers, code))
        [error] = await errors_of(ask(e, query))
        assert error["data"] == expected


async def test_an_error_without_a_message() -> None:
    silent = FakeCode(response=lambda c: Evaluation(None, c.stash, error=ResolverError(None)))
    e = engine(api({"Query.post": "none"}), {"Query.post": silent})
    [error] = await errors_of(ask(e, "{ post { id } }"))
    assert (error["message"], error["errorType"]) == (None, "Custom")


async def test_a_selection_of_an_interface_has_its_own_fields_only() -> None:
    schema = SCHEMA + "union Thing = Post | Author extend type Query { named: Named  thing: Thing }"
    code = FakeCode()
    resolvers = {"Query.named": "none", "Query.thing": "none", "Query.post": "none"}
    e = engine(api(resolvers, schema), dict.fromkeys(resolvers, code))
    parts = "__typename ... on Author { n: name age } ...F"
    fragment = " fragment F on Author { name age }"
    await ask(e, f"{{ named {{ {parts} }} thing {{ {parts} }} }}" + fragment)
    await ask(e, f"{{ post {{ id named {{ {parts} }} ... on Post {{ title }} }} }}" + fragment)
    assert [context.info["selectionSetList"] for context in code.requests] == [
        ["__typename", "n", "name"],
        ["__typename"],
        ["id", "named", "named/__typename", "named/n", "named/name", "title"],
    ]


async def test_appended_errors_keep_the_data() -> None:
    def append(context: Context) -> Evaluation:
        error = ResolverError("also", "Warning")
        return Evaluation(context.result, context.stash, appended_errors=(error,))

    e = engine(api({"Query.post": "none"}), {"Query.post": FakeCode(response=append)})
    answer = await ask(e, '{ post(id: "1") { id } }')
    assert answer.body["data"] == {"post": {"id": "1"}}
    [error] = answer.body["errors"]
    assert (error["errorType"], error["path"]) == ("Warning", ["post"])


async def test_null_for_non_null() -> None:
    e = engine(api({"Query.post": "none"}))
    [error] = await errors_of(ask(e, "{ post { title } }"))
    assert error["message"] == (
        "Cannot return null for non-nullable type: 'String' within parent 'Post' (/post/title)"
    )


async def test_a_bug_is_not_shown() -> None:
    def bug(_context: Context) -> Evaluation:
        raise KeyError("secret")

    e = engine(api({"Query.post": "none"}), {"Query.post": FakeCode(request=bug)})
    [error] = await errors_of(ask(e, "{ post { id } }"))
    assert error["errorType"] == "InternalFailure"
    assert "secret" not in error["message"]


class TestPipeline:
    @staticmethod
    async def run(**code: FakeCode) -> tuple[Any, dict[str, FakeCode]]:
        programs = {"Query.pipeline": FakeCode(_note("start", {}), _prev)}
        programs |= {name.replace("pipeline", "Query.pipeline"): c for name, c in code.items()}
        e = engine(api({"Query.pipeline": ("a", "b")}), programs)
        return (await ask(e, "{ pipeline }")).body, programs

    async def test_prev_and_stash(self) -> None:
        b = FakeCode(_note("b", {"payload": "from b"}))
        a = FakeCode(_note("a", {"payload": "from a"}))
        body, programs = await self.run(a=a, b=b)
        assert body == {"data": {"pipeline": "from b"}}
        assert a.requests[0].prev is not None
        assert b.requests[0].prev == {"result": "from a"}
        assert programs["Query.pipeline"].responses[0].stash == {"start": 1, "a": 1, "b": 1}

    async def test_an_error_stops_it(self) -> None:
        b = FakeCode()
        body, programs = await self.run(a=FakeCode(response=failing("stop")), b=b)
        assert body["errors"][0]["message"] == "stop"
        assert not b.requests
        assert not programs["Query.pipeline"].responses

    async def test_early_return_of_a_function_skips_that_function(self) -> None:
        a = FakeCode(lambda c: Evaluation("early", c.stash, early_return=True))
        b = FakeCode(lambda c: Evaluation({"payload": c.prev["result"]}, c.stash))
        body, _ = await self.run(a=a, b=b)
        assert body == {"data": {"pipeline": "early"}}
        assert not a.responses

    async def test_early_return_to_the_end_skips_the_other_functions(self) -> None:
        a = FakeCode(lambda c: Evaluation("early", c.stash, early_return=True, skip_to="END"))
        b = FakeCode()
        body, _ = await self.run(a=a, b=b)
        assert body == {"data": {"pipeline": "early"}}
        assert not b.requests

    async def test_early_return_of_the_resolver_leaves_its_response(self) -> None:
        a = FakeCode()
        pipeline = FakeCode(lambda c: Evaluation("early", c.stash, early_return=True), _prev)
        body, _ = await self.run(a=a, pipeline=pipeline)
        assert body == {"data": {"pipeline": "early"}}
        assert not a.requests
        assert len(pipeline.responses) == 1

    async def test_early_return_of_a_unit_resolver_ends_it(self) -> None:
        code = FakeCode(lambda c: Evaluation("early", c.stash, early_return=True))
        e = engine(api({"Query.pipeline": "none"}), {"Query.pipeline": code})
        assert (await ask(e, "{ pipeline }")).body == {"data": {"pipeline": "early"}}
        assert not code.responses


def _note(name: str, result: Any) -> Any:
    return lambda context: Evaluation(result, {**context.stash, name: 1})


def _prev(context: Context) -> Evaluation:
    return Evaluation(context.prev["result"] if context.prev else None, context.stash)


class TestAuthorization:
    SCHEMA = """
    type Open { a: String  b: String @aws_iam }
    type Closed @aws_iam { a: String  b: String @aws_api_key }
    type Query { open: Open  closed: Closed
      iam: String @aws_iam  both: String @aws_iam @aws_api_key }
    """

    @pytest.mark.parametrize(
        ("query", "refused"),
        [
            ("{ open { a } }", None),
            ("{ open { b } }", "Not Authorized to access b on type Open"),
            ("{ closed { a } }", "Not Authorized to access a on type Closed"),
            ("{ closed { b } }", None),
            ("{ iam }", "Not Authorized to access iam on type Query"),
            ("{ both }", None),
            ("{ __schema { queryType { name } } both __typename }", None),
        ],
    )
    async def test_api_key(self, query: str, refused: str | None) -> None:
        e = engine(api({"Query.open": "none", "Query.closed": "none"}, self.SCHEMA))
        answer = await ask(e, query)
        assert answer.status == 200
        messages = [error["message"] for error in answer.body.get("errors", [])]
        assert messages == ([refused] if refused else [])

    async def test_the_resolver_of_a_refused_field_does_not_run(self) -> None:
        code = FakeCode()
        e = engine(api({"Query.iam": "none"}, self.SCHEMA), {"Query.iam": code})
        await ask(e, "{ iam }")
        assert not code.requests


class TestBounds:
    @pytest.mark.parametrize(
        ("query", "status", "error_type"),
        [
            ("{", 400, "MalformedHttpRequestException"),
            ("fragment F on Post { id }", 400, "MalformedHttpRequestException"),
            ("{ nothing }", 200, "ValidationError"),
            ("{ post { id } } { post { id } }", 200, "ValidationError"),
            ("query A { pipeline } query B { pipeline }", 400, "BadRequestException"),
            ("subscription { onPost { id } }", 400, "UnsupportedOperation"),
            ("{ " + "post " * 20_000 + "}", 400, "MalformedHttpRequestException"),
            ("{" + "a{" * 76 + "b" + "}" * 77, 400, "LimitExceededError"),
            ("{" + " ".join(f"a{i}: pipeline" for i in range(1_001)) + "}", 400,
             "LimitExceededError"),
            ("{ post { ...F } } fragment F on Post { ...F }", 200, "ValidationError"),
        ],
    )  # fmt: skip
    async def test_refused(self, query: str, status: int, error_type: str) -> None:
        answer = await ask(engine(api({})), query)
        assert (answer.status, answer.body["errors"][0]["errorType"]) == (status, error_type)

    async def test_fragments_count_where_they_are_spread(self) -> None:
        levels = "".join(
            f" fragment F{i} on Post {{ x{i}: id ...F{i + 1} y{i}: id ...F{i + 1} }}"
            for i in range(15)
        )
        query = "{ post { ...F0 } }" + levels + " fragment F15 on Post { id }"
        answer = await ask(engine(api({})), query)
        assert answer.body["errors"][0]["errorType"] == "LimitExceededError"

    async def test_resolver_count(self) -> None:
        e = engine(api({"Query.pipeline": "none"}), options=Options(max_resolvers=2))
        errors = await errors_of(ask(e, "{ a: pipeline b: pipeline c: pipeline }"))
        assert "LimitExceededError" in {error["errorType"] for error in errors}

    async def test_the_apis_own_limits(self) -> None:
        definition = replace(
            api({"Query.post": "none", "Query.pipeline": "none"}),
            query_depth_limit=2,
            resolver_count_limit=2,
        )
        e = engine(definition)
        assert "errors" not in (await ask(e, '{ post(id: "1") { id } }')).body
        errors = await errors_of(ask(e, "{ post { author { age } } }"))
        assert errors[0]["message"] == "The query is nested deeper than 2."
        errors = await errors_of(ask(e, "{ a: pipeline b: pipeline c: pipeline }"))
        assert "A request runs at most 2 resolvers." in {error["message"] for error in errors}
        # AppSync's own bounds stay, and a deploy may take the limits away.
        e.replace(replace(definition, query_depth_limit=0, resolver_count_limit=20_000))
        assert "errors" not in (await ask(e, '{ post(id: "1") { id author { age } } }')).body

    async def test_documents_are_remembered_within_bounds(self) -> None:
        e = engine(api({}), options=Options(document_cache_entries=2))
        for i in range(5):
            await ask(e, f"{{ a{i}: pipeline }}")
        assert len(e._documents._entries) == 2


@pytest.mark.parametrize(
    ("definition", "message"),
    [
        (api({}, "type Query {"), "schema.graphql"),
        (api({}, "type A { a: ID }"), "no Query"),
        (api({"Query.nothing": "none"}), "no such field"),
        (api({"Query.post": "nothing"}), "no data source named 'nothing'"),
        (replace(api({"Query.pipeline": ("a",)}), functions=()), "no function with id 'a'"),
        (api({}, SCHEMA.replace('"publish", "other"', '"gone"')), "'gone', which does not exist"),
        (
            replace(api({}), data_sources=(DataSource("h", "HTTP"),)),  # type: ignore[arg-type]
            "HTTP is not served",
        ),
        (
            api({}, "type Query { a: ID @aws_api_key @aws_oidc }"),
            "Query.a is for OPENID_CONNECT, but the API has no such",
        ),
        (
            api({}, "type A @aws_cognito_user_pools { a: ID } type Query { a: A }"),
            "A.a is for AMAZON_COGNITO_USER_POOLS",
        ),
        (api({}, additional_auth=("OPENID_CONNECT",)), "no authenticator for OPENID_CONNECT"),
    ],
)
def test_definitions_that_cannot_be_served(definition: Any, message: str) -> None:
    with pytest.raises(DefinitionError, match=message):
        engine(definition)
