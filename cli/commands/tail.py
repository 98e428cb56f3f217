"""`globalws tail`: a channel's messages as they arrive, in several regions at once."""

import asyncio
import time
from typing import Annotated, Any

import typer
from globalws_subscriber import MessageEvent, Options, RegionEndpoint, State, StateEvent

from cli.adapters.subscriptions import Ended, Seen, streams
from cli.command import ChannelName, command
from cli.domain.changes import epoch
from cli.errors import ExitCode, RefusedError, UnreachableError
from cli.regions import in_each
from cli.session import Session


def register(app: typer.Typer) -> None:
    """Adds the command to the app."""
    command(
        app,
        "tail",
        examples=[
            "globalws tail tech",
            "globalws tail tech --region ap-southeast-2 --since 600 --count 100 --json",
        ],
        json_shape='a line per event: {"type": "message", "via", "id", "name", "message", '
        '"publishedAt", "region", "lagMs"} or {"type": "state", "via", "state", "reason"}',
    )(tail)


def tail(
    session: Session,
    name: ChannelName,
    since: Annotated[
        float, typer.Option(min=0, max=3600, help="Begin so many seconds ago, from the history.")
    ] = 0,
    count: Annotated[
        int | None,
        typer.Option(min=1, help="End after so many lines of messages.", show_default=False),
    ] = None,
) -> ExitCode:
    """Follow a channel's messages in all regions, or in those named, until Ctrl-C.

    Each message appears once for each region in which it was received, with the region that it
    was published in and how long it took. A lost connection resumes without gaps or doubles, where
    the deployment stores messages. A channel that is not allowed ends with exit code 4.
    """
    options = Options(replay_ms=int(since * 1000)) if since else Options()
    return asyncio.run(_tail(session, name, endpoints_of(session), options, count))


def endpoints_of(session: Session) -> list[RegionEndpoint]:
    """The selected regions, as the subscriber wants them; those without a stack are left out.

    Raises:
        CliError: none has one.
    """
    answers = in_each(session.target.selected, lambda region: region.endpoints())
    found = []
    for answer in answers:
        if answer.value is None:
            session.output.error(f"{answer.region}: {answer.reason}")
            continue
        urls = answer.value
        found.append(
            RegionEndpoint(answer.region, urls.graphql_url, urls.realtime_url, urls.api_key)
        )
    if not found:
        raise answers[0].error or UnreachableError("no region: is the stack up?")
    return found


async def _tail(
    session: Session,
    name: str,
    regions: list[RegionEndpoint],
    options: Options,
    count: int | None,
) -> ExitCode:
    messages, open_streams = 0, len(regions)
    refused: dict[str, RefusedError] = {}
    async with streams(name, regions, options) as seen:
        while open_streams and (count is None or messages < count):
            via, event = await seen.get()
            if isinstance(event, Ended):
                open_streams -= 1
                if via in refused:  # said already
                    continue
            _show(session, (via, event))
            if isinstance(event, MessageEvent):
                messages += 1
            elif isinstance(event, StateEvent) and event.state is State.REFUSED:
                refused[via] = RefusedError(event.error_type or "refused", event.reason or name)
    if count is not None and messages >= count:
        return ExitCode.OK
    if refused:
        raise next(iter(refused.values()))
    raise UnreachableError("every region's stream ended: `globalws status`")


def _show(session: Session, seen: Seen) -> None:
    via, event = seen
    output = session.output
    if isinstance(event, MessageEvent):
        document = _document(via, event)
        if output.as_json:
            output.json_line(document)
            return
        lag = "?" if document["lagMs"] is None else f"{document['lagMs']:.0f}"
        stamp = document["publishedAt"][11:23]
        origin = "" if document["region"] == via else f"  from {document['region']}"
        output.line(f"{stamp}  {via:<15} {lag:>6} ms  {document['message']}{origin}")
        return
    state = "ended" if isinstance(event, Ended) else event.state.value
    reason = _reason(event)
    if output.as_json:
        output.json_line({"type": "state", "via": via, "state": state, "reason": reason or None})
    else:
        output.note(f"{via}: {state}{f' ({reason})' if reason else ''}")


def _reason(event: StateEvent | Ended) -> str:
    if isinstance(event, Ended):
        return event.reason
    texts = [event.error_type, event.reason, "messages may be missing" if event.gap else None]
    return ": ".join(text for text in texts if text)


def _document(via: str, event: MessageEvent) -> dict[str, Any]:
    message = event.message
    published = epoch(message.published_at)
    lag = None if published is None else round(max(0.0, time.time() - published) * 1000, 1)
    return {
        "type": "message",
        "via": via,
        "id": message.id,
        "name": message.name,
        "message": message.message,
        "publishedAt": message.published_at,
        "region": message.region,
        "lagMs": lag,
    }
