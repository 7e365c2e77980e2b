"""A panel: published index and domains of places by year, read from a CSV file and checked cell by cell."""

from __future__ import annotations

import csv
import hashlib
import io
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from egovsim import library
from egovsim.egov.outcomes import WEIGHT_TOLERANCE, contradicts_domains
from egovsim.egov.panel.defaults import SHIPPED
from egovsim.egov.panel.quantities import (
    GIVEN_YEAR,
    NEXT_YEAR,
    PROFILES,
    QUANTITIES,
    SCALE,
    YEARS,
)
from egovsim.errors import DataError, unknown_name
from egovsim.provenance import FileRecord

COLUMNS = ("place", "level", "year", *QUANTITIES)
"""Columns that a panel must have; others may stand beside them."""
_UNUSED_GRADE = "D"
_MOST_NAMED = 5


@dataclass(frozen=True)
class PanelPlace:
    """A place with its index and domains for both years.

    Parameters
    ----------
    name, level : str
        As published; the level is ``"provinsi"``, ``"kabupaten"`` or ``"kota"``.
    scores : mapping of (int, str) to float
        By year and quantity, on the scale of 1 to 5.
    """

    name: str
    level: str
    scores: Mapping[tuple[int, str], float]

    @property
    def given(self) -> float:
        """The index that a prediction starts from."""
        return self.scores[GIVEN_YEAR, "index"]

    @property
    def key(self) -> str:
        """What tells the place from others, however its name is spaced and capitalised."""
        return _key(self.level, self.name)

    @property
    def in_calibration_half(self) -> bool:
        """Whether the place belongs to the half that discrepancies are fitted on: by lot, the hash of its name."""
        return hashlib.sha256(self.key.encode()).digest()[0] % 2 == 0


@dataclass(frozen=True)
class Panel:
    """The places of a panel that can be predicted, and what was left out.

    Parameters
    ----------
    file : FileRecord
        What it was read from.
    places : tuple of PanelPlace
        Those with index and domains for both years, in the order of the file.
    notices : tuple of str
        What is not used, counted, and what looks odd.
    """

    file: FileRecord
    places: tuple[PanelPlace, ...]
    notices: tuple[str, ...]


@dataclass(frozen=True)
class _Row:
    """A row of one of the two years; a blank score is left out."""

    line: int
    place: str
    level: str
    year: int
    scores: Mapping[str, float]

    @property
    def complete(self) -> bool:
        return len(self.scores) == len(QUANTITIES)


def read_panel(path_or_name: str | Path = SHIPPED) -> Panel:
    """Read a panel.

    Parameters
    ----------
    path_or_name : str or Path
        A CSV file with the columns place, level, year, index, policy, governance, management, services, or
        ``"shipped"``.

    Returns
    -------
    Panel
        Rows of other years and of grade D are counted and not used.

    Raises
    ------
    DataError
        When a column is missing, a cell is not what it should be, a place has two rows for a year, or no place has
        all values for both years; with file, line and remedy.
    UnknownNameError
        When a level of government is unknown, with file and line.
    """
    path = library.find("evidence", "panel" if path_or_name == SHIPPED else path_or_name)
    called = library.label(path)
    head, cells = _table(library.text_of(library.read_bytes(path), called), called)
    rows, others, ungraded = _rows(head, cells, called)
    _once(rows, called)
    places, incomplete = _places(rows)
    if not places:
        raise DataError(
            f"{called}: no place has its index and four domains for both {GIVEN_YEAR} and {NEXT_YEAR}; "
            "there is nothing to compare a prediction with."
        )
    notices = (*_left_out(others, ungraded, incomplete), *_odd(rows))
    return Panel(library.record(path), places, notices)


def _table(text: str, called: str) -> tuple[list[str], list[tuple[int, list[str]]]]:
    """Return the head, and each row that is not blank with its line."""
    reader = csv.reader(io.StringIO(text, newline=""))
    try:
        found = [(reader.line_num, [cell.strip() for cell in row]) for row in reader]
    except csv.Error as cause:
        raise DataError(f"{called}, line {reader.line_num}: is not a row of a CSV file ({cause}).") from cause
    filled = [(line, row) for line, row in found if any(row)]
    if not filled:
        raise DataError(f"{called}: is empty; a panel has the columns {', '.join(COLUMNS)}.")
    (line, head), *rows = filled
    head = [name.lower() for name in head]
    missing = [f'"{name}"' for name in COLUMNS if name not in head]
    if missing:
        noun = "is no column" if len(missing) == 1 else "are no columns"
        raise DataError(
            f"{called}, line {line}: there {noun} {', '.join(missing)}; a panel has the columns "
            f"{', '.join(COLUMNS)}, with commas between them."
        )
    for name in COLUMNS:
        if head.count(name) > 1:
            raise DataError(f'{called}, line {line}: the column "{name}" stands twice; keep the one that is right.')
    for line, row in rows:
        if len(row) != len(head):
            raise DataError(
                f"{called}, line {line}: has {len(row)} cells under {len(head)} columns; "
                "put a text that has a comma in quotes."
            )
    return head, rows


def _rows(head: Sequence[str], rows: Sequence[tuple[int, list[str]]], called: str) -> tuple[list[_Row], int, int]:
    """Return the rows of the two years, and how many are of other years and of a grade that is not used."""
    found: list[_Row] = []
    others = ungraded = 0
    for line, cells in rows:
        row = dict(zip(head, cells, strict=True))
        where = f"{called}, line {line}"
        year = _number(row["year"], f'{where}, "year"', "a year is written as 2023")
        if year not in YEARS:
            others += 1
        elif row.get("grade", "").upper() == _UNUSED_GRADE:
            ungraded += 1
        else:
            found.append(_row(line, int(year), row, where))
    return found, others, ungraded


def _row(line: int, year: int, row: Mapping[str, str], where: str) -> _Row:
    if not row["place"]:
        raise DataError(f'{where}, "place": is empty; write the name of the place, such as "Kab. Sleman".')
    level = row["level"].lower()
    if level not in PROFILES:
        raise unknown_name(row["level"], PROFILES, what="a level of government", where=f'{where}, "level"')
    scores = {quantity: _score(row[quantity], f'{where}, "{quantity}"') for quantity in QUANTITIES if row[quantity]}
    return _Row(line, row["place"], level, year, scores)


def _number(text: str, where: str, remedy: str) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value):
        raise DataError(f'{where}: "{text}" is not a number; {remedy}.')
    return value


def _score(text: str, where: str) -> float:
    value = _number(text, where, "a score is written with a point, as 2.62, and a cell without one is left empty")
    if not 0.0 <= value <= SCALE[1]:
        raise DataError(
            f"{where}: {text} is outside {SCALE[0]:g} to {SCALE[1]:g}, the scale of index and domains; "
            "correct it, or leave the cell empty."
        )
    return value


def _once(rows: Sequence[_Row], called: str) -> None:
    first: dict[tuple[str, int], int] = {}
    for row in rows:
        key = _key(row.level, row.place), row.year
        if key in first:
            raise DataError(
                f"{called}, line {row.line}: a second row of {row.place} for {row.year}, after line {first[key]}; "
                "keep the one that is right."
            )
        first[key] = row.line


def _places(rows: Sequence[_Row]) -> tuple[tuple[PanelPlace, ...], list[str]]:
    """Return the places with everything for both years, and the names of the others."""
    by_place: dict[str, list[_Row]] = {}
    for row in rows:
        by_place.setdefault(_key(row.level, row.place), []).append(row)
    places: list[PanelPlace] = []
    incomplete: list[str] = []
    for of_place in by_place.values():
        if len(of_place) == len(YEARS) and all(row.complete for row in of_place):
            scores = {(row.year, quantity): value for row in of_place for quantity, value in row.scores.items()}
            places.append(PanelPlace(of_place[0].place, of_place[0].level, scores))
        else:
            incomplete.append(of_place[0].place)
    return tuple(places), incomplete


def _left_out(others: int, ungraded: int, incomplete: Sequence[str]) -> Iterator[str]:
    if others:
        yield f"Not used: rows of other years than {GIVEN_YEAR} and {NEXT_YEAR} ({others})."
    if ungraded:
        yield f"Not used: rows of grade {_UNUSED_GRADE} ({ungraded})."
    if incomplete:
        yield (
            f"Not used: places without index and four domains for both years ({len(incomplete)}): "
            f"{_shortened(incomplete)}."
        )


def _odd(rows: Sequence[_Row]) -> Iterator[str]:
    """Say which rows contradict themselves, for a swapped column would otherwise pass for a place hard to predict; and
    which scores are below 1: the ministry prints some, where a government was not assessed on all of a domain."""
    odd = [str(row.line) for row in rows if row.complete and contradicts_domains(row.scores["index"], row.scores)]
    if odd:
        yield (
            "Used, and to be checked: rows whose index is not 13/25/16.5/45.5 % of its domains within "
            f"{WEIGHT_TOLERANCE:g} ({len(odd)}): line {_shortened(odd)}."
        )
    below = [
        f"line {row.line}, {quantity} {value:g}"
        for row in rows
        for quantity, value in row.scores.items()
        if value < SCALE[0]
    ]
    if below:
        yield (
            f"Used, and to be checked: scores below {SCALE[0]:g}, outside the scale of {SCALE[0]:g} to {SCALE[1]:g} "
            f"({len(below)}): {_shortened(below)}."
        )


def _shortened(names: Sequence[str]) -> str:
    shown = ", ".join(names[:_MOST_NAMED])
    return shown if len(names) <= _MOST_NAMED else f"{shown} and {len(names) - _MOST_NAMED} more"


def _key(level: str, name: str) -> str:
    return f"{level}/{' '.join(name.casefold().split())}"
