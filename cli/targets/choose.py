"""Local or AWS: what was asked for, else the local stack if one runs, else AWS."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from cli.errors import UnreachableError, UsageError
from cli.targets.aws import DEFAULT_STACK_NAME, aws_target, identity
from cli.targets.local import find_stack_file, is_running, local_target
from cli.targets.target import Kind, Target


@dataclass(frozen=True)
class TargetOptions:
    """The options that every command has; see their help in cli/command.py."""

    kind: Kind | None = None
    stack_file: Path | None = None
    stack_name: str | None = None
    regions: Sequence[str] = ()


def choose_target(options: TargetOptions, directory: Path, note: Callable[[str], None]) -> Target:
    """The target that the options ask for, seen from `directory`.

    Args:
        note: tells the person that there is no local stack, and whose AWS account is used then.

    Raises:
        UsageError: the options contradict each other.
        UnreachableError: there is nothing there.
    """
    kind = options.kind
    if options.stack_file is not None:
        if kind is Kind.AWS or options.stack_name is not None:
            raise UsageError("--stack-file means the local stack: leave --aws and --stack-name out")
        return local_target(options.stack_file, options.regions)
    if options.stack_name is not None:
        if kind is Kind.LOCAL:
            raise UsageError("--stack-name means stacks on AWS: leave --local out")
        kind = Kind.AWS
    if kind is Kind.AWS:
        return aws_target(options.stack_name or DEFAULT_STACK_NAME, options.regions)
    path = find_stack_file(directory)
    if kind is Kind.LOCAL:
        if path is None:
            raise UnreachableError(
                f"no .local/stack.json in {directory} or above: start the local stack with "
                "`make up`, or name the file with --stack-file"
            )
        return local_target(path, options.regions)
    if path is not None and is_running(path):
        return local_target(path, options.regions)
    where = (
        f"{path} is left over from one that has ended"
        if path
        else (f"there is no .local/stack.json in {directory} or above")
    )
    note(f"no local stack found ({where}), so this is about AWS: {identity()}")
    return aws_target(DEFAULT_STACK_NAME, options.regions)
