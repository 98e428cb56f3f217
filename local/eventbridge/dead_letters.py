"""Handing over what nothing could be done with, to SQS: in a form that it takes, and not for ever.

AWS gives up too, in its own time, and counts it: `InvocationsFailedToBeSentToDlq` of a rule,
`DestinationDeliveryFailures` of a function.
"""

import logging
from collections.abc import Mapping

from globalws.domain.dead_letter import sqs_text

from local.eventbridge.definition import RetryPolicy
from local.eventbridge.faults import Faults
from local.eventbridge.ports import DeliveryError, QueuePort
from local.eventbridge.retry import Backoff

logger = logging.getLogger(__name__)

MOST_RETRIES = RetryPolicy().maximum_retry_attempts
"""As many as for a target: about 20 minutes at the local back-off."""
_LONGEST_ATTRIBUTE = 1_000  # what failed may have quoted the whole event


class DeadLetters:
    """Sends to the queues of one region; `backoff` is the wait after a queue failed."""

    def __init__(self, queues: QueuePort, backoff: Backoff, faults: Faults) -> None:
        self._queues = queues
        self._backoff = backoff
        self._faults = faults

    async def send(
        self, queue_arn: str, body: str, attributes: Mapping[str, str], retries: int
    ) -> float | None:
        """Sends a JSON text.

        Args:
            retries: how often the queue has failed to take it before.

        Returns:
            None once SQS has it; else the seconds until it is to be tried again.

        Raises:
            DeliveryError: the queue failed once too often; it is lost.
        """
        short = {
            name: sqs_text(text[:_LONGEST_ATTRIBUTE]) for name, text in attributes.items() if text
        }
        text = sqs_text(body)
        try:
            await self._queues.send_message(queue_arn, text, short)
        except DeliveryError as error:
            if retries >= MOST_RETRIES:
                logger.error("lost, because queue %s does not take it: %s", queue_arn, text)
                raise
            delay = self._backoff.delay(retries + 1, self._faults.rng)
            logger.error("queue %s failed, again in %.1f s: %s", queue_arn, delay, error)
            return delay
        return None
