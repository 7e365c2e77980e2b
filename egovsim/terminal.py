"""Tables for a terminal or a pipe: how all of them look, and texts that are no markup."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


def plain_table() -> Table:
    """Return an empty table with a line under its heads and no frame.

    Returns
    -------
    rich.table.Table
        To which columns and rows are added.
    """
    from rich import box
    from rich.table import Table

    return Table(box=box.SIMPLE_HEAD, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0), header_style="bold")


def natural_width(table: Table) -> int:
    """Return how wide a table is when nothing in it wraps.

    Parameters
    ----------
    table : rich.table.Table
        With all its rows.

    Returns
    -------
    int
        In characters.
    """
    from rich.console import Console

    return Console(width=1000).measure(table).maximum


def bullet(text: str) -> RenderableType:
    """Return a text as an entry of a list, whose further lines are indented.

    Parameters
    ----------
    text : str
        Printed as it is written.

    Returns
    -------
    RenderableType
        To be printed.
    """
    from rich.table import Table
    from rich.text import Text

    grid = Table.grid(padding=(0, 1, 0, 0))
    grid.add_row("*", Text(text))
    return grid


def escaped(text: str) -> str:
    """Return a text that is printed as it is written: a name such as ``Staff[office]`` is no style.

    Parameters
    ----------
    text : str
        Any.

    Returns
    -------
    str
        With its brackets escaped.
    """
    from rich.markup import escape

    return escape(text)
