"""Events a second, durable, end to end. Prints metrics; it is not a test.

`PYTHONPATH=. python tests/integration/eventbridge/eventbridge_throughput.py`: the origin region is
this process, the peer another; functions are instant.
"""

import asyncio
import sys
import tempfile
import time
from pathlib import Path

import uvloop

from tests.integration.eventbridge.eventbridge_region import SOUTH, WEST, entry, region

EVENTS = 20_000
CALLERS = 32


async def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        peers: dict[str, str] = {}
        async with region(WEST, Path(folder) / "west.sqlite", peers) as west:
            script = Path(__file__).with_name("eventbridge_region.py")
            log, port = Path(folder) / "log", "4697"
            peer = await asyncio.create_subprocess_exec(
                *(sys.executable, str(script), SOUTH, f"{folder}/south.sqlite", port),
                *(peers[WEST], str(log)),
                stdout=asyncio.subprocess.PIPE,
            )
            assert peer.stdout is not None
            await peer.stdout.readline()
            peers[SOUTH] = f"http://127.0.0.1:{port}"
            try:
                for size in (1, 10):
                    await measure(west, size, log)
            finally:
                peer.kill()
                await peer.wait()


def count(log: Path) -> int:
    time.sleep(0.05)
    return len(log.read_text().splitlines())


async def measure(west, size: int, log: Path) -> None:  # type: ignore[no-untyped-def]
    numbers = iter(range(0, EVENTS, size))
    waits: list[float] = []

    async def caller() -> None:
        for number in numbers:
            start = time.perf_counter()
            batch = [entry(number + n, bus=None) for n in range(size)]
            answer = await west.service.put_events("globalws", batch)
            waits.append(time.perf_counter() - start)
            assert answer["FailedEntryCount"] == 0

    lines = await asyncio.to_thread(count, log)
    begin = time.perf_counter()
    await asyncio.gather(*(caller() for _ in range(CALLERS)))
    accepted = time.perf_counter() - begin
    await west.service.idle()
    forwarded = time.perf_counter() - begin
    while await asyncio.to_thread(count, log) < lines + EVENTS:
        continue
    replayed = time.perf_counter() - begin
    waits.sort()
    print(
        f"{size} a call, {CALLERS} callers: accepted {EVENTS / accepted:,.0f}/s "
        f"(p50 {waits[len(waits) // 2] * 1e3:.1f} ms, p99 {waits[int(len(waits) * 0.99)] * 1e3:.1f}"
        f" ms), at the peer {EVENTS / forwarded:,.0f}/s, replayed {EVENTS / replayed:,.0f}/s"
    )


if __name__ == "__main__":
    uvloop.run(main())
