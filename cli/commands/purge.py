"""`globalws purge`: ending a channel's subscriptions in every region."""

from typing import Annotated

import typer
from globalws_functions.domain.command import PURGE_REQUESTED, Action

from cli.change import in_record, put_on_first_bus, report, until_shown
from cli.command import ChannelName, Reason, Timeout, command
from cli.commands.channels import Wait, bus_order, decision_document, new_decision
from cli.errors import ExitCode
from cli.session import Session


def register(app: typer.Typer) -> None:
    """Adds the command to the app."""
    command(
        app,
        "purge",
        examples=[
            'globalws purge tech --reason "spam wave"',
            'globalws purge media --block --delete-history --reason "court order 7" --yes',
        ],
        json_shape='{"change", "id", "name", "reason", "by", "at", "block", "deleteHistory", '
        '"putIn", "regions": [{"region", "state", "seconds", "why"}]}',
        asks=True,
    )(purge)


def purge(
    session: Session,
    name: ChannelName,
    reason: Reason,
    block: Annotated[
        bool, typer.Option("--block", help="Close the channel too, until it is allowed or reset.")
    ] = False,
    delete_history: Annotated[
        bool,
        typer.Option("--delete-history", help="Delete the messages stored until now, for good."),
    ] = False,
    wait: Wait = True,
    timeout: Timeout = 60,
) -> ExitCode:
    """End a channel's open subscriptions in every region.

    Clients may subscribe again at once, unless --block closes the channel. Puts one event on one
    region's bus (the first --region, or the next one if that does not answer); the buses carry it
    to all regions. Each leaves an audit record, by which this command knows that it is done.
    """
    session.target  # noqa: B018 - name the target before the question
    also = [text for asked, text in ((block, "block it"), (delete_history, "delete its history"))
            if asked]  # fmt: skip
    session.confirm(f"End {name}'s subscriptions in every region{_and(also)}?")
    decision = new_decision(session, name, reason)
    put_in = put_on_first_bus(
        bus_order(session),
        PURGE_REQUESTED,
        lambda region: decision.purge(region, block=block, delete_history=delete_history),
        session.output,
    )
    look = in_record(decision, Action.PURGE)
    shown = until_shown(session.target.all_regions, look, timeout) if wait else []
    flags = {"block": block, "deleteHistory": delete_history}
    document = decision_document("purge", decision) | flags
    return report(session.output, document, shown, put_in, waited=wait)


def _and(also: list[str]) -> str:
    return "".join(f", {text}" for text in also)
