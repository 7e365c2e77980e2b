"""Cells of the tables: a figure such as ``0.19 / 0.18`` stands for two independent sets of members."""

from __future__ import annotations

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


def by_structure_and_name(table: Table, structure: str, name: str) -> list[str]:
    """Return the row of a table that begins with a structure and a name.

    Parameters
    ----------
    table : list of list of str
        Whose first two columns tell rows apart.
    structure, name : str
        Cells of these columns.

    Returns
    -------
    list of str
        All cells of the first such row.
    """
    return next(row for row in table if row[:2] == [structure, name])
