"""The functions as Lambda would unpack them, under .local/bench/lambda."""

import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Set
from pathlib import Path

from bench.processes import ROOT, STATE
from emulator.runtime.stack.sam import RUNTIME

FOLDER = STATE / "lambda"
PYTHON = ROOT / ".venv-bench" / "bin" / "python"
_HANDLERS = ROOT / "bench" / "lambda_handlers"
_BARE = ("bare", "signed")
_CONSTRAINTS = ROOT / "requirements" / "bench.txt"
_USUAL = ("aws-lambda-powertools[parser,tracer]", "requests", "requests-aws4auth", "boto3")
_without_compiled = shutil.ignore_patterns("__pycache__")


def built(wanted: Set[str]) -> dict[str, Path]:
    """The folders by name, those `wanted`: `replay` as `sam build` makes it, `uncompiled` the same
    without its .pyc files, `floor` with the same packages, `usual` with its own, uncompiled as
    SAM's own build for Python leaves them.
    """
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    sam = ROOT / ".venv-sam" / "bin" / "sam"
    environment = os.environ | {
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": "us-west-2",
        "FUNCTIONS_RUNTIME": RUNTIME,  # compiled for the Python that measures
    }
    subprocess.run(  # noqa: S603 - the project's own SAM CLI
        [sam, "build", "ReplayFunction", "--build-dir", FOLDER / "sam"],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    replay = FOLDER / "sam" / "ReplayFunction"
    if not any(replay.rglob(f"*.{sys.implementation.cache_tag}.pyc")):
        raise RuntimeError(f"sam build compiled nothing for {RUNTIME}")
    folders = {"replay": replay} | {name: FOLDER / name for name in wanted - {"replay"}}
    if "uncompiled" in wanted:
        shutil.copytree(replay, folders["uncompiled"], ignore=_without_compiled)
    if "floor" in wanted:
        shutil.copytree(replay, folders["floor"])
        bare = [shutil.copy(_HANDLERS / f"{name}.py", folders["floor"]) for name in _BARE]
        _python("-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", *map(str, bare))
    if "usual" in wanted:
        options = ("-qq", "--disable-pip-version-check", "--no-compile", "-c", str(_CONSTRAINTS))
        # With the project's pip: the bench's own environment has none.
        install = [sys.executable, "-m", "pip", "install", *options]
        subprocess.run([*install, "--target", str(folders["usual"]), *_USUAL], check=True)  # noqa: S603 - the project's own pip
        shutil.copy(_HANDLERS / "usual.py", folders["usual"])
    return folders


def zip_mib(folder: Path) -> float:
    """The size of the folder as a deployment package."""
    path = FOLDER / f"{folder.name}.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
    return round(path.stat().st_size / 2**20, 2)


def _python(*arguments: str) -> None:
    subprocess.run([PYTHON, *arguments], check=True)  # noqa: S603 - our own interpreter
