"""SQS: a dead-letter queue, read in batches, with deletes and releases that report what failed."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

from cli.adapters.clients import Clients, aws_errors
from cli.domain.dead_letters import DeadLetter, Queue

BATCH = 10
"""The most that one SQS call receives or deletes."""
_LONG_POLL_SECONDS = 1  # a long poll asks all of the queue's servers, a short one only some


@dataclass(frozen=True)
class Depth:
    """How many messages a queue holds, approximately, as SQS counts them."""

    visible: int
    in_flight: int
    delayed: int

    @property
    def total(self) -> int:
        """All of them."""
        return self.visible + self.in_flight + self.delayed


class DeadLetterQueue:
    """One dead-letter queue of a region."""

    def __init__(self, clients: Clients, kind: Queue, url: str) -> None:
        self.kind = kind
        self.region = clients.region
        self.url = url
        self._clients = clients

    def depth(self) -> Depth:
        """How many messages it holds. Raises CliError."""
        return self._depth()[0]

    def now(self) -> float:
        """Epoch seconds by the clock of SQS, to the second, rounded up. Raises CliError."""
        return self._depth()[1]

    def receive(self, visibility_seconds: int) -> list[DeadLetter]:
        """Up to 10 dead letters, hidden from other readers for a while; none if there are none."""
        with aws_errors("sqs", self.region):
            answer = self._clients.sqs.receive_message(
                QueueUrl=self.url,
                MaxNumberOfMessages=BATCH,
                VisibilityTimeout=visibility_seconds,
                WaitTimeSeconds=_LONG_POLL_SECONDS,
                MessageSystemAttributeNames=["All"],
                MessageAttributeNames=["All"],
            )
        return [self._dead_letter(message) for message in answer.get("Messages", [])]

    def delete(self, dead_letters: Sequence[DeadLetter]) -> dict[str, str]:
        """Deletes dead letters. Returns why, for each message id that could not be deleted."""

        def call(entries: list[Any]) -> Any:
            return self._clients.sqs.delete_message_batch(QueueUrl=self.url, Entries=entries)

        return self._in_batches(dead_letters, {}, call)

    def release(self, dead_letters: Sequence[DeadLetter]) -> dict[str, str]:
        """Makes dead letters visible again. Returns why, for each that stays hidden for a while."""

        def call(entries: list[Any]) -> Any:
            return self._clients.sqs.change_message_visibility_batch(
                QueueUrl=self.url, Entries=entries
            )

        return self._in_batches(dead_letters, {"VisibilityTimeout": 0}, call)

    def _in_batches(
        self,
        dead_letters: Sequence[DeadLetter],
        extra: dict[str, Any],
        call: Callable[[list[Any]], Any],
    ) -> dict[str, str]:
        failed: dict[str, str] = {}
        for start in range(0, len(dead_letters), BATCH):
            batch = dead_letters[start : start + BATCH]
            entries = [
                {"Id": str(number), "ReceiptHandle": dead_letter.receipt, **extra}
                for number, dead_letter in enumerate(batch)
            ]
            with aws_errors("sqs", self.region):
                answer = call(entries)
            for failure in answer.get("Failed", []):
                why = f"{failure.get('Code')}: {failure.get('Message', '')}"
                failed[batch[int(failure["Id"])].message_id] = why
        return failed

    def _depth(self) -> tuple[Depth, float]:
        with aws_errors("sqs", self.region):
            answer = self._clients.sqs.get_queue_attributes(
                QueueUrl=self.url,
                AttributeNames=[
                    "ApproximateNumberOfMessages",
                    "ApproximateNumberOfMessagesNotVisible",
                    "ApproximateNumberOfMessagesDelayed",
                ],
            )
        counts = answer.get("Attributes", {})
        depth = Depth(
            visible=int(counts.get("ApproximateNumberOfMessages", 0)),
            in_flight=int(counts.get("ApproximateNumberOfMessagesNotVisible", 0)),
            delayed=int(counts.get("ApproximateNumberOfMessagesDelayed", 0)),
        )
        return depth, _clock(answer["ResponseMetadata"].get("HTTPHeaders", {}).get("date"))

    def _dead_letter(self, message: Any) -> DeadLetter:
        system = message.get("Attributes", {})
        return DeadLetter(
            region=self.region,
            queue=self.kind,
            message_id=message["MessageId"],
            receipt=message["ReceiptHandle"],
            body=message["Body"],
            attributes={
                name: value.get("StringValue", "")
                for name, value in message.get("MessageAttributes", {}).items()
            },
            sent_at=int(system.get("SentTimestamp", 0)) / 1000,
            receive_count=int(system.get("ApproximateReceiveCount", 0)),
        )


def _clock(date: str | None) -> float:
    try:
        return parsedate_to_datetime(date or "").timestamp() + 1
    except ValueError:
        return time.time()
