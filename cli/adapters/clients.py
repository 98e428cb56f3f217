"""AWS clients of one region, and what their errors mean to an operator.

boto3 is imported when it is first needed: that takes longer than all else that `--help` does.
"""

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

from cli.errors import CliError, RefusedError, UnreachableError

if TYPE_CHECKING:
    import boto3
    from botocore.credentials import Credentials
    from mypy_boto3_cloudformation import CloudFormationClient
    from mypy_boto3_cloudwatch import CloudWatchClient
    from mypy_boto3_dynamodb import DynamoDBClient
    from mypy_boto3_events import EventBridgeClient
    from mypy_boto3_lambda import LambdaClient
    from mypy_boto3_logs import CloudWatchLogsClient
    from mypy_boto3_sqs import SQSClient

_HTTP_SERVER_ERROR = 500
# AWS's words for "not now" that come with a status below 500, or in an entry of PutEvents.
_NOT_NOW = ("Throttl", "TooManyRequests", "LimitExceeded", "ThroughputExceeded", "Internal")
_LONGEST_FUNCTION_SECONDS = 270  # Janitor has 240
_LOG_IN = "log in, or set AWS_PROFILE to a profile that works"


@dataclass(frozen=True)
class Access:
    """How to reach a local AWS: its endpoint, the region's event bus endpoint, and its keys."""

    endpoint_url: str
    events_url: str
    access_key_id: str
    secret_access_key: str


class Clients:
    """The clients of one region, made when first used; safe to share between threads."""

    def __init__(self, region: str, access: Access | None) -> None:
        self.region = region
        self.access = access
        self._clients: dict[str, Any] = {}
        self._lock = threading.Lock()

    @property
    def sqs(self) -> "SQSClient":
        """Queues."""
        return cast("SQSClient", self._client("sqs"))

    @property
    def events(self) -> "EventBridgeClient":
        """The bus."""
        return cast("EventBridgeClient", self._client("events"))

    @property
    def functions(self) -> "LambdaClient":
        """The functions."""
        return cast("LambdaClient", self._client("lambda"))

    @property
    def tables(self) -> "DynamoDBClient":
        """The tables."""
        return cast("DynamoDBClient", self._client("dynamodb"))

    @property
    def logs(self) -> "CloudWatchLogsClient":
        """The log groups."""
        return cast("CloudWatchLogsClient", self._client("logs"))

    @property
    def metrics(self) -> "CloudWatchClient":
        """Metrics and alarms."""
        return cast("CloudWatchClient", self._client("cloudwatch"))

    @property
    def stacks(self) -> "CloudFormationClient":
        """The stacks."""
        return cast("CloudFormationClient", self._client("cloudformation"))

    def caller(self) -> str:
        """The ARN of the user or role that the credentials belong to. Raises CliError."""
        with aws_errors("sts", self.region):
            return str(self._client("sts").get_caller_identity()["Arn"])

    def credentials(self) -> "Credentials":
        """What requests to the region's API are signed with. Raises CliError if there are none."""
        import boto3
        from botocore.credentials import Credentials

        if self.access is not None:
            return Credentials(self.access.access_key_id, self.access.secret_access_key)
        with aws_errors("AWS", self.region):
            found = boto3.Session().get_credentials()
        if found is None:
            raise CliError(f"AWS credentials: none found; {_LOG_IN}")
        return found

    def _client(self, service: str) -> Any:
        with self._lock:
            if service not in self._clients:
                with aws_errors(service, self.region):
                    self._clients[service] = self._new(service)
            return self._clients[service]

    def _new(self, service: str) -> Any:
        import boto3
        from botocore.config import Config

        config = Config(
            connect_timeout=3,
            # A function that is waited for answers when it has ended. A call that is given up
            # before would be repeated while it runs.
            read_timeout=_LONGEST_FUNCTION_SECONDS if service == "lambda" else 20,
            retries={"mode": "standard", "total_max_attempts": 3},
            max_pool_connections=32,
        )
        if self.access is None:
            make: Any = boto3.Session(region_name=self.region).client
            return make(service, config=config)
        make = _session_without_profile().client
        return make(
            service,
            region_name=self.region,
            endpoint_url=(
                self.access.events_url if service == "events" else self.access.endpoint_url
            ),
            aws_access_key_id=self.access.access_key_id,
            aws_secret_access_key=self.access.secret_access_key,
            config=config,
        )


def _session_without_profile() -> "boto3.Session":
    """A session on which the operator's AWS profile has no influence, not even a missing one."""
    import boto3
    import botocore.session

    variables: dict[str, Any] = {
        "profile": (None, None, None, None),
        "config_file": (None, None, os.devnull, None),
        "credentials_file": (None, None, os.devnull, None),
    }
    return boto3.Session(botocore_session=botocore.session.Session(variables))


def aws_error(code: str, text: str, status: int = 0) -> CliError:
    """The error for an AWS error code: whether another region, or another moment, may help."""
    if status >= _HTTP_SERVER_ERROR or any(word in code for word in _NOT_NOW):
        return UnreachableError(f"{code}: {text}")
    return RefusedError(code, text)


@contextmanager
def aws_errors(service: str, region: str) -> Iterator[None]:
    """Turns botocore's errors into ours.

    Raises:
        RefusedError: the service answered with an error of the caller's.
        UnreachableError: no answer, an error of the service's, or it is throttled.
        CliError: the credentials are missing or expired, or the request could not be made.
    """
    from botocore import exceptions

    try:
        yield
    except exceptions.ClientError as error:
        details = error.response.get("Error", {})
        code = details.get("Code", "") or "unknown error"
        status = error.response.get("ResponseMetadata", {}).get("HTTPStatusCode", 0)
        text = " ".join(str(details.get("Message", "")).split()) or "no message"
        raise aws_error(code, f"{service} in {region}: {text}", status) from error
    except (
        exceptions.NoCredentialsError,
        exceptions.PartialCredentialsError,
        exceptions.TokenRetrievalError,
        exceptions.UnauthorizedSSOTokenError,
    ) as error:
        raise CliError(f"AWS credentials: {error}; {_LOG_IN}") from error
    except exceptions.HTTPClientError as error:
        raise UnreachableError(f"{service} in {region} does not answer: {error}") from error
    except exceptions.BotoCoreError as error:
        raise CliError(f"{service} in {region}: {error}") from error
