"""The journal: group commit, order, one owner, and failures."""

import sqlite3
from pathlib import Path

import pytest

from emulator.eventbridge.entries import CallError
from emulator.eventbridge.ports import DeliveryError
from emulator.eventbridge.store import Change, Journal, Row
from tests.unit.eventbridge.eventbridge_fakes import (
    FakeClock,
    FakePorts,
    bridge,
    bus_arn,
    entry,
    rule,
    settle,
    to_function,
)


@pytest.mark.parametrize("commits", [1, 1_000])
async def test_changes_are_applied_in_order_and_kept(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, commits: int
) -> None:
    monkeypatch.setattr("emulator.eventbridge.store._COMMITS_PER_CHECKPOINT", commits)
    path = tmp_path / "jobs.sqlite"
    journal = Journal(path)
    rows = [Row(journal.new_id(), "delivery", "body", "{}") for _ in range(100)]
    written = [journal.write(Change(add=[row])) for row in rows]
    for row in rows[:50]:
        journal.write(Change(update=[("changed", row.id)]))
    for row in rows[50:]:
        journal.write(Change(remove=[row.id]))
    for one in written:
        await one
    await journal.close()
    again = Journal(path)
    assert [(row.id, row.state) for row in again.load()] == [(n, "changed") for n in range(1, 51)]
    assert again.new_id() == 51
    await again.close()


async def test_a_group_that_fails_leaves_nothing(tmp_path: Path) -> None:
    journal = Journal(tmp_path / "jobs.sqlite")
    twice = Row(1, "delivery", "", "")
    with pytest.raises(sqlite3.IntegrityError):
        await journal.write(Change(add=[twice, twice]))
    assert journal.load() == []
    await journal.write(Change(add=[twice]))
    await journal.close()


async def test_a_store_has_one_owner(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    connect = sqlite3.connect
    monkeypatch.setattr(
        sqlite3, "connect", lambda *args, **kwargs: connect(*args, timeout=0, **kwargs)
    )
    path = tmp_path / "jobs.sqlite"
    journal = Journal(path)
    with pytest.raises(sqlite3.OperationalError, match="locked"):
        Journal(path)
    await journal.close()


async def test_what_cannot_be_stored_is_not_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    world, clock = FakePorts(), FakeClock()
    service = bridge(world, clock, rule("replay", to_function()))
    await service.start()

    def full(self: Journal, changes: object) -> None:
        raise sqlite3.OperationalError("database or disk is full")

    with monkeypatch.context() as broken:
        broken.setattr(Journal, "_commit", full)
        with pytest.raises(CallError) as refused:
            await service.put_events("globalws", [entry()])
        assert refused.value.code == "InternalException"
        event = {"source": "globalws"}
        with pytest.raises(DeliveryError) as unstored:
            await service.receive_from_bus(bus_arn(), [event])
        assert unstored.value.retryable
    await settle()
    assert service.pending == 0
    assert not world.invoked
    await service.close()


async def test_the_log_of_the_file_does_not_grow_without_end(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("emulator.eventbridge.store._BYTES_PER_CHECKPOINT", 50_000)
    journal = Journal(tmp_path / "jobs.sqlite")
    for _ in range(200):
        row = Row(journal.new_id(), "delivery", "x" * 10_000, "{}")
        await journal.write(Change(add=[row]))
        journal.write(Change(remove=[row.id]))
    assert (tmp_path / "jobs.sqlite-wal").stat().st_size < 500_000
    await journal.close()
