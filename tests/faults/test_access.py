"""A user's block and grants go from region to region within the seconds that are promised."""

import asyncio
import json
import time
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.faults.conftest import FaultRun
from tests.support.clients import PUBLISH, Publisher, listening, token_of
from tests.support.events import put_events
from tests.support.publishing import new_id
from tests.support.waiting import until

pytestmark = [pytest.mark.faults, pytest.mark.timeout(500)]

_PROMISED_SECONDS = 5.0
_USER = "alice"


class _Visitor:
    """A user of the second region, about whom the first region's operators decide."""

    def __init__(self, run: FaultRun, token: str) -> None:
        self._campaign = run.campaign
        self._token = token
        self.here, self.there = run.campaign.stack.running.regions

    def listening(self, name: str) -> Any:
        """Subscribe in the second region."""
        return listening(self.there, name, self._token)

    async def command(self, detail_type: str, **detail: Any) -> float:
        """Put it on the first region's bus; when that was."""
        # With an instant of its own: the bus's time is in seconds.
        at = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        about = {} if "name" in detail else {"user": _USER}
        usual = {"id": new_id(), "at": at, "reason": "test", "by": "a test"}
        text = json.dumps({**usual, **about, **detail})
        await put_events(self._campaign.session, self.here, [(detail_type, text)])
        return time.monotonic()

    async def refusal(self, name: str) -> str:
        """How a publish in the second region ends: an error's type, or empty."""
        publisher = Publisher(self.there, self._campaign.session, self._token)
        answer = await publisher.execute(PUBLISH, name=name, message="x")
        errors = answer.get("errors") or [{"errorType": ""}]
        return str(errors[0]["errorType"])

    async def until(self, name: str, wanted: str) -> None:
        """Wait until a publish ends so."""

        async def ends_so() -> bool:
            return await self.refusal(name) == wanted

        await until(ends_so, 30.0, f"{_USER} on {name}: not {wanted or 'accepted'}")


async def _visitor(run: FaultRun) -> _Visitor:
    token = await token_of(run.campaign.session, run.campaign.stack.running, _USER)
    return _Visitor(run, token)


async def test_a_user_blocked_in_one_region_is_out_in_the_other(fault_run: FaultRun) -> None:
    visitor = await _visitor(fault_run)
    await fault_run.campaign.publish(20)
    seconds = []
    try:
        for _ in range(2):  # the first time, functions start
            async with visitor.listening("cars") as subscription:
                blocked_at = await visitor.command("UserPolicyChanged", allowed=False)
                await asyncio.wait_for(subscription.ended.wait(), 30.0)
                await visitor.until("cars", "UserBlocked")
                seconds.append(time.monotonic() - blocked_at)
            await visitor.command("UserPolicyChanged", allowed=True)
            await visitor.until("cars", "")
    finally:
        await visitor.command("UserPolicyChanged", allowed=True)
    await fault_run.campaign.publish(20)
    await fault_run.prove(
        "a user blocked in one region",
        f"out in the other after {seconds[1]:.1f} s, and in again after an allow",
    )
    assert seconds[1] < _PROMISED_SECONDS


async def test_a_grant_of_one_region_opens_the_other(fault_run: FaultRun) -> None:
    visitor = await _visitor(fault_run)
    name = f"fault-{new_id().lower()}:42"
    pattern = f"{name.split(':')[0]}:*"
    opened, closed = [], []
    await visitor.command(
        "ChannelPolicyChanged", name=pattern, allowed=True, publish="granted", subscribe="granted"
    )
    try:
        await visitor.until(name, "AccessDenied")
        for _ in range(2):
            both = {"channel": name, "operations": ["publish", "subscribe"]}
            granted_at = await visitor.command("UserGrantChanged", **both)
            await visitor.until(name, "")
            opened.append(time.monotonic() - granted_at)
            async with visitor.listening(name) as subscription:
                revoked_at = await visitor.command("UserGrantChanged", channel=name, operations=[])
                await asyncio.wait_for(subscription.ended.wait(), 30.0)
                await visitor.until(name, "AccessDenied")
                closed.append(time.monotonic() - revoked_at)
    finally:
        await visitor.command("ChannelPolicyChanged", name=pattern, allowed=None)
    await fault_run.campaign.publish(20)
    await fault_run.prove(
        "a grant given and revoked in one region",
        f"the other opens after {opened[1]:.1f} s and closes after {closed[1]:.1f} s",
    )
    assert max(opened[1], closed[1]) < _PROMISED_SECONDS
