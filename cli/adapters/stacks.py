"""CloudFormation: a stack's outputs, parameters and resources."""

from dataclasses import dataclass, field

from cli.adapters.clients import Clients, aws_errors
from cli.errors import RefusedError, UnreachableError


@dataclass(frozen=True)
class Stack:
    """What the command needs to know of a deployed stack."""

    outputs: dict[str, str]
    parameters: dict[str, str] = field(default_factory=dict)
    status: str = ""
    reason: str = ""

    @property
    def peer_regions(self) -> tuple[str, ...]:
        """The deployment's other regions."""
        peers = self.parameters.get("PeerRegions", "").split(",")
        return tuple(peer.strip() for peer in peers if peer.strip())

    @property
    def is_changing(self) -> bool:
        """Whether CloudFormation is at work on it."""
        return self.status.endswith("_IN_PROGRESS")


def read_stack(clients: Clients, name: str) -> Stack:
    """The stack of that name.

    Raises:
        UnreachableError: there is none.
        CliError: see `aws_errors`.
    """
    try:
        with aws_errors("cloudformation", clients.region):
            stacks = clients.stacks.describe_stacks(StackName=name)["Stacks"]
    except RefusedError as error:
        if "does not exist" not in str(error):
            raise
        stacks = []
    if not stacks:
        raise UnreachableError(
            f"there is no stack {name} in {clients.region}: check --stack-name and --region"
        )
    stack = stacks[0]
    outputs = {
        output["OutputKey"]: output["OutputValue"]
        for output in stack.get("Outputs", [])
        if "OutputKey" in output and "OutputValue" in output
    }
    parameters = {
        parameter.get("ParameterKey", ""): parameter.get("ParameterValue", "")
        for parameter in stack.get("Parameters", [])
    }
    return Stack(outputs, parameters, stack["StackStatus"], stack.get("StackStatusReason", ""))


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
