"""A plain table whose heads may take several lines and stand on the line above the figures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from egovsim.terminal import plain_table

if TYPE_CHECKING:
    from rich.table import Table

_NAME_WIDTH = 30


def headed_table(names: Sequence[str], figures: Sequence[str]) -> Table:
    """Return an empty table.

    Parameters
    ----------
    names : sequence of str
        Heads of columns of text, to the left; long texts are wrapped.
    figures : sequence of str
        Heads of columns of figures, to the right.

    Returns
    -------
    rich.table.Table
        Rows are to be added.
    """
    table = plain_table()
    height = max(head.count("\n") for head in (*names, *figures))
    for head in names:
        table.add_column("\n" * (height - head.count("\n")) + head, max_width=_NAME_WIDTH)
    for head in figures:
        table.add_column("\n" * (height - head.count("\n")) + head, justify="right", no_wrap=True)
    return table
