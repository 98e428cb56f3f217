"""SQS and Lambda through boto3 against an endpoint URL: the only file here that calls AWS.

Credentials come from boto3's usual chain. A client is made on first use, per region.
"""

import json
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
from emulator.eventbridge.ports import DeliveryError, InvokeResult

if TYPE_CHECKING:
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_sqs import SQSClient

_THROTTLES = {
    "TooManyRequestsException", "ThrottlingException", "Throttling", "RequestThrottled",
    "ProvisionedThroughputExceededException",
}  # fmt: skip
_MISSING = {
    "ResourceNotFoundException", "AWS.SimpleQueueService.NonExistentQueue", "QueueDoesNotExist",
}  # fmt: skip
_FORBIDDEN = {"AccessDenied", "AccessDeniedException", "InvalidClientTokenId"}


class Aws:
    """QueuePort and FunctionPort.

    Args:
        region: of the queues and functions.
        endpoint_url: of the local AWS; None for the real one.
        threads: calls to each service at once; no lower than the cap on concurrent invocations.
        invoke_timeout: seconds that an invocation may take; more than any function's timeout.
    """

    def __init__(
        self,
        region: str,
        endpoint_url: str | None,
        *,
        threads: int = 16,
        invoke_timeout: float = 120.0,
    ) -> None:
        self._region = region
        self._endpoint_url = endpoint_url
        self._invoke_timeout = invoke_timeout
        self._size = threads
        self._sqs_threads = DaemonThreads("sqs", min(threads, 8))
        self._lambda_threads = DaemonThreads("lambda", threads)
        self._queue_urls: dict[str, str] = {}

    async def send_message(self, queue_arn: str, body: str, attributes: Mapping[str, str]) -> None:
        """Send one message; see QueuePort."""
        await self._sqs_threads.run(lambda: self._send(queue_arn, body, attributes))

    async def invoke(self, function_arn: str, payload: str) -> InvokeResult:
        """Invoke a function and wait for its answer; see FunctionPort."""
        return await self._lambda_threads.run(lambda: self._invoke(function_arn, payload))

    def close(self) -> None:
        """Let the threads and the connections go."""
        self._sqs_threads.close()
        self._lambda_threads.close()
        for name in ("_sqs", "_lambda"):
            if name in vars(self):  # it was used
                getattr(self, name).close()

    @cached_property
    def _sqs(self) -> "SQSClient":
        return boto3.Session().client(
            "sqs", self._region, endpoint_url=self._endpoint_url, config=self._config(10.0)
        )

    @cached_property
    def _lambda(self) -> "LambdaClient":
        return boto3.Session().client(
            "lambda",
            self._region,
            endpoint_url=self._endpoint_url,
            config=self._config(self._invoke_timeout),
        )

    def _config(self, timeout: float) -> Config:
        """Retries are ours, so boto3 makes none."""
        return Config(
            connect_timeout=5,
            read_timeout=timeout,
            retries={"total_max_attempts": 1},
            max_pool_connections=self._size,
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

    def _invoke(self, function_arn: str, payload: str) -> InvokeResult:
        try:
            answer = self._lambda.invoke(
                FunctionName=function_arn,
                InvocationType="RequestResponse",
                Payload=payload.encode("utf-8", "surrogatepass"),
            )
            text = answer["Payload"].read().decode("utf-8", "replace") or "null"
        except (ClientError, BotoCoreError) as error:
            return refused(error)
        failed = answer.get("FunctionError")
        return InvokeResult(
            "function_error" if failed else "ok",
            text,
            answer.get("StatusCode", 200),
            failed,
            answer.get("ExecutedVersion", "$LATEST"),
        )


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


def refused(error: ClientError | BotoCoreError) -> InvokeResult:
    """The result of an invocation that the function never answered."""
    as_delivery = delivery_error(error)
    status, code = 500, as_delivery.code
    if isinstance(error, ClientError):
        code = error.response.get("Error", {}).get("Code", code)
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 500)
        if code in _FORBIDDEN:
            code = "AccessDeniedException"
    message = json.dumps({"errorType": code, "errorMessage": as_delivery.message})
    if as_delivery.code == "THROTTLING":
        return InvokeResult("throttled", message, 429, error_code=code)
    if as_delivery.retryable:
        return InvokeResult("unavailable", message, status, error_code=code)
    return InvokeResult("rejected", message, status, error_code=code)
