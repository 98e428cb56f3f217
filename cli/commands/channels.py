"""`globalws channels allow`, `block` and `reset`: rules of channels, for all regions."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from globalws_functions.domain.command import CHANNEL_POLICY_CHANGED

from cli.change import carry_out
from cli.channel_rules import openness
from cli.command import (
    Reason,
    RecordedReason,
    StoredPattern,
    Timeout,
    Wait,
    command,
    new_app,
    parsed,
)
from cli.domain.names import checked_level, checked_pattern
from cli.errors import ExitCode
from cli.session import Session

app = new_app("List and explain the rules of channels, and allow, block or reset some everywhere.")

_CHANGE_JSON = (
    '{"change", "id", "name", "allowed", "publish", "subscribe", "reason", "by", "at", "putIn", '
    '"regions": [{"region", "state", "seconds", "why"}]}'
)
Pattern = Annotated[
    str,
    typer.Argument(
        metavar="PATTERN",
        help="A channel, or a pattern of channels, e.g. tech, 'chat:*', 'user:{user}:*', '*'.",
        parser=parsed(checked_pattern),
    ),
]


def _level(operation: str) -> Any:
    return typer.Option(
        metavar="LEVEL",
        help=f"Who may {operation}: anyone, signed-in, group:NAME, or granted. By default what "
        "the deployment or a less specific rule says.",
        parser=parsed(checked_level),
        show_default=False,
    )


@command(
    app,
    "allow",
    examples=[
        'globalws channels allow media --reason "claim settled"',
        "globalws channels allow 'chat:*' --publish signed-in --subscribe anyone --reason launch",
    ],
    json_shape=_CHANGE_JSON,
    asks=True,
)
def allow(
    session: Session,
    pattern: Pattern,
    reason: Reason,
    publish: Annotated[str | None, _level("publish")] = None,
    subscribe: Annotated[str | None, _level("subscribe and read the history")] = None,
    wait: Wait = True,
    timeout: Timeout = 30,
) -> ExitCode:
    """Let channels carry messages, in every region.

    Puts one event on one region's bus (the first --region, or the next one if that does not
    answer); the buses carry it to all regions, and the latest decision wins everywhere. It wins
    over the deployment's parameter AllowedChannels until the next decision, or until
    `globalws channels reset`. A block on the channel or on a wider pattern still refuses. If a
    level becomes stricter, subscriptions end, and clients that are still allowed come back. It
    does not ask, so --yes changes nothing.
    """
    levels = {"publish": publish, "subscribe": subscribe}
    fields = {"allowed": True} | {key: value for key, value in levels.items() if value is not None}
    return _decide(session, "allow", pattern, fields, reason, wait=wait, timeout=timeout)


@command(
    app,
    "block",
    examples=[
        'globalws channels block media --reason "copyright claim 1138"',
        "globalws channels block 'chat:*' --reason spam --yes --json",
    ],
    json_shape=_CHANGE_JSON,
    asks=True,
)
def block(
    session: Session, pattern: StoredPattern, reason: Reason, wait: Wait = True,
    timeout: Timeout = 30,
) -> ExitCode:  # fmt: skip
    """Close channels in every region: publish and subscribe are refused, open subscriptions end.

    A block on a pattern closes every channel that it covers, whatever other rules say. Puts one
    event on one region's bus (the first --region, or the next one if that does not answer); the
    buses carry it to all regions, and the latest decision wins everywhere. Refused clients are
    told the reason. `globalws channels allow` undoes it, and `globalws channels reset` leaves the
    pattern to the deployment's parameter AllowedChannels again.
    """
    question = f"Block {pattern} in every region and end its subscriptions?"
    fields = {"allowed": False}
    return _decide(
        session, "block", pattern, fields, reason, question=question, wait=wait, timeout=timeout
    )


@command(
    app,
    "reset",
    examples=[
        'globalws channels reset media --reason "claim settled"',
        'globalws channels reset news --reason "launch is over" --yes --json',
    ],
    json_shape=_CHANGE_JSON,
    asks=True,
)
def reset(
    session: Session,
    pattern: StoredPattern,
    reason: RecordedReason,
    wait: Wait = True,
    timeout: Timeout = 30,
) -> ExitCode:
    """Withdraw operators' decisions on a pattern: AllowedChannels decides again.

    Where the deployment's parameter AllowedChannels does not allow a channel, publish and
    subscribe are refused from now on, and open subscriptions end. Puts one event on one region's
    bus (the first --region, or the next one if that does not answer); the buses carry it to all
    regions, and the latest decision wins everywhere. Each leaves an audit record, by which this
    command knows that it is done.
    """
    question = (
        f"Leave {pattern} to AllowedChannels in every region, "
        "and end subscriptions that it does not allow?"
    )
    fields = {"allowed": None}
    return _decide(
        session, "reset", pattern, fields, reason, question=question, wait=wait, timeout=timeout
    )


def _decide(
    session: Session,
    what: str,
    pattern: str,
    fields: Mapping[str, Any],
    reason: str,
    *,
    question: str = "",
    wait: bool,
    timeout: float,
) -> ExitCode:
    fields = {"name": pattern, **fields}
    return carry_out(
        session, what, CHANNEL_POLICY_CHANGED, fields, reason,
        question=question, wait=wait, timeout=timeout,
        now=lambda region: openness(region, pattern),
    )  # fmt: skip
