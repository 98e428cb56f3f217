"""`globalws keys rotate`: new API keys in all regions, and the end of the old ones."""

from typing import Annotated

import typer

from cli.adapters.stack_parameters import change_parameter, read_settled_stack
from cli.command import Timeout, command, new_app
from cli.domain.api_keys import (
    PARAMETER,
    RotationError,
    values_with_new_key,
    values_without_old_key,
)
from cli.errors import CliError, ExitCode
from cli.regions import Answer, exit_code, failures, in_each
from cli.session import Session
from cli.targets.target import Region

_NOW_CLIENTS = """\
Both keys are valid now, and every region hands out the new one. Next:
  1. Give every client the new keys: `globalws config` prints them, as the web client's config.json.
  2. Wait until no client uses an old key. AppSync does not tell who uses which key. A connection
     that is open stays open; its next handshake needs a valid key.
  3. globalws keys rotate --retire"""
_RETIRED = """\
The old keys are deleted: a client that uses one is refused (401). Connections that were opened
with one stay until they end, 24 hours at most; `globalws purge` ends those of a channel now."""

app = new_app("Replace the API keys that clients use.")


@command(
    app,
    "rotate",
    examples=["globalws keys rotate", "globalws keys rotate --retire"],
    json_shape='{"step": "new keys" or "old keys retired", "regions": [{"region", "keys", '
    '"changed"}], "failed": [{"region", "error"}]}',
    asks=True,
)
def rotate(
    session: Session,
    retire: Annotated[
        bool,
        typer.Option("--retire", help="Delete the old keys, once all clients have the new ones."),
    ] = False,
    timeout: Timeout = 900,
) -> ExitCode:
    """Make a new API key in every region and hand it out; with --retire, delete the old ones.

    Between the two steps both keys are valid, as long as you like, so that no client is refused
    while it changes over; the command says what clients must do. Either step may be repeated: it
    goes on where it stopped, and leaves regions alone that have it behind them. Each region's
    stack gets another value of the parameter ApiKeys; nothing else of the stack changes.
    """
    found = in_each(session.target.selected, lambda region: _keys(region, timeout))
    current = {each.region: each.value for each in found if each.value is not None}
    try:
        wanted = values_without_old_key(current) if retire else values_with_new_key(current)
    except RotationError as error:
        raise CliError(str(error)) from error
    if retire and wanted:
        session.confirm(
            f"Delete the old API keys in {', '.join(wanted)}? Clients that use them are refused"
        )
    regions = [region for region in session.target.selected if region.name in wanted]
    changes = in_each(regions, lambda region: _change(session, region, wanted, timeout))
    return _report(
        session,
        current,
        [*changes, *[each for each in found if each.error is not None]],
        retire=retire,
    )


def _keys(region: Region, timeout: float) -> str:
    parameters = read_settled_stack(region.clients, region.stack_name, timeout).parameters
    if PARAMETER not in parameters:
        raise CliError(
            f"stack {region.stack_name} in {region.name} has no parameter {PARAMETER}: "
            "deploy the current template, then try again"
        )
    return parameters[PARAMETER]


def _change(session: Session, region: Region, wanted: dict[str, str], timeout: float) -> str:
    value = wanted[region.name]
    session.output.note(f"{region.name}: {PARAMETER}={value} …")
    changed = change_parameter(region.clients, region.stack_name, PARAMETER, value, timeout)
    return changed.parameters[PARAMETER]


def _report(
    session: Session, before: dict[str, str], changes: list[Answer[str]], *, retire: bool
) -> ExitCode:
    now = before | {each.region: each.value for each in changes if each.value is not None}
    failed = failures(changes)
    output = session.output
    if output.as_json:
        regions = [
            {"region": region, "keys": keys.split(","), "changed": keys != before[region]}
            for region, keys in now.items()
        ]
        step = "old keys retired" if retire else "new keys"
        output.document({"step": step, "regions": regions, "failed": failed})
    else:
        output.table(
            ("region", "keys", "handed out", "now"),
            [
                (
                    region,
                    keys,
                    keys.split(",")[0],
                    "as it was" if keys == before[region] else "changed",
                )
                for region, keys in now.items()
            ],
        )
    for each in failed:
        output.error(f"{each['region']}: {each['error']}")
    if failed:
        output.note("Not done in every region: run the same command again, it goes on from here.")
        return ExitCode.PARTLY if now else exit_code(changes)
    for line in (_RETIRED if retire else _NOW_CLIENTS).splitlines():
        output.note(line)
    return ExitCode.OK
