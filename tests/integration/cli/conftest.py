"""A two-region deployment in moto: stacks with outputs, queues, buses and tables."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import boto3
import pytest
from botocore.client import BaseClient
from botocore.exceptions import ClientError
from moto import mock_aws

ACCOUNT = "123456789012"
REGIONS = ("us-west-2", "ap-southeast-2")


@dataclass(frozen=True)
class Region:
    """One region's resources, for the tests."""

    name: str
    bus_queue: str
    function_queue: str
    arrivals: str

    @property
    def bus_arn(self) -> str:
        """The region's bus."""
        return f"arn:aws:events:{self.name}:{ACCOUNT}:event-bus/globalws"

    @property
    def function_arn(self) -> str:
        """The region's Replay function."""
        return f"arn:aws:lambda:{self.name}:{ACCOUNT}:function:replay-{self.name}"

    def sqs(self) -> Any:
        """Its queues."""
        return boto3.client("sqs", self.name)

    def put(self, queue: str, body: object, **attributes: str) -> None:
        """Put a message into one of its queues."""
        self.put_many(queue, [body], **attributes)

    def put_many(self, queue: str, bodies: list[Any], **attributes: str) -> None:
        """Put messages into one of its queues."""
        texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
        typed = {
            name: {"DataType": "String", "StringValue": text} for name, text in attributes.items()
        }
        client = self.sqs()
        for start in range(0, len(texts), 10):
            client.send_message_batch(
                QueueUrl=queue,
                Entries=[
                    {"Id": str(number), "MessageBody": text, "MessageAttributes": typed}
                    for number, text in enumerate(texts[start : start + 10])
                ],
            )

    def count(self, queue: str) -> int:
        """How many visible messages a queue holds."""
        attributes = self.sqs().get_queue_attributes(
            QueueUrl=queue, AttributeNames=["ApproximateNumberOfMessages"]
        )["Attributes"]
        return int(attributes["ApproximateNumberOfMessages"])

    def arrived(self) -> list[dict[str, Any]]:
        """The entries that the region's bus received."""
        messages = self.sqs().receive_message(QueueUrl=self.arrivals, MaxNumberOfMessages=10)
        return [json.loads(message["Body"]) for message in messages.get("Messages", [])]


@pytest.fixture
def regions(monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, Region]]:
    """Both regions, with everything that the command reads."""
    for name in ("AWS_PROFILE", "AWS_ENDPOINT_URL", "AWS_REGION"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "testing")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "testing")
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    # moto's queues are on one server: a long poll of an empty one finds no more than a short one.
    monkeypatch.setattr("cli.adapters.queues._LONG_POLL_SECONDS", 0)
    stacks: dict[str, Any] = {}
    with mock_aws():
        deployed = {name: _deploy(name, stacks) for name in REGIONS}
        _answer_for_cloudformation(monkeypatch, stacks)
        yield deployed


def _answer_for_cloudformation(monkeypatch: pytest.MonkeyPatch, stacks: dict[str, Any]) -> None:
    """A stand-in for moto's CloudFormation, which needs packages of every possible service."""
    others = BaseClient._make_api_call

    def call(client: Any, operation: str, arguments: dict[str, Any]) -> Any:
        stack = stacks[client.meta.region_name]
        if operation == "DescribeStacks":
            if arguments["StackName"] == stack["StackName"]:
                return {"Stacks": [stack]}
            text = f"Stack with id {arguments['StackName']} does not exist"
            raise ClientError({"Error": {"Code": "ValidationError", "Message": text}}, operation)
        if operation == "ListStackResources":
            return {
                "StackResourceSummaries": [
                    _resource("AWS::Lambda::Function", "unlisted"),
                    _resource("AWS::SQS::Queue", "queue"),
                ]
            }
        return others(client, operation, arguments)

    monkeypatch.setattr(BaseClient, "_make_api_call", call)


def _resource(resource_type: str, name: str) -> dict[str, str]:
    return {"ResourceType": resource_type, "PhysicalResourceId": name, "LogicalResourceId": name}


def _deploy(name: str, stacks: dict[str, Any]) -> Region:
    sqs, events = boto3.client("sqs", name), boto3.client("events", name)
    urls = [
        sqs.create_queue(QueueName=queue)["QueueUrl"] for queue in ("bus", "function", "arrivals")
    ]
    region = Region(name, *urls)
    events.create_event_bus(Name="globalws")
    events.put_rule(
        Name="all", EventBusName="globalws", EventPattern=json.dumps({"source": ["globalws"]})
    )
    arn = f"arn:aws:sqs:{name}:{ACCOUNT}:arrivals"
    events.put_targets(
        Rule="all", EventBusName="globalws", Targets=[{"Id": "arrivals", "Arn": arn}]
    )
    outputs = {
        "GraphQLUrl": f"https://{name}.example.com/graphql",
        "RealtimeUrl": f"wss://{name}.example.com/graphql",
        "ApiKey": "da2-key",
        "EventBusName": "globalws",
        "EventBusArn": region.bus_arn,
        "BusDeadLetterQueueUrl": region.bus_queue,
        "FunctionDeadLetterQueueUrl": region.function_queue,
        "ReplayFunctionName": f"replay-{name}",
        "ChannelsTableName": "channels",
        "AuditTableName": "audit",
    }
    peers = ",".join(each for each in REGIONS if each != name)
    stacks[name] = {
        "StackName": f"globalws-{name}",
        "StackStatus": "CREATE_COMPLETE",
        "Parameters": [{"ParameterKey": "PeerRegions", "ParameterValue": peers}],
        "Outputs": [{"OutputKey": key, "OutputValue": value} for key, value in outputs.items()],
    }
    _tables(name)
    return region


def _tables(name: str) -> None:
    tables = boto3.client("dynamodb", name)
    tables.create_table(
        TableName="channels",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "name", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "name", "KeyType": "HASH"}],
    )
    tables.create_table(
        TableName="audit",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[
            {"AttributeName": each, "AttributeType": "S"}
            for each in ("key", "channel", "log", "entry")
        ],
        KeySchema=[{"AttributeName": "key", "KeyType": "HASH"}],
        GlobalSecondaryIndexes=[
            {
                "IndexName": index,
                "KeySchema": [
                    {"AttributeName": attribute, "KeyType": "HASH"},
                    {"AttributeName": "entry", "KeyType": "RANGE"},
                ],
                "Projection": {"ProjectionType": "ALL"},
            }
            for index, attribute in (("by-channel", "channel"), ("by-time", "log"))
        ],
    )
