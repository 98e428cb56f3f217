"""Our signatures are the ones that botocore makes."""

from datetime import UTC, datetime

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials as BotoCredentials

from emulator.aws_calls.signing import Credentials, Signer

HOST = "127.0.0.1:4566"
TARGET = "DynamoDB_20120810.GetItem"


@pytest.mark.parametrize("token", ["", "a token"])
@pytest.mark.parametrize("day", [28, 29])
def test_a_request_is_signed_as_by_botocore(
    monkeypatch: pytest.MonkeyPatch, token: str, day: int
) -> None:
    now = datetime(2026, 11, day, 23, 59, 58, tzinfo=UTC)
    signer = Signer(
        Credentials("key", "secret", token), "us-west-2", "dynamodb", lambda: now.timestamp()
    )
    body = '{"Key":{"name":{"S":"é"}}}'.encode()
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: now)
    request = AWSRequest("POST", f"http://{HOST}/", {"X-Amz-Target": TARGET}, body)
    SigV4Auth(BotoCredentials("key", "secret", token or None), "dynamodb", "us-west-2").add_auth(
        request
    )
    signer.headers(HOST, b"one before", target=TARGET)  # the key of the day is kept
    assert signer.headers(HOST, body, target=TARGET) == dict(request.headers.items())


def test_a_get_is_signed_as_by_botocore(monkeypatch: pytest.MonkeyPatch) -> None:
    now = datetime(2026, 11, 28, tzinfo=UTC)
    path = "/2015-03-31/functions/globalws-us-west-2-replay/configuration"
    signer = Signer(Credentials("key", "secret"), "us-west-2", "lambda", lambda: now.timestamp())
    monkeypatch.setattr("botocore.auth.get_current_datetime", lambda: now)
    request = AWSRequest("GET", f"http://{HOST}{path}")
    SigV4Auth(BotoCredentials("key", "secret"), "lambda", "us-west-2").add_auth(request)
    assert signer.headers(HOST, method="GET", path=path) == dict(request.headers.items())


def test_without_a_key_there_are_no_credentials() -> None:
    with pytest.raises(KeyError, match="AWS_SECRET_ACCESS_KEY"):
        Credentials.from_environment({"AWS_ACCESS_KEY_ID": "test"})
