"""Every command with every kind of standard streams that a shell can give it."""

import codecs
import json
import os
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain, combinations

import pytest

from tests.unit.cli.shell import ID, ROOT, Shell
from tests.unit.cli.test_cli_help import COMMANDS, ON_NO_TARGET

REASON = ("--reason", "café")
# Each prints something, also with --json.
ARGUMENTS = {
    "audit": ("audit",),
    "channels allow": ("channels", "allow", "news", *REASON),
    "channels block": ("channels", "block", "tech", *REASON, "--yes"),
    "channels explain": ("channels", "explain", "tech"),
    "channels list": ("channels", "list"),
    "channels reset": ("channels", "reset", "tech", *REASON, "--yes"),
    "config": ("config",),
    "dlq drop": ("dlq", "drop", "--all", "--yes"),
    "dlq list": ("dlq", "list"),
    "dlq redrive": ("dlq", "redrive", "--yes"),
    "dlq show": ("dlq", "show", "m-1"),
    "keys rotate": ("keys", "rotate"),
    "presence": ("presence", "tech"),
    "publish": ("publish", "tech", "café"),
    "purge": ("purge", "tech", *REASON, "--yes"),
    "status": ("status",),
    "tail": ("tail", "tech"),
    "top": ("top", "--interval", "0.1"),
    "trace": ("trace", ID),
    "users allow": ("users", "allow", "al", *REASON),
    "users block": ("users", "block", "al", *REASON, "--yes"),
    "users grant": ("users", "grant", "al", "chat:1", "publish", *REASON),
    "users list": ("users", "list"),
    "users revoke": ("users", "revoke", "al", "chat:1", *REASON, "--yes"),
}
# What ends by itself, or is made to.
ENDING = ARGUMENTS | {
    "tail": (*ARGUMENTS["tail"], "--count", "3"),
    "top": (*ARGUMENTS["top"], "--json"),
}
# With a dead letter that stays in its queue, these are done in part.
CODES = {"dlq redrive": 3}
HELP = [("--help",), ("--version",), ("channels", "--help"), ("dlq", "list", "--help")]
ALL = [*ARGUMENTS.values(), *((*each, "--json") for each in ARGUMENTS.values()), *HELP]
ALL_ENDING = [*ENDING.values(), *((*each, "--json") for each in ENDING.values()), *HELP]


def _code(arguments: tuple[str, ...]) -> int:
    return CODES.get(" ".join(arguments[:2]), 0) if "--help" not in arguments else 0


@pytest.fixture(scope="module")
def shell() -> Iterator[Shell]:
    shell = Shell()
    yield shell
    shell.end()


def test_every_command_is_tried() -> None:
    assert sorted(ARGUMENTS) == [name for name in COMMANDS if name not in ON_NO_TARGET]


@pytest.mark.parametrize("arguments", ALL, ids=" ".join)
@pytest.mark.parametrize("reader", ["gone", "line"])
def test_a_reader_that_has_seen_enough_ends_a_command_quietly(
    shell: Shell, arguments: tuple[str, ...], reader: str
) -> None:
    ended = shell(*arguments, stdout=reader)
    assert (ended.code, b"Error" in ended.err) == (_code(arguments), False), ended.err
    assert ended.out or reader == "gone"


def test_a_channel_without_news_is_not_followed_for_nobody(shell: Shell) -> None:
    assert shell("tail", "quiet", stdout="gone").code == 0


@pytest.mark.parametrize("arguments", ALL_ENDING, ids=" ".join)
def test_notes_that_nobody_reads_change_nothing(shell: Shell, arguments: tuple[str, ...]) -> None:
    as_usual = shell.as_usual(*arguments)
    for stderr in ("gone", "closed", "/dev/full"):
        ended = shell(*arguments, stderr=stderr)
        assert ended.code == as_usual.code == _code(arguments)
        assert len(ended.out.splitlines()) == len(as_usual.out.splitlines()) > 0


@pytest.mark.parametrize("encoding", ["ascii", "koi8-r", "utf-16"])
@pytest.mark.parametrize("arguments", ALL_ENDING, ids=" ".join)
def test_what_an_encoding_lacks_ends_no_command(
    shell: Shell, arguments: tuple[str, ...], encoding: str
) -> None:
    ended = shell(*arguments, encoding=encoding)
    assert ended.code == _code(arguments), ended.err
    text = ended.out.decode(encoding)
    if "--json" in arguments and arguments[0] != "tail":
        json.loads(text)  # escaped, not replaced
        assert "?" not in text
    if arguments == ("channels", "list"):
        accent = codecs.encode("é", encoding, "replace").decode(encoding)
        assert f"caf{accent}" in text


@pytest.mark.parametrize(
    "encoding", ["ascii", "cp1252", "cp437", "latin-1", "shift_jis", "utf-8", "utf-16", "utf-32"]
)
def test_json_keeps_every_character_in_every_encoding(shell: Shell, encoding: str) -> None:
    ended = shell("publish", "tech", "café 日本 😀", "--json", encoding=encoding)
    assert json.loads(ended.out.decode(encoding))["message"] == "café 日本 😀"


CLOSED = [
    set(each)
    for each in chain.from_iterable(
        combinations(("stdin", "stdout", "stderr"), count) for count in (1, 2, 3)
    )
]


def _closed(*, stdout: bool) -> pytest.MarkDecorator:
    found = [each for each in CLOSED if ("stdout" in each) == stdout]
    return pytest.mark.parametrize("closed", found, ids=lambda each: "+".join(sorted(each)))


@_closed(stdout=False)
@pytest.mark.parametrize("arguments", ALL_ENDING, ids=" ".join)
def test_closed_streams_that_carry_no_result_change_nothing(
    shell: Shell, arguments: tuple[str, ...], closed: set[str]
) -> None:
    ended = shell(*arguments, **dict.fromkeys(closed, "closed"))
    assert ended.code == _code(arguments)
    assert ended.out


# It is looked at before the arguments are, so one of each kind tells.
@_closed(stdout=True)
@pytest.mark.parametrize(
    "arguments", [ENDING["publish"], ENDING["tail"], (*ENDING["status"], "--json"), *HELP],
    ids=" ".join,
)  # fmt: skip
def test_a_closed_standard_output_is_said_before_anything_is_done(
    shell: Shell, arguments: tuple[str, ...], closed: set[str]
) -> None:
    ended = shell(*arguments, **dict.fromkeys(closed, "closed"))
    assert ended.code == 2
    if "stderr" not in closed:
        assert ended.err.startswith(b"globalws: standard output is closed")


@pytest.mark.parametrize("stdin", ["closed", "/dev/null"], ids=["closed", "not readable"])
def test_a_standard_input_that_cannot_be_read_is_said(shell: Shell, stdin: str) -> None:
    published = shell("publish", "tech", "-", stdin=stdin)
    assert published.code == 2
    assert published.err.splitlines()[-1].startswith(b"globalws: standard input ")
    for asking in ("channels block", "channels reset", "purge", "dlq drop", "dlq redrive"):
        arguments = [each for each in ARGUMENTS[asking] if each != "--yes"]
        ended = shell(*arguments, stdin=stdin)
        assert ended.code == 6, ended.err
        assert b"give --yes" in ended.err


@pytest.mark.parametrize("stdout", ["/dev/full", "</dev/null"], ids=["full", "read-only"])
@pytest.mark.parametrize("arguments", ALL, ids=" ".join)
def test_results_that_cannot_be_written_are_a_failure(
    shell: Shell, arguments: tuple[str, ...], stdout: str
) -> None:
    ended = shell(*arguments, stdout=stdout)
    assert ended.code == (_code(arguments) or 1)
    assert ended.err.splitlines()[-1].startswith(b"globalws: standard output cannot be written: ")


@pytest.mark.parametrize("columns", [8, 20, 40, 79, 200])
@pytest.mark.parametrize("name", sorted(set(ENDING) - {"top"}))
def test_a_terminal_of_any_width_shows_every_value(shell: Shell, name: str, columns: int) -> None:
    in_pipe = shell.as_usual(*ENDING[name]).out.decode()
    on_terminal = shell(*ENDING[name], stdout="tty", columns=columns).out.decode()
    shown = "".join(on_terminal.split())
    words = {word for word in in_pipe.split() if not any(c.isdigit() for c in word)}
    missing = {word for word in words if word not in (shown if columns < 40 else on_terminal)}
    assert missing == set()


def test_help_in_a_narrow_terminal_shows_every_option_whole() -> None:
    environment = os.environ | {"COLUMNS": "20"}
    ran = subprocess.run(
        [sys.executable, "-c", "from cli.main import main; main()", "channels", "block", "--help"],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=True,
    )
    for option in ("--reason", "--timeout", "--stack-file", "--stack-name", "--region", "--json"):
        assert f"  {option} " in ran.stdout
    assert "…" not in ran.stdout


def test_a_command_without_a_target_imports_none_of_what_targets_need() -> None:
    heavy = ("boto3", "botocore", "aiohttp", "requests", "quickjs", "aws_lambda_powertools")
    script = f"""
import sys
from cli.main import main
sys.argv = ["globalws", sys.argv[1]]
try:
    main()
except SystemExit as end:
    assert end.code == 0
print(sorted({{*{heavy!r}}} & set(sys.modules)), file=sys.stderr)
"""
    for option in ("--version", "--help"):
        ran = subprocess.run(
            [sys.executable, "-c", script, option],
            cwd=ROOT, capture_output=True, text=True, check=True,
        )  # fmt: skip
        assert ran.stderr == "[]\n"
