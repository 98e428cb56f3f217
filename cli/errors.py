"""How the command ends: its exit codes, and the errors that lead to them.

Every error that an operator can meet is a `CliError`, whose one-line message says what to do next.
"""

from enum import IntEnum


class ExitCode(IntEnum):
    """What the shell gets; the help of every command points here."""

    OK = 0
    FAILED = 1
    USAGE = 2
    PARTLY = 3
    REFUSED = 4
    UNREACHABLE = 5
    DECLINED = 6
    INTERRUPTED = 130


MEANING = {
    ExitCode.OK: "done",
    ExitCode.FAILED: "failed",
    ExitCode.USAGE: "wrong usage",
    ExitCode.PARTLY: "done in part, or not confirmed by every region",
    ExitCode.REFUSED: "refused by the API or by AWS",
    ExitCode.UNREACHABLE: "target not reachable",
    ExitCode.DECLINED: "not confirmed by you (answered no, or no terminal and no --yes)",
    ExitCode.INTERRUPTED: "interrupted (Ctrl-C)",
}


class CliError(Exception):
    """An error with an exit code; the message is one line that says what to do next."""

    code = ExitCode.FAILED


class UsageError(CliError):
    """What was typed cannot work."""

    code = ExitCode.USAGE


class RefusedError(CliError):
    """The API or AWS answered, and said no.

    Attributes:
        error_type: the API's `errorType` or AWS's error code.
    """

    code = ExitCode.REFUSED

    def __init__(self, error_type: str, message: str) -> None:
        super().__init__(f"{error_type}: {message}")
        self.error_type = error_type


class UnreachableError(CliError):
    """No answer, or no stack where one was expected."""

    code = ExitCode.UNREACHABLE


class DeclinedError(CliError):
    """A destructive command that nobody confirmed."""

    code = ExitCode.DECLINED
