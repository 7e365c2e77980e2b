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
from egovsim.model.expression import ClockValue, LookupKind, Number, Table, TableCall, Where
from egovsim.model.model import LeftOut
from egovsim.model.variable import Equation
from egovsim.names import canonical, element_name
from egovsim.readers.data.cell_points import points_of_lookup, points_of_series, positions_on
from egovsim.readers.data.cells import Cell, cell_name, column_number
from egovsim.readers.data.checked_cells import area_in, number_at, refuse_other_shape, series_cells
from egovsim.readers.data.exported_runs import Points, read_series, table_of_points
from egovsim.readers.data.given import MissingData
from egovsim.readers.data.missing_series import no_series, not_a_number
from egovsim.readers.data.spreadsheets import Workbooks

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
    """A call of one of the ``GET …`` functions.

    Parameters
    ----------
    what : str
        What it reads: ``constants``, ``data``, ``lookups`` or ``subscript``.
    arguments : tuple of str
        Its arguments without quotation marks.
    """

    what: str
    arguments: tuple[str, ...]


def request_in(text: str, *, place: str) -> Request | None:
    """Read a ``GET …`` call.

    Parameters
    ----------
    text : str
        A right side, or a part of one.
    place : str
        What a message begins with.

    Returns
    -------
    Request or None
        None where the text is something else.

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

    Parameters
    ----------
    name : str
        Of the variable.
    sign : str
        What stands between the sides: ``=``, ``(`` or a keyword of `MODES`.
    axes : tuple of tuple of str
        For each subscript the ids of the elements it stands for, one for an element.
    where : Where
        Where it stands.
    """

    name: str
    sign: str
    axes: tuple[tuple[str, ...], ...]
    where: Where

    @property
    def place(self) -> str:
        """The place as a message begins with it."""
        return f'{self.where}, "{self.name}"'

    @property
    def elements(self) -> list[tuple[str, ...]]:
        """Every combination of elements, the last fastest."""
        return list(product(*self.axes))

    @property
    def lengths(self) -> list[int]:
        """The numbers of elements of the subscripts that stand for several."""
        return [len(ids) for ids in self.axes if len(ids) > 1]


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
        The files that the settings say names such as ``?scenario`` stand for, by those names in lower case.
    given_tags : mapping of str to Path
        The same as they are given to the reader; these come first.
    missing : {"refuse", "warn"}
        What becomes of a data variable without a series.
    left_out : dict
        Values that have no number for their place, by that cell; each is named once.
    """

    folder: Path
    given: Sequence[Path] = ()
    tags: Mapping[str, str] = field(default_factory=dict[str, str])
    given_tags: Mapping[str, Path] = field(default_factory=dict[str, Path])
    missing: MissingData = "refuse"
    left_out: dict[str, LeftOut] = field(default_factory=dict[str, LeftOut])

    def __post_init__(self) -> None:
        self._books = Workbooks(self.folder, self.tags, self.given_tags)
        self._series: dict[tuple[str, tuple[str, ...]], Points] | None = None

    @property
    def sources(self) -> tuple[str, ...]:
        """The files that were read, by their paths from the model's folder."""
        read = [*self._books.paths, *(self.given if self._series is not None else ())]
        return tuple(str(path.relative_to(self.folder) if path.is_relative_to(self.folder) else path) for path in read)

    def refuse_unused_tags(self, file: str) -> None:
        """Raise an error for a tag that is given and that no call names.

        Parameters
        ----------
        file : str
            The model's file, for the message.

        Raises
        ------
        DataError
            There is one; the tags of the model are named.
        """
        for tag in self.given_tags:
            if tag not in self._books.tags_used:
                known = suggestion(tag, self._books.tags_used) or "; it has no such names"
                raise DataError(f'{file}: a file is given for "{tag}", which nothing in this model names{known}.')

    def equations(self, left: Left, right: str) -> list[Equation] | None:
        """Return the equations of a left side whose values come from another file.

        Parameters
        ----------
        left : Left
            The left side.
        right : str
            What stands to the right of the sign.

        Returns
        -------
        list of Equation or None
            One for each element; None where the values stand in the model itself.

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
            values = self._constants(request, left.lengths, left.place)
            numbers = zip(left.elements, values, strict=True)
            return [Equation(Number(value, left.where), elements=ids) for ids, value in numbers]
        tables = zip(left.elements, self._tables(request, left, kind), strict=True)
        if request.what == "lookups":
            return [Equation(None, elements=ids, table=table) for ids, table in tables]
        return [Equation(_over_time(table, left.where), elements=ids) for ids, table in tables]

    def _exported(self, left: Left, kind: LookupKind) -> list[Equation]:
        """Return the series of a data variable; where one is missing, what stands for it."""
        found: list[Equation] = []
        for ids in left.elements:
            table = self.series(canonical(left.name), ids, kind, place=left.place)
            if table is None:
                name = element_name(left.name, ids)
                value = not_a_number(left.where) if self.missing == "warn" else no_series(name, left.where)
                found.append(Equation(value, elements=ids))
            else:
                found.append(Equation(_over_time(table, left.where), elements=ids))
        return found

    # Cells

    def _constants(self, request: Request, lengths: Sequence[int], place: str) -> list[float]:
        """Read constants, the last dimension fastest: it goes across, the one before it down, turned by a ``*``."""
        file, tab, written = request.arguments
        sheet = self._books.sheet(file, tab, place=place)
        turned = written.endswith("*")
        start = area_in(sheet, written.rstrip("*"), place)
        if len(lengths) > 2:
            raise DataError(
                f"{place}: GET CONSTANTS reads 2 dimensions at most, and the left side has {len(lengths)}; "
                "write an equation for each element of the others."
            )
        rows, columns = (1, 1, *lengths)[-2:]
        down, across = (columns, rows) if turned else (rows, columns)
        refuse_other_shape(sheet, start, written, down, across, place)
        cells = product(range(start.top, start.top + down), range(start.left, start.left + across))
        numbers = [number_at(sheet, *cell, place) for cell in cells]
        places = product(range(rows), range(columns))
        return [numbers[column * across + row if turned else row * across + column] for row, column in places]

    def _tables(self, request: Request, left: Left, kind: LookupKind) -> list[Table]:
        """Read a series, or the points of a lookup, for each element of the left side."""
        file, tab, axis, cell = request.arguments
        sheet = self._books.sheet(file, tab, place=left.place)
        start = area_in(sheet, cell, left.place)
        x, rows = series_cells(sheet, axis, start, cell, prod(left.lengths), left.place)

        def leave_out(at: tuple[int, int], text: str) -> None:
            named = f"{sheet.place}, cell {cell_name(*at)}"
            self.left_out.setdefault(named, LeftOut(left.name, f"{named} {text}", left.where))

        def points(cells: Sequence[tuple[int, int]]) -> list[tuple[float, float]]:
            if request.what == "lookups":
                return points_of_lookup(sheet, positions, cells, left.place, leave_out)
            return points_of_series(sheet, positions, cells, leave_out)

        positions = positions_on(sheet, x, leave_out)
        return [
            table_of_points(points(row), kind, left.place, f"{sheet.place}, from cell {cell_name(*row[0])} on")
            if row
            else table_of_points((), kind, left.place, sheet.place)
            for row in rows
        ]

    def elements(self, request: Request, *, place: str) -> tuple[str, ...]:
        """Read the elements of a dimension, across and then down; empty cells are passed over.

        Parameters
        ----------
        request : Request
            What to read.
        place : str
            What a message begins with.

        Returns
        -------
        tuple of str
            Names of elements.

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
        start = area_in(sheet, first, place)
        if first.lower() in sheet.areas:
            bottom, right = start.bottom, start.right
        elif last.isdigit():
            bottom, right = int(last) - 1, sheet.last_column
        elif re.fullmatch("[A-Za-z]{1,3}", last):
            bottom, right = sheet.last_row, column_number(last)
        elif last:
            end = area_in(sheet, last, place)
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
        """Return the series of a data variable, or of one element of it.

        Parameters
        ----------
        name : str
            The variable's id.
        elements : tuple of str
            Ids; none for a scalar.
        kind : {"continuous", "extrapolate", "discrete", "forward", "raw"}
            How the series goes on between its points.
        place : str
            What a message begins with.

        Returns
        -------
        Table or None
            None where no given file has it.

        Raises
        ------
        DataError
            A given file cannot be read, or has two values at one time.
        """
        if self._series is None:
            self._series = {}
            for path in self.given:
                self._series.update(read_series(path))
        points = self._series.get((name, elements))
        return None if points is None else table_of_points(points, kind, place, "the given data")


def _over_time(table: Table, where: Where) -> TableCall:
    return TableCall(table, ClockValue("step time", where), where)


def _element(value: Cell) -> str:
    """Return an element's name; 1.0 is how a spreadsheet keeps a 1."""
    return value if isinstance(value, str) else f"{value:.17g}"
