"""Several deployments in one account, and one after another."""

import pytest

from tests.deploy.account import A, Account

pytestmark = [pytest.mark.deploys, pytest.mark.timeout(400)]


async def test_two_deployments_share_an_account(aws: Account) -> None:
    await aws.made("deploy", f"REGIONS={A}")
    await aws.made("deploy", f"REGIONS={A}", "DEPLOYMENT=staging", "PARAMETERS=LogRetentionDays=3")
    held = aws.held(A)
    assert sorted(held["stacks"]) == [f"globalws-{A}", f"staging-{A}"]
    for queue in held["queues"]:
        tags = aws.client(A, "sqs").list_queue_tags(QueueUrl=queue)["Tags"]
        name = "staging" if "/staging-" in queue else "globalws"
        assert tags["deployment"] == name, queue
    assert sorted(held["buses"]) == ["globalws", "staging"]
    assert sorted(held["dashboards"]) == [f"globalws-{A}", f"staging-{A}"]
    await aws.delete_audit_tables(await aws.made("destroy", "DEPLOYMENT=staging", "YES=1"))
    left = aws.held(A)
    assert left["stacks"] == [f"globalws-{A}"]
    for kind in ("functions", "log groups", "queues", "tables", "APIs", "alarms"):
        assert len(left[kind]) * 2 == len(held[kind]), kind
    await aws.made("destroy", "YES=1")
    assert aws.held(A).keys() == {"tables"}
    await aws.made("deploy", f"REGIONS={A}")  # beside the audit records that were kept
    await aws.delete_audit_tables(await aws.made("destroy", "YES=1"))
    assert aws.held(A) == {}
    assert aws.held_globally() == []
