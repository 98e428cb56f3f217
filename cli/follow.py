"""Following a channel in several regions at once: what `globalws tail` prints as it arrives."""

import asyncio
import time
from collections.abc import Sequence
from contextlib import suppress

from globalws_client import Message, MessageEvent, RegionEndpoint, State, StateEvent
from globalws_functions.domain.channel_patterns import is_wildcard

from cli.adapters.subscriptions import Ended, Seen, SignedEndpoint, Since, streams
from cli.domain.changes import epoch
from cli.errors import ExitCode, RefusedError, UnreachableError
from cli.output import Output
from cli.regions import in_each
from cli.session import Session
from cli.targets.target import Region

_READER_SECONDS = 1.0
_LIVE = frozenset({State.LIVE, State.FAILED_OVER})


def endpoints_of(session: Session, *, signed: bool = False) -> list[RegionEndpoint]:
    """The selected regions, as the client wants them; those without a stack are left out.

    Args:
        signed: call them with IAM, as it must be where a region has no API key.

    Raises:
        CliError: none has a stack, or there are no credentials to sign with.
    """

    def endpoint(region: Region) -> RegionEndpoint:
        urls = region.endpoints()
        if urls.api_key and not signed:
            return RegionEndpoint(region.name, urls.graphql_url, urls.realtime_url, urls.api_key)
        credentials = region.clients.credentials()
        return SignedEndpoint(
            region.name, urls.graphql_url, urls.realtime_url, credentials=credentials
        )

    answers = in_each(session.target.selected, endpoint)
    found = []
    for answer in answers:
        if answer.value is None:
            session.output.error(f"{answer.region}: {answer.reason}")
            continue
        found.append(answer.value)
    if not found:
        raise answers[0].error or UnreachableError("no region: is the stack up?")
    return found


async def follow(
    session: Session,
    name: str,
    regions: Sequence[RegionEndpoint],
    since: Since,
    count: int | None,
) -> ExitCode:
    """Prints the channel's messages until `count` lines of them, or until nobody reads any more.

    Args:
        since: where to begin.

    Raises:
        RefusedError: every region refuses the channel.
        UnreachableError: every region's stream has ended.
    """
    messages, open_streams = 0, len(regions)
    live: set[str] = set()
    refused: dict[str, RefusedError] = {}
    async with streams(name, regions, since) as queue:
        while open_streams and (count is None or messages < count):
            seen = await _next(queue, session.output)
            if seen is None:
                return ExitCode.OK
            via, event = seen
            if isinstance(event, MessageEvent):
                messages += 1
                of = name if is_wildcard(name) else None
                _show_message(session.output, via, event.message, of, is_live=via in live)
                continue
            if isinstance(event, Ended):
                open_streams -= 1
                if via in refused:  # said already
                    continue
            elif event.state in _LIVE:
                live.add(via)
            else:
                live.discard(via)
                if event.state is State.REFUSED:
                    refused[via] = RefusedError(event.error_type or "refused", event.reason or name)
            _show_state(session.output, via, event)
    if count is not None and messages >= count:
        return ExitCode.OK
    if refused:
        raise next(iter(refused.values()))
    raise UnreachableError("every region's stream ended: `globalws status`")


async def _next(queue: asyncio.Queue[Seen], output: Output) -> Seen | None:
    """What is seen next; None once nobody reads what is printed, also on a channel without news."""
    while not output.nobody_reads:
        with suppress(TimeoutError):
            return await asyncio.wait_for(queue.get(), _READER_SECONDS)
    return None


def _show_message(
    output: Output, via: str, message: Message, pattern: str | None, *, is_live: bool
) -> None:
    # A message from the history has no time of arrival.
    published = epoch(message.published_at) if is_live else None
    lag = None if published is None else round(max(0.0, time.time() - published) * 1000, 1)
    if output.as_json:
        output.json_line(
            {
                "type": "message",
                "via": via,
                "id": message.id,
                "name": message.name,
                "message": message.message,
                "publishedAt": message.published_at,
                "region": message.region,
                "lagMs": lag,
            }
        )
        return
    took = "stored" if not is_live else "?" if lag is None else f"{lag:.0f} ms"
    origin = "" if message.region == via else f"  from {message.region}"
    channel = "" if pattern is None else f"#{message.name}  "
    at = message.published_at[11:23]
    output.line(f"{at}  {via:<15} {took:>9}  {channel}{message.message}{origin}")


def _show_state(output: Output, via: str, event: StateEvent | Ended) -> None:
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
