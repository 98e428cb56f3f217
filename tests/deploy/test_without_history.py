"""A deployment that stores no messages: no table, no history, and messages all the same."""

from collections.abc import Iterator

import aiohttp
import pytest

from tests.support.aws import aws_client, outputs
from tests.support.clients import FIELDS, Publisher, listening
from tests.support.prepared import local_stack
from tests.support.stack import LocalStack

pytestmark = pytest.mark.deploys

_REGIONS = ("us-west-2", "ap-southeast-2")


@pytest.fixture(scope="module")
def without_history() -> Iterator[LocalStack]:
    with local_stack("without-history", _REGIONS, "MessageRetentionHours=0") as running:
        yield running


async def test_messages_arrive_once_and_history_says_that_there_is_none(
    without_history: LocalStack,
) -> None:
    running = without_history.running
    west, sydney = running.regions
    async with (
        aiohttp.ClientSession() as session,
        listening(west, "tech") as here,
        listening(sydney, "tech") as there,
    ):
        sent = [await Publisher(west, session).publish("tech", f"number {n}") for n in range(5)]
        for listener in (here, there):
            got = await listener.until(5)
            assert sorted(each["id"] for each in got) == sorted(each["id"] for each in sent)
        for region in running.regions:
            answer = await Publisher(region, session).execute(
                f'{{ history(name: "tech") {{ items {{ {FIELDS} }} nextToken }} }}'
            )
            assert [each["errorType"] for each in answer["errors"]] == ["HistoryDisabled"]


def test_there_is_no_table_to_pay_for(without_history: LocalStack) -> None:
    running = without_history.running
    for region in running.regions:
        assert "MessagesTableName" not in outputs(running, region)
        tables = aws_client(running, region.region, "dynamodb").list_tables()["TableNames"]
        assert not [each for each in tables if "Messages" in each]
        assert [each for each in tables if "Channels" in each]
