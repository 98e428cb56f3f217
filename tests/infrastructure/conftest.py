"""The template as CloudFormation reads it, and what the real `sam build` makes of it."""

import fcntl
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from cfnlint.decode import cfn_yaml

from emulator.runtime.stack.sam import RUNTIME
from tests.support.stack import ROOT


@dataclass(frozen=True)
class Template:
    """template.yaml, loops over names expanded; the body of one over a parameter counts once."""

    document: Mapping[str, Any]

    @property
    def resources(self) -> dict[str, Mapping[str, Any]]:
        """Logical id → resource."""
        found: dict[str, Mapping[str, Any]] = {}
        for name, resource in self.document["Resources"].items():
            if name.startswith("Fn::ForEach::"):
                found.update(_expanded(*resource))
            else:
                found[name] = resource
        return found

    def of_type(self, resource_type: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
        """Logical id and properties of each resource of a type."""
        for name, resource in self.resources.items():
            if resource["Type"] == resource_type:
                yield name, resource.get("Properties", {})


def _expanded(identifier: str, collection: Any, body: Mapping[str, Any]) -> Mapping[str, Any]:
    if not isinstance(collection, list):
        return body
    return {
        key: value
        for each in collection
        for key, value in _replaced(body, f"${{{identifier}}}", each).items()
    }


def _replaced(value: Any, variable: str, name: str) -> Any:
    if isinstance(value, str):
        return value.replace(variable, name)
    if isinstance(value, list):
        return [_replaced(each, variable, name) for each in value]
    if not isinstance(value, Mapping):
        return value
    if value.keys() == {"Fn::Sub"}:  # without variables it is its text
        text = _replaced(value["Fn::Sub"], variable, name)
        return {"Fn::Sub": text} if "${" in text else text
    return {
        _replaced(key, variable, name): _replaced(each, variable, name)
        for key, each in value.items()
    }


@pytest.fixture(scope="session")
def template() -> Template:
    return Template(cfn_yaml.load(str(ROOT / "template.yaml")))


@pytest.fixture(scope="session")
def build_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`sam build`, for real, beside the build that a running stack was deployed from."""
    folder = tmp_path_factory.mktemp("build")
    sam_build(folder)
    return folder


def sam_build(folder: Path, *functions: str) -> None:
    """Builds those functions, or all, into the folder."""
    environment = os.environ | {
        "PATH": f"{ROOT / '.venv-sam' / 'bin'}:{os.environ['PATH']}",
        "SAM_CLI_TELEMETRY": "0",
        "AWS_DEFAULT_REGION": "us-west-2",
        "FUNCTIONS_RUNTIME": RUNTIME,
        "FUNCTIONS_PYTHON": sys.executable,
    }
    (ROOT / ".aws-sam").mkdir(exist_ok=True)
    with (ROOT / ".aws-sam" / "globalws.lock").open("w") as lock:
        # All builds of a checkout share .aws-sam/deps.
        fcntl.flock(lock, fcntl.LOCK_EX)
        done = subprocess.run(
            ["sam", "build", *functions, "--build-dir", str(folder)],
            cwd=ROOT,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stderr
