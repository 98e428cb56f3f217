"""The API key's adapter against moto's AppSync."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import boto3
import pytest
from globalws_functions.adapters import api_keys
from globalws_functions.adapters.api_keys import ApiKeys
from globalws_functions.domain.api_key import keep_valid
from globalws_functions.domain.errors import TransientError
from moto import mock_aws

from tests.support.functions import ENVIRONMENT

REGION = "us-west-2"


@pytest.fixture
def appsync(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for variable, value in ENVIRONMENT.items():
        monkeypatch.setenv(variable, value)
    with mock_aws():
        api_keys._client.cache_clear()
        yield boto3.client("appsync", region_name=REGION)
    api_keys._client.cache_clear()


def _keys(appsync: Any) -> tuple[ApiKeys, str]:
    """Our key, with 7 days left, and another one."""
    api = appsync.create_graphql_api(name="globalws", authenticationType="API_KEY")["graphqlApi"]
    soon = int((datetime.now(UTC) + timedelta(days=7)).timestamp())
    appsync.create_api_key(apiId=api["apiId"], expires=soon, description="somebody else's")
    key = appsync.create_api_key(apiId=api["apiId"], expires=soon)["apiKey"]
    return ApiKeys.connect(api["apiId"], key["id"], REGION), key["id"]


def test_only_the_named_key_is_renewed(appsync: Any) -> None:
    keys, key_id = _keys(appsync)
    now = datetime.now(UTC)
    state = keep_valid(keys, now)
    assert state.renewed
    assert state.days_left > 364
    assert not keep_valid(keys, now).renewed
    for each in appsync.list_api_keys(apiId=keys.api_id)["apiKeys"]:
        days = (datetime.fromtimestamp(each["expires"], UTC) - now) / timedelta(days=1)
        assert (days > 364) is (each["id"] == key_id)


def test_a_key_that_is_not_there_has_no_end(appsync: Any) -> None:
    keys, _ = _keys(appsync)
    assert ApiKeys.connect(keys.api_id, "da2-other", REGION).expires() is None


def test_what_appsync_refuses_is_an_error_of_ours(appsync: Any) -> None:
    keys, _ = _keys(appsync)
    with pytest.raises(TransientError, match="minimum of 1 days"):
        keys.extend(datetime.now(UTC))
