"""Rules of channels and users, written into the regions' tables as if their commands had come."""

from collections.abc import Mapping, Sequence
from typing import Any

from boto3.dynamodb.types import TypeSerializer

from cli.stack_file import RunningStack
from tests.support.aws import aws_client, outputs

Rule = Mapping[str, Any]


def write_rules(stack: RunningStack, rules: Sequence[Rule]) -> None:
    """Put items of the table of channels into each region's."""
    for rule in rules:
        item = {key: TypeSerializer().serialize(value) for key, value in rule.items()}
        _in_each_region(stack, "put_item", Item=item)


def delete_rules(stack: RunningStack, rules: Sequence[Rule]) -> None:
    """Take them away again."""
    for rule in rules:
        _in_each_region(stack, "delete_item", Key={"name": {"S": rule["name"]}})


def _in_each_region(stack: RunningStack, operation: str, **given: Any) -> None:
    for region in stack.regions:
        client = aws_client(stack, region.region, "dynamodb")
        table = outputs(stack, region)["ChannelsTableName"]
        getattr(client, operation)(TableName=table, **given)
