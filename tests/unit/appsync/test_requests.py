import base64
import json

import pytest

from emulator.appsync.errors import RequestError
from emulator.appsync.requests import parse_connect, parse_request

HEADER = {"host": "h", "X-Api-Key": "k?>~"}
PLAIN = base64.b64encode(json.dumps(HEADER).encode()).decode()
URL_SAFE = base64.urlsafe_b64encode(json.dumps(HEADER).encode()).decode().rstrip("=")
LOWER = {"host": "h", "x-api-key": "k?>~"}


def test_request() -> None:
    request = parse_request(b'{"query": "{ a }", "variables": null, "operationName": ""}')
    assert (request.query, request.variables, request.operation_name) == ("{ a }", {}, None)


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"\xff",
        b"[]",
        b"1",
        b"{}",
        b"[" * 9_999,
        b'{"query": ""}',
        b'{"query": 1}',
        b'{"query": "a", "variables": "b"}',
        b'{"query": "a", "operationName": 1}',
    ],
)
def test_bad_requests(body: bytes) -> None:
    with pytest.raises(RequestError) as refused:
        parse_request(body)
    assert refused.value.status == 400
    assert refused.value.error_type == "MalformedHttpRequestException"


@pytest.mark.parametrize("header", [PLAIN, PLAIN.replace("+", " "), PLAIN.rstrip("="), URL_SAFE])
def test_query_carrier(header: str) -> None:
    connect = parse_connect({"header": header, "payload": "e30="}, ["graphql-ws"], {})
    assert (connect.headers, connect.payload) == (LOWER, b"{}")


def test_subprotocol_carrier() -> None:
    connect = parse_connect({}, ["graphql-ws", f"header-{URL_SAFE}"], {"x-api-key": "other"})
    assert (connect.headers, connect.payload) == (LOWER, b"{}")


def test_plain_headers() -> None:
    connect = parse_connect({}, ["graphql-ws"], {"x-api-key": "k"})
    assert connect.headers == {"x-api-key": "k"}


@pytest.mark.parametrize("header", ["%", "e3", "W10=", "é", ""])
def test_bad_headers(header: str) -> None:
    with pytest.raises(RequestError):
        parse_connect({"header": header}, ["graphql-ws"], {})
