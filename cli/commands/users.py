"""`globalws users`: blocking users, and granting them channels, in all regions."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from globalws_functions.domain.command import USER_GRANT_CHANGED, USER_POLICY_CHANGED

from cli.change import carry_out
from cli.channel_rules import Found, merged, read_all_rules
from cli.command import (
    Reason,
    RecordedReason,
    Timeout,
    UserId,
    Wait,
    command,
    new_app,
    parsed,
)
from cli.domain.access import in_order
from cli.domain.names import checked_grant_pattern, checked_operation
from cli.errors import ExitCode
from cli.regions import exit_code, failures, in_each
from cli.session import Session

app = new_app("List users, block them, and grant them channels, in every region.")

_REGIONS = '"regions": [{"region", "state", "seconds", "why"}]}'
_POLICY_JSON = f'{{"change", "id", "user", "allowed", "reason", "by", "at", "putIn", {_REGIONS}'
_GRANT_JSON = (
    f'{{"change", "id", "user", "channel", "operations", "reason", "by", "at", "putIn", {_REGIONS}'
)
GrantPattern = Annotated[
    str,
    typer.Argument(
        metavar="PATTERN",
        help="A channel, or a pattern of channels, e.g. orders:42, 'orders:*'.",
        parser=parsed(checked_grant_pattern),
    ),
]


@command(
    app,
    "list",
    examples=["globalws users list", "globalws users list --json"],
    json_shape='{"users": [{"user", "agreed", "regions": {REGION: {"blocked", "grants": '
    '{PATTERN: [OPERATION]}, "reason", "updatedAt"}}}], "unreachable": [{"region", "error"}]}',
)
def list_users(session: Session) -> ExitCode:
    """Show the users that are blocked or have a grant, as each region has them.

    Grants in users' tokens are not shown: only the tokens hold them.
    """
    answers = in_each(session.target.selected, read_all_rules)
    rows = merged("user", answers, _by_user)
    output = session.output
    if output.as_json:
        output.document({"users": rows, "unreachable": failures(answers)})
        return exit_code(answers)
    output.table(
        ("user", "blocked", "grants", "agreed", "reason", "decided at"),
        [_cells(row) for row in rows],
    )
    for failure in failures(answers):
        output.error(f"{failure['region']}: {failure['error']}")
    return exit_code(answers)


@command(
    app,
    "block",
    examples=['globalws users block alice --reason "spam"'],
    json_shape=_POLICY_JSON,
    asks=True,
)
def block(
    session: Session, user: UserId, reason: Reason, wait: Wait = True, timeout: Timeout = 30
) -> ExitCode:
    """Refuse a user everywhere, and end all subscriptions of that user.

    Every request with a token of the user is refused, with the reason. The same person with an API
    key is not the user: what is open to anyone stays open. `globalws users allow` undoes it.
    """
    question = f"Block user {user} in every region and end all subscriptions of that user?"
    fields = {"user": user, "allowed": False}
    return carry_out(
        session, "block", USER_POLICY_CHANGED, fields, reason,
        question=question, wait=wait, timeout=timeout,
    )  # fmt: skip


@command(
    app,
    "allow",
    examples=['globalws users allow alice --reason "appeal accepted"'],
    json_shape=_POLICY_JSON,
    asks=True,
)
def allow(
    session: Session,
    user: UserId,
    reason: RecordedReason,
    wait: Wait = True,
    timeout: Timeout = 30,
) -> ExitCode:
    """End the block of a user. It does not ask, so --yes changes nothing."""
    fields = {"user": user, "allowed": True}
    return carry_out(
        session, "allow", USER_POLICY_CHANGED, fields, reason, wait=wait, timeout=timeout
    )


@command(
    app,
    "grant",
    examples=[
        'globalws users grant bob orders:42 publish subscribe --reason "joined order 42"',
        "globalws users grant bob 'orders:*' subscribe --reason support",
    ],
    json_shape=_GRANT_JSON,
    asks=True,
)
def grant(
    session: Session,
    user: UserId,
    pattern: GrantPattern,
    operations: Annotated[
        list[str],
        typer.Argument(
            metavar="OPERATION...",
            help="publish, subscribe, presence: all that the user may do there.",
            parser=parsed(checked_operation),
        ),
    ],
    reason: RecordedReason,
    wait: Wait = True,
    timeout: Timeout = 30,
) -> ExitCode:
    """Let a user use channels that the rules leave to others, in every region.

    It replaces an earlier grant on the same pattern, and adds to the grants in the user's tokens.
    A grant passes every level of a rule, but no block, and it opens no channel that no rule allows;
    only the subscription to a pattern needs no rule. It does not ask, so --yes changes nothing.
    """
    fields = {"user": user, "channel": pattern, "operations": in_order(operations)}
    return carry_out(
        session, "grant", USER_GRANT_CHANGED, fields, reason, wait=wait, timeout=timeout
    )


@command(
    app,
    "revoke",
    examples=['globalws users revoke bob orders:42 --reason "left order 42"'],
    json_shape=_GRANT_JSON,
    asks=True,
)
def revoke(
    session: Session,
    user: UserId,
    pattern: GrantPattern,
    reason: RecordedReason,
    wait: Wait = True,
    timeout: Timeout = 30,
) -> ExitCode:
    """Take the grant on a pattern back, and end the user's subscriptions there.

    Clients that are still allowed, by another grant or by a rule, come back at once. Grants in the
    user's tokens stay.
    """
    question = f"Revoke {user}'s grant on {pattern} and end that user's subscriptions there?"
    fields: Mapping[str, Any] = {"user": user, "channel": pattern, "operations": []}
    return carry_out(
        session, "revoke", USER_GRANT_CHANGED, fields, reason,
        question=question, wait=wait, timeout=timeout,
    )  # fmt: skip


def _by_user(found: Found) -> Mapping[str, Mapping[str, Any]]:
    return {
        user.id: {
            "blocked": user.is_blocked,
            "grants": dict(user.grants),
            "reason": user.reason or None,
            "updatedAt": user.updated_at,
        }
        for user in found.users
        if user.is_blocked or user.grants
    }


def _cells(row: dict[str, Any]) -> list[object]:
    latest = max(row["regions"].values(), key=lambda fields: str(fields["updatedAt"] or ""))
    grants = "; ".join(f"{p} {','.join(each)}" for p, each in latest["grants"].items())
    shown = (latest["reason"], latest["updatedAt"])
    return [row["user"], latest["blocked"], grants or "–", row["agreed"], *shown]
