"""Points of graphical functions, checked."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise

from egovsim.model.expression import LookupKind, Table


class TableError(ValueError):
    """Points that make no graphical function; the message is the end of a sentence for the user."""


def table_of(x: Sequence[float], y: Sequence[float], *, kind: LookupKind = "continuous") -> Table:
    """Make a table of points, turned round when they were written from the right.

    Parameters
    ----------
    x, y : sequence of float
        The points, of equal number, in the order of the file.
    kind : {"continuous", "extrapolate", "discrete"}, optional
        How it goes on between and beyond the points.

    Returns
    -------
    Table
        By ascending x.

    Raises
    ------
    TableError
        No points, unequal numbers, a value that is not finite, or x neither ascending nor descending.
    """
    if len(x) != len(y):
        raise TableError(f"the graphical function has {len(x)} x values and {len(y)} y values; give as many of each.")
    if not x:
        raise TableError("the graphical function has no points; give at least one.")
    if not all(map(math.isfinite, (*x, *y))):
        raise TableError("the graphical function has a point that is not a finite number; give plain numbers.")
    pairs = list(zip(x, y, strict=True))
    if len(x) > 1 and all(left > right for left, right in pairwise(x)):
        pairs.reverse()
    for (left, _), (right, _) in pairwise(pairs):
        if left > right:
            raise TableError(
                f"the graphical function goes back from x = {left:g} to {right:g}; write its points by ascending x."
            )
    return Table(tuple(position for position, _ in pairs), tuple(value for _, value in pairs), kind)
