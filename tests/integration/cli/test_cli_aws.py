"""The command against (mocked) AWS: stacks found, dead letters redriven, tables read."""

import json
from dataclasses import dataclass, field
from datetime import timedelta
from threading import Lock
from typing import Any

import boto3
import pytest
from globalws_functions.adapters.audit_table import AuditTable
from globalws_functions.adapters.channels_table import ChannelsTable
from globalws_functions.domain.apply import AuditRecord, Outcome
from globalws_functions.domain.command import Action
from globalws_functions.domain.janitor import Run as JanitorRun

from cli.adapters.clients import Clients
from cli.adapters.functions import Invoked
from cli.errors import RefusedError
from tests.integration.cli.conftest import Region
from tests.support.globalws import invoke

Regions = dict[str, Region]


@dataclass
class Functions:
    """A stand-in for Lambda; it refuses events with ids in `refused`."""

    invoked: list[tuple[str, str, Any]] = field(default_factory=list)
    refused: set[str] = field(default_factory=set)
    lock: Lock = field(default_factory=Lock)

    def invoke(
        self, clients: Clients, name: str, qualifier: str | None, payload: Any, *, wait: bool
    ) -> Invoked:
        assert not wait  # in AWS, Lambda queues
        if payload["detail"]["message"] in self.refused:
            raise RefusedError("TooManyRequestsException", "slow down")
        with self.lock:
            self.invoked.append((clients.region, name, payload))
        return Invoked()


@pytest.fixture
def functions(monkeypatch: pytest.MonkeyPatch) -> Functions:
    """The functions that a redrive invokes."""
    fake = Functions()
    monkeypatch.setattr("cli.dead_letter_queues.invoke", fake.invoke)
    return fake


def globalws(*arguments: str) -> tuple[int, Any]:
    result = invoke(*arguments, "--aws", "--json")
    if result.exception is not None and not isinstance(result.exception, SystemExit):
        raise result.exception
    return result.exit_code, json.loads(result.stdout) if result.stdout else result.stderr


def event(text: str = "hi", origin: str = "us-west-2", **changes: Any) -> dict[str, Any]:
    detail = {
        "id": "01KB4YXW0G8Q2M7R3T5V9XZABC",
        "name": "tech",
        "message": text,
        "publishedAt": "2026-11-23T10:15:00.123Z",
        "region": origin,
    }
    return {
        "version": "0",
        "id": "e-1",
        "detail-type": "MessagePublished",
        "source": "globalws",
        "time": "2026-11-23T10:15:00Z",
        "region": origin,
        "detail": detail,
    } | changes


def failure(
    region: Region, text: str = "hi", condition: str = "RetriesExhausted"
) -> dict[str, Any]:
    return {
        "requestContext": {"functionArn": region.function_arn + ":$LATEST", "condition": condition},
        "requestPayload": event(text, "ap-southeast-2"),
        "responsePayload": {"errorType": "TransientError", "errorMessage": "HTTP 503"},
    }


def tallies(document: Any) -> dict[tuple[str, str], tuple[int, int, int]]:
    return {
        (each["region"], each["queue"]): (each["done"], each["failed"], each["poison"])
        for each in document["queues"]
    }


def test_the_peers_are_found_and_their_config_printed(regions: Regions) -> None:
    code, document = globalws("config")
    assert code == 0
    assert [each["region"] for each in document["regions"]] == ["us-west-2", "ap-southeast-2"]
    assert document["regions"][1]["graphqlUrl"] == "https://ap-southeast-2.example.com/graphql"


def test_a_stack_that_is_not_there_ends_with_5(regions: Regions) -> None:
    code, text = globalws("config", "--stack-name", "other-{region}")
    assert code == 5
    assert "there is no stack other-us-west-2 in us-west-2" in text


def test_partial_failure_leaves_the_rest(regions: Regions, functions: Functions) -> None:
    region = regions["us-west-2"]
    region.put_many(region.function_queue, [failure(region, str(n)) for n in range(25)])
    region.put(region.function_queue, "{")
    region.put(region.function_queue, failure(region, "bad", "PermanentFailure"))
    functions.refused = {"3", "17"}
    code, document = globalws("dlq", "redrive", "--yes")
    assert code == 3
    assert tallies(document)["us-west-2", "function"] == (23, 2, 2)
    reasons = [each["reason"] for queue in document["queues"] for each in queue["stayed"]]
    assert any("slow down" in reason for reason in reasons)
    assert any("not JSON" in reason for reason in reasons)
    assert region.count(region.function_queue) == 4  # visible at once
    functions.refused = set()
    code, document = globalws("dlq", "redrive", "--yes", "--include-poison")
    assert tallies(document)["us-west-2", "function"] == (3, 0, 1)


def test_what_missed_a_peer_goes_to_that_peers_bus_only(
    regions: Regions, functions: Functions
) -> None:
    here, peer = regions["us-west-2"], regions["ap-southeast-2"]
    here.put(here.bus_queue, event(), TARGET_ARN=peer.bus_arn, ERROR_CODE="NO_PERMISSIONS")
    code, document = globalws("dlq", "redrive", "--yes")
    assert code == 0
    assert tallies(document)["us-west-2", "bus"] == (1, 0, 0)
    [arrived] = peer.arrived()
    assert arrived["region"] == "ap-southeast-2"
    mark = arrived["detail"].pop("redrive")
    assert (mark["region"], mark["queue"], mark["reason"]) == ("us-west-2", "bus", "NO_PERMISSIONS")
    assert arrived["detail"] == event()["detail"]
    assert arrived["time"] == "2026-11-23T10:15:00Z"
    assert here.arrived() == []
    assert functions.invoked == []


def test_what_missed_a_function_goes_to_that_function_only(
    regions: Regions, functions: Functions
) -> None:
    here = regions["us-west-2"]
    here.put(here.bus_queue, event(origin="ap-southeast-2"), TARGET_ARN=here.function_arn)
    assert globalws("dlq", "redrive", "--yes")[0] == 0
    [(region, function, sent)] = functions.invoked
    assert (region, function) == ("us-west-2", "replay-us-west-2")
    assert sent.pop("redrive")["region"] == "us-west-2"
    assert sent == event(origin="ap-southeast-2")
    assert here.arrived() == []


def test_a_foreign_target_is_never_called(regions: Regions, functions: Functions) -> None:
    here = regions["us-west-2"]
    here.put(here.bus_queue, event(), TARGET_ARN=here.function_arn.replace("replay", "admin"))
    code, document = globalws("dlq", "redrive", "--yes", "--include-poison")
    assert code == 3
    assert tallies(document)["us-west-2", "bus"] == (0, 0, 1)
    assert functions.invoked == []


def test_list_and_show_tell_why_and_leave_all_visible(regions: Regions) -> None:
    here, peer = regions["us-west-2"], regions["ap-southeast-2"]
    here.put(here.function_queue, failure(here))
    peer.put(peer.bus_queue, event(), TARGET_ARN=here.bus_arn, ERROR_CODE="SDK_CLIENT_ERROR")
    code, document = globalws("dlq", "list")
    assert code == 0
    reasons = {each["queue"]: each["reason"] for each in document["messages"]}
    assert reasons == {
        "function": "RetriesExhausted: TransientError: HTTP 503",
        "bus": "SDK_CLIENT_ERROR",
    }
    assert here.count(here.function_queue) == peer.count(peer.bus_queue) == 1
    wanted = document["messages"][0]["messageId"]
    code, shown = globalws("dlq", "show", wanted[:8])
    assert code == 0
    assert shown["messageId"] == wanted
    assert shown["body"]
    assert globalws("dlq", "show", "ffffffff-0")[0] == 1


def test_drop_deletes_what_was_named(regions: Regions) -> None:
    here = regions["us-west-2"]
    here.put_many(here.function_queue, [failure(here, str(n)) for n in range(3)])
    _, listed = globalws("dlq", "list")
    code, document = globalws("dlq", "drop", "--yes", listed["messages"][0]["messageId"])
    assert code == 0
    assert sum(queue["done"] for queue in document["queues"]) == 1
    assert here.count(here.function_queue) == 2
    globalws("dlq", "drop", "--yes", "--all", "--region", "us-west-2")
    assert here.count(here.function_queue) == 0


def test_a_queue_that_is_gone_hides_no_other(regions: Regions, functions: Functions) -> None:
    here, peer = regions["us-west-2"], regions["ap-southeast-2"]
    here.put(here.function_queue, failure(here))
    peer.sqs().delete_queue(QueueUrl=peer.bus_queue)
    code, document = globalws("dlq", "redrive", "--yes")
    assert code == 3
    assert tallies(document)["us-west-2", "function"] == (1, 0, 0)
    assert [queue["queue"] for queue in document["queues"] if queue["error"]] == ["bus"]


def test_audit_reads_what_the_functions_wrote(regions: Regions) -> None:
    for number in range(30):
        at = f"2026-11-23T10:{number:02}:00.000Z"
        record = AuditRecord(
            key=f"tech#purge#{number}", event_id=str(number), action=Action.PURGE,
            name="tech" if number % 2 else "cars", reason="spam", by="ops", at=at,
            origin="us-west-2", region="us-west-2", recorded_at=at, outcome=Outcome.DONE,
            steps={"subscriptions": "ended"},
        )  # fmt: skip
        tables = boto3.client("dynamodb", "us-west-2")
        AuditTable("audit", timedelta(days=30), tables).save(record)
    code, document = globalws("audit", "--limit", "12")
    assert code == 0
    assert [record["eventId"] for record in document["records"]] == [
        str(number) for number in range(29, 17, -1)
    ]
    assert document["records"][0]["steps"] == {"subscriptions": "ended"}
    _, document = globalws("audit", "cars", "--limit", "100")
    assert len(document["records"]) == 15


def test_status_reads_queues_and_the_janitors_run(regions: Regions) -> None:
    here = regions["us-west-2"]
    here.put(here.bus_queue, event())
    tables = boto3.client("dynamodb", "us-west-2")
    ChannelsTable("channels", tables).save_run(
        JanitorRun("2026-11-23T10:15:00.000Z", invalidated=4)
    )
    code, document = globalws("status", "--region", "us-west-2")
    assert code == 5  # no such host: the API does not answer
    [region] = document["regions"]
    assert region["queues"] == {"bus": 1, "function": 0}
    assert region["janitor"]["invalidated"] == 4
    assert region["janitor"]["ageSeconds"] is not None


def test_an_order_names_the_aws_identity(regions: Regions) -> None:
    code, document = globalws("purge", "tech", "--reason", "x", "--yes", "--no-wait")
    assert code == 0
    assert document["by"].startswith("arn:aws:")
    [arrived] = regions["us-west-2"].arrived()
    assert arrived["detail"]["name"] == "tech"
    assert arrived["detail"]["by"] == document["by"]
