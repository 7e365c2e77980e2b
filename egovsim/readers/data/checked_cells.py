"""Cells that a model asks for, or one clear reason why they do not hold what it needs."""

from __future__ import annotations

import re

from egovsim.errors import DataError, suggestion
from egovsim.readers.data.cells import Area, Sheet, cell_name, column_number


def area_in(sheet: Sheet, written: str, place: str) -> Area:
    """Return the block that a text stands for.

    Parameters
    ----------
    sheet : Sheet
        The sheet.
    written : str
        A cell or the name of a range.
    place : str
        What a message begins with.

    Returns
    -------
    Area
        Of the sheet.

    Raises
    ------
    DataError
        It is neither.
    """
    area = sheet.area(written)
    if area is None:
        near = suggestion(written, sheet.areas) if sheet.areas else "; write a cell such as B5"
        raise DataError(f'{place}: "{written}" is neither a cell nor a named range of {sheet.place}{near}.')
    return area


def refuse_other_shape(sheet: Sheet, area: Area, written: str, down: int, across: int, place: str) -> None:
    """Raise an error for a named range of another shape than the left side; a single cell is where reading begins.

    Parameters
    ----------
    sheet : Sheet
        The sheet.
    area : Area
        The range.
    written : str
        Its name, or a cell.
    down, across : int
        How many rows and columns are needed.
    place : str
        What a message begins with.

    Raises
    ------
    DataError
        The range has a name, and another number of rows or columns.
    """
    named = written.rstrip("*").strip().lower() in sheet.areas
    if named and (area.rows, area.columns) not in ((down, across), (1, 1)):
        hint = '; a "*" after the name turns it' if (area.rows, area.columns) == (across, down) else ""
        raise DataError(
            f'{place}: the range "{written}" of {sheet.place} has {area.rows} rows and {area.columns} columns, '
            f"and {down} and {across} are needed{hint or '; name a range of that size'}."
        )


def number_at(sheet: Sheet, row: int, column: int, place: str) -> float:
    """Return the number in a cell.

    Parameters
    ----------
    sheet : Sheet
        The sheet.
    row, column : int
        Counted from 0.
    place : str
        What a message begins with.

    Returns
    -------
    float
        The number.

    Raises
    ------
    DataError
        The cell is empty, or holds a text.
    """
    value = sheet.cells.get((row, column))
    if value is None:
        raise DataError(f"{place}: {sheet.place}, cell {cell_name(row, column)} is empty; write a number there.")
    if isinstance(value, str):
        raise DataError(
            f"{place}: {sheet.place}, cell {cell_name(row, column)} holds '{value}', which is not a number; "
            "write one, or leave a cell of a series empty."
        )
    return value


def series_cells(
    sheet: Sheet, axis: str, start: Area, cell: str, count: int, place: str
) -> tuple[list[tuple[int, int]], list[list[tuple[int, int]]]]:
    """Return the cells of an axis, and those of each series along it, in the same order.

    Parameters
    ----------
    sheet : Sheet
        The sheet.
    axis : str
        A row, a column, or the name of a range that is one.
    start : Area
        Where the first series begins.
    cell : str
        The same as it is written.
    count : int
        How many series there are, side by side.
    place : str
        What a message begins with.

    Returns
    -------
    list of tuple of int
        Rows and columns of the axis.
    list of list of tuple of int
        The same of each series.

    Raises
    ------
    DataError
        The axis is none, or a named range has another shape.
    """
    top, left = start.top, start.left
    named = sheet.areas.get(axis.lower())
    if named is None and axis.isdigit() and int(axis) > 0:
        columns = range(left, sheet.last_column + 1)
        series = [[(top + number, column) for column in columns] for number in range(count)]
        return [(int(axis) - 1, column) for column in columns], series
    if named is None and re.fullmatch("[A-Za-z]{1,3}", axis):
        rows = range(top, sheet.last_row + 1)
        series = [[(row, left + number) for row in rows] for number in range(count)]
        return [(row, column_number(axis)) for row in rows], series
    if named is None or min(named.rows, named.columns) > 1:
        near = suggestion(axis, sheet.areas) if named is None and sheet.areas else "; name one row or one column"
        raise DataError(
            f'{place}: "{axis}" is neither a row, a column nor a named range of one in {sheet.place}{near}.'
        )
    across = named.columns > 1 or (named.rows == 1 and start.columns == 1 and start.rows == count)
    length = named.columns if across else named.rows
    refuse_other_shape(sheet, start, cell, *((count, length) if across else (length, count)), place)
    steps = range(length)
    if across:
        series = [[(top + number, left + step) for step in steps] for number in range(count)]
        return [(named.top, named.left + step) for step in steps], series
    series = [[(top + step, left + number) for step in steps] for number in range(count)]
    return [(named.top + step, named.left) for step in steps], series
