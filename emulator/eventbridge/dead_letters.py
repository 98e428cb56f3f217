"""Sends dead letters to SQS, in a form that SQS accepts, with a limited number of retries.

AWS gives up too, and counts it: `InvocationsFailedToBeSentToDlq` of a rule,
`DestinationDeliveryFailures` of a function.
"""

import logging
from collections.abc import Mapping
from enum import Enum, auto
from typing import Protocol

from globalws_functions.domain.dead_letter import sqs_text

from emulator.eventbridge.definition import RetryPolicy
from emulator.eventbridge.faults import Faults
from emulator.eventbridge.ports import Clock, QueuePort
from emulator.eventbridge.retry import Backoff

logger = logging.getLogger(__name__)

MOST_RETRIES = RetryPolicy().maximum_retry_attempts
"""As many as for a target: about 20 minutes at the local back-off."""
_LONGEST_ATTRIBUTE = 1_000  # what failed may have quoted the whole event


class Outcome(Enum):
    """What became of an attempt."""

    SENT = auto()
    LOST = auto()
    LATER = auto()


class Job(Protocol):
    """What is to be handed over; an attempt that fails changes it."""

    due: float
    dead_letter_attempts: int


class DeadLetters:
    """Sends to the queues of one region; `backoff` is the wait after a queue failed."""

    def __init__(self, queues: QueuePort, backoff: Backoff, clock: Clock, faults: Faults) -> None:
        self._queues = queues
        self._backoff = backoff
        self._clock = clock
        self._faults = faults

    async def hand_over(
        self, job: Job, queue_arn: str, body: str, attributes: Mapping[str, str]
    ) -> Outcome:
        """Sends a JSON text.

        Returns:
            SENT once SQS has it; LATER if the job is to be tried again when it is due; LOST if the
            queue failed once too often.
        """
        short = {
            name: sqs_text(text[:_LONGEST_ATTRIBUTE]) for name, text in attributes.items() if text
        }
        text = sqs_text(body)
        try:
            await self._queues.send_message(queue_arn, text, short)
        except Exception as error:  # a bug, too, is retried and has an end
            if job.dead_letter_attempts >= MOST_RETRIES:
                logger.error("lost, because queue %s does not take it: %s", queue_arn, text)
                return Outcome.LOST
            job.dead_letter_attempts += 1
            delay = self._backoff.delay(job.dead_letter_attempts, self._faults.rng)
            job.due = self._clock.now() + delay
            logger.error("queue %s failed, again in %.1f s: %r", queue_arn, delay, error)
            return Outcome.LATER
        return Outcome.SENT
