"""The command on the running two-region stack: commands, messages and dead letters."""

import hashlib
import itertools
import json
import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import boto3
import pytest

from cli.domain.bulk import Progress
from cli.domain.names import new_ulid
from tests.support.stack import ROOT, LocalStack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]
WEST, SYDNEY = "us-west-2", "ap-southeast-2"


def command_line(stack: LocalStack, *arguments: str) -> list[str]:
    return [
        sys.executable, "-c", "from cli.main import main; main()", *arguments,
        "--json", "--stack-file", str(stack.stack_file),
    ]  # fmt: skip


@contextmanager
def live_tail(
    stack: LocalStack, *arguments: str
) -> Iterator[tuple[subprocess.Popen[str], Iterator[dict[str, Any]]]]:
    """A `globalws tail` that is live, and its further lines; ends it at last."""
    tail = subprocess.Popen(
        command_line(stack, "tail", *arguments), cwd=ROOT, stdout=subprocess.PIPE, text=True
    )
    with tail:
        assert tail.stdout is not None
        try:
            lines = (json.loads(line) for line in tail.stdout)
            assert any(line.get("state") == "live" for line in lines)
            yield tail, lines
        finally:
            tail.kill()


def globalws(stack: LocalStack, *arguments: str) -> tuple[int, Any]:
    ran = subprocess.run(
        command_line(stack, *arguments),
        cwd=ROOT, capture_output=True, text=True, timeout=200, check=False,
    )  # fmt: skip
    if not ran.stdout:
        return ran.returncode, ran.stderr
    if arguments[0] == "tail":
        return ran.returncode, [json.loads(line) for line in ran.stdout.splitlines()]
    return ran.returncode, json.loads(ran.stdout)


def client(stack: LocalStack, service: str, region: str) -> Any:
    running = stack.running
    return boto3.client(
        service, region, endpoint_url=running.awsEndpointUrl,
        aws_access_key_id=running.accessKeyId, aws_secret_access_key=running.secretAccessKey,
    )  # fmt: skip


def outputs(stack: LocalStack, region: str) -> dict[str, str]:
    name = stack.running.region(region).stackName
    found = client(stack, "cloudformation", region).describe_stacks(StackName=name)["Stacks"][0]
    return {each["OutputKey"]: each["OutputValue"] for each in found["Outputs"]}


def states(document: Any) -> set[str]:
    return {each["state"] for each in document["regions"]}


def event(message_id: str, name: str) -> dict[str, Any]:
    return {
        "version": "0", "id": "e-1", "detail-type": "MessagePublished", "source": "globalws",
        "account": "000000000000", "time": "2026-11-23T10:15:00Z", "region": WEST,
        "resources": [],
        "detail": {
            "id": message_id, "name": name, "message": "redriven",
            "publishedAt": "2026-11-23T10:15:00.123Z", "region": WEST,
        },
    }  # fmt: skip


def test_block_closes_every_region_and_allow_opens_it_again(stack: LocalStack) -> None:
    blocked = ("channels", "block", "robots", "--reason", "spam", "--yes", "--timeout", "90")
    code, document = globalws(stack, *blocked)
    assert (code, states(document)) == (0, {"confirmed"})
    for region in (WEST, SYDNEY):
        code, text = globalws(stack, "publish", "robots", "hi", "--region", region)
        assert code == 4
        assert "ChannelBlocked" in text
    code, lines = globalws(stack, "tail", "robots")
    assert code == 4
    assert {line["via"] for line in lines if line["state"] == "refused"} == {WEST, SYDNEY}
    code, document = globalws(
        stack, "channels", "allow", "robots", "--reason", "done", "--timeout", "90"
    )
    assert (code, states(document)) == (0, {"confirmed"})
    code, document = globalws(stack, "publish", "robots", "hi", "--region", SYDNEY)
    assert (code, document["region"]) == (0, SYDNEY)


def test_purge_leaves_a_record_in_every_region(stack: LocalStack) -> None:
    code, document = globalws(stack, "purge", "music", "--reason", "spam", "--yes")
    assert (code, states(document)) == (0, {"confirmed"})
    _, audit = globalws(stack, "audit", "music")
    mine = [each for each in audit["records"] if each["eventId"] == document["id"]]
    assert {each["region"] for each in mine} == {WEST, SYDNEY}


def test_dead_letters_reach_where_they_were_going(stack: LocalStack) -> None:
    """Two dead letters for Sydney: its function failed on one, the other never left the west."""
    west, sydney = outputs(stack, WEST), outputs(stack, SYDNEY)
    failed, lost = new_ulid(), new_ulid()
    record = {
        "requestContext": {
            "functionArn": sydney["ReplayFunctionName"], "condition": "RetriesExhausted"
        },
        "requestPayload": event(failed, "cars"),
        "responsePayload": {"errorType": "TransientError", "errorMessage": "HTTP 503"},
    }  # fmt: skip
    client(stack, "sqs", SYDNEY).send_message(
        QueueUrl=sydney["FunctionDeadLetterQueueUrl"], MessageBody=json.dumps(record)
    )
    client(stack, "sqs", WEST).send_message(
        QueueUrl=west["BusDeadLetterQueueUrl"],
        MessageBody=json.dumps(event(lost, "cars")),
        MessageAttributes={
            "TARGET_ARN": {"DataType": "String", "StringValue": sydney["EventBusArn"]},
            "ERROR_CODE": {"DataType": "String", "StringValue": "NO_PERMISSIONS"},
        },
    )
    with live_tail(stack, "cars", "--region", SYDNEY, "--count", "2") as (tail, lines):
        code, document = globalws(stack, "dlq", "redrive", "--channel", "cars", "--yes")
        assert code == 0, document
        assert sum(queue["done"] for queue in document["queues"]) == 2
        assert {line["id"] for line in lines if line["type"] == "message"} == {failed, lost}
        assert tail.wait(10) == 0
    _, listed = globalws(stack, "dlq", "list", "--channel", "cars")
    assert listed["messages"] == []


def test_a_probe_measures_both_directions(stack: LocalStack) -> None:
    code, document = globalws(stack, "status", "--probe", "--timeout", "60")
    assert code == 0, document
    assert len(document["probe"]) == 4
    assert all(pair["ms"] > 0 for pair in document["probe"])


def test_rules_of_a_pattern_are_in_force_in_every_region_as_explained(stack: LocalStack) -> None:
    levels = ("--publish", "signed-in", "--subscribe", "anyone")
    allowed = ("channels", "allow", "cli:*", *levels, "--reason", "test", "--timeout", "90")
    code, document = globalws(stack, *allowed)
    assert (code, states(document)) == (0, {"confirmed"})
    _, listed = globalws(stack, "channels", "list")
    (row,) = [each for each in listed["channels"] if each["name"] == "cli:*"]
    assert row["agreed"]
    assert row["regions"][SYDNEY]["publish"] == "signed-in"
    _, explained = globalws(stack, "channels", "explain", "cli:a")
    decided = {(each["region"], each["operation"]): each for each in explained["regions"]}
    for region in (WEST, SYDNEY):
        assert decided[region, "subscribe"]["allowed"]
        refused = decided[region, "publish"]
        assert refused["levelRule"] == {"pattern": "cli:*", "source": "operator"}
        code, text = globalws(stack, "publish", "cli:a", "hi", "--region", region)
        assert code == 4
        assert refused["errorType"] in text
    code, document = globalws(stack, "purge", "cli:*", "--reason", "test", "--yes", "--block")
    assert (code, states(document)) == (0, {"confirmed"})
    _, explained = globalws(stack, "channels", "explain", "cli:a", "--iam")
    assert {each["errorType"] for each in explained["regions"]} == {"ChannelBlocked"}
    code, document = globalws(stack, "channels", "reset", "cli:*", "--reason", "test", "--yes")
    assert (code, states(document)) == (0, {"confirmed"})
    _, explained = globalws(stack, "channels", "explain", "cli:a", "--iam")
    assert {each["allowed"] for each in explained["regions"]} == {False}


def test_users_are_blocked_and_granted_in_every_region(stack: LocalStack) -> None:
    who = "cli-user"
    wait = ("--reason", "test", "--timeout", "90", "--yes")
    for arguments in (
        ("users", "grant", who, "tech", "publish", "subscribe"),
        ("users", "block", who),
        ("purge", "--user", who),
    ):
        code, document = globalws(stack, *arguments, *wait)
        assert (code, states(document)) == (0, {"confirmed"}), document
    _, listed = globalws(stack, "users", "list")
    (row,) = [each for each in listed["users"] if each["user"] == who]
    assert row["agreed"]
    assert row["regions"][SYDNEY]["blocked"]
    assert row["regions"][WEST]["grants"] == {"tech": ["publish", "subscribe"]}
    _, explained = globalws(stack, "channels", "explain", "tech", "--user", who)
    assert {each["errorType"] for each in explained["regions"]} == {"UserBlocked"}
    for arguments in (("users", "allow", who), ("users", "revoke", who, "tech")):
        code, document = globalws(stack, *arguments, *wait)
        assert (code, states(document)) == (0, {"confirmed"}), document
    _, listed = globalws(stack, "users", "list")
    assert who not in {each["user"] for each in listed["users"]}
    _, audit = globalws(stack, "audit", "--user", who)
    actions = {each["action"] for each in audit["records"]}
    assert actions == {"grant", "block", "purge", "allow", "revoke"}


def test_a_file_that_is_published_again_after_a_crash_has_no_duplicates(
    stack: LocalStack, tmp_path: Path
) -> None:
    file, kept = tmp_path / "messages.jsonl", tmp_path / "messages.jsonl.progress"
    texts = [f"bulk {number}" for number in range(25)]
    file.write_text("".join(json.dumps({"name": "music", "message": t}) + "\n" for t in texts))
    digest = hashlib.sha256(file.read_bytes()).hexdigest()
    # What a run leaves that ended before it learned whether the bus had taken them.
    cut_off = Progress.new(digest, os.urandom(8)).begin(time.time_ns() // 1_000_000, 25)
    with live_tail(stack, "music", "--region", SYDNEY) as (_, lines):
        for _ in range(2):
            kept.write_text(cut_off.text())
            code, document = globalws(stack, "publish", "--file", str(file), "--region", WEST)
            assert (code, document["messages"]) == (0, 25), document
        received = []
        while len(received) < 25:
            line = next(lines)
            received += [line["message"]] if line["type"] == "message" else []
        code, _ = globalws(stack, "publish", "music", "the end", "--region", WEST)
        assert code == 0
        after = [line["message"] for line in itertools.takewhile(_not_the_end, lines)]
    assert sorted(received) == sorted(texts)
    assert after == []


def _not_the_end(line: dict[str, Any]) -> bool:
    return line.get("message") != "the end"
