"""An id that is stored already: a publisher's retry, a replay, another message."""

from typing import Any

import pytest

from emulator.appsync.engine import Engine
from emulator.appsync.options import Options
from emulator.appsync.ports import DataSourceError
from tests.support.project_api import MemoryServices, ask, ask_as_iam, project_engine
from tests.support.publishing import new_id

_ALL = "{ id name message publishedAt region }"
PUBLISH = (
    "mutation ($message: String!, $id: ID) "
    f'{{ publish(name: "tech", message: $message, id: $id) {_ALL} }}'
)
REPLAY = (
    "mutation ($id: ID!, $name: String!, $message: String!, $publishedAt: AWSDateTime!, "
    "$region: String!) { publishFromBus(id: $id, name: $name, message: $message, "
    f"publishedAt: $publishedAt, region: $region) {_ALL} }}"
)
ID = new_id()
_REMOTE = {
    "id": ID,
    "name": "tech",
    "message": "Hello",
    "publishedAt": "2026-11-23T10:00:00.000Z",
    "region": "eu-west-1",
}


@pytest.fixture(params=[False, True], ids=["without the item", "with the item"])
def shows_item(request: pytest.FixtureRequest) -> bool:
    """What AppSync may show a resolver after a failed condition."""
    shown: bool = request.param
    return shown


@pytest.fixture
def services() -> MemoryServices:
    return MemoryServices()


@pytest.fixture
def engine(services: MemoryServices, shows_item: bool) -> Engine:
    return project_engine(services, Options(failed_condition_shows_item=shows_item))


async def _publish(engine: Engine, message: str) -> dict[str, Any]:
    return (await ask(engine, PUBLISH, message=message, id=ID)).body


async def _replay(engine: Engine, **message: str) -> dict[str, Any]:
    return (await ask_as_iam(engine, REPLAY, **message)).body


def _error(body: dict[str, Any]) -> str:
    kind: str = body["errors"][0]["errorType"]
    return kind


async def test_a_retry_is_answered_with_the_message_as_it_was_stored_first(
    engine: Engine, services: MemoryServices
) -> None:
    first = await _publish(engine, "Hello")
    assert "errors" not in first
    assert await _publish(engine, "Hello") == first
    assert len(services.tables["Messages"]) == 1


async def test_another_message_with_the_id_is_refused(engine: Engine) -> None:
    await _publish(engine, "Hello")
    assert _error(await _publish(engine, "other")) == "InvalidMessageId"


async def test_a_replay_of_a_stored_message_is_a_duplicate(engine: Engine) -> None:
    assert (await _replay(engine, **_REMOTE))["data"]["publishFromBus"] == _REMOTE
    assert _error(await _replay(engine, **_REMOTE)) == "DuplicateMessage"
    # A publisher whose answer was lost tries again here.
    assert (await _publish(engine, "Hello"))["data"]["publish"] == _REMOTE


async def test_a_stored_message_that_cannot_be_read_is_transient(
    engine: Engine, services: MemoryServices
) -> None:
    await _publish(engine, "Hello")
    throttled = DataSourceError("ProvisionedThroughputExceededException", "slow down")
    # The calls before it: the channel, the write, and AppSync's own look at the item.
    services.failures["dynamodb"] = [None, None, None, throttled]
    assert _error(await _publish(engine, "Hello")) == "StoreUnavailable"
