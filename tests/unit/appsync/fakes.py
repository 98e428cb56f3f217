"""Fakes of resolver code, services and connections."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from emulator.appsync.auth import Evidence
from emulator.appsync.definition import (
    Api,
    ApiKey,
    DataSource,
    PipelineFunction,
    Resolver,
    SourceFile,
)
from emulator.appsync.engine import Engine, HttpAnswer, build_engine
from emulator.appsync.invocation import RequestMeta
from emulator.appsync.javascript import Context, Evaluation, ResolverError
from emulator.appsync.options import Options
from emulator.appsync.ports import DataSourceError

KEY = "da2-test"
Handler = Callable[[Context], Evaluation]

SCHEMA = """
interface Named { name: String }
type Author implements Named { name: String! age: Int }
type Post { id: ID! title: String! note: String author: Author tags: [String!] named: Named }
type Query { post(id: ID): Post  pipeline: String  strict: Post }
type Mutation {
  publish(id: ID, title: String, note: String): Post
  other(id: ID): Post
  kick(title: String): Post
}
type Subscription {
  onPost(title: String, note: String): Post @aws_subscribe(mutations: ["publish", "other"])
  onFiltered(title: String): Post @aws_subscribe(mutations: ["publish"])
  onStrict: Post! @aws_subscribe(mutations: ["other"])
}
"""


def passing(context: Context) -> Evaluation:
    """A request handler that hands the arguments to its data source."""
    return Evaluation({"payload": context.arguments}, context.stash)


def returning(context: Context) -> Evaluation:
    """A response handler that returns the data source's result."""
    return Evaluation(context.result, context.stash)


def failing(message: str, type_: str = "Failed", **more: Any) -> Handler:
    """A handler that ends in `util.error`."""
    return lambda context: Evaluation(
        None, context.stash, error=ResolverError(message, type_, **more)
    )


class FakeCode:
    """A program of two Python functions that records its contexts."""

    def __init__(self, request: Handler = passing, response: Handler = returning) -> None:
        self._request, self._response = request, response
        self.requests: list[Context] = []
        self.responses: list[Context] = []

    def request(self, context: Context) -> Evaluation:
        self.requests.append(replace(context))
        return self._request(context)

    def response(self, context: Context) -> Evaluation:
        self.responses.append(replace(context))
        return self._response(context)


class FakePorts:
    """Services that return or raise what the test sets, and record their calls."""

    def __init__(self) -> None:
        self.answers: list[Any] = []
        self.calls: list[tuple[str, Any]] = []

    def _answer(self, name: str, payload: Any) -> Any:
        self.calls.append((name, payload))
        answer = self.answers.pop(0)
        if isinstance(answer, DataSourceError):
            raise answer
        return answer

    async def put_events(self, bus_arn: str, entries: list[dict[str, Any]]) -> dict[str, Any]:
        answer: dict[str, Any] = self._answer(bus_arn, entries)
        return answer

    async def dynamodb(
        self, operation: str, payload: dict[str, Any], region: str
    ) -> dict[str, Any]:
        answer: dict[str, Any] = self._answer(operation, payload)
        return answer

    async def invoke_lambda(
        self, function_arn: str, payload: Any, invocation_type: str = "RequestResponse"
    ) -> Any:
        return self._answer(function_arn, (payload, invocation_type))


class FakeSession:
    """A connection that records deliveries."""

    def __init__(self) -> None:
        self.frames: list[bytes] = []
        self.invalidated: list[str] = []

    def deliver(self, frame: bytes) -> None:
        self.frames.append(frame)

    def invalidate(self, ids: tuple[str, ...]) -> None:
        self.invalidated += ids

    async def shut_down(self) -> None:
        pass


def api(resolvers: Mapping[str, str | tuple[str, ...]], schema: str = SCHEMA, **more: Any) -> Api:
    """An API: `Type.field` → data source of a unit resolver, or functions of a pipeline."""
    functions = {f for value in resolvers.values() if isinstance(value, tuple) for f in value}
    return Api(
        api_id="test",
        name="test",
        region="us-west-2",
        schema=SourceFile("schema.graphql", schema),
        resolvers=tuple(
            Resolver(
                *name.split("."),
                SourceFile(name, ""),
                None if isinstance(value, tuple) else value,
                value if isinstance(value, tuple) else (),
            )
            for name, value in resolvers.items()
        ),
        functions=tuple(
            PipelineFunction(f, f, "none", SourceFile(f, "")) for f in sorted(functions)
        ),
        data_sources=(
            DataSource("none", "NONE"),
            DataSource("bus", "AMAZON_EVENTBRIDGE", "arn:bus"),
            DataSource("table", "AMAZON_DYNAMODB", "Table"),
            DataSource("function", "AWS_LAMBDA", "arn:function"),
        ),
        api_keys=(ApiKey(KEY, 4e9),),
        **more,
    )


def engine(
    definition: Api, code: Mapping[str, FakeCode] | None = None, options: Options | None = None
) -> Engine:
    """An engine whose programs are `code` by file name, else pass-through."""
    programs = code or {}
    return build_engine(
        definition,
        FakePorts(),
        options=options,
        loader=lambda source, _environment: programs.get(source.name) or FakeCode(),
    )


async def ask(engine_: Engine, query: str, **variables: Any) -> HttpAnswer:
    """POST a query with the API key."""
    from emulator.appsync.responses import json_bytes

    headers = {"x-api-key": KEY}
    body = json_bytes({"query": query, "variables": variables})
    return await engine_.handle(Evidence(headers=headers, body=body), RequestMeta(headers))
