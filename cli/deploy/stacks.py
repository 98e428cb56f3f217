"""What of a deployment is there: its stacks, found from some regions by `PeerRegions`."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from cli.deploy.errors import DeployError

_CONFIG = Config(connect_timeout=5, read_timeout=30, retries={"mode": "standard"})
_FAILED_CREATION = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED", "REVIEW_IN_PROGRESS"})
_QUEUES = ("BusDeadLetterQueueUrl", "FunctionDeadLetterQueueUrl")


@dataclass(frozen=True)
class Stack:
    """A region's stack."""

    region: str
    name: str
    status: str
    parameters: dict[str, str] = field(default_factory=dict)
    outputs: dict[str, str] = field(default_factory=dict)

    @property
    def peers(self) -> tuple[str, ...]:
        """The regions that it sends to."""
        return tuple(filter(None, self.parameters.get("PeerRegions", "").split(",")))

    @property
    def was_never_created(self) -> bool:
        """Its first creation failed: CloudFormation can only delete it."""
        return self.status in _FAILED_CREATION


def stack_name(deployment: str, region: str) -> str:
    """As samconfig.toml names it."""
    return f"{deployment}-{region}"


def client(service: str, region: str) -> Any:
    """A boto3 client by the usual variables; typed Any, as its methods are made at run time."""
    make: Any = boto3.Session(region_name=region).client
    return make(service, config=_CONFIG)


def find_stacks(deployment: str, regions: Iterable[str]) -> dict[str, Stack]:
    """The deployment's stacks by region: those in `regions`, their peers, and so on.

    Raises:
        DeployError: CloudFormation does not answer, or refuses.
    """
    found: dict[str, Stack] = {}
    waiting, seen = list(regions), set[str]()
    while waiting:
        region = waiting.pop(0)
        if region in seen:
            continue
        seen.add(region)
        stack = _read(stack_name(deployment, region), region)
        if stack is not None:
            found[region] = stack
            waiting += stack.peers
    return found


def dead_letters(stack: Stack) -> int:
    """How many messages lie in the stack's dead-letter queues. Raises DeployError."""
    sqs = client("sqs", stack.region)
    total = 0
    for output in _QUEUES:
        if output in stack.outputs:
            try:
                answer = sqs.get_queue_attributes(
                    QueueUrl=stack.outputs[output], AttributeNames=["ApproximateNumberOfMessages"]
                )
            except (BotoCoreError, ClientError) as error:
                raise DeployError(f"{stack.region}: {error}") from error
            total += int(answer["Attributes"]["ApproximateNumberOfMessages"])
    return total


def audit_table_left(stack: Stack) -> str | None:
    """The table of audit records that outlived the stack, by its name. Raises DeployError."""
    name = stack.outputs.get("AuditTableName")
    if name is None:
        return None
    dynamodb = client("dynamodb", stack.region)
    try:
        dynamodb.describe_table(TableName=name)
    except dynamodb.exceptions.ResourceNotFoundException:
        return None
    except (BotoCoreError, ClientError) as error:
        raise DeployError(f"{stack.region}: is {name} left? {error}") from error
    return name


def delete_left_log_groups(stack: Stack) -> None:
    """Deletes log groups that a last invocation made anew after the stack was gone."""
    logs = client("logs", stack.region)
    prefixes = [f"/aws/lambda/{stack.name}-"]
    if "ApiId" in stack.outputs:
        prefixes.append(f"/aws/appsync/apis/{stack.outputs['ApiId']}")
    for prefix in prefixes:
        try:
            for group in logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]:
                logs.delete_log_group(logGroupName=group["logGroupName"])
        except (BotoCoreError, ClientError) as error:
            raise DeployError(f"{stack.region}: a log group is left: {error}") from error


def _read(name: str, region: str) -> Stack | None:
    try:
        stacks = client("cloudformation", region).describe_stacks(StackName=name)["Stacks"]
    except ClientError as error:
        if "does not exist" in str(error):
            return None
        raise DeployError(f"{region}: {error}") from error
    except BotoCoreError as error:
        raise DeployError(f"{region}: {error}") from error
    stack = stacks[0]
    parameters = {
        each["ParameterKey"]: each.get("ParameterValue", "") for each in stack.get("Parameters", [])
    }
    return Stack(
        region,
        name,
        stack["StackStatus"],
        parameters,
        {each["OutputKey"]: each["OutputValue"] for each in stack.get("Outputs", [])},
    )
