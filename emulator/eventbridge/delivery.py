"""From a rule to its target: attempts, back-off, and the dead-letter queue in the end.

Follows "How EventBridge retries delivering events" and "Using dead-letter queues to process
undelivered events" of the user guide.
"""

import json
import logging
from collections.abc import Awaitable, Callable

from emulator.eventbridge.core import Core
from emulator.eventbridge.dead_letters import DeadLetters, Outcome
from emulator.eventbridge.entries import iso_seconds
from emulator.eventbridge.faults import LinkFault
from emulator.eventbridge.inputs import Arrival, InputError
from emulator.eventbridge.jobs import Delivery, Failure
from emulator.eventbridge.ports import DeliveryError
from emulator.eventbridge.retry import GiveUp, after_failure
from emulator.eventbridge.routes import LoadedTarget, Route, Routes
from emulator.eventbridge.store import Change
from emulator.eventbridge.workqueue import Limits, WorkQueue

logger = logging.getLogger(__name__)

Enqueue = Callable[[Delivery, LoadedTarget, str], Awaitable[None]]
"""(delivery, target, payload): move it, durably, to the function's asynchronous queue."""
LocalBus = Callable[[str, str], Awaitable[None]]
"""(bus ARN, event text): hand an event to another bus of this region."""


class Deliveries:
    """The deliveries of one region. `routes` is replaced as a whole when rules change."""

    def __init__(self, core: Core, routes: Routes, enqueue: Enqueue, local_bus: LocalBus) -> None:
        self._core = core
        self.routes = routes
        self._enqueue = enqueue
        self._local_bus = local_bus
        settings = core.settings
        self._dead_letters = DeadLetters(
            core.ports.queues, settings.backoff, core.clock, core.faults
        )
        self.queue: WorkQueue[Delivery] = WorkQueue(
            "eventbridge-delivery",
            core.clock,
            self._run,
            self._crashed,
            limits=Limits(settings.per_target, settings.total_targets),
            on_change=core.on_change,
        )

    def schedule(self, job: Delivery) -> None:
        """Queue a durable job. The injected faults of its link and target delay it here."""
        target = self.routes.target(job.route)
        wait = 0.0
        if target is not None and job.failure is None:
            wait = self._core.faults.wait(*self._suffers(target))
        self.queue.put(lane(job.route), job, max(job.due, self._core.clock.now()) + wait)

    def drop(self, jobs: list[Delivery]) -> None:
        """Forget jobs whose rule or target is gone."""
        for job in jobs:
            logger.warning("dropped a delivery of %s: the target was removed", lane(job.route))
            self._core.counters.rule(job.route.bus_arn, job.route.rule).dropped += 1
        if jobs:
            self._core.journal.write(Change(remove=[job.id for job in jobs]))

    def _suffers(self, target: LoadedTarget) -> list[LinkFault]:
        faults: list[LinkFault] = [self._core.faults.target(target.rule.name, target.target.id)]
        if target.bus_region is not None and target.bus_region != self._core.region:
            faults.append(self._core.faults.link(target.bus_region))
        return faults

    async def _run(self, job: Delivery) -> None:
        target = self.routes.target(job.route)
        if target is None:
            self.drop([job])
        elif job.failure is not None:
            await self._dead_letter(job, target, job.failure)
        else:
            await self._attempt(job, target)

    async def _crashed(self, job: Delivery, error: Exception) -> None:
        """A bug is retried like any failure, and has the same end."""
        target = self.routes.target(job.route)
        if target is None:
            self.drop([job])
        elif job.failure is not None:
            raise error
        else:
            failure = DeliveryError("INTERNAL_ERROR", repr(error), retryable=True)
            await self._failed(job, target, failure)

    async def _attempt(self, job: Delivery, target: LoadedTarget) -> None:
        counters = self._core.counters.rule(job.route.bus_arn, job.route.rule)
        suffers = self._suffers(target)
        job.attempts += 1
        try:
            self._core.faults.strike(target.target.arn, *suffers)
            await self._hand_over(job, target)
        except DeliveryError as error:
            counters.failed_attempts += 1
            await self._failed(job, target, error)
            return
        counters.delivered += 1
        if target.to_bus or target.to_queue:
            if self._core.faults.doubled(*suffers):
                await self._again(job, target)
            self._core.journal.write(Change(remove=[job.id]))

    async def _hand_over(self, job: Delivery, target: LoadedTarget) -> None:
        if target.to_queue:
            payload = self._payload(job, target)
            await self._core.ports.queues.send_message(target.target.arn, payload, {})
        elif target.bus_region is None:
            await self._enqueue(job, target, self._payload(job, target))
        elif target.bus_region == self._core.region:
            await self._local_bus(target.target.arn, job.text)
        else:
            await self._core.ports.buses.deliver_to_bus(target.target.arn, job.text)

    async def _again(self, job: Delivery, target: LoadedTarget) -> None:
        """The injected duplicate. Its failure is ignored: the original counts."""
        try:
            await self._hand_over(job, target)
        except DeliveryError as error:
            logger.info("the injected duplicate of %s failed: %s", lane(job.route), error)

    def _payload(self, job: Delivery, target: LoadedTarget) -> str:
        arrival = Arrival(lambda: json.loads(job.text), job.text, iso_seconds(job.accepted))
        try:
            return target.shape(arrival)
        except InputError as error:
            raise DeliveryError("INVALID_JSON", str(error), retryable=False) from error

    async def _failed(self, job: Delivery, target: LoadedTarget, error: DeliveryError) -> None:
        fault = self._core.faults.target(target.rule.name, target.target.id)
        now = self._core.clock.now()
        condition: str | None = None
        if error.retryable:
            scale = 1.0 if fault.backoff_scale is None else fault.backoff_scale
            delay = self._core.settings.backoff.delay(job.attempts, self._core.faults.rng, scale)
            policy = fault.retry or target.target.retry
            decision = after_failure(policy, job.attempts, now - job.accepted, delay)
            if not isinstance(decision, GiveUp):
                job.due = now + decision.delay
                self._core.journal.write(Change(update=[(job.state(), job.id)]))
                self.schedule(job)
                return
            condition = decision.condition
        await self.give_up(job, target, Failure(error.code, error.message, condition))

    async def give_up(self, job: Delivery, target: LoadedTarget, failure: Failure) -> None:
        """To the dead-letter queue, or lost."""
        logger.warning("gave up on %s: %s: %r", lane(job.route), failure.code, failure.message)
        if target.target.dead_letter_arn is None:
            self._core.counters.rule(job.route.bus_arn, job.route.rule).lost += 1
            logger.error(
                "lost, because there is no dead-letter queue (%s): %s", failure.code, job.text
            )
            self._core.journal.write(Change(remove=[job.id]))
            return
        job.failure = failure
        self._core.journal.write(Change(update=[(job.state(), job.id)]))
        await self._dead_letter(job, target, failure)

    async def _dead_letter(self, job: Delivery, target: LoadedTarget, failure: Failure) -> None:
        counters = self._core.counters.rule(job.route.bus_arn, job.route.rule)
        queue = target.target.dead_letter_arn
        if queue is None:
            job.failure = None
            await self.give_up(job, target, failure)
            return
        attributes = {
            "RULE_ARN": target.rule.arn,
            "TARGET_ARN": target.target.arn,
            "ERROR_CODE": failure.code,
            "ERROR_MESSAGE": failure.message or failure.code,
            "RETRY_ATTEMPTS": str(max(job.attempts - 1, 0)),
        }
        if failure.condition is not None:
            attributes["EXHAUSTED_RETRY_CONDITION"] = failure.condition
        match await self._dead_letters.hand_over(job, queue, job.text, attributes):
            case Outcome.SENT:
                counters.dead_lettered += 1
            case Outcome.LOST:
                counters.lost += 1
            case Outcome.LATER:
                counters.dead_letter_failures += 1
                self._core.journal.write(Change(update=[(job.state(), job.id)]))
                self.schedule(job)
                return
        self._core.journal.write(Change(remove=[job.id]))


def lane(route: Route) -> str:
    """A target's name in logs and queues: `rule/target id`."""
    return f"{route.rule}/{route.target_id}"
