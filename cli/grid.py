"""A table that keeps words whole: in columns or, where those do not fit, a line for each value."""

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from cli.domain.text import printable

_GAP = 2
_GOOD = frozenset({"yes", "ok", "confirmed", "live", "redriven", "reachable"})
_BAD = frozenset({"no", "failed", "not confirmed", "unreachable", "superseded", "refused"})


def grid(
    columns: Sequence[str], rows: Sequence[Sequence[object]], width: int | None
) -> RenderableType:
    """The rows under their columns' names; a cell that is a state is coloured.

    Args:
        width: the characters of a line of the terminal; None if lines have no end, as in a pipe.
    """
    cells = [[_cell(value) for value in row] for row in rows]
    by_column = [
        [Text(name, style="bold"), *(row[number] for row in cells)]
        for number, name in enumerate(columns)
    ]
    most = [max(text.cell_len for text in texts) for texts in by_column]
    least = [max(_longest_word(text) for text in texts) for texts in by_column]
    gaps = _GAP * (len(columns) - 1)
    if width is None:
        return Group(*(_line(row, most) for row in zip(*by_column, strict=True)))
    if sum(least) + gaps <= width:
        return _table(columns, cells, _widths(least, most, width - gaps))
    return _records(columns, cells)


def _table(columns: Sequence[str], cells: list[list[Text]], widths: Sequence[int]) -> Table:
    table = Table(box=None, pad_edge=False, padding=(0, _GAP, 0, 0), header_style="bold")
    for name, width in zip(columns, widths, strict=True):
        table.add_column(name, width=width, overflow="fold")
    for row in cells:
        table.add_row(*row)
    return table


def _line(row: Sequence[Text], widths: Sequence[int]) -> Text:
    line = Text()
    for text, width in zip(row, widths, strict=True):
        line.append_text(text).append(" " * (width - text.cell_len + _GAP))
    line.rstrip()
    return line


def _records(columns: Sequence[str], cells: list[list[Text]]) -> Group:
    lines: list[Text] = []
    for row in cells:
        lines += [Text("")] if lines else []
        for name, cell in zip(columns, row, strict=True):
            label = Text(f"{name}: " if name else "", style="bold")
            lines.append(Text.assemble(label, cell, overflow="fold"))
    return Group(*lines)


def _widths(least: Sequence[int], most: Sequence[int], room: int) -> list[int]:
    """Each column's width: its longest word, and a fair share of what is left over."""
    widths = list(least)
    spare = room - sum(least)
    by_need = sorted(range(len(widths)), key=lambda number: most[number] - least[number])
    for done, number in enumerate(by_need):
        share = min(most[number] - least[number], spare // (len(widths) - done))
        widths[number] += share
        spare -= share
    return widths


def _longest_word(text: Text) -> int:
    return max((Text(word).cell_len for word in text.plain.split()), default=1)


def _cell(value: object) -> Text:
    text = "-" if value is None or value == "" else str(value)
    if isinstance(value, bool):
        text = "yes" if value else "no"
    style = "green" if text in _GOOD else "red" if text in _BAD else ""
    return Text(printable(text), style=style)
