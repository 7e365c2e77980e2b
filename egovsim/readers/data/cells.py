"""Sheets as cells: what stands where, and which ranges have names."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

Cell = float | str
"""What a cell holds: a number, or a text that is none."""

_CELL = re.compile(r"\$?(?P<column>[a-z]{1,3})\$?(?P<row>\d+)", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_FIRST = frozenset("+-.0123456789")
"""What a number begins with."""

_AREA = re.compile(r"(?:'?(?P<sheet>.*?)'?!)?(?P<first>\$?[a-z]+\$?\d+)(?::(?P<last>\$?[a-z]+\$?\d+))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Area:
    """A block of cells.

    Parameters
    ----------
    top, left, bottom, right : int
        Rows and columns counted from 0, both ends inside.
    """

    top: int
    left: int
    bottom: int
    right: int

    @property
    def rows(self) -> int:
        """How many rows it has."""
        return self.bottom - self.top + 1

    @property
    def columns(self) -> int:
        """How many columns it has."""
        return self.right - self.left + 1


@dataclass(frozen=True)
class Sheet:
    """One sheet of a spreadsheet, or a file of delimited text.

    Parameters
    ----------
    file : str
        The file's name.
    name : str
        The sheet's name; empty of delimited text.
    cells : mapping of tuple of int to float or str
        The cells that hold something, by row and column from 0.
    areas : mapping of str to Area
        Its named ranges, in lower case.
    """

    file: str
    name: str
    cells: Mapping[tuple[int, int], Cell]
    areas: Mapping[str, Area] = field(default_factory=dict[str, Area])

    @property
    def place(self) -> str:
        """The sheet as a message names it."""
        return f'"{self.file}", sheet "{self.name}"' if self.name else f'"{self.file}"'

    @cached_property
    def last_row(self) -> int:
        """The last row that holds something; -1 where none does."""
        return max((row for row, _ in self.cells), default=-1)

    @cached_property
    def last_column(self) -> int:
        """The last column that holds something; -1 where none does."""
        return max((column for _, column in self.cells), default=-1)

    def area(self, written: str) -> Area | None:
        """Return the block that a text stands for.

        Parameters
        ----------
        written : str
            A cell (``B5``), or the name of a range.

        Returns
        -------
        Area or None
            None where it is neither.
        """
        named = self.areas.get(written.strip().lower())
        return named or area_of(written)


def area_of(written: str) -> Area | None:
    """Read a block of cells.

    Parameters
    ----------
    written : str
        ``B5``, ``$B$5`` or ``B5:C7``.

    Returns
    -------
    Area or None
        None where it is no such text.
    """
    found = _AREA.fullmatch(written.strip())
    first = _position(found["first"]) if found else None
    if found is None or first is None:
        return None
    last = _position(found["last"]) if found["last"] else first
    return None if last is None else Area(*first, *last)


def _position(written: str) -> tuple[int, int] | None:
    found = _CELL.fullmatch(written)
    if found is None or int(found["row"]) < 1:
        return None
    return int(found["row"]) - 1, column_number(found["column"])


def column_number(letters: str) -> int:
    """Return the number of a column.

    Parameters
    ----------
    letters : str
        ``A``, ``Z``, ``AA``.

    Returns
    -------
    int
        From 0.
    """
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def cell_name(row: int, column: int) -> str:
    """Return the name of a cell.

    Parameters
    ----------
    row, column : int
        Counted from 0.

    Returns
    -------
    str
        ``B5`` for row 4 and column 1.
    """
    letters, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row + 1}"


def cell_of(raw: object) -> Cell | None:
    """Return what a cell holds.

    Parameters
    ----------
    raw : object
        As a library gives it.

    Returns
    -------
    float, str or None
        A number, a text that is none, or None where the cell is empty.
    """
    if raw is None:
        return None
    if isinstance(raw, (bool, int, float)):
        return float(raw) if math.isfinite(raw) else str(raw)
    text = str(raw).strip()
    if not text or text[0] not in _FIRST or not _NUMBER.fullmatch(text):
        return text or None
    value = float(text)
    return value if math.isfinite(value) else text


def filled(cells: Iterable[tuple[int, int, object]]) -> dict[tuple[int, int], Cell]:
    """Return the cells that hold something.

    Parameters
    ----------
    cells : iterable of tuple of int, int and object
        Row and column from 0, and what a library gives as the content.

    Returns
    -------
    dict of tuple of int to float or str
        By row and column.
    """
    found = ((row, column, cell_of(raw)) for row, column, raw in cells)
    return {(row, column): value for row, column, value in found if value is not None}


def named_areas(names: Mapping[str, str], sheet: str) -> dict[str, Area]:
    """Return the named ranges that lie on a sheet.

    Parameters
    ----------
    names : mapping of str to str
        What each name of a file stands for, as in ``'Sheet 1'!$B$5:$C$7``.
    sheet : str
        The sheet's name.

    Returns
    -------
    dict of str to Area
        By name in lower case; a name that stands for anything else than a block is left out.
    """
    found: dict[str, Area] = {}
    for name, text in names.items():
        match = _AREA.fullmatch(text.strip())
        if match is None or (match["sheet"] or "").replace("''", "'").lower() != sheet.lower():
            continue
        area = area_of(text)
        if area is not None:
            found[name.lower()] = area
    return found
