"""`globalws publish`: one message to a channel's subscribers everywhere."""

import sys
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.bulk import Bulk
from cli.command import MESSAGE_ID, command, parsed
from cli.domain.names import checked_channel, checked_message, new_ulid
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
            "globalws publish --file messages.jsonl",
        ],
        json_shape='{"id", "name", "message", "publishedAt", "region", "publisher"}; '
        "with --file "
        '{"file", "messages", "lines", "continuedAfterLine", "putIn"}',
    )(publish)


def publish(
    session: Session,
    name: Annotated[
        str | None,
        typer.Argument(
            metavar="[NAME]", help="The channel, e.g. tech.", parser=parsed(checked_channel)
        ),
    ] = None,
    text: Annotated[
        str | None,
        typer.Argument(metavar="[TEXT]", help="The message; - reads it from standard input."),
    ] = None,
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
    file: Annotated[
        Path | None,
        typer.Option(
            metavar="PATH",
            help='Publish the messages of this file instead: a line each, {"name", "message"}. '
            "NAME is the channel of lines that have no name.",
            show_default=False,
        ),
    ] = None,
) -> ExitCode:
    """Publish a message in one region; subscribers in every region receive it.

    Publishes in the first region that answers (or the first --region that does). When it returns,
    the message has been durably accepted.

    With --file it puts the messages on the region's event bus, ten a call, with your AWS
    credentials; a function publishes them from there. It keeps its progress in PATH.progress: the
    same command continues after an interruption, without duplicates. What a rule refuses later is
    in the dead-letter queue (`globalws dlq list`).
    """
    if file is not None:
        if text is not None or id is not None:
            raise UsageError("--file has the messages: leave TEXT and --id out")
        return _publish_file(session, file, name)
    if name is None or text is None:
        raise UsageError("name the channel and the message, or a file of messages with --file")
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


def _publish_file(session: Session, path: Path, channel: str | None) -> ExitCode:
    output, target = session.output, session.target
    bulk = Bulk(path, channel)
    before = bulk.before
    if before:
        output.note(f"{bulk.kept} says that lines up to {before} are published: continuing")
    regions = dict.fromkeys((*target.selected, *target.all_regions))
    put_in = bulk.publish(
        list(regions), output.note, lambda line: output.note(f"published up to line {line}")
    )
    if output.as_json:
        document = {"file": str(path), "messages": bulk.messages, "lines": bulk.progress.done}
        output.document({**document, "continuedAfterLine": before, "putIn": put_in})
    else:
        output.line(f"{bulk.messages} messages of {path} are on the bus of {put_in}")
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
