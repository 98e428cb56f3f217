"""How leases and memberships end: by the sweep, and by commands."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from globalws_functions.domain.channel_patterns import covers
from globalws_functions.domain.command import read_command
from globalws_functions.domain.errors import (
    GlobalwsError,
    InvalidEventError,
    TransientError,
)
from globalws_functions.domain.leases import Lease, LeaseKeeper, Member, Sweep, Target
from globalws_functions.domain.sweep import RESERVE_SECONDS, ended_by, sweep_times

from tests.support.functions import (
    NOW,
    Context,
    FakeClock,
    command_event,
    load_handler,
    reset_event,
    sample,
)

TAKEN = datetime(2026, 11, 23, 10, 15, tzinfo=UTC)
ALICE, BOB = "01KB4YXW0G8Q2M7R3T5V9XZABC", "01KB4YXW0G8Q2M7R3T5V9XZABD"


@dataclass
class World:
    """Leases, members and a bus in memory; `failing` names what raises, once each."""

    leases: dict[str, Lease] = field(default_factory=dict)
    marked: set[str] = field(default_factory=set)
    members: dict[tuple[str, str], str] = field(default_factory=dict)
    seqs: dict[tuple[str, str], int] = field(default_factory=dict)
    between: Callable[[], None] = lambda: None  # happens after an announcement
    left: list[tuple[str, str, int]] = field(default_factory=list)
    watchers_ended: list[Target] = field(default_factory=list)
    failing: list[str] = field(default_factory=list)
    failures: list[tuple[str, GlobalwsError]] = field(default_factory=list)

    def enter(
        self, connection: str, user: str, *channels: str, ends: int = -1, seq: int | None = None
    ) -> None:
        expires_at = NOW + timedelta(seconds=ends)
        seq = len(channels) if seq is None else seq
        self.leases[connection] = Lease(connection, user, channels, seq, expires_at)
        for channel in channels:
            self.members[channel, connection] = user
            self.seqs[channel, connection] = seq

    def keeper(self) -> LeaseKeeper:
        return LeaseKeeper(
            leases=_Leases(self),
            members=_Members(self),
            api=_Api(self),
            clock=lambda: NOW,
            failure=lambda connection, error: self.failures.append((connection, error)),
        )

    def check(self, step: str) -> None:
        if step in self.failing:
            self.failing.remove(step)
            raise TransientError(step)


@dataclass
class _Leases:
    world: World

    def expired(self, now: datetime) -> Iterator[Lease]:
        for lease in list(self.world.leases.values()):
            if lease.expires_at <= now or lease.connection in self.world.marked:
                yield lease

    def of_user(self, user: str) -> Iterator[Lease]:
        return iter([lease for lease in self.world.leases.values() if lease.user == user])

    def mark(self, lease: Lease, *, though_renewed: bool) -> bool:
        self.world.check("mark")
        now = self.world.leases[lease.connection]
        if now.seq != lease.seq or (now.expires_at != lease.expires_at and not though_renewed):
            return False
        self.world.marked.add(lease.connection)
        return True

    def delete(self, lease: Lease) -> None:
        self.world.check("delete lease")
        del self.world.leases[lease.connection]

    def leave(self, connection: str, channel: str) -> int:
        lease = self.world.leases.get(connection)
        if lease is None:
            return 0
        rest = tuple(each for each in lease.channels if each != channel)
        self.world.leases[connection] = replace(lease, channels=rest, seq=lease.seq + 1)
        return lease.seq + 1


@dataclass
class _Members:
    world: World

    def covered(self, pattern: str) -> Iterator[Member]:
        for (channel, connection), user in list(self.world.members.items()):
            if covers(pattern, channel):
                seq = self.world.seqs.get((channel, connection), 1)
                yield Member(channel, connection, user, seq)

    def delete(self, channel: str, connection: str, before: int) -> None:
        self.world.check("delete member")
        if self.world.seqs.get((channel, connection), 0) < before:
            self.world.members.pop((channel, connection), None)


@dataclass
class _Api:
    world: World

    def announce_leave(self, channel: str, user: str, connection: str, seq: int) -> None:
        self.world.check("announce")
        self.world.left.append((channel, user, seq))
        self.world.between()

    def end_presence(self, id: str, is_user: bool) -> None:
        self.world.watchers_ended.append(Target(id, is_user))


def always() -> bool:
    return True


def test_an_expired_lease_becomes_one_leave_in_each_of_its_channels() -> None:
    world = World()
    world.enter(ALICE, "alice", "cars", "tech")
    world.enter(BOB, "bob", "tech", ends=1)
    assert world.keeper().sweep(always) == Sweep(leases=1, members=2)
    assert world.left == [("cars", "alice", 3), ("tech", "alice", 3)]
    assert set(world.leases) == {BOB}
    assert set(world.members) == {("tech", BOB)}
    assert world.keeper().sweep(always) == Sweep()


def test_a_lease_that_was_renewed_meanwhile_stays() -> None:
    world = World()
    world.enter(ALICE, "alice", "cars")
    keeper = world.keeper()
    stale = [world.leases[ALICE]]
    world.enter(ALICE, "alice", "cars", ends=75)
    assert keeper._end(stale, always, though_renewed=False) == Sweep()
    assert world.left == []


@pytest.mark.parametrize("step", ["mark", "announce", "delete member", "delete lease"])
def test_a_crash_at_any_step_repeats_the_leave_and_never_loses_it(step: str) -> None:
    world = World(failing=[step])
    world.enter(ALICE, "alice", "cars")
    world.enter(BOB, "bob", "cars")
    first = world.keeper().sweep(always)
    assert (first.failed, first.leases) == (1, 1)
    assert [connection for connection, _ in world.failures] == [ALICE]
    assert world.keeper().sweep(always).leases == 1
    assert world.leases == {}
    assert world.members == {}
    # Repeated with the same number, so that receivers drop it.
    assert set(world.left) == {("cars", "alice", 2), ("cars", "bob", 2)}


def test_who_is_shut_out_is_no_member_and_watches_nobody() -> None:
    world = World()
    world.enter(ALICE, "alice", "cars", "tech", ends=75)
    world.enter(BOB, "bob", "tech", ends=75)
    assert world.keeper().shut_out(USER, always) == Sweep(leases=1, members=2)
    assert world.watchers_ended == [USER]
    assert set(world.leases) == {BOB}


def test_members_of_a_pattern_leave_its_channels_and_keep_their_others() -> None:
    world = World()
    world.enter(ALICE, "alice", "chat:1", "tech", ends=75)
    world.enter(BOB, "bob", "chat:2", ends=75)
    assert world.keeper().end(Target("chat:*", is_user=False), always) == Sweep(members=2)
    assert world.left == [("chat:1", "alice", 3), ("chat:2", "bob", 2)]
    assert world.leases[ALICE].channels == ("tech",)
    assert set(world.members) == {("tech", ALICE)}


def test_a_member_without_a_lease_is_taken_off_the_list() -> None:
    world = World(members={("cars", ALICE): "alice"})
    world.keeper().end(Target("cars", is_user=False), always)
    assert (world.left, world.members) == ([], {})


def test_who_enters_again_while_a_pattern_is_ended_stays_a_member() -> None:
    """The client was told of the end, and is faster than what takes it off the list."""
    world = World()
    world.enter(ALICE, "alice", "cars", ends=75)
    world.between = lambda: world.enter(ALICE, "alice", "cars", ends=76, seq=3)
    world.keeper().end(Target("cars", is_user=False), always)
    assert world.left == [("cars", "alice", 2)]
    assert set(world.members) == {("cars", ALICE)}


def test_heartbeats_keep_no_lease_of_a_user_who_is_shut_out() -> None:
    world = World()
    world.enter(ALICE, "alice", "cars", ends=75)
    keeper, read = world.keeper(), [world.leases[ALICE]]
    world.leases[ALICE] = replace(read[0], expires_at=NOW + timedelta(seconds=80))
    assert keeper._end(read, always, though_renewed=True) == Sweep(leases=1, members=1)
    assert world.leases == {}


def test_a_sweep_ends_when_its_time_is_over_and_the_next_one_goes_on() -> None:
    world, left = World(), iter([True, True, False])
    for number in range(5):
        world.enter(f"{ALICE[:-1]}{number}", f"user-{number}", "cars")
    assert world.keeper().sweep(lambda: next(left)) == Sweep(leases=2, members=2)
    assert world.keeper().sweep(always) == Sweep(leases=3, members=3)


@pytest.mark.parametrize("target", [Target("cars", is_user=False), Target("alice", is_user=True)])
def test_what_a_command_has_no_time_for_lambda_goes_on_with(target: Target) -> None:
    world, left = World(), iter([True, False])
    world.enter(ALICE, "alice", "cars", ends=75)
    world.enter(BOB, "alice", "cars", ends=75)
    with pytest.raises(TransientError, match="time ran out after 1 "):
        world.keeper().end(target, lambda: next(left))
    assert world.keeper().end(target, always).members == 1


CHANNEL = Target("tech", is_user=False)
USER = Target("alice", is_user=True)


@pytest.mark.parametrize(
    ("event", "target"),
    [
        (command_event("ChannelPolicyChanged", allowed=False), CHANNEL),
        (command_event("ChannelPolicyChanged", allowed=True), None),
        (command_event("ChannelPolicyChanged", allowed=True, subscribe="signed-in"), CHANNEL),
        (reset_event(), CHANNEL),
        (command_event("PurgeRequested"), CHANNEL),
    ],
)
def test_a_command_that_may_shut_out_ends_members(
    event: dict[str, Any], target: Target | None
) -> None:
    event = {**event, "detail": {**event["detail"], "name": "tech"}}
    assert ended_by(read_command(event)) == target


def test_a_run_sweeps_at_once_and_every_ten_seconds_until_its_time_is_over() -> None:
    clock = FakeClock()
    end = clock.seconds + 60
    pauses = []
    for pause in sweep_times(10, lambda: end - clock.seconds, clock.monotonic):
        pauses.append(pause)
        clock.sleep(pause + 1)  # a sweep takes a second
    assert pauses == [0, 9, 9, 9, 9, 9]
    assert end - clock.seconds >= RESERVE_SECONDS - 1


def test_the_sweep_takes_nothing_but_schedules_and_commands(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    module = load_handler("sweep", monkeypatch)
    with pytest.raises(InvalidEventError):
        module.handler(sample("sweep-malformed"), Context())
    with pytest.raises(InvalidEventError):
        module.handler(sample("replay"), Context())


def test_the_sweep_runs_by_the_schedule(monkeypatch: pytest.MonkeyPatch) -> None:
    module, world = load_handler("sweep", monkeypatch), World()
    world.enter(ALICE, "alice", "cars")
    monkeypatch.setattr(module, "_keeper", world.keeper)
    answer = module.handler(sample("sweep"), Context(remaining_ms=int(RESERVE_SECONDS * 1000)))
    assert answer == {"leases": 1, "members": 1, "failed": 0}
