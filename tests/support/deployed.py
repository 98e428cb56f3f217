"""Direct use of a running stack's functions and queues."""

import json
from typing import Any

from cli.stack_file import RunningRegion, RunningStack
from tests.support.aws import aws_client, outputs
from tests.support.stack import ROOT


def invoke(stack: RunningStack, region: RunningRegion, output: str, sample: str) -> dict[str, Any]:
    """Run the function that an output names with a sample of events/; fail if it fails."""
    answer = aws_client(stack, region.region, "lambda").invoke(
        FunctionName=outputs(stack, region)[output],
        Payload=(ROOT / "events" / sample).read_bytes(),
    )
    result: dict[str, Any] = json.loads(answer["Payload"].read())
    assert "FunctionError" not in answer, result
    return result


def drain(stack: RunningStack, region: RunningRegion, output: str) -> list[dict[str, Any]]:
    """Take all messages out of the queue that an output names."""
    sqs = aws_client(stack, region.region, "sqs")
    url = outputs(stack, region)[output]
    taken: list[dict[str, Any]] = []
    while True:
        batch = sqs.receive_message(
            QueueUrl=url, MaxNumberOfMessages=10, MessageAttributeNames=["All"]
        ).get("Messages", [])
        if not batch:
            return taken
        for message in batch:
            sqs.delete_message(QueueUrl=url, ReceiptHandle=message["ReceiptHandle"])
            taken.append(message)
