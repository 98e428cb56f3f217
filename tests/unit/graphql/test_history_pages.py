"""history's pages through the project's own resolver: each message once, and typed refusals."""

import asyncio
from functools import cache
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from emulator.appsync.engine import Engine
from tests.support.project_api import MemoryServices, ask, project_engine

_QUERY = (
    "query ($name: String!, $after: ID, $limit: Int, $last: Int, $nextToken: String) {"
    " history(name: $name, after: $after, limit: $limit, last: $last, nextToken: $nextToken)"
    " { items { id name } nextToken } }"
)
_IDS = [f"01KB4YXW0G8Q2M7R3T5V9XZA{number:02}" for number in range(12)]
_EXPIRED = {_IDS[number] for number in (0, 3, 4, 5, 11)}


@cache
def _engine() -> Engine:
    services = MemoryServices()
    items = [
        {
            "name": {"S": name},
            "id": {"S": id},
            "message": {"S": "m"},
            "publishedAt": {"S": "2026-11-23T10:00:00.000Z"},
            "region": {"S": "us-west-2"},
            "expiresAt": {"N": "1" if id in _EXPIRED else "4102444800"},
        }
        for name in ("tech", "cars")
        for id in _IDS
    ]
    services.tables["Messages"] = {f"{item['name']}{item['id']}": item for item in items}
    return project_engine(services)


def _history(**arguments: Any) -> dict[str, Any]:
    return asyncio.run(ask(_engine(), _QUERY, **arguments)).body


def _error(body: dict[str, Any]) -> str:
    (error,) = body["errors"]
    kind: str = error["errorType"]
    return kind


@pytest.mark.parametrize("limit", [1, 2, 3, 5, 12, 200])
@pytest.mark.parametrize("after", [None, _IDS[0], _IDS[4], _IDS[11]])
@pytest.mark.parametrize("says_after_again", [True, False])
def test_pages_have_each_message_once(
    limit: int, after: str | None, says_after_again: bool
) -> None:
    got: list[dict[str, str]] = []
    token = None
    while True:
        again = after if token is None or says_after_again else None
        page = _history(name="tech", after=again, limit=limit, nextToken=token)["data"]["history"]
        got += page["items"]
        assert len(page["items"]) <= limit
        token = page["nextToken"]
        if token is None:
            break
    wanted = [id for id in _IDS if id not in _EXPIRED and id > (after or "")]
    assert got == [{"id": id, "name": "tech"} for id in wanted]


@pytest.mark.parametrize("last", [1, 2, 3, 5, 12, 200])
def test_last_reads_from_the_newest_message_back(last: int) -> None:
    got: list[str] = []
    token = None
    while True:
        page = _history(name="tech", last=last, nextToken=token)["data"]["history"]
        got += [item["id"] for item in page["items"]]
        token = page["nextToken"]
        if token is None:
            break
    assert got == [id for id in reversed(_IDS) if id not in _EXPIRED]


@pytest.mark.parametrize("more", [{"after": _IDS[0]}, {"limit": 1}, {"last": 0}, {"last": 201}])
def test_a_last_that_cannot_be_is_refused(more: dict[str, Any]) -> None:
    assert _error(_history(name="tech", **{"last": 5, **more})) == "InvalidLimit"


_GOOD = _history(name="tech", limit=3)["data"]["history"]["nextToken"]


@settings(max_examples=100, deadline=None)
@given(st.text() | st.text("tech~0123456789ABCDEF", max_size=40))
@example("")
@example("~")
@example(_GOOD + "~")
@example(_GOOD.lower())
@example(" " + _GOOD)
@example(_GOOD.replace("tech", "cars"))
@example("eyJ2ZXJzaW9uIjozLCJ0b2tlbiI6ICJBUUlDQUhnIn0=")
def test_a_token_that_is_none_is_refused_for_good(token: str) -> None:
    if token != _GOOD:
        assert _error(_history(name="tech", nextToken=token)) == "InvalidNextToken"


def test_tokens_are_good_for_their_channel_and_from_their_place_on() -> None:
    assert "errors" not in _history(name="tech", nextToken=_GOOD, after=_IDS[2])
    assert _error(_history(name="cars", nextToken=_GOOD)) == "InvalidNextToken"
    assert _error(_history(name="tech", nextToken=_GOOD, after=_IDS[3])) == "InvalidNextToken"


@pytest.mark.parametrize("after", ["", " ", "x", _IDS[0].lower(), _IDS[0] + "A"])
def test_an_after_that_is_no_id_is_refused_for_good(after: str) -> None:
    assert _error(_history(name="tech", after=after)) == "InvalidMessageId"
