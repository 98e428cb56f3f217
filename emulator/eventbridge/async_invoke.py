"""Lambda's queue of asynchronous invocations: attempts, retries, and the OnFailure message.

Follows "Error handling and retries for asynchronous invocation" and "Capturing records of Lambda
asynchronous invocations" of the Lambda guide. The emulator has such a queue too, but in memory
and without a ceiling on concurrent processes.
"""

import json
import logging
import uuid
from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from globalws_functions.domain.json_text import read_json

from emulator.eventbridge.core import Core
from emulator.eventbridge.dead_letters import DeadLetters, Outcome
from emulator.eventbridge.definition import AsyncFunction
from emulator.eventbridge.jobs import Invocation
from emulator.eventbridge.ports import InvokeResult
from emulator.eventbridge.routes import Route
from emulator.eventbridge.store import Change
from emulator.eventbridge.workqueue import Limits, WorkQueue

logger = logging.getLogger(__name__)

Reject = Callable[[Invocation, InvokeResult], Awaitable[bool]]
"""Gives an invocation that Lambda will never accept back to the rule that it came from."""


class Invocations:
    """The asynchronous invocations of one region; `functions` is replaced when they change."""

    def __init__(self, core: Core, functions: Mapping[str, AsyncFunction], reject: Reject) -> None:
        self._core = core
        self.functions = functions
        self._reject = reject
        settings = core.settings
        self._dead_letters = DeadLetters(
            core.ports.queues, settings.backoff, core.clock, core.faults
        )
        self.queue: WorkQueue[Invocation] = WorkQueue(
            "lambda-async",
            core.clock,
            self._run,
            self._crashed,
            limits=Limits(settings.per_function, settings.total_functions),
            on_change=core.on_change,
        )

    async def accept(
        self,
        function_arn: str,
        payload: str,
        *,
        route: Route | None = None,
        event: str | None = None,
        replaces: int | None = None,
        twice: bool = False,
    ) -> None:
        """Take on an invocation; it is durable when this returns.

        Args:
            function_arn: the function, with or without a qualifier.
            payload: JSON text.
            route: the rule's target that it comes from.
            event: the whole event, where the payload is something else.
            replaces: the job that this one takes the place of, in the same commit.
            twice: an injected duplicate.
        """
        now = self._core.clock.now()
        held = self._core.faults.function(function_arn).latency
        jobs = [
            Invocation(
                id=self._core.journal.new_id(),
                function_arn=function_arn,
                payload=payload,
                request_id=str(uuid.uuid4()),
                accepted=now,
                due=now + held,
                route=route,
                event=event,
            )
            for _ in range(2 if twice else 1)
        ]
        removed = () if replaces is None else (replaces,)
        await self._core.journal.write(Change(add=[job.row() for job in jobs], remove=removed))
        self._core.counters.function(function_arn).accepted += len(jobs)
        for job in jobs:
            self.schedule(job)

    def schedule(self, job: Invocation) -> None:
        """Queue an invocation that is durable."""
        self.queue.put(job.function_arn, job, job.due)

    def settings_of(self, arn: str) -> AsyncFunction:
        """The function's EventInvokeConfig, or AWS's defaults."""
        unqualified = ":".join(arn.split(":")[:7])
        return self.functions.get(arn) or self.functions.get(unqualified) or AsyncFunction(arn)

    def _limits(self, arn: str) -> tuple[int, float, float]:
        """(retries of function errors, maximum age in seconds, scale of the waits)."""
        config, fault = self.settings_of(arn), self._core.faults.function(arn)
        retries, age = fault.maximum_retry_attempts, fault.maximum_event_age_seconds
        return (
            config.maximum_retry_attempts if retries is None else retries,
            config.maximum_event_age_seconds if age is None else age,
            1.0 if fault.backoff_scale is None else fault.backoff_scale,
        )

    async def _run(self, job: Invocation) -> None:
        if job.record is not None:
            await self._send_record(job, job.record)
            return
        fault = self._core.faults.function(job.function_arn)
        counters = self._core.counters.function(job.function_arn)
        result = self._core.faults.invocation(fault)
        if result is None:
            result = await self._core.ports.functions.invoke(job.function_arn, job.payload)
            counters.attempts += 1
            if result.outcome == "ok" and self._core.faults.doubled(fault):
                await self._core.ports.functions.invoke(job.function_arn, job.payload)
                counters.attempts += 1
        await self._after(job, result)

    async def _crashed(self, job: Invocation, error: Exception) -> None:
        """A bug is retried like an error of the service, and has the same end."""
        if job.record is not None:
            raise error
        await self._after(job, InvokeResult("unavailable", repr(error), 500))

    async def _after(self, job: Invocation, result: InvokeResult) -> None:
        counters = self._core.counters.function(job.function_arn)
        retries, age, scale = self._limits(job.function_arn)
        if result.outcome == "ok":
            counters.succeeded += 1
            self._core.journal.write(Change(remove=[job.id]))
        elif result.outcome == "rejected":
            counters.rejected += 1
            if not await self._reject(job, result):
                await self._give_up(job, "RetriesExhausted", result)
        elif result.outcome == "function_error":
            counters.function_errors += 1
            job.runs += 1
            job.errors += 1
            job.waits = 0
            delays = self._core.settings.function_retry_delays
            delay = delays[min(job.errors, len(delays)) - 1] * scale if delays else 0.0
            if job.errors > retries:
                await self._give_up(job, "RetriesExhausted", result)
            else:
                await self._later(job, delay, age, result)
        else:
            if result.outcome == "throttled":
                counters.throttled += 1
            else:
                counters.unavailable += 1
            job.waits += 1
            delay = self._core.settings.throttle_backoff.delay(
                job.waits, self._core.faults.rng, scale
            )
            await self._later(job, delay, age, result)

    async def _later(self, job: Invocation, delay: float, age: float, last: InvokeResult) -> None:
        now = self._core.clock.now()
        if now + delay - job.accepted > age:
            await self._give_up(job, "EventAgeExceeded", last)
            return
        job.due = now + delay
        self._core.journal.write(Change(update=[(job.state(), job.id)]))
        self.schedule(job)

    async def _give_up(self, job: Invocation, condition: str, last: InvokeResult) -> None:
        logger.warning("%s failed for good (%s): %r", job.function_arn, condition, last.payload)
        if self.settings_of(job.function_arn).on_failure_arn is None:
            self._lose(job)
            return
        record = failure_record(job, condition, last, self._core.clock.now())
        job.record = json.dumps(record, ensure_ascii=False)
        self._core.journal.write(Change(update=[(job.state(), job.id)]))
        await self._send_record(job, job.record)

    def _lose(self, job: Invocation) -> None:
        self._core.counters.function(job.function_arn).lost += 1
        logger.error(
            "lost, because there is no OnFailure queue: %s %s", job.function_arn, job.payload
        )
        self._core.journal.write(Change(remove=[job.id]))

    async def _send_record(self, job: Invocation, record: str) -> None:
        counters = self._core.counters.function(job.function_arn)
        queue = self.settings_of(job.function_arn).on_failure_arn
        if queue is None:
            self._lose(job)
            return
        match await self._dead_letters.hand_over(job, queue, record, {}):
            case Outcome.SENT:
                counters.sent_on_failure += 1
            case Outcome.LOST:
                counters.lost += 1
            case Outcome.LATER:
                counters.on_failure_errors += 1
                self._core.journal.write(Change(update=[(job.state(), job.id)]))
                self.schedule(job)
                return
        self._core.journal.write(Change(remove=[job.id]))


def failure_record(
    job: Invocation, condition: str, last: InvokeResult, now: float
) -> dict[str, Any]:
    """The invocation record that Lambda sends to an OnFailure destination.

    `condition` is RetriesExhausted or EventAgeExceeded. An invocation that never ran has neither
    a response context nor a response payload.
    """
    qualified = job.function_arn.count(":") > 6
    ran = last.outcome == "function_error"
    context: dict[str, Any] | None = None
    if ran:
        context = {
            "statusCode": last.status_code,
            "executedVersion": last.executed_version,
            "functionError": last.function_error or "Unhandled",
        }
    moment = datetime.fromtimestamp(now, UTC).isoformat(timespec="milliseconds")
    return {
        "version": "1.0",
        "timestamp": moment.replace("+00:00", "Z"),
        "requestContext": {
            "requestId": job.request_id,
            "functionArn": job.function_arn if qualified else f"{job.function_arn}:$LATEST",
            "condition": condition,
            "approximateInvokeCount": job.runs,
        },
        "requestPayload": _parsed(job.payload),
        "responseContext": context,
        "responsePayload": _parsed(last.payload) if ran else None,
    }


def _parsed(text: str) -> Any:
    """JSON where it is JSON, else the text itself."""
    try:
        return read_json(text)
    except ValueError:
        return text
