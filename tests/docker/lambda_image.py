"""A stand-in for Lambda's base image, made of this machine's Python 3.11 and AWS's runtime client.

For machines that cannot pull the real one. The interpreter, its standard library and the shared
libraries that they need lie where Lambda has them (/var/lang); busybox is the shell that
`sam local invoke` needs to put its runtime emulator into the image.
"""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import tempfile
from collections.abc import Iterable
from pathlib import Path

from emulator.runtime.invoke.sam_local import IMAGE

ROOT = Path(__file__).resolve().parent.parent.parent
TAG = IMAGE

_PACKAGES = ROOT / "requirements" / "lambda-image.txt"
_LEFT_OUT = (
    *("site-packages", "dist-packages", "test", "tests", "idlelib", "tkinter", "turtledemo"),
    *("ensurepip", "lib2to3", "config-3.11*", "*.a"),
)
_APPLETS = ("sh", "cat", "chmod", "cp", "ls", "mkdir", "mv", "rm")
_LIBRARY = re.compile(r"(?:=> )?(/\S+) \(0x")
_BOOTSTRAP = """#!/bin/sh
export AWS_EXECUTION_ENV=AWS_Lambda_python3.11
export PYTHONPATH="${PYTHONPATH:+$PYTHONPATH:}/opt/python:/var/runtime"
exec /var/lang/bin/python3.11 -m awslambdaric "$_HANDLER"
"""
_CHANGES = (
    "ENV PATH=/var/lang/bin:/usr/bin:/bin LANG=C.UTF-8"
    " LAMBDA_TASK_ROOT=/var/task LAMBDA_RUNTIME_DIR=/var/runtime"
    " LD_LIBRARY_PATH=/var/lang/lib:/var/runtime:/var/task:/var/task/lib:/opt/lib",
    "WORKDIR /var/task",
)


class ImageError(Exception):
    """The image cannot be made here; the message says what is missing."""


def make(docker_host: str) -> None:
    """Makes the image in the engine at `docker_host`.

    Raises:
        ImageError: a program or package is missing.
    """
    if sys.version_info[:2] != (3, 11):
        raise ImageError("Python 3.11 is needed, the functions' own version")
    busybox = shutil.which("busybox")
    if busybox is None or not _is_static(busybox):
        raise ImageError("a static busybox is needed: apt-get install busybox-static")
    with tempfile.TemporaryDirectory(prefix="globalws-image-") as name:
        root = Path(name)
        _add_shell(root, busybox)
        _add_python(root)
        _add_runtime(root)
        _add_libraries(root)
        _import(root, docker_host)


def _is_static(program: str) -> bool:
    return not _libraries_of([program])


def _add_shell(root: Path, busybox: str) -> None:
    for folder in ("bin", "etc", "opt", "proc", "sys", "dev", "tmp", "var/task", "var/rapid"):
        (root / folder).mkdir(parents=True)
    (root / "tmp").chmod(0o1777)
    shutil.copy2(busybox, root / "bin" / "busybox")
    for applet in _APPLETS:
        (root / "bin" / applet).symlink_to("busybox")
    (root / "etc" / "passwd").write_text("root:x:0:0:root:/root:/bin/sh\n")
    (root / "etc" / "group").write_text("root:x:0:\n")
    (root / "etc" / "nsswitch.conf").write_text("hosts: files dns\n")


def _add_python(root: Path) -> None:
    lang = root / "var" / "lang"
    (lang / "bin").mkdir(parents=True)
    shutil.copy2(_interpreter(), lang / "bin" / "python3.11")
    shutil.copytree(
        sysconfig.get_path("stdlib"),
        lang / "lib" / "python3.11",
        ignore=shutil.ignore_patterns(*_LEFT_OUT),
    )


def _interpreter() -> str:
    return os.path.realpath(sys.executable)


def _add_runtime(root: Path) -> None:
    runtime = root / "var" / "runtime"
    pip = [sys.executable, "-m", "pip", "install", "-qq", "--disable-pip-version-check"]
    done = subprocess.run(
        [
            *pip,
            *("--target", str(runtime), "--no-deps", "--only-binary=:all:"),
            *("--requirement", str(_PACKAGES)),
        ],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ImageError(f"pip: {done.stderr.strip()}")
    bootstrap = runtime / "bootstrap"
    bootstrap.write_text(_BOOTSTRAP)
    bootstrap.chmod(0o755)


def _add_libraries(root: Path) -> None:
    """Each shared library at the path where its users look for it."""
    modules = [str(path) for path in root.rglob("*.so*") if path.is_file()]
    for library in sorted(_libraries_of([_interpreter(), *modules])):
        # Python's own library lies in a prefix of this machine, the others in the system's.
        if Path(library).is_relative_to(sys.base_prefix) and sys.base_prefix != "/usr":
            target = root / "var" / "lang" / "lib" / Path(library).name
        else:
            target = root / library.lstrip("/")
        if not Path(library).is_relative_to(root) and not target.exists():
            target.parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(library, target)


def _libraries_of(programs: Iterable[str]) -> set[str]:
    done = subprocess.run(["ldd", *programs], capture_output=True, text=True, check=False)
    return set(_LIBRARY.findall(done.stdout))


def _import(root: Path, docker_host: str) -> None:
    command = ["docker", "import"]
    for change in _CHANGES:
        command += ["--change", change]
    with subprocess.Popen(
        [*command, "-", TAG],
        env=os.environ | {"DOCKER_HOST": docker_host},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdin is not None
        assert process.stderr is not None
        with process.stdin, tarfile.open(fileobj=process.stdin, mode="w|") as tar:
            tar.add(root, arcname=".")
        error = process.stderr.read().decode(errors="replace")
    if process.returncode != 0:
        raise ImageError(f"docker import: {error.strip()}")
