"""A stack continues where the last run ended, and deploys only what has changed."""

import os
import signal
import sys

import pytest

from tests.support.deployed import invoke
from tests.support.lifecycle import OwnStack

pytestmark = [
    pytest.mark.stack,
    pytest.mark.timeout(400),
    pytest.mark.skipif(sys.platform != "linux", reason="orphans are found in /proc"),
]

_END_SECONDS = 20.0


def test_a_restart_deploys_nothing_and_keeps_what_there_is(own: OwnStack) -> None:
    process = own.started()
    own.publish("before")
    before = own.running.region(own.region)
    again = own.command("run")
    assert again.returncode == 1
    assert "running already" in again.stderr
    own.stop(process)

    process = own.started()
    assert "sam " not in own.output
    assert own.history() == ["before"]
    after = own.running.region(own.region)
    assert (after.apiKey, after.graphqlUrl) == (before.apiKey, before.graphqlUrl)
    invoke(own.running, after, "JanitorFunctionName", "janitor.json")  # the code was kept, too
    own.publish("killed")

    # A killed supervisor ends the others, which save what they have. The next run waits for them.
    process.kill()
    process.wait()
    process = own.started()
    assert own.leftovers() == ["stack.json", "tmp"]  # of this run
    assert "sam " not in own.output
    assert own.history() == ["before", "killed"]
    own.publish("lost")

    # What the local AWS has not saved is gone, and it is said.
    (pid,) = own.pids("aws_main.py")
    os.kill(pid, signal.SIGKILL)
    assert process.wait(_END_SECONDS) == 1, own.output
    assert "ended unexpectedly" in own.output
    process = own.started()
    assert "what changed then is lost" in own.output
    assert own.history() == ["before", "killed"]
    own.stop(process)


def test_a_damaged_state_is_put_aside(own: OwnStack) -> None:
    process = own.started()
    own.stop(process)
    tables = max(own.generations(), key=lambda path: int(path.name)) / "aws" / "dynamodb.json"
    tables.write_text(tables.read_text()[:-100])
    process = own.started()
    assert "the state of the last run is not used: it is damaged" in own.output
    assert "Traceback" not in own.output
    assert own.history() == []
    own.stop(process)
