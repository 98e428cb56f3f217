"""A test that leaves something open fails with the place; no other test fails."""

import re

import pytest

from tests.support.stack import ROOT

pytest_plugins = ["pytester"]

_CONFTEST = """
import inspect
from tests.support import leaks
from tests.support.leaks import no_pending_tasks

def pytest_configure(config):
    leaks.start(config)

def pytest_collection_modifyitems(items):
    leaks.watch_tasks(items)
"""

_PLANTED = """import asyncio, gc, socket, subprocess, tempfile
import pytest

held = []

@pytest.fixture(autouse=True, params=["before", "leak", "after"])
def moment(request):
    yield request.param
    gc.collect()

def test_dropped_socket(moment):
    if moment == "leak":
        socket.create_server(("127.0.0.1", 0))

def test_held_socket(moment):
    if moment == "leak":
        held.append(socket.socket())

def test_socket_in_a_cycle(moment):
    class Owner: pass
    owner = Owner()
    owner.me = owner
    owner.socket = socket.socket()
    if moment != "leak":
        owner.socket.close()

async def serve(reader, writer):
    await reader.read()
    writer.close()

async def test_transport(moment):
    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    _, writer = await asyncio.open_connection(*server.sockets[0].getsockname())
    server.close()
    if moment != "leak":
        writer.close()
        await writer.wait_closed()
        await server.wait_closed()

async def wait():
    await asyncio.sleep(60)

async def test_task(moment):
    if moment == "leak":
        asyncio.create_task(wait(), name="planted")

def test_process(moment):
    if moment == "leak":
        subprocess.Popen(["sleep", "60"])

def test_orphan(moment):
    if moment == "leak":
        command = "sleep 61 </dev/null >/dev/null 2>&1 & exit 0"
        subprocess.run(["sh", "-c", command], check=True)

def test_folder(moment):
    if moment == "leak":
        tempfile.mkdtemp(prefix="planted-")
"""
_FOUND = {
    "dropped_socket": r"unclosed <socket.socket fd=.*made at .*py:13 in test_dropped_socket",
    "held_socket": r"open socket <socket.socket fd=.*made at .*py:17 in test_held_socket",
    "socket_in_a_cycle": r"<socket.socket fd=.*made at .*py:23 in test_socket_in_a_cycle",
    "transport": r"unclosed <StreamWriter.* made at .*py:33 in test_transport",
    "task": r"pending task planted: .*py:40",
    "process": r"process \d+ \(sleep 60 \), made at .*py:49 in test_process",
    "orphan": r"process \d+ \(sleep 61 \), made at another process",
    "folder": r"/planted-",
}


def test_a_planted_leak_fails_its_own_test_with_the_place(
    pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    pytester.makeconftest(_CONFTEST)
    pytester.makepyfile(test_planted=_PLANTED)
    pytester.makeini(
        """
        [pytest]
        asyncio_mode = auto
        asyncio_default_fixture_loop_scope = function
        filterwarnings = error
        """
    )
    options = ("-p", "no:xdist", "-rfE")
    text = pytester.runpytest_subprocess(*options).stdout.str()
    failed = set(re.findall(r"^(?:FAILED|ERROR) test_planted.py::(\S+)", text, re.MULTILINE))
    assert failed == {f"test_{name}[leak]" for name in _FOUND}, text
    for name, what in _FOUND.items():
        assert re.search(what, text), f"{name}\n{text}"
