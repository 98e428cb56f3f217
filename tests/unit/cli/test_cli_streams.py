"""Tail and probe, on subscriptions that are scripts."""

import asyncio
import json
from collections.abc import AsyncIterator, Callable
from typing import Any

import pytest
from globalws_client import (
    Event,
    Message,
    MessageEvent,
    RegionEndpoint,
    State,
    StateEvent,
)
from globalws_functions.domain.channel_rules import PROBE

from cli.adapters import subscriptions
from cli.errors import RefusedError
from cli.probe import probe
from tests.unit.cli.conftest import Run
from tests.unit.cli.fake_deployment import FakeDeployment

ULID = "01KB4YXW0G8Q2M7R3T5V9XZABC"
REGIONS = [
    RegionEndpoint(name, "http://127.0.0.1/graphql", "ws://127.0.0.1/graphql", "k")
    for name in ("us-west-2", "ap-southeast-2")
]


def message(text: str = "hi", id: str = ULID) -> MessageEvent:
    return MessageEvent(Message(id, "tech", text, "2026-11-23T10:15:00.123Z", "us-west-2"))


def scripts(monkeypatch: pytest.MonkeyPatch, **events: list[Event]) -> None:
    def subscribe(channel: str, region: RegionEndpoint, since: subscriptions.Since) -> Any:
        async def stream() -> AsyncIterator[Event]:
            for event in events[region.region.replace("-", "_")]:
                yield event

        return stream()

    monkeypatch.setattr(subscriptions, "subscribe", subscribe)


def test_tail_shows_each_regions_messages(
    deployment: FakeDeployment, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    live = StateEvent(State.LIVE, "us-west-2")
    scripts(monkeypatch, us_west_2=[live, message()], ap_southeast_2=[message("a\x1b[2Jb")])
    ran = run("tail", "tech", "--count", "2")
    assert ran.code == 0
    assert "us-west-2: live" in ran.err
    assert "a\\x1b[2Jb  from us-west-2" in ran.out
    ran = run("tail", "tech", "--count", "2", "--json")
    lines = [json.loads(line) for line in ran.out.splitlines()]
    assert {line["via"] for line in lines if line["type"] == "message"} == {
        "us-west-2", "ap-southeast-2"
    }  # fmt: skip


def test_only_what_came_live_has_a_lag(
    deployment: FakeDeployment, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    ids = [ULID[:-1] + last for last in "ABCDE"]
    scripts(
        monkeypatch,
        us_west_2=[
            message(id=ids[0]), StateEvent(State.LIVE, "us-west-2"), message(id=ids[1]),
            StateEvent(State.RESUMING, "us-west-2"), message(id=ids[2]),
            StateEvent(State.FAILED_OVER, "us-west-2"), message(id=ids[3]),
        ],
        ap_southeast_2=[message(id=ids[4])],
    )  # fmt: skip
    arguments = ("tail", "tech", "--since", "600", "--count", "5")
    lines = [json.loads(line) for line in run(*arguments, "--json").out.splitlines()]
    lags = {line["id"]: line["lagMs"] for line in lines if line["type"] == "message"}
    assert [lags[each] is not None for each in ids] == [False, True, False, True, False]
    shown = run(*arguments).out.splitlines()
    assert [("stored" in line, " ms  " in line) for line in shown].count((True, False)) == 3
    assert [("stored" in line, " ms  " in line) for line in shown].count((False, True)) == 2


def test_a_refused_channel_ends_tail_with_4(
    deployment: FakeDeployment, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    refused = StateEvent(
        State.REFUSED, "us-west-2", error_type="ChannelNotAllowed", reason="blocked"
    )
    scripts(monkeypatch, us_west_2=[refused], ap_southeast_2=[refused])
    ran = run("tail", "media")
    assert ran.code == 4
    assert "ChannelNotAllowed: blocked" in ran.err


@pytest.mark.parametrize("has_keys", [True, False])
def test_a_pattern_is_followed_with_iam_and_shows_channels(
    deployment: FakeDeployment, run: Run, monkeypatch: pytest.MonkeyPatch, has_keys: bool
) -> None:
    met: list[RegionEndpoint] = []

    async def subscribe(
        channel: str, region: RegionEndpoint, since: subscriptions.Since
    ) -> AsyncIterator[Event]:
        met.append(region)
        yield StateEvent(State.LIVE, region.region)
        yield message()

    monkeypatch.setattr(subscriptions, "subscribe", subscribe)
    for region in deployment.regions.values():
        region.outputs = {} if has_keys else {"ApiKey": ""}
    ran = run("tail", "te:*", "--count", "2")
    assert ran.code == 0, ran.err
    assert "#tech  hi" in ran.out
    for endpoint in met:
        assert isinstance(endpoint, subscriptions.SignedEndpoint)
        assert endpoint.credentials == f"credentials of {endpoint.region}"
    met.clear()
    assert run("tail", "tech", "--count", "2").code == 0
    signed = [isinstance(endpoint, subscriptions.SignedEndpoint) for endpoint in met]
    assert signed == [not has_keys] * 2
    assert run("tail", "te:*", "--rewind", "3").code == 2


class Bus:
    """Publishing reaches every live subscription."""

    def __init__(self) -> None:
        self.queues: dict[str, asyncio.Queue[Event]] = {}
        self.loop = asyncio.get_running_loop()

    def subscribe(self, cut_off: str = "") -> Callable[..., Any]:
        def subscribe(channel: str, region: RegionEndpoint, since: subscriptions.Since) -> Any:
            queue: asyncio.Queue[Event] = asyncio.Queue()
            if region.region != cut_off:
                self.queues[region.region] = queue
                queue.put_nowait(StateEvent(State.LIVE, region.region))

            async def stream() -> AsyncIterator[Event]:
                while True:
                    yield await queue.get()

            return stream()

        return subscribe

    def publish(self, region: str, id: str) -> None:
        for queue in self.queues.values():
            self.loop.call_soon_threadsafe(queue.put_nowait, message(id=id))


async def test_a_probe_measures_every_direction() -> None:
    bus = Bus()
    pairs = await probe("tech", REGIONS, bus.publish, 5, bus.subscribe())
    assert len(pairs) == 4
    assert all(pair["ms"] >= 0 and pair["error"] is None for pair in pairs)


def test_a_probe_is_published_on_no_users_channel(
    deployment: FakeDeployment, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    states: dict[str, list[Event]] = {
        name.replace("-", "_"): [StateEvent(State.LIVE, name)] for name in deployment.regions
    }
    scripts(monkeypatch, **states)
    monkeypatch.setattr("cli.commands.status.alarms_of", lambda *_: [])
    assert run("status", "--probe", "--timeout", "0.1").code == 3  # nothing comes back here
    for region in deployment.regions.values():
        assert [each["name"] for each in region.published] == [PROBE]
        assert PROBE not in region.decided


async def test_a_probe_tells_what_did_not_arrive() -> None:
    bus = Bus()
    pairs = await probe("tech", REGIONS, bus.publish, 0.4, bus.subscribe("ap-southeast-2"))
    missing = [pair for pair in pairs if pair["ms"] is None]
    assert [pair["to"] for pair in missing] == ["ap-southeast-2"] * 2
    assert "no connection" in missing[0]["error"]


async def test_a_probe_tells_what_was_refused() -> None:
    bus = Bus()

    def publish(region: str, id: str) -> None:
        if region == "us-west-2":
            raise RefusedError("ChannelNotAllowed", "no")
        bus.publish(region, id)

    pairs = await probe("tech", REGIONS, publish, 5, bus.subscribe())
    errors = {pair["from"]: pair["error"] for pair in pairs}
    assert errors == {"us-west-2": "ChannelNotAllowed: no", "ap-southeast-2": None}
