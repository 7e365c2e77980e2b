"""Values that a Vensim model takes from other files, made into plain numbers and tables.

``GET XLS …`` and ``GET DIRECT …`` (Vensim's reference, "Data Functions") read cells of spreadsheets and
of delimited text; data variables without an equation take their series from exported runs.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from math import prod
from pathlib import Path

from egovsim.errors import DataError, suggestion
from egovsim.model.expression import ClockValue, LookupKind, Number, Table, TableCall, Unsupported, Where
from egovsim.model.model import LeftOut
from egovsim.model.variable import Equation
from egovsim.names import canonical, element_name
from egovsim.readers.data.exported_runs import Points, read_series, table_of_points
from egovsim.readers.data.spreadsheets import (
    Area,
    Cell,
    Sheet,
    Workbooks,
    cell_name,
    column_number,
)

MODES: Mapping[str, LookupKind] = {
    "": "continuous",
    ":=": "continuous",
    ":interpolate:": "continuous",
    ":hold backward:": "discrete",
    ":look forward:": "forward",
    ":raw:": "raw",
}
"""How a series goes on between its points, by Vensim's keyword (its reference, "Data Equations")."""

_REQUEST = re.compile(
    r"\s*GET[\s_]+(?:XLS|DIRECT)[\s_]+(?P<what>CONSTANTS|DATA|LOOKUPS|SUBSCRIPT)\s*\((?P<inside>.*)\)\s*",
    re.IGNORECASE | re.DOTALL,
)
_ARGUMENTS = {"constants": 3, "data": 4, "lookups": 4, "subscript": 5}


@dataclass(frozen=True, slots=True)
class Request:
    """A call of one of the ``GET …`` functions: `what` it reads, and its arguments without quotation marks."""

    what: str
    arguments: tuple[str, ...]


def request_in(text: str, *, place: str) -> Request | None:
    """Read a ``GET …`` call; None where the text is something else.

    Raises
    ------
    DataError
        It has too few or too many arguments, or one that is no text between quotation marks.
    """
    found = _REQUEST.fullmatch(text)
    if found is None:
        return None
    what, inside = found["what"].lower(), found["inside"]
    arguments = re.findall(r"'([^']*)'", inside)
    if re.sub(r"'[^']*'|[\s,]", "", inside) or len(arguments) != _ARGUMENTS[what]:
        raise DataError(
            f"{place}: GET {what.upper()} takes {_ARGUMENTS[what]} texts between quotation marks (file, sheet, …); "
            f"it has '{' '.join(inside.split())}'."
        )
    # The fifth is what a dimension's elements begin with; a blank at its end is part of it.
    return Request(what, (*(argument.strip() for argument in arguments[:4]), *arguments[4:]))


@dataclass(frozen=True, slots=True)
class Left:
    """The left side of an equation whose values come from another file.

    `sign` is what stands between the sides: ``=``, ``(`` or a keyword of `MODES`; `choices` are, for
    each subscript, the ids of the elements it stands for, one for an element.
    """

    name: str
    sign: str
    choices: tuple[tuple[str, ...], ...]
    where: Where

    @property
    def place(self) -> str:
        """The place as a message begins with it."""
        return f'{self.where}, "{self.name}"'

    @property
    def elements(self) -> list[tuple[str, ...]]:
        """Every combination of elements, the last fastest."""
        return list(product(*self.choices))

    @property
    def lengths(self) -> list[int]:
        """The numbers of elements of the subscripts that stand for several."""
        return [len(choice) for choice in self.choices if len(choice) > 1]


@dataclass
class DataFiles:
    """What stands in the files beside one model.

    Parameters
    ----------
    folder : Path
        The model's folder.
    given : sequence of Path
        Exported runs that hold the series of data variables; a later one replaces an earlier one.
    tags : mapping of str to str
        The files that names such as ``?scenario`` stand for, by those names in lower case.
    left_out : dict
        Values that have no number for their place, by that cell; each is named once.
    """

    folder: Path
    given: Sequence[Path] = ()
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    left_out: dict[str, LeftOut] = field(default_factory=dict[str, LeftOut])

    def __post_init__(self) -> None:
        self._books = Workbooks(self.folder, self.tags)
        self._series: dict[tuple[str, tuple[str, ...]], Points] | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The files that were read, by their paths from the model's folder."""
        read = [*self._books.paths, *(self.given if self._series is not None else ())]
        return tuple(str(one.relative_to(self.folder) if one.is_relative_to(self.folder) else one) for one in read)

    def equations(self, left: Left, right: str) -> list[Equation] | None:
        """Return the equations of a left side whose values come from another file; None where they do not.

        Parameters
        ----------
        left : Left
            The left side.
        right : str
            What stands to the right of the sign.

        Raises
        ------
        DataError
            A file, sheet, cell or number is missing.
        """
        request = request_in(right, place=left.place)
        kind = MODES.get(left.sign.lower(), "continuous")
        if request is not None and request.what == "subscript":
            raise DataError(f'{left.place}: GET SUBSCRIPT gives elements, not values; write it after "name :".')
        if request is None:
            return self._exported(left, kind) if left.sign.lower() in MODES and not right.strip() else None
        if request.what == "constants":
            values = self.constants(request, left.lengths, place=left.place)
            numbers = zip(left.elements, values, strict=True)
            return [Equation(Number(value, left.where), elements=ids) for ids, value in numbers]
        tables = zip(left.elements, self._tables(request, left, kind), strict=True)
        if request.what == "lookups":
            return [Equation(None, elements=ids, table=table) for ids, table in tables]
        return [Equation(_over_time(table, left.where), elements=ids) for ids, table in tables]

    def _exported(self, left: Left, kind: LookupKind) -> list[Equation]:
        """Return the series of a data variable; where one is missing, an equation that cannot be run says so."""
        found: list[Equation] = []
        for ids in left.elements:
            table = self.series(canonical(left.name), ids, kind, place=left.place)
            if table is None:
                name = element_name(left.name, ids)
                reason = f'"{name}" is a data variable, and no series of it is given; read the model with data=[file]'
                found.append(Equation(Unsupported(name, reason, left.where), elements=ids))
            else:
                found.append(Equation(_over_time(table, left.where), elements=ids))
        return found

    # Cells

    def constants(self, request: Request, lengths: Sequence[int], *, place: str) -> list[float]:
        """Read constants: the last dimension goes across, the one before it down, both turned by a ``*``.

        Parameters
        ----------
        request : Request
            What to read.
        lengths : sequence of int
            How many elements each dimension of the left side has, none for a number.

        Returns
        -------
        list of float
            The last dimension fastest.

        Raises
        ------
        DataError
            A file, sheet, cell or number is missing; the message begins with `place`.
        """
        file, tab, cell = request.arguments
        sheet = self._books.sheet(file, tab, place=place)
        turned = cell.endswith("*")
        start = _area(sheet, cell.rstrip("*"), place)
        if len(lengths) > 2:
            raise DataError(
                f"{place}: GET CONSTANTS reads 2 dimensions at most, and the left side has {len(lengths)}; "
                "write an equation for each element of the others."
            )
        rows, columns = (1, 1, *lengths)[-2:]
        down, across = (columns, rows) if turned else (rows, columns)
        _fits(sheet, start, cell, down, across, place)
        block = [[_number(sheet, start.top + i, start.left + j, place) for j in range(across)] for i in range(down)]
        return [block[j][i] if turned else block[i][j] for i in range(rows) for j in range(columns)]

    def _tables(self, request: Request, left: Left, kind: LookupKind) -> list[Table]:
        """Read a series, or the points of a lookup, for each element of the left side."""
        file, tab, axis, cell = request.arguments
        sheet = self._books.sheet(file, tab, place=left.place)
        start = _area(sheet, cell, left.place)
        x, rows = _series_cells(sheet, axis, start, cell, prod(left.lengths), left.place)
        return [self._table(sheet, x, row, kind, left) for row in rows]

    def _table(
        self,
        sheet: Sheet,
        x: Sequence[tuple[int, int]],
        y: Sequence[tuple[int, int]],
        kind: LookupKind,
        left: Left,
    ) -> Table:
        place = left.place
        points: list[tuple[float, float]] = []
        for at, value in zip(x, y, strict=True):
            position = sheet.cells.get(at)
            if isinstance(position, str):
                # Vensim leaves out what has no number for its place (recorded runs show it).
                cell = f"{sheet.place}, cell {cell_name(*at)}"
                text = f"{cell} holds '{position}' where a number places a value; the value is left out"
                self.left_out.setdefault(cell, LeftOut(left.name, text, left.where))
            elif position is not None and value in sheet.cells:
                points.append((position, _number(sheet, *value, place)))
        return table_of_points(
            points, kind, place, f"{sheet.place}, from cell {cell_name(*y[0])} on" if y else sheet.place
        )

    def elements(self, request: Request, *, place: str) -> tuple[str, ...]:
        """Read the elements of a dimension, across and then down; empty cells are passed over.

        Raises
        ------
        DataError
            A file, sheet or cell is missing, or no cell holds a name.
        """
        if request.what != "subscript":
            raise DataError(
                f"{place}: GET {request.what.upper()} gives values, not elements; write GET DIRECT SUBSCRIPT."
            )
        file, tab, first, last, prefix = request.arguments
        sheet = self._books.sheet(file, tab, place=place)
        start = _area(sheet, first, place)
        if first.lower() in sheet.areas:
            bottom, right = start.bottom, start.right
        elif last.isdigit():
            bottom, right = int(last) - 1, sheet.last_column
        elif re.fullmatch("[A-Za-z]{1,3}", last):
            bottom, right = sheet.last_row, column_number(last)
        elif last:
            end = _area(sheet, last, place)
            bottom, right = end.bottom, end.right
        else:
            bottom, right = sheet.last_row, sheet.last_column
        cells = product(range(start.top, bottom + 1), range(start.left, right + 1))
        names = [_element(sheet.cells[at]) for at in cells if at in sheet.cells]
        if not names:
            raise DataError(
                f"{place}: {sheet.place} names no element from cell {first} to {last or 'the end'}; write them there."
            )
        return tuple(f"{prefix}{name}" for name in names)

    # Exported runs

    def series(self, name: str, elements: tuple[str, ...], kind: LookupKind, *, place: str) -> Table | None:
        """Return the series of a data variable, or of one element of it; None where no given file has it."""
        if self._series is None:
            self._series = {}
            for path in self.given:
                self._series.update(read_series(path))
        points = self._series.get((name, elements))
        return None if points is None else table_of_points(points, kind, place, "the given data")


# Cells, checked


def _area(sheet: Sheet, written: str, place: str) -> Area:
    area = sheet.area(written)
    if area is None:
        near = suggestion(written, sheet.areas) if sheet.areas else "; write a cell such as B5"
        raise DataError(f'{place}: "{written}" is neither a cell nor a named range of {sheet.place}{near}.')
    return area


def _fits(sheet: Sheet, area: Area, written: str, down: int, across: int, place: str) -> None:
    """Refuse a named range of another shape than the left side; a single cell is where reading begins."""
    named = written.rstrip("*").strip().lower() in sheet.areas
    if named and (area.rows, area.columns) not in ((down, across), (1, 1)):
        hint = '; a "*" after the name turns it' if (area.rows, area.columns) == (across, down) else ""
        raise DataError(
            f'{place}: the range "{written}" of {sheet.place} has {area.rows} rows and {area.columns} columns, '
            f"and {down} and {across} are needed{hint or '; name a range of that size'}."
        )


def _number(sheet: Sheet, row: int, column: int, place: str) -> float:
    value = sheet.cells.get((row, column))
    if value is None:
        raise DataError(f"{place}: {sheet.place}, cell {cell_name(row, column)} is empty; write a number there.")
    if isinstance(value, str):
        raise DataError(
            f"{place}: {sheet.place}, cell {cell_name(row, column)} holds '{value}', which is not a number; "
            "write one, or leave a cell of a series empty."
        )
    return value


def _series_cells(
    sheet: Sheet, axis: str, start: Area, cell: str, count: int, place: str
) -> tuple[list[tuple[int, int]], list[list[tuple[int, int]]]]:
    """Return the cells of the axis, and those of each of `count` series, in the same order."""
    top, left = start.top, start.left
    named = sheet.areas.get(axis.lower())
    if named is None and axis.isdigit() and int(axis) > 0:
        columns = range(left, sheet.last_column + 1)
        return [(int(axis) - 1, j) for j in columns], [[(top + i, j) for j in columns] for i in range(count)]
    if named is None and re.fullmatch("[A-Za-z]{1,3}", axis):
        rows = range(top, sheet.last_row + 1)
        return [(i, column_number(axis)) for i in rows], [[(i, left + j) for i in rows] for j in range(count)]
    if named is None or min(named.rows, named.columns) > 1:
        near = suggestion(axis, sheet.areas) if named is None and sheet.areas else "; name one row or one column"
        raise DataError(
            f'{place}: "{axis}" is neither a row, a column nor a named range of one in {sheet.place}{near}.'
        )
    across = named.columns > 1 or (named.rows == 1 and start.columns == 1 and start.rows == count)
    length = named.columns if across else named.rows
    _fits(sheet, start, cell, *((count, length) if across else (length, count)), place)
    places = [(named.top, named.left + k) if across else (named.top + k, named.left) for k in range(length)]
    series = [[(top + i, left + k) if across else (top + k, left + i) for k in range(length)] for i in range(count)]
    return places, series


def _over_time(table: Table, where: Where) -> TableCall:
    return TableCall(table, ClockValue("step time", where), where)


def _element(value: Cell) -> str:
    """Return an element's name; 1.0 is how a spreadsheet keeps a 1."""
    return value if isinstance(value, str) else f"{value:.17g}"
