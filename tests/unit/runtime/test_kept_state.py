"""A run starts from the last good state."""

import json
import sqlite3
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from emulator.runtime.stack.aws_main import seal
from emulator.runtime.stack.kept import KeptState, KeptStateError, Versions

_RECORD = {"us-west-2": {"stack": "globalws-us-west-2"}}


class World:
    """A folder of states, and what was said about them."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.said: list[str] = []

    def state(self, emulator: str = "1", journal: str = "1") -> KeptState:
        return KeptState(self.folder, Versions(emulator, journal), self.said.append)

    def run(
        self,
        text: str = "",
        *,
        good: bool = True,
        emulator: str = "1",
        journal: str = "1",
        events: int = 0,
    ) -> str:
        """One run: it finds the text that an earlier one left, leaves `text`, and ends well.

        `events` are added to those that its bus has not delivered.
        """
        generation = self.state(emulator, journal).open()
        kept = generation.folder / "aws" / "dynamodb.json"
        found = kept.read_text() if kept.exists() else ""
        assert bool(generation.deployed()) == bool(found)
        kept.parent.mkdir(exist_ok=True)
        kept.write_text(text)
        if not generation.deployed():
            generation.record(_RECORD)
        data = generation.data("us-west-2")
        data.mkdir(parents=True, exist_ok=True)
        with closing(sqlite3.connect(data / "eventbridge.sqlite")) as database:
            database.execute("CREATE TABLE IF NOT EXISTS jobs (body TEXT)")
            database.executemany("INSERT INTO jobs VALUES (?)", [("event",)] * events)
            database.commit()
        if good:
            seal(generation.folder)
        generation.close()
        return found

    def newest(self) -> Path:
        return max(self.folder.glob("[0-9]*"), key=lambda path: int(path.name))


@pytest.fixture
def world(tmp_path: Path) -> World:
    return World(tmp_path / "kept")


def test_each_run_starts_from_the_one_before(world: World) -> None:
    assert [world.run(text) for text in ("a", "b", "c")] == ["", "a", "b"]
    assert len(list(world.folder.iterdir())) == 2
    assert world.said == []


def test_a_run_that_was_killed_counts_for_nothing(world: World) -> None:
    world.run("good")
    for _ in range(2):
        assert world.run("killed", good=False) == "good"
    assert world.run("next") == "good"
    assert world.said == ["the local AWS was killed in the last run: what changed then is lost"] * 2


def test_a_run_whose_deploy_failed_counts_for_nothing(world: World) -> None:
    world.run("good")
    generation = world.state().open()
    generation.forget_deployed()
    seal(generation.folder)
    generation.close()
    assert world.run("next") == "good"
    assert world.said == []


def test_fresh_forgets(world: World) -> None:
    world.run("a")
    world.state().forget()
    assert world.run("b") == ""


def _cut_off(generation: Path) -> None:
    path = generation / "aws" / "dynamodb.json"
    path.write_text(path.read_text()[:-1])


def _lost(generation: Path) -> None:
    (generation / "aws" / "dynamodb.json").unlink()


def _more(generation: Path) -> None:
    (generation / "aws" / "sqs.json").write_text("{}")


def _record(text: str) -> Callable[[Path], None]:
    def damage(generation: Path) -> None:
        (generation / "deployed.json").write_text(text)

    return damage


def _seal(text: str) -> Callable[[Path], None]:
    def damage(generation: Path) -> None:
        (generation / "seal.json").write_text(text)

    return damage


def _versions(text: str) -> Callable[[Path], None]:
    def damage(generation: Path) -> None:
        (generation / "versions.json").write_text(text)

    return damage


def _unversioned(generation: Path) -> None:
    (generation / "versions.json").unlink()


def _journal(generation: Path) -> None:
    (path,) = generation.glob("data/*/*.sqlite")
    path.write_bytes(path.read_bytes()[:512] + b"\xff" * 8000)


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (_cut_off, "it is damaged"),
        (_lost, "it is damaged"),
        (_more, "it is damaged"),
        (_journal, "it is damaged"),
        (_seal("{"), "it is damaged"),
        (_seal("[]"), "it is damaged"),
        (_seal("[" * 100_000), "it is damaged"),
        (_record("\xff"), "it is damaged"),
        (_record(""), "it is damaged"),
        (_record("[]"), "it is damaged"),
        (_versions("{"), "it is damaged"),
        (_versions('{"layout": "0"}'), "another version of GlobalWS made it"),
        (_unversioned, "another version of GlobalWS made it"),
    ],
)
def test_a_state_that_cannot_be_used_is_put_aside_with_a_word(
    world: World, damage: Callable[[Path], None], why: str
) -> None:
    world.run("good")
    world.run("damaged")
    damage(world.newest())
    assert world.run("next") == "good"
    assert world.said == [
        f"the state of the last run is not used: {why}; it is now in {world.folder / 'aside'}"
    ]
    assert (world.folder / "aside" / "deployed.json").exists()


def test_a_state_of_another_emulator_is_put_aside(world: World) -> None:
    world.run("old")
    assert world.run("new", emulator="2") == ""
    assert "another version of the local AWS made it" in world.said[0]
    assert json.loads((world.newest() / "versions.json").read_text())["emulator"] == "2"


def test_events_that_another_version_kept_are_put_aside_with_their_state(world: World) -> None:
    world.run("good")
    world.run("with events", events=2)
    assert world.run("next", journal="2") == "good"
    assert "another version of GlobalWS left 2 events in it" in world.said[0]


def test_a_journal_of_another_version_without_events_is_made_anew(world: World) -> None:
    world.run("good")
    assert world.run("next", journal="2") == "good"
    assert world.said == []
    assert world.run("last", journal="2", events=1) == "next"
    assert world.run("", journal="2") == "last"
    assert world.said == []


def test_events_are_kept_from_run_to_run(world: World) -> None:
    world.run("a", events=2)
    world.run("b", events=1)
    (journal,) = world.newest().glob("data/*/*.sqlite")
    with closing(sqlite3.connect(journal)) as database:
        assert database.execute("SELECT count(*) FROM jobs").fetchone() == (3,)


async def test_processes_of_an_earlier_run_are_waited_for(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.runtime.stack.kept._WAIT_SECONDS", 0.0)
    generation = world.state().open()
    with pytest.raises(KeptStateError, match="end them first"):
        await world.state().until_free()
    generation.close()
    await world.state().until_free()
