"""README's chapter "Operate": each of its commands does what it says, on the real stack."""

import json
import os
import re
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from cfnlint.decode import cfn_yaml

from tests.infrastructure.conftest import Template
from tests.support.policies import refused
from tests.support.recorder import recording
from tests.support.stack import ROOT, LocalStack

pytestmark = pytest.mark.stack

_BLOCK = re.compile(r"<!-- the commands of this block .*?-->\n```sh\n(.*?)```", re.DOTALL)


def _commands() -> list[str]:
    (block,) = _BLOCK.findall((ROOT / "README.md").read_text())
    return list(block.strip().splitlines())


@pytest.fixture
def folder(stack: LocalStack, tmp_path: Path) -> Iterator[Path]:
    """A folder in which `globalws` finds the tests' stack by itself, as it does in the project.

    What it asks of AWS there must be an operator's right.
    """
    (tmp_path / ".local").mkdir()
    with recording(stack.running.awsEndpointUrl) as recorder:
        replace(stack.running, awsEndpointUrl=recorder.url).write(
            tmp_path / ".local" / "stack.json"
        )
        yield tmp_path
    assert recorder.problems == []
    assert refused("operate", recorder.actions) == set()


def run(
    command: str, folder: Path, environment: dict[str, str] | None = None
) -> subprocess.CompletedProcess[str]:
    path = f"{ROOT / '.venv' / 'bin'}:{os.environ['PATH']}"
    return subprocess.run(
        ["bash", "-c", command],
        cwd=folder,
        env=os.environ | {"PATH": path} | (environment or {}),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=90,
        check=False,
    )


@pytest.mark.timeout(300)
def test_every_command_of_the_chapter_works(folder: Path) -> None:
    commands = _commands()
    assert len(commands) > 8
    for command in commands:
        done = run(command, folder)
        assert done.returncode == 0, f"{command}\n{done.stdout}\n{done.stderr}"
        assert "Traceback" not in done.stderr, command


@pytest.mark.parametrize(
    "command",
    [
        "globalws tail tech --json | head -1",
        "globalws tail tech | true",
        "globalws channels list | true",
        "globalws status 2>&1 | head -1",
        "globalws dlq list --json | head -c 1",
    ],
)
def test_a_pipe_whose_reader_leaves_ends_a_command_quietly(folder: Path, command: str) -> None:
    done = run(f'{command}; echo "${{PIPESTATUS[0]}}" >&2', folder)
    assert done.stderr.splitlines()[-1] == "0", done.stderr
    assert "Error" not in done.stderr


def test_the_probe_measures_replication_in_every_direction(folder: Path) -> None:
    done = run("globalws status --probe --json", folder)
    assert done.returncode == 0, done.stderr
    text = json.dumps(json.loads(done.stdout))
    for region in ("us-west-2", "ap-southeast-2"):
        assert region in text
    listed = json.loads(run("globalws channels list --json", folder).stdout)["channels"]
    assert "globalws.probe" not in [channel["name"] for channel in listed]


def test_status_shows_every_alarm_of_the_template(folder: Path) -> None:
    done = run("globalws status --json", folder)
    assert done.returncode == 0, done.stderr
    template = Template(cfn_yaml.load(str(ROOT / "template.yaml")))
    alarms = {name for name, _ in template.of_type("AWS::CloudWatch::Alarm")}
    west, sydney = json.loads(done.stdout)["regions"]
    for region, peer in ((west, sydney), (sydney, west)):
        states = {each["name"]: each["state"] for each in region["alarms"]}
        of_the_peer = peer["region"].replace("-", "")
        assert states.keys() == {name.replace("&{Peer}", of_the_peer) for name in alarms}
        assert set(states.values()) <= {"OK", "ALARM", "INSUFFICIENT_DATA"}
        assert states["InvalidationsDroppedAlarm"] == "OK"


def test_a_destructive_command_asks_and_without_a_terminal_refuses(folder: Path) -> None:
    done = run('globalws purge tech --reason "no terminal"', folder)
    assert done.returncode == 6, done.stdout + done.stderr
    assert "--yes" in done.stderr
