"""The local stack, found by its `.local/stack.json`."""

import os
from collections.abc import Sequence
from pathlib import Path

from cli.adapters.clients import Access, Clients
from cli.adapters.stacks import read_stack
from cli.errors import UnreachableError
from cli.stack_file import RunningRegion, RunningStack, StackFileError
from cli.targets.target import Kind, Region, Target

_STACK_FILE = Path(".local") / "stack.json"


def find_stack_file(start: Path) -> Path | None:
    """The nearest stack file in `start` or a folder above it."""
    for folder in (start, *start.parents):
        path = folder / _STACK_FILE
        if path.is_file():
            return path
    return None


def is_running(path: Path) -> bool:
    """Whether a process of the stack that wrote the file still lives."""
    try:
        stack = RunningStack.read(path)
    except StackFileError:
        return False
    return any(_alive(region.pid) for region in stack.regions)


def local_target(path: Path, names: Sequence[str] = ()) -> Target:
    """The running local stack.

    Raises:
        UnreachableError: the file is missing or damaged, or what it describes has ended.
        UsageError: a region of `names` does not run.
    """
    try:
        stack = RunningStack.read(path)
    except StackFileError as error:
        raise UnreachableError(str(error)) from error
    if not any(_alive(region.pid) for region in stack.regions):
        raise UnreachableError(f"{path} is left over from a stack that has ended: `make up`")
    regions = [_region(stack, region) for region in stack.regions]
    return Target.select(Kind.LOCAL, f"local stack {path}", regions, names)


def _region(stack: RunningStack, running: RunningRegion) -> Region:
    access = Access(
        endpoint_url=stack.awsEndpointUrl,
        events_url=running.eventsUrl,
        access_key_id=stack.accessKeyId,
        secret_access_key=stack.secretAccessKey,
    )
    clients = Clients(running.region, access)
    return Region(
        running.region,
        running.stackName,
        clients,
        lambda: read_stack(clients, running.stackName),
    )


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
