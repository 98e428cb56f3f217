"""Set-up first says everything that the machine lacks."""

import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.support.stack import ROOT

_TOOLS = ("bash", "env", "basename", "readlink", "dirname")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """A PATH with almost nothing on it."""
    for tool in _TOOLS:
        found = shutil.which(tool)
        assert found
        (tmp_path / tool).symlink_to(found)
    return tmp_path


def _program(path: Path, name: str, script: str) -> Path:
    program = path / name
    program.write_text(f"#!/usr/bin/env bash\n{script}\n")
    program.chmod(0o755)
    return program


def _run(path: Path, script: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(ROOT / "scripts" / script), *arguments],
        env={**os.environ, "PATH": str(path)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_all_that_is_missing_is_said(path: Path) -> None:
    done = _run(path, "prerequisites.sh", "--with-node", "")
    assert done.returncode == 1
    assert "Python 3.11, 3.12 or 3.13" in done.stderr
    assert "Node.js 20.19 or newer" in done.stderr


def test_what_is_too_old_is_named(path: Path) -> None:
    old = _program(path, "python3.9", '[ "$1" = --version ] && echo Python 3.9.2; exit 1')
    _program(path, "node", '[ "$1" = --version ] && echo v18.1.0; exit 1')
    _program(path, "npm", "exit 0")
    done = _run(path, "prerequisites.sh", "--with-node", str(old))
    assert done.returncode == 1
    assert "is Python 3.9.2" in done.stderr
    assert "is v18.1.0" in done.stderr


def test_a_python_without_venv_is_named_with_the_package_that_brings_it(path: Path) -> None:
    half = _program(path, "python3.13", 'case "$2" in *ensurepip*) exit 1;; esac')
    done = _run(path, "prerequisites.sh", str(half))
    assert done.returncode == 1
    assert "apt install python3.13-venv" in done.stderr


def test_what_suffices_is_not_talked_about(path: Path) -> None:
    done = _run(path, "prerequisites.sh", sys.executable)
    assert (done.returncode, done.stdout + done.stderr) == (0, "")


def test_the_newest_python_that_works_is_found(path: Path) -> None:
    _program(path, "python3.13", "echo 'pyenv: python3.13: command not found' >&2; exit 127")
    (path / "python3.12").symlink_to(sys.executable)
    (path / "python3.11").symlink_to(sys.executable)
    assert _run(path, "find_python.sh").stdout == f"{path / 'python3.12'}\n"


def test_no_python_is_found_where_there_is_none(path: Path) -> None:
    assert _run(path, "find_python.sh").stdout == ""
