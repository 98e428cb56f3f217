"""The fault suite has a stack of its own, which it breaks, and a report."""

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
    """Where each test leaves its figures; written when the last has ended, failed ones too."""
    found: list[Row] = []
    yield found
    write(found)


class Figures:
    """A running campaign whose row goes into the report."""

    def __init__(self, campaign: Campaign, rows: list[Row]) -> None:
        self.campaign = campaign
        self._rows = rows

    async def prove(self, fault: str, note: str = "", *, poison: int = 0) -> Row:
        """Settles, redrives, waits for arrival; nothing may be lost, nothing come twice."""
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
async def resuming_figures(stack: LocalStack, rows: list[Row]) -> AsyncIterator[Figures]:
    """With subscribers that come back when their region does."""
    async with campaign(stack, resuming=True) as running:
        yield Figures(running, rows)


@pytest_asyncio.fixture
async def figures(stack: LocalStack, rows: list[Row]) -> AsyncIterator[Figures]:
    async with campaign(stack) as running:
        yield Figures(running, rows)
