"""`globalws top`: the local stack live: rates, lag, queues, connections, faults."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.live import Live

from cli.adapters.logs import ask_region_process
from cli.command import command
from cli.dead_letter_queues import queue_of
from cli.domain.dead_letters import Queue
from cli.domain.rates import Sample, view
from cli.errors import CliError, ExitCode, UsageError
from cli.output import Output
from cli.regions import Answer, exit_code, failures, in_each
from cli.session import Session
from cli.targets.target import Kind, Region

_COLUMNS = (
    "region", "conn.", "subs", "publ./s", "deliv./s", "replays/s", "lag p50/p99 ms",
    "errors/s", "pending", "dead letters", "faults",
)  # fmt: skip

Row = tuple[object, ...]


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
    with _screen(session.output) as show:
        while not session.output.nobody_reads:
            time.sleep(interval)
            later = in_each(regions, _sample)
            show(_rows(later, _views(earlier, later)))
            earlier = later
    return ExitCode.OK


@contextmanager
def _screen(output: Output) -> Iterator[Callable[[list[Row]], None]]:
    """Shows rows in the place of the last ones or, in a pipe, below them."""
    if not output.console.is_terminal:
        yield lambda rows: output.table(_COLUMNS, rows)
        return
    with Live(console=output.console, auto_refresh=False, screen=False) as live:
        yield lambda rows: live.update(output.grid(_COLUMNS, rows), refresh=True)


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


def _rows(answers: Sequence[Answer[Sample]], views: Sequence[dict[str, Any] | None]) -> list[Row]:
    return [
        (answer.region, "unreachable", *[None] * (len(_COLUMNS) - 2))
        if line is None
        else _row(line)
        for answer, line in zip(answers, views, strict=True)
    ]


def _row(line: dict[str, Any]) -> Row:
    lag, dead_letters = line["lagMs"], line["deadLetters"]
    return (
        line["region"],
        line["connections"],
        line["subscriptions"],
        line["publishesPerSecond"],
        line["deliveriesPerSecond"],
        line["replaysPerSecond"],
        None if lag["p50"] is None else f"{lag['p50']:.0f}/{lag['p99']:.0f}",
        round(line["errorsPerSecond"] + line["functionErrorsPerSecond"], 1),
        line["pending"],
        f"{dead_letters['bus']}+{dead_letters['function']}",
        ", ".join(line["faults"]) or "none",
    )
