"""What the pages point at is there: links, anchors, files, commands of `make` and of `globalws`."""

import re
import shlex
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest
import typer
from globalws_functions.domain.json_text import read_json

from cli.main import new_globalws
from tests.support.stack import ROOT

_LISTED = subprocess.run(
    ["git", "ls-files", "*.md"], cwd=ROOT, capture_output=True, text=True, check=True
)
_PAGES = [ROOT / name for name in _LISTED.stdout.splitlines() if (ROOT / name).exists()]
# CHANGELOG says what was, and `make bench` writes its own names.
_NOW = [page for page in _PAGES if page.name not in {"CHANGELOG.md", "performance.md", "latest.md"}]
_EXAMPLE = "messageCount"
_TOPS = (
    r"\.ci|\.github|bench|cli|client|docs|emulator|events|functions|graphql|requirements|scripts|"
    r"sdk|templates|tests"
)
_FILE = re.compile(rf"`((?:{_TOPS})/[\w./*-]+|[\w-]+\.(?:md|toml|yaml))`")
_NAMED = pytest.mark.parametrize("page", _NOW, ids=lambda page: str(page.relative_to(ROOT)))


def _anchors(page: Path) -> set[str]:
    """The anchors of a page's headings, as GitHub makes them."""
    text = re.sub(r"```.*?```", "", page.read_text(), flags=re.DOTALL)
    headings = re.findall(r"^#+ (.+)$", text, re.MULTILINE)
    return {re.sub(r"[^\w -]", "", each.lower()).replace(" ", "-") for each in headings}


def _commands(page: Path, program: str) -> Iterator[list[str]]:
    """The words of each call of a program, in code blocks and in backticks."""
    text = page.read_text()
    blocks = re.findall(r"```(?:sh|yaml)\n(.*?)```", text, re.DOTALL)
    spans = re.findall(r"(?<!`)`([^`\n]+)`(?!`)", re.sub(r"```.*?```", "", text, flags=re.DOTALL))
    for line in [line for block in blocks for line in block.splitlines()] + spans:
        found = re.search(rf"(?:^|\$\(| |/){program} ([^|)>;#]+)", line)
        if found and (line.startswith(program) or "$(" in line or "bin/" in line):
            yield shlex.split(found[1])


@_NAMED
def test_links_lead_to_pages_and_headings(page: Path) -> None:
    for target, anchor in re.findall(r"\]\(([\w./-]*)(?:#([\w-]+))?\)", page.read_text()):
        linked = (page.parent / target).resolve() if target else page
        assert linked.exists(), target
        assert not anchor or anchor in _anchors(linked), f"{target}#{anchor}"


@_NAMED
def test_files_that_a_page_names_are_there(page: Path) -> None:
    for name in _FILE.findall(page.read_text()):
        found = [*ROOT.glob(name.rstrip("/")), *page.parent.glob(name.rstrip("/"))]
        assert found or _EXAMPLE in name or _is_built(name), name


def _is_built(name: str) -> bool:
    """Whether a command makes this file: git ignores it, and a fresh clone does not have it."""
    return subprocess.run(["git", "check-ignore", "-q", f"{name}/"], cwd=ROOT).returncode == 0


@_NAMED
def test_targets_of_make_exist(page: Path) -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))
    for words in _commands(page, "make"):
        assert "=" in words[0] or words[0] in targets, " ".join(words)


@_NAMED
def test_scripts_of_npm_exist_in_their_workspace(page: Path) -> None:
    for words in _commands(page, "npm run"):
        script, *_ = [word for word in words if not word.startswith("-")]
        workspace = words[words.index("--workspace") + 1] if "--workspace" in words else "."
        package = read_json((ROOT / workspace / "package.json").read_bytes())
        assert script in package["scripts"], " ".join(words)


@_NAMED
def test_commands_of_globalws_exist_with_their_options(page: Path) -> None:
    known = typer.main.get_command(new_globalws())
    for words in _commands(page, "globalws"):
        group, rest = known, words
        while hasattr(group, "commands") and rest and not rest[0].startswith("-"):
            if rest[0] in {"COMMAND", "…"}:
                break
            assert rest[0] in group.commands, " ".join(words)
            group, rest = group.commands[rest[0]], rest[1:]
        options = {option for each in group.params for option in (*each.opts, *each.secondary_opts)}
        given = {word for word in rest if word.startswith("--")}
        assert given <= options | {"--help"}, " ".join(words)


def test_readme_links_every_page_of_docs() -> None:
    readme = (ROOT / "README.md").read_text()
    for page in (ROOT / "docs").glob("*.md"):
        assert f"](docs/{page.name})" in readme, page.name


def test_each_picture_is_shown_on_a_page() -> None:
    texts = [page.read_text() for page in _PAGES]
    for picture in (ROOT / "docs" / "images").iterdir():
        assert any(f"images/{picture.name})" in text for text in texts), picture.name


def test_the_page_on_deploying_names_each_optional_stack() -> None:
    page = (ROOT / "docs" / "deploying.md").read_text()
    for template in (ROOT / "templates").glob("*.yaml"):
        assert f"| `templates/{template.name}` |" in page, template.name
