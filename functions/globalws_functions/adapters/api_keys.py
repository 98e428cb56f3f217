"""AppSync's control plane: reads and changes when an API key ends."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cache
from typing import TYPE_CHECKING

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from globalws_functions.domain.errors import TransientError

if TYPE_CHECKING:
    from mypy_boto3_appsync import AppSyncClient


@cache
def _client(region: str) -> "AppSyncClient":
    return boto3.client(
        "appsync",
        region_name=region,
        config=Config(
            connect_timeout=2, read_timeout=5, retries={"mode": "standard", "total_max_attempts": 2}
        ),
    )


@dataclass(frozen=True)
class ApiKeys:
    """One key of one API; see `globalws_functions.domain.api_key.Keys`."""

    api_id: str
    key_id: str
    appsync: "AppSyncClient"

    @classmethod
    def connect(cls, api_id: str, key_id: str, region: str) -> "ApiKeys":
        """The key by its id; no I/O yet."""
        return cls(api_id, key_id, _client(region))

    def expires(self) -> datetime | None:
        """See `Keys`."""
        with _domain_errors():
            for page in self.appsync.get_paginator("list_api_keys").paginate(apiId=self.api_id):
                for key in page["apiKeys"]:
                    if key.get("id") == self.key_id:
                        return _instant(key["expires"])
        return None

    def extend(self, until: datetime) -> datetime:
        """See `Keys`; AppSync rounds down to the hour."""
        with _domain_errors():
            answer = self.appsync.update_api_key(
                apiId=self.api_id, id=self.key_id, expires=int(until.timestamp())
            )
        return _instant(answer["apiKey"]["expires"])


@contextmanager
def _domain_errors() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        raise TransientError(f"AppSync: {error}") from error


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
