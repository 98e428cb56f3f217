"""A task beside the application."""

import asyncio

import pytest
from aiohttp import web

from emulator.runtime.region.background import Background


async def test_it_ends_with_the_application() -> None:
    ended = asyncio.Event()

    async def work() -> None:
        try:
            await asyncio.sleep(60)
        finally:
            ended.set()

    task = Background("work", work)
    await task.start(web.Application())
    await asyncio.sleep(0)
    await task.close(web.Application())
    assert ended.is_set()


async def test_an_error_is_told_at_once_and_keeps_nobody_from_closing(
    caplog: pytest.LogCaptureFixture,
) -> None:
    async def work() -> None:
        raise KeyError("eventId")

    task = Background("work", work)
    await task.start(web.Application())
    await asyncio.sleep(0)
    assert "work: ended by an error" in caplog.text
    await task.close(web.Application())


async def test_what_never_began_may_be_closed() -> None:
    async def work() -> None:
        raise AssertionError("never begun")

    await Background("work", work).close(web.Application())
