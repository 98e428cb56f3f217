import time
from typing import Any

import pytest
from botocore.auth import SigV4Auth
from botocore.awsrequest import AWSRequest
from botocore.credentials import Credentials
from hypothesis import example, given, settings
from hypothesis import strategies as st
from requests import Request
from requests_aws4auth import AWS4Auth

from emulator.appsync.auth import Evidence
from emulator.appsync.errors import UnauthorizedError
from emulator.appsync.sigv4 import IamAuthenticator, IamCredential

URL = "https://api.example:8443/graphql"
CREDENTIALS = {
    "AKIA": IamCredential("secret", "123456789012", "maria"),
    "ASIA": IamCredential("temporary", session_token="token"),
}


def evidence(headers: dict[str, str], **changes: Any) -> Evidence:
    lower = {name.lower(): value for name, value in headers.items()}
    return Evidence(**{"headers": lower, "body": b"{}", "source_ips": ("1.2.3.4",)} | changes)


def signed(
    key: str = "AKIA",
    secret: str = CREDENTIALS["AKIA"].secret,
    region: str = "us-west-2",
    service: str = "appsync",
    token: str | None = None,
    url: str = URL,
) -> dict[str, str]:
    given = {"content-type": "application/json", "host": "api.example:8443"}
    request = AWSRequest("POST", url, data="{}", headers=given)
    SigV4Auth(Credentials(key, secret, token), service, region).add_auth(request)
    return dict(request.headers)


def authenticator(offset: float = 0.0) -> IamAuthenticator:
    return IamAuthenticator(CREDENTIALS, "us-west-2", lambda: time.time() + offset)


async def test_botocore_signs_as_we_verify() -> None:
    caller = await authenticator().authenticate(evidence(signed()))
    assert caller.mode == "AWS_IAM"
    assert caller.identity is not None
    assert caller.identity["userArn"] == "arn:aws:iam::123456789012:user/maria"
    assert caller.identity["username"] == "maria"
    assert caller.identity["sourceIp"] == ["1.2.3.4"]


async def test_requests_aws4auth_signs_as_we_verify() -> None:
    request = Request("POST", URL, data=b"{}", headers={"Content-Type": "a/b"}).prepare()
    AWS4Auth("AKIA", "secret", "us-west-2", "appsync")(request)
    headers = {"host": "api.example:8443", **request.headers}
    await authenticator().authenticate(evidence(headers))


async def test_a_query_string_is_part_of_the_signature() -> None:
    headers = signed(url=URL + "?b=2&a=1")
    await authenticator().authenticate(evidence(headers, query="b=2&a=1"))
    with pytest.raises(UnauthorizedError):
        await authenticator().authenticate(evidence(headers, query="a=1"))


_QUERY = st.text("ab-=&%20+~.?/:Z", max_size=12)


@settings(max_examples=200, deadline=None)
@given(_QUERY)
@example("d")
@example("a=1&a-b=2")
@example("a1=x&a=y")
@example("a=2&a=1&a")
@example("&")
@example("a==&=")
async def test_any_query_that_botocore_signs_is_verified(query: str) -> None:
    headers = signed(url=f"{URL}?{query}")
    await authenticator().authenticate(evidence(headers, query=query))


async def test_temporary_credentials() -> None:
    await authenticator().authenticate(evidence(signed("ASIA", "temporary", token="token")))
    with pytest.raises(UnauthorizedError):
        await authenticator().authenticate(evidence(signed("ASIA", "temporary")))
    with pytest.raises(UnauthorizedError):
        await authenticator().authenticate(evidence(signed("ASIA", "temporary", token="other")))


@pytest.mark.parametrize(
    "headers",
    [
        signed(secret="wrong"),
        signed(key="UNKNOWN"),
        signed(region="us-east-1"),
        signed(service="execute-api"),
        signed() | {"host": "elsewhere"},
        signed() | {"X-Amz-Date": "20200101T000000Z"},
        signed() | {"X-Amz-Date": "nonsense"},
        signed() | {"Authorization": "AWS4-HMAC-SHA256 nonsense"},
        {name: value for name, value in signed().items() if name != "content-type"},
    ],
)
async def test_what_does_not_fit_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(UnauthorizedError):
        await authenticator().authenticate(evidence(headers))


@pytest.mark.parametrize(
    "changes", [{"body": b"[]"}, {"path": "/graphql/connect"}, {"method": "GET"}]
)
async def test_another_request_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(UnauthorizedError):
        await authenticator().authenticate(evidence(signed(), **changes))


@pytest.mark.parametrize("offset", [-301.0, 301.0])
async def test_outside_the_window(offset: float) -> None:
    with pytest.raises(UnauthorizedError):
        await authenticator(offset).authenticate(evidence(signed()))


async def test_a_signature_without_host_is_refused() -> None:
    headers = signed()
    headers["Authorization"] = headers["Authorization"].replace("content-type;host;", "")
    with pytest.raises(UnauthorizedError, match="must cover"):
        await authenticator().authenticate(evidence(headers))
