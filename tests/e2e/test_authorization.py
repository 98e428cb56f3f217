"""Each field with each credential, over HTTP and WebSocket, on an open channel.

tests/e2e/test_access_matrix.py has users, and channels with rules.
"""

from typing import Any

import pytest

from emulator.appsync.schema import load_schema
from tests.conformance.clients import SUBSCRIBE, Target, frames, post
from tests.e2e.test_amplify import target_of
from tests.support.api_fields import FIELDS
from tests.support.project_api import project_api
from tests.support.stack import LocalStack

pytestmark = pytest.mark.stack

_CREDENTIALS = ("api-key", "iam", "wrong-key", "wrong-signature", "none")
_KNOWN = {"api-key", "iam"}
_SUBSCRIPTIONS = [name for name in FIELDS if name.startswith("Subscription.")]


def test_the_matrix_has_every_field_of_the_schema() -> None:
    schema = load_schema(project_api()).graphql
    roots = (schema.query_type, schema.mutation_type, schema.subscription_type)
    fields = {f"{root.name}.{field}" for root in roots if root for field in root.fields}
    assert fields == set(FIELDS)


@pytest.fixture
def target(stack: LocalStack) -> Target:
    return target_of(stack.running, stack.running.regions[0])


@pytest.mark.parametrize("credential", _CREDENTIALS)
@pytest.mark.parametrize("field", [name for name in FIELDS if name not in _SUBSCRIPTIONS])
async def test_http(target: Target, field: str, credential: str) -> None:
    called = FIELDS[field]
    status, answer = await post(target, called.document(), credential=credential)
    if credential not in _KNOWN:
        assert status == 401
        assert _types(answer) == ["UnauthorizedException"]
        assert not answer.get("data")
    elif credential in called.callers:
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
@pytest.mark.parametrize("field", _SUBSCRIPTIONS)
async def test_subscribe(target: Target, credential: str, field: str) -> None:
    async with frames(target) as connection:
        answer = await connection.start("1", FIELDS[field].document(), credential)
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
