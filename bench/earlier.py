"""Earlier commits of this project, to measure beside."""

import subprocess
from pathlib import Path

from bench.processes import ROOT, STATE

_OTHER_ENVIRONMENTS = (".venv-sam", ".venv-ministack")


def checkout(commit: str, *, runs: bool = False) -> Path:
    """A folder with the commit; made once. If it `runs`, its `.venv/bin/python` can run its stack.

    The packages are those of this checkout then. To install the commit's own takes a minute, for
    the same versions, as long as nothing that both use is pinned otherwise. It gets no Node
    packages: a stack without them serves no web client.
    """
    folder = STATE / f"before-{commit}"
    if not (folder / ".files").exists():
        folder.mkdir(parents=True, exist_ok=True)
        whole = folder / "whole.tar"
        _do("git", "archive", "--output", str(whole), commit)
        _do("tar", "xf", str(whole), "-C", str(folder))
        (folder / ".files").touch()
    if runs and not (folder / ".runs").exists():
        _make_environments(folder)
        (folder / ".runs").touch()
    return folder


def _make_environments(folder: Path) -> None:
    """The commit's modules come before the packages, none of which is this project."""
    python = str(ROOT / ".venv" / "bin" / "python")
    _do(python, "-m", "venv", "--without-pip", "--clear", str(folder / ".venv"))
    (own,) = folder.glob(".venv/lib/python3.*/site-packages")
    (packages,) = ROOT.glob(".venv/lib/python3.*/site-packages")
    paths = (folder, folder / "functions", folder / "sdk" / "python", packages)
    (own / "commit.pth").write_text("".join(f"{path}\n" for path in paths))
    for name in _OTHER_ENVIRONMENTS:
        (folder / name).unlink(missing_ok=True)
        (folder / name).symlink_to(ROOT / name)


def _do(*command: str) -> None:
    subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)  # noqa: S603 - our own
