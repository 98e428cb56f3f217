"""What the command prints: tables for people on a terminal, or JSON for programs.

Results go to stdout, everything else (target, notes, errors) to stderr, so that pipes stay clean.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console
from rich.table import Table
from rich.text import Text

from cli.domain.text import printable

_NARROWEST = 100  # a table in a pipe or a log is not squeezed to 80 columns
_GOOD = frozenset({"yes", "ok", "confirmed", "live", "redriven", "reachable"})
_BAD = frozenset({"no", "failed", "not confirmed", "unreachable", "superseded", "refused"})


class Output:
    """Prints one command's results, as tables or as JSON."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._out = _console(stderr=False)
        self._notes = _console(stderr=True)

    def document(self, document: Mapping[str, Any]) -> None:
        """The one JSON document of a command, indented."""
        self._write(json.dumps(document, indent=2, ensure_ascii=False))

    def json_line(self, document: Mapping[str, Any]) -> None:
        """One JSON document of many, on a line."""
        self._write(json.dumps(document, ensure_ascii=False))

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table; a cell that is a state is coloured."""
        table = Table(box=None, pad_edge=False, header_style="bold")
        for column in columns:
            table.add_column(column, overflow="fold")
        for row in rows:
            table.add_row(*[_cell(value) for value in row])
        self._out.print(table)

    def line(self, text: str, style: str = "") -> None:
        """One line of a result; its text is printed as it is."""
        self._out.print(Text(printable(text), style=style), soft_wrap=True)

    def block(self, text: str) -> None:
        """Several lines of a result."""
        for line in text.splitlines():
            self.line(line)

    def note(self, text: str) -> None:
        """A line for the person, on stderr."""
        self._notes.print(Text(printable(text), style="dim"), soft_wrap=True)

    def error(self, text: str) -> None:
        """The one line of an error, on stderr."""
        shown = Text("globalws: ", style="bold red").append(Text(printable(text), style="default"))
        self._notes.print(shown, soft_wrap=True)

    def _write(self, text: str) -> None:
        # Half a surrogate pair has no UTF-8 form; JSON can escape it.
        try:
            text.encode()
        except UnicodeEncodeError:
            text = json.dumps(json.loads(text))
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def _console(*, stderr: bool) -> Console:
    console = Console(stderr=stderr, highlight=False, markup=False, emoji=False)
    if not console.is_terminal:
        console.width = max(console.width, _NARROWEST)
    return console


def _cell(value: object) -> Text:
    text = "-" if value is None or value == "" else str(value)
    if isinstance(value, bool):
        text = "yes" if value else "no"
    style = "green" if text in _GOOD else "red" if text in _BAD else ""
    return Text(printable(text), style=style)
