"""The stack comes up, goes down, and leaves nothing behind, however it is ended."""

import os
import signal
import socket
import sys
import time

import pytest

from tests.support.deployed import invoke
from tests.support.lifecycle import OwnStack, until

pytestmark = [
    pytest.mark.stack,
    pytest.mark.timeout(400),
    pytest.mark.skipif(sys.platform != "linux", reason="orphans are found in /proc"),
]

_END_SECONDS = 15.0


def _check_gone(own: OwnStack) -> None:
    until(lambda: own.processes() == [], _END_SECONDS, f"{own.processes()}")
    assert own.busy_ports() == []


def _run_a_function(own: OwnStack) -> None:
    """So that the local AWS has a worker, which must end as well."""
    stack = own.running
    invoke(stack, stack.region(own.region), "ReplayFunctionName", "replay.json")
    # Supervisor, local AWS, its worker, region: that they are gone later means something.
    assert len(own.processes()) >= 4, own.processes()


def test_ctrl_c_ends_everything_and_a_killed_region_comes_back(own: OwnStack) -> None:
    process = own.start()
    own.until_ready(process)
    _run_a_function(own)
    before = own.running.region(own.region).pid
    os.kill(before, signal.SIGKILL)
    until(lambda: own.running.region(own.region).pid != before, 60, "the region is started again")
    assert "starting it again" in own.output
    _run_a_function(own)

    started = time.monotonic()
    os.killpg(process.pid, signal.SIGINT)
    assert process.wait(_END_SECONDS) == 0, own.output
    assert time.monotonic() - started < _END_SECONDS
    assert own.output.rstrip().endswith("stopped")
    assert "Traceback" not in own.output
    assert own.leftovers() == []
    _check_gone(own)


def test_up_and_down(own: OwnStack) -> None:
    up = own.command("up")
    assert up.returncode == 0, up.stdout + up.stderr
    assert own.running.region(own.region).graphqlUrl in up.stdout

    for name in ("up", "run"):
        again = own.command(name)
        assert again.returncode == 1
        assert "running already" in again.stderr

    down = own.command("down")
    assert down.returncode == 0, down.stderr
    assert own.leftovers() == []
    _check_gone(own)
    assert "nothing is running" in own.command("down").stdout


def test_sigterm_while_starting(own: OwnStack) -> None:
    own.environment["FRESH"] = "1"
    process = own.start()
    until(lambda: "sam deploy" in own.output or process.poll() is not None, 120, own.output)
    process.send_signal(signal.SIGTERM)
    assert process.wait(_END_SECONDS) == 0, own.output
    assert own.leftovers() == []
    _check_gone(own)


@pytest.mark.parametrize(
    "variable",
    [f"GLOBALWS_{name}_PORT" for name in ("AWS", "CLIENT", "ISSUER", "REGION")],
)
def test_a_busy_port_is_named_with_the_variable_that_changes_it(
    own: OwnStack, variable: str
) -> None:
    port = int(own.environment[variable])
    with socket.create_server(("127.0.0.1", port)):
        done = own.command("run")
    assert done.returncode == 1
    assert f"port {port} " in done.stderr
    assert f"{variable}=" in done.stderr
    assert "Traceback" not in done.stderr
    assert own.leftovers() == []
