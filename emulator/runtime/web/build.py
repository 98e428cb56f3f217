"""Builds the web client with Vite, unless nothing that it is made of has changed."""

import asyncio
import fcntl
import hashlib
import os
from collections.abc import Iterator
from pathlib import Path

from emulator.runtime.settings import LocalSettings
from emulator.runtime.stack.processes import Child, ProcessFailedError

_INPUTS = (
    "client/index.html",
    "client/package.json",
    "client/public",
    "client/src",
    "client/vite.config.ts",
    "package-lock.json",
    "sdk/typescript/src",
)


def built_client(root: Path) -> Path:
    """The folder of the built client."""
    return root / "client" / "dist"


async def build(settings: LocalSettings) -> bool:
    """`vite build`, unless what is built is current. Returns whether it built.

    Raises:
        ProcessFailedError: the Node packages are missing, or with the end of what Vite printed.
    """
    root = settings.root
    lock = _Lock(root / ".local" / "client-build.lock")
    # Several stacks may start in the same checkout.
    await asyncio.to_thread(lock.take)
    try:
        stamp = built_client(root) / ".fingerprint"
        fingerprint = _fingerprint(root)
        if stamp.exists() and stamp.read_text() == fingerprint:
            return False
        stamp.unlink(missing_ok=True)
        await _vite(settings)
        stamp.write_text(fingerprint)
        return True
    finally:
        lock.free()


async def _vite(settings: LocalSettings) -> None:
    vite = settings.root / "node_modules" / ".bin" / "vite"
    if not vite.exists():
        raise ProcessFailedError("the Node packages are missing: `make setup`")
    log = settings.state / "logs" / "client-build.log"
    log.unlink(missing_ok=True)
    child = await Child.start(
        "vite build",
        [str(vite), "build", "--logLevel", "warn"],
        log=log,
        environment=os.environ,
        directory=settings.root / "client",
    )
    await child.finish()


def _fingerprint(root: Path) -> str:
    digest = hashlib.sha256()
    for path in _files(root):
        digest.update(f"{path.relative_to(root)}\0".encode())
        digest.update(path.read_bytes())
    return digest.hexdigest()


def _files(root: Path) -> Iterator[Path]:
    for name in _INPUTS:
        top = root / name
        if top.is_file():
            yield top
        elif top.is_dir():
            yield from sorted(path for path in top.rglob("*") if path.is_file())


class _Lock:
    """A lock among processes; the kernel frees it however its holder ends."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file = -1

    def take(self) -> None:
        """Waits until it is ours."""
        self._path.parent.mkdir(exist_ok=True)
        self._file = os.open(self._path, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
        fcntl.flock(self._file, fcntl.LOCK_EX)

    def free(self) -> None:
        """Lets the next one in."""
        os.close(self._file)
