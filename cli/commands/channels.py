"""`globalws channels`: which channels carry messages, and deciding it for all regions."""

import time
from typing import Annotated, Any

import typer
from globalws_functions.domain.command import ACTIONS, CHANNEL_POLICY_CHANGED, Action, Policy

from cli.change import Look, in_record, put_on_first_bus, report, until_shown
from cli.command import ChannelName, Reason, RecordedReason, Timeout, command, new_app
from cli.domain.changes import Confirmation, Decision, instant
from cli.domain.names import new_ulid
from cli.errors import CliError, ExitCode
from cli.regions import exit_code, failures, in_each
from cli.session import Session
from cli.targets.target import Region

app = new_app("List channels, and allow, block or reset one in every region.")

_CHANNELS = "query Channels { channels { name allowed reason updatedAt } }"
_CHANNEL = "query Channel($name: String!) { getChannel(name: $name) { allowed } }"
_CHANGE_JSON = (
    '{"change", "id", "name", "reason", "by", "at", "putIn", '
    '"regions": [{"region", "state", "seconds", "why"}]}'
)
Wait = Annotated[
    bool, typer.Option("--wait/--no-wait", help="Wait until every region has carried it out.")
]


@command(
    app,
    "list",
    examples=["globalws channels list", "globalws channels list --region us-west-2 --json"],
    json_shape='{"channels": [{"name", "agreed", "regions": {REGION: {"allowed", "reason", '
    '"updatedAt"}}}], "unreachable": [{"region", "error"}]}',
)
def list_channels(session: Session) -> ExitCode:
    """Show the channels as each region has them.

    These are the channels that the deployment names (parameter AllowedChannels) and those that an
    operator has allowed or blocked and not reset. Regions agree within seconds of a change; where
    they do not, the row says so.
    """
    answers = in_each(
        session.target.selected, lambda region: session.api(region).execute(_CHANNELS)["channels"]
    )
    merged: dict[str, dict[str, Any]] = {}
    for answer in answers:
        for channel in answer.value or []:
            fields = {key: channel.get(key) for key in ("allowed", "reason", "updatedAt")}
            merged.setdefault(channel["name"], {})[answer.region] = fields
    answered = [answer.region for answer in answers if answer.error is None]
    rows = [_row(name, by_region, answered) for name, by_region in sorted(merged.items())]
    output = session.output
    if output.as_json:
        output.document({"channels": rows, "unreachable": failures(answers)})
        return exit_code(answers)
    if answered:
        output.table(
            ("channel", *answered, "agreed", "reason", "decided at"),
            [_cells(row, answered) for row in rows],
        )
    for failure in failures(answers):
        output.error(f"{failure['region']}: {failure['error']}")
    return exit_code(answers)


@command(
    app,
    "allow",
    examples=[
        'globalws channels allow media --reason "claim settled"',
        'globalws channels allow news --reason "launch" --region us-west-2 --no-wait',
    ],
    json_shape=_CHANGE_JSON,
    asks=True,
)
def allow(
    session: Session, name: ChannelName, reason: Reason, wait: Wait = True, timeout: Timeout = 30
) -> ExitCode:
    """Let a channel carry messages, in every region.

    Puts one event on one region's bus (the first --region, or the next one if that does not
    answer); the buses carry it to all regions, and the latest decision wins everywhere. It wins
    over the deployment's parameter AllowedChannels until the next decision, or until
    `globalws channels reset`. It does not ask, so --yes changes nothing.
    """
    return _decide(session, name, reason, Policy.ALLOW, wait=wait, timeout=timeout)


@command(
    app,
    "block",
    examples=[
        'globalws channels block media --reason "copyright claim 1138"',
        'globalws channels block media --reason "spam" --yes --json',
    ],
    json_shape=_CHANGE_JSON,
    asks=True,
)
def block(
    session: Session, name: ChannelName, reason: Reason, wait: Wait = True, timeout: Timeout = 30
) -> ExitCode:
    """Close a channel in every region: publish and subscribe are refused, open subscriptions end.

    Puts one event on one region's bus (the first --region, or the next one if that does not
    answer); the buses carry it to all regions, and the latest decision wins everywhere. Refused
    clients are told the reason. `globalws channels allow` undoes it, and `globalws channels reset`
    leaves the channel to the deployment's parameter AllowedChannels again.
    """
    session.target  # noqa: B018 - name the target before the question
    session.confirm(f"Block channel {name} in every region and end its subscriptions?")
    return _decide(session, name, reason, Policy.BLOCK, wait=wait, timeout=timeout)


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
    name: ChannelName,
    reason: RecordedReason,
    wait: Wait = True,
    timeout: Timeout = 30,
) -> ExitCode:
    """Withdraw operators' decisions on a channel: AllowedChannels decides again whether it is open.

    Where the deployment's parameter AllowedChannels does not name the channel, publish and
    subscribe are refused from now on, and open subscriptions end. Puts one event on one region's
    bus (the first --region, or the next one if that does not answer); the buses carry it to all
    regions, and the latest decision wins everywhere. Each leaves an audit record, by which this
    command knows that it is done.
    """
    session.target  # noqa: B018 - name the target before the question
    session.confirm(
        f"Leave channel {name} to AllowedChannels in every region, "
        "and end its subscriptions where it is not in there?"
    )
    return _decide(session, name, reason, Policy.DEFAULT, wait=wait, timeout=timeout)


def _decide(
    session: Session, name: str, reason: str, policy: Policy, *, wait: bool, timeout: float
) -> ExitCode:
    decision = new_decision(session, name, reason)
    put_in = put_on_first_bus(
        bus_order(session),
        CHANNEL_POLICY_CHANGED,
        lambda region: decision.policy(region, policy),
        session.output,
    )
    action = ACTIONS[policy]
    look = _decided(session, decision, action)
    shown = until_shown(session.target.all_regions, look, timeout) if wait else []
    return report(session.output, decision_document(action, decision), shown, put_in, waited=wait)


def _decided(session: Session, decision: Decision, action: Action) -> Look:
    """Looks for the decision's audit record and, once it is done, for what the channel is now."""
    recorded = in_record(decision, action)

    def look(region: Region) -> tuple[Confirmation, str]:
        state, why = recorded(region)
        if state is not Confirmation.CONFIRMED:
            return state, why
        try:
            channel = session.api(region).execute(_CHANNEL, {"name": decision.name})["getChannel"]
        except CliError:  # it is done all the same
            return state, why
        now = f"{decision.name} is {'allowed' if channel['allowed'] else 'not allowed'} now"
        return state, ", ".join(filter(None, (now, why)))

    return look


def new_decision(session: Session, name: str, reason: str) -> Decision:
    """An operator's decision, now. Raises CliError if it is not known who decides."""
    return Decision(new_ulid(), name, reason, session.caller(), instant(time.time()))


def bus_order(session: Session) -> list[Region]:
    """The regions whose buses are tried: the selected ones, then the others."""
    selected = list(session.target.selected)
    return selected + [each for each in session.target.all_regions if each not in selected]


def decision_document(change: str, decision: Decision) -> dict[str, Any]:
    """The decision, as JSON documents show it."""
    return {
        "change": change,
        "id": decision.id,
        "name": decision.name,
        "reason": decision.reason,
        "by": decision.by,
        "at": decision.at,
    }


def _row(name: str, by_region: dict[str, Any], answered: list[str]) -> dict[str, Any]:
    # A region that does not list a channel does not allow it.
    allowed = {by_region.get(region, {}).get("allowed", False) for region in answered}
    return {"name": name, "agreed": len(allowed) == 1, "regions": by_region}


def _cells(row: dict[str, Any], answered: list[str]) -> list[object]:
    found = list(row["regions"].values())
    latest = max(found, key=lambda channel: str(channel["updatedAt"] or ""))
    states = [row["regions"].get(region, {}).get("allowed", False) for region in answered]
    return [row["name"], *states, row["agreed"], latest["reason"], latest["updatedAt"]]
