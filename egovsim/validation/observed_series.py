"""Observed series from the files beside a model: evidence checks, and columns of CSV files."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable
from pathlib import Path
from typing import cast

from egovsim import library
from egovsim.analysis.history_matching.evidence_files import read_checks
from egovsim.errors import DataError, unknown_name
from egovsim.toml import Table, finite


def points_of_check(table: Table, folder: Path) -> tuple[tuple[float, float], ...]:
    """Return the series of an evidence check, from ``evidence/checks.toml`` beside the model.

    Parameters
    ----------
    table : Table
        A ``[[series]]``; its ``check`` names the check.
    folder : Path
        Of the model.

    Returns
    -------
    tuple of (float, float)
        Time and value of each point, in the units of the evidence.

    Raises
    ------
    DataError
        When the checks cannot be read.
    UnknownNameError
        When there is no check of that name with a series.
    """
    checks = {check.name: check for check in read_checks(folder / "evidence" / "checks.toml") if check.series}
    name = table.text("check")
    if name not in checks:
        raise unknown_name(name, checks, what="an evidence check with a series", where=table.place("check"))
    return checks[name].series


def points_of_file(table: Table, folder: Path) -> Iterable[tuple[float, float]]:
    """Read two columns of a CSV file.

    Parameters
    ----------
    table : Table
        A ``[[series]]``; its ``file``, ``time`` and ``value`` name the file and the columns.
    folder : Path
        That the file's name is relative to.

    Yields
    ------
    (float, float)
        Time and value; rows in which either is empty are left out.

    Raises
    ------
    UnknownNameError
        When there is no such column.
    DataError
        When the file cannot be read, or a cell is not a finite number.
    """
    path, columns = folder / table.text("file"), (table.text("time"), table.text("value"))
    rows = csv.DictReader(io.StringIO(library.text_of(library.read_bytes(path), path.name)))
    for column in columns:
        if column not in (rows.fieldnames or ()):
            raise unknown_name(column, rows.fieldnames or (), what=f"a column of {path.name}", where=table.place())
    for row in rows:
        cells = [(row[column] or "").strip() for column in columns]
        if all(cells):
            yield cast(tuple[float, float], tuple(_cell(cell, f"{path.name}, line {rows.line_num}") for cell in cells))


def _cell(text: str, place: str) -> float:
    try:
        value = float(text)
    except ValueError:
        raise DataError(f'{place}: "{text}" is not a number.') from None
    return finite(value, place)
