"""A deployed CloudFormation stack: its template, physical ids and outputs."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from threading import Lock
from typing import Any

import boto3
from botocore.config import Config

from cli.adapters.stacks import Stack
from emulator.runtime.deployed.conditions import Conditions
from emulator.runtime.deployed.errors import DeployedStackError


@dataclass(frozen=True)
class Clients:
    """Where the stack is deployed; makes AWS clients for it."""

    region: str
    endpoint_url: str | None = None

    def __call__(self, service: str, config: Config | None = None) -> Any:
        """A boto3 client; typed Any, because its methods are made at run time."""
        return _client(self.region, self.endpoint_url, service, config)


@cache
def _client(region: str, endpoint_url: str | None, service: str, config: Config | None) -> Any:
    # Making a client takes a tenth of a second, which a watcher must not spend each time it looks.
    with _making:
        make: Any = _session(region).client
        return make(service, endpoint_url=endpoint_url, config=config)


@cache
def _session(region: str) -> boto3.Session:
    """One for all clients: each new one would read botocore's list of endpoints again."""
    return boto3.Session(region_name=region)


_making = Lock()  # a session makes clients for one thread at a time


def read_outputs(clients: Clients, name: str) -> dict[str, str]:
    """The stack's outputs as they are now; ClientError if there is no such stack."""
    answer = clients("cloudformation").describe_stacks(StackName=name)
    return Stack.parse(clients.region, answer).outputs


@dataclass(frozen=True)
class DeployedStack:
    """What CloudFormation tells of a stack."""

    name: str
    resources: Mapping[str, Mapping[str, Any]]
    physical_ids: Mapping[str, str]
    outputs: Mapping[str, str]
    conditions: Conditions

    @classmethod
    def read(cls, clients: Clients, name: str) -> "DeployedStack":
        """Raises botocore.exceptions.ClientError if there is no such stack."""
        cloudformation = clients("cloudformation")
        template = cloudformation.get_template(StackName=name, TemplateStage="Processed")
        created = cloudformation.describe_stack_resources(StackName=name)["StackResources"]
        stack = Stack.parse(clients.region, cloudformation.describe_stacks(StackName=name))
        body = template["TemplateBody"]
        return cls(
            name,
            body["Resources"],
            {each["LogicalResourceId"]: each["PhysicalResourceId"] for each in created},
            stack.outputs,
            Conditions(body.get("Conditions", {}), body.get("Parameters", {}), stack.parameters),
        )

    def of_type(self, resource_type: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Logical id and properties of each resource of the type that was really created."""
        for logical_id, resource in self.resources.items():
            if resource["Type"] == resource_type and logical_id in self.physical_ids:
                yield logical_id, resource.get("Properties", {})

    def text(self, logical_id: str, value: object) -> str:
        """A property's text: a literal, parts put together, or a resource's `Name` or `FunctionId`.

        Raises:
            DeployedStackError: it has another intrinsic function.
        """
        if isinstance(value, str):
            return value
        match value:
            case {"Fn::If": [str(condition), chosen, otherwise]}:
                return self.text(logical_id, chosen if self.conditions[condition] else otherwise)
            case {"Fn::Join": [str(separator), [*parts]]}:
                return separator.join(self.text(logical_id, part) for part in parts)
            case {"Fn::Sub": [str(text), {**variables}]}:
                for name, variable in variables.items():
                    text = text.replace(f"${{{name}}}", self.text(logical_id, variable))
                return text
            case {"Fn::GetAtt": [str(other), "Name"]}:
                return self.text(other, self.resources[other]["Properties"]["Name"])
            case {"Fn::GetAtt": [str(other), "FunctionId"]}:
                return self.physical_ids[other].rsplit("/", 1)[-1]
        raise DeployedStackError(f"{logical_id}: cannot resolve {value!r} in the deployed template")
