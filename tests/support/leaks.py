"""Each test answers for what it leaves behind: open sockets, pending tasks, processes, folders.

What a test leaves open is found in its own teardown and fails that test, with the place where it
was made. Without this, the garbage collector finds a socket at some later time, and another test
fails. What a fixture of a wider scope makes may stay until that fixture ends.
"""

import asyncio
import ctypes
import gc
import inspect
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import traceback
import warnings
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any
from weakref import WeakSet

import pytest

_ROOT = Path(__file__).resolve().parent.parent.parent
_PR_SET_CHILD_SUBREAPER = 36
_FRAMES = 40
_TURNS_SECONDS = 0.1
_NOT_OURS = (sys.prefix, sys.base_prefix, "<")

_sockets: "WeakSet[socket.socket]" = WeakSet()
_socket_places: dict[int, str] = {}  # by id(): the collector forgets weak references first
_process_places: dict[int, str] = {}


def _place() -> str:
    """Where this project called what makes something: the innermost line that is no library's."""
    stack = traceback.StackSummary.extract(
        traceback.walk_stack(sys._getframe(2)), limit=_FRAMES, lookup_lines=False
    )
    ours = (each for each in stack if not each.filename.startswith(_NOT_OURS))
    frame = next(ours, stack[0])
    return f"{frame.filename.removeprefix(f'{_ROOT}/')}:{frame.lineno} in {frame.name}"


def _watch_sockets() -> None:
    make = socket.socket.__init__

    def init(self: socket.socket, *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        _sockets.add(self)
        _socket_places[id(self)] = _place()

    socket.socket.__init__ = init  # type: ignore[method-assign]


def _watch_processes() -> None:
    make = subprocess.Popen.__init__

    def init(self: "subprocess.Popen[Any]", *args: Any, **kwargs: Any) -> None:
        make(self, *args, **kwargs)
        _process_places[self.pid] = _place()

    subprocess.Popen.__init__ = init  # type: ignore[method-assign]


def _made_at(source: Any) -> str:
    """Where a process was made, or a socket, or the socket of a transport or a stream."""
    if isinstance(source, subprocess.Popen):
        return _process_places[source.pid]
    for attribute in ("_transport", "_sock"):
        source = getattr(source, attribute, None) or source
    return _socket_places.get(id(source), "an unknown place")


def _open_sockets() -> set[socket.socket]:
    return {each for each in list(_sockets) if each.fileno() != -1}


def _children() -> set[int]:
    """The processes whose parent we are, those that have ended apart."""
    if sys.platform != "linux":
        return set()
    found = set()
    for task in Path("/proc/self/task").iterdir():
        with suppress(OSError):
            found |= {int(pid) for pid in (task / "children").read_text().split()}
    return {pid for pid in found if not _has_ended(pid)}


def _has_ended(pid: int) -> bool:
    """Orphans become our children; nobody else waits for those."""
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0]
    except OSError:
        return True
    if state != "Z":
        return False
    if pid not in _process_places:
        with suppress(ChildProcessError):
            os.waitpid(pid, os.WNOHANG)
    return True


def _command(pid: int) -> str:
    try:
        return (
            Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        )
    except OSError:
        return "?"


class Leaks:
    """The plugin; one for a test process.

    Args:
        folder: the process's own folder for temporary files.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._sockets: set[socket.socket] = set()
        self._processes: set[int] = set()
        self._files: set[str] = set()
        self._unraisable: list[str] = []
        self._next_hook: Any = None

    def _hook(self, unraisable: Any) -> None:
        """An object that was dropped while it was open: pytest's own report knows no place."""
        if isinstance(unraisable.exc_value, ResourceWarning):
            source = unraisable.object
            if inspect.isfunction(source):  # a __del__ in Python
                source = unraisable.exc_traceback.tb_frame.f_locals["self"]
            self._unraisable.append(f"{unraisable.exc_value}, made at {_made_at(source)}")
        self._next_hook(unraisable)

    def _accept(self) -> None:
        self._sockets = _open_sockets()
        self._processes = _children()
        self._files = set(os.listdir(self._folder))

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_setup(self) -> Iterator[None]:
        if sys.unraisablehook != self._hook:
            self._next_hook, sys.unraisablehook = sys.unraisablehook, self._hook
        self._unraisable.clear()
        self._accept()
        return (yield)

    @pytest.hookimpl(wrapper=True)
    def pytest_fixture_setup(self, fixturedef: pytest.FixtureDef[Any]) -> Iterator[Any]:
        if fixturedef.scope == "function":  # what it opens, it must close before the test has ended
            return (yield)
        sockets, processes, files = _open_sockets(), _children(), set(os.listdir(self._folder))
        result = yield
        self._sockets |= _open_sockets() - sockets
        self._processes |= _children() - processes
        self._files |= set(os.listdir(self._folder)) - files
        return result

    @pytest.hookimpl(wrapper=True, tryfirst=True)
    def pytest_runtest_teardown(self) -> Iterator[None]:
        try:
            return (yield)
        finally:
            found = [
                *self._unraisable,
                *self._left_sockets(),
                *self._left_processes(),
                *self._left_files(),
            ]
            if found:
                pytest.fail("left behind:\n" + "\n".join(found), pytrace=False)

    def _left_sockets(self) -> list[str]:
        if not _open_sockets() - self._sockets:
            return []
        # Some are closed, rightly, when their owner is collected: a pool's connections.
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            gc.collect()
        found = [
            f"{each.message}, made at {_made_at(each.source)}"
            for each in caught
            if each.category is ResourceWarning
        ]
        for each in _open_sockets() - self._sockets:
            found.append(f"open socket {each!r}, made at {_made_at(each)}")
            each.close()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            gc.collect()  # their transports: told once is enough
        return found

    def _left_processes(self) -> list[str]:
        found = []
        for pid in _children() - self._processes:
            found.append(
                f"process {pid} ({_command(pid)}), made at "
                f"{_process_places.get(pid, 'another process, which has ended')}"
            )
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        return found

    def _left_files(self) -> list[str]:
        return [f"{self._folder / each}" for each in set(os.listdir(self._folder)) - self._files]


@pytest.fixture
async def no_pending_tasks() -> Any:
    """For each asynchronous test: what it has started has ended when its fixtures have."""
    yield
    left = asyncio.all_tasks() - {asyncio.current_task()}
    if left:  # what has just been cancelled needs some turns to end
        _, left = await asyncio.wait(left, timeout=_TURNS_SECONDS)
    if left:
        pytest.fail("left behind:\n" + "\n".join(map(_task, left)), pytrace=False)


def _task(task: "asyncio.Task[Any]") -> str:
    coroutine = task.get_coro()
    code = getattr(coroutine, "cr_code", None)
    place = f", {code.co_filename}:{code.co_firstlineno}" if code else ""
    return f"pending task {task.get_name()}: {coroutine!r}{place}"


def watch_tasks(items: list[pytest.Item]) -> None:
    """Has each asynchronous test use `no_pending_tasks`."""
    for item in items:
        if isinstance(item, pytest.Function) and inspect.iscoroutinefunction(item.obj):
            item.fixturenames.insert(0, no_pending_tasks.__name__)


def start(config: pytest.Config) -> None:
    """Begins to watch this test process; to be called once, from conftest's `pytest_configure`."""
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", tempfile.gettempdir())  # for tmp_path
    folder = Path(tempfile.mkdtemp(prefix="globalws-tests-"))
    config.add_cleanup(lambda: shutil.rmtree(folder, ignore_errors=True))
    os.environ["TMPDIR"] = str(folder)
    tempfile.tempdir = str(folder)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1)
    _watch_sockets()
    _watch_processes()
    config.pluginmanager.register(Leaks(folder), "leaks")
