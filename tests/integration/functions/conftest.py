"""Tables in moto, made from the template's definitions, and a local HTTP server as the API."""

import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import boto3
import pytest
from cfnlint.decode import cfn_yaml
from globalws_functions.adapters import dynamodb
from moto import mock_aws

from tests.support.functions import ENVIRONMENT
from tests.support.stack import ROOT


@pytest.fixture
def tables(monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A DynamoDB client; there are `channels`, `audit`, `leases`, `members` and `messages`."""
    for variable, value in ENVIRONMENT.items():
        monkeypatch.setenv(variable, value)
    with mock_aws():
        dynamodb.client.cache_clear()
        client = boto3.client("dynamodb", region_name="us-west-2")
        template = cfn_yaml.load(str(ROOT / "template.yaml"))
        for name in ("channels", "audit", "leases", "members"):
            properties = template["Resources"][f"{name.title()}Table"]["Properties"]
            wanted = ("BillingMode", "AttributeDefinitions", "KeySchema", "GlobalSecondaryIndexes")
            client.create_table(
                TableName=name, **{key: properties[key] for key in wanted if key in properties}
            )
        client.create_table(
            TableName="messages",
            BillingMode="PAY_PER_REQUEST",
            AttributeDefinitions=[
                {"AttributeName": "name", "AttributeType": "S"},
                {"AttributeName": "id", "AttributeType": "S"},
            ],
            KeySchema=[
                {"AttributeName": "name", "KeyType": "HASH"},
                {"AttributeName": "id", "KeyType": "RANGE"},
            ],
        )
        yield client
    dynamodb.client.cache_clear()


@dataclass
class ApiServer:
    """An API that counts invalidations; `answer` replaces its answer: (status, body)."""

    url: str = ""
    unsubscribed: list[str] = field(default_factory=list)
    disconnected: list[str] = field(default_factory=list)
    left: list[tuple[str, str]] = field(default_factory=list)
    answer: Callable[[str], tuple[int, Any] | None] = lambda name: None

    def handle(self, variables: dict[str, str]) -> tuple[int, Any]:
        name = variables.get("name") or variables["user"]
        special = self.answer(name)
        if special is not None:
            return special
        if "connection" in variables:
            self.left.append((name, variables["user"]))
            kept = {"name": name, "connection": variables["connection"], "seq": 2}
            return 200, {"data": {"announceLeave": kept}}
        if "user" in variables:
            self.disconnected.append(name)
            return 200, {"data": {"disconnect": {"user": name}}}
        self.unsubscribed.append(name)
        return 200, {"data": {"unsubscribe": {"name": name}}}


@pytest.fixture
def api() -> Iterator[ApiServer]:
    """The API on a free port, which moto does not intercept."""
    state = ApiServer()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"]))
            assert "/us-west-2/appsync/aws4_request" in self.headers["Authorization"]
            status, answer = state.handle(json.loads(body)["variables"])
            data = json.dumps(answer).encode()
            self.send_response(status)
            self.send_header("connection", "close")  # or its thread outlives the test
            self.send_header("content-length", str(len(data)))
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_: Any) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.daemon_threads = True
    thread = threading.Thread(target=server.serve_forever, args=(0.05,), name="api")
    thread.start()
    state.url = f"http://127.0.0.1:{server.server_port}/graphql"
    yield state
    server.shutdown()
    thread.join()
    server.server_close()
