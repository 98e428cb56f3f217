"""The baseline: the Amplify simulator, npm packages that are installed on demand."""

import os
import shutil
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

from bench.processes import ROOT, Server, serving

_FOLDER = ROOT / "bench"


def is_installed() -> bool:
    """Whether it is installed."""
    return (_FOLDER / "node_modules" / "@aws-amplify" / "amplify-appsync-simulator").is_dir()


def install() -> bool:
    """Install it if it is missing; False if that fails."""
    npm = shutil.which("npm")
    if not is_installed() and npm is not None:
        subprocess.run(  # noqa: S603 - npm, with our own lock file
            [npm, "ci", "--silent", "--no-audit", "--no-fund"], cwd=_FOLDER, check=False
        )
    return is_installed()


@contextmanager
def serving_baseline() -> Iterator[Server]:
    """Serve it for the duration of the block."""
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    node = shutil.which("node") or "node"
    command = [node, str(_FOLDER / "servers" / "amplify.cjs"), str(port)]
    environment = {"NODE_PATH": str(_FOLDER / "node_modules")} | dict(os.environ)
    with serving(command, environment) as server:
        yield server
