"""`globalws channels list` and `explain`: the rules of channels as each region has them."""

from collections.abc import Mapping
from typing import Annotated, Any

import typer
from globalws_functions.domain.channel_rules import (
    OPERATIONS,
    PROBE,
    Caller,
    Kind,
    Rule,
    Source,
    decide,
    matching,
)

from cli.channel_rules import Found, merged, read_all_rules, read_rules
from cli.command import command, parsed, user_option
from cli.domain.access import explanation, token_grants
from cli.domain.names import checked_grant_pattern, checked_operation
from cli.errors import ExitCode, UsageError
from cli.regions import exit_code, failures, in_each
from cli.session import Session
from cli.targets.target import Region


def register(app: typer.Typer) -> None:
    """Adds the commands to the group."""
    command(
        app,
        "list",
        examples=["globalws channels list", "globalws channels list --region us-west-2 --json"],
        json_shape='{"channels": [{"name", "agreed", "regions": {REGION: {"allowed", "publish", '
        '"subscribe", "source", "reason", "updatedAt"}}}], "unreachable": [{"region", "error"}]}',
    )(list_channels)
    command(
        app,
        "explain",
        examples=[
            "globalws channels explain tech",
            "globalws channels explain chat:42 --user alice --group editors --operation publish",
            "globalws channels explain orders:42 --user al "
            """--grants '{"orders:*": ["publish"]}'""",
        ],
        json_shape='{"name", "caller": {"kind", "user", "groups", "grants"}, "regions": '
        '[{"region", "operation", "allowed", "errorType", "rule", "level", "levelRule", "grant", '
        '"why"}], '
        '"unreachable": [{"region", "error"}]}',
    )(explain)


def list_channels(session: Session) -> ExitCode:
    """Show the rules of channels as each region has them: patterns, and who may use them.

    These are the patterns that the deployment names (parameter AllowedChannels) and those that an
    operator has allowed or blocked and not reset. Where a rule states no level, a less specific
    rule does; if none does, it is anyone. Regions agree within seconds of a change; where they do
    not, the row says so. `globalws channels explain` shows what the rules mean for one channel.
    """
    answers = in_each(session.target.selected, read_all_rules)
    rows = merged("name", answers, _by_pattern)
    output = session.output
    if output.as_json:
        output.document({"channels": rows, "unreachable": failures(answers)})
        return exit_code(answers)
    answered = [answer.region for answer in answers if answer.error is None]
    if answered:
        output.table(
            ("channel", *answered, "publish", "subscribe", "agreed", "reason", "decided at"),
            [_cells(row, answered) for row in rows],
        )
    for failure in failures(answers):
        output.error(f"{failure['region']}: {failure['error']}")
    return exit_code(answers)


def explain(
    session: Session,
    name: Annotated[
        str,
        typer.Argument(
            metavar="NAME",
            help="The channel, e.g. chat:42; or a pattern to subscribe to, e.g. 'chat:*'.",
            parser=parsed(checked_grant_pattern),
        ),
    ],
    user: Annotated[str | None, user_option("The caller is signed in, with this user id.")] = None,
    group: Annotated[
        list[str] | None,
        typer.Option(
            metavar="GROUP", help="… and in this group; repeat it for more.", show_default=False
        ),
    ] = None,
    grants: Annotated[
        str | None,
        typer.Option(
            metavar="JSON", help="… and the token has this claim of grants.", show_default=False
        ),
    ] = None,
    iam: Annotated[bool, typer.Option("--iam", help="The caller signs with IAM.")] = False,
    operation: Annotated[
        list[str] | None,
        typer.Option(
            metavar="OPERATION",
            help="publish, subscribe or presence; by default all of them.",
            parser=parsed(checked_operation),
            show_default=False,
        ),
    ] = None,
) -> ExitCode:
    """Show which rule decides whether a caller may use a channel, and why, in each region.

    Without options the caller has an API key. It reads the deployment's AllowedChannels, the
    operators' rules, and what operators decided about the user, and decides as the API does.
    """
    if iam and (user or group or grants):
        raise UsageError("--iam is a caller without token: leave --user, --group and --grants out")
    if (group or grants) and user is None:
        raise UsageError("--group and --grants are of a token: name its user with --user")
    try:
        claimed = {} if grants is None else token_grants(grants)
    except ValueError as error:
        session.output.note(f"--grants: {error}; the API takes such a claim for no grant")
        claimed = {}
    kind = Kind.BACK_END if iam else Kind.ANYONE if user is None else Kind.SIGNED_IN
    caller = Caller(kind, user, frozenset(group or ()), tuple(claimed.items()))

    def look(region: Region) -> list[dict[str, Any]]:
        found = read_rules(region, caller.covering(name), user)
        known = _known(caller, found)
        return [_decision(name, each, known, found) for each in operation or OPERATIONS]

    answers = in_each(session.target.selected, look)
    rows = [{"region": a.region, **row} for a in answers for row in a.value or ()]
    output = session.output
    if output.as_json:
        shown = {"kind": kind, "user": user, "groups": sorted(caller.groups), "grants": claimed}
        document = {"name": name, "caller": shown, "regions": rows}
        output.document({**document, "unreachable": failures(answers)})
        return exit_code(answers)
    output.table(
        ("region", "operation", "allowed", "why"),
        [(row["region"], row["operation"], row["errorType"] or "yes", row["why"]) for row in rows],
    )
    for failure in failures(answers):
        output.error(f"{failure['region']}: {failure['error']}")
    return exit_code(answers)


def _known(caller: Caller, found: Found) -> Caller:
    """The caller with what operators decided about the user."""
    for user in found.users:
        reason = user.reason if user.is_blocked else None
        grants = (*caller.grants, *user.grants.items())
        return Caller(caller.kind, caller.user, caller.groups, grants, reason)
    return caller


def _decision(name: str, operation: str, caller: Caller, found: Found) -> dict[str, Any]:
    verdict = decide(name, operation, caller, found.rules)
    return {
        "operation": operation,
        "allowed": not verdict.error_type,
        "errorType": verdict.error_type or None,
        "rule": _shown(verdict.rule),
        "level": verdict.level or None,
        "levelRule": _shown(verdict.level_rule),
        "grant": verdict.grant,
        "why": explanation(name, operation, caller, verdict),
    }


def _shown(rule: Rule | None) -> dict[str, Any] | None:
    return None if rule is None else {"pattern": rule.pattern, "source": rule.source.value}


def _by_pattern(found: Found) -> Mapping[str, Mapping[str, Any]]:
    """What holds at each pattern: the operator's decision, with the deployment's levels."""
    patterns = {rule.pattern for rule in found.rules if rule.pattern != PROBE} | {
        rule.pattern for rule in found.rules if rule.source is Source.OPERATOR
    }
    rows = {}
    for pattern in patterns:
        rules = matching([pattern], found.rules)
        first, item = rules[0], found.items.get(pattern, {})
        decided = item if first.source is Source.OPERATOR else {}
        rows[pattern] = {
            "allowed": first.allowed,
            "publish": next((each.publish for each in rules if each.publish), None),
            "subscribe": next((each.subscribe for each in rules if each.subscribe), None),
            "source": first.source.value,
            "reason": first.reason or None,
            "updatedAt": decided.get("updatedAt"),
        }
    return rows


def _cells(row: dict[str, Any], answered: list[str]) -> list[object]:
    regions = row["regions"]
    latest = max(regions.values(), key=lambda fields: str(fields["updatedAt"] or ""))
    states = [regions.get(region, {}).get("allowed", False) for region in answered]
    levels = [latest[key] or "–" for key in ("publish", "subscribe")]
    return [row["name"], *states, *levels, row["agreed"], latest["reason"], latest["updatedAt"]]
