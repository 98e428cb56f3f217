"""What `sam build` makes must run with only its own packages and those of Lambda itself."""

import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from emulator.runtime.stack.sam import RUNTIME
from tests.infrastructure.conftest import Template, sam_build
from tests.support.stack import ROOT

_ENVIRONMENT = {
    "AWS_REGION": "us-west-2",
    "AWS_LAMBDA_FUNCTION_NAME": "replay",
    "GRAPHQL_URL": "http://127.0.0.1:9/graphql",
    "DEAD_LETTER_QUEUE_URL": "http://127.0.0.1:9/queue",
    "POWERTOOLS_SERVICE_NAME": "globalws",
    "POWERTOOLS_METRICS_NAMESPACE": "GlobalWS",
    "PATH": os.environ["PATH"],
}


def test_replay_imports_with_only_its_own_packages(build_folder: Path) -> None:
    artifact = build_folder / "ReplayFunction"
    code = (
        f"import sys; sys.path.insert(0, {str(artifact)!r}); import replay; print(replay.handler)"
    )
    # -S: no site-packages of this environment, which would hide a missing dependency.
    done = subprocess.run(
        [sys.executable, "-S", "-c", code],
        env=_ENVIRONMENT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("heavy", ["boto3", "botocore", "pydantic", "aws_xray_sdk"])
def test_the_artifact_leaves_out_what_the_runtime_has_or_nobody_needs(
    build_folder: Path, heavy: str
) -> None:
    assert not (build_folder / "ReplayFunction" / heavy).exists()


def test_the_artifact_runs_on_either_architecture(build_folder: Path, template: Template) -> None:
    machine_code = [
        path
        for path in build_folder.rglob("*")
        if path.is_file() and path.read_bytes()[:4] in (b"\x7fELF", b"\xcf\xfa\xed\xfe")
    ]
    assert machine_code == []
    architectures = template.document["Globals"]["Function"]["Architectures"]
    assert architectures == [{"Ref": "FunctionArchitecture"}]
    assert template.document["Parameters"]["FunctionArchitecture"]["Default"] == "arm64"


def test_every_module_is_compiled_so_that_no_cold_start_has_to(
    build_folder: Path, template: Template
) -> None:
    for function, _ in template.of_type("AWS::Serverless::Function"):
        modules = sorted((build_folder / function).rglob("*.py"))
        assert modules, function
        for module in modules:
            compiled = Path(importlib.util.cache_from_source(str(module)))
            assert compiled.is_file(), module
            head = compiled.read_bytes()[:8]
            assert head[:4] == importlib.util.MAGIC_NUMBER
            assert head[4:] == b"\1\0\0\0"  # PEP 552: by the source's hash, which nobody checks


def test_an_unchanged_function_is_an_unchanged_package(build_folder: Path, tmp_path: Path) -> None:
    # SAM uploads what differs, and Lambda restarts it. Within a build the functions, which have
    # the same sources, share their packages; another build installs and compiles them again.
    # The path is one that a shell or make would take apart.
    again = tmp_path / "a b" / "$HOME é's"
    sam_build(again, "ReplayFunction")
    one, *others = (
        {
            path.relative_to(folder): path.read_bytes()
            for path in sorted(folder.rglob("*"))
            if path.is_file()
        }
        for folder in (again / "ReplayFunction", *sorted(build_folder.glob("*Function")))
    )
    assert len(others) > 3
    for other in others:
        assert other == one


def test_a_function_whose_packages_are_not_to_be_had_is_not_built(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "functions", tmp_path / "functions")
    (tmp_path / "functions" / "requirements.txt").write_text("globalws-has-no-such-package==1\n")
    artifacts = tmp_path / "build"
    for name in ("ReplayFunction", "CommandFunction"):
        (artifacts / name).mkdir(parents=True)
        done = subprocess.run(
            ["make", f"build-{name}"],
            cwd=tmp_path / "functions",
            env=os.environ | {"ARTIFACTS_DIR": str(artifacts / name), "FUNCTIONS_RUNTIME": RUNTIME},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode != 0
        assert "globalws-has-no-such-package" in done.stderr
        assert list((artifacts / name).iterdir()) == []


# As `python -m pip install … --target FOLDER …` would, without a network.
_PYTHON = """\
#!/bin/sh
[ "$2" != pip ] && exec {python} "$@"
[ "$3" = --version ] && exit
while [ "$1" != --target ]; do shift; done
mkdir "$2" && echo "pass" > "$2/package.py"
"""


def _build(makefile: Path, artifacts: Path, function: str, **environment: str) -> str:
    """`make build-FUNCTION` as SAM calls it: in a copy of the folder, with the Makefile's own path.

    Returns what it printed.
    """
    copy = artifacts.parent / "copy"
    shutil.copytree(makefile.parent, copy, dirs_exist_ok=True)
    (artifacts / function).mkdir(parents=True)
    done = subprocess.run(
        ["make", "--makefile", str(makefile), f"build-{function}"],
        cwd=copy,
        env=os.environ | {"ARTIFACTS_DIR": str(artifacts / function), "LC_ALL": "C"} | environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def _project(folder: Path, runtime: str | None = None) -> Path:
    """A copy of what is built, whose template has this default. Returns the Makefile."""
    shutil.copytree(ROOT / "functions", folder / "functions")
    template = (ROOT / "template.yaml").read_text()
    if runtime is not None:
        template, count = re.subn(r"Default: python3\.\d+", f"Default: {runtime}", template)
        assert count == 1
    (folder / "template.yaml").write_text(template)
    return folder / "functions" / "Makefile"


@pytest.fixture
def python(tmp_path: Path) -> Path:
    """A Python whose pip installs one module."""
    path = tmp_path / "python"
    path.write_text(_PYTHON.format(python=sys.executable))
    path.chmod(0o755)
    return path


def test_functions_are_compiled_for_the_runtime_of_the_template_or_for_the_one_asked_for(
    tmp_path: Path, python: Path
) -> None:
    makefile = _project(tmp_path / "project", RUNTIME)
    _build(makefile, tmp_path / "a", "ReplayFunction", FUNCTIONS_PYTHON=str(python))
    assert list((tmp_path / "a" / "ReplayFunction").glob("__pycache__/*.pyc"))
    # No such Python: built without compiled files, and it is said.
    said = _build(
        makefile,
        tmp_path / "b",
        "ReplayFunction",
        FUNCTIONS_PYTHON=str(python),
        FUNCTIONS_RUNTIME="python3.99",
    )
    assert "no Python 3.99 here" in said
    assert not list((tmp_path / "b" / "ReplayFunction").rglob("*.pyc"))
    assert (tmp_path / "b" / "ReplayFunction" / "package.py").exists()


_NAMES = (
    "a b", " a", "a$b", "$(a)", "${HOME}", "é", "日本", "a'b", 'a"b', "a`b", "a;b & c", "#a", "%a",
    "a\\b", "-a", "a*b", "~a", "a:b", "a=b",
)  # fmt: skip


def test_a_function_is_built_in_a_folder_of_any_name(tmp_path: Path, python: Path) -> None:
    def build_in(path: Path) -> None:
        folder, build = tmp_path / "project" / path, tmp_path / "build" / path
        _build(_project(folder, RUNTIME), build, "ReplayFunction", FUNCTIONS_PYTHON=str(python))
        built = {each.name for each in (build / "ReplayFunction").iterdir()}
        assert {"package.py", "replay.py", "globalws_functions", "__pycache__"} <= built, path
        assert (build / "ReplayFunction" / "globalws_functions" / "domain" / "__pycache__").is_dir()

    try:
        build_in(Path(*_NAMES))  # one within the other
    except (AssertionError, OSError):
        for name in _NAMES:  # by itself: which of them it was
            build_in(Path("alone", name))
        raise


def test_a_second_function_takes_the_packages_of_the_first(tmp_path: Path, python: Path) -> None:
    makefile = _project(tmp_path / "project", RUNTIME)
    _build(makefile, tmp_path / "build", "ReplayFunction", FUNCTIONS_PYTHON=str(python))
    (shared,) = (tmp_path / "build").glob(".packages-*[0-9]")
    (shared / "package.py").write_text("# the first one's")
    _build(makefile, tmp_path / "build", "CommandFunction", FUNCTIONS_PYTHON=str(python))
    assert (
        tmp_path / "build" / "CommandFunction" / "package.py"
    ).read_text() == "# the first one's"


def test_the_runtimes_python_is_looked_for_in_pyenv_and_once_for_all_functions(
    tmp_path: Path, python: Path
) -> None:
    asked = tmp_path / "asked"
    programs = {
        "bin/pyenv": f'#!/bin/sh\necho "$@" >> {asked}\necho {tmp_path}/versions/3.98\n',
        "versions/3.98/bin/python": f'#!/bin/sh\n[ "$1" = -c ] && echo 3.98 || {python} "$@"\n',
    }
    for name, text in programs.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True)
        path.write_text(text)
        path.chmod(0o755)
    makefile = _project(tmp_path / "project", "python3.98")
    for function in ("ReplayFunction", "CommandFunction"):
        _build(
            makefile,
            tmp_path / "build",
            function,
            PATH=f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}",
        )
        assert list((tmp_path / "build" / function).glob("__pycache__/*.pyc")), function
    assert asked.read_text() == "prefix 3.98\n"
