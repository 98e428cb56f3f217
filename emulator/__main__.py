"""`python -m emulator run|up|down`: the local stack, in the foreground or the background."""

import argparse
import asyncio
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from rich.console import Console

from cli.standard_streams import prepare
from emulator.runtime.settings import LocalSettings, LocalSettingsError
from emulator.runtime.stack.kept import KeptStateError
from emulator.runtime.stack.lock import AlreadyRunningError, only_one, owner
from emulator.runtime.stack.ports import PortBusyError
from emulator.runtime.stack.processes import ProcessFailedError
from emulator.runtime.stack.sam import aws_environment
from emulator.runtime.stack.summary import summary
from emulator.runtime.stack.supervisor import Supervisor

_ROOT = Path(__file__).resolve().parent.parent
_UP_SECONDS = 180.0
_DOWN_SECONDS = 20.0
_POLL_SECONDS = 0.1
_console = Console(highlight=False)


def _say(line: str) -> None:
    _console.print(f"  {line}", markup=False)


async def _run(settings: LocalSettings) -> int:
    supervisor = Supervisor(settings, _say)
    main = asyncio.current_task()
    assert main is not None  # noqa: S101 - we are inside a task
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, main.cancel)
    try:
        async with supervisor.running() as stack:
            print(summary(stack), flush=True)
            await supervisor.until_aws_ends()
            raise ProcessFailedError(
                f"the local AWS ended unexpectedly; see {settings.state / 'logs' / 'aws.log'}"
            )
    except asyncio.CancelledError:
        _say("stopped")
        return 0


def run(settings: LocalSettings) -> int:
    """Runs the stack until SIGINT or SIGTERM. Returns the exit code."""
    # Nothing of the user's own AWS account (profiles, keys, endpoints) may have a part in this.
    environment = aws_environment(settings)
    os.environ.clear()
    os.environ.update(environment)
    with only_one(settings.state):
        return asyncio.run(_run(settings))


def up(settings: LocalSettings) -> int:
    """Starts the stack in the background; returns once it is ready or has failed."""
    pid = owner(settings.state)
    if pid is not None:
        raise AlreadyRunningError(f"the stack is running already (process {pid})")
    log = settings.state / "logs" / "stack.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("w") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", "emulator", "run"],
            cwd=_ROOT,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
        )
    shown = 0
    deadline = time.monotonic() + _UP_SECONDS
    while True:
        ended = process.poll() is not None
        ready = settings.stack_file.exists()
        text = log.read_text()
        print(text[shown:], end="", flush=True)
        shown = len(text)
        if ended:
            return process.returncode or 1
        if ready and "curl" in text:
            return 0
        if time.monotonic() > deadline:
            process.terminate()
            raise ProcessFailedError(f"not ready after {_UP_SECONDS:.0f} s; see {log}")
        time.sleep(_POLL_SECONDS)


def down(settings: LocalSettings) -> int:
    """Ends the stack that runs in the background or in another terminal."""
    pid = owner(settings.state)
    if pid is None:
        _say("nothing is running")
        return 0
    os.kill(pid, signal.SIGTERM)
    deadline = time.monotonic() + _DOWN_SECONDS
    while owner(settings.state) is not None:
        if time.monotonic() > deadline:
            raise ProcessFailedError(f"process {pid} did not end within {_DOWN_SECONDS:.0f} s")
        time.sleep(_POLL_SECONDS)
    _say("stopped")
    return 0


def _single(errors: BaseExceptionGroup[BaseException]) -> Iterator[BaseException]:
    """The errors of a group and of the groups inside it."""
    for each in errors.exceptions:
        if isinstance(each, BaseExceptionGroup):
            yield from _single(each)
        else:
            yield each


def main() -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="python -m emulator", description=__doc__)
    commands = {"run": run, "up": up, "down": down}
    parser.add_argument("command", choices=commands)
    command = parser.parse_args().command
    try:
        return commands[command](LocalSettings.parse(os.environ, _ROOT))
    except (
        AlreadyRunningError,
        KeptStateError,
        LocalSettingsError,
        PortBusyError,
        ProcessFailedError,
    ) as error:
        print(f"make {command}: {error}", file=sys.stderr)
        return 1
    except BaseExceptionGroup as errors:
        for each in _single(errors):
            print(f"make {command}: {each}", file=sys.stderr)
        return 1


if __name__ == "__main__":
    prepare()
    sys.exit(main())
