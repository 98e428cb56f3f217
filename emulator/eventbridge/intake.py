"""The way in: from PutEvents entries and forwarded events to stored, scheduled deliveries."""

import asyncio
import json
import sqlite3
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import orjson
from globalws_functions.domain.dead_letter import sqs_text

from emulator.eventbridge.core import Core
from emulator.eventbridge.delivery import Deliveries
from emulator.eventbridge.entries import CallError, EntryError, Origin, check_call, envelope
from emulator.eventbridge.jobs import Delivery
from emulator.eventbridge.ports import DeliveryError
from emulator.eventbridge.store import Change

Taken = Callable[[Mapping[str, Any], bool], None]
"""Is told of each event that a bus has taken, and whether a peer's bus forwarded it."""


class Intake:
    """Takes events on for one region. `committing` counts the jobs being stored right now."""

    def __init__(self, core: Core, deliveries: Deliveries, taken: Taken | None = None) -> None:
        self._core = core
        self._deliveries = deliveries
        self._taken = taken
        self.committing = 0

    async def put_events(self, bus: str, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """PutEvents; see `EventBridge.put_events`.

        An unknown bus fails its entry (`ResourceNotFoundException`), so that a wrong name is seen;
        AWS does not document what it does then.
        """
        results: list[dict[str, str]] = []
        events: list[Mapping[str, Any]] = []
        jobs: list[Delivery] = []
        origin = Origin(self._core.region, self._core.account, self._core.clock.now())
        for entry in check_call(entries):
            try:
                bus_arn = self._bus_arn(entry.get("EventBusName") or bus)
                event = envelope(entry, origin, str(uuid.uuid4()))
                self._inject_failure()
                text = dump(event)
            except EntryError as error:
                results.append({"ErrorCode": error.code, "ErrorMessage": error.message})
                continue
            jobs += self._match(bus_arn, event, text, hops=0)
            results.append({"EventId": event["id"]})
            events.append(event)
        try:
            await self._take_on(jobs)
        except sqlite3.Error as failure:
            raise CallError("InternalException", "The event could not be stored.") from failure
        failed = sum("ErrorCode" in result for result in results)
        self._core.counters.events.refused += failed
        self._core.counters.events.accepted += len(results) - failed
        self._tell(events, forwarded=False)
        return {"FailedEntryCount": failed, "Entries": results}

    async def receive(self, bus_arn: str, events: Sequence[Mapping[str, Any]]) -> None:
        """Take events that another bus forwards; they are durable when this returns.

        Raises:
            DeliveryError: NO_RESOURCE (no such bus here), or it could not be stored.
        """
        known = self._deliveries.routes.bus_arn(bus_arn)
        if known is None:
            raise DeliveryError("NO_RESOURCE", f"{bus_arn} does not exist", retryable=False)
        jobs: list[Delivery] = []
        for event in events:
            jobs += self._match(known, event, dump(event), hops=1)
        try:
            await self._take_on(jobs)
        except sqlite3.Error as failure:
            raise DeliveryError("INTERNAL_ERROR", str(failure), retryable=True) from failure
        self._core.counters.events.received += len(events)
        self._tell(events, forwarded=True)

    def _tell(self, events: Sequence[Mapping[str, Any]], *, forwarded: bool) -> None:
        if self._taken is not None:
            for event in events:
                self._taken(event, forwarded)

    def _bus_arn(self, name_or_arn: str) -> str:
        arn = self._deliveries.routes.bus_arn(name_or_arn)
        if arn is None:
            raise EntryError(
                "ResourceNotFoundException", f"Event bus {name_or_arn} does not exist."
            )
        return arn

    def _inject_failure(self) -> None:
        code = self._core.faults.put_events_code()
        if code is not None:
            raise EntryError(code, "Injected fault.")

    def _match(
        self, bus_arn: str, event: Mapping[str, Any], text: str, *, hops: int
    ) -> list[Delivery]:
        now = self._core.clock.now()
        jobs = []
        for loaded in self._deliveries.routes.matching(bus_arn, event):
            counters = self._core.counters.rule(bus_arn, loaded.rule.name)
            counters.matched += 1
            for target in loaded.targets:
                if hops and target.to_bus:
                    counters.not_forwarded += 1
                    continue
                jobs.append(
                    Delivery(self._core.journal.new_id(), target.route, text, now, now, hops)
                )
        return jobs

    async def _take_on(self, jobs: Sequence[Delivery]) -> None:
        """Store jobs, then run them, whether or not the caller still waits for the answer."""
        if not jobs:
            return
        self.committing += len(jobs)
        stored = self._core.journal.write(Change(add=[job.row() for job in jobs]))
        stored.add_done_callback(lambda done: self._stored(jobs, done))
        await asyncio.shield(stored)

    def _stored(self, jobs: Sequence[Delivery], stored: asyncio.Future[None]) -> None:
        self.committing -= len(jobs)
        if not stored.cancelled() and stored.exception() is None:
            for job in jobs:
                self._deliveries.schedule(job)
        self._core.on_change()


def dump(event: Mapping[str, Any]) -> str:
    """An event as the JSON text that is stored, delivered, and taken by a dead-letter queue.

    Half a surrogate pair, which JSON escapes can smuggle in and UTF-8 cannot carry, stays escaped.
    """
    try:
        text = orjson.dumps(event).decode()
    except TypeError:  # half a surrogate pair, or a number of more than 64 bits
        text = json.dumps(event, ensure_ascii=False, separators=(",", ":"))
    return sqs_text(text)
