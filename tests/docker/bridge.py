"""The network between this machine and the containers of an engine of ours."""

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NAME = "globalws0"
ADDRESS = "172.30.255.1"
_PREFIX_LENGTH = 24


@contextmanager
def up() -> Iterator[None]:
    """The bridge, for the duration of the block. If a killed run left one, it is removed first."""
    down()
    try:
        _ip("link", "add", "name", NAME, "type", "bridge")
        _ip("address", "add", f"{ADDRESS}/{_PREFIX_LENGTH}", "dev", NAME)
        _ip("link", "set", NAME, "up")
        yield
    finally:
        down()


def down() -> None:
    """Takes the bridge away, if it is there."""
    if exists():
        _ip("link", "delete", NAME)


def exists() -> bool:
    """Whether the bridge is there."""
    return Path("/sys/class/net", NAME).exists()


def _ip(*arguments: str) -> None:
    done = subprocess.run(["ip", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise RuntimeError(f"ip {' '.join(arguments)}: {done.stderr.strip()}")
