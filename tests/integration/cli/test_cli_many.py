"""Redriving many dead letters of the local AWS, found by a stack file.

Not moto: its queues take seconds a call when they hold thousands of messages.
"""

import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from threading import Lock
from typing import Any

import boto3
import pytest
import requests

from cli.adapters.clients import Clients
from cli.adapters.functions import Invoked
from cli.errors import RefusedError
from tests.support.globalws import invoke
from tests.support.lifecycle import until
from tests.support.stack import ROOT, free_ports

REGION = "us-west-2"
TEMPLATE = {
    "Resources": {
        "Bus": {"Type": "AWS::SQS::Queue"},
        "Function": {"Type": "AWS::SQS::Queue"},
    },
    "Outputs": {
        "BusDeadLetterQueueUrl": {"Value": {"Ref": "Bus"}},
        "FunctionDeadLetterQueueUrl": {"Value": {"Ref": "Function"}},
        "EventBusArn": {"Value": "arn:aws:events:us-west-2:000000000000:event-bus/globalws"},
        "ReplayFunctionName": {"Value": "replay"},
    },
}


@pytest.fixture
def aws(tmp_path: Path) -> Iterator[str]:
    """The URL of a local AWS for this test."""
    port = free_ports(1)
    environment = {
        "PATH": os.environ["PATH"],
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "IOT_MTLS_ENABLED": "0",
        "TMPDIR": str(tmp_path),
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
    }
    url = f"http://127.0.0.1:{port}"
    with (tmp_path / "aws.log").open("w") as log:
        process = subprocess.Popen(
            [ROOT / ".venv-ministack" / "bin" / "ministack"],
            cwd=tmp_path, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log,
        )  # fmt: skip
    try:
        _until_answering(f"{url}/_ministack/health", process)
        yield url
    finally:
        process.terminate()
        process.wait(20)


def _until_answering(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + 60
    while process.poll() is None and time.monotonic() < deadline:
        try:
            if requests.get(url, timeout=5).ok:
                return
        except requests.RequestException:
            time.sleep(0.05)
    raise RuntimeError("the local AWS did not start")


def client(service: str, url: str) -> Any:
    return boto3.client(
        service, REGION, endpoint_url=url,
        aws_access_key_id="test", aws_secret_access_key="test",
    )  # fmt: skip


@pytest.fixture
def stack_file(aws: str, tmp_path: Path) -> Path:
    """The stack file of one region deployed there, with this process's pid."""
    stacks = client("cloudformation", aws)
    stacks.create_stack(StackName=f"globalws-{REGION}", TemplateBody=json.dumps(TEMPLATE))
    until(
        lambda: (
            stacks.describe_stacks(StackName=f"globalws-{REGION}")["Stacks"][0]["StackStatus"]
            == "CREATE_COMPLETE"
        ),
        60,
        "the stack is complete",
    )
    region = {
        "region": REGION, "graphqlUrl": f"{aws}/graphql", "realtimeUrl": "ws://127.0.0.1/graphql",
        "apiKey": "k", "stackName": f"globalws-{REGION}", "eventBusName": "globalws",
        "eventsUrl": aws, "pid": os.getpid(),
    }  # fmt: skip
    document = {
        "regions": [region], "awsEndpointUrl": aws,
        "accessKeyId": "test", "secretAccessKey": "test",
    }  # fmt: skip
    path = tmp_path / "stack.json"
    path.write_text(json.dumps(document))
    return path


class Functions:
    """A stand-in for Lambda; it throttles the messages numbered in `refused`."""

    def __init__(self, refused: set[int]) -> None:
        self.invoked: list[int] = []
        self.refused = refused
        self._lock = Lock()

    def invoke(
        self, clients: Clients, name: str, qualifier: str | None, payload: Any, *, wait: bool
    ) -> Invoked:
        assert wait  # the local AWS has no limit of concurrency
        assert name == "replay"
        number = payload["detail"]["number"]
        if number in self.refused:
            raise RefusedError("TooManyRequestsException", "slow down")
        with self._lock:
            self.invoked.append(number)
        return Invoked("replayed")


def put_failures(url: str, count: int) -> str:
    queues = client("sqs", url)
    stack = client("cloudformation", url).describe_stacks(StackName=f"globalws-{REGION}")
    outputs = {each["OutputKey"]: each["OutputValue"] for each in stack["Stacks"][0]["Outputs"]}
    queue = str(outputs["FunctionDeadLetterQueueUrl"])
    for start in range(0, count, 10):
        entries = [
            {
                "Id": str(number),
                "MessageBody": json.dumps(
                    {
                        "requestContext": {
                            "functionArn": "replay",
                            "condition": "PermanentFailure" if number % 500 == 7 else "Exhausted",
                        },
                        "requestPayload": {"detail": {"number": number}},
                        "responsePayload": {"errorMessage": "HTTP 503"},
                    }
                ),
            }
            for number in range(start, start + 10)
        ]
        queues.send_message_batch(QueueUrl=queue, Entries=entries)
    return queue


def test_1500_messages_are_redriven_but_for_what_fails(
    aws: str, stack_file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    queue = put_failures(aws, 1_500)
    functions = Functions(refused={11, 999, 1_400})
    monkeypatch.setattr("cli.dead_letter_queues.invoke", functions.invoke)

    def redrive(*more: str) -> dict[str, Any]:
        arguments = ["dlq", "redrive", "--yes", "--json", "--stack-file", str(stack_file), *more]
        ran = invoke(*arguments)
        print(ran.stderr, file=sys.stderr)
        document = json.loads(ran.stdout)
        [found] = [each for each in document["queues"] if each["queue"] == "function"]
        return {"code": ran.exit_code, **found}

    first = redrive()
    assert (first["code"], first["done"], first["failed"], first["poison"]) == (3, 1_494, 3, 3)
    assert len(set(functions.invoked)) == len(functions.invoked) == 1_494
    count = client("sqs", aws).get_queue_attributes(
        QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"]
    )
    assert count["Attributes"]["ApproximateNumberOfMessages"] == "6"  # visible at once

    functions.refused = set()
    second = redrive("--include-poison")
    assert (second["code"], second["done"], second["failed"], second["poison"]) == (0, 6, 0, 0)
    assert len(set(functions.invoked)) == 1_500
