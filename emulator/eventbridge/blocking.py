"""A few daemon threads for blocking calls, so that a hanging one never delays the process's end."""

import asyncio
import queue
import threading
from collections.abc import Callable
from typing import Any, TypeVar

T = TypeVar("T")


class DaemonThreads:
    """Runs blocking functions on at most `size` threads; the rest waits."""

    def __init__(self, name: str, size: int) -> None:
        self._name = name
        self._size = size
        self._work: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []

    async def run(self, function: Callable[[], T]) -> T:
        """The function's result, or its exception."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[T] = loop.create_future()

        def settle(set_it: Callable[[Any], None], outcome: Any) -> None:
            if not done.done():
                set_it(outcome)

        def work() -> None:
            try:
                result = function()
            except Exception as error:
                _tell(loop, settle, done.set_exception, error)
            else:
                _tell(loop, settle, done.set_result, result)

        if len(self._threads) < self._size:
            number = len(self._threads) + 1
            thread = threading.Thread(
                target=self._serve, name=f"{self._name}-{number}", daemon=True
            )
            self._threads.append(thread)
            thread.start()
        self._work.put(work)
        return await done

    def close(self) -> None:
        """Let the threads end after what they are doing; does not wait for them."""
        for _ in self._threads:
            self._work.put(None)
        self._threads.clear()

    def _serve(self) -> None:
        while (work := self._work.get()) is not None:
            work()


def _tell(
    loop: asyncio.AbstractEventLoop,
    settle: Callable[[Callable[[Any], None], Any], None],
    set_it: Callable[[Any], None],
    outcome: Any,
) -> None:
    try:
        loop.call_soon_threadsafe(settle, set_it, outcome)
    except RuntimeError:
        return  # the loop has closed: nobody waits any more
