"""Runs what `make invoke` runs."""

import asyncio
import json
import os
import sys
from dataclasses import dataclass
from typing import Any

from tests.support.stack import ROOT, LocalStack


@dataclass(frozen=True)
class Ended:
    """How the command ended: its exit code, the function's answer, and what it logged."""

    exit_code: int
    answer: Any
    log: str


async def invoke(stack: LocalStack, docker_host: str | None, function: str, event: str) -> Ended:
    """`sam local invoke` of one function with one sample, in the stack's first region."""
    environment = os.environ | {"GLOBALWS_STATE": str(stack.state)}
    if docker_host is not None:
        environment["DOCKER_HOST"] = docker_host
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "emulator.runtime.invoke", function, f"events/{event}.json"),
        cwd=ROOT,
        env=environment,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    output, log = await process.communicate()
    assert process.returncode is not None
    return Ended(process.returncode, json.loads(output) if output else None, log.decode())
