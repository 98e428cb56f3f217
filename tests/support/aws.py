"""What tests ask of the local AWS: clients, stack outputs, queues, and `globalws dlq`."""

import json
import os
import subprocess
from dataclasses import dataclass
from functools import cache
from typing import Any

import boto3

from cli.stack_file import RunningRegion, RunningStack
from tests.support.stack import ROOT, LocalStack

QUEUES = ("BusDeadLetterQueueUrl", "FunctionDeadLetterQueueUrl")
_made: list[Any] = []
_GLOBALWS = ROOT / ".venv" / "bin" / "globalws"


@cache
def aws_client(stack: RunningStack, region: str, service: str) -> Any:
    """A boto3 client of the local AWS. Its methods exist at run time only, hence Any."""
    make: Any = boto3.client
    client = make(
        service,
        region_name=region,
        endpoint_url=stack.awsEndpointUrl,
        aws_access_key_id=stack.accessKeyId,
        aws_secret_access_key=stack.secretAccessKey,
    )
    _made.append(client)
    return client


def close_connections() -> None:
    """Close the connections of all clients of `aws_client`; they can be used again."""
    for client in _made:
        client.close()


@cache
def outputs(stack: RunningStack, region: RunningRegion) -> dict[str, str]:
    """The outputs of the region's stack."""
    found = aws_client(stack, region.region, "cloudformation").describe_stacks(
        StackName=region.stackName
    )
    return {each["OutputKey"]: each["OutputValue"] for each in found["Stacks"][0]["Outputs"]}


def dead_letters_in(stack: RunningStack, region: RunningRegion, queue: str) -> int:
    """How many messages the queue (a name in QUEUES) holds, hidden ones included."""
    answer = aws_client(stack, region.region, "sqs").get_queue_attributes(
        QueueUrl=outputs(stack, region)[queue],
        AttributeNames=[
            "ApproximateNumberOfMessages",
            "ApproximateNumberOfMessagesNotVisible",
        ],
    )
    return sum(int(count) for count in answer["Attributes"].values())


def dead_letters(stack: RunningStack) -> int:
    """How many dead letters all queues of all regions hold."""
    return sum(
        dead_letters_in(stack, region, queue) for region in stack.regions for queue in QUEUES
    )


@dataclass(frozen=True)
class Redriven:
    """What `globalws dlq redrive` counted over all queues."""

    done: int
    failed: int
    poison: int


def dlq(stack: LocalStack, *arguments: str) -> dict[str, Any]:
    """`globalws dlq … --json` on the stack; fails the test if the command fails."""
    done = subprocess.run(
        [str(_GLOBALWS), "dlq", *arguments, "--json", "--stack-file", str(stack.stack_file)],
        cwd=ROOT,
        env={name: value for name, value in os.environ.items() if not name.startswith("AWS_")},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.stdout, f"globalws dlq {arguments} (exit {done.returncode}): {done.stderr}"
    answer: dict[str, Any] = json.loads(done.stdout)
    return answer


def redrive(stack: LocalStack) -> Redriven:
    """`globalws dlq redrive --yes` over every queue."""
    tallies = dlq(stack, "redrive", "--yes")["queues"]
    return Redriven(*(sum(each[name] for each in tallies) for name in ("done", "failed", "poison")))
