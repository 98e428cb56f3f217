"""What the command prints: tables for people on a terminal, or JSON for programs.

Results go to stdout, everything else (target, notes, errors) to stderr, so that pipes stay clean.
"""

import json
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Console, RenderableType
from rich.text import Text

from cli.domain.text import printable
from cli.grid import grid
from cli.standard_streams import outlet


class Output:
    """Prints one command's results, as tables or as JSON."""

    def __init__(self, *, as_json: bool) -> None:
        self.as_json = as_json
        self._out = _console(stderr=False)
        self._notes = _console(stderr=True)

    @property
    def console(self) -> Console:
        """Where tables go."""
        return self._out

    @property
    def nobody_reads(self) -> bool:
        """Whether the results' reader has gone, so that a command without end should end."""
        out = outlet(sys.stdout)
        return out is not None and out.nobody_reads

    def document(self, document: Mapping[str, Any]) -> None:
        """The one JSON document of a command, indented."""
        self._write(document, indent=2)

    def json_line(self, document: Mapping[str, Any]) -> None:
        """One JSON document of many, on a line."""
        self._write(document, indent=None)

    def table(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> None:
        """A table, as `grid` draws it."""
        self._out.print(self.grid(columns, rows), soft_wrap=not self._out.is_terminal)

    def grid(self, columns: Sequence[str], rows: Sequence[Sequence[object]]) -> RenderableType:
        """A table that fits where results go."""
        return grid(columns, rows, self._out.width if self._out.is_terminal else None)

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

    def notes(self, text: str) -> None:
        """Several lines for the person, on stderr."""
        for line in text.splitlines():
            self.note(line)

    def error(self, text: str) -> None:
        """The one line of an error, on stderr."""
        shown = Text("globalws: ", style="bold red").append(Text(printable(text), style="default"))
        self._notes.print(shown, soft_wrap=True)

    def _write(self, document: Mapping[str, Any], indent: int | None) -> None:
        text = json.dumps(document, indent=indent, ensure_ascii=False)
        try:
            text.encode(sys.stdout.encoding or "utf-8")
        except UnicodeEncodeError:  # JSON can escape what the encoding lacks
            text = json.dumps(document, indent=indent)
        sys.stdout.write(text + "\n")
        sys.stdout.flush()


def _console(*, stderr: bool) -> Console:
    return Console(stderr=stderr, highlight=False, markup=False, emoji=False)
