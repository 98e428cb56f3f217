"""Measuring replication: when a message published in one region arrives in every region."""

import asyncio
import time
from collections.abc import Callable, Sequence
from typing import Any

from globalws_client import MessageEvent, RegionEndpoint, State, StateEvent

from cli.adapters.subscriptions import Seen, Since, Subscribe, streams
from cli.domain.names import new_ulid
from cli.errors import CliError

Publish = Callable[[str, str], None]
"""(region, message id): publishes the probe there. Raises CliError."""
_SENT: Seen = ("", StateEvent(State.CONNECTING, ""))


async def probe(
    channel: str,
    regions: Sequence[RegionEndpoint],
    publish: Publish,
    seconds: float,
    connect: Subscribe | None = None,
) -> list[dict[str, Any]]:
    """Publishes one probe per region once every subscription is live (or half the time is over).

    Returns:
        For each ordered pair of regions `{"from", "to", "ms", "error"}`; `ms` is from the call of
        publish until the message was received here, or None with the error.
    """
    begun = asyncio.get_running_loop().time()
    states: dict[str, str] = {}
    sent: dict[str, tuple[str, float]] = {}
    arrived: dict[tuple[str, str], float] = {}
    failed: dict[str, str] = {}

    def note(seen: Seen) -> None:
        via, event = seen
        if isinstance(event, MessageEvent) and event.message.id in sent:
            origin, started = sent[event.message.id]
            arrived[origin, via] = (time.perf_counter() - started) * 1000
        elif isinstance(event, StateEvent):
            states[via] = event.state.value + (f": {event.reason}" if event.reason else "")
            if event.state is State.LIVE:
                states[via] = State.LIVE

    async def send(region: str) -> None:
        message_id = new_ulid()
        sent[message_id] = (region, time.perf_counter())
        try:
            await asyncio.to_thread(publish, region, message_id)
        except CliError as error:
            failed[region] = str(error)

    async with streams(channel, regions, Since(), connect) as queue:

        async def watch(until: float, done: Callable[[], bool]) -> None:
            try:
                async with asyncio.timeout_at(until):
                    while not done():
                        note(await queue.get())
            except TimeoutError:
                pass

        await watch(
            begun + seconds / 2,
            lambda: all(states.get(each.region, "") == State.LIVE for each in regions),
        )
        sending = asyncio.gather(*[send(each.region) for each in regions])
        # All may have arrived before the last call has returned: then nothing else comes to see it.
        sending.add_done_callback(lambda _: queue.put_nowait(_SENT))
        await watch(
            begun + seconds,
            lambda: sending.done() and len(arrived) >= (len(regions) - len(failed)) * len(regions),
        )
        await sending
    return [
        _pair(one.region, other.region, arrived, failed, states)
        for one in regions
        for other in regions
    ]


def _pair(
    origin: str,
    via: str,
    arrived: dict[tuple[str, str], float],
    failed: dict[str, str],
    states: dict[str, str],
) -> dict[str, Any]:
    ms = arrived.get((origin, via))
    error = None
    if ms is None:
        state = states.get(via, "no connection")
        error = failed.get(origin) or (
            "did not arrive in time" if state == State.LIVE else f"subscriber in {via} is {state}"
        )
    return {
        "from": origin,
        "to": via,
        "ms": None if ms is None else round(ms, 1),
        "error": error,
    }
