"""A region's process killed with SIGKILL, under load: what it accepted is delivered."""

import asyncio
import socket
import sys
from pathlib import Path

import aiohttp

from tests.integration.eventbridge.eventbridge_region import SOUTH, WEST, entry, region

SCRIPT = Path(__file__).with_name("eventbridge_region.py")
ROOT = Path(__file__).parents[3]


async def start(store: Path, port: int, peer: str, log: Path) -> asyncio.subprocess.Process:
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, str(SCRIPT), WEST, str(store), str(port), peer, str(log)),
        stdout=asyncio.subprocess.PIPE,
        env={"PYTHONPATH": str(ROOT)},
    )
    assert process.stdout is not None
    assert await process.stdout.readline() == b"ready\n"
    return process


async def end(process: asyncio.subprocess.Process) -> None:
    process.kill()
    await process.communicate()


async def test_nothing_accepted_is_lost(tmp_path: Path) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    log, store = tmp_path / "log", tmp_path / "west.sqlite"
    peers: dict[str, str] = {WEST: f"http://127.0.0.1:{port}"}
    async with region(SOUTH, tmp_path / "south.sqlite", peers) as south:
        process = await start(store, port, peers[SOUTH], log)
        # Delay deliveries, so that many events are still pending at the kill.
        async with aiohttp.ClientSession(peers[WEST]) as session:
            plan = {"links": {SOUTH: {"latencyMs": 50, "reorderMs": 60_000}}}
            async with session.put("/_local/faults", json=plan) as answer:
                assert answer.status == 200
        accepted: set[int] = set()

        async def publish(start_at: int) -> None:
            """Publish until the process is gone; remember what was accepted."""
            number = start_at
            headers = {"X-Amz-Target": "AWSEvents.PutEvents"}
            async with aiohttp.ClientSession(peers[WEST], headers=headers) as session:
                while True:
                    try:
                        async with session.post("/", json={"Entries": [entry(number)]}) as answer:
                            body = await answer.json(content_type=None)
                    except aiohttp.ClientError:
                        return
                    assert body["FailedEntryCount"] == 0
                    accepted.add(number)
                    if len(accepted) == 300:
                        process.kill()
                    number += 1

        # To the south, and to west's own function.
        publishers = [asyncio.create_task(publish(n * 100_000)) for n in range(4)]
        inbound = [entry(n, SOUTH, bus=None) for n in range(900, 910)]
        await south.service.put_events("globalws", inbound)
        await asyncio.gather(*publishers)
        await process.communicate()
        assert len(accepted) >= 300
        assert len(accepted - set(south.recorder.numbers)) > 100
        process = await start(store, port, peers[SOUTH], log)
        try:
            await south.service.idle()
            async with aiohttp.ClientSession(peers[WEST]) as session:
                while True:
                    async with session.get("/_local/eventbridge") as answer:
                        if (await answer.json())["pending"] == 0:
                            break
            await south.service.idle()
        finally:
            await end(process)
        assert accepted <= set(south.recorder.numbers)
        assert set(range(900, 910)) <= {int(line) for line in log.read_text().split()}
