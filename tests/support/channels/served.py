"""A world of rules in the local data plane; its resolvers must decide as the reference does."""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

from globalws_functions.domain.channel_rules import Caller, Rule, Source, decide, deployed_rules

from emulator.appsync.auth import Caller as ApiCaller
from emulator.appsync.auth import Evidence
from emulator.appsync.definition import Api, AuthMode
from emulator.appsync.engine import Engine, build_engine
from emulator.appsync.errors import AppSyncError
from emulator.appsync.invocation import RequestMeta
from emulator.appsync.subscriptions import Subscription
from tests.support.channels.reference import World, caller_of, is_name, verdict
from tests.support.project_api import MemoryServices, project_api
from tests.unit.appsync.fakes import FakeSession

_MESSAGE = "{ id name message publishedAt region publisher }"
_QUERIES = {
    "publish": f'mutation($name: String!) {{ publish(name: $name, message: "m") {_MESSAGE} }}',
    "history": f"query($name: String!) {{ history(name: $name) {{ items {_MESSAGE} }} }}",
    "subscribe": f"subscription($name: String!) {{ subscribe(name: $name) {_MESSAGE} }}",
}
_META = RequestMeta({})

Identity = Mapping[str, Any] | None
Call = tuple[Identity, str, str]


@cache
def _api() -> Api:
    api = project_api("OPENID_CONNECT")
    wanted = [each for each in api.resolvers if each.field_name in {*_QUERIES, "publishFromBus"}]
    used = {function for each in wanted for function in each.functions}
    functions = tuple(each for each in api.functions if each.function_id in used)
    return replace(api, resolvers=tuple(wanted), functions=functions)


class _Anyone:
    """Lets in the caller that the test names."""

    mode: AuthMode = "OPENID_CONNECT"
    identity: Identity = None

    def recognizes(self, _: Evidence) -> bool:
        return True

    async def authenticate(self, _: Evidence) -> ApiCaller:
        return api_caller(self.identity)


def api_caller(identity: Identity) -> ApiCaller:
    """The caller as the data plane's front would know it."""
    if identity is None:
        return ApiCaller("API_KEY")
    mode: AuthMode = "AWS_IAM" if "userArn" in identity else "OPENID_CONNECT"
    return ApiCaller(mode, dict(identity))


class Served:
    """The resolvers of publish, history and subscribe over a world's rules."""

    def __init__(self, world: World, **environment: str) -> None:
        self.services = MemoryServices()
        table = self.services.tables.setdefault("Channels", {})
        for name, item in world.items.items():
            stored = _typed({"name": name, **item})["M"]
            table[json.dumps({"name": {"S": name}}, sort_keys=True)] = stored
        api = replace(
            _api(),
            environment={
                **_api().environment,
                "ALLOWED_CHANNELS": world.allowed_channels,
                **environment,
            },
        )
        self.door = _Anyone()
        self.engine: Engine = build_engine(api, self.services, authenticators=(self.door,))

    async def subscribe(self, identity: Identity, name: str) -> Subscription:
        """A subscription; raises AppSyncError."""
        data = json.dumps({"query": _QUERIES["subscribe"], "variables": {"name": name}})
        return await self.engine.subscribe("1", data, api_caller(identity), _META, FakeSession())

    async def call(self, identity: Identity, field: str, name: str) -> str:
        """The error type of a call, or ""."""
        if field == "subscribe":
            try:
                await self.subscribe(identity, name)
            except AppSyncError as error:
                return error.error_type
            return ""
        self.door.identity = identity
        body = json.dumps({"query": _QUERIES[field], "variables": {"name": name}}).encode()
        answer = (await self.engine.handle(Evidence({}, body=body), _META)).body
        errors = answer.get("errors")
        if errors:
            return str(errors[0]["errorType"])
        if field == "publish":
            assert answer["data"]["publish"]["publisher"] == publisher_of(identity)
        return ""


def publisher_of(identity: Identity) -> str | None:
    """Who a message says that published it."""
    if identity is None:
        return None
    if "userArn" in identity:
        return "iam:back-end"
    user: str = identity["claims"]["sub"]
    return user


def _typed(value: Any) -> dict[str, Any]:
    match value:
        case bool():
            return {"BOOL": value}
        case str():
            return {"S": value}
        case list():
            return {"L": [_typed(each) for each in value]}
    return {"M": {name: _typed(each) for name, each in value.items()}}


def explained(world: World, caller: Caller, operation: str, name: str) -> str:
    """The error type that `globalws channels explain` would tell of."""
    decided = [
        Rule(pattern, item["allowed"], item.get("publish"), item.get("subscribe"))
        for pattern, item in world.items.items()
        if isinstance(item.get("allowed"), bool)
    ]
    rules = [*deployed_rules(world.allowed_channels), *decided]
    assert {rule.source for rule in decided} <= {Source.OPERATOR}
    return decide(name, operation, caller, rules).error_type


def resolvers_decide_as_the_reference(world: World, calls: list[Call]) -> None:
    """No wrong allow and no wrong refusal, and `explain` says the same."""
    served = Served(world)

    async def make_calls() -> list[str]:
        return [await served.call(*call) for call in calls]

    for (identity, field, name), found in zip(calls, asyncio.run(make_calls()), strict=True):
        operation = "publish" if field == "publish" else "subscribe"
        wanted = verdict(world, identity, operation, name, wild=field == "subscribe")
        assert found == wanted, (field, name, identity)
        caller = caller_of(world, identity)
        if caller is not None and (is_name(name) or wanted != "InvalidChannelName"):
            assert explained(world, caller, operation, name) == wanted, (field, name, identity)
