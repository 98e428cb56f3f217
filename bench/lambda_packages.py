"""The three functions as Lambda would unpack them, under .local/bench/lambda."""

import os
import shutil
import subprocess
import zipfile
from pathlib import Path

from bench.processes import ROOT, STATE

FOLDER = STATE / "lambda"
PYTHON = ROOT / ".venv-bench" / "bin" / "python"
_HANDLERS = ROOT / "bench" / "lambda_handlers"


def built() -> dict[str, Path]:
    """The folders by name: `replay` as `sam build` makes it, `uncompiled` the same without its .pyc
    files, `floor` with the same packages, `usual` with its own, uncompiled as SAM's own build for
    Python leaves them.
    """
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    sam = ROOT / ".venv-sam" / "bin" / "sam"
    environment = os.environ | {"SAM_CLI_TELEMETRY": "0", "AWS_DEFAULT_REGION": "us-west-2"}
    subprocess.run(  # noqa: S603 - the project's own SAM CLI
        [sam, "build", "ReplayFunction", "--build-dir", FOLDER / "sam"],
        cwd=ROOT,
        env=environment,
        check=True,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    replay = FOLDER / "sam" / "ReplayFunction"
    uncompiled = FOLDER / "uncompiled"
    shutil.copytree(replay, uncompiled, ignore=shutil.ignore_patterns("__pycache__"))
    floor = FOLDER / "floor"
    shutil.copytree(replay, floor)
    usual = FOLDER / "usual"
    packages = ("aws-lambda-powertools[parser,tracer]", "requests", "requests-aws4auth", "boto3")
    constraints = ROOT / "requirements" / "bench.txt"
    options = ("-q", "--disable-pip-version-check", "--no-compile", "-c", str(constraints))
    _python("-m", "pip", "install", *options, "--target", str(usual), *packages)
    bare = [shutil.copy(_HANDLERS / f"{name}.py", floor) for name in ("bare", "signed")]
    _python("-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash", *map(str, bare))
    shutil.copy(_HANDLERS / "usual.py", usual)
    return {"replay": replay, "uncompiled": uncompiled, "floor": floor, "usual": usual}


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
