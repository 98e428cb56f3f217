"""`globalws publish`: one message to a channel's subscribers everywhere."""

import sys
from typing import Annotated, Any

import typer

from cli.command import MESSAGE_ID, ChannelName, command
from cli.domain.names import checked_message, new_ulid
from cli.errors import ExitCode, RefusedError, UnreachableError, UsageError
from cli.session import Api, Session

_AGAIN = "It may have been taken: publish again with --id {}"


def register(app: typer.Typer) -> None:
    """Adds the command to the app."""
    command(
        app,
        "publish",
        examples=[
            'globalws publish tech "Hello from the console"',
            "echo hello | globalws publish tech - --region ap-southeast-2",
        ],
        json_shape='{"id", "name", "message", "publishedAt", "region", "publisher"}',
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
            help="The message's id: publishing again with the same id makes no duplicate.",
            parser=MESSAGE_ID,
            show_default=False,
        ),
    ] = None,
) -> ExitCode:
    """Publish a message in one region; subscribers in every region receive it.

    Publishes in the first region that answers (or the first --region that does). When it returns,
    the message has been durably accepted.
    """
    sent = {
        "name": name,
        "message": checked_message(_standard_input() if text == "-" else text),
        "id": id or new_ulid(),
    }
    try:
        published = _publish(session, sent)
    except KeyboardInterrupt:
        session.output.note(_AGAIN.format(sent["id"]))
        raise
    if session.output.as_json:
        session.output.document(published)
    else:
        session.output.line(f"{published['id']} published in {published['region']}")
    return ExitCode.OK


def _publish(session: Session, sent: dict[str, str]) -> dict[str, Any]:
    """The message as the first region that answers accepted it. Raises CliError."""
    problems = []
    for region in session.target.selected:
        try:
            return publish_once(session.api(region), sent)
        except UnreachableError as error:
            problems.append(str(error))
            session.output.note(f"{region.name} did not acknowledge it: {error}")
        except RefusedError as error:
            if problems:
                session.output.note(_AGAIN.format(sent["id"]))
            elif error.error_type == "InvalidMessageId":
                session.output.note(f"id {sent['id']}: is this machine's clock right?")
            raise
    raise UnreachableError(f"no region acknowledged it: {problems[0]}. {_AGAIN.format(sent['id'])}")


def publish_once(api: Api, sent: dict[str, str]) -> dict[str, Any]:
    """The message (`name`, `message`, `id`) as this region accepted it.

    Raises:
        RefusedError: it never will.
        UnreachableError: it may have taken it or not.
    """
    from globalws_client import NoAnswerError
    from globalws_client.graphql import PUBLISH, accepted

    data = api.execute(PUBLISH, sent)
    try:
        accepted(data, sent)
    except NoAnswerError as error:
        raise UnreachableError(str(error)) from error
    message: dict[str, Any] = data["publish"]
    return message


def _standard_input() -> str:
    if sys.stdin is None:
        raise UsageError("standard input is closed: give the message itself, or pipe it in")
    try:
        # Bytes, so that line ends stay as they are; no UTF-8 becomes half a surrogate pair.
        text = sys.stdin.buffer.read().decode(errors="surrogateescape")
    except (OSError, ValueError) as error:
        raise UsageError(f"standard input cannot be read: {error}") from error
    return text.removesuffix("\n")
