"""`python -m tests.soak.subscribe PLAN`: subscribes until SIGTERM, or until it is killed.

It keeps messages and checkpoint together, so that it continues after a kill.
"""

import asyncio
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

from globalws_client import Client, Message, MessageEvent, Options, StateEvent, Subscription

from tests.soak.inbox import Inbox
from tests.soak.plan import SubscriberPlan, can_end_file, read_subscriber_plan

# Short timeouts, so that a minute has several failovers. The overlaps are the defaults.
_PACE = {
    "backoff_base_ms": 100,
    "backoff_cap_ms": 1_500,
    "failover_ms": 2_500,
    "home_probe_ms": 3_000,
    "stable_ms": 2_000,
    "connect_timeout_ms": 5_000,
    "start_timeout_ms": 5_000,
    "history_timeout_ms": 5_000,
}
_BATCH = 50
_BATCH_SECONDS = 0.05


async def _batches(events: Subscription) -> AsyncIterator[list[MessageEvent | StateEvent]]:
    """Yield events as they arrive, a few at a time."""
    pending: asyncio.Task[MessageEvent | StateEvent] | None = None
    loop = asyncio.get_running_loop()
    while True:
        batch: list[MessageEvent | StateEvent] = []
        deadline = None
        while len(batch) < _BATCH:
            pending = pending or asyncio.ensure_future(anext(events))
            left = None if deadline is None else max(0.0, deadline - loop.time())
            done, _ = await asyncio.wait([pending], timeout=left)
            if not done:
                break
            batch.append(pending.result())
            pending = None
            deadline = deadline or loop.time() + _BATCH_SECONDS
        yield batch


async def _receive(plan: SubscriberPlan, client: Client, channel: str) -> None:
    with Inbox(plan.inbox(channel)) as inbox:
        known = inbox.checkpoint()
        after = plan.after if known is None else None
        events = client.subscribe(channel, after=after, checkpoint=known)
        async for batch in _batches(events):
            messages: list[Message] = []
            for event in batch:
                if isinstance(event, MessageEvent):
                    messages.append(event.message)
                else:
                    inbox.note(event)
            # No event is lost here: `_batches` has asked for the next one, but not received it.
            inbox.commit(messages, events.checkpoint())


async def _main(plan: SubscriberPlan) -> None:
    main = asyncio.current_task()
    assert main is not None
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, main.cancel)
    can_end_file(plan).touch()
    regions = [each.as_region() for each in plan.endpoints]
    options = Options(**_PACE)  # type: ignore[arg-type]
    async with Client(regions, options=options) as client, asyncio.TaskGroup() as group:
        for channel in plan.channels:
            group.create_task(_receive(plan, client, channel), name=f"receive {channel}")


if __name__ == "__main__":
    try:
        asyncio.run(_main(read_subscriber_plan(Path(sys.argv[1]))))
    except asyncio.CancelledError:
        sys.exit(0)
