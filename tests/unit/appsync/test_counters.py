"""What the engine counts, AppSync's bound of invalidations, and a failing API."""

from typing import Any

from emulator.appsync.engine import build_engine
from emulator.appsync.options import Options
from tests.unit.appsync.fakes import FakeCode, FakePorts, api, ask, engine


async def test_errors_by_the_status_of_their_answers() -> None:
    e = engine(api({"Query.post": "none"}))
    await ask(e, '{ post(id: "1") { id } }')
    await ask(e, "{ nothing }")
    await ask(e, "")
    counters = e.metrics()
    assert (counters.requests, counters.errors) == (3, 2)
    assert (counters.client_errors, counters.server_errors) == (1, 0)
    assert counters.error_types == {"ValidationError": 1, "MalformedHttpRequestException": 1}
    await ask(e, "{ nothing }")
    assert counters.error_types["ValidationError"] == 1, "a snapshot does not change"


async def test_an_api_that_is_to_fail_answers_500() -> None:
    down = [True]
    code: Any = lambda *_: FakeCode()  # noqa: E731
    e = build_engine(api({"Query.post": "none"}), FakePorts(), loader=code, fails=lambda: down[0])
    failed = await ask(e, '{ post(id: "1") { id } }')
    assert failed.status == 500
    assert failed.body["errors"][0]["errorType"] == "InternalFailure"
    assert e.metrics().server_errors == 1
    down[0] = False
    assert (await ask(e, '{ post(id: "1") { id } }')).status == 200
    assert e.metrics().server_errors == 1


async def test_invalidations_beyond_the_bound_are_dropped_and_counted() -> None:
    e = engine(api({"Query.post": "none"}), options=Options(max_invalidations_per_second=2))
    for _ in range(5):
        assert e.invalidate("onPost", {"title": "x"}) == 0
    counters = e.metrics()
    assert (counters.invalidation_requests, counters.invalidations_dropped) == (2, 3)
