"""The command's pure rules: names, decisions, text for terminals."""

import io
import json
import time
from dataclasses import replace
from pathlib import Path

import pytest
from globalws_client.ulid import time_of
from globalws_functions.domain.command import read_command
from hypothesis import given, settings
from hypothesis import strategies as st
from jsonschema import Draft202012Validator
from rich.cells import cell_len
from rich.console import Console

from cli.domain.changes import instant
from cli.domain.names import checked_channel, checked_id, checked_reason, new_ulid
from cli.domain.text import printable
from cli.grid import grid
from tests.unit.cli.samples import change, event

CONTRACTS = Path(__file__).parents[3] / "events" / "contracts"


@pytest.mark.parametrize("name", ["tech", "A.b_c:d-9", "a|b:@c", "x" * 128])
def test_a_channel_name_is_taken_as_it_is(name: str) -> None:
    assert checked_channel(name) == name


@pytest.mark.parametrize(
    "name", ["", "-tech", "te ch", "x" * 129, "tech\n", "täch", "a::b", "a:", "a:b:c:d:e", "a:*"]
)
def test_what_the_api_would_refuse_is_refused_here(name: str) -> None:
    with pytest.raises(ValueError, match="not a channel name"):
        checked_channel(name)


def test_a_new_id_is_a_ulid_that_sorts_by_time() -> None:
    before = time.time()
    made = new_ulid()
    assert checked_id(made) == made
    assert before - 0.001 <= time_of(made) / 1000 <= time.time()


def test_a_reason_is_one_line_and_bounded() -> None:
    assert checked_reason("  spam\n wave ") == "spam wave"
    with pytest.raises(ValueError, match="say why"):
        checked_reason(" ")
    with pytest.raises(ValueError, match="at most 500"):
        checked_reason("x" * 501)


@pytest.mark.parametrize(
    ("detail_type", "fields"),
    [
        ("ChannelPolicyChanged", {"name": "media", "allowed": False}),
        ("ChannelPolicyChanged", {"name": "media", "allowed": None}),
        ("PurgeRequested", {"name": "media", "block": True, "deleteHistory": True}),
    ],
)
def test_commands_keep_their_contract(detail_type: str, fields: dict[str, object]) -> None:
    schema = json.loads((CONTRACTS / f"{detail_type}.json").read_text())
    given = change("what", detail_type, **fields)
    document = event(detail_type, given.detail("us-west-2"))
    Draft202012Validator(schema).validate(document)
    read = read_command(document)
    assert read.at == given.at
    assert read.key == given.key
    assert read.origin == "us-west-2"


def test_a_very_long_identity_is_cut_to_what_the_contract_allows() -> None:
    given = replace(change("purge", "PurgeRequested", name="media"), by="x" * 900)
    assert len(given.detail("us-west-2")["by"]) == 200


def test_an_instant_has_milliseconds_and_utc() -> None:
    assert instant(1_790_000_000.1239) == "2026-09-21T14:13:20.123Z"


def test_hostile_text_is_shown_and_not_obeyed() -> None:
    assert printable("a\x1b[31mb\x07\u202ec\nd") == "a\\x1b[31mb\\x07\\u202ec\\nd"
    assert printable("👩\u200d💻 naïve 日本") == "👩\u200d💻 naïve 日本"
    assert printable("\ud800") == "\\ud800"
    assert printable("abcdef", 4) == "abc…"
    assert printable("abcd", 4) == "abcd"


WORD = st.text(st.characters(categories=["L", "N", "P"]), min_size=1, max_size=25)
CELL = st.lists(WORD, max_size=6).map(" ".join)


@settings(deadline=None)
@given(
    st.integers(1, 4).flatmap(
        lambda columns: st.lists(
            st.lists(CELL, min_size=columns, max_size=columns), min_size=1, max_size=4
        )
    ),
    st.one_of(st.none(), st.integers(8, 120)),
)
def test_a_table_of_any_width_keeps_every_word(rows: list[list[str]], width: int | None) -> None:
    columns = [f"column {number}" for number in range(len(rows[0]))]
    out = io.StringIO()
    console = Console(file=out, width=width or 80, force_terminal=False, color_system=None)
    console.print(grid(columns, rows, width), soft_wrap=width is None)
    lines = out.getvalue()
    together = "".join(lines.split())
    for cell in (text for row in [columns, *rows] for text in row):
        for word in cell.split():
            fits = width is None or cell_len(word) <= width
            assert word in (lines if fits else together)
    if width is None:
        assert len(lines.splitlines()) == 1 + len(rows)
    else:
        assert all(cell_len(line) <= width for line in lines.splitlines())
