"""SQS through boto3: the only file here that calls AWS.

Credentials come from boto3's usual chain. The client is made on first use.
"""

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    HTTPClientError,
    NoCredentialsError,
    ParamValidationError,
)
from botocore.exceptions import (
    ConnectionError as BotoConnectionError,
)

from emulator.eventbridge.blocking import DaemonThreads
from emulator.eventbridge.ports import DeliveryError

if TYPE_CHECKING:
    from mypy_boto3_sqs import SQSClient

_THREADS = 8
_THROTTLES = {
    "TooManyRequestsException", "ThrottlingException", "Throttling", "RequestThrottled",
    "ProvisionedThroughputExceededException",
}  # fmt: skip
_MISSING = {
    "ResourceNotFoundException", "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist",
}  # fmt: skip
_FORBIDDEN = {"AccessDenied", "AccessDeniedException", "InvalidClientTokenId"}


class Queues:
    """A QueuePort.

    Args:
        region: of the queues.
        endpoint_url: of the local AWS; None for the real one.
    """

    def __init__(self, region: str, endpoint_url: str | None) -> None:
        self._region = region
        self._endpoint_url = endpoint_url
        self._threads = DaemonThreads("sqs", _THREADS)
        self._queue_urls: dict[str, str] = {}

    async def send_message(self, queue_arn: str, body: str, attributes: Mapping[str, str]) -> None:
        """Send one message; see QueuePort."""
        await self._threads.run(lambda: self._send(queue_arn, body, attributes))

    def close(self) -> None:
        """Let the threads and the connections go."""
        self._threads.close()
        if "_sqs" in vars(self):  # it was used
            self._sqs.close()

    @cached_property
    def _sqs(self) -> "SQSClient":
        return boto3.Session().client(
            "sqs",
            self._region,
            endpoint_url=self._endpoint_url,
            config=Config(
                connect_timeout=5,
                read_timeout=10,
                retries={"total_max_attempts": 1},  # retries are ours
                max_pool_connections=_THREADS,
            ),
        )

    def _send(self, queue_arn: str, body: str, attributes: Mapping[str, str]) -> None:
        try:
            self._sqs.send_message(
                QueueUrl=self._queue_url(queue_arn),
                MessageBody=body,
                MessageAttributes={
                    name: {"DataType": "String", "StringValue": value}
                    for name, value in attributes.items()
                },
            )
        except (ClientError, BotoCoreError) as error:
            self._queue_urls.pop(queue_arn, None)
            raise delivery_error(error) from error

    def _queue_url(self, queue_arn: str) -> str:
        if queue_arn not in self._queue_urls:
            *_, account, name = queue_arn.split(":")
            found = self._sqs.get_queue_url(QueueName=name, QueueOwnerAWSAccountId=account)
            self._queue_urls[queue_arn] = found["QueueUrl"]
        return self._queue_urls[queue_arn]


def delivery_error(error: ClientError | BotoCoreError) -> DeliveryError:
    """A botocore error as EventBridge's error codes have it."""
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", "")
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        if code in _MISSING:
            return DeliveryError("NO_RESOURCE", str(error), retryable=False)
        if code in _FORBIDDEN:
            return DeliveryError("NO_PERMISSIONS", str(error), retryable=False)
        if code in _THROTTLES or status == 429:
            return DeliveryError("THROTTLING", str(error), retryable=True)
        return DeliveryError("ERROR_FROM_TARGET", str(error), retryable=status >= 500)
    if isinstance(error, ParamValidationError | NoCredentialsError):
        return DeliveryError("SDK_CLIENT_ERROR", str(error), retryable=False)
    if isinstance(error, BotoConnectionError | HTTPClientError):
        return DeliveryError("CONNECTION_FAILURE", str(error), retryable=True)
    return DeliveryError("SDK_CLIENT_ERROR", str(error), retryable=True)
