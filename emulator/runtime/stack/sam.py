"""The real SAM CLI: build once, deploy each region, with the commands that a user would type."""

import asyncio
import hashlib
import os
import sys
from contextlib import ExitStack
from pathlib import Path

import yaml

from cli.deploy.sam import build_lock, deploy_arguments
from cli.deploy.samconfig import SamConfig
from emulator.runtime.settings import ACCESS_KEY_ID, SECRET_ACCESS_KEY, LocalSettings
from emulator.runtime.stack.processes import Child

# The local AWS runs functions with the Python that is here, whatever their runtime.
RUNTIME = f"python{sys.version_info[0]}.{sys.version_info[1]}"
_INPUTS = ("template.yaml", "samconfig.toml", "functions", "graphql", "eslint.config.mjs")


def aws_environment(settings: LocalSettings) -> dict[str, str]:
    """The environment in which AWS's tools reach the local AWS and nothing else."""
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(("AWS_", "SAM_"))
    }
    path = os.pathsep.join(
        str(settings.root / venv / "bin") for venv in (".venv-sam", ".venv-ministack")
    )
    return environment | {
        "AWS_ENDPOINT_URL": settings.aws_endpoint_url,
        "AWS_ACCESS_KEY_ID": ACCESS_KEY_ID,
        "AWS_SECRET_ACCESS_KEY": SECRET_ACCESS_KEY,
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_EC2_METADATA_DISABLED": "true",
        "SAM_CLI_TELEMETRY": "0",
        # Seconds between its looks at a stack; its own 5 are meant for AWS.
        "SAM_CLI_POLL_DELAY": "0.25",
        "PATH": path + os.pathsep + environment.get("PATH", ""),
    }


def fingerprint(root: Path) -> str:
    """A hash of all that `sam build` reads, and of the Python that it compiles with."""
    digest = hashlib.sha256(f"{RUNTIME}\0".encode())
    for name in _INPUTS:
        top = root / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and "__pycache__" not in path.parts:
                digest.update(f"{path.relative_to(root)}\0".encode())
                digest.update(path.read_bytes())
    return digest.hexdigest()


async def build(settings: LocalSettings) -> bool:
    """`sam build` and AWS's lint of the resolvers, unless nothing that they read has changed.

    Returns:
        Whether it built.

    Raises:
        ProcessFailedError: with the end of what the tool printed; in a group where both run.
    """
    with ExitStack() as held:
        # Another stack of this checkout may be starting.
        await asyncio.to_thread(held.enter_context, build_lock(settings.root))
        return await _build(settings)


async def _build(settings: LocalSettings) -> bool:
    folder = settings.root / ".aws-sam"
    stamp = folder / "globalws.fingerprint"
    current = fingerprint(settings.root)
    built = folder / "build" / "template.yaml"
    if built.exists() and stamp.exists() and stamp.read_text() == current:
        return False
    stamp.unlink(missing_ok=True)
    async with asyncio.TaskGroup() as group:
        group.create_task(_run(settings, "sam build", ["build"]), name="sam build")
        group.create_task(lint_resolvers(settings), name="resolver lint")
    stamp.write_text(current)
    return True


async def deploy(settings: LocalSettings, region: str, parameters: dict[str, str]) -> None:
    """`sam deploy` of one region, with the options that `globalws deploy` gives it.

    Raises:
        ProcessFailedError: with the end of what SAM printed.
    """
    config = SamConfig.read(settings.root / "samconfig.toml")
    options = config.options(region, settings.stack_name(region), settings.deployment)
    await _run(settings, f"sam deploy {region}", deploy_arguments(options, parameters))


def defaults(root: Path) -> dict[str, str]:
    """The defaults of the template's parameters, as text."""
    document = yaml.load((root / "template.yaml").read_text(), _Loader)  # noqa: S506 - a SafeLoader
    return {
        name: str(parameter["Default"])
        for name, parameter in document["Parameters"].items()
        if "Default" in parameter
    }


class _Loader(yaml.SafeLoader):
    """Takes CloudFormation's short functions, such as !Ref, for nothing."""


_Loader.add_multi_constructor("!", lambda *_: None)


async def lint_resolvers(settings: LocalSettings) -> None:
    """AWS's lint of the resolvers: AppSync refuses at a deploy what the lint refuses.

    Raises:
        ProcessFailedError: with what the lint refused.
    """
    log = settings.state / "logs" / "resolver-lint.log"
    log.unlink(missing_ok=True)
    child = await Child.start(
        "AWS's lint of the resolvers",
        ["node_modules/.bin/eslint", "--max-warnings", "0", "graphql"],
        log=log,
        environment=os.environ,
        directory=settings.root,
    )
    await child.finish()


async def _run(settings: LocalSettings, name: str, arguments: list[str]) -> None:
    sam = settings.root / ".venv-sam" / "bin" / "sam"
    temporary = settings.state / "tmp"
    temporary.mkdir(parents=True, exist_ok=True)
    log = settings.state / "logs" / f"{name.replace(' ', '-')}.log"
    log.unlink(missing_ok=True)
    child = await Child.start(
        name,
        [str(sam), *arguments],
        log=log,
        # SAM leaves packages behind in the folder for temporary files; this one is removed.
        environment=aws_environment(settings)
        | {
            "TMPDIR": str(temporary),
            "FUNCTIONS_RUNTIME": RUNTIME,
            "FUNCTIONS_PYTHON": sys.executable,
        },
        directory=settings.root,
    )
    await child.finish()
