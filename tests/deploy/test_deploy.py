"""README's chapter "Deploy to AWS", on a local AWS of its own that ends as empty as it began."""

import asyncio
import os
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest

from local.settings import ACCESS_KEY_ID, SECRET_ACCESS_KEY, LocalSettings
from local.stack.sam import aws_environment
from tests.support.empty_aws import empty_aws
from tests.support.policies import assert_allowed
from tests.support.recorder import Recorder, recording
from tests.support.stack import ROOT, free_ports

pytestmark = [pytest.mark.deploys, pytest.mark.timeout(400)]

A, B, C = "us-west-2", "ap-southeast-2", "eu-west-1"
_SECONDS = 240


@dataclass(frozen=True)
class Account:
    """A local AWS, and what was asked of it."""

    settings: LocalSettings
    recorder: Recorder


@pytest.fixture
async def aws(tmp_path: Path) -> AsyncIterator[Account]:
    """An empty local AWS; in the end, all that was asked of it must be the deploy role's right."""
    port = free_ports(4)
    settings = LocalSettings(
        root=ROOT,
        state=tmp_path,
        regions=(A,),
        aws_port=port,
        client_port=port + 1,
        first_region_port=port + 2,
    )
    async with empty_aws(settings):
        with recording(settings.aws_endpoint_url) as recorder:
            yield Account(settings, recorder)
    assert_allowed("deploy", recorder)


def _client(aws: Account, region: str, service: str) -> Any:
    make: Any = boto3.client
    return make(
        service,
        region_name=region,
        endpoint_url=aws.settings.aws_endpoint_url,
        aws_access_key_id=ACCESS_KEY_ID,
        aws_secret_access_key=SECRET_ACCESS_KEY,
    )


def _environment(aws: Account) -> dict[str, str]:
    return aws_environment(aws.settings) | {
        "HOME": os.environ["HOME"],
        "AWS_ENDPOINT_URL": aws.recorder.url,
    }


async def _make(aws: Account, *arguments: str) -> tuple[int, str]:
    """`make …` as a user would, with the local AWS's variables; exit code and what it printed."""
    process = await asyncio.create_subprocess_exec(
        *("make", *arguments),
        cwd=ROOT,
        env=_environment(aws),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )
    output, _ = await asyncio.wait_for(process.communicate(), _SECONDS)
    assert process.returncode is not None
    return process.returncode, output.decode()


async def _made(aws: Account, *arguments: str) -> str:
    code, text = await _make(aws, *arguments)
    assert code == 0, text
    return text


def _held(aws: Account, region: str) -> dict[str, list[str]]:
    """What there is in a region, by kind; SAM's own bucket, which all its stacks share, apart."""

    def names(service: str, operation: str, key: str, field: str | None = None) -> list[str]:
        client = _client(aws, region, service)
        pages = (
            client.get_paginator(operation).paginate()
            if client.can_paginate(operation)
            else [getattr(client, operation)()]
        )
        found = [each for page in pages for each in page.get(key, [])]
        return [each if field is None else each[field] for each in found]

    held = {
        "stacks": [
            each["StackName"]
            for each in _client(aws, region, "cloudformation").describe_stacks()["Stacks"]
            if each["StackName"] != "aws-sam-cli-managed-default"
        ],
        "tables": names("dynamodb", "list_tables", "TableNames"),
        "queues": names("sqs", "list_queues", "QueueUrls"),
        "functions": names("lambda", "list_functions", "Functions", "FunctionName"),
        "rules": names("events", "list_rules", "Rules", "Name"),
        "buses": [
            name
            for name in names("events", "list_event_buses", "EventBuses", "Name")
            if name != "default"
        ],
        "log groups": names("logs", "describe_log_groups", "logGroups", "logGroupName"),
        "APIs": names("appsync", "list_graphql_apis", "graphqlApis", "apiId"),
        "alarms": names("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName"),
        "dashboards": names("cloudwatch", "list_dashboards", "DashboardEntries", "DashboardName"),
    }
    return {kind: found for kind, found in held.items() if found}


def _held_globally(aws: Account) -> list[str]:
    """Roles, which belong to no region, and what was uploaded to SAM's buckets."""
    roles = _client(aws, A, "iam").list_roles()["Roles"]
    s3 = _client(aws, A, "s3")
    return [each["RoleName"] for each in roles] + [
        each["Key"]
        for bucket in s3.list_buckets()["Buckets"]
        for each in s3.list_objects_v2(Bucket=bucket["Name"]).get("Contents", [])
    ]


def _peers(aws: Account, region: str, installation: str = "globalws") -> set[str]:
    """The regions that a region's rules forward to."""
    prefix = f"{installation}-forward-to-"
    rules = _client(aws, region, "events").list_rules(EventBusName=installation)["Rules"]
    names = {each["Name"].removeprefix(prefix) for each in rules if prefix in each["Name"]}
    return names - {""}  # the emulator makes one for an empty list


def _made_at(aws: Account, region: str, logical_id: str) -> str:
    """When CloudFormation had made a resource of the region's stack."""
    pages = _client(aws, region, "cloudformation").get_paginator("describe_stack_events")
    events = [
        each
        for page in pages.paginate(StackName=f"globalws-{region}")
        for each in page["StackEvents"]
    ]
    # The emulator says UPDATE_COMPLETE of what an update creates.
    when = [
        str(each["Timestamp"])
        for each in events
        if each["LogicalResourceId"] == logical_id and each["ResourceStatus"].endswith("_COMPLETE")
    ]
    assert when, sorted({each["LogicalResourceId"] for each in events})
    return min(when)


async def _delete_audit_tables(aws: Account, said: str) -> None:
    """Runs the commands that `make` printed for the tables that outlived their stacks."""
    commands = [line.split() for line in said.splitlines() if line.strip().startswith("aws ")]
    assert commands
    for _, *arguments in commands:
        process = await asyncio.create_subprocess_exec(
            *(str(ROOT / ".venv-awscli" / "bin" / "aws"), *arguments),
            env=_environment(aws),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.STDOUT,
        )
        output, _ = await asyncio.wait_for(process.communicate(), _SECONDS)
        assert process.returncode == 0, output.decode()


def _topic(region: str) -> str:
    """A parameter that says which topic the region's alarms tell: one of its own region."""
    return f"{region}:AlarmTopicArn=arn:aws:sns:{region}:000000000000:pager"


def _topics_told(aws: Account, region: str) -> set[str]:
    alarms = _client(aws, region, "cloudwatch").describe_alarms()["MetricAlarms"]
    return {action for alarm in alarms for action in alarm["AlarmActions"]}


async def test_regions_come_and_go_and_nothing_is_left_behind(aws: Account) -> None:
    parameters = f"AllowedChannels=news {_topic(A)} {_topic(B)}"
    await _made(aws, "deploy", f"REGIONS={A} {B}", f"PARAMETERS={parameters}")
    assert (_peers(aws, A), _peers(aws, B)) == ({B}, {A})
    # EventBridge does not retry a bus that is not there.
    assert _made_at(aws, A, "ForwardToapsoutheast2") > _made_at(aws, B, "Bus")
    assert _made_at(aws, B, "ForwardTouswest2") > _made_at(aws, A, "Bus")

    code, text = await _make(aws, "deploy", f"REGIONS={A}")
    assert code != 0
    assert f"remove-region REGION={B}" in text

    text = await _made(aws, "add-region", f"REGION={C}", f"PARAMETERS={_topic(C)}")
    for region in (A, B, C):
        assert _topics_told(aws, region) == {_topic(region).split("=")[1]}, region
    assert [_peers(aws, region) for region in (A, B, C)] == [{B, C}, {A, C}, {A, B}]
    (added,) = _client(aws, C, "cloudformation").describe_stacks(StackName=f"globalws-{C}")[
        "Stacks"
    ]
    assert {"ParameterKey": "AllowedChannels", "ParameterValue": "news"} in added["Parameters"]
    assert f"before you use sam deploy by itself: {B},{C}" in text

    code, text = await _make(aws, "remove-region", f"REGION={C}")
    assert code != 0
    assert "YES=1" in text
    await _delete_audit_tables(aws, await _made(aws, "remove-region", f"REGION={C}", "YES=1"))
    assert _held(aws, C) == {}
    assert [_peers(aws, region) for region in (A, B)] == [{B}, {A}]

    text = await _made(aws, "destroy", f"REGIONS={B} {A}", "YES=1")
    for region in (A, B):
        ((kind, (table,)),) = _held(aws, region).items()
        assert kind == "tables"
        assert f"{region}: the audit records are kept, in the table {table}" in text
    await _delete_audit_tables(aws, text)
    for region in (A, B, C):
        assert _held(aws, region) == {}, region
    assert _held_globally(aws) == []
    assert "nothing is there" in await _made(aws, "destroy", f"REGIONS={A} {B}", "YES=1")


async def test_two_installations_share_an_account(aws: Account) -> None:
    await _made(aws, "deploy", f"REGIONS={A}")
    await _made(
        aws, "deploy", f"REGIONS={A}", "INSTALLATION=staging", "PARAMETERS=LogRetentionDays=3"
    )
    held = _held(aws, A)
    assert sorted(held["stacks"]) == [f"globalws-{A}", f"staging-{A}"]
    for queue in held["queues"]:
        tags = _client(aws, A, "sqs").list_queue_tags(QueueUrl=queue)["Tags"]
        name = "staging" if "/staging-" in queue else "globalws"
        assert tags["installation"] == name, queue
    assert sorted(held["buses"]) == ["globalws", "staging"]
    assert sorted(held["dashboards"]) == [f"globalws-{A}", f"staging-{A}"]
    await _delete_audit_tables(aws, await _made(aws, "destroy", "INSTALLATION=staging", "YES=1"))
    left = _held(aws, A)
    assert left["stacks"] == [f"globalws-{A}"]
    for kind in ("functions", "log groups", "queues", "tables", "APIs", "alarms"):
        assert len(left[kind]) * 2 == len(held[kind]), kind
    await _made(aws, "destroy", "YES=1")
    assert _held(aws, A).keys() == {"tables"}
    await _made(aws, "deploy", f"REGIONS={A}")  # beside the audit records that were kept
    await _delete_audit_tables(aws, await _made(aws, "destroy", "YES=1"))
    assert _held(aws, A) == {}
    assert _held_globally(aws) == []
