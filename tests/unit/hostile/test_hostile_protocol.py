"""Frames, filters, event patterns and PutEvents entries of unusual shapes.

`make fuzz` tries the same rules with many more.
"""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.support.hostile import rules, texts

_OPENING = '{"type": "connection_init"}'


@settings(max_examples=100, deadline=None)
@given(st.booleans(), st.lists(texts.FRAMES, max_size=12))
def test_frames(is_open: bool, frames: list[str]) -> None:
    rules.a_connection_survives_any_frames([_OPENING, *frames] if is_open else frames)


@settings(max_examples=100, deadline=None)
@given(texts.FILTERS)
def test_filters(document: Any) -> None:
    rules.a_filter_is_refused_or_works(document)


@settings(max_examples=100, deadline=None)
@given(texts.PATTERNS)
def test_patterns(document: Any) -> None:
    rules.a_pattern_is_refused_or_works(document)


@settings(max_examples=100, deadline=None)
@given(texts.ENTRIES | texts.JSON)
def test_entries(entries: Any) -> None:
    rules.entries_are_refused_or_become_events(entries)
