"""The authorization matrix: each field with each credential, over HTTP and WebSocket."""

from typing import Any

import pytest

from graphql import build_schema
from tests.conformance.clients import SUBSCRIBE, Target, frames, post
from tests.e2e.test_amplify import target_of
from tests.support.stack import ROOT, LocalStack

pytestmark = pytest.mark.stack

_MESSAGE = "id name message publishedAt region publisher"
_BUS = (
    'id: "01KB4YXW0G8Q2M7R3T5V9XZABF", name: "tech", message: "m",'
    ' publishedAt: "2026-11-23T10:00:00Z", region: "eu-west-1"'
)
_PRESENCE = "subscription ($name: String!) { presenceChanged(name: $name) { action } }"
_LEASE = 'connection: "01KB4YXW0G8Q2M7R3T5V9XZABC", secret: "a secret of the matrix"'
# Every field of Query and Mutation: how it is called, and who may.
_CLIENTS = {"api-key", "iam"}
_FIELDS = {
    "Query.getChannel": (
        '{ getChannel(name: "tech") { name allowed reason updatedAt } }',
        _CLIENTS,
    ),
    "Query.channels": ("{ channels { name allowed reason updatedAt } }", _CLIENTS),
    "Query.history": (
        f'{{ history(name: "tech") {{ items {{ {_MESSAGE} }} nextToken }} }}',
        _CLIENTS,
    ),
    "Mutation.publish": (
        f'mutation {{ publish(name: "tech", message: "m") {{ {_MESSAGE} }} }}',
        _CLIENTS,
    ),
    "Mutation.publishFromBus": (f"mutation {{ publishFromBus({_BUS}) {{ {_MESSAGE} }} }}", {"iam"}),
    "Mutation.publishRequested": (
        'mutation { publishRequested(id: "01KB4YXW0G8Q2M7R3T5V9XZABG", name: "tech", message: "m") '
        f"{{ {_MESSAGE} }} }}",
        {"iam"},
    ),
    "Mutation.disconnect": ('mutation { disconnect(user: "nobody") { user } }', {"iam"}),
    "Mutation.grant": (
        'mutation { grant(user: "nobody", channel: "matrix:*", operations: []) { id } }',
        {"iam"},
    ),
    "Query.presence": ('{ presence(name: "tech") { nextToken } }', _CLIENTS),
    "Query.occupancy": ('{ occupancy(name: "tech") { connections } }', _CLIENTS),
    "Mutation.enter": (
        f'mutation {{ enter(name: "tech", client: "matrix", {_LEASE}) {{ user }} }}',
        _CLIENTS,
    ),
    "Mutation.heartbeat": (f"mutation {{ heartbeat({_LEASE}) {{ expiresAt }} }}", _CLIENTS),
    "Mutation.leave": (f'mutation {{ leave(name: "tech", {_LEASE}) {{ user }} }}', _CLIENTS),
    "Mutation.announceLeave": (
        'mutation { announceLeave(name: "tech", user: "u", connection: "c", seq: 1) { name } }',
        {"iam"},
    ),
    "Mutation.publishPresence": (
        'mutation { publishPresence(name: "tech", action: COUNT, region: "us-west-2", '
        'at: "2026-11-23T10:15:00Z") { name } }',
        {"iam"},
    ),
    "Mutation.unsubscribe": ('mutation { unsubscribe(name: "robots") { name } }', {"iam"}),
}
_CREDENTIALS = ("api-key", "iam", "wrong-key", "wrong-signature", "none")
_KNOWN = {"api-key", "iam"}


def test_the_matrix_has_every_field_of_the_schema() -> None:
    directives = (
        "directive @aws_api_key on OBJECT | FIELD_DEFINITION "
        "directive @aws_iam on OBJECT | FIELD_DEFINITION "
        "directive @aws_oidc on OBJECT | FIELD_DEFINITION "
        "directive @aws_cognito_user_pools on OBJECT | FIELD_DEFINITION "
        "directive @aws_subscribe(mutations: [String!]!) on FIELD_DEFINITION scalar AWSDateTime "
    )
    schema = build_schema(directives + (ROOT / "graphql" / "schema.graphql").read_text())
    assert schema.query_type is not None
    assert schema.mutation_type is not None
    assert schema.subscription_type is not None
    fields = {
        f"{root.name}.{field}"
        for root in (schema.query_type, schema.mutation_type)
        for field in root.fields
    }
    assert fields == set(_FIELDS)
    assert set(schema.subscription_type.fields) == {"subscribe", "presenceChanged"}


@pytest.fixture
def target(stack: LocalStack) -> Target:
    return target_of(stack.running, stack.running.regions[0])


@pytest.mark.parametrize("credential", _CREDENTIALS)
@pytest.mark.parametrize("field", _FIELDS)
async def test_http(target: Target, field: str, credential: str) -> None:
    query, allowed = _FIELDS[field]
    status, answer = await post(target, query, credential=credential)
    if credential not in _KNOWN:
        assert status == 401
        assert _types(answer) == ["UnauthorizedException"]
        assert not answer.get("data")
    elif credential in allowed:
        assert status == 200
        # The store refuses the same id in a second run, and a lease belongs to who made it.
        assert set(_types(answer)) <= {"DuplicateMessage", "LeaseExpired"}
    else:
        assert _types(answer) == ["Unauthorized"]
        assert not any((answer.get("data") or {}).values())


def _types(answer: dict[str, Any]) -> list[str]:
    return [error["errorType"] for error in answer.get("errors") or []]


@pytest.mark.parametrize("carrier", ["query", "subprotocol"])
@pytest.mark.parametrize("credential", _CREDENTIALS)
async def test_connect(target: Target, credential: str, carrier: str) -> None:
    async with frames(target, credential, carrier=carrier, init=False) as connection:
        # A refused client is told at once if it says `connection_init`, as every client does.
        await connection.send({"type": "connection_init"})
        answer = await connection.receive()
        if credential in _KNOWN:
            assert answer["type"] == "connection_ack"
            return
        assert answer["type"] == "connection_error"
        assert answer["payload"]["errors"][0]["errorType"] == "UnauthorizedException"
        assert (await connection.receive())["type"] == "closed"


@pytest.mark.parametrize("credential", _CREDENTIALS)
@pytest.mark.parametrize("document", [SUBSCRIBE, _PRESENCE], ids=["subscribe", "presenceChanged"])
async def test_subscribe(target: Target, credential: str, document: str) -> None:
    async with frames(target) as connection:
        answer = await connection.start("1", document, credential, name="tech")
        if credential in _KNOWN:
            assert answer == {"type": "start_ack", "id": "1"}
        else:
            assert answer["type"] == "error"
            assert answer["payload"]["errors"][0]["errorType"] == "UnauthorizedException"


async def test_a_disallowed_channel_is_refused_at_subscribe(target: Target) -> None:
    async with frames(target) as connection:
        answer = await connection.start("1", SUBSCRIBE, name="secret")
        assert (answer["type"], answer["id"]) == ("error", "1")
        assert answer["payload"]["errors"][0]["errorType"] == "ChannelNotAllowed"
        answer = await connection.start("1", SUBSCRIBE, name="te ch")
        assert answer["payload"]["errors"][0]["errorType"] == "InvalidChannelName"
