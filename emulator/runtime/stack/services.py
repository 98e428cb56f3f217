"""The long-running parts of the stack: the emulated AWS, and one process per region."""

import os
import sys
from pathlib import Path

from emulator.runtime.settings import LocalSettings
from emulator.runtime.stack import aws_main
from emulator.runtime.stack.kept import Generation
from emulator.runtime.stack.ports import until_answering
from emulator.runtime.stack.processes import Child
from emulator.runtime.stack.sam import aws_environment

_START_SECONDS = 30.0


async def start_aws(settings: LocalSettings, generation: Generation) -> Child:
    """Starts ministack with the state of `generation`; returns once it answers.

    Raises:
        ProcessFailedError: it did not start.
    """
    temporary = settings.state / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    child = await Child.start(
        "local AWS",
        [
            str(settings.root / ".venv-ministack" / "bin" / "python"),
            "-P",  # its folder's modules are not for ministack
            aws_main.__file__,
            str(generation.folder),
        ],
        log=fresh_log(settings, "aws"),
        environment=aws_environment(settings)
        | {
            "BIND_HOST": "127.0.0.1",
            "GATEWAY_PORT": str(settings.aws_port),
            "IOT_MTLS_ENABLED": "0",  # it would bind a port on all interfaces
            "TMPDIR": str(temporary),  # it leaves its functions' folders behind there
            "LAMBDA_ASYNC_RETRY_BASE_SECONDS": "0.5",
        },
        directory=settings.state,
        keep_open=[generation.lock],
    )
    try:
        await until_answering(
            f"{settings.aws_endpoint_url}/_ministack/health", child, _START_SECONDS
        )
    except BaseException:
        await child.stop()
        raise
    return child


async def start_region(settings: LocalSettings, generation: Generation, region: str) -> Child:
    """Starts the region's process; returns once it serves.

    Raises:
        ProcessFailedError: it did not start; the message shows why, such as a refused resolver.
    """
    peers = [
        argument
        for peer in settings.regions
        if peer != region
        for argument in ("--peer", f"{peer}={settings.region_url(peer)}")
    ]
    child = await Child.start(
        region,
        [
            sys.executable,
            "-m",
            "emulator.runtime.region",
            *("--region", region),
            *("--port", str(settings.region_port(region))),
            *("--stack-name", settings.stack_name(region)),
            *("--aws-endpoint-url", settings.aws_endpoint_url),
            *("--data", str(generation.data(region))),
            *("--temporary", str(settings.state / "tmp" / region)),
            *("--sources", str(settings.root / "graphql")),
            *peers,
        ],
        log=settings.state / "logs" / f"{region}.log",
        environment=aws_environment(settings) | {"PYTHONUNBUFFERED": "1"},
        directory=settings.root,
        keep_open=[generation.lock],
    )
    try:
        await until_answering(f"{settings.region_url(region)}/_local/health", child, _START_SECONDS)
    except BaseException:
        await child.stop()
        raise
    return child


def fresh_log(settings: LocalSettings, name: str) -> Path:
    """The log file of that name, emptied."""
    log = settings.state / "logs" / f"{name}.log"
    log.parent.mkdir(parents=True, exist_ok=True)
    log.write_text("")
    os.chmod(log, 0o600)
    return log
