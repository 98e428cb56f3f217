"""Earlier commits of this project, to measure beside."""

import subprocess
from collections.abc import Sequence
from pathlib import Path

from bench.processes import ROOT, STATE


def checkout(commit: str, command: Sequence[str] = ()) -> Path:
    """A folder with the commit, in which the command was run; made once."""
    folder = STATE / f"before-{commit}"
    if not (folder / ".ready").exists():
        folder.mkdir(parents=True, exist_ok=True)
        whole = folder / "whole.tar"
        _do(ROOT, "git", "archive", "--output", str(whole), commit)
        _do(folder, "tar", "xf", str(whole))
        if command:
            _do(folder, *command)
        (folder / ".ready").touch()
    return folder


def _do(folder: Path, *command: str) -> None:
    subprocess.run(command, cwd=folder, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
