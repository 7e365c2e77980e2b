"""Spreadsheets and delimited text as cells: what stands where, and which ranges have names."""

from __future__ import annotations

import csv
import io
import math
import re
import warnings
from collections.abc import Callable, Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

from egovsim.errors import DataError, suggestion

Cell = float | str
"""What a cell holds: a number, or a text that is none."""

_DELIMITED = frozenset({".csv", ".tab", ".txt", ".dat", ".tsv"})
_CELL = re.compile(r"\$?(?P<column>[a-z]{1,3})\$?(?P<row>\d+)", re.IGNORECASE)
_NUMBER = re.compile(r"[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?")
_AREA = re.compile(r"(?:'?(?P<sheet>.*?)'?!)?(?P<first>\$?[a-z]+\$?\d+)(?::(?P<last>\$?[a-z]+\$?\d+))?", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Area:
    """A block of cells, rows and columns counted from 0, both ends inside."""

    top: int
    left: int
    bottom: int
    right: int

    @property
    def rows(self) -> int:
        return self.bottom - self.top + 1

    @property
    def columns(self) -> int:
        return self.right - self.left + 1


@dataclass(frozen=True)
class Sheet:
    """The cells of one sheet that hold something, and its named ranges (canonical: lower case)."""

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
        return max((row for row, _ in self.cells), default=-1)

    @cached_property
    def last_column(self) -> int:
        return max((column for _, column in self.cells), default=-1)

    def area(self, written: str) -> Area | None:
        """Return the block that a cell (``B5``) or the name of a range stands for; None where it is neither."""
        named = self.areas.get(written.strip().lower())
        return named or area_of(written)


def area_of(written: str) -> Area | None:
    """Read ``B5``, ``$B$5`` or ``B5:C7``."""
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
    """Return the number, from 0, of column ``A``, ``Z``, ``AA``."""
    number = 0
    for letter in letters.upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def cell_name(row: int, column: int) -> str:
    """Return ``B5`` for row 4 and column 1, both counted from 0."""
    letters, rest = "", column + 1
    while rest:
        rest, letter = divmod(rest - 1, 26)
        letters = chr(ord("A") + letter) + letters
    return f"{letters}{row + 1}"


def cell_of(raw: object) -> Cell | None:
    """Return a cell's number or text; None where it is empty."""
    if raw is None:
        return None
    text = str(raw).strip()
    if isinstance(raw, (bool, int, float)) or _NUMBER.fullmatch(text):
        value = float(raw) if isinstance(raw, (bool, int, float)) else float(text)
        return value if math.isfinite(value) else text
    return text or None


class Workbooks:
    """The data files beside a model; each is read once.

    Parameters
    ----------
    folder : Path
        Where the model's file is; names of data files are looked up from there.
    tags : mapping of str to str, optional
        The files that names such as ``?scenario`` stand for, by those names in lower case.
    """

    def __init__(self, folder: Path, tags: Mapping[str, str] | None = None) -> None:
        self._folder = folder
        self._tags = tags or {}
        self._files: dict[tuple[Path, str], dict[str, Sheet]] = {}

    @property
    def paths(self) -> list[Path]:
        """The files that were read, in the order of their first use."""
        return list(dict.fromkeys(path for path, _ in self._files))

    def sheet(self, file: str, tab: str, *, place: str) -> Sheet:
        """Return a sheet of a spreadsheet, or a file of delimited text (`tab` is then the delimiter).

        Raises
        ------
        DataError
            There is no such file or sheet, or it cannot be read; the message begins with `place`.
        """
        path = self._path(file, place)
        delimited = path.suffix.lower() in _DELIMITED
        delimiter = _delimiter(path, tab) if delimited else ""
        key = (path, delimiter)
        if key not in self._files:
            reader = _READERS.get(path.suffix.lower())
            try:
                if delimited:
                    sheets = [_read_delimited(path, delimiter)]
                elif reader is not None:
                    sheets = reader(path)
                else:
                    raise DataError(f'a file ending in "{path.suffix}" is no spreadsheet that can be read')
            except Exception as error:
                # A damaged spreadsheet fails in the depths of its library, in any way.
                reason = str(error).strip().rstrip(".") or type(error).__name__
                raise DataError(
                    f'{place}: "{file}" cannot be read ({reason}); save it as .xlsx or .csv and name that file.'
                ) from error
            self._files[key] = {sheet.name.lower(): sheet for sheet in sheets}
        sheets_by_name = self._files[key]
        if delimited:
            return next(iter(sheets_by_name.values()))
        found = sheets_by_name.get(tab.lower())
        if found is None:
            near = suggestion(tab, [one.name for one in sheets_by_name.values()])
            raise DataError(f'{place}: "{file}" has no sheet "{tab}"{near}.')
        return found

    def _path(self, file: str, place: str) -> Path:
        """Return the file; letters may be in the other case, since the models come from Windows."""
        names = self._tagged(file) if file.startswith("?") else (file,)
        for name in names:
            if (found := self._found(name)) is not None:
                return found
        if file.startswith("?") and file.lower() not in self._tags:
            raise DataError(
                f'{place}: "{file}" stands for a file that is named in the program\'s settings alone; '
                "write the file's own name."
            )
        path = self._folder / names[-1].replace("\\", "/")
        spreadsheets = [one.name for one in _files_of(path.parent) if one.suffix.lower() in (*_READERS, *_DELIMITED)]
        near = suggestion(path.name, spreadsheets)
        stands = f'"{file}" stands for "{names[0]}", and there' if file.startswith("?") else "there"
        raise DataError(f'{place}: {stands} is no file "{names[-1]}" beside the model{near or "; put it there"}.')

    def _tagged(self, tag: str) -> tuple[str, ...]:
        """Return the names to try for ``?tag``: the file of the settings, the tag itself, the file beside the model.

        The settings name it as it was on the author's machine (Vensim's reference, "GET DIRECT SUBSCRIPT").
        """
        named = self._tags.get(tag.lower())
        return (tag[1:],) if named is None else (named, tag[1:], named.replace("\\", "/").rsplit("/", 1)[-1])

    def _found(self, file: str) -> Path | None:
        path = self._folder / file.replace("\\", "/")
        if is_file(path):
            return path
        return next((one for one in _files_of(path.parent) if one.name.lower() == path.name.lower()), None)


def _files_of(folder: Path) -> list[Path]:
    """Return the files of a folder; none where there is no such folder."""
    try:
        return [path for path in folder.iterdir() if path.is_file()]
    except (OSError, ValueError):
        return []


def is_file(path: Path) -> bool:
    """Whether there is such a file; of a name that cannot be one there is none."""
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _delimiter(path: Path, tab: str) -> str:
    """Return what divides the columns: as the model says, else commas in .csv and tabs elsewhere."""
    if tab == "\\t":
        return "\t"
    if len(tab) == 1 and not tab.isalnum():
        return tab
    return "," if path.suffix.lower() == ".csv" else "\t"


def decoded(data: bytes) -> str:
    """Return text in UTF-8, UTF-16 with a mark, or the Windows code page."""
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def delimited_rows(text: str, delimiter: str) -> list[list[str]]:
    """Return the rows of delimited text.

    Raises
    ------
    DataError
        It is no such text (a field without end, for one).
    """
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise DataError(f"the text is not delimited as it should be: {error}") from error


def _read_delimited(path: Path, delimiter: str) -> Sheet:
    rows = delimited_rows(decoded(path.read_bytes()), delimiter)
    return Sheet(path.name, "", _filled((i, j, raw) for i, row in enumerate(rows) for j, raw in enumerate(row)))


def _filled(cells: Iterable[tuple[int, int, object]]) -> dict[tuple[int, int], Cell]:
    found = ((row, column, cell_of(raw)) for row, column, raw in cells)
    return {(row, column): value for row, column, value in found if value is not None}


def _read_xlsx(path: Path) -> list[Sheet]:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        # What openpyxl cannot keep of a file (validation, styles) concerns no value.
        warnings.simplefilter("ignore")
        with closing(load_workbook(path, read_only=True, data_only=True)) as book:
            shared = {name: one.attr_text or "" for name, one in book.defined_names.items()}
            return [_xlsx_sheet(path.name, sheet, shared) for sheet in book.worksheets]


def _xlsx_sheet(file: str, sheet: Any, shared: Mapping[str, str]) -> Sheet:
    # The size that a file declares is that of the whole sheet now and then; every row would be filled up to it.
    sheet.reset_dimensions()
    rows = enumerate(sheet.iter_rows(values_only=True))
    cells = _filled((i, j, raw) for i, row in rows for j, raw in enumerate(row))
    own = {name: one.attr_text or "" for name, one in sheet.defined_names.items()}
    return Sheet(file, sheet.title, cells, _areas({**shared, **own}, sheet.title))


def _areas(names: Mapping[str, str], sheet: str) -> dict[str, Area]:
    """Return the named ranges that lie on a sheet."""
    found: dict[str, Area] = {}
    for name, text in names.items():
        match = _AREA.fullmatch(text.strip())
        if match is None or (match["sheet"] or "").replace("''", "'").lower() != sheet.lower():
            continue
        area = area_of(text)
        if area is not None:
            found[name.lower()] = area
    return found


def _read_xls(path: Path) -> list[Sheet]:
    try:
        import xlrd  # pyright: ignore[reportMissingModuleSource, reportMissingImports]
    except ImportError as error:
        raise DataError(
            "the package xlrd, which reads .xls, is not installed; install egovsim[xls], or save the file as .xlsx"
        ) from error
    with xlrd.open_workbook(str(path), logfile=io.StringIO()) as book:
        return [_xls_sheet(path.name, book, number) for number in range(book.nsheets)]


_XLS_VALUES = frozenset({1, 2, 3, 4})
"""Types of .xls cells that hold a text, a number, a date or a truth value."""

_XLS_ERROR = 5


def _xls_sheet(file: str, book: Any, number: int) -> Sheet:
    sheet = book.sheet_by_index(number)
    cells = (
        (i, j, cell.value if cell.ctype in _XLS_VALUES else "#ERROR" if cell.ctype == _XLS_ERROR else None)
        for i in range(sheet.nrows)
        for j, cell in enumerate(sheet.row(i))
    )
    return Sheet(file, sheet.name, _filled(cells), _xls_areas(book, number))


def _xls_areas(book: Any, number: int) -> dict[str, Area]:
    found: dict[str, Area] = {}
    for one in book.name_obj_list:
        try:
            block = one.area2d()
        except Exception:
            # A name that stands for a formula or for several blocks; nothing reads it as a range.
            continue
        sheet, top, bottom, left, right = block
        if getattr(sheet, "number", None) == number:
            found[one.name.lower()] = Area(top, left, bottom - 1, right - 1)
    return found


_READERS: Mapping[str, Callable[[Path], list[Sheet]]] = {
    ".xlsx": _read_xlsx,
    ".xlsm": _read_xlsx,
    ".xls": _read_xls,
}
