"""What was measured on: the machine, its load, and the versions that matter."""

import os
import platform
import shutil
import subprocess
import time
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

_PACKAGES = ("aiohttp", "uvloop", "graphql-core", "quickjs-ng", "orjson")


def load_average() -> list[float]:
    """Over 1, 5 and 15 minutes."""
    return [round(each, 2) for each in os.getloadavg()]


def wait_until_quiet(seconds: float, quiet: float = 0.8) -> bool:
    """Waits until the load average of the last minute is below `quiet`; False if it never was."""
    deadline = time.monotonic() + seconds
    while os.getloadavg()[0] >= quiet:
        if time.monotonic() >= deadline:
            return False
        time.sleep(2)
    return True


def facts() -> dict[str, Any]:
    """All of it."""
    model = "unknown"
    for line in Path("/proc/cpuinfo").read_text().splitlines():
        if line.startswith("model name"):
            model = line.split(":", 1)[1].strip()
            break
    return {
        "cpu": model,
        "cores": os.cpu_count(),
        "system": f"{platform.system()} {platform.release()}",
        "python": platform.python_version(),
        "node": _output("node", "--version"),
        "packages": {name: version(name) for name in _PACKAGES},
        "commit": _output("git", "rev-parse", "--short", "HEAD"),
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "load_average": load_average(),
    }


def _output(command: str, *arguments: str) -> str:
    path = shutil.which(command)
    if path is None:
        return "not there"
    run = subprocess.run([path, *arguments], capture_output=True, text=True)  # noqa: S603 - node and git
    return run.stdout.strip()
