"""Sheets of names and values: a name at the head of every column, or of every row, and its values behind it."""

from __future__ import annotations

from dataclasses import dataclass

from egovsim.errors import DataError
from egovsim.readers.data.cells import Cell, Sheet, cell_name


@dataclass(frozen=True, slots=True)
class NamedColumn:
    """A name and the cells behind it.

    Parameters
    ----------
    name : str
        The name; empty where the first cell is.
    sheet : Sheet
        Where it stands.
    cells : tuple of tuple of int
        Rows and columns of the cells behind it, the last that holds something being the last; some may be empty.
    """

    name: str
    sheet: Sheet
    cells: tuple[tuple[int, int], ...]

    @property
    def place(self) -> str:
        """The column as a message names it."""
        return f'{self.sheet.place}, "{self.name}"'

    @property
    def values(self) -> list[Cell]:
        """What the cells hold, empty ones left out."""
        return [self.sheet.cells[at] for at in self.cells if at in self.sheet.cells]

    def number(self, at: tuple[int, int], *, what: str, place: str) -> float | None:
        """Return the number in a cell.

        Parameters
        ----------
        at : tuple of int
            Row and column.
        what : str
            What it should be, for a message.
        place : str
            What a message begins with.

        Returns
        -------
        float or None
            None where the cell is empty.

        Raises
        ------
        DataError
            It holds a text.
        """
        value = self.sheet.cells.get(at)
        if isinstance(value, str):
            raise DataError(f"{place}: {self.sheet.place}, cell {cell_name(*at)} holds '{value}', which is no {what}.")
        return value


def named_columns(sheet: Sheet, *, across: bool) -> list[NamedColumn]:
    """Cut a sheet into named columns.

    Parameters
    ----------
    sheet : Sheet
        The sheet.
    across : bool
        Whether names stand in the first column and the values of each in its row.

    Returns
    -------
    list of NamedColumn
        In the order of the sheet; what is empty is left out.
    """
    last: dict[int, int] = {}
    for row, column in sheet.cells:
        line, step = (row, column) if across else (column, row)
        last[line] = max(last.get(line, 0), step)
    return [_column(sheet, line, last[line], across=across) for line in sorted(last)]


def _column(sheet: Sheet, line: int, last: int, *, across: bool) -> NamedColumn:
    def at(step: int) -> tuple[int, int]:
        return (line, step) if across else (step, line)

    head = sheet.cells.get(at(0), "")
    name = head if isinstance(head, str) else f"{head:.17g}"
    return NamedColumn(name, sheet, tuple(map(at, range(1, last + 1))))
