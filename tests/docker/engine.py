"""A Docker engine: the machine's own where it has one, else one of ours that leaves nothing behind.

Ours has its own data, socket and bridge, and no rule in the machine's firewall: its containers
reach this machine and nothing else.
"""

import fcntl
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

from tests.docker import bridge

_START_SECONDS = 30.0
_STOP_SECONDS = 20.0
_POLL_SECONDS = 0.05
_STORAGE_DRIVERS = ("overlay2", "vfs")
# One engine at a time, and a short path, because a socket's may not be longer than 107 characters.
_FOLDER = Path(tempfile.gettempdir()) / "globalws-docker"


class NoEngineError(Exception):
    """There is no Docker engine, and none can be started; the message says why."""


def docker(*arguments: str, host: str | None) -> subprocess.CompletedProcess[str]:
    """Runs the Docker client against the engine at `host`, None for the machine's own."""
    environment = os.environ | ({"DOCKER_HOST": host} if host else {})
    return subprocess.run(
        ["docker", *arguments], env=environment, capture_output=True, text=True, check=False
    )


def answers(host: str | None) -> bool:
    """Whether an engine answers at `host`."""
    if shutil.which("docker") is None:
        return False
    return docker("version", "--format", "{{.Server.Version}}", host=host).returncode == 0


def has_or_pulls(image: str) -> bool:
    """Whether the machine's own engine has the image, or gets it now."""
    if docker("image", "inspect", image, host=None).returncode == 0:
        return True
    return docker("pull", "--quiet", image, host=None).returncode == 0


def leftovers() -> list[str]:
    """What an engine of ours has left: bridge, folder, processes. Must be nothing."""
    left = [str(path) for path in (_FOLDER, Path("/sys/class/net", bridge.NAME)) if path.exists()]
    for command in Path("/proc").glob("[0-9]*/cmdline"):
        with suppress(OSError):  # it has ended meanwhile
            if str(_FOLDER).encode() in command.read_bytes():
                left.append(f"process {command.parent.name}")
    return left


@contextmanager
def engine_of_ours() -> Iterator[str]:
    """Runs a Docker engine for the duration of the block; yields its `DOCKER_HOST`.

    Raises:
        NoEngineError: this machine cannot run one.
    """
    _require(sys.platform == "linux", "only Linux can run a Docker engine of ours")
    _require(os.geteuid() == 0, "starting a Docker engine needs root")
    for program in ("dockerd", "docker", "ip", "setpriv"):
        _require(shutil.which(program) is not None, f"{program} is not installed")
    with ExitStack() as exits:
        lock = exits.enter_context(_FOLDER.with_suffix(".lock").open("w"))
        fcntl.flock(lock, fcntl.LOCK_EX)
        _remove(_FOLDER)  # what a run that was killed outright has left
        _FOLDER.mkdir(mode=0o700)
        exits.callback(_remove, _FOLDER)
        exits.enter_context(bridge.up())
        for driver in _STORAGE_DRIVERS:
            process = _start(_FOLDER, driver)
            try:
                if _until_answering(process, _FOLDER):
                    yield _host(_FOLDER)
                    return
            finally:
                _stop(process)
        raise NoEngineError(f"dockerd does not start:\n{_tail(_FOLDER)}")


def _require(condition: bool, otherwise: str) -> None:
    if not condition:
        raise NoEngineError(otherwise)


def _host(folder: Path) -> str:
    return f"unix://{folder}/docker.sock"


def _start(folder: Path, driver: str) -> subprocess.Popen[bytes]:
    (folder / "daemon.json").write_text("{}")  # not the machine's own configuration
    with (folder / "dockerd.log").open("wb") as log:
        return subprocess.Popen(
            [
                *("setpriv", "--pdeathsig", "TERM"),  # it shall not outlive us
                "dockerd",
                f"--host={_host(folder)}",
                f"--data-root={folder / 'data' / driver}",
                f"--exec-root={folder / 'exec'}",
                f"--pidfile={folder / 'dockerd.pid'}",
                f"--config-file={folder / 'daemon.json'}",
                f"--bridge={bridge.NAME}",
                f"--storage-driver={driver}",
                *("--iptables=false", "--ip6tables=false"),
                *("--ip-forward=false", "--ip-masq=false"),
            ],
            stdin=subprocess.DEVNULL,
            stdout=log,
            stderr=log,
            start_new_session=True,
        )


def _until_answering(process: subprocess.Popen[bytes], folder: Path) -> bool:
    deadline = time.monotonic() + _START_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        if _listens(folder / "docker.sock") and answers(_host(folder)):
            return True
        time.sleep(_POLL_SECONDS)
    return False


def _listens(path: Path) -> bool:
    with socket.socket(socket.AF_UNIX) as probe, suppress(OSError):
        probe.connect(str(path))
        return True
    return False


def _stop(process: subprocess.Popen[bytes]) -> None:
    """Ends dockerd, which ends its containers and its containerd."""
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(_STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()


def _remove(folder: Path) -> None:
    """Removes the folder, after the mounts that an engine killed outright has left in it."""
    mounts = [line.split()[1] for line in Path("/proc/self/mounts").read_text().splitlines()]
    for mount in reversed(mounts):
        if Path(mount).is_relative_to(folder):
            subprocess.run(["umount", "--lazy", mount], check=True)
    shutil.rmtree(folder, ignore_errors=not folder.exists())


def _tail(folder: Path) -> str:
    return "\n".join((folder / "dockerd.log").read_text(errors="replace").splitlines()[-20:])
