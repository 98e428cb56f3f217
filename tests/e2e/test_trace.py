"""One message is followed by its id through both regions; and the stack's metrics move."""

import json

import aiohttp
import pytest

from tests.e2e.test_operate import folder, run
from tests.support.clients import Publisher, listening, set_faults
from tests.support.stack import LocalStack
from tests.support.waiting import until

__all__ = ["folder"]
pytestmark = pytest.mark.stack


async def test_one_command_follows_a_message_from_publish_to_delivery(
    stack: LocalStack, folder: object
) -> None:
    west, sydney = stack.running.regions
    async with aiohttp.ClientSession() as session, listening(sydney, "tech") as listener:
        sent = await Publisher(west, session).publish("tech", "to be traced")
        await listener.until(1)

    def steps() -> list[tuple[str, str, str]]:
        done = run(f"globalws trace {sent['id']} --json", folder)  # type: ignore[arg-type]
        assert done.returncode == 0, done.stderr
        document = json.loads(done.stdout)
        times = [each["at"] for each in document["steps"]]
        assert times == sorted(times)
        return [(each["region"], each["source"], each["step"]) for each in document["steps"]]

    wanted = {
        (west.region, "history", "published here"),
        (west.region, "region process", "accepted by the bus"),
        (west.region, "region process", "delivered"),
        (sydney.region, "region process", "received from a peer's bus"),
        (sydney.region, "Function replay", "message replayed"),
        (sydney.region, "region process", "delivered"),
        (sydney.region, "history", "stored, published"),
    }

    async def complete() -> bool:  # a function's log line may come after its answer
        return wanted <= set(steps())

    await until(complete, 20, lambda: f"not all of it: {wanted - set(steps())}")


async def test_top_shows_the_lag_of_what_was_replayed(stack: LocalStack, folder: object) -> None:
    west, sydney = stack.running.regions
    async with aiohttp.ClientSession() as session, listening(sydney, "tech") as listener:
        await Publisher(west, session).publish("tech", "one more")
        await listener.until(1)
        done = run("globalws top --interval 0.2 --json", folder)  # type: ignore[arg-type]
    assert done.returncode == 0, done.stderr
    regions = {each["region"]: each for each in json.loads(done.stdout)["regions"]}
    assert regions[sydney.region]["subscriptions"] >= 1
    assert regions[sydney.region]["lagMs"]["count"] >= 1
    assert regions[sydney.region]["lagMs"]["p99"] >= regions[sydney.region]["lagMs"]["p50"] > 0


async def test_a_redriven_message_tells_its_failure_its_queue_and_the_redrive(
    stack: LocalStack, folder: object
) -> None:
    west, sydney = stack.running.regions
    broken = {"functions": {"*": {"errorRate": 1, "maximumRetryAttempts": 0}}}
    async with aiohttp.ClientSession() as session, listening(sydney, "tech") as listener:
        await set_faults(session, sydney, broken)
        try:
            sent = await Publisher(west, session).publish("tech", "to be redriven")

            async def dead() -> bool:
                listed = json.loads(run("globalws dlq list --json", folder).stdout)  # type: ignore[arg-type]
                return sent["id"] in [each["id"] for each in listed["messages"]]

            await until(dead, 30, "it is no dead letter")
        finally:
            await set_faults(session, sydney, {})
        done = run(f"globalws trace {sent['id']}", folder)  # type: ignore[arg-type]
        assert "dead-lettered" in done.stdout
        redriven = run("globalws dlq redrive --channel tech --yes", folder)  # type: ignore[arg-type]
        assert redriven.returncode == 0, redriven.stderr
        await listener.until(1)

    def steps() -> dict[str, dict[str, str]]:
        done = run(f"globalws trace {sent['id']} --json", folder)  # type: ignore[arg-type]
        document = json.loads(done.stdout)
        return {each["step"]: each for each in document["steps"]}

    async def told() -> bool:  # a function's log line may come after its answer
        return "redriven" in steps()

    await until(told, 20, lambda: f"no redrive: {steps()}")
    found = steps()
    for step in ("dead-lettered", "redriven"):
        assert (found[step]["region"], found[step]["source"]) == (sydney.region, "function queue")
    assert found["dead-lettered"]["details"]["reason"]
    assert found["dead-lettered"]["at"] < found["redriven"]["at"]
