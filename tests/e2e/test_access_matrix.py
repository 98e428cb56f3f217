"""Who may use what: each field of the API, callers of each kind, and channels of each kind.

Real clients ask in both regions: `gql` and `aws-amplify`, over HTTP and over WebSocket. The rules
are written into the regions' tables; test_users.py has the commands that do it.
"""

import asyncio
import itertools
from collections.abc import AsyncIterator, Awaitable, Iterable, Iterator, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import aiohttp
import pytest
from gql import Client, gql
from gql.client import AsyncClientSession
from gql.transport.aiohttp import AIOHTTPTransport
from gql.transport.appsync_websockets import AppSyncWebsocketsTransport
from gql.transport.exceptions import TransportQueryError

from cli.domain.names import new_ulid
from cli.stack_file import RunningStack
from tests.conformance.amplify_client import AmplifyClient
from tests.e2e.test_amplify import target_of
from tests.support.access_matrix import (
    CELLS,
    CHANNELS,
    CLAIMS,
    RULES,
    Caller,
    callers_of,
    expected,
)
from tests.support.api_fields import FIELDS, OF_IAM, RULED, aliased
from tests.support.aws import close_connections
from tests.support.clients import signed
from tests.support.project_api import project_api
from tests.support.rules import delete_rules, write_rules
from tests.support.stack import LocalStack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(180)]

_ASKED = {name: field for name, field in RULED.items() if field.kind != "subscription"}
_SUBSCRIBED = {name: field for name, field in RULED.items() if field.kind == "subscription"}
# Subscriptions that wait for a first message: whose, of which field, to which kind of channel.
_Waiting = dict[asyncio.Task[str], tuple[Caller, str, str]]


@pytest.fixture(scope="module")
def callers(stack: LocalStack) -> Iterator[list[Caller]]:
    """All callers in both regions, where the rules are."""
    write_rules(stack.running, RULES)
    yield callers_of(stack.running)
    delete_rules(stack.running, RULES)
    close_connections()


def test_the_matrix_is_whole() -> None:
    """Each caller and channel has its cell, and each field for clients that asks rules is there."""
    assert set(CELLS) == set(CLAIMS)
    assert {tuple(row) for row in CELLS.values()} == {tuple(CHANNELS)}
    api = project_api()
    names = {each.function_id: each.code.name for each in api.functions}
    asking = {
        f"{each.type_name}.{each.field_name}"
        for each in api.resolvers
        if any(names[function].endswith("requireAllowed.js") for function in each.functions)
    }
    of_clients = {name for name in asking if FIELDS[name] not in OF_IAM}
    assert of_clients == set(RULED)


def _documents(caller: Caller) -> Iterator[tuple[str, list[str], str]]:
    """Each field's documents, as (field, kinds of channels, document); with aliases if they can."""
    for name, field in _ASKED.items():
        lease = new_ulid()
        calls = {kind: field.called(caller.channel(kind), lease) for kind in CHANNELS}
        if field.can_be_null:
            yield name, list(calls), aliased(field.kind, list(calls.values()))
        else:
            for kind, call in calls.items():
                yield name, [kind], f"{field.kind} {{ {call} }}"


def _wrong(caller: Caller, name: str, kinds: Sequence[str], errors: dict[str, str]) -> list[Any]:
    """What a document's errors, by response key, differ in from what the table says."""
    single = next(iter(errors.values()), "")
    found = (
        {kind: errors.get(f"c{at}", "") for at, kind in enumerate(kinds)}
        if len(kinds) > 1
        else {kinds[0]: single}
    )
    return [
        (caller.region.region, caller.name, name, kind, was, f"not {wanted!r}")
        for kind, was in found.items()
        if was != (wanted := expected(caller.name, FIELDS[name], kind))
    ]


@asynccontextmanager
async def _http(caller: Caller) -> AsyncIterator[AsyncClientSession]:
    transport = AIOHTTPTransport(caller.region.graphqlUrl, auth=caller.auth)
    async with Client(transport=transport) as session:
        yield session


@asynccontextmanager
async def _websocket(caller: Caller) -> AsyncIterator[AsyncClientSession]:
    url = caller.region.graphqlUrl.replace("http", "ws", 1)
    async with Client(transport=AppSyncWebsocketsTransport(url, auth=caller.auth)) as session:
        yield session


async def _errors(session: AsyncClientSession, document: str) -> dict[str, str]:
    """The error types by response key."""
    try:
        await session.execute(gql(document))
    except TransportQueryError as error:
        return {each["path"][0]: each["errorType"] for each in error.errors or []}
    return {}


async def _all(finding: Iterable[Awaitable[list[Any]]]) -> list[Any]:
    return list(itertools.chain.from_iterable(await asyncio.gather(*finding)))


async def test_gql_over_http(callers: list[Caller]) -> None:
    async def wrong_of(caller: Caller) -> list[Any]:
        async with _http(caller) as session:
            return [
                each
                for name, kinds, document in _documents(caller)
                for each in _wrong(caller, name, kinds, await _errors(session, document))
            ]

    assert await _all(wrong_of(caller) for caller in callers) == []


async def test_gql_over_websocket(callers: list[Caller]) -> None:
    """Who may subscribe receives what is published there, and who may not is told why."""
    async with AsyncExitStack() as exits:
        waiting: _Waiting = {}
        for caller in callers:
            session = await exits.enter_async_context(_websocket(caller))
            for name, field in _SUBSCRIBED.items():
                for kind in CHANNELS:
                    first = _first(session, field.document(caller.channel(kind)))
                    waiting[asyncio.create_task(first)] = (caller, name, kind)
        await _publish_until(callers[0].stack, waiting)
    wrong = []
    for task, (caller, name, kind) in waiting.items():
        wrong += _wrong(caller, name, [kind], {"": task.result()})
    assert wrong == []


async def _first(session: AsyncClientSession, document: str) -> str:
    """Wait for the first message; answers "", or the type of the error that came instead."""
    messages = session.subscribe(gql(document))
    try:
        await anext(messages)
    except TransportQueryError as error:
        (payload,) = error.errors or []
        return str(payload["errors"][0]["errorType"])
    finally:
        await messages.aclose()
    return ""


async def _publish_until(stack: RunningStack, waiting: _Waiting) -> None:
    """A back end publishes where somebody waits until nobody does."""
    fields = (FIELDS["Mutation.publish"], FIELDS["Mutation.publishPresence"])
    async with aiohttp.ClientSession() as http, asyncio.timeout(30):
        while await asyncio.wait(waiting, timeout=0.1) and not all(map(_is_done, waiting)):
            wanted = {
                (caller.region, caller.channel(kind).replace("*", "1"))
                for task, (caller, _, kind) in waiting.items()
                if not task.done()
            }
            calls = [
                signed(http, stack, region, field.document(name))
                for region, name in wanted
                for field in fields
            ]
            await asyncio.gather(*calls)


def _is_done(task: asyncio.Task[str]) -> bool:
    return task.done()


async def test_amplify(callers: list[Caller]) -> None:
    wrong: list[Any] = []
    stack = callers[0].stack
    async with AmplifyClient(target_of(stack, callers[0].region), "iam") as amplify:
        for caller in callers:
            target = target_of(stack, caller.region)
            await amplify.become(target, caller.amplify_mode, caller.token)
            asked = [
                *_documents(caller),
                *(
                    (name, [kind], field.document(caller.channel(kind)))
                    for name, field in _SUBSCRIBED.items()
                    for kind in CHANNELS
                ),
            ]
            ends = await amplify.attempt([document for *_, document in asked])
            for (name, kinds, _), errors in zip(asked, ends, strict=True):
                wrong += _wrong(caller, name, kinds, errors)
    assert wrong == []


# Ways to write a field that are the same call, and ways that call nothing.
_SAME = (
    "query {{ other: {call} }}",
    "query {{ ...F }} fragment F on Query {{ {call} }}",
    "query {{ ... on Query {{ ...F }} }} fragment F on Query {{ ... {{ {call} }} }}",
    "query {{ ... @include(if: true) {{ {call} }} }}",
    "query S($not: Boolean = false) {{ ...F @skip(if: $not) }} fragment F on Query {{ {call} }}",
)
_NOTHING = (
    "query {{ __typename ... @include(if: false) {{ {call} }} }}",
    "query {{ __typename ...F @skip(if: true) }} fragment F on Query {{ {call} }}",
)
_ROOTS = {"query": "Query", "mutation": "Mutation", "subscription": "Subscription"}


def _written(form: str, kind: str, call: str) -> str:
    return form.format(call=call).replace("query", kind).replace("Query", _ROOTS[kind])


async def test_however_a_field_is_written_the_same_is_decided(callers: list[Caller]) -> None:
    async def wrong_of(caller: Caller) -> list[Any]:
        wrong: list[Any] = []
        async with _http(caller) as session:
            for name, field in _ASKED.items():
                call = field.called(caller.channel("room"), new_ulid())
                for form in _SAME:
                    errors = await _errors(session, _written(form, field.kind, call))
                    wrong += _wrong(caller, name, ["room"], errors)
                for form in _NOTHING:
                    wrong += (await _errors(session, _written(form, field.kind, call))).items()
        return wrong

    assert await _all(wrong_of(caller) for caller in callers) == []


async def test_a_refused_subscription_is_refused_however_it_is_written(
    callers: list[Caller],
) -> None:
    async def wrong_of(caller: Caller) -> list[Any]:
        wrong: list[Any] = []
        async with _websocket(caller) as session:
            for name, field in _SUBSCRIBED.items():
                if expected(caller.name, field, "room"):
                    call = field.called(caller.channel("room"))
                    for form in _SAME:
                        error = await _first(session, _written(form, field.kind, call))
                        # GraphQL has no directives at the root of a subscription.
                        if "@" not in form or error != "ValidationError":
                            wrong += _wrong(caller, name, ["room"], {"": error})
        return wrong

    assert await _all(wrong_of(caller) for caller in callers) == []


async def test_everyone_sees_the_rules_and_nobody_the_users(callers: list[Caller]) -> None:
    rules = {rule["name"] for rule in RULES if not rule["name"].startswith("#")}
    for caller in callers:
        async with _http(caller) as session:
            shown = await session.execute(gql("{ channels { name } }"))
            names = {each["name"] for each in shown["channels"]}
            assert rules <= names
            assert not {name for name in names if "#" in name}
            asked = [FIELDS["Query.getChannel"].called(caller.channel(kind)) for kind in CHANNELS]
            answers = await session.execute(gql(aliased("query", asked)))
        open_to_some = {
            kind for kind, each in zip(CHANNELS, answers.values(), strict=True) if each["allowed"]
        }
        # What a block of the user closes is open to others.
        like = "editor" if caller.name == "blocked" else caller.name
        closed = {kind for kind, cell in CELLS[like].items() if cell in ("Not", "Blocked")}
        assert open_to_some == set(CHANNELS) - closed, caller.name


async def test_fields_of_iam_alone_are_for_no_user(callers: list[Caller]) -> None:
    """However they are written."""
    fields = [field.called() for field in OF_IAM]
    spread = f"mutation {{ ...F }} fragment F on Mutation {{ {' '.join(fields)} }}"
    included = f"mutation {{ ... @include(if: true) {{ {' '.join(fields)} }} }}"
    for caller in callers:
        async with _http(caller) as session:
            for document in (aliased("mutation", fields), spread, included):
                if caller.name != "back end":
                    errors = await _errors(session, document)
                    assert list(errors.values()) == ["Unauthorized"] * len(fields), caller.name
