"""Replay behind Lambda's real runtime interface: its init, its warm call, its connections."""

import json
import os
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager
from pathlib import Path
from statistics import median
from typing import Any

from bench.lambda_packages import PYTHON, built, zip_mib
from bench.processes import ROOT, Server, python_server, serving

_EMULATOR = (
    ROOT
    / ".venv-sam/lib/python3.11/site-packages/samcli/local/rapid"
    / ("aws-lambda-rie-arm64" if os.uname().machine == "aarch64" else "aws-lambda-rie-x86_64")
)
_INVOKE = "2015-03-31/functions/function/invocations"
_UNCOUNTED = 20
_EVENT = (ROOT / "events" / "replay.json").read_bytes()


# What runs: in which package, and by which handler.
_SUBJECTS = {
    "replay": ("replay", "replay.handler"),
    "replay_uncompiled": ("uncompiled", "replay.handler"),
    "floor": ("floor", "bare.handler"),
    "floor_with_round_trip": ("floor", "signed.handler"),
    "usual": ("usual", "usual.handler"),
}


def run(colds: int = 15, warms: int = 200) -> dict[str, Any]:
    """ms for each function, and the ratios that have thresholds."""
    return _run(tuple(_SUBJECTS), colds, warms)


def run_small() -> dict[str, Any]:
    """What the quick check looks at: Replay against the floor alone."""
    return _run(("replay", "floor", "floor_with_round_trip"), colds=9, warms=80)


def _run(names: tuple[str, ...], colds: int, warms: int) -> dict[str, Any]:
    packages = built({_SUBJECTS[name][0] for name in names})
    subjects = {
        name: (packages[package], handler)
        for name, (package, handler) in _SUBJECTS.items()
        if name in names
    }
    found: dict[str, dict[str, Any]] = {name: {} for name in subjects}
    inits: dict[str, list[float]] = {name: [] for name in subjects}
    firsts: dict[str, list[float]] = {name: [] for name in subjects}
    # By turns, so that a busy moment of the machine meets all of them.
    for number in range(colds):
        for name, (folder, handler) in subjects.items():
            inits[name].append(_init(folder, handler))
            if number % 4 == 0:
                with _environment(folder, handler) as call:
                    firsts[name].append(call()[0])
    for name, warm in _warm(subjects, warms).items():
        found[name] = warm | {
            "init_ms": round(median(inits[name]), 1),
            "init_best_ms": round(min(inits[name]), 1),
            "first_call_ms": round(min(firsts[name]), 1),
            "zip_mib": zip_mib(subjects[name][0]),
        }
    return {"functions": found, "ratios": _ratios(found, inits)}


def _ratios(
    found: Mapping[str, Mapping[str, Any]], inits: Mapping[str, list[float]]
) -> dict[str, float]:
    replay = found["replay"]

    def paired(name: str, other: str) -> float:
        """The median of each turn's own ratio: the machine's speed changes from turn to turn."""
        return round(median(a / b for a, b in zip(inits[name], inits[other], strict=True)), 3)

    others = {
        "init_to_floor": "floor",
        "init_to_usual": "usual",
        "init_to_uncompiled": "replay_uncompiled",
    }
    return {name: paired("replay", other) for name, other in others.items() if other in inits} | {
        "warm_to_round_trip": round(
            replay["warm_p50_ms"] / found["floor_with_round_trip"]["warm_p50_ms"], 3
        ),
        "zip_mib": replay["zip_mib"],
        "connections_per_environment": replay["connections"],
    }


def _init(folder: Path, handler: str) -> float:
    """ms from the runtime's start until it asks for its first event: what Lambda calls init."""
    with socket.create_server(("127.0.0.1", 0)) as api:
        address = f"127.0.0.1:{api.getsockname()[1]}"
        variables = _variables(folder, "http://127.0.0.1:9/graphql")
        started = time.perf_counter()
        process = subprocess.Popen(  # noqa: S603 - AWS's runtime client
            [PYTHON, "-m", "awslambdaric", handler],
            cwd=folder,
            env=variables | {"AWS_LAMBDA_RUNTIME_API": address},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        try:
            api.settimeout(30)
            connection, _ = api.accept()
            with connection:
                asked = connection.recv(4_096)
            took = (time.perf_counter() - started) * 1000
        finally:
            process.kill()
            process.wait()
    if b"/runtime/invocation/next" not in asked:
        raise RuntimeError(f"the function failed in its init: {asked[:200]!r}")
    return took


def _variables(folder: Path, url: str) -> dict[str, str]:
    """What an environment of Lambda has."""
    return {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": str(folder),
        # /var/task cannot be written on Lambda: nothing is compiled for the next start.
        "PYTHONDONTWRITEBYTECODE": "1",
        "LAMBDA_TASK_ROOT": str(folder),
        "AWS_LAMBDA_FUNCTION_NAME": "bench",
        "AWS_LAMBDA_FUNCTION_MEMORY_SIZE": "512",
        "AWS_REGION": "us-west-2",
        "AWS_ACCESS_KEY_ID": "AKIABENCH00000000000",
        "AWS_SECRET_ACCESS_KEY": "bench",
        "GRAPHQL_URL": url,
        "DEAD_LETTER_QUEUE_URL": f"{url}/queue",
        "POWERTOOLS_SERVICE_NAME": "bench",
        "POWERTOOLS_METRICS_NAMESPACE": "bench",
    }


def _warm(subjects: Mapping[str, tuple[Path, str]], count: int) -> dict[str, dict[str, Any]]:
    """Warm calls, by turns too: all environments are there at once."""
    with ExitStack() as exits:
        stubs = {name: exits.enter_context(serving(python_server("stub"))) for name in subjects}
        calls = {
            name: exits.enter_context(_environment(folder, handler, _url(stubs[name])))
            for name, (folder, handler) in subjects.items()
        }
        took: dict[str, list[float]] = {name: [] for name in subjects}
        for _ in range(count + _UNCOUNTED):
            for name, call in calls.items():
                took[name].append(call()[0])
        found = {}
        for name, stub in stubs.items():
            counted = sorted(took[name][_UNCOUNTED:])
            found[name] = {
                "warm_p50_ms": round(counted[len(counted) // 2], 3),
                "warm_p99_ms": round(counted[int(len(counted) * 0.99)], 3),
                "calls": count + _UNCOUNTED,
                "connections": _connections(stub),
            }
        return found


def _url(stub: Server) -> str:
    return f"http://127.0.0.1:{stub.port}/graphql"


def _connections(stub: Server) -> int:
    with urllib.request.urlopen(f"http://127.0.0.1:{stub.port}/") as answer:
        count: int = json.loads(answer.read())["connections"]
    return count


@contextmanager
def _environment(folder: Path, handler: str, url: str | None = None) -> Iterator[Any]:
    """One execution environment; yields a function that invokes it: (ms, answer)."""
    if url is None:
        with (
            serving(python_server("stub")) as stub,
            _environment(folder, handler, _url(stub)) as call,
        ):
            yield call
        return
    invoke_port, runtime_port = _free_port(), _free_port()
    process = subprocess.Popen(  # noqa: S603 - the emulator of the SAM CLI
        [
            _EMULATOR,
            "--runtime-interface-emulator-address",
            f"127.0.0.1:{invoke_port}",
            "--runtime-api-address",
            f"127.0.0.1:{runtime_port}",
            PYTHON,
            "-m",
            "awslambdaric",
            handler,
        ],
        cwd=folder,
        env=_variables(folder, url),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        _wait_for(invoke_port)
        yield lambda: _invoke(invoke_port)
    finally:
        process.terminate()
        process.wait(10)


def _invoke(port: int) -> tuple[float, Any]:
    started = time.perf_counter()
    request = urllib.request.Request(f"http://127.0.0.1:{port}/{_INVOKE}", data=_EVENT)
    with urllib.request.urlopen(request, timeout=30) as response:  # noqa: S310 - on loopback
        answer = json.loads(response.read())
    took = (time.perf_counter() - started) * 1000
    if not isinstance(answer, dict) or "outcome" not in answer:
        raise RuntimeError(f"the function failed: {answer}")
    return took, answer


def _wait_for(port: int) -> None:
    for _ in range(500):
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
            return
        except OSError:
            time.sleep(0.01)
    raise RuntimeError("the emulator did not start")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port
