"""Delimited text: its characters, its rows, and its cells."""

from __future__ import annotations

import csv
import io
from pathlib import Path

from egovsim.errors import DataError
from egovsim.readers.data.cells import Sheet, filled

SUFFIXES = frozenset({".csv", ".tab", ".txt", ".dat", ".tsv"})
"""Suffixes of files that are delimited text."""


def decoded(data: bytes) -> str:
    """Return the text of a file in UTF-8, UTF-16 with a mark, or the Windows code page.

    Parameters
    ----------
    data : bytes
        What the file holds.

    Returns
    -------
    str
        The text.
    """
    for encoding in ("utf-16",) if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig", "cp1252"):
        try:
            return data.decode(encoding)
        except UnicodeDecodeError:
            continue
    return data.decode("latin-1")


def delimited_rows(text: str, delimiter: str) -> list[list[str]]:
    """Return the rows of delimited text.

    Parameters
    ----------
    text : str
        All of it.
    delimiter : str
        What stands between two columns, one character.

    Returns
    -------
    list of list of str
        Rows of any length.

    Raises
    ------
    DataError
        It is no such text (a field without end, for one).
    """
    try:
        return list(csv.reader(io.StringIO(text, newline=""), delimiter=delimiter))
    except csv.Error as error:
        raise DataError(f"the text is not delimited as it should be: {error}") from error


def delimiter_of(path: Path, tab: str) -> str:
    """Return what divides the columns of a file.

    Parameters
    ----------
    path : Path
        The file.
    tab : str
        What the model says of it, in the place of a sheet.

    Returns
    -------
    str
        As the model says, else a comma in .csv and a tab elsewhere.
    """
    if tab == "\\t":
        return "\t"
    if len(tab) == 1 and not tab.isalnum():
        return tab
    return "," if path.suffix.lower() == ".csv" else "\t"


def read_delimited(path: Path, delimiter: str) -> Sheet:
    """Read delimited text as one sheet.

    Parameters
    ----------
    path : Path
        The file.
    delimiter : str
        What divides its columns.

    Returns
    -------
    Sheet
        Without a name.

    Raises
    ------
    DataError
        It is no such text.
    """
    rows = delimited_rows(decoded(path.read_bytes()), delimiter)
    cells = ((number, column, raw) for number, row in enumerate(rows) for column, raw in enumerate(row))
    return Sheet(path.name, "", filled(cells))
