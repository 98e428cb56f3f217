"""Random input for as long as one likes (`make fuzz SECONDS=600`), ever new: nothing may be found.

What is found is printed as small as Hypothesis can make it; it belongs into a unit test.
"""

import os
import secrets
import time
from collections.abc import Callable
from functools import cache
from typing import Any

import pytest
from hypothesis import HealthCheck, given, seed, settings
from hypothesis import strategies as st

from emulator.appsync.engine import Engine
from tests.support.hostile import queries, rules, texts
from tests.support.project_api import project_engine

pytestmark = [pytest.mark.fuzz, pytest.mark.timeout(24 * 3600)]

_SETTINGS = settings(
    max_examples=50,
    deadline=None,
    database=None,
    derandomize=False,
    suppress_health_check=list(HealthCheck),
)


@cache
def _engine() -> Engine:
    return project_engine()


_TARGETS: dict[str, tuple[st.SearchStrategy[Any], Callable[[Any], None]]] = {
    "frames": (st.lists(texts.FRAMES, max_size=30), rules.a_connection_survives_any_frames),
    "handshakes": (texts.CONNECTS, lambda pair: rules.a_handshake_is_read_or_refused(*pair)),
    "headers": (texts.HEADERS, lambda headers: rules.nobody_gets_in(_engine(), headers)),
    "graphql": (queries.BODIES, lambda body: rules.a_request_is_answered(_engine(), body)),
    "filters": (texts.FILTERS, rules.a_filter_is_refused_or_works),
    "patterns": (texts.PATTERNS, rules.a_pattern_is_refused_or_works),
    "put-events": (texts.ENTRIES | texts.JSON, rules.entries_are_refused_or_become_events),
}


@pytest.mark.parametrize("target", _TARGETS)
def test_nothing_is_found(target: str) -> None:
    strategy, rule = _TARGETS[target]
    total = float(os.environ.get("GLOBALWS_SECONDS") or 20)
    deadline = time.monotonic() + total / len(_TARGETS)
    inputs = 0

    def try_one(value: Any) -> None:
        nonlocal inputs
        inputs += 1
        rule(value)

    while time.monotonic() < deadline:
        seed(secrets.randbits(64))(_SETTINGS(given(strategy)(try_one)))()
    print(f"{target}: {inputs} inputs")
