"""The fault suite's stack, which only its tests use, and its report."""

from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from tests.faults.campaign import Campaign, campaign
from tests.faults.report import Row, write
from tests.support.prepared import local_stack
from tests.support.stack import LocalStack


@pytest.fixture(scope="session")
def stack() -> Iterator[LocalStack]:
    with local_stack("faults", ("us-west-2", "ap-southeast-2")) as running:
        yield running


@pytest.fixture(scope="session")
def rows() -> Iterator[list[Row]]:
    """Each test's row, also of failed tests; written when the last test has ended."""
    found: list[Row] = []
    yield found
    write(found)


class FaultRun:
    """A running campaign whose row goes into the report."""

    def __init__(self, campaign: Campaign, rows: list[Row]) -> None:
        self.campaign = campaign
        self._rows = rows

    async def prove(self, fault: str, note: str = "", *, poison: int = 0) -> Row:
        """Settle, redrive, wait for arrival; fail if a message is lost or arrives twice."""
        run = self.campaign
        await run.settle()
        await run.faults({})
        await run.redrive()
        try:
            await run.arrival()
        finally:
            row = run.row(fault, note)
            self._rows.append(row)
        assert row.lost == 0
        assert row.twice == 0
        assert row.poison == poison
        return row


@pytest_asyncio.fixture
async def resuming_fault_run(stack: LocalStack, rows: list[Row]) -> AsyncIterator[FaultRun]:
    """With resuming subscribers, which reconnect when their region is back."""
    async with campaign(stack, resuming=True) as running:
        yield FaultRun(running, rows)


@pytest_asyncio.fixture
async def fault_run(stack: LocalStack, rows: list[Row]) -> AsyncIterator[FaultRun]:
    async with campaign(stack) as running:
        yield FaultRun(running, rows)
