"""The same call in every region at once; one region's failure never hides the others."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from cli.errors import CliError, ExitCode
from cli.targets.target import Region

T = TypeVar("T")


@dataclass(frozen=True)
class Answer(Generic[T]):
    """What one region answered: a value, or an error."""

    region: str
    value: T | None = None
    error: CliError | None = None

    @property
    def reason(self) -> str:
        """The error's line, or nothing."""
        return "" if self.error is None else str(self.error)


def in_each(regions: Sequence[Region], call: Callable[[Region], T]) -> list[Answer[T]]:
    """Calls in threads, one a region; the answers have the regions' order."""
    return [
        Answer(region.name, value, error)
        for region, (value, error) in zip(regions, at_once(call, regions), strict=True)
    ]


I = TypeVar("I")  # noqa: E741 - an item


def at_once(call: Callable[[I], T], items: Sequence[I]) -> list[tuple[T | None, CliError | None]]:
    """Calls in threads, one an item; a CliError becomes part of the answer, any other is raised.

    The threads are daemons, so that Ctrl-C does not wait for a call that hangs.
    """
    answers: list[tuple[T | None, CliError | None]] = [(None, None)] * len(items)
    surprises: list[BaseException] = []

    def ask(number: int) -> None:
        try:
            answers[number] = (call(items[number]), None)
        except CliError as error:
            answers[number] = (None, error)
        except BaseException as surprise:  # raised below, in the caller's thread
            surprises.append(surprise)

    threads = [
        threading.Thread(target=ask, args=(number,), daemon=True, name=f"call-{number}")
        for number in range(len(items))
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if surprises:
        raise surprises[0]
    return answers


def failures(answers: Sequence[Answer[T]]) -> list[dict[str, str]]:
    """The regions that failed and why, as JSON documents show them."""
    return [
        {"region": answer.region, "error": answer.reason}
        for answer in answers
        if answer.error is not None
    ]


def exit_code(answers: Sequence[Answer[T]]) -> ExitCode:
    """OK if all answered, PARTLY if some did; else what the errors have in common."""
    codes = {answer.error.code for answer in answers if answer.error is not None}
    if not codes:
        return ExitCode.OK
    if any(answer.error is None for answer in answers):
        return ExitCode.PARTLY
    if len(codes) == 1:
        return codes.pop()
    return ExitCode.UNREACHABLE if ExitCode.UNREACHABLE in codes else ExitCode.FAILED
