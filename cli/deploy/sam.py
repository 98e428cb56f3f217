"""The real SAM CLI, as a user would call it: build, deploy, delete."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from types import MappingProxyType

from cli.deploy.errors import DeployError

_TAIL_LINES = 25
_CACHE = ".aws-sam/deploy-cache"


class Sam:
    """The SAM CLI of this project; what it prints goes to `.aws-sam/logs/`.

    Args:
        root: the project.
        built: the folder to build into, for this run only: another run may build at the same time.
        environment: with credentials and, for a local AWS, AWS_ENDPOINT_URL.
    """

    def __init__(self, root: Path, built: Path, environment: Mapping[str, str]) -> None:
        self._root = root
        self._built = built
        self._logs = root / ".aws-sam" / "logs"
        binaries = root / ".venv-sam" / "bin"
        # functions/build.sh looks for the functions' Python, and for uv, on the PATH.
        path = os.pathsep.join((environment.get("PATH", ""), str(root / ".venv" / "bin")))
        self._environment = {
            **environment,
            "PATH": path,
            "SAM_CLI_TELEMETRY": "0",
            "FUNCTIONS_PYTHON": sys.executable,
        }
        self._sam = str(binaries / "sam")

    def build(self, runtime: str | None = None) -> str:
        """Builds for a runtime; by default for the template's. Returns what the user must know.

        Raises:
            DeployError: with the end of what SAM printed.
        """
        with build_lock(self._root):
            variables = {} if runtime is None else {"FUNCTIONS_RUNTIME": runtime}
            log = self._run(
                "build",
                ["build", "--build-dir", str(self._built), "--cache-dir", _CACHE],
                variables,
            )
        lines = log.read_text(errors="replace").splitlines()
        return "\n".join(dict.fromkeys(each for each in lines if each.startswith("functions: ")))

    def deploy(self, region: str, options: Sequence[str], parameters: Mapping[str, str]) -> None:
        """Raises DeployError with the end of what SAM printed."""
        template = str(self._built / "template.yaml")
        self._run(
            f"deploy-{region}",
            [*deploy_arguments(options, parameters), "--template-file", template],
        )

    def delete(self, region: str, stack_name: str, prefix: str) -> None:
        """Deletes the stack and what was uploaded for it. Raises DeployError."""
        self._run(
            f"delete-{region}",
            [
                *("delete", "--stack-name", stack_name, "--region", region),
                *("--s3-prefix", prefix, "--no-prompts"),
            ],
        )

    def _run(
        self, name: str, arguments: list[str], variables: Mapping[str, str] = MappingProxyType({})
    ) -> Path:
        self._logs.mkdir(parents=True, exist_ok=True)
        log = self._logs / f"{name}.log"
        # SAM leaves packages behind in the folder for temporary files.
        with log.open("w") as output, TemporaryDirectory(prefix="globalws-") as temporary:
            try:
                done = subprocess.run(  # noqa: S603 our own program, no shell
                    [self._sam, *arguments],
                    cwd=self._root,
                    env={**self._environment, **variables, "TMPDIR": temporary},
                    stdin=subprocess.DEVNULL,
                    stdout=output,
                    stderr=subprocess.STDOUT,
                    check=False,
                )
            except OSError as error:
                raise DeployError(f"cannot start {self._sam}: {error} (make setup)") from error
        if done.returncode != 0:
            tail = "\n".join(log.read_text(errors="replace").splitlines()[-_TAIL_LINES:])
            raise DeployError(f"sam {arguments[0]} failed; all of it in {log}:\n{tail}")
        return log


@contextmanager
def build_lock(root: Path) -> Iterator[None]:
    """Waits until no other build of this checkout runs: all builds share .aws-sam/deps."""
    path = root / ".aws-sam" / "globalws.lock"
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def deploy_arguments(options: Sequence[str], parameters: Mapping[str, str]) -> list[str]:
    """The arguments of `sam` that deploy with `options` (see `SamConfig.options`)."""
    overrides = [f"{name}={quoted(value)}" for name, value in parameters.items()]
    return ["deploy", *options, "--parameter-overrides", *overrides]


def quoted(value: str) -> str:
    """A parameter's value for SAM's parser, which takes no empty value and splits at blanks."""
    if value and not set(value) & set(' "\\'):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
