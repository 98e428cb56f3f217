"""Run one function with one event: `python -m emulator.runtime.invoke FUNCTION EVENT`.

The stack must be running.

`sam local invoke` exits with 0 even when the function fails; this exits with 1.
"""

import argparse
import asyncio
import json
import os
import sys
from pathlib import Path

from cli.stack_file import RunningStack, StackFileError
from cli.standard_streams import prepare
from emulator.runtime.deployed.stack import Clients
from emulator.runtime.invoke.function import Function, UnknownFunctionError
from emulator.runtime.invoke.sam_local import FunctionFailedError, InvocationError, Setting, invoke
from emulator.runtime.settings import LocalSettings, LocalSettingsError
from emulator.runtime.stack.processes import ProcessFailedError
from emulator.runtime.stack.sam import aws_environment, build

_ERRORS = (
    *(InvocationError, LocalSettingsError, ProcessFailedError),
    *(StackFileError, UnknownFunctionError),
)
_ROOT = Path(__file__).resolve().parents[3]


async def _invoke(settings: LocalSettings, stack: RunningStack, given: argparse.Namespace) -> None:
    region = given.region or stack.regions[0].region
    clients = Clients(region, stack.awsEndpointUrl)
    function = Function.read(clients, stack.region(region).stackName, given.function)
    await build(settings)
    sam = settings.root / ".venv-sam" / "bin" / "sam"
    result = await invoke(Setting(settings.root, sam, stack.awsEndpointUrl), function, given.event)
    print(json.dumps(result, ensure_ascii=False))


def main() -> int:
    """The command line; returns the exit code."""
    parser = argparse.ArgumentParser(prog="make invoke", description=__doc__)
    parser.add_argument("function", help="its name in template.yaml, such as ReplayFunction")
    parser.add_argument("event", type=Path, help="a file, such as events/replay.json")
    parser.add_argument("--region", help="the region whose API and tables it uses; else the first")
    given = parser.parse_args()
    if not given.event.is_file():
        parser.error(f"{given.event} is not a file; the samples are in events/")
    try:
        settings = LocalSettings.parse(os.environ, _ROOT)
        stack = RunningStack.read(settings.stack_file)
        environment = aws_environment(settings) | {"AWS_ENDPOINT_URL": stack.awsEndpointUrl}
        os.environ.clear()
        os.environ.update(environment)
        asyncio.run(_invoke(settings, stack, given))
    except FunctionFailedError as error:
        print(f"make invoke: the function failed: {error}", file=sys.stderr)
        return 1
    except _ERRORS as error:
        print(f"make invoke: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    prepare()
    sys.exit(main())
