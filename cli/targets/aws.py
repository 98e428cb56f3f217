"""Real stacks: found in one region, and from there in its peers (parameter `PeerRegions`)."""

import os
from collections.abc import Callable, Sequence
from functools import cache, partial
from typing import TYPE_CHECKING

from cli.adapters.clients import Clients
from cli.adapters.stacks import Stack, read_stack, with_peers
from cli.errors import CliError, UnreachableError, UsageError
from cli.targets.target import Kind, Region, Target

if TYPE_CHECKING:
    import boto3

DEFAULT_STACK_NAME = "globalws-{region}"

_ANY_REGION = "us-east-1"  # every region's STS gives the same answer

ReadStack = Callable[[Clients, str], Stack]


def aws_target(pattern: str, names: Sequence[str] = (), read: ReadStack = read_stack) -> Target:
    """The deployment of which at least one region is named, or is the profile's own.

    A peer whose stack cannot be read stays in the list and fails by itself where it is asked.

    Args:
        pattern: the stacks' name; with `{region}` in place of the region.
        names: where to begin, and the regions to select; the profile's region if empty.

    Raises:
        UsageError: the pattern is malformed, or there is no region to begin with.
        UnreachableError: none of the first regions has such a stack.
        CliError: they could not be read.
    """
    _name(pattern, "us-west-2")
    first = list(names) or _profile_region()
    clients = cache(lambda region: Clients(region, None))
    found = with_peers(first, lambda region: read(clients(region), _name(pattern, region)))
    errors = [each for each in found.values() if isinstance(each, CliError)]
    if len(errors) == len(found):
        if isinstance(errors[0], UnreachableError):
            raise UnreachableError(f"no stack found: {errors[0]}")
        raise errors[0]
    description = f"AWS, stacks {pattern}, {_profile()}"
    regions = [
        Region(name, _name(pattern, name), clients(name), partial(_stack, stack))
        for name, stack in found.items()
    ]
    return Target.select(Kind.AWS, description, regions, names)


def identity() -> str:
    """The profile and the account of the usual AWS variables, or why the account is not known.

    Raises:
        UsageError: there is no such profile.
    """
    region = _session().region_name or _ANY_REGION
    try:
        account = Clients(region, None).caller().split(":")[4]
    except CliError as error:
        return f"{_profile()}, account unknown ({error})"
    return f"{_profile()}, account {account}"


def _stack(found: Stack | CliError) -> Stack:
    if isinstance(found, CliError):
        raise found
    return found


def _name(pattern: str, region: str) -> str:
    try:
        return pattern.format(region=region)
    except (KeyError, IndexError, ValueError):
        raise UsageError(
            f"--stack-name {pattern!r}: the only placeholder is {{region}}, "
            f"as in {DEFAULT_STACK_NAME}"
        ) from None


def _profile_region() -> list[str]:
    region = _session().region_name or os.environ.get("AWS_REGION")  # boto3 reads only the other
    if not region:
        raise UsageError(
            "no region to look in: give --region, or set AWS_REGION or a profile that has one"
        )
    return [region]


def _profile() -> str:
    return f"profile {_session().profile_name}"


def _session() -> "boto3.Session":
    import boto3  # here: it takes longer than all else that `--help` does
    from botocore.exceptions import ProfileNotFound

    try:
        return boto3.Session()
    except ProfileNotFound as error:
        raise UsageError(f"{error}: set AWS_PROFILE to a profile that exists") from error
