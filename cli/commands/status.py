"""`globalws status`: whether every region answers, and what waits to be looked at."""

import asyncio
import time
from typing import Annotated, Any

import typer
from globalws_functions.domain.channel_rules import PROBE

from cli.adapters.alarms import ALARM, Alarm, alarms_of
from cli.adapters.tables import janitor_run
from cli.command import Timeout, command
from cli.commands.publish import publish_once
from cli.dead_letter_queues import queue_of
from cli.domain.changes import epoch
from cli.domain.dead_letters import Queue
from cli.errors import CliError, ExitCode
from cli.regions import in_each
from cli.session import Session
from cli.targets.target import Region


def register(app: typer.Typer) -> None:
    """Adds the command to the app."""
    command(
        app,
        "status",
        examples=["globalws status", "globalws status --probe --json"],
        json_shape='{"regions": [{"region", "stackName", "api": {"reachable", "roundTripMs", '
        '"error"}, "queues": {"bus", "function"}, "janitor": {"startedAt", "ageSeconds", …}, '
        '"alarms": [{"name", "state", "reason"}], "errors": []}], '
        '"probe": [{"from", "to", "ms", "error"}]}',
    )(status)


def status(
    session: Session,
    ask_probe: Annotated[
        bool, typer.Option("--probe", help="Measure replication in every direction.")
    ] = False,
    timeout: Timeout = 20,
) -> ExitCode:
    """Show each region: API, dead letters, the janitor's last run, alarms; replication if asked.

    The round trip is a query from this machine. A queue that is not empty holds messages that were
    not delivered: see `globalws dlq list`. docs/runbook.md says what each alarm means and what to
    do; --json lists all of them with their values. --probe publishes one short message per region
    on a channel that is reserved for it, and reports the milliseconds until each region's
    subscribers had it (the first one after a pause includes the start of a function). Exit code 3:
    a part could not be read; 5: no region's API answers.
    """
    answers = in_each(session.target.selected, _look(session))
    regions = [answer.value for answer in answers if answer.value is not None]
    reachable = [region for region in regions if region["api"]["reachable"]]
    measured: list[dict[str, Any]] | None = None
    if ask_probe and reachable:
        measured = _probe(session, timeout)
    if session.output.as_json:
        session.output.document({"regions": regions, "probe": measured})
    else:
        _show(session, regions, measured)
    if not reachable:
        return ExitCode.UNREACHABLE
    troubled = any(region["errors"] for region in regions)
    lost = any(pair["ms"] is None for pair in measured or [])
    return ExitCode.PARTLY if troubled or lost or len(reachable) < len(regions) else ExitCode.OK


def _look(session: Session) -> Any:
    def look(region: Region) -> dict[str, Any]:
        errors: list[str] = []

        def try_(call: Any) -> Any:
            try:
                return call()
            except CliError as error:
                errors.append(str(error))
                return None

        def depth(kind: Queue) -> int:
            return queue_of(region, kind).depth().total

        return {
            "region": region.name,
            "stackName": region.stack_name,
            "api": _api(session, region),
            "queues": {kind.value: try_(lambda kind=kind: depth(kind)) for kind in Queue},
            "janitor": try_(lambda: _janitor(region)),
            "alarms": try_(lambda: [alarm.as_json() for alarm in _alarms(region)]),
            "errors": list(dict.fromkeys(errors)),
        }

    return look


def _api(session: Session, region: Region) -> dict[str, Any]:
    from globalws_client.questions import CHANNEL

    started = time.perf_counter()
    try:
        # It reads the table of channels, as publish and subscribe do.
        session.api(region).execute(CHANNEL, {"name": PROBE})
    except CliError as error:
        return {"reachable": False, "roundTripMs": None, "error": str(error)}
    milliseconds = (time.perf_counter() - started) * 1000
    return {"reachable": True, "roundTripMs": round(milliseconds, 1), "error": None}


def _janitor(region: Region) -> dict[str, Any] | None:
    run = janitor_run(region.clients, region.output("ChannelsTableName"))
    if run is None:
        return None
    started = epoch(run.get("startedAt"))
    return run | {"ageSeconds": None if started is None else round(time.time() - started)}


def _alarms(region: Region) -> list[Alarm]:
    return alarms_of(region.clients, region.stack_name)


def _probe(session: Session, seconds: float) -> list[dict[str, Any]]:
    from cli.follow import endpoints_of  # here: the subscriber imports aiohttp
    from cli.probe import probe

    by_name = {region.name: region for region in session.target.selected}

    def publish(region: str, message_id: str) -> None:
        sent = {"name": PROBE, "message": "globalws probe", "id": message_id}
        publish_once(session.api(by_name[region]), sent)

    return asyncio.run(probe(PROBE, endpoints_of(session), publish, seconds))


def _show(
    session: Session, regions: list[dict[str, Any]], measured: list[dict[str, Any]] | None
) -> None:
    output = session.output
    output.table(
        (
            "region",
            "api",
            "round trip ms",
            "bus queue",
            "function queue",
            "janitor's last run",
            "alarms",
        ),
        [
            (
                region["region"],
                "reachable" if region["api"]["reachable"] else "unreachable",
                region["api"]["roundTripMs"],
                region["queues"]["bus"],
                region["queues"]["function"],
                _last_run(region),
                _going_off(region),
            )
            for region in regions
        ],
    )
    for region in regions:
        for error in filter(None, [region["api"]["error"], *region["errors"]]):
            output.error(f"{region['region']}: {error}")
    if measured is not None:
        output.line("")
        output.table(
            ("from", "to", "ms", "problem"),
            [(pair["from"], pair["to"], pair["ms"], pair["error"]) for pair in measured],
        )


def _going_off(region: dict[str, Any]) -> str:
    alarms = region["alarms"]
    if alarms is None:
        return "unknown"
    return ", ".join(each["name"] for each in alarms if each["state"] == ALARM) or "none"


def _last_run(region: dict[str, Any]) -> str:
    run = region["janitor"]
    if run is None:
        return "unknown" if region["errors"] else "never"
    counts = ", ".join(f"{key} {run[key]}" for key in ("invalidated", "failed") if key in run)
    return f"{run['ageSeconds']} s ago ({counts})"
