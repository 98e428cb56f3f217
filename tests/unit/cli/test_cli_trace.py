"""`globalws trace` and `globalws top`: what they read, and what they make of it."""

import json
from dataclasses import replace
from typing import Any

import pytest
from globalws_client.ulid import time_of

from cli.adapters.queues import Depth
from cli.domain.dead_letters import Queue
from cli.domain.rates import Sample, faults_in, view
from cli.domain.steps import in_order, step_of_record, steps_of_line
from cli.errors import UnreachableError
from emulator.runtime.region.trace import Trace
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_deployment import FakeDeployment
from tests.unit.cli.samples import HOME, MESSAGE, dead_letter, record
from tests.unit.cli.test_cli_redrive import FakeQueue

ID = "01KB4YXW0G8Q2M7R3T5V9XZABC"
AT = time_of(ID) / 1000


def test_a_log_line_of_powertools_tells_its_message_and_what_matters() -> None:
    line = json.dumps(
        {"level": "INFO", "message": "message replayed", "correlation_id": ID, "lag_ms": "41"}
    )
    (step,) = steps_of_line("us-west-2", "Function replay", 1_500, line)
    assert (step.at, step.what, step.details) == (1.5, "message replayed", {"lag_ms": "41"})


@pytest.mark.parametrize("text", ["START RequestId: x\n", "[1]", '"text"'])
def test_a_line_that_is_no_record_is_shown_as_it_is(text: str) -> None:
    (step,) = steps_of_line("us-west-2", "AppSync", 0, text)
    assert step.what == text.strip()


def test_a_record_of_the_region_process_keeps_a_count_of_nobody() -> None:
    record = {
        "at": 2.0,
        "region": "r",
        "step": "delivered",
        "subscribers": 0,
        "mutation": "publish",
    }
    assert step_of_record("r", record).details == {"mutation": "publish", "subscribers": 0}


MARK = {
    "region": "us-west-2", "queue": "bus", "reason": "NO_PERMISSIONS: no", "deadLetteredAt": "x",
}  # fmt: skip


def test_a_line_of_a_redriven_event_tells_of_the_dead_letter_once() -> None:
    mark = {**MARK, "deadLetteredAt": "1970-01-01T00:00:10.000Z"}
    lines = [
        json.dumps({"message": message, "redrive": mark})
        for message in ("replay failed, to be retried", "message replayed")
    ]
    steps = in_order(
        step
        for number, line in enumerate(lines)
        for step in steps_of_line("ap-southeast-2", "Function replay", 37_000 + number, line)
    )
    assert [(step.at, step.region, step.source, step.what) for step in steps] == [
        (10.0, "us-west-2", "bus queue", "dead-lettered"),
        (37.0, "us-west-2", "bus queue", "redriven"),
        (37.0, "ap-southeast-2", "Function replay", "replay failed, to be retried"),
        (37.001, "ap-southeast-2", "Function replay", "message replayed"),
    ]
    assert steps[0].details == {"reason": "NO_PERMISSIONS: no"}


@pytest.mark.parametrize("mark", [MARK, "text", {**MARK, "reason": 1}])
def test_a_mark_that_says_nothing_is_left_out(mark: object) -> None:
    line = json.dumps({"message": "message replayed", "redrive": mark})
    assert len(steps_of_line("us-west-2", "Function replay", 0, line)) == 1


def _lines(region: str) -> list[tuple[int, str]]:
    if region == "us-west-2":
        return []
    return [(int((AT + 0.2) * 1000), json.dumps({"message": "message replayed", "lag_ms": "190"}))]


def _noted(region: str) -> dict[str, Any]:
    here = Trace(region, lambda: AT + (0.05 if region == "us-west-2" else 0.21))
    here.delivered("publish", {"id": ID, "publishedAt": "2026-11-23T10:15:00Z"}, 3)
    return {"steps": here.steps(ID)}


@pytest.fixture
def logs(deployment: FakeDeployment, monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The log groups that were asked."""
    asked: set[str] = set()

    def lines_with(clients: Any, group: str, text: str, since: float) -> list[tuple[int, str]]:
        assert text == ID
        assert AT - 120 < since < AT
        asked.add(group)
        return _lines(clients.region) if group.endswith("-replay") else []

    monkeypatch.setattr("cli.commands.trace.lines_with", lines_with)
    monkeypatch.setattr("cli.commands.trace.home_of", lambda *_: HOME)
    monkeypatch.setattr("cli.commands.trace._LONGEST", 1e10)
    monkeypatch.setattr(
        "cli.commands.trace.ask_region_process", lambda clients, path: _noted(clients.region)
    )
    return asked


def test_one_command_shows_the_way_of_a_message(logs: set[str], run: Run) -> None:
    ran = run("trace", ID, "--json")
    assert ran.code == 0, ran.err
    steps = [(each["region"], each["step"]) for each in ran.document["steps"]]
    assert steps == [
        ("us-west-2", "delivered"),
        ("ap-southeast-2", "message replayed"),
        ("ap-southeast-2", "delivered"),
    ]
    assert [each["afterMs"] for each in ran.document["steps"]] == pytest.approx([0, 150, 160])
    for name in ("replay", "publish"):  # what back ends put on the bus is published by the latter
        assert f"/aws/lambda/globalws-us-west-2-{name}" in logs
    assert "/aws/appsync/apis/api-us-west-2" in logs


def test_a_region_that_does_not_answer_does_not_hide_the_other(
    logs: set[str], deployment: FakeDeployment, run: Run
) -> None:
    deployment.regions["us-west-2"].down = True
    ran = run("trace", ID)
    assert ran.code == 3
    assert "message replayed" in ran.out
    assert "us-west-2" in ran.err


def test_what_lies_in_a_queue_now_is_shown_with_its_reason(
    logs: set[str], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    other = {**MESSAGE, "detail": {**MESSAGE["detail"], "id": ID[:-1] + "D"}}

    def queue_of(region: Any, kind: Queue) -> FakeQueue:
        holds = region.name == "us-west-2" and kind is Queue.FUNCTION
        found = [record(), {**record(), "requestPayload": other}] if holds else []
        dead_letters = [
            replace(dead_letter(Queue.FUNCTION, body), sent_at=AT + 1, message_id=f"m-{number}")
            for number, body in enumerate(found)
        ]
        queue = FakeQueue(dead_letters)
        queue.depth = lambda: Depth(len(dead_letters), 0, 0)  # type: ignore[attr-defined]
        queue.now = lambda: AT + 2  # type: ignore[method-assign]
        return queue

    monkeypatch.setattr("cli.commands.trace.queue_of", queue_of)
    steps = run("trace", ID, "--json").document["steps"]
    (dead,) = [each for each in steps if each["step"] == "dead-lettered"]
    assert (dead["region"], dead["source"]) == ("us-west-2", "function queue")
    assert dead["details"] == {"reason": "RetriesExhausted: TransientError: HTTP 503"}
    assert dead["at"] == pytest.approx(AT + 1)


def test_an_unknown_id_is_an_error(
    logs: set[str], run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("cli.commands.trace.lines_with", lambda *_: [])
    monkeypatch.setattr("cli.commands.trace.ask_region_process", lambda *_: {"steps": []})
    ran = run("trace", ID)
    assert ran.code == 1
    assert "no region knows" in ran.err


def _sample(at: float, publishes: int, succeeded: int) -> Sample:
    appsync = {
        "connections": 2, "subscriptions": 3, "publishes": publishes, "deliveries": 3 * publishes,
        "errors": 0, "invalidations": 0, "replicationLagMs": {"count": 1, "p50": 40, "p99": 90},
    }  # fmt: skip
    function = {"counters": {"succeeded": succeeded, "functionErrors": 0}}
    bridge = {"pending": 1, "functions": [function, function]}
    return Sample(at, appsync, bridge, {"functions": {}}, {"bus": 0, "function": None})


def test_rates_are_differences_over_time() -> None:
    line = view("us-west-2", _sample(10.0, 100, 5), _sample(12.0, 150, 9))
    assert line["publishesPerSecond"] == 25
    assert line["deliveriesPerSecond"] == 75
    assert line["replaysPerSecond"] == 4
    assert line["lagMs"]["p99"] == 90


def test_a_process_that_began_anew_has_no_negative_rate() -> None:
    assert view("r", _sample(10.0, 100, 5), _sample(11.0, 1, 0))["publishesPerSecond"] == 0


def test_faults_in_force_are_named() -> None:
    plan = {
        "links": {"eu-west-1": {"down": True, "latencySeconds": 0}},
        "functions": {"f": {"errorRate": 0.5, "backoffScale": 1}},
    }
    assert faults_in(plan) == ["functions.f.errorRate 0.5", "links.eu-west-1.down"]


def test_top_prints_one_look_as_json(
    deployment: FakeDeployment, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    sample = _sample(0.0, 1, 1)

    def ask(clients: Any, path: str) -> Any:
        if clients.region == "us-west-2":
            raise UnreachableError("down")
        return {"appsync": sample.appsync, "eventbridge": sample.bridge, "faults": {}}[path]

    monkeypatch.setattr("cli.commands.top.ask_region_process", ask)
    ran = run("top", "--interval", "0.1", "--json")
    assert ran.code == 3
    (line,) = ran.document["regions"]
    assert line["deadLetters"] == {"bus": 3, "function": 0}
    assert ran.document["unreachable"][0]["region"] == "us-west-2"


def test_the_trace_forgets_the_oldest_and_measures_the_lag() -> None:
    trace = Trace("us-west-2", lambda: 1_000_000.0)
    for number in range(6_000):
        trace.taken({"detail": {"id": str(number), "name": "tech"}}, forwarded=False)
    assert trace.steps("0") == []
    assert trace.steps("5999")[0]["step"] == "accepted by the bus"
    assert trace.lag() == {"count": 0, "p50": None, "p99": None}
    trace.delivered("publishFromBus", {"id": "x", "publishedAt": "1970-01-12T13:46:39.900Z"}, 1)
    assert trace.lag() == {"count": 1, "p50": 100.0, "p99": 100.0}


def test_steps_are_in_order_of_time() -> None:
    steps = [step_of_record("r", {"at": at, "step": "s"}) for at in (3.0, 1.0, 2.0)]
    assert [step.at for step in in_order(steps)] == [1.0, 2.0, 3.0]
