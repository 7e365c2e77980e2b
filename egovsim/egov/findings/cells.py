"""Cells of the tables: a figure such as ``0.19 / 0.18`` stands for two independent sets of members.

Tables are worked out with a row a structure, and shown on the page with a column a structure.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

import numpy as np

from egovsim.model.inputs import Floats

Table = list[list[str]]
"""A row of headings and the rows below it."""
DASH = "–"


def medians(sets: Iterable[Floats], *, decimals: int = 2, sign: str = "") -> str:
    """Return the median of each set, as ``0.19 / 0.18``.

    Parameters
    ----------
    sets : iterable of float64, shape (member,)
        One array a set, all in one unit.
    decimals : int
        How many are written.
    sign : {"", "+"}
        ``"+"`` where figures are differences.

    Returns
    -------
    str
        A median that rounds to nothing has no minus.
    """
    middles = [round(float(np.median(values)), decimals) + 0.0 for values in sets]
    return " / ".join(f"{middle:{sign}.{decimals}f}" for middle in middles)


def interval(values: Floats) -> str:
    """Return the range that nine of ten members lie in.

    Parameters
    ----------
    values : float64, shape (member,)
        Of both sets together.

    Returns
    -------
    str
        As ``0.10 to 0.30``.
    """
    low, high = np.quantile(values, (0.05, 0.95)).round(2) + 0.0
    return f"{low:.2f} to {high:.2f}"


def shares(sets: Iterable[float]) -> str:
    """Return a share in each set.

    Parameters
    ----------
    sets : iterable of float
        One a set; 1 is all.

    Returns
    -------
    str
        As ``71 / 73 %``.
    """
    return " / ".join(f"{100 * share:.0f}" for share in sets) + " %"


def changes(sets: Sequence[Floats]) -> str:
    """Return the medians of differences and the range of all members.

    Parameters
    ----------
    sets : sequence of float64, shape (member,)
        One array a set, all in one unit.

    Returns
    -------
    str
        As ``+0.14 / +0.12 (0.03 to 0.27)``.
    """
    return f"{medians(sets, sign='+')} ({interval(np.concatenate(sets))})"


def figures(cell: str, part: int = 0) -> list[float]:
    """Return the figures of both sets.

    Parameters
    ----------
    cell : str
        Such as ``71 / 73 %; +0.14 / +0.12 (0.03 to 0.27)``.
    part : int
        Which of the parts between semicolons.

    Returns
    -------
    list of float
        One a set, here of 71 and 73.

    Raises
    ------
    ValueError
        When the part does not begin with a figure of each set.
    """
    found = re.match(r"([+-]?[\d.]+) / ([+-]?[\d.]+)", cell.split("; ")[part])
    if found is None:
        raise ValueError(f'"{cell}" has no figures of two sets in part {part}')
    return [float(group) for group in found.groups()]


def pivoted(table: Table, heads: Sequence[str], only: Sequence[str] = ()) -> Table:
    """Return a table with a column a structure, of one with a row a structure.

    Parameters
    ----------
    table : list of list of str
        The structure stands in its first column, then what tells its rows apart, then a column for each measure.
    heads : sequence of str
        The headings in front of the structures: of the measure, where more than one is shown, and of what tells rows
        apart.
    only : sequence of str
        The headings of the measures that are shown, by default all; one alone has no column that names it.

    Returns
    -------
    list of list of str
        Measure by measure; a dash where a structure has no such row.
    """
    structures = list(dict.fromkeys(row[0] for row in table[1:]))
    keys = len(heads) - (len(only) != 1)
    found: dict[tuple[str, ...], dict[str, str]] = {}
    for column, measure in enumerate(table[0]):
        if column > keys and (not only or measure in only):
            for row in table[1:]:
                key = (*([] if len(only) == 1 else [measure]), *row[1 : 1 + keys])
                found.setdefault(key, {})[row[0]] = row[column]
    return [
        [*heads, *structures],
        *([*key, *(cells.get(structure, DASH) for structure in structures)] for key, cells in found.items()),
    ]


def cell(table: Table, structure: str, *keys: str) -> str:
    """Return the cell of a structure.

    Parameters
    ----------
    table : list of list of str
        From `pivoted`.
    structure : str
        The heading of its column.
    *keys : str
        What the row begins with.

    Returns
    -------
    str
        Of the one row that begins so.

    Raises
    ------
    ValueError
        When no row, or more than one, begins with the keys.
    """
    rows = [row for row in table[1:] if row[: len(keys)] == list(keys)]
    if len(rows) != 1:
        raise ValueError(f"{len(rows)} rows begin with {keys}")
    return rows[0][table[0].index(structure)]
