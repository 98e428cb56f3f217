"""What every command shares: the target's options, --json, --yes, and how errors end."""

import inspect
import math
import os
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Annotated, Any

import typer

from cli.domain.names import (
    checked_channel,
    checked_id,
    checked_reason,
    checked_stored_channel,
    checked_stored_pattern,
    checked_user,
)
from cli.errors import CliError, ExitCode
from cli.output import Output
from cli.session import Session
from cli.targets.choose import TargetOptions
from cli.targets.target import Kind

# A frame of columns cuts off the options' names in a terminal narrower than this.
_IS_NARROW = shutil.get_terminal_size().columns < 80

_TARGET = "Target (default: the running local stack if there is one, else AWS)"

UseLocal = Annotated[
    bool | None,
    typer.Option(
        "--local/--aws",
        help="Work on the local stack, or on stacks in AWS with your usual profile variables.",
        rich_help_panel=_TARGET,
        show_default=False,
    ),
]
StackFile = Annotated[
    Path | None,
    typer.Option(
        help="The local stack's file; by default .local/stack.json here or in a folder above.",
        rich_help_panel=_TARGET,
        show_default=False,
    ),
]
StackName = Annotated[
    str | None,
    typer.Option(
        help="The CloudFormation stacks in AWS; {region} stands for the region. "
        "By default globalws-{region}.",
        rich_help_panel=_TARGET,
        show_default=False,
    ),
]
Regions = Annotated[
    list[str] | None,
    typer.Option(
        "--region",
        help="Only this region; repeat it for more. By default all: in AWS, those found from the "
        "profile's region by its stack's parameter PeerRegions.",
        rich_help_panel=_TARGET,
        show_default=False,
    ),
]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON instead of tables.")]
Yes = Annotated[bool, typer.Option("--yes", "-y", help="Do not ask before doing it.")]


def parsed(check: Callable[[str], str]) -> Callable[[str], str]:
    """A parser of an argument or option, from what raises ValueError."""

    def parse(text: str) -> str:
        try:
            return check(text)
        except ValueError as error:
            raise typer.BadParameter(str(error)) from None

    return parse


STORED_CHANNEL = parsed(checked_stored_channel)
MESSAGE_ID = parsed(checked_id)
REASON = parsed(checked_reason)

ChannelName = Annotated[
    str,
    typer.Argument(metavar="NAME", help="The channel, e.g. tech.", parser=parsed(checked_channel)),
]
StoredPattern = Annotated[
    str,
    typer.Argument(
        metavar="PATTERN",
        help="A channel, or a pattern of channels, e.g. tech, 'chat:*', 'user:{user}:*', '*'.",
        parser=parsed(checked_stored_pattern),
    ),
]
UserId = Annotated[
    str, typer.Argument(metavar="USER", help="The user's id.", parser=parsed(checked_user))
]


def optional_pattern(help_text: str) -> Any:
    """A pattern as the argument of a command that may do without one."""
    return typer.Argument(
        metavar="[PATTERN]", help=help_text, parser=parsed(checked_stored_pattern)
    )


def user_option(help_text: str) -> Any:
    """The option --user."""
    return typer.Option(
        metavar="USER", help=help_text, parser=parsed(checked_user), show_default=False
    )


Wait = Annotated[
    bool, typer.Option("--wait/--no-wait", help="Wait until every region has carried it out.")
]
Reason = Annotated[
    str,
    typer.Option(
        metavar="TEXT",
        help="Why; shown to clients that are refused, and kept in the audit.",
        parser=REASON,
        show_default=False,
    ),
]
RecordedReason = Annotated[
    str,
    typer.Option(metavar="TEXT", help="Why; kept in the audit.", parser=REASON, show_default=False),
]
Timeout = Annotated[
    float, typer.Option(min=0.1, max=3600, metavar="SECONDS", help="How long to wait at most.")
]

_TARGET_PARAMETERS: dict[str, tuple[Any, Any]] = {
    "use_local": (UseLocal, None),
    "stack_file": (StackFile, None),
    "stack_name": (StackName, None),
    "regions": (Regions, None),
    "as_json": (AsJson, False),
}


def new_app(help_text: str) -> typer.Typer:
    """An app, or a group of commands, that looks like all the others."""
    return typer.Typer(
        help=help_text,
        no_args_is_help=True,
        rich_markup_mode=None if _IS_NARROW else "rich",
        pretty_exceptions_enable=False,
        add_completion=False,
        context_settings={"help_option_names": ["-h", "--help"]},
    )


def command(
    app: typer.Typer,
    name: str,
    *,
    examples: Sequence[str],
    json_shape: str,
    asks: bool = False,
    on_target: bool = True,
) -> Callable[[Callable[..., ExitCode]], Callable[..., ExitCode]]:
    """Registers `function(session, …) -> ExitCode` as a command with the shared options.

    Args:
        app: the app or group that it belongs to.
        name: as typed.
        examples: command lines for its help, at least one.
        json_shape: what --json prints, for its help.
        asks: whether it is destructive, and so has --yes.
        on_target: whether it works on a deployment that exists, and so has the target's options.
    """

    def register(function: Callable[..., ExitCode]) -> Callable[..., ExitCode]:
        def run(**arguments: Any) -> None:
            _refuse_nan(arguments)
            session = _session(arguments, on_target=on_target)
            raise typer.Exit(_outcome(session.output, lambda: function(session, **arguments)))

        _give_signature(run, function, asks=asks, on_target=on_target)
        epilog = f"{help_lines('Examples', examples)}\n\n{help_lines('With --json', [json_shape])}"
        app.command(name, help=_paragraphs(function), epilog=epilog)(run)
        return function

    return register


def help_lines(title: str, lines: Sequence[str]) -> str:
    """A paragraph of help that keeps its lines."""
    text = "\n".join([f"{title}:", *(f"  {line}" for line in lines)])
    return f"\b\n{text}" if _IS_NARROW else text.replace("[", "\\[")


def _refuse_nan(arguments: dict[str, Any]) -> None:
    """Refuses NaN: no bound does, because NaN is neither less nor greater than it."""
    for name, value in arguments.items():
        if isinstance(value, float) and math.isnan(value):
            raise typer.BadParameter("is not a number", param_hint=f"--{name.replace('_', '-')}")


def _give_signature(
    run: Any, function: Callable[..., ExitCode], *, asks: bool, on_target: bool
) -> None:
    """Tells typer the parameters: the function's own but for `session`, then the shared ones."""
    own = list(inspect.signature(function, eval_str=True).parameters.values())[1:]
    shared = _TARGET_PARAMETERS if on_target else {"as_json": _TARGET_PARAMETERS["as_json"]}
    shared = shared | ({"yes": (Yes, False)} if asks else {})
    parameters = [each.replace(kind=inspect.Parameter.KEYWORD_ONLY) for each in own] + [
        inspect.Parameter(
            name, inspect.Parameter.KEYWORD_ONLY, default=default, annotation=annotation
        )
        for name, (annotation, default) in shared.items()
    ]
    run.__signature__ = inspect.Signature(parameters)
    run.__annotations__ = {each.name: each.annotation for each in parameters}


def _session(arguments: dict[str, Any], *, on_target: bool) -> Session:
    options = _target_options(arguments) if on_target else TargetOptions(kind=Kind.AWS)
    output = Output(as_json=arguments.pop("as_json"))
    return Session(options, output, yes=arguments.pop("yes", False))


def _target_options(arguments: dict[str, Any]) -> TargetOptions:
    use_local = arguments.pop("use_local")
    return TargetOptions(
        kind=None if use_local is None else Kind.LOCAL if use_local else Kind.AWS,
        stack_file=arguments.pop("stack_file"),
        stack_name=arguments.pop("stack_name"),
        regions=tuple(arguments.pop("regions") or ()),
    )


def _outcome(output: Output, act: Callable[[], ExitCode]) -> ExitCode:
    try:
        return act()
    except CliError as error:
        output.error(str(error))
        return error.code
    except KeyboardInterrupt:
        output.note("interrupted")
        return ExitCode.INTERRUPTED
    except typer.Exit:
        raise
    except Exception as surprise:
        if os.environ.get("GLOBALWS_DEBUG"):
            raise
        output.error(
            f"unexpected {type(surprise).__name__}: {surprise}; set GLOBALWS_DEBUG=1 to see where, "
            "and report it"
        )
        return ExitCode.FAILED


def _paragraphs(function: Callable[..., ExitCode]) -> str:
    """The docstring, its paragraphs on one line each: the terminal breaks them where it ends."""
    paragraphs = (inspect.getdoc(function) or "").split("\n\n")
    return "\n\n".join(" ".join(paragraph.split()) for paragraph in paragraphs)
