"""`python -m tests.soak.publish PLAN`: publishes until SIGTERM, then finishes.

After a kill it first publishes again, with their ids, the messages not known to be accepted.
"""

import asyncio
import random
import signal
import sys
import time
from pathlib import Path

from globalws_client import Client, PublishFailedError
from globalws_client.ulid import new_ulid

from tests.soak.journal import Intent, Journal, read_journal
from tests.soak.plan import PublisherPlan, can_end_file, read_publisher_plan

_FINISH_SECONDS = 60.0
_MOST_AT_ONCE = 32
_PAUSE_SECONDS = 0.2


class Publishing:
    """One process's publishing."""

    def __init__(self, plan: PublisherPlan, journal: Journal, client: Client) -> None:
        self._plan = plan
        self._journal = journal
        self._client = client
        self._random = random.Random(f"{plan.seed} {time.time_ns()}")
        self._room = asyncio.Semaphore(_MOST_AT_ONCE)
        self.stop = asyncio.Event()

    async def run(self, left_over: list[Intent]) -> None:
        """Publish what is left over, new messages until `stop`; return once all are accepted."""
        async with asyncio.TaskGroup() as group:
            for intent in left_over:
                await self._room.acquire()
                group.create_task(self._publish(intent))
            number = 0
            while not self.stop.is_set():
                await self._room.acquire()
                group.create_task(self._publish(self._new(number)))
                number += 1
                await self._next_turn()

    def _new(self, number: int) -> Intent:
        channel = self._plan.channels[number % len(self._plan.channels)]
        id = new_ulid(time.time_ns() // 1_000_000, self._random.random)
        intent = Intent(id, channel, f"{self._plan.name} says {id} “{'é' * (number % 7)}”")
        self._journal.intend(intent)
        return intent

    async def _next_turn(self) -> None:
        try:
            wait = self._random.expovariate(self._plan.per_second)
            await asyncio.wait_for(self.stop.wait(), wait)
        except TimeoutError:
            return

    async def _publish(self, intent: Intent) -> None:
        try:
            while True:
                try:
                    message = await self._client.publish(intent.channel, intent.text, id=intent.id)
                except PublishFailedError as error:
                    self._journal.failed(intent.id, str(error))
                    await asyncio.sleep(_PAUSE_SECONDS)
                else:
                    assert (message.id, message.message) == (intent.id, intent.text)
                    self._journal.accepted(intent.id)
                    return
        finally:
            self._room.release()


async def _main(plan: PublisherPlan) -> None:
    left_over = read_journal(plan.journal).open
    journal = Journal(plan.journal)
    journal.started()
    async with Client([each.as_region() for each in plan.endpoints]) as client:
        publishing = Publishing(plan, journal, client)
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, publishing.stop.set)
        can_end_file(plan).touch()
        work = asyncio.create_task(publishing.run(left_over), name="publishing")
        await asyncio.wait(
            [work, asyncio.create_task(publishing.stop.wait(), name="until told to stop")],
            return_when=asyncio.FIRST_COMPLETED,
        )
        async with asyncio.timeout(_FINISH_SECONDS):
            await work
    journal.close()


if __name__ == "__main__":
    asyncio.run(_main(read_publisher_plan(Path(sys.argv[1]))))
