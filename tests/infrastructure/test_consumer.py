"""templates/consumer.yaml: fed by the region's stack, least rights; and the page's sample."""

import json
import re
from typing import Any

import boto3
import pytest
from cfnlint.decode import cfn_yaml
from moto import mock_aws

from tests.infrastructure.conftest import Template
from tests.infrastructure.optional import assert_fed_by_the_region_s_stack
from tests.infrastructure.values import Values
from tests.support.functions import Context
from tests.support.stack import ROOT

_PATH = ROOT / "templates" / "consumer.yaml"
_PAGE = (ROOT / "docs" / "back-ends.md").read_text()


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    found: dict[str, Any] = cfn_yaml.load(str(_PATH))
    return found


def test_what_it_asks_for_the_region_s_stack_puts_out(template: Template) -> None:
    assert_fed_by_the_region_s_stack(_PATH, template)


def test_a_rule_for_a_channel_or_for_a_prefix(document: dict[str, Any]) -> None:
    names = document["Resources"]["Rule"]["Properties"]["EventPattern"]["detail"]["name"]
    assert Values(document, {"Channel": "cars"}).resolve(names) == ["cars"]
    prefix = Values(document, {"ChannelPrefix": "orders:"}).resolve(names)
    assert prefix == [{"prefix": "orders:"}]


@pytest.mark.parametrize(
    ("text", "fits"),
    [
        ("orders:", True),
        ("a:b:c:", True),
        ("", True),
        ("orders", False),
        (":", False),
        ("a:b:c:d:", False),
    ],
)
def test_a_prefix_ends_with_a_segment(document: dict[str, Any], text: str, fits: bool) -> None:
    pattern = document["Parameters"]["ChannelPrefix"]["AllowedPattern"]
    assert bool(re.fullmatch(pattern, text)) is fits


def test_only_its_rule_may_fill_the_queues_and_both_keep_for_14_days(
    document: dict[str, Any],
) -> None:
    resources = document["Resources"]
    policy = resources["QueuePolicy"]["Properties"]
    allow = policy["PolicyDocument"]["Statement"][0]
    assert allow["Condition"] == {"ArnEquals": {"aws:SourceArn": {"Fn::GetAtt": ["Rule", "Arn"]}}}
    for name in ("Queue", "DeadLetterQueue"):
        assert {"Ref": name} in policy["Queues"]
        assert resources[name]["Properties"]["MessageRetentionPeriod"] == 1_209_600
    redrive = resources["Queue"]["Properties"]["RedrivePolicy"]
    assert redrive["deadLetterTargetArn"] == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}
    (target,) = resources["Rule"]["Properties"]["Targets"]
    assert target["DeadLetterConfig"]["Arn"] == {"Fn::GetAtt": ["DeadLetterQueue", "Arn"]}


def _consumer() -> Any:
    (code,) = re.findall(r"```python\n(.*?)```", _PAGE, re.DOTALL)
    assert len([line for line in code.splitlines() if line.strip()]) == 10
    namespace: dict[str, Any] = {}
    exec(code, namespace)  # noqa: S102 - the page's own sample
    return namespace["handler"]


def _record(number: int, body: str) -> dict[str, Any]:
    return {
        "messageId": f"m-{number}",
        "receiptHandle": "r",
        "body": body,
        "attributes": {},
        "messageAttributes": {},
        "eventSource": "aws:sqs",
        "eventSourceARN": "arn:aws:sqs:us-west-2:123456789012:queue",
        "awsRegion": "us-west-2",
    }


@mock_aws
def test_the_sample_consumer_keeps_each_message_once(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-west-2")
    monkeypatch.setenv("TABLE", "orders")
    boto3.client("dynamodb").create_table(
        TableName="orders",
        BillingMode="PAY_PER_REQUEST",
        AttributeDefinitions=[{"AttributeName": "id", "AttributeType": "S"}],
        KeySchema=[{"AttributeName": "id", "KeyType": "HASH"}],
    )
    handler = _consumer()
    bodies = [json.dumps({"detail": {"id": f"id-{number % 3}"}}) for number in range(6)]
    records = [_record(number, body) for number, body in enumerate([*bodies, "not JSON"])]
    answer = handler({"Records": records}, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "m-6"}]}
    items = boto3.client("dynamodb").scan(TableName="orders")["Items"]
    assert {item["id"]["S"] for item in items} == {"id-0", "id-1", "id-2"}
