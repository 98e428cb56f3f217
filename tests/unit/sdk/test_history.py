"""Many pages in one query: what is asked, and what each answer means for each page."""

from typing import Any

import pytest
from globalws_client import signals
from globalws_client.core import Core
from globalws_client.history import answers_of, query_of
from globalws_client.options import Beginning, Options
from globalws_client.protocol import ConnectionAck, StartAck
from globalws_client.signals import Fetch, HistoryFailed, HistoryPage

EMPTY = {"items": [], "nextToken": None}


def fetches(count: int) -> list[Fetch]:
    return [Fetch(n, 0, f"c{n}", "0" * 26, None, 100, None) for n in range(count)]


def test_one_page_alone_may_be_large_and_many_are_small() -> None:
    assert query_of(fetches(1))[1]["limit0"] == 100
    document, variables = query_of([*fetches(2), Fetch(9, 0, "r", None, 30, 100, "t")])
    assert (variables["limit0"], variables["limit1"], variables["last2"]) == (20, 20, 30)
    assert "h2: history(name: $name2, nextToken: $nextToken2, last: $last2)" in document


def test_pages_are_told_apart_by_their_alias() -> None:
    page = {"items": [], "nextToken": "more"}
    answers, again = answers_of(fetches(2), {"data": {"h0": EMPTY, "h1": page}})
    assert answers == [HistoryPage(0, (), None), HistoryPage(1, (), "more")]
    assert again == []


def test_one_refused_page_is_answered_and_the_others_are_asked_for_again() -> None:
    error = {"errorType": "ChannelBlocked", "message": "no", "path": ["h1"]}
    answers, again = answers_of(fetches(3), {"data": None, "errors": [error]})
    assert answers == [HistoryFailed(1, "ChannelBlocked", "no")]
    assert [fetch.request for fetch in again] == [0, 2]


@pytest.mark.parametrize("error_type", ["ThrottlingException", "UnauthorizedException"])
def test_an_error_of_the_whole_query_is_everybodys(error_type: str) -> None:
    error = {"errorType": error_type, "message": "no"}
    answers, again = answers_of(fetches(3), {"errors": [error]})
    assert answers == [HistoryFailed(n, error_type, "no") for n in range(3)]
    assert again == []


@pytest.mark.parametrize("error_type", ["ExecutionTimeout", "ResponseTooLarge", None])
def test_what_may_be_too_much_at_once_is_asked_for_in_parts(error_type: str | None) -> None:
    error = {"errorType": error_type, "message": "too much"}
    assert answers_of(fetches(3), {"errors": [error]}) == ([], fetches(3))
    answers, again = answers_of(fetches(1), {"errors": [error]})
    assert [type(answer) for answer in answers] == [HistoryFailed]
    assert again == []


def test_a_page_that_is_none_has_failed() -> None:
    document: dict[str, Any] = {"data": {"h0": {"items": [{}], "nextToken": None}}}
    ([answer], _) = answers_of(fetches(1), document)
    assert isinstance(answer, HistoryFailed)


def test_history_is_read_again_also_after_all_channels_had_gone() -> None:
    core = Core(["us"], Options(), lambda: 0.0, lambda: 1_795_000_000_000)

    def subscribed(number: int, now: float) -> list[signals.Command]:
        opened = core.handle(signals.AddChannel(number, "tech", Beginning()), now)
        (connection,) = [c.connection for c in opened if isinstance(c, signals.Open)]
        commands = core.received(connection, ConnectionAck(None), now)
        (feed,) = [c.feed for c in commands if isinstance(c, signals.Start)]
        return core.received(connection, StartAck(feed), now)

    settle = signals.SetTimer("settle", 8_000)
    assert settle in subscribed(1, 0)
    assert signals.CancelTimer("settle") in core.handle(signals.RemoveChannel(1), 10)
    assert settle in subscribed(2, 20)
