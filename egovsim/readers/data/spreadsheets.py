"""The data files beside a model, found and read as sheets: spreadsheets, and delimited text."""

from __future__ import annotations

import io
import warnings
from collections.abc import Callable, Mapping
from contextlib import closing
from pathlib import Path
from typing import Any

from egovsim.errors import DataError, suggestion
from egovsim.readers.data.cells import Area, Sheet, filled, named_areas
from egovsim.readers.data.delimited_text import SUFFIXES, delimiter_of, read_delimited


class Workbooks:
    """The data files beside a model; each is read once.

    Parameters
    ----------
    folder : Path
        Where the model's file is; names of data files are looked up from there.
    tags : mapping of str to str, optional
        The files that the model's settings say names such as ``?scenario`` stand for, by those names in lower case.
    given : mapping of str to Path, optional
        The same as they are given to the reader; these come first.
    """

    def __init__(
        self, folder: Path, tags: Mapping[str, str] | None = None, given: Mapping[str, Path] | None = None
    ) -> None:
        self._folder = folder
        self._tags = tags or {}
        self._given = given or {}
        self.tags_used: set[str] = set()
        self._files: dict[tuple[Path, str], dict[str, Sheet]] = {}

    @property
    def paths(self) -> list[Path]:
        """The files that were read, in the order of their first use."""
        return list(dict.fromkeys(path for path, _ in self._files))

    def sheet(self, file: str, tab: str, *, place: str) -> Sheet:
        """Return a sheet of a spreadsheet, or a file of delimited text.

        Parameters
        ----------
        file : str
            The file as the model names it, or a tag that stands for one.
        tab : str
            The sheet; of delimited text the delimiter.
        place : str
            What a message begins with.

        Returns
        -------
        Sheet
            Read once, however often it is asked for.

        Raises
        ------
        DataError
            There is no such file or sheet, or it cannot be read; the message begins with `place`.
        """
        path = self._path(file, place)
        delimited = path.suffix.lower() in SUFFIXES
        key = (path, delimiter_of(path, tab) if delimited else "")
        if key not in self._files:
            sheets = sheets_in(path, key[1], f'{place}: "{file}"')
            self._files[key] = {sheet.name.lower(): sheet for sheet in sheets}
        sheets_by_name = self._files[key]
        if delimited:
            return next(iter(sheets_by_name.values()))
        found = sheets_by_name.get(tab.lower())
        if found is None:
            near = suggestion(tab, [sheet.name for sheet in sheets_by_name.values()])
            raise DataError(f'{place}: "{file}" has no sheet "{tab}"{near}.')
        return found

    def _path(self, file: str, place: str) -> Path:
        """Return the file; letters may be in the other case, since the models come from Windows."""
        if file.startswith("?"):
            self.tags_used.add(file.lower())
            if (given := self._given.get(file.lower())) is not None:
                return given
        names = self._tagged(file) if file.startswith("?") else (file,)
        for name in names:
            if (found := self._found(name)) is not None:
                return found
        if file.startswith("?") and file.lower() not in self._tags:
            raise DataError(
                f'{place}: "{file}" stands for a file, and none is given for it; '
                f'read the model with data=["{file[1:]}=FILE"], or --data {file[1:]}=FILE.'
            )
        path = self._folder / names[-1].replace("\\", "/")
        spreadsheets = [
            other.name for other in _files_of(path.parent) if other.suffix.lower() in (*_READERS, *SUFFIXES)
        ]
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
        return next((other for other in _files_of(path.parent) if other.name.lower() == path.name.lower()), None)


def sheets_in(path: Path, delimiter: str, what: str) -> list[Sheet]:
    """Read every sheet of a spreadsheet, or the one that a file of delimited text is.

    Parameters
    ----------
    path : Path
        The file.
    delimiter : str
        Of delimited text, what divides its columns.
    what : str
        What a message begins with: where the file is named, and its name.

    Returns
    -------
    list of Sheet
        In the order of the file.

    Raises
    ------
    DataError
        It cannot be read, or its suffix is that of no spreadsheet.
    """
    reader = _READERS.get(path.suffix.lower())
    try:
        if path.suffix.lower() in SUFFIXES:
            return [read_delimited(path, delimiter)]
        if reader is None:
            raise DataError(f'a file ending in "{path.suffix}" is no spreadsheet that can be read')
        return reader(path)
    except Exception as error:
        # A damaged spreadsheet fails in the depths of its library, in any way.
        reason = str(error).strip().rstrip(".") or type(error).__name__
        raise DataError(f"{what} cannot be read ({reason}); save it as .xlsx or .csv and name that file.") from error


def _files_of(folder: Path) -> list[Path]:
    """Return the files of a folder; none where there is no such folder."""
    try:
        return [path for path in folder.iterdir() if path.is_file()]
    except (OSError, ValueError):
        return []


def is_file(path: Path) -> bool:
    """Tell whether there is such a file.

    Parameters
    ----------
    path : Path
        Any; of a name that cannot be a file's there is none.

    Returns
    -------
    bool
        True where it is a file.
    """
    try:
        return path.is_file()
    except (OSError, ValueError):
        return False


def _read_xlsx(path: Path) -> list[Sheet]:
    from openpyxl import load_workbook

    with warnings.catch_warnings():
        # What openpyxl cannot keep of a file (validation, styles) concerns no value.
        warnings.simplefilter("ignore")
        with closing(load_workbook(path, read_only=True, data_only=True)) as book:
            shared = {name: defined.attr_text or "" for name, defined in book.defined_names.items()}
            return [_xlsx_sheet(path.name, sheet, shared) for sheet in book.worksheets]


def _xlsx_sheet(file: str, sheet: Any, shared: Mapping[str, str]) -> Sheet:
    # The size that a file declares is that of the whole sheet now and then; every row would be filled up to it.
    sheet.reset_dimensions()
    rows = enumerate(sheet.iter_rows(values_only=True))
    cells = filled((number, column, raw) for number, row in rows for column, raw in enumerate(row))
    own = {name: defined.attr_text or "" for name, defined in sheet.defined_names.items()}
    return Sheet(file, sheet.title, cells, named_areas({**shared, **own}, sheet.title))


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
        (row, column, cell.value if cell.ctype in _XLS_VALUES else "#ERROR" if cell.ctype == _XLS_ERROR else None)
        for row in range(sheet.nrows)
        for column, cell in enumerate(sheet.row(row))
    )
    return Sheet(file, sheet.name, filled(cells), _xls_areas(book, number))


def _xls_areas(book: Any, number: int) -> dict[str, Area]:
    found: dict[str, Area] = {}
    for named in book.name_obj_list:
        try:
            block = named.area2d()
        except Exception:
            # A name that stands for a formula or for several blocks; nothing reads it as a range.
            continue
        sheet, top, bottom, left, right = block
        if getattr(sheet, "number", None) == number:
            found[named.name.lower()] = Area(top, left, bottom - 1, right - 1)
    return found


_READERS: Mapping[str, Callable[[Path], list[Sheet]]] = {
    ".xlsx": _read_xlsx,
    ".xlsm": _read_xlsx,
    ".xls": _read_xls,
}
