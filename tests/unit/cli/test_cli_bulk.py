"""`globalws publish --file`: ten a call, and each line once, however often it is interrupted."""

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from globalws_functions.domain.fields import ULID
from globalws_functions.domain.publish_request import read_publish_requested
from hypothesis import given, settings
from hypothesis import strategies as st

from cli import bulk
from cli.domain.bulk import MOST_BYTES, Line, Progress, entries_of, read_line
from cli.domain.names import new_ulid
from cli.errors import CliError, UnreachableError
from cli.targets.target import Region
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_deployment import FakeDeployment
from tests.unit.cli.samples import event

WEST, SYDNEY = "us-west-2", "ap-southeast-2"


class Buses:
    """What buses took; each call may fail, before or after the bus has taken it."""

    def __init__(self) -> None:
        self.taken: list[tuple[str, dict[str, str]]] = []
        self.calls = 0
        self.script: list[str] = []
        self.always = "ok"

    def put(self, clients: Any, bus: str, detail_type: str, details: Any) -> list[Any]:
        assert detail_type == "PublishRequested"
        assert len(details) <= 10
        self.calls += 1
        outcome = self.script.pop(0) if self.script else self.always
        if outcome == "down" or outcome == f"{clients.region} down":
            raise UnreachableError(f"{clients.region} does not answer")
        half = len(details) // 2 if outcome == "half" else len(details)
        self.taken += [(clients.region, dict(each)) for each in details[:half]]
        if outcome == "killed after":
            raise KeyboardInterrupt
        if outcome == "lost answer":
            raise UnreachableError("no answer")
        return list(details[half:])

    def messages(self) -> dict[str, dict[str, str]]:
        """By id: a bus's duplicates are dropped by their ids."""
        found: dict[str, dict[str, str]] = {}
        for _, detail in self.taken:
            assert found.setdefault(detail["id"], detail) == detail
        return found


@pytest.fixture
def buses(monkeypatch: pytest.MonkeyPatch) -> Buses:
    """The buses, with no time between attempts."""
    fake = Buses()
    monkeypatch.setattr(bulk, "put_events", fake.put)
    monkeypatch.setattr(bulk, "_FIRST_WAIT_SECONDS", 0.0)
    return fake


def _file(path: Path, count: int) -> Path:
    file = path / "messages.jsonl"
    lines = [json.dumps({"name": "tech", "message": f"m{n}"}) for n in range(count)]
    file.write_text("\n".join(lines) + "\n")
    return file


def _texts(buses: Buses) -> list[str]:
    return [detail["message"] for _, detail in sorted(buses.messages().items())]


def test_a_file_is_published_ten_a_call_in_the_order_of_its_lines(
    deployment: FakeDeployment, run: Run, buses: Buses, tmp_path: Path
) -> None:
    file = _file(tmp_path, 457)
    ran = run("publish", "--file", str(file), "--json")
    assert ran.code == 0, ran.err
    assert ran.document == {
        "file": str(file), "messages": 457, "lines": 457, "continuedAfterLine": 0, "putIn": WEST
    }  # fmt: skip
    assert buses.calls == 46  # parts of 200, 200 and 57 lines
    assert _texts(buses) == [f"m{n}" for n in range(457)]
    assert all(ULID.fullmatch(id) for id in buses.messages())
    again = run("publish", "--file", str(file))
    assert again.code == 0
    assert "lines up to 457 are published" in again.err
    assert len(buses.taken) == 457


def test_events_keep_their_contract(
    deployment: FakeDeployment, run: Run, buses: Buses, tmp_path: Path
) -> None:
    assert run("publish", "--file", str(_file(tmp_path, 3))).code == 0
    assert len(buses.taken) == 3
    for _, detail in buses.taken:
        now = datetime.now(UTC).isoformat()
        read = read_publish_requested(event("PublishRequested", detail) | {"time": now})
        assert (read.id, read.message) == (detail["id"], detail["message"])


def test_a_deployment_that_would_not_publish_them_is_refused(
    deployment: FakeDeployment, run: Run, buses: Buses, tmp_path: Path
) -> None:
    for region in deployment.regions.values():
        region.outputs = {"PublishFunctionName": ""}
    ran = run("publish", "--file", str(_file(tmp_path, 3)))
    assert ran.code == 1
    assert "deploy the current template" in ran.err
    assert buses.taken == []


@pytest.mark.parametrize("outcome", ["down", "killed after", "lost answer", "half"])
def test_a_command_that_was_cut_off_continues_without_duplicates(
    deployment: FakeDeployment, run: Run, buses: Buses, tmp_path: Path, outcome: str
) -> None:
    file = _file(tmp_path, 450)
    buses.script = ["ok"] * 25 + [outcome]
    if outcome == "down":
        buses.script += ["down"] * 200
    code = run("publish", "--file", str(file)).code
    assert code == {"down": 5, "killed after": 130}.get(outcome, 0)
    buses.script = []
    assert run("publish", "--file", str(file)).code == 0
    assert _texts(buses) == [f"m{n}" for n in range(450)]


def test_another_regions_bus_takes_over(
    deployment: FakeDeployment, run: Run, buses: Buses, tmp_path: Path
) -> None:
    buses.always = f"{WEST} down"
    ran = run("publish", "--file", str(_file(tmp_path, 30)), "--json")
    assert (ran.code, ran.document["putIn"]) == (0, SYDNEY)
    assert "trying ap-southeast-2" in ran.err
    assert len(buses.messages()) == 30


def test_a_line_without_a_name_has_the_channel_of_the_command(
    deployment: FakeDeployment, run: Run, buses: Buses, tmp_path: Path
) -> None:
    file = tmp_path / "m.jsonl"
    file.write_text('{"message": "a"}\n\n{"message": "b", "name": "chat:1"}\n')
    assert run("publish", "tech", "--file", str(file)).code == 0
    assert [detail["name"] for _, detail in buses.taken] == ["tech", "chat:1"]


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("{", "line 2 is not JSON"),
        ("[]", "line 2 is not {"),
        ('{"name": "tech", "message": "x", "ids": 1}', "line 2 is not {"),
        ('{"message": "x"}', "not a channel name"),
        ('{"name": "a::b", "message": "x"}', "not a channel name"),
        ('{"name": "tech", "message": " "}', "line 2: the message is missing, empty"),
        ('{"name": "tech", "message": 7}', "line 2: the message is missing"),
        ('{"name": "tech", "message": "\\ud800"}', "not UTF-8"),
        (json.dumps({"name": "tech", "message": "x" * 204_799}), "more than 204,800 bytes"),
    ],
)
def test_a_malformed_line_is_named_and_nothing_is_published(
    deployment: FakeDeployment, run: Run, buses: Buses, tmp_path: Path, text: str, what: str
) -> None:
    file = tmp_path / "m.jsonl"
    file.write_text('{"name": "tech", "message": "good"}\n' + text + "\n")
    ran = run("publish", "--file", str(file))
    assert ran.code == 2
    assert what in ran.err
    assert "nothing was published" in ran.err
    assert buses.calls == 0


def test_a_changed_file_is_not_continued(
    deployment: FakeDeployment, run: Run, buses: Buses, tmp_path: Path
) -> None:
    file = _file(tmp_path, 20)
    assert run("publish", "--file", str(file)).code == 0
    _file(tmp_path, 21)
    ran = run("publish", "--file", str(file))
    assert ran.code == 2
    assert "delete it to publish" in ran.err
    (tmp_path / "messages.jsonl.progress").write_text("[]")
    assert run("publish", "--file", str(file)).code == 2


def test_a_part_that_is_too_old_is_not_repeated(
    deployment: FakeDeployment, run: Run, buses: Buses, tmp_path: Path
) -> None:
    file = _file(tmp_path, 20)
    buses.always = "down"
    assert run("publish", "--file", str(file)).code == 5
    kept = tmp_path / "messages.jsonl.progress"
    document = json.loads(kept.read_text())
    kept.write_text(json.dumps({**document, "begun_at": document["begun_at"] - 24 * 3_600_000}))
    ran = run("publish", "--file", str(file))
    assert ran.code == 2
    assert "lines 1 to 20 were begun more than 23 hours ago" in ran.err


@pytest.mark.parametrize("arguments", [("tech",), ("tech", "x", "--file", "m"), ()])
def test_either_a_message_or_a_file(
    deployment: FakeDeployment, run: Run, arguments: tuple[str, ...]
) -> None:
    assert run("publish", *arguments).code == 2


def test_no_call_is_larger_than_putevents_takes() -> None:
    progress = Progress.new("d", bytes(8)).begin(1_790_000_000_000, 9)
    lines = [Line(number, "tech", "é" * 50_000) for number in range(1, 10)]
    batches = list(entries_of(lines, progress))
    assert [len(batch) for batch in batches] == [2, 2, 2, 2, 1]
    assert all(len(json.dumps(each, ensure_ascii=False).encode()) < MOST_BYTES for each in batches)


@settings(max_examples=30, deadline=None)
@given(st.lists(st.sampled_from(["ok", "half", "down", "lost answer", "killed after"])), st.data())
def test_however_it_is_interrupted_each_line_has_one_id(
    tmp_path_factory: pytest.TempPathFactory, script: list[str], data: st.DataObject
) -> None:
    count = data.draw(st.integers(1, 60))
    file = _file(tmp_path_factory.mktemp("bulk"), count)
    fake = Buses()
    fake.script = script
    region: Any = type("R", (), {"name": WEST, "output": lambda *_: "bus"})()
    region.clients = type("C", (), {"region": WEST})()
    regions: list[Region] = [region]
    patch = pytest.MonkeyPatch()
    patch.setattr(bulk, "put_events", fake.put)
    patch.setattr(bulk, "_FIRST_WAIT_SECONDS", 0.0)
    patch.setattr(bulk, "_PART", data.draw(st.integers(1, 30)))
    try:
        for _ in range(len(script) + 1):
            patch.setattr(bulk, "_PART", data.draw(st.integers(1, 30)))
            try:
                bulk.Bulk(file, None).publish(regions, print, lambda _: None)
                break
            except (CliError, KeyboardInterrupt):
                continue
    finally:
        patch.undo()
    assert sorted(_texts(fake), key=lambda text: int(text[1:])) == [f"m{n}" for n in range(count)]
    assert _texts(fake) == [f"m{n}" for n in range(count)]


def test_a_line_is_read_as_it_is() -> None:
    assert read_line(3, b'{"message": "caf\xc3\xa9"}', "tech") == Line(3, "tech", "café")
    assert read_line(4, b" \n", "tech") is None
    assert len(new_ulid()) == 26
