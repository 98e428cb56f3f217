"""The memory of a process."""

import asyncio
import subprocess


def resident_bytes(pid: int) -> int:
    """The process's resident set, as `ps` tells it on Linux and macOS."""
    done = subprocess.run(
        ["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True, timeout=10
    )
    return int(done.stdout) * 1024


async def samples(pid: int, seconds: float, every: float = 1.0) -> list[int]:
    """The resident set, every `every` seconds for `seconds`."""
    found = []
    for _ in range(max(1, int(seconds / every))):
        found.append(await asyncio.to_thread(resident_bytes, pid))
        await asyncio.sleep(every)
    return found
