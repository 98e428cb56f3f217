"""docs/access.md: the commands of its first chapter, as printed, answer what the page shows."""

import os
import re
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.prepared import local_stack
from tests.support.stack import ROOT, LocalStack

pytestmark = [pytest.mark.stack, pytest.mark.timeout(300)]

_MARK = "answer of line"
_REGIONS = ("us-west-2", "ap-southeast-2")


@pytest.fixture
def own() -> Iterator[LocalStack]:
    """A stack without other tests: the page makes rules that others would meet."""
    with local_stack("access", _REGIONS) as stack:
        yield stack


@pytest.fixture
def folder(own: LocalStack) -> Iterator[Path]:
    """A folder with the stack's `.local/stack.json`, as the page's reader has it."""
    folder = own.state / "page"
    (folder / ".local").mkdir(parents=True)
    shutil.copy(own.stack_file, folder / ".local" / "stack.json")
    yield folder
    shutil.rmtree(folder)


def _lines() -> list[str]:
    """The chapter's commands, without `make up`: the test's own stack runs."""
    chapter = (ROOT / "docs" / "access.md").read_text().split("\n## ")[1]
    blocks = re.findall(r"```sh\n(.*?)```", chapter, re.DOTALL)
    return [line for block in blocks for line in block.splitlines() if line != "make up"]


def test_each_command_of_the_page_answers_what_the_page_says(own: LocalStack, folder: Path) -> None:
    lines = _lines()
    script = "".join(f"{line}\necho '{_MARK} {index}'\n" for index, line in enumerate(lines))
    region = own.running.regions[0]
    for on_page, here in (
        ("http://127.0.0.1:4099/issuer", str(own.running.issuerUrl)),
        ("http://127.0.0.1:4101/graphql", region.graphqlUrl),
    ):
        assert on_page in script
        script = script.replace(on_page, here)
    path = f"{ROOT / '.venv' / 'bin'}{os.pathsep}{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "-c", script],
        cwd=folder,
        env=os.environ | {"PATH": path},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    answers = re.split(rf"{_MARK} \d+\n", done.stdout)
    assert len(answers) == len(lines) + 1, done.stderr
    wrong = []
    for line, answer in zip(lines, answers, strict=False):
        _, _, expected = line.partition("    # ")
        if expected not in answer.replace('": ', '":'):
            wrong.append(f"{line}\n{answer}")
    assert not wrong, "\n".join([*wrong, done.stderr])
    assert sum("    # " in line for line in lines) >= 15
