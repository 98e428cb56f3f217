"""Reading history for many channels: up to 50 aliased fields a query, four queries at a time."""

import asyncio
from collections import defaultdict, deque
from collections.abc import Awaitable, Callable, Sequence
from functools import lru_cache
from typing import Any

from .error_types import THEN
from .errors import ClientError, GraphQLError
from .graphql import Json, error_of
from .protocol import FIELDS
from .signals import Fetch, HistoryFailed, HistoryPage
from .types import Message

MOST_FIELDS = 50
MOST_MESSAGES = 1_000  # all pages of a query together
_SMALL_PAGE = 20  # of a query with several fields
_MOST_AT_A_TIME = 4
_MAY_BE_TOO_MUCH = ("ExecutionTimeout", "InternalFailure")
_COLLECT_SECONDS = 0.01

Answer = HistoryPage | HistoryFailed


def limit_of(fetch: Fetch, fields: int) -> int:
    """The page's size in a query with so many fields."""
    return fetch.last or (fetch.limit if fields == 1 else min(fetch.limit, _SMALL_PAGE))


def query_of(fetches: Sequence[Fetch]) -> tuple[str, Json]:
    """(document, variables) that ask for all of these pages."""
    variables: Json = {}
    for place, fetch in enumerate(fetches):
        size = limit_of(fetch, len(fetches))
        variables[f"name{place}"] = fetch.name
        variables[f"nextToken{place}"] = fetch.next_token
        if fetch.last is not None:
            variables[f"last{place}"] = size
        else:
            variables[f"after{place}"], variables[f"limit{place}"] = fetch.after, size
    return _document(tuple(fetch.last is not None for fetch in fetches)), variables


@lru_cache(maxsize=64)
def _document(newest_first: tuple[bool, ...]) -> str:
    declared: list[str] = []
    fields: list[str] = []
    for place, is_last in enumerate(newest_first):
        kinds = {"name": "String!", "nextToken": "String"}
        kinds |= {"last": "Int"} if is_last else {"after": "ID", "limit": "Int"}
        declared += [f"${key}{place}: {kind}" for key, kind in kinds.items()]
        arguments = ", ".join(f"{key}: ${key}{place}" for key in kinds)
        fields.append(f"h{place}: history({arguments}) {{ items {{ {FIELDS} }} nextToken }}")
    return f"query History({', '.join(declared)}) {{ {' '.join(fields)} }}"


def page_of(page: Any) -> tuple[tuple[Message, ...], str | None]:
    """(messages, next token) of a `history` field; raises ValueError."""
    try:
        return tuple(Message.parse(item) for item in page["items"]), page["nextToken"]
    except (KeyError, TypeError) as error:
        raise ValueError(f"history: no page: {error}") from error


def answers_of(fetches: Sequence[Fetch], document: Json) -> tuple[list[Answer], list[Fetch]]:
    """(what is answered, what is to be asked again).

    One field's error takes the data of all others along, since `history` is not nullable. An error
    without a field is everybody's, unless it may come from asking for too much at once.
    """
    failed: dict[str, GraphQLError | None] = {}
    errors = document.get("errors") or []
    for entry in errors if isinstance(errors, list) else [errors]:
        path = entry.get("path") if isinstance(entry, dict) else None
        failed[str(path[0]) if isinstance(path, list) and path else ""] = error_of(entry)
    whole = failed.get("")
    too_much = whole is None or whole.error_type in _MAY_BE_TOO_MUCH or whole.error_type not in THEN
    data = document.get("data") or {}
    answers: list[Answer] = []
    again: list[Fetch] = []
    for place, fetch in enumerate(fetches):
        field = f"h{place}"
        if field in failed or (failed and (len(fetches) == 1 or ("" in failed and not too_much))):
            error = failed.get(field) or next(iter(failed.values()))
            kind, text = (error.error_type, error.message) if error else (None, str(errors)[:200])
            answers.append(HistoryFailed(fetch.request, kind, text))
        elif failed:
            again.append(fetch)
        else:
            try:
                answers.append(HistoryPage(fetch.request, *page_of(data.get(field))))
            except ValueError as error:
                answers.append(HistoryFailed(fetch.request, None, str(error)))
    return answers, again


class HistoryQueue:
    """Collects requests for a moment and asks for them together.

    Args:
        ask: (region, document, variables) → the whole answer; raises ClientError.
        answer: gets the results, as they come.
        own: keeps a task until it is done.
    """

    def __init__(
        self,
        ask: Callable[[int, str, Json], Awaitable[Json]],
        answer: Callable[[Sequence[Answer]], None],
        own: Callable[[asyncio.Task[None]], None],
    ) -> None:
        self._ask = ask
        self._answer = answer
        self._own = own
        self._queues: defaultdict[int, deque[Fetch]] = defaultdict(deque)
        self._active: defaultdict[int, int] = defaultdict(int)
        self._collecting: dict[int, asyncio.TimerHandle] = {}

    def add(self, fetch: Fetch) -> None:
        """Ask for this page soon."""
        queue = self._queues[fetch.region]
        queue.append(fetch)
        if len(queue) == MOST_FIELDS:
            self._collected(fetch.region)
        elif fetch.region not in self._collecting:
            loop = asyncio.get_running_loop()
            handle = loop.call_later(_COLLECT_SECONDS, self._collected, fetch.region)
            self._collecting[fetch.region] = handle

    def close(self) -> None:
        """Ask for nothing more."""
        for handle in self._collecting.values():
            handle.cancel()
        self._collecting.clear()
        self._queues.clear()

    def _collected(self, region: int) -> None:
        if handle := self._collecting.pop(region, None):
            handle.cancel()
        while self._queues[region] and self._active[region] < _MOST_AT_A_TIME:
            batch = self._next_batch(self._queues[region])
            self._active[region] += 1
            self._own(asyncio.create_task(self._run(region, batch), name="history"))

    @staticmethod
    def _next_batch(queue: deque[Fetch]) -> list[Fetch]:
        batch = [queue.popleft()]
        messages = limit_of(batch[0], 2)
        while queue and len(batch) < MOST_FIELDS:
            messages += limit_of(queue[0], 2)
            if messages > MOST_MESSAGES:
                break
            batch.append(queue.popleft())
        return batch

    async def _run(self, region: int, batch: list[Fetch]) -> None:
        try:
            await self._read(region, batch)
        finally:
            self._active[region] -= 1
        self._collected(region)

    async def _read(self, region: int, batch: list[Fetch]) -> None:
        try:
            document = await self._ask(region, *query_of(batch))
        except ClientError as error:
            kind = error.error_type if isinstance(error, GraphQLError) else None
            self._answer([HistoryFailed(fetch.request, kind, str(error)) for fetch in batch])
            return
        answers, again = answers_of(batch, document)
        self._answer(answers)
        if len(again) == len(batch):
            # The query failed as a whole: it may ask for too much at once.
            half = len(again) // 2
            await self._read(region, again[:half])
            await self._read(region, again[half:])
        elif again:
            await self._read(region, again)
