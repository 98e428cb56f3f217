"""CloudFormation: deployed stacks with their outputs, parameters and resources, and their peers.

This is the one reader of a deployed stack: the commands, the deployment and the emulator use it.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from cli.adapters.clients import Clients, aws_errors
from cli.errors import CliError, RefusedError, UnreachableError

_FAILED_CREATION = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS"})


class NoStackError(UnreachableError):
    """There is no stack of that name in the region."""


@dataclass(frozen=True)
class Stack:
    """A region's stack as CloudFormation describes it; `reason` explains its status."""

    region: str
    name: str
    status: str = ""
    parameters: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)
    reason: str = ""

    @classmethod
    def parse(cls, region: str, described: Any) -> "Stack":
        """The stack in an answer of CloudFormation's DescribeStacks."""
        stack = described["Stacks"][0]
        return cls(
            region,
            stack["StackName"],
            stack["StackStatus"],
            {
                each["ParameterKey"]: each.get("ParameterValue", "")
                for each in stack.get("Parameters", [])
            },
            {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])},
            stack.get("StackStatusReason", ""),
        )

    @property
    def peers(self) -> tuple[str, ...]:
        """The deployment's other regions, to which this one sends."""
        peers = self.parameters.get("PeerRegions", "").split(",")
        return tuple(peer.strip() for peer in peers if peer.strip())

    @property
    def is_changing(self) -> bool:
        """Whether CloudFormation is at work on it."""
        return self.status.endswith("_IN_PROGRESS")

    @property
    def was_never_created(self) -> bool:
        """Whether its first creation failed: CloudFormation can only delete it."""
        return self.status in _FAILED_CREATION


def read_stack(clients: Clients, name: str) -> Stack:
    """The stack of that name.

    Raises:
        NoStackError: there is none.
        CliError: see `aws_errors`.
    """
    try:
        with aws_errors("cloudformation", clients.region):
            return Stack.parse(clients.region, clients.stacks.describe_stacks(StackName=name))
    except RefusedError as error:
        if "does not exist" not in str(error):
            raise
    raise NoStackError(
        f"there is no stack {name} in {clients.region}: check --stack-name and --region"
    )


def with_peers(regions: Iterable[str], read: Callable[[str], Stack]) -> dict[str, Stack | CliError]:
    """The stacks of some regions, of their peers, and so on, by region in the order found.

    A region whose stack `read` cannot read has the error in its place.
    """
    found: dict[str, Stack | CliError] = {}
    waiting = list(regions)
    while waiting:
        region = waiting.pop(0)
        if region in found:
            continue
        try:
            stack = read(region)
        except CliError as error:
            found[region] = error
            continue
        found[region] = stack
        waiting += stack.peers
    return found


def function_names(clients: Clients, stack_name: str) -> frozenset[str]:
    """The names of all Lambda functions of the stack. Raises CliError."""
    return frozenset(resources(clients, stack_name, "AWS::Lambda::Function"))


def resources(clients: Clients, stack_name: str, resource_type: str) -> dict[str, str]:
    """Physical id → logical id of the stack's resources of a type. Raises CliError."""
    found: dict[str, str] = {}
    with aws_errors("cloudformation", clients.region):
        pages = clients.stacks.get_paginator("list_stack_resources")
        for page in pages.paginate(StackName=stack_name):
            for resource in page["StackResourceSummaries"]:
                if resource["ResourceType"] == resource_type:
                    found[resource.get("PhysicalResourceId", "")] = resource["LogicalResourceId"]
    found.pop("", None)  # not made yet
    return found
