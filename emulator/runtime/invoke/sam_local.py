"""Runs `sam local invoke` and judges what the function answered: its exit code is always 0."""

import asyncio
import json
import os
import platform
import shlex
import sys
import tempfile
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml
from globalws_functions.domain.json_text import read_json

from emulator.runtime.invoke.docker import gateway, has_image
from emulator.runtime.invoke.forwarding import reachable
from emulator.runtime.invoke.function import Function

# This machine's, whatever the template's defaults are: the functions' packages run on all of them.
_ARCHITECTURE = "arm64" if platform.machine() in ("aarch64", "arm64") else "x86_64"
_PYTHON = f"{sys.version_info.major}.{sys.version_info.minor}"
IMAGE = f"public.ecr.aws/lambda/python:{_PYTHON}-{_ARCHITECTURE}"
_ENDPOINT = "AWS_ENDPOINT_URL"


class InvocationError(Exception):
    """The function was not run: no Docker, no image, no such event."""


class FunctionFailedError(Exception):
    """The function ran and failed.

    Attributes:
        error_type: the exception's name in the function.
    """

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type


@dataclass(frozen=True)
class Setting:
    """Where `sam local invoke` runs: the project's folder, the SAM CLI and the local AWS."""

    root: Path
    sam: Path
    aws_endpoint_url: str


async def invoke(setting: Setting, function: Function, event: Path) -> Any:
    """Runs the function once in a container. Returns its result; what it logs goes to stderr.

    Raises:
        FunctionFailedError: it raised, or ran out of time or memory.
        InvocationError: it was not run.
    """
    variables = function.environment | {_ENDPOINT: setting.aws_endpoint_url}
    skip_pull = ["--skip-pull-image"] if await has_image(IMAGE) else []
    async with reachable(variables.values(), await gateway()) as rewritten:
        with tempfile.TemporaryDirectory(prefix="globalws-invoke-") as folder:
            variables_file = _write(
                Path(folder, "variables.json"),
                {function.logical_id: {key: rewritten(text) for key, text in variables.items()}},
            )
            template_file = _write(
                Path(folder, "template.json"), _declaring(_ENDPOINT, setting.root)
            )
            output = await _run(
                [
                    *(str(setting.sam), "local", "invoke", function.logical_id),
                    *("--event", str(event)),
                    *("--env-vars", variables_file),
                    *("--template-file", template_file),
                    *("--region", function.region),
                    "--parameter-overrides",
                    f"FunctionArchitecture={_ARCHITECTURE}",
                    f"PythonRuntime=python{_PYTHON}",
                    "--language-extensions",
                    *skip_pull,
                ],
                folder,
            )
    return _judged(output)


def _write(path: Path, document: Mapping[str, Any]) -> str:
    path.write_text(json.dumps(document))
    return str(path)


def _declaring(variable: str, root: Path) -> dict[str, Any]:
    """The built template with one variable more, which only functions on this machine have.

    `sam local invoke` gives a function no variable that the template does not name.
    """
    built = root / ".aws-sam" / "build"
    document: dict[str, Any] = yaml.safe_load((built / "template.yaml").read_text())
    document["Globals"]["Function"]["Environment"]["Variables"][variable] = ""
    for resource in document["Resources"].values():
        properties = resource.get("Properties", {}) if isinstance(resource, Mapping) else {}
        if "CodeUri" in properties:
            properties["CodeUri"] = str(built / properties["CodeUri"])
    return document


async def _run(command: list[str], temporary: str) -> str:
    """What the command writes to its standard output. What it writes to the other is shown.

    SAM leaves a file about the image in its folder for temporary files.
    """
    print(f"$ {shlex.join(command)}", file=sys.stderr, flush=True)
    process = await asyncio.create_subprocess_exec(
        *command,
        env=os.environ | {"SAM_CLI_TELEMETRY": "0", "TMPDIR": temporary},
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=sys.stderr,
    )
    try:
        output, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.terminate()
            await process.wait()
    if process.returncode != 0:
        raise InvocationError(f"sam local invoke failed (exit code {process.returncode})")
    return output.decode()


def _judged(output: str) -> Any:
    """The function's result: the last line that `sam local invoke` writes."""
    lines = output.strip().splitlines()
    if not lines:
        raise FunctionFailedError("NoResult", "it answered nothing: out of time or memory?")
    try:
        result = read_json(lines[-1])
    except ValueError:
        raise FunctionFailedError("NoResult", f"it did not answer JSON: {lines[-1]}") from None
    if isinstance(result, dict) and "errorMessage" in result:
        raise FunctionFailedError(result.get("errorType", "Error"), result["errorMessage"])
    return result
