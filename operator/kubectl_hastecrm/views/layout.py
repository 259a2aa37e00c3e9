"""Pieces that every page is made of."""

from collections.abc import Iterable, Sequence
from typing import Final

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

Cell = str | Text
_STYLES: Final = {
    "Ready": "good",
    "Promoted": "good",
    "Complete": "good",
    "Running": "good",
    "Succeeded": "good",
    "Safe": "good",
    "Degraded": "bad",
    "Failed": "bad",
    "Missing": "bad",
    "Frozen": "bad",
    "Freeze": "bad",
    "RolledBack": "bad",
    "Stalled": "bad",
}


def styled(word: str) -> Text:
    """Return a phase or verdict in the colour of what it means."""
    return Text(word, style=_STYLES.get(word, "busy"))


def table(columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> Table:
    """Return columns as kubectl writes them."""
    made = Table(box=None, pad_edge=False, header_style="heading", show_edge=False)
    for column in columns:
        made.add_column(column, overflow="fold", no_wrap=column in {"NAME", "NAMESPACE", "POD"})
    for row in rows:
        made.add_row(*row)
    return made


def section(title: str, *parts: RenderableType) -> Group:
    """Return a heading with what belongs to it."""
    return Group(Text(), Text(title, style="heading"), *(Padding(part, (0, 0, 0, 2)) for part in parts))


def pairs(rows: Iterable[tuple[str, Cell]]) -> Table:
    """Return names and values, one a line."""
    made = Table.grid(padding=(0, 2, 0, 0))
    made.add_column(style="quiet", no_wrap=True)
    made.add_column(overflow="fold")
    for name, value in rows:
        made.add_row(name, value)
    return made
