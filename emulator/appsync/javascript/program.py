"""A loaded resolver: its functions `request` and `response`, ready to be called."""

import logging
import re
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from emulator.appsync.definition import SourceFile
from emulator.appsync.javascript.checks import check
from emulator.appsync.javascript.engine import Engine, ScriptError
from emulator.appsync.javascript.modules import LINE_OFFSET
from emulator.appsync.javascript.types import (
    MEMBERS,
    Context,
    Evaluation,
    ResolverCodeError,
    ResolverError,
)
from emulator.json_text import decode

LOGGER = logging.getLogger("emulator.appsync.resolver")

_LEVELS = {"log": logging.INFO, "error": logging.ERROR}
_POSITION = re.compile(r"<input>:(\d+):(\d+)")
# An evaluation that needs a named time zone's offset is ended, told, and started again.
_ZONE_LOOKUPS = 100
# Failures after which the engine is thrown away, since it may have stopped anywhere.
_LIMITS = {
    "interrupted": "the evaluation took too long and was stopped",
    "out of memory": "the evaluation used too much memory and was stopped",
    "Maximum call stack size exceeded": "the evaluation nested its calls or data too deeply",
}
_DAY = 86_400_000  # milliseconds
_CALENDAR = 146_097 * _DAY  # 400 years, after which leap years and weekdays come again
# A day within Python's first and last one, so that no offset leads out of them.
_FIRST_INSTANT = (date.min.toordinal() + 1 - date(1970, 1, 1).toordinal()) * _DAY
_LAST_INSTANT = (date.max.toordinal() - 1 - date(1970, 1, 1).toordinal()) * _DAY
_STASH = MEMBERS.index("stash")


def _now() -> int:
    return time.time_ns() // 1_000_000


@dataclass(frozen=True)
class Host:
    """What an evaluation takes from outside: the clock (epoch milliseconds) and randomness."""

    now: Callable[[], int] = _now
    seed: tuple[int, int, int, int] | None = None


class Program:
    """The code of one resolver or pipeline function. Not for use by several threads.

    What the code keeps in variables of its top level lives as long as the Program does; AppSync
    promises nothing about them.
    """

    def __init__(
        self, source: SourceFile, script: str, environment: Mapping[str, str], host: Host
    ) -> None:
        self.source = source
        self._script = script
        self._environment = dict(environment)
        self._host = host
        self._engine = Engine(script, self._environment, host.seed)

    def request(self, context: Context) -> Evaluation:
        """Evaluate the function `request`; failures of the code are in the Evaluation."""
        return self._evaluate("request", context)

    def response(self, context: Context) -> Evaluation:
        """Evaluate the function `response`; failures of the code are in the Evaluation."""
        return self._evaluate("response", context)

    def _evaluate(self, name: str, context: Context) -> Evaluation:
        # A float, because the binding takes whole numbers of 32 bits only.
        now, texts = float(self._host.now()), context.texts()
        for _ in range(_ZONE_LOOKUPS):
            engine = self._engine
            handler = engine.request if name == "request" else engine.response
            try:
                result, left, *more = handler(now, *texts).split("\n")
            except ScriptError as error:
                self._engine = Engine(self._script, self._environment, self._host.seed)
                return Evaluation(stash=context.stash, error=self._failure(str(error), str(error)))
            stash = context.stash
            if left and left != texts[_STASH]:
                stash = decode(left)
                context.remember("stash", stash, left)
            if not more:
                return Evaluation(None if result == "null" else decode(result), stash)
            parts = decode(more[0])
            outcome = parts[0]
            if outcome is None or "zone" not in outcome:
                return self._evaluation(decode(result), stash, parts)
            key, zone, instant, local = outcome["zone"]
            engine.learn_zone_offset(key, _zone_offset(zone, instant, local))
        message = f"more than {_ZONE_LOOKUPS} conversions with named time zones in one evaluation"
        return Evaluation(stash=context.stash, error=ResolverError(message, "Code"))

    def _evaluation(self, result: Any, stash: dict[str, Any], parts: list[Any]) -> Evaluation:
        outcome, appended, subscription_filter, invalidation, invalidations, logs = parts
        for level, text in logs:
            LOGGER.log(_LEVELS[level], "%s: %s", self.source.name, text)
        early, error, skip_to = False, None, None
        if outcome is not None:
            result = None
            if "early" in outcome:
                early = True
                result, skip_to = outcome["early"]
            elif "error" in outcome:
                error = ResolverError(**outcome["error"])
            else:
                error = self._failure(*outcome["failure"])
        return Evaluation(
            result=result,
            stash=stash,
            early_return=early,
            error=error,
            appended_errors=tuple(ResolverError(**one) for one in appended),
            subscription_filter=subscription_filter,
            invalidation_filter=invalidation,
            invalidations=tuple(invalidations),
            skip_to=skip_to,
        )

    def _failure(self, message: str, stack: str) -> ResolverError:
        """An error of the code itself, at the author's line."""
        message = message.split("\n")[0]
        for limit, explanation in _LIMITS.items():
            if limit in message or message == "null":
                message = explanation if limit in message else _LIMITS[next(reversed(_LIMITS))]
                break
        position = _author_position(stack)
        location = None if position is None else f"{self.source.name}:{position[0]}"
        text = message if location is None else f"{message} ({location})"
        return ResolverError(text, "Code", location=location)


def load(source: SourceFile, environment: Mapping[str, str], host: Host | None = None) -> Program:
    """Check and load resolver code.

    Args:
        source: the code as uploaded to AppSync, one ES module.
        environment: the API's environment variables, `ctx.env`.
        host: the clock and the randomness; the machine's own if not given.

    Raises:
        ResolverCodeError: the code is not APPSYNC_JS; the first offence in the text.
    """
    script = check(source)
    try:
        return Program(source, script, environment, host or Host())
    except ScriptError as error:
        line, column = _author_position(str(error)) or (1, 1)
        first = str(error).splitlines()[0]
        rule = "syntax" if first.startswith("SyntaxError") else "top-level"
        raise ResolverCodeError(source.name, line, column, f"{first} ({rule})", rule) from None


def _author_position(stack: str) -> tuple[int, int] | None:
    for line, column in _POSITION.findall(stack):
        if int(line) > LINE_OFFSET:
            return int(line) - LINE_OFFSET, int(column)
    return None


def _zone_offset(zone: str, instant: int, local: bool) -> int | None:
    """Seconds east of UTC; `local` says that `instant` is local time, written as if UTC."""
    try:
        tz = ZoneInfo(zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None
    # The calendar repeats itself; what lies outside Python's years has the offset of one inside.
    if instant > _LAST_INSTANT:
        instant -= _CALENDAR * -((_LAST_INSTANT - instant) // _CALENDAR)
    moment = datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=max(instant, _FIRST_INSTANT))
    moment = moment.replace(tzinfo=tz) if local else moment.astimezone(tz)
    offset = moment.utcoffset()
    return None if offset is None else int(offset.total_seconds())
