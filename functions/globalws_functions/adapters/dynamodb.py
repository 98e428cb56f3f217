"""DynamoDB, as the tables' adapters share it: the client, its errors, and small conversions."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from typing import TYPE_CHECKING, Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from globalws_functions.domain.errors import PermanentError, TransientError

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
"""An item in DynamoDB's own form: attribute → {type: value}."""

CONDITION_FAILED = "ConditionalCheckFailedException"
# Not AccessDenied and not ResourceNotFound: a deployment mends those, and then the command works.
_PERMANENT = frozenset({"ValidationException"})


@cache
def client(region: str) -> "DynamoDBClient":
    """The region's client, made once."""
    return boto3.client(
        "dynamodb",
        region_name=region,
        config=Config(
            connect_timeout=2, read_timeout=5, retries={"mode": "standard", "max_attempts": 4}
        ),
    )


@contextmanager
def domain_errors() -> Iterator[None]:
    """Turns what boto3 raises into the domain's errors; a failed condition passes unchanged."""
    try:
        yield
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        if code == CONDITION_FAILED:
            raise
        if code in _PERMANENT:
            raise PermanentError(code, str(error)) from error
        raise TransientError(f"DynamoDB: {error}") from error
    except BotoCoreError as error:
        raise TransientError(f"DynamoDB: {error}") from error


def is_condition_failure(error: ClientError) -> bool:
    """Whether a conditional write was refused by its condition."""
    return error.response.get("Error", {}).get("Code") == CONDITION_FAILED


def text(item: Mapping[str, Any], attribute: str) -> str | None:
    """A string attribute, None if it is not there."""
    value = item.get(attribute, {}).get("S")
    return None if value is None else str(value)
