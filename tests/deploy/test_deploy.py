"""README's chapter "Deploy to AWS", on an empty local AWS, which is empty again in the end."""

import pytest

from tests.deploy.account import A, Account, B, C

pytestmark = [pytest.mark.deploys, pytest.mark.timeout(400)]


def _peers(aws: Account, region: str, deployment: str = "globalws") -> set[str]:
    """The regions that a region's rules forward to."""
    prefix = f"{deployment}-forward-to-"
    rules = aws.client(region, "events").list_rules(EventBusName=deployment)["Rules"]
    names = {each["Name"].removeprefix(prefix) for each in rules if prefix in each["Name"]}
    return names - {""}  # the emulator makes one for an empty list


def _made_at(aws: Account, region: str, logical_id: str) -> str:
    """When CloudFormation had made a resource of the region's stack."""
    pages = aws.client(region, "cloudformation").get_paginator("describe_stack_events")
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


def _topic(region: str) -> str:
    """A parameter that says which topic the region's alarms tell: one of its own region."""
    return f"{region}:AlarmTopicArn=arn:aws:sns:{region}:000000000000:pager"


def _topics_told(aws: Account, region: str) -> set[str]:
    alarms = aws.client(region, "cloudwatch").describe_alarms()["MetricAlarms"]
    return {action for alarm in alarms for action in alarm["AlarmActions"]}


async def test_regions_come_and_go_and_nothing_is_left_behind(aws: Account) -> None:
    parameters = f"AllowedChannels=news {_topic(A)} {_topic(B)}"
    await aws.made("deploy", f"REGIONS={A} {B}", f"PARAMETERS={parameters}")
    assert (_peers(aws, A), _peers(aws, B)) == ({B}, {A})
    # EventBridge does not retry a bus that is not there.
    assert _made_at(aws, A, "ForwardToapsoutheast2") > _made_at(aws, B, "Bus")
    assert _made_at(aws, B, "ForwardTouswest2") > _made_at(aws, A, "Bus")

    code, text = await aws.make("deploy", f"REGIONS={A}")
    assert code != 0
    assert f"remove-region REGION={B}" in text

    text = await aws.made("add-region", f"REGION={C}", f"PARAMETERS={_topic(C)}")
    for region in (A, B, C):
        assert _topics_told(aws, region) == {_topic(region).split("=")[1]}, region
    assert [_peers(aws, region) for region in (A, B, C)] == [{B, C}, {A, C}, {A, B}]
    (added,) = aws.client(C, "cloudformation").describe_stacks(StackName=f"globalws-{C}")["Stacks"]
    assert {"ParameterKey": "AllowedChannels", "ParameterValue": "news"} in added["Parameters"]
    assert f"before you use sam deploy by itself: {B},{C}" in text

    code, text = await aws.make("remove-region", f"REGION={C}")
    assert code != 0
    assert "YES=1" in text
    await aws.delete_audit_tables(await aws.made("remove-region", f"REGION={C}", "YES=1"))
    assert aws.held(C) == {}
    assert [_peers(aws, region) for region in (A, B)] == [{B}, {A}]

    text = await aws.made("destroy", f"REGIONS={B} {A}", "YES=1")
    for region in (A, B):
        ((kind, (table,)),) = aws.held(region).items()
        assert kind == "tables"
        assert f"{region}: the audit records are kept, in the table {table}" in text
    await aws.delete_audit_tables(text)
    for region in (A, B, C):
        assert aws.held(region) == {}, region
    assert aws.held_globally() == []
    assert "nothing is there" in await aws.made("destroy", f"REGIONS={A} {B}", "YES=1")
