"""AWS's JSON protocols 1.0 and 1.1 (DynamoDB, CloudWatch Logs), without boto3."""

import asyncio
import json
import random
from typing import Any

from emulator.aws_calls.http import HttpClient, HttpError, Response
from emulator.aws_calls.signing import Credentials, Signer
from emulator.json_text import encode

_TIMEOUT = 10.0
# As boto3 does for DynamoDB: ten attempts, the first wait up to 50 ms, each one twice as long.
_ATTEMPTS = 10
_FIRST_WAIT = 0.05
_LONGEST_WAIT = 2.0
_RETRYABLE = frozenset(
    {
        "InternalServerError",
        "LimitExceededException",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "RequestTimeout",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)


class AwsError(Exception):
    """The service refused or failed a call.

    Attributes:
        name: of the error, as `ConditionalCheckFailedException`; ConnectionFailure or Timeout if
            there was no answer.
        message: what the service said.
        document: the whole answer; DynamoDB's has `Item` and `CancellationReasons`.
    """

    def __init__(self, name: str, message: str, document: dict[str, Any] | None = None) -> None:
        super().__init__(f"{name}: {message}")
        self.name = name
        self.message = message
        self.document = document or {}


class JsonService:
    """One service of one region at an endpoint URL; `dynamodb` and `logs` make one.

    Args:
        service: its name in signatures.
        target: what comes before the operation in X-Amz-Target.
        version: of the JSON protocol, 1.0 or 1.1.
    """

    def __init__(
        self,
        endpoint_url: str,
        region: str,
        credentials: Credentials,
        *,
        service: str,
        target: str,
        version: str,
    ) -> None:
        self._http = HttpClient(endpoint_url, timeout=_TIMEOUT)
        self._signer = Signer(credentials, region, service)
        self._target = target
        self._content_type = f"application/x-amz-json-{version}"

    async def call(self, operation: str, payload: dict[str, Any]) -> dict[str, Any]:
        """Carries out one operation (`GetItem`) with its JSON payload; returns the answer.

        Throttles, 5xx and lost connections are tried again, as boto3 does.

        Raises:
            AwsError: refused, or failed too often.
        """
        body = encode(payload).encode()
        attempt = 1
        while True:
            try:
                return await self._attempt(operation, body)
            except _AgainError as again:
                if attempt == _ATTEMPTS:
                    raise again.error from again
            most = min(_LONGEST_WAIT, _FIRST_WAIT * 2 ** (attempt - 1))
            await asyncio.sleep(random.random() * most)  # noqa: S311 - spreads retries, no secret
            attempt += 1

    def close(self) -> None:
        """Closes the connections."""
        self._http.close()

    async def _attempt(self, operation: str, body: bytes) -> dict[str, Any]:
        target = f"{self._target}.{operation}"
        headers = self._signer.headers(self._http.host, body, target=target)
        headers["Content-Type"] = self._content_type
        try:
            response = await self._http.request("POST", "/", headers, body)
        except HttpError as error:
            raise _AgainError(AwsError("ConnectionFailure", str(error))) from error
        except TimeoutError as error:
            message = f"no answer within {_TIMEOUT:g} seconds"
            raise _AgainError(AwsError("Timeout", message)) from error
        document = _document(response)
        if response.status == 200:
            return document
        failure = _failure(response, document)
        if response.status >= 500 or failure.name in _RETRYABLE:
            raise _AgainError(failure)
        raise failure


def dynamodb(endpoint_url: str, region: str, credentials: Credentials) -> JsonService:
    """DynamoDB, API version 2012-08-10."""
    return JsonService(
        endpoint_url,
        region,
        credentials,
        service="dynamodb",
        target="DynamoDB_20120810",
        version="1.0",
    )


def logs(endpoint_url: str, region: str, credentials: Credentials) -> JsonService:
    """CloudWatch Logs, API version 2014-03-28."""
    return JsonService(
        endpoint_url, region, credentials, service="logs", target="Logs_20140328", version="1.1"
    )


class _AgainError(Exception):
    """An attempt failed in a way that the next one may not."""

    def __init__(self, error: AwsError) -> None:
        super().__init__(str(error))
        self.error = error


def _document(response: Response) -> dict[str, Any]:
    try:
        document = json.loads(response.body)
    except (ValueError, RecursionError):
        document = None
    if isinstance(document, dict):
        return document
    name = "InternalServerError" if response.status >= 500 else "SerializationException"
    text = response.body[:200].decode("utf-8", "replace")
    error = AwsError(name, f"HTTP {response.status}, not a JSON object: {text}")
    raise _AgainError(error) if response.status >= 500 else error


def _failure(response: Response, document: dict[str, Any]) -> AwsError:
    """`__type` is `com.amazonaws.dynamodb.v20120810#ConditionalCheckFailedException` on AWS."""
    name = str(document.get("__type", "")).rpartition("#")[2] or f"HTTP{response.status}"
    message = document.get("message") or document.get("Message") or ""
    return AwsError(name, str(message), document)
