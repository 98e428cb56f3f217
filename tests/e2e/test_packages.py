"""What `make packages` builds, installed in empty environments: a session on the real stack."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from globalws_client.version import VERSION

from scripts.packages import build
from tests.support.stack import ROOT, LocalStack

pytestmark = [pytest.mark.stack, pytest.mark.registry, pytest.mark.timeout(300)]

_UV = ROOT / ".venv/bin/uv"
_SESSION = """
import asyncio, json, sys
import globalws_client
from globalws_client import Client, MessageEvent, State

assert sys.prefix in globalws_client.__file__, globalws_client.__file__


async def main():
    config = json.load(open("config.json"))
    async with Client.from_config("config.json") as client:
        first = await client.publish("tech", "packaged")
        events = client.subscribe("tech", rewind=1)
        async for event in events:
            if isinstance(event, MessageEvent):
                assert event.message.id == first.id
            elif event.state is State.LIVE:
                break
        second = await client.publish("tech", "packaged too")
        messages = events.messages()
        assert (await anext(messages)).id == second.id
        page = await client.history("tech", last=2)
        assert [m.id for m in page.messages] == [second.id, first.id]
        assert (await client.channel("tech")).allowed
        assert not (await client.channel("nobody")).allowed
    # The first region is down.
    config["regions"][0] |= {"graphqlUrl": "http://127.0.0.1:9/", "realtimeUrl": "ws://127.0.0.1:9/"}
    async with Client.from_config(config) as client:
        seen = set()
        third = None
        # What was published in the first region comes to this one too.
        async for event in client.subscribe("tech", rewind=20):
            if isinstance(event, MessageEvent):
                seen.add(event.message.id)
            elif event.state is State.FAILED_OVER:
                third = await client.publish("tech", "elsewhere")
            if third and seen >= {second.id, third.id}:
                break
        assert third.region == config["regions"][1]["region"]
    print(globalws_client.__version__)


asyncio.run(main())
"""


@pytest.fixture(scope="module")
def packages(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The packages' files: `command`, `wheel`, `sdist`."""
    found = {path.name: path for path in build(tmp_path_factory.mktemp("dist"))}
    return {
        "command": found[f"globalws-{VERSION}-py3-none-any.whl"],
        "wheel": found[f"globalws_client-{VERSION}-py3-none-any.whl"],
        "sdist": found[f"globalws_client-{VERSION}.tar.gz"],
    }


def _run(*command: str | Path, folder: Path) -> str:
    environment = {"PATH": "/usr/bin:/bin", "HOME": str(folder)}
    ran = subprocess.run(
        list(map(str, command)), cwd=folder, env=environment, capture_output=True, text=True
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
    return ran.stdout


def _install(folder: Path, package: Path) -> Path:
    """The folder of programs of an empty environment with this Python and the package."""
    environment = folder / "environment"
    subprocess.run([_UV, "venv", "-q", "--python", sys.executable, environment], check=True)
    temporary = folder / "tmp"  # uv leaves its lock files
    temporary.mkdir(exist_ok=True)
    install = [ROOT / "scripts/install.sh", environment, package]
    subprocess.run(install, check=True, cwd=ROOT, env={**os.environ, "TMPDIR": str(temporary)})
    return environment / "bin"


@pytest.mark.parametrize("kind", ["wheel", "sdist"])
def test_the_sdk(kind: str, packages: dict[str, Path], stack: LocalStack, tmp_path: Path) -> None:
    keys = ("region", "graphqlUrl", "realtimeUrl", "apiKey")
    regions = [{key: getattr(each, key) for key in keys} for each in stack.running.regions]
    (tmp_path / "config.json").write_text(json.dumps({"regions": regions}))
    (tmp_path / "session.py").write_text(_SESSION)
    programs = _install(tmp_path, packages[kind])
    said = _run(programs / "python", "-I", "-W", "error", "session.py", folder=tmp_path)
    assert said.strip() == VERSION


def test_the_command(packages: dict[str, Path], stack: LocalStack, tmp_path: Path) -> None:
    programs = _install(tmp_path, packages["command"])
    (tmp_path / ".local").mkdir()
    stack.running.write(tmp_path / ".local" / "stack.json")
    command = programs / "globalws"
    assert "ap-southeast-2" in _run(command, "status", folder=tmp_path)
    assert "published" in _run(command, "publish", "tech", "by the command", folder=tmp_path)
    tail = _run(command, "tail", "tech", "--rewind", "1", "--count", "1", folder=tmp_path)
    assert "by the command" in tail
    assert "channels" in _run(command, "--help", folder=tmp_path)
    assert "deploy" in _run(command, "deploy", "--help", folder=tmp_path)
