"""The same fan-out beside what people host themselves: Mosquitto, and Socket.IO.

None of them does what a GlobalWS region does (`LACKS`); the figures say what the
AppSync-compatible plane, a process in Python, costs beside them.
"""

import shutil
import socket
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from pathlib import Path
from typing import Any

from bench import baseline
from bench.fanout import server_of
from bench.load import Load, Outcome, put_on
from bench.processes import ROOT, Server, serving_on
from bench.subscribers import Audience, subscribed

_SUBSCRIBERS = 1_000
_LOAD = Load(messages=200, publishers=4, warm_up=60, repeats=3)
OURS = ("globalws", "project")
NEEDS = {
    "mosquitto": "`apt-get install mosquitto`",
    "socket.io": "`npm ci --prefix bench`",
}
LACKS = {
    "mosquitto": "A broker in C, one process on one core. It has no other regions (a bridge copies "
    "topics to another broker, without an id by which a duplicate would be found), no history, and "
    "no operator's decisions with an audit. Who may use a topic is a file on each broker. Browsers "
    "need an MQTT library.",
    "socket.io": "A library for Node, one process on one core. A second process needs an adapter "
    "and Redis, another region something of your own. History, ids, access and audit are code of "
    "yours. Clients need its library.",
}
# Debian's 2.0.11 does not start with a WebSocket listener alone, and binds IPv6 to all addresses.
_CONFIGURATION = """\
listener 0 {folder}/mosquitto.sock
listener {port} 127.0.0.1
socket_domain ipv4
protocol websockets
allow_anonymous true
persistence false
log_dest none
set_tcp_nodelay true
max_queued_messages 0
"""


def missing() -> dict[str, str]:
    """What is not installed, and what installs it."""
    there = {"mosquitto": _mosquitto() is not None, "socket.io": _socket_io().is_dir()}
    return {name: NEEDS[name] for name, is_there in there.items() if not is_there}


def run(subscribers: int = _SUBSCRIBERS, load: Load = _LOAD) -> dict[str, Any]:
    """Each server's outcome, and ours as multiples of theirs; `missing` was not there."""
    baseline.install()
    absent = missing()
    for name, install in absent.items():
        print(f"\n  {name} is not here, and is left out: {install} … ", end="", flush=True)
    found = {
        name: asdict(measure(name, subscribers, load))
        for name in (*OURS, *NEEDS)
        if name not in absent
    }
    return {
        "subscribers": subscribers,
        "servers": found,
        "missing": absent,
        "ratios": {
            name: {
                "cpu_per_delivery": _ratio(found, name, "cpu_us_per_delivery"),
                "p50": _ratio(found, name, "p50_ms"),
                "peak_memory": _ratio(found, name, "peak_memory_mib"),
            }
            for name in NEEDS
            if name in found
        },
    }


def _ratio(found: dict[str, Any], other: str, metric: str) -> float:
    return round(float(found["project"][metric]) / float(found[other][metric]), 2)


def measure(name: str, subscribers: int, load: Load) -> Outcome:
    """The load on a fresh server."""
    with _server(name) as server:
        audience = Audience(server.port, subscribers, key=server.ready.get("key"), dialect=name)
        with subscribed(audience) as process:
            return put_on(server, audience, process, load)


@contextmanager
def _server(name: str) -> Iterator[Server]:
    if name in OURS:
        with server_of(name) as server:
            yield server
        return
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    with tempfile.TemporaryDirectory() as folder:
        command = _command(name, port, Path(folder))
        with serving_on(
            command, port, {"NODE_PATH": str(ROOT / "bench" / "node_modules")}
        ) as server:
            yield server


def _command(name: str, port: int, folder: Path) -> Sequence[str]:
    if name == "socket.io":
        node = shutil.which("node") or "node"
        return [node, str(ROOT / "bench" / "servers" / "socketio.cjs"), str(port)]
    folder.chmod(0o777)  # started by root, it becomes another user
    configuration = folder / "mosquitto.conf"
    configuration.write_text(_CONFIGURATION.format(port=port, folder=folder))
    return [_mosquitto() or "mosquitto", "-c", str(configuration)]


def _mosquitto() -> str | None:
    # Debian installs it for root only.
    return shutil.which("mosquitto") or shutil.which("/usr/sbin/mosquitto")


def _socket_io() -> Path:
    return ROOT / "bench" / "node_modules" / "socket.io"
