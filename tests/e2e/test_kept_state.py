"""A stack continues where the last run ended, and deploys only what has changed."""

import json
import os
import signal
import sys
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.support.deployed import invoke
from tests.support.lifecycle import OwnStack, until

pytestmark = [
    pytest.mark.stack,
    pytest.mark.timeout(400),
    pytest.mark.skipif(sys.platform != "linux", reason="orphans are found in /proc"),
]

_END_SECONDS = 20.0


@pytest.fixture
def own(tmp_path: Path) -> Iterator[OwnStack]:
    stack = OwnStack(tmp_path / "state")
    stack.prepare()
    yield stack
    stack.end()


def _ask(own: OwnStack, query: str) -> dict[str, Any]:
    region = own.running.region(own.region)
    request = urllib.request.Request(
        region.graphqlUrl,
        json.dumps({"query": query}).encode(),
        {"x-api-key": region.apiKey, "content-type": "application/json"},
    )
    with urllib.request.urlopen(request) as answer:
        body: dict[str, Any] = json.load(answer)
    assert "errors" not in body, body
    found: dict[str, Any] = body["data"]
    return found


def _publish(own: OwnStack, text: str) -> None:
    _ask(
        own,
        f'mutation{{publish(name:"tech",message:"{text}"){{id name message publishedAt region}}}}',
    )


def _history(own: OwnStack) -> list[str]:
    page = _ask(own, '{history(name:"tech"){items{message}}}')["history"]
    return [each["message"] for each in page["items"]]


def _start(own: OwnStack) -> Any:
    process = own.start()
    own.until_ready(process)
    return process


def _stop(own: OwnStack, process: Any, number: int = signal.SIGINT) -> None:
    os.killpg(process.pid, number)
    assert process.wait(_END_SECONDS) == 0, own.output
    until(lambda: own.processes() == [], _END_SECONDS, f"{own.processes()}")


def test_a_restart_deploys_nothing_and_keeps_what_there_is(own: OwnStack) -> None:
    process = _start(own)
    _publish(own, "before")
    before = own.running.region(own.region)
    again = own.command("run")
    assert again.returncode == 1
    assert "running already" in again.stderr
    _stop(own, process)

    process = _start(own)
    assert "sam " not in own.output
    assert _history(own) == ["before"]
    after = own.running.region(own.region)
    assert (after.apiKey, after.graphqlUrl) == (before.apiKey, before.graphqlUrl)
    invoke(own.running, after, "JanitorFunctionName", "janitor.json")  # the code was kept, too
    _publish(own, "killed")

    # A killed supervisor ends the others, which save what they have. The next run waits for them.
    process.kill()
    process.wait()
    process = _start(own)
    assert own.leftovers() == ["stack.json", "tmp"]  # of this run
    assert "sam " not in own.output
    assert _history(own) == ["before", "killed"]
    _publish(own, "lost")

    # What the local AWS has not saved is gone, and it is said.
    (pid,) = own.pids("aws_main.py")
    os.kill(pid, signal.SIGKILL)
    assert process.wait(_END_SECONDS) == 1, own.output
    assert "ended unexpectedly" in own.output
    process = _start(own)
    assert "what changed then is lost" in own.output
    assert _history(own) == ["before", "killed"]
    _stop(own, process)


def test_what_has_changed_is_deployed_on_top(own: OwnStack) -> None:
    process = _start(own)
    _publish(own, "before")
    _stop(own, process)

    own.environment["PARAMETERS"] = "AllowedChannels=tech,other"
    process = _start(own)
    assert "sam deploy" in own.output
    assert _history(own) == ["before"]
    assert {each["name"] for each in _ask(own, "{channels{name}}")["channels"]} == {"tech", "other"}
    _stop(own, process)


def test_a_damaged_state_is_put_aside(own: OwnStack) -> None:
    process = _start(own)
    _stop(own, process)
    tables = max(own.generations(), key=lambda path: int(path.name)) / "aws" / "dynamodb.json"
    tables.write_text(tables.read_text()[:-100])
    process = _start(own)
    assert "the state of the last run is not used: it is damaged" in own.output
    assert "Traceback" not in own.output
    assert _history(own) == []
    _stop(own, process)
