"""What to do, in which order, so that no region ever sends to a bus that is not there. Pure."""

import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass

from cli.deploy.errors import DeployError

_REGION = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")
_DEPLOYMENT = re.compile(r"[a-z][a-z0-9-]{0,30}")


@dataclass(frozen=True)
class Deploy:
    """Create or update a region's stack, with these peers."""

    region: str
    peers: tuple[str, ...]


@dataclass(frozen=True)
class Delete:
    """Delete a region's stack."""

    region: str


Step = Deploy | Delete
Plan = tuple[tuple[Step, ...], ...]
"""Stages, one after the other; the steps of a stage run at once, in no order. A stage sends only to
regions whose stacks earlier stages made: EventBridge does not retry a bus that is not there."""


def checked_regions(names: Iterable[str]) -> tuple[str, ...]:
    """The regions without repetitions, in the order given.

    Raises:
        DeployError: one is not a region's name.
    """
    regions = tuple(dict.fromkeys(names))
    for region in regions:
        if not _REGION.fullmatch(region):
            raise DeployError(f"{region!r} is not an AWS region, e.g. us-west-2")
    return regions


def checked_deployment(name: str) -> str:
    """The name itself. Raises DeployError if the template would not take it."""
    if not _DEPLOYMENT.fullmatch(name):
        raise DeployError(f"DEPLOYMENT {name!r}: lower case letters, digits and -, at most 31")
    return name


def deploy_plan(wanted: Sequence[str], existing: Sequence[str]) -> Plan:
    """All wanted regions, each with all others as peers; safe to repeat.

    New regions come first, with those as peers that exist. Then all that miss a peer learn of it.

    Args:
        wanted: what the operator named; empty for all that exist.
        existing: the regions that have a bus.

    Raises:
        DeployError: the deployment has a region that is not wanted. The operator may have
            forgotten to list it, so it is not deleted.
    """
    wanted = wanted or existing
    if not wanted:
        raise DeployError('which regions? REGIONS="us-west-2 ap-southeast-2"')
    extra = [region for region in existing if region not in wanted]
    if extra:
        raise DeployError(
            f"the deployment is in {', '.join(extra)} too: name all of its regions, or remove one "
            f"with make remove-region REGION={extra[0]}"
        )
    there = tuple(region for region in wanted if region in existing)
    new = tuple(_deploy(region, there) for region in wanted if region not in existing)
    mesh = tuple(_deploy(region, wanted) for region in wanted)
    return tuple(stage for stage in (new, tuple(s for s in mesh if s not in new)) if stage)


def add_plan(region: str, existing: Sequence[str]) -> Plan:
    """Adds a region. Raises DeployError if there is no deployment yet."""
    if not existing:
        raise DeployError("no stack of the deployment was found: make deploy creates the first one")
    wanted = tuple(dict.fromkeys((*existing, region)))
    return deploy_plan(wanted, existing)


def remove_plan(region: str, existing: Sequence[str], peers: Collection[str] = ()) -> Plan:
    """Removes a region: the others stop sending to it before it is deleted.

    Args:
        existing: the regions that were found.
        peers: those that regions send to. One that was not found is down, or was deleted.

    Raises:
        DeployError: it is not there, or the last one.
    """
    if region not in existing and region not in peers:
        raise DeployError(f"the deployment has no stack in {region}")
    rest = tuple(each for each in existing if each != region)
    if not rest:
        raise DeployError(f"{region} is the last region: make destroy")
    stop = tuple(_deploy(each, rest) for each in rest)
    return (stop, (Delete(region),)) if region in existing else (stop,)


def destroy_plan(wanted: Sequence[str], existing: Sequence[str]) -> Plan:
    """Deletes all regions.

    Args:
        wanted: what the operator named; empty for all that exist.

    Raises:
        DeployError: a region would be left over, with peers that are gone.
    """
    left = [region for region in existing if wanted and region not in wanted]
    if left:
        raise DeployError(
            f"the deployment is in {', '.join(left)} too: name all of its regions, or remove one "
            f"with make remove-region REGION={wanted[0]}"
        )
    return (tuple(Delete(region) for region in existing),) if existing else ()


def _deploy(region: str, wanted: Sequence[str]) -> Deploy:
    return Deploy(region, tuple(each for each in wanted if each != region))
