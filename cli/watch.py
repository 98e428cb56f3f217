"""Watching a channel: what `globalws presence --watch` prints as users come and go."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

from globalws_client import Client, CountChange, Iam, PresenceEvent, RegionEndpoint, State
from globalws_client import RefusedError as Refused

from cli.adapters.subscriptions import SignedEndpoint
from cli.domain.changes import instant
from cli.errors import ExitCode, RefusedError
from cli.follow import endpoints_of as each_endpoint
from cli.output import Output
from cli.session import Session

_READER_SECONDS = 1.0


def endpoints_of(session: Session) -> list[RegionEndpoint]:
    """The selected regions, all with their API keys, or all to be called with IAM.

    Raises:
        CliError: none has a stack, or there are no credentials to sign with.
    """
    found = each_endpoint(session)
    if any(isinstance(each, SignedEndpoint) for each in found):
        return each_endpoint(session, signed=True)
    return found


async def watch_presence(
    session: Session, name: str, regions: Sequence[RegionEndpoint]
) -> ExitCode:
    """Prints who is there, comes and goes, in all regions, until nobody reads any more.

    Raises:
        RefusedError: the API refuses it.
    """
    output, (home, *_) = session.output, regions
    auth = Iam(home.credentials) if isinstance(home, SignedEndpoint) else None
    async with Client(regions, auth=auth) as client:
        client.on_state(lambda state, region: _note_state(output, state, region))
        async with client.presence(name, enter=False) as room:
            try:
                while not output.nobody_reads:
                    with suppress(TimeoutError):
                        _show(output, await asyncio.wait_for(anext(room), _READER_SECONDS))
            except Refused as error:
                raise RefusedError(error.error_type, error.message) from error
    return ExitCode.OK


def _note_state(output: Output, state: State, region: str) -> None:
    output.note(f"{region}: {state.value}")


def _show(output: Output, event: PresenceEvent) -> None:
    at = instant(time.time())
    if isinstance(event, CountChange):
        if output.as_json:
            count = {"connections": event.connections, "more": event.more}
            output.json_line({"at": at, "action": "COUNT", **count})
        else:
            output.line(f"{at[11:23]}  COUNT   {event.connections}{'+' if event.more else ''}")
    elif output.as_json:
        change = {"action": event.action, "user": event.user, "data": event.data}
        output.json_line({"at": at, **change})
    else:
        data = f"  {event.data}" if event.data else ""
        output.line(f"{at[11:23]}  {event.action:<6}  {event.user}{data}")
