"""The EventBridge data plane of one region: buses, deliveries, and functions' asynchronous queues.

`EventBridge` is what the region's process starts, what its HTTP routes call (`http_events.py`,
`http_local.py`) and what AppSync's EventBridge data source calls in-process.
"""

import asyncio
import json
import logging
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from emulator.eventbridge.async_invoke import Invocations
from emulator.eventbridge.clock import LoopClock
from emulator.eventbridge.core import Core
from emulator.eventbridge.counters import FunctionState, RuleState, Snapshot, TargetState
from emulator.eventbridge.definition import AsyncFunction, Bus, Definition
from emulator.eventbridge.delivery import Deliveries, lane
from emulator.eventbridge.entries import CallError
from emulator.eventbridge.faults import FaultPlan
from emulator.eventbridge.intake import Intake, Taken
from emulator.eventbridge.jobs import DELIVERY, Delivery, Failure, Invocation
from emulator.eventbridge.ports import Clock, DeliveryError, InvokeResult, Ports
from emulator.eventbridge.routes import LoadedTarget, Routes
from emulator.eventbridge.settings import Settings
from emulator.eventbridge.store import Change, Journal

logger = logging.getLogger(__name__)

_TARGET_ERRORS = {
    "AccessDeniedException": "NO_PERMISSIONS",
    "ResourceNotFoundException": "NO_RESOURCE",
}


class EventBridge:
    """One region's buses.

    Args:
        definition: the buses and functions as deployed.
        ports: peers, SQS and Lambda.
        store_path: the SQLite file of accepted work.
        settings: limits and waits.
        clock: for tests.
        taken: is told of each event that a bus has taken.

    Raises:
        DefinitionError: a pattern, target or input that is not understood.
    """

    def __init__(
        self,
        definition: Definition,
        ports: Ports,
        store_path: Path | str,
        settings: Settings | None = None,
        *,
        clock: Clock | None = None,
        taken: Taken | None = None,
    ) -> None:
        settings = settings or Settings()
        self._core = Core(
            definition.region,
            definition.account,
            ports,
            clock or LoopClock(),
            Journal(store_path),
            settings,
            self._changed,
        )
        self.region = definition.region
        self.faults = self._core.faults
        self.counters = self._core.counters
        self._invocations = Invocations(self._core, _by_arn(definition.functions), self._reject)
        self._deliveries = Deliveries(
            self._core, Routes(definition.buses), self._enqueue, self._to_local_bus
        )
        self._intake = Intake(self._core, self._deliveries, taken)
        self._parked: list[Delivery] = []
        self._open = False
        self._idle_waiters: list[asyncio.Future[None]] = []

    async def start(self) -> None:
        """Resume what a former process accepted and did not finish."""
        self._open = True
        rows = self._core.journal.load()
        if rows:
            logger.info("%s: resuming %d pending jobs", self.region, len(rows))
        # The wall clock may have been set back since: then wait at most a minute.
        latest = self._core.clock.now() + 60
        for row in rows:
            if row.kind == DELIVERY:
                delivery = Delivery.from_row(row)
                delivery.due = min(delivery.due, latest)
                self._resume(delivery)
            else:
                invocation = Invocation.from_row(row)
                invocation.due = min(invocation.due, latest)
                self._invocations.schedule(invocation)

    async def close(self) -> None:
        """Stop; what is pending stays in the store. Runs in flight have `close_grace` seconds."""
        self._open = False
        grace = self._core.settings.close_grace
        await asyncio.gather(
            self._deliveries.queue.close(grace), self._invocations.queue.close(grace)
        )
        await self._core.journal.close()

    async def put_events(self, bus: str, entries: Sequence[Mapping[str, Any]]) -> dict[str, Any]:
        """PutEvents; accepted events are durable when this returns.

        Args:
            bus: name or ARN of the bus for entries that name none.
            entries: as in the API: Source, DetailType, Detail (JSON text), optionally Resources,
                Time (epoch seconds or ISO 8601), EventBusName.

        Returns:
            `{"FailedEntryCount": n, "Entries": [{"EventId": …} | {"ErrorCode", "ErrorMessage"}]}`.

        Raises:
            CallError: the call as a whole is refused.
        """
        if not self._open:
            raise CallError("InternalException", "The event bus is not running.")
        return await self._intake.put_events(bus, entries)

    async def receive_from_bus(self, bus_arn: str, events: Sequence[Mapping[str, Any]]) -> None:
        """Take events that another bus forwards; they are durable when this returns.

        Raises:
            DeliveryError: NO_RESOURCE (no such bus here), or it could not be stored.
        """
        if not self._open:
            raise DeliveryError("INTERNAL_ERROR", "the bus is not running", retryable=True)
        await self._intake.receive(bus_arn, events)

    async def invoke_async(self, function_arn: str, payload: str) -> None:
        """Queue one asynchronous invocation (JSON payload); it is durable when this returns."""
        await self._invocations.accept(function_arn, payload)

    def replace(self, buses: Sequence[Bus], functions: Sequence[AsyncFunction]) -> None:
        """Load other definitions, after a deploy. Deliveries of targets that are gone are dropped.

        Raises:
            DefinitionError: nothing was changed.
        """
        routes = Routes(buses)
        self._deliveries.routes = routes
        self._invocations.functions = _by_arn(functions)
        parked, self._parked = self._parked, []
        gone = self._deliveries.queue.take(lambda job: routes.target(job.route) is None)
        for job in parked:
            if routes.target(job.route) is None:
                gone.append(job)
            else:
                self._deliveries.schedule(job)
        self._deliveries.drop(gone)
        self._changed()

    def set_faults(self, plan: FaultPlan) -> None:
        """Put a fault plan in force. What waits, for a retry or an injected delay, is tried now."""
        self.faults.set(plan)
        self._deliveries.queue.hasten()
        self._invocations.queue.hasten()

    @property
    def pending(self) -> int:
        """Accepted work that is not done."""
        deliveries, invocations = self._deliveries.queue, self._invocations.queue
        busy = deliveries.waiting + deliveries.running + invocations.waiting + invocations.running
        return busy + self._intake.committing + len(self._parked)

    async def idle(self) -> None:
        """Return once nothing is pending."""
        while self.pending:
            waiter = asyncio.get_running_loop().create_future()
            self._idle_waiters.append(waiter)
            await waiter

    def snapshot(self) -> Snapshot:
        """Rules, targets, queues and counters at this moment."""
        deliveries, invocations = self._deliveries.queue, self._invocations.queue
        routes = self._deliveries.routes
        arns = {*self._invocations.functions, *self.counters.functions}
        return Snapshot(
            region=self.region,
            pending=self.pending,
            parked=len(self._parked),
            deliveries_waiting=deliveries.waiting,
            deliveries_in_flight=deliveries.running,
            invocations_waiting=invocations.waiting,
            invocations_in_flight=invocations.running,
            events=self.counters.events,
            rules=tuple(
                RuleState(
                    bus.name,
                    loaded.rule.name,
                    loaded.rule.arn,
                    loaded.rule.enabled,
                    loaded.rule.pattern,
                    tuple(self._target_state(target) for target in loaded.targets),
                    self.counters.rule(bus.arn, loaded.rule.name),
                )
                for bus in routes.buses
                for loaded in routes.rules(bus.arn)
            ),
            functions=tuple(
                FunctionState(
                    arn,
                    self._invocations.settings_of(arn).on_failure_arn,
                    *invocations.depth(arn),
                    self.counters.function(arn),
                )
                for arn in sorted(arns)
            ),
        )

    def _target_state(self, loaded: LoadedTarget) -> TargetState:
        target = loaded.target
        waiting, running = self._deliveries.queue.depth(lane(loaded.route))
        return TargetState(target.id, target.arn, target.dead_letter_arn, waiting, running)

    def _resume(self, job: Delivery) -> None:
        if self._deliveries.routes.target(job.route) is None:
            logger.warning("parked a delivery of %s: not (yet) loaded", lane(job.route))
            self._parked.append(job)
        else:
            self._deliveries.schedule(job)

    async def _enqueue(self, job: Delivery, target: LoadedTarget, payload: str) -> None:
        fault = self.faults.target(target.rule.name, target.target.id)
        await self._invocations.accept(
            target.target.arn,
            payload,
            route=job.route,
            event=None if payload == job.text else job.text,
            replaces=job.id,
            twice=self.faults.doubled(fault),
        )

    async def _to_local_bus(self, bus_arn: str, text: str) -> None:
        await self.receive_from_bus(bus_arn, [json.loads(text)])

    async def _reject(self, job: Invocation, result: InvokeResult) -> bool:
        """On AWS the rule's target call itself fails when a function is missing or forbidden."""
        target = self._deliveries.routes.target(job.route) if job.route else None
        if target is None:
            return False
        code = _TARGET_ERRORS.get(result.error_code, "ERROR_FROM_TARGET")
        text = job.payload if job.event is None else job.event
        now = self._core.clock.now()
        delivery = Delivery(
            self._core.journal.new_id(), target.route, text, job.accepted, now, attempts=1
        )
        self.counters.rule(target.route.bus_arn, target.rule.name).failed_attempts += 1
        await self._core.journal.write(Change(add=[delivery.row()], remove=[job.id]))
        await self._deliveries.give_up(delivery, target, Failure(code, result.payload, None))
        return True

    def _changed(self) -> None:
        if self._idle_waiters and not self.pending:
            waiters, self._idle_waiters = self._idle_waiters, []
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)


def _by_arn(functions: Sequence[AsyncFunction]) -> dict[str, AsyncFunction]:
    return {function.arn: function for function in functions}
