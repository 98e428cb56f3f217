"""`globalws publish`: one message to a channel's subscribers everywhere."""

import sys
from typing import Annotated, Any

import typer

from cli.command import MESSAGE_ID, ChannelName, command
from cli.domain.names import new_ulid
from cli.errors import ExitCode, UnreachableError, UsageError
from cli.session import Session

PUBLISH = (
    "mutation Publish($name: String!, $message: String!, $id: ID) { "
    "publish(name: $name, message: $message, id: $id) { id name message publishedAt region } }"
)


def register(app: typer.Typer) -> None:
    """Adds the command to the app."""
    command(
        app,
        "publish",
        examples=[
            'globalws publish tech "Hello from the console"',
            "echo hello | globalws publish tech - --region ap-southeast-2",
        ],
        json_shape='{"id", "name", "message", "publishedAt", "region"}',
    )(publish)


def publish(
    session: Session,
    name: ChannelName,
    text: Annotated[str, typer.Argument(help="The message; - reads it from standard input.")],
    id: Annotated[
        str | None,
        typer.Option(
            "--id",
            metavar="ULID",
            help="The message's id, to publish again what may have failed, without doubling it.",
            parser=MESSAGE_ID,
            show_default=False,
        ),
    ] = None,
) -> ExitCode:
    """Publish a message in one region; subscribers in every region receive it.

    Publishes in the first region that answers (or the first --region that does). When it returns,
    the message has been durably accepted.
    """
    message = _standard_input() if text == "-" else text
    message_id = id or new_ulid()
    output = session.output
    problems = []
    for region in session.target.selected:
        variables = {"name": name, "message": message, "id": message_id}
        try:
            published: dict[str, Any] = session.api(region).execute(PUBLISH, variables)["publish"]
        except UnreachableError as error:
            problems.append(str(error))
            output.note(f"{region.name} did not take it: {error}")
            continue
        if output.as_json:
            output.document(published)
        else:
            output.line(f"{published['id']} published in {published['region']}")
        return ExitCode.OK
    raise UnreachableError(
        f"no region acknowledged the message; publish again with --id {message_id}: {problems[0]}"
    )


def _standard_input() -> str:
    if sys.stdin is None:
        raise UsageError("standard input is closed: give the message itself, or pipe it in")
    try:
        return sys.stdin.read().removesuffix("\n")
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"standard input cannot be read: {error}") from error
