"""`globalws top`: the local stack live: rates, lag, queues, connections, faults."""

import time
from collections.abc import Sequence
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.live import Live
from rich.table import Table

from cli.adapters.logs import ask_region_process
from cli.command import command
from cli.domain.letters import Queue
from cli.domain.rates import Sample, view
from cli.errors import CliError, ExitCode, UsageError
from cli.installation import queue_of
from cli.regions import Answer, exit_code, failures, in_each
from cli.session import Session
from cli.targets.target import Kind, Region

_COLUMNS = (
    "region", "conn.", "subs", "publ./s", "deliv./s", "replays/s", "lag p50/p99 ms",
    "errors/s", "pending", "dead letters", "faults",
)  # fmt: skip


def register(app: typer.Typer) -> None:
    """Adds the command to the app."""
    command(
        app,
        "top",
        examples=["globalws top", "globalws top --interval 5 --json"],
        json_shape='{"regions": [{"region", "connections", "subscriptions", "publishesPerSecond", '
        '"deliveriesPerSecond", "replaysPerSecond", "errorsPerSecond", "functionErrorsPerSecond", '
        '"invalidationsPerSecond", "lagMs": {"count", "p50", "p99"}, "pending", '
        '"deadLetters": {"bus", "function"}, "faults": []}], "unreachable": [{"region", "error"}]}',
    )(top)


def top(
    session: Session,
    interval: Annotated[
        float, typer.Option(min=0.1, max=60, help="Seconds between two looks.")
    ] = 1.0,
) -> ExitCode:
    """Show the local stack live, until Ctrl-C; with --json, one look after one interval.

    Rates are those since the last look; the lag is that of the last minute's messages from the
    peers, from publication to delivery. Faults are those set on purpose (`PUT /_local/faults`).
    Works on the local stack only: on AWS the dashboard globalws-<region> shows the same.
    """
    if session.target.kind is not Kind.LOCAL:
        raise UsageError(
            "top works on the local stack only (`make up`); on AWS see CloudWatch's dashboard "
            "globalws-<region>"
        )
    regions = session.target.selected
    earlier = in_each(regions, _sample)
    if session.output.as_json:
        time.sleep(interval)
        later = in_each(regions, _sample)
        views = [each for each in _views(earlier, later) if each is not None]
        session.output.document({"regions": views, "unreachable": failures(later)})
        return exit_code(later)
    with Live(console=Console(), auto_refresh=False, screen=False) as live:
        while True:
            time.sleep(interval)
            later = in_each(regions, _sample)
            live.update(_table(later, _views(earlier, later)), refresh=True)
            earlier = later


def _sample(region: Region) -> Sample:
    clients = region.clients
    return Sample(
        at=time.monotonic(),
        appsync=ask_region_process(clients, "appsync"),
        bridge=ask_region_process(clients, "eventbridge"),
        faults=ask_region_process(clients, "faults"),
        queues={kind.value: _depth(region, kind) for kind in Queue},
    )


def _depth(region: Region, kind: Queue) -> int | None:
    try:
        return queue_of(region, kind).depth().total
    except CliError:
        return None


def _views(
    earlier: Sequence[Answer[Sample]], later: Sequence[Answer[Sample]]
) -> list[dict[str, Any] | None]:
    """A line per region; None where it did not answer. One that is just back has no rates yet."""
    return [
        None if now.value is None else view(now.region, then.value or now.value, now.value)
        for then, now in zip(earlier, later, strict=True)
    ]


def _table(answers: Sequence[Answer[Sample]], views: Sequence[dict[str, Any] | None]) -> Table:
    table = Table(box=None, pad_edge=False, header_style="bold")
    for column in _COLUMNS:
        table.add_column(column, justify="left" if column in ("region", "faults") else "right")
    for answer, line in zip(answers, views, strict=True):
        if line is None:
            table.add_row(answer.region, "does not answer", style="red")
            continue
        lag, letters = line["lagMs"], line["deadLetters"]
        table.add_row(
            line["region"],
            str(line["connections"]),
            str(line["subscriptions"]),
            f"{line['publishesPerSecond']:.1f}",
            f"{line['deliveriesPerSecond']:.1f}",
            f"{line['replaysPerSecond']:.1f}",
            "-" if lag["p50"] is None else f"{lag['p50']:.0f} / {lag['p99']:.0f}",
            f"{line['errorsPerSecond'] + line['functionErrorsPerSecond']:.1f}",
            str(line["pending"]),
            f"{letters['bus']} + {letters['function']}",
            ", ".join(line["faults"]) or "none",
            style="yellow" if line["faults"] else "",
        )
    return table
