"""A region never has two processes, whatever requests overlap."""

import asyncio
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from emulator.runtime.stack.processes import ProcessFailedError
from emulator.runtime.stack.region_keeper import RegionKeeper


class FakeProcess:
    """A process that ends some turns of the event loop after it is stopped or killed."""

    def __init__(self, machine: "Machine", pid: int) -> None:
        self.pid = pid
        self._machine = machine
        self._ended = asyncio.Event()

    @property
    def running(self) -> bool:
        return not self._ended.is_set()

    async def wait(self) -> int:
        await self._ended.wait()
        return -9

    async def stop(self) -> None:
        await self._machine.some_turns()
        self.kill()

    def kill(self) -> None:
        if self.running:
            self._machine.alive -= 1
            self._ended.set()


class Machine:
    """Starts processes, which takes time and may fail, and counts those alive."""

    def __init__(self, seed: int = 0) -> None:
        self.dice = random.Random(seed)
        self.alive = 0
        self.most = 0
        self.started: list[FakeProcess] = []
        self.failing = False

    async def start(self) -> FakeProcess:
        process = FakeProcess(self, len(self.started))
        self.started.append(process)
        self.alive += 1
        self.most = max(self.most, self.alive)
        await self.some_turns()
        if self.failing or not process.running:
            process.kill()
            raise ProcessFailedError("ended while starting")
        return process

    async def some_turns(self) -> None:
        for _ in range(self.dice.randrange(6)):
            await asyncio.sleep(0)


@asynccontextmanager
async def kept(machine: Machine) -> AsyncIterator[tuple[RegionKeeper, list[str]]]:
    reports: list[str] = []
    keeper = RegionKeeper("us-west-2", machine.start, reports.append, pause=0)
    await keeper.start()
    task = asyncio.create_task(keeper.keep(lambda: None))
    try:
        yield keeper, reports
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        await keeper.close()
    assert machine.alive == 0


async def _quiet() -> None:
    """Run everything that needs no further request."""
    for _ in range(200):
        await asyncio.sleep(0)


@pytest.mark.parametrize("seed", range(200))
async def test_starts_stops_and_kills_at_random_never_make_a_second_process(seed: int) -> None:
    machine = Machine(seed)
    dice = random.Random(seed)
    async with kept(machine) as (keeper, _):
        asked: list[asyncio.Task[None]] = []
        wanted = True
        for _ in range(30):
            match dice.choice(["start", "stop", "kill"]):
                case "start":
                    asked.append(asyncio.create_task(keeper.start()))
                    wanted = True
                case "stop":
                    asked.append(asyncio.create_task(keeper.stop()))
                    wanted = False
                case "kill":
                    machine.started[-1].kill()
            for _ in range(dice.randrange(8)):
                await asyncio.sleep(0)
        for answer in await asyncio.gather(*asked, return_exceptions=True):
            assert answer is None or isinstance(answer, ProcessFailedError)
        await _quiet()
        assert keeper.running is wanted
        assert machine.alive == int(wanted)
        assert machine.most == 1


async def test_what_is_taken_down_stays_down_and_is_said_to_be() -> None:
    machine = Machine()
    async with kept(machine) as (keeper, reports):
        # Down, up, down, fast: the keeper was in its pause before.
        await asyncio.gather(keeper.stop(), keeper.start(), keeper.stop())
        await _quiet()
        assert not keeper.running
        assert machine.alive == 0
        assert reports == []


async def test_a_killed_process_is_started_again_until_it_runs() -> None:
    machine = Machine()
    async with kept(machine) as (keeper, reports):
        machine.failing = True
        machine.started[0].kill()
        await _quiet()
        assert len(machine.started) > 3
        machine.failing = False
        await _quiet()
        assert keeper.running
        assert reports[0] == "us-west-2 ended (exit code -9); starting it again"
        assert "ended while starting" in reports
        assert machine.most == 1


async def test_nothing_starts_after_close() -> None:
    machine = Machine()
    async with kept(machine) as (keeper, _):
        await asyncio.gather(keeper.close(), keeper.start())
        assert not keeper.running
        assert len(machine.started) == 1
