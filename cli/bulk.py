"""Publishing a file of messages by way of the bus: ten a call, resumable, without duplicates."""

import hashlib
import os
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial
from pathlib import Path

from globalws_functions.domain.publish_request import PUBLISH_REQUESTED

from cli.adapters.events import put_events
from cli.domain.bulk import Line, Progress, entries_of, read_line
from cli.errors import CliError, UnreachableError, UsageError
from cli.regions import at_once
from cli.targets.target import Region

_PART = 200
"""Lines that are sent between two writes of the progress file."""
_AT_ONCE = 4
_ATTEMPTS = 6
_FIRST_WAIT_SECONDS = 0.2
# The API refuses ids that are older than 24 hours.
_LONGEST_MS = 23 * 3_600_000

Report = Callable[[int], None]
"""Told the last line that was published."""


class Bulk:
    """A file and its progress, which is kept beside it.

    Raises UsageError if a line is malformed, or the file is not the one that was begun.
    """

    def __init__(self, path: Path, channel: str | None) -> None:
        self._path = path
        self._channel = channel
        self.kept = path.with_name(path.name + ".progress")
        self.messages, digest = self._checked()
        self.progress = self._read(digest)

    @property
    def before(self) -> int:
        """The last line that earlier runs published."""
        return self.progress.done

    def publish(self, regions: Sequence[Region], note: Callable[[str], None], told: Report) -> str:
        """Publishes the rest on the bus of the first region that answers, which it returns.

        Raises:
            CliError: no bus takes it, now. The same command continues from there.
        """
        regions = list(regions)
        for part in self._parts():
            # Written before it is sent: a part that was cut off is sent again with the same ids.
            self._keep(self.progress.begin(_now_ms(), part[-1].number))
            batches = list(entries_of(part, self.progress))
            for start in range(0, len(batches), _AT_ONCE):
                _put(regions, batches[start : start + _AT_ONCE], note)
            self._keep(self.progress.finish())
            told(self.progress.done)
        return regions[0].name

    def _checked(self) -> tuple[int, str]:
        """The number of messages, and the file's digest, of a file whose lines are all good."""
        digest = hashlib.sha256()
        count = 0
        try:
            with self._path.open("rb") as lines:
                for number, text in enumerate(lines, 1):
                    digest.update(text)
                    count += read_line(number, text, self._channel) is not None
        except OSError as error:
            raise UsageError(f"{self._path} cannot be read: {error.strerror}") from error
        except ValueError as error:
            raise UsageError(f"{self._path}, {error}: nothing was published") from error
        if self._channel is not None:
            digest.update(b"\0" + self._channel.encode())
        return count, digest.hexdigest()

    def _read(self, digest: str) -> Progress:
        try:
            progress = Progress.parse(self.kept.read_bytes())
        except FileNotFoundError:
            return Progress.new(digest, os.urandom(8))
        except ValueError as error:
            raise UsageError(
                f"{self.kept} cannot be read ({error}): is it another file?"
            ) from error
        if progress.digest != digest:
            raise UsageError(
                f"{self.kept} belongs to other lines than {self._path.name} has now, or to another "
                "channel: delete it to publish the file from its first line"
            )
        if progress.begun_at is not None and _now_ms() - progress.begun_at > _LONGEST_MS:
            raise UsageError(
                f"lines {progress.done + 1} to {progress.part} were begun more than 23 hours ago, "
                "too long to repeat them without duplicates. See with `globalws trace` or `tail` "
                "which of them are published, take those up to there out of the file, and delete "
                f"{self.kept}"
            )
        return progress

    def _parts(self) -> Iterator[list[Line]]:
        """What is left of the file; a part that was begun before is the same part again."""
        part = []
        for line in self._rest():
            part.append(line)
            begun = self.progress.begun_at is not None
            if line.number == self.progress.part if begun else len(part) == _PART:
                yield part
                part = []
        if part:
            yield part

    def _rest(self) -> Iterator[Line]:
        with self._path.open("rb") as lines:
            for number, text in enumerate(lines, 1):
                line = read_line(number, text, self._channel)
                if line is not None and number > self.progress.done:
                    yield line

    def _keep(self, progress: Progress) -> None:
        self.progress = progress
        draft = self.kept.with_suffix(".draft")
        try:
            with draft.open("w") as file:
                file.write(progress.text())
                file.flush()
                os.fsync(file.fileno())
            os.replace(draft, self.kept)
        except OSError as error:
            raise CliError(f"{self.kept} cannot be written: {error.strerror}") from error


def _put(
    regions: list[Region],
    batches: Sequence[Sequence[Mapping[str, str]]],
    note: Callable[[str], None],
) -> None:
    """Puts all of it; what a bus did not take is tried again, there or on the next region's bus.

    The regions are rotated when their first one does not answer.
    """
    waiting: list[Sequence[Mapping[str, str]]] = list(batches)
    problem: CliError | None = None
    for attempt in range(_ATTEMPTS * len(regions)):
        region = regions[0]
        answers = at_once(partial(_put_batch, region), waiting)
        left: list[Sequence[Mapping[str, str]]] = []
        for batch, (refused, error) in zip(waiting, answers, strict=True):
            if error is not None and not isinstance(error, UnreachableError):
                raise error
            problem = error or problem
            if error is not None or refused:
                left.append(batch if error is not None else refused or [])
        if not left:
            return
        waiting = left
        if (attempt + 1) % _ATTEMPTS:
            time.sleep(_FIRST_WAIT_SECONDS * 2 ** (attempt % _ATTEMPTS))
        elif len(regions) > 1:
            regions.append(regions.pop(0))
            note(f"{region.name} does not take it, trying {regions[0].name}: {problem}")
    why = problem or "its bus has no capacity now"
    raise UnreachableError(f"no bus takes it ({why}). Run the same command again to continue")


def _put_batch(region: Region, batch: Sequence[Mapping[str, str]]) -> Sequence[Mapping[str, str]]:
    """What the bus did not take, now. Raises CliError if it never will."""
    region.output("PublishFunctionName")  # without it, nothing would publish them
    bus = region.output("EventBusName")
    return put_events(region.clients, bus, PUBLISH_REQUESTED, batch)


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
