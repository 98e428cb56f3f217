"""The functions' dead-letter queue, written to directly when a retry could not help."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import requests

from globalws_functions.adapters.signing import new_session, post
from globalws_functions.domain.dead_letter import sqs_text
from globalws_functions.domain.errors import TransientError


@dataclass(frozen=True)
class DeadLetterQueue:
    """An SQS queue by its URL."""

    url: str
    region: str
    function_name: str
    session: requests.Session

    @classmethod
    def connect(cls, url: str, region: str, function_name: str) -> "DeadLetterQueue":
        """A queue with a session of its own; no I/O yet."""
        return cls(url, region, function_name, new_session())

    def send(self, event: Mapping[str, Any], error_type: str, reason: str) -> None:
        """Keeps the event in the shape of Lambda's own OnFailure records, so that one reader
        serves both (https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-retain-records.html).

        Raises:
            TransientError: SQS did not take it, or took another text than this one.
        """
        record = {
            "version": "1.0",
            "requestContext": {
                "functionArn": self.function_name,
                "condition": "PermanentFailure",
                "approximateInvokeCount": 1,
            },
            "requestPayload": event,
            "responseContext": {"statusCode": 200, "functionError": "Handled"},
            "responsePayload": {"errorType": error_type, "errorMessage": reason},
        }
        # Not escaped to ASCII: that could treble its size, beyond what SQS takes.
        body = sqs_text(json.dumps(record, ensure_ascii=False))
        endpoint = urlsplit(self.url)
        response = post(
            self.session,
            f"{endpoint.scheme}://{endpoint.netloc}/",
            json.dumps({"QueueUrl": self.url, "MessageBody": body}).encode(),
            {
                "content-type": "application/x-amz-json-1.0",
                "x-amz-target": "AmazonSQS.SendMessage",
            },
            region=self.region,
            service="sqs",
        )
        if response.status_code != requests.codes.ok:
            raise TransientError(f"SQS answered HTTP {response.status_code}: {response.text[:200]}")
        digest = hashlib.md5(body.encode(), usedforsecurity=False).hexdigest()
        if _taken(response) != digest:
            raise TransientError(
                f"{self.url} answered without keeping the message: is it an SQS queue?"
            )


def _taken(response: requests.Response) -> object:
    """The MD5 of the text that SQS says it has."""
    try:
        answer = response.json()
    except ValueError:
        return None
    return answer.get("MD5OfMessageBody") if isinstance(answer, dict) else None
