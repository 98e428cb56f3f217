"""`globalws publish`: which answers send it to the next region, and which end it."""

import json
import re
from collections.abc import Callable
from types import SimpleNamespace
from typing import Any

import pytest
import requests
from globalws_client.error_types import THEN

from cli.adapters.clients import aws_error
from cli.adapters.events import put_event
from cli.adapters.graphql import GraphqlApi, with_api_key
from cli.errors import RefusedError, UnreachableError
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_deployment import REGIONS, FakeDeployment

MAY_PASS = [
    "StoreUnavailable", "RegistryUnavailable", "BusUnavailable", "InternalFailure",
    "DynamoDB:ProvisionedThroughputExceededException", "ThrottlingException", "ExecutionTimeout",
    "LimitExceededException", "ValidationError", "WAFForbiddenException", "SomethingNew", None,
]  # fmt: skip
HALVES = ["\ud800", "a\udbffb", "\udc00", "\udfff", "\udc00\ud800", "ab\udcffcd"]

Answer = Callable[[dict[str, Any]], Any]


def _refusal(error_type: str | None) -> Answer:
    error = {"errorType": error_type, "message": "not now"}
    return lambda sent: {"data": {"publish": None}, "errors": [error]}


def _accepted(sent: dict[str, Any]) -> Any:
    message = {**sent, "publishedAt": "2026-11-23T10:15:00.123Z", "region": REGIONS[1]}
    return {"data": {"publish": message}}


class Apis:
    """Both regions' APIs over HTTP, without sockets; each answers as it is told."""

    def __init__(self) -> None:
        self.answers: list[Answer] = []
        self.sent: list[tuple[str, dict[str, Any]]] = []

    def post(self, url: str, json_body: Any) -> requests.Response:
        region = url.split("/")[3]
        sent = json_body["variables"]
        self.sent.append((region, sent))
        response = requests.Response()
        response.status_code = 200
        response._content = json.dumps(self.answers[REGIONS.index(region)](sent)).encode()
        return response


@pytest.fixture
def apis(deployment: FakeDeployment, monkeypatch: pytest.MonkeyPatch) -> Apis:
    def connect(region: Any) -> GraphqlApi:
        return GraphqlApi(
            region.name, f"http://127.0.0.1/{region.name}/graphql", with_api_key("da2-key")
        )

    fake = Apis()

    def post(_: requests.Session, url: str, **options: Any) -> requests.Response:
        return fake.post(url, json.loads(options["data"]))

    monkeypatch.setattr("cli.session.connect_api", connect)
    monkeypatch.setattr(requests.Session, "post", post)
    return fake


@pytest.mark.parametrize("error_type", MAY_PASS)
def test_what_may_pass_is_tried_in_the_next_region_with_the_same_id(
    apis: Apis, run: Run, error_type: str | None
) -> None:
    apis.answers = [_refusal(error_type), _accepted]
    ran = run("publish", "tech", "hi", "--json")
    assert ran.code == 0
    assert [region for region, _ in apis.sent] == list(REGIONS)
    assert apis.sent[0][1] == apis.sent[1][1]
    assert ran.document["id"] == apis.sent[0][1]["id"]


@pytest.mark.parametrize("error_type", MAY_PASS)
def test_the_id_to_retry_with_is_shown(apis: Apis, run: Run, error_type: str | None) -> None:
    apis.answers = [_refusal(error_type)] * 2
    ran = run("publish", "tech", "hi")
    assert ran.code == 5
    assert f"--id {apis.sent[0][1]['id']}" in ran.err


@pytest.mark.parametrize("error_type", [t for t, then in THEN.items() if then == "final"])
def test_a_final_refusal_is_not_tried_elsewhere(apis: Apis, run: Run, error_type: str) -> None:
    apis.answers = [_refusal(error_type), _accepted]
    ran = run("publish", "tech", "hi")
    assert ran.code == 4
    assert error_type in ran.err
    assert len(apis.sent) == 1


def test_the_id_is_shown_if_one_region_is_unknown_and_the_next_refuses(
    apis: Apis, run: Run
) -> None:
    apis.answers = [_refusal("StoreUnavailable"), _refusal("ChannelNotAllowed")]
    ran = run("publish", "tech", "hi")
    assert ran.code == 4
    assert f"--id {apis.sent[0][1]['id']}" in ran.err


def test_an_id_that_is_refused_is_shown_with_what_may_be_wrong(apis: Apis, run: Run) -> None:
    apis.answers = [_refusal("InvalidMessageId"), _accepted]
    ran = run("publish", "tech", "hi")
    assert ran.code == 4
    assert f"id {apis.sent[0][1]['id']}: is this machine's clock right?" in ran.err


def test_the_id_is_shown_after_an_interrupt(apis: Apis, run: Run) -> None:
    def interrupted(_: dict[str, Any]) -> Any:
        raise KeyboardInterrupt

    apis.answers = [interrupted, _accepted]
    ran = run("publish", "tech", "hi")
    assert ran.code == 130
    assert re.search(r"--id [0-7][0-9A-Z]{25}", ran.err)


@pytest.mark.parametrize("changed", [{"id": "0" * 26}, {"name": "cars"}, {"message": "ho"}])
def test_an_answer_that_is_not_the_message_sent_is_no_success(
    apis: Apis, run: Run, changed: dict[str, str]
) -> None:
    apis.answers = [lambda sent: _accepted({**sent, **changed}), lambda _: {"data": {}}]
    assert run("publish", "tech", "hi").code == 5


@pytest.mark.parametrize("text", HALVES, ids=ascii)
def test_half_a_surrogate_pair_is_refused_for_good(apis: Apis, run: Run, text: str) -> None:
    ran = run("publish", "tech", text)
    assert ran.code == 4
    assert "InvalidMessage" in ran.err
    assert apis.sent == []
    assert run("purge", "tech", "--reason", text, "--yes").code == 2


@pytest.mark.parametrize("raw", [b"ab\xffcd", b"\xed\xa0\x80", b"\xc3"])
def test_standard_input_that_is_no_utf8_is_refused(
    apis: Apis, run: Run, raw: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran = run("publish", "tech", "-", stdin=raw)
    assert ran.code == 4
    assert "InvalidMessage" in ran.err


@pytest.mark.parametrize("text", ["a\r\nb", "\0", "\uffff\ufffe", "\U0001fffe", "é\n\n"], ids=ascii)
def test_standard_input_is_sent_as_it_is(apis: Apis, run: Run, text: str) -> None:
    apis.answers = [_accepted]
    ran = run("publish", "tech", "-", "--region", REGIONS[0], "--json", stdin=text + "\n")
    assert ran.code == 0
    assert apis.sent[0][1]["message"] == text
    assert ran.document["message"] == text


@pytest.mark.parametrize(
    ("code", "status", "expected"),
    [
        ("ThrottlingException", 400, UnreachableError),
        ("Throttling", 400, UnreachableError),
        ("TooManyRequestsException", 429, UnreachableError),
        ("ProvisionedThroughputExceededException", 400, UnreachableError),
        ("RequestLimitExceeded", 400, UnreachableError),
        ("InternalFailure", 500, UnreachableError),
        ("ServiceUnavailable", 503, UnreachableError),
        ("AccessDeniedException", 400, RefusedError),
        ("ValidationError", 400, RefusedError),
        ("MalformedDetail", 0, RefusedError),
    ],
)
def test_a_throttled_service_is_no_refusal(
    code: str, status: int, expected: type[Exception]
) -> None:
    assert type(aws_error(code, "text", status)) is expected


@pytest.mark.parametrize(
    "answer",
    [{}, {"FailedEntryCount": 0}, {"FailedEntryCount": 0, "Entries": []}, {"Entries": [{}]}],
    ids=str,
)
def test_a_bus_that_did_not_say_that_it_took_the_event_has_not(answer: Any) -> None:
    clients: Any = SimpleNamespace(
        region="us-west-2", events=SimpleNamespace(put_events=lambda **_: answer)
    )
    with pytest.raises(UnreachableError, match="without taking"):
        put_event(clients, "globalws", "PurgeRequested", {})
