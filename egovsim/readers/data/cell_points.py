"""Points of series and lookups that stand in cells: which cells are points, and which Vensim leaves out."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from egovsim.readers.data.cells import Sheet
from egovsim.readers.data.checked_cells import number_at

Position = tuple[int, int]
LeaveOut = Callable[[Position, str], None]
"""Is told of a cell that is left out, and why."""


def positions_on(sheet: Sheet, axis: Sequence[Position], leave_out: LeaveOut) -> list[float | None]:
    """Return where on an axis the values beside it stand.

    Parameters
    ----------
    sheet : Sheet
        The sheet.
    axis : sequence of tuple of int
        Rows and columns of the axis.
    leave_out : callable
        Told of every text: Vensim leaves out what has no number for its place (recorded runs show it).

    Returns
    -------
    list of float or None
        None where there is no number.
    """
    found: list[float | None] = []
    for at in axis:
        position = sheet.cells.get(at)
        if isinstance(position, str):
            leave_out(at, f"holds '{position}' where a number places a value; the value is left out")
        found.append(None if isinstance(position, str) else position)
    return found


def points_of_series(
    sheet: Sheet, positions: Sequence[float | None], cells: Sequence[Position], leave_out: LeaveOut
) -> list[tuple[float, float]]:
    """Return the points of a series.

    Vensim leaves out a point whose value is empty or a text, as runs of it show (models/directdata_invalidcell of
    SDEverywhere has one recorded).

    Parameters
    ----------
    sheet : Sheet
        The sheet.
    positions : sequence of float or None
        From `positions_on`.
    cells : sequence of tuple of int
        Rows and columns of the values, as many.
    leave_out : callable
        Told of every text.

    Returns
    -------
    list of tuple of float
        Times and values, in the order of the cells.
    """
    found: list[tuple[float, float]] = []
    for position, at in zip(positions, cells, strict=True):
        value = sheet.cells.get(at)
        if position is None or value is None:
            continue
        if isinstance(value, str):
            leave_out(at, f"holds '{value}' where a value of a series stands; it is left out")
        else:
            found.append((position, value))
    return found


def points_of_lookup(
    sheet: Sheet, positions: Sequence[float | None], cells: Sequence[Position], place: str, leave_out: LeaveOut
) -> list[tuple[float, float]]:
    """Return the points of a lookup.

    Vensim reads the point after an empty cell as 0, which SDEverywhere takes for a fault of Vensim's
    (models/directlookups_invalidcell, a recorded run): here that point keeps its value, and the cell is named.

    Parameters
    ----------
    sheet : Sheet
        The sheet.
    positions : sequence of float or None
        From `positions_on`.
    cells : sequence of tuple of int
        Rows and columns of the values, as many.
    place : str
        What a message begins with.
    leave_out : callable
        Told of every empty cell between two points.

    Returns
    -------
    list of tuple of float
        In the order of the cells.

    Raises
    ------
    DataError
        A cell holds a text.
    """
    found: list[tuple[float, float]] = []
    empty: list[Position] = []
    for position, at in zip(positions, cells, strict=True):
        if position is None:
            continue
        if at not in sheet.cells:
            empty.append(at)
            continue
        for gap in empty if found else ():
            leave_out(gap, "is empty, and the point is left out; Vensim reads the one after it as 0")
        empty.clear()
        found.append((position, number_at(sheet, *at, place)))
    return found
