"""A file of messages to publish, a JSON object a line, and how far it has been published. Pure.

A message's id is made of the instant at which its part of the file was begun, a number drawn once
for the file, and its line. So a part that may have been taken is sent again with the same ids, and
ids increase with the lines.
"""

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from typing import Any

from globalws_functions.domain.channel_patterns import NAME_FORM, is_name
from globalws_functions.domain.fields import has_utf8
from globalws_functions.domain.json_text import read_json
from globalws_functions.domain.ulid import ulid

MOST_ENTRIES = 10
MOST_BYTES = 240_000
"""The most bytes of one PutEvents call, which takes 256 KB; the envelope is counted roughly."""
MOST_MESSAGE_BYTES = 204_800

_ENVELOPE_BYTES = 400
_SEED_BITS = 44
_LINE_BITS = 36


@dataclass(frozen=True)
class Line:
    """A message of the file; `number` counts from 1."""

    number: int
    name: str
    message: str


def read_line(number: int, text: bytes, channel: str | None) -> Line | None:
    """The message of a line; None if it is blank.

    Args:
        channel: of lines that have no `name`.

    Raises:
        ValueError: naming the line and what is wrong with it.
    """
    if not text.strip():
        return None
    try:
        found = read_json(text)
    except ValueError as error:
        raise ValueError(f"line {number} is not JSON: {error}") from None
    if not isinstance(found, dict) or not set(found) <= {"name", "message"}:
        raise ValueError(f'line {number} is not {{"name": …, "message": …}}')
    name, message = found.get("name", channel), found.get("message")
    if not isinstance(name, str) or not is_name(name):
        raise ValueError(f"line {number}: {name!r} is not a channel name: {NAME_FORM}")
    if not isinstance(message, str) or not message.strip() or not has_utf8(message):
        raise ValueError(f"line {number}: the message is missing, empty, or not UTF-8 text")
    if len(json.dumps(message, ensure_ascii=False).encode()) > MOST_MESSAGE_BYTES:
        raise ValueError(f"line {number}: the message takes more than {MOST_MESSAGE_BYTES:,} bytes")
    return Line(number, name, message)


@dataclass(frozen=True)
class Progress:
    """How far a file has been published.

    Attributes:
        digest: SHA-256 of the file, in hexadecimal.
        seed: drawn once for the file.
        done: a bus has taken all lines up to this one.
        begun_at: when the part after `done` was begun, in milliseconds; None if it was not.
        part: the last line of that part.
    """

    digest: str
    seed: int
    done: int = 0
    begun_at: int | None = None
    part: int = 0

    def begin(self, now_ms: int, part: int) -> "Progress":
        """The next part is about to be sent. A part that was begun before keeps its instant."""
        return self if self.begun_at is not None else replace(self, begun_at=now_ms, part=part)

    def finish(self) -> "Progress":
        """A bus took the part."""
        return replace(self, done=self.part, begun_at=None)

    def id_of(self, line: int) -> str:
        """The id of a message of the part that was begun."""
        if self.begun_at is None:
            raise ValueError("no part was begun")
        tail = self.seed << _LINE_BITS | line
        return ulid(datetime.fromtimestamp(self.begun_at / 1000, UTC), tail.to_bytes(10))

    def text(self) -> str:
        """As it is kept in a file."""
        return json.dumps(asdict(self))

    @classmethod
    def new(cls, digest: str, random: bytes) -> "Progress":
        """Nothing was published yet. `random` has 8 bytes."""
        return cls(digest, int.from_bytes(random) & ((1 << _SEED_BITS) - 1))

    @classmethod
    def parse(cls, text: bytes) -> "Progress":
        """Reads what `text` wrote. Raises ValueError if it is something else."""
        found: Any = read_json(text)
        try:
            return cls(**found)
        except TypeError:
            raise ValueError("not a progress file") from None


def entries_of(lines: Iterable[Line], progress: Progress) -> Iterator[list[Mapping[str, str]]]:
    """The details of events, as many at a time as one PutEvents call takes."""
    batch: list[Mapping[str, str]] = []
    size = 0
    for line in lines:
        detail = {"id": progress.id_of(line.number), "name": line.name, "message": line.message}
        own = len(json.dumps(detail, ensure_ascii=False).encode()) + _ENVELOPE_BYTES
        if batch and (len(batch) == MOST_ENTRIES or size + own > MOST_BYTES):
            yield batch
            batch, size = [], 0
        batch.append(detail)
        size += own
    if batch:
        yield batch
