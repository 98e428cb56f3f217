"""sdk/errors.json is the one table of error types; what is made from it."""

import re
import subprocess
from pathlib import Path

import pytest

from scripts.error_types import ROOT, outputs, read

_THEN = {"retry", "region", "final"}
_REPLAY = {"permanent", "throttled", "duplicate", "withheld"}
_RAISED = re.compile(r"util\.error\((?:[^()]|\([^()]*\))*'([A-Z]\w+)',?\s*(?:\w+,?\s*)*[,)]")
# They raise these types, put them in words for people, or speak of other services' errors.
_NO_LISTS = {
    "client/src/lib/inWords.ts",
    "emulator/appsync/errors.py",
    "emulator/eventbridge/queues.py",
    "functions/globalws_functions/domain/channel_rules.py",
}


def _tracked(*patterns: str) -> list[str]:
    command = ["git", "ls-files", "--cached", "--others", "--exclude-standard", *patterns]
    names = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    return [name for name in names.split() if (ROOT / name).exists()]


def test_each_entry_is_complete() -> None:
    for name, entry in read().items():
        assert entry["source"] in {"resolvers", "AppSync", "firewall"}, name
        assert entry["means"].endswith("."), name
        assert entry["then"] in _THEN, name
        assert entry.get("replay", "permanent") in _REPLAY, name


@pytest.mark.parametrize("path", outputs(read()), ids=lambda path: str(path.name))
def test_what_is_made_from_the_table_is_up_to_date(path: Path) -> None:
    made = outputs(read())[path]
    assert path.read_text() == made, "run: .venv/bin/python -m scripts.error_types"


def test_a_resolver_raises_only_types_of_the_table() -> None:
    raised = {
        name
        for file in _tracked("graphql/**/*.js")
        for name in _RAISED.findall((ROOT / file).read_text())
    }
    assert "ChannelNotAllowed" in raised
    assert raised <= set(read())


def test_no_resolver_raises_what_clients_take_for_their_connections_end() -> None:
    """`util.unauthorized()` is `Unauthorized`, for which clients close the whole connection."""
    code = {file: (ROOT / file).read_text() for file in _tracked("graphql/**/*.js")}
    assert code
    assert not [file for file, text in code.items() if "unauthorized" in text.lower()]


def test_no_other_list_is_left() -> None:
    made = {str(path.relative_to(ROOT)) for path in outputs(read())}
    lists = {}
    for file in _tracked("*.py", "*.ts", "*.tsx", "*.mjs"):
        if file in made | _NO_LISTS or re.search(r"(^|/)tests/|\.test\.|/testing/", file):
            continue
        text = (ROOT / file).read_text()
        names = [
            name for name in read() if re.search(rf"""["']{name}["']|^\s+{name}:""", text, re.M)
        ]
        if len(names) > 2:
            lists[file] = names
    assert not lists, "use then() or is_final() of the SDK"
