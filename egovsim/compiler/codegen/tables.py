"""The points of graphical functions as numbers to compute with: grids over them, slopes between them.

On a grid, an x that misses a point by its last bits may count as past it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from egovsim.model.expression import NOT_AVAILABLE, Table

SHORTEST_GRID = 4
"""With fewer points a chain of selections is shorter than the way to a row of a table in memory."""

LONGEST_GRID = 4096
"""A grid may have so many cells; 64 kB then lie beside the code."""


@dataclass(frozen=True, slots=True)
class Grid:
    """Cells of equal width over the points of a table, none of which has a point inside.

    Parameters
    ----------
    scale : float
        The cell of x is the whole part of ``(x - first point) * scale``, in floating point.
    segments : tuple of int
        The number of the segment that each cell lies in; the last cell begins at the last point.
    width : float or None
        Where it is not None it gives the begin of every cell's segment, exactly, as ``cell * width + first point``.
    lowest : tuple of float
        The smallest x that falls into each segment: its point, or where products round up some last bits below it.
    """

    scale: float
    segments: tuple[int, ...]
    width: float | None
    lowest: tuple[float, ...]


def grid_of(table: Table) -> Grid | None:
    """Find the grid that finds the segment of every x.

    Parameters
    ----------
    table : Table
        Its points.

    Returns
    -------
    Grid or None
        None where there is none that is short and exact enough.
    """
    if len(table.x) < SHORTEST_GRID:
        return None
    gaps = [right - left for left, right in zip(table.x, table.x[1:], strict=False)]
    span, narrowest = table.x[-1] - table.x[0], min(gaps)
    if not (narrowest > 0.0 and math.isfinite(span) and span / narrowest < LONGEST_GRID):
        return None
    scale = round(span / narrowest) / span
    grids = [_grid(table, scale + ulps * math.ulp(scale)) for ulps in (0, 1, 2, -1, 3)]
    found = [grid for grid in grids if grid is not None and (table.kind != "discrete" or grid.lowest == table.x)]
    return min(found, key=lambda grid: (grid.lowest != table.x, grid.width is None), default=None)


def _grid(table: Table, scale: float) -> Grid | None:
    first, *others = table.x
    cells, lowest = [0], [first]
    for x in others:
        cells.append(math.floor((x - first) * scale))
        for _ in range(4):
            below = math.nextafter(x, -math.inf)
            if (below - first) * scale < cells[-1]:
                break
            x = below
        else:
            return None
        lowest.append(x)
    segments = [0] * cells[1]
    for number, (begin, end) in enumerate(zip(cells[1:], [*cells[2:], cells[-1] + 1], strict=True), start=1):
        segments += [number] * (end - begin)
    widths = [width for width in (1.0 / scale, table.x[1] - first) if _exact(table, width, segments)]
    return Grid(scale, tuple(segments), widths[0] if widths else None, tuple(lowest))


def _exact(table: Table, width: float, segments: Sequence[int]) -> bool:
    return all(cell * width + table.x[0] == table.x[segment] for cell, segment in enumerate(segments))


def overshoots(table: Table, lowest: Sequence[float]) -> bool:
    """Say whether rounding carries a value out of the range of the points somewhere.

    Every operation is monotone, so the extremes of a segment are at the ends of what falls into it.

    Parameters
    ----------
    table : Table
        Its points.
    lowest : sequence of float
        The smallest x that falls into each segment.

    Returns
    -------
    bool
        Whether values have to be held between the lowest and the highest point.
    """
    if table.kind != "continuous":
        return False
    highest = [*(math.nextafter(x, -math.inf) for x in lowest[1:]), table.x[-1]]
    rows = zip(table.x, table.y, segment_slopes(table), lowest, highest, strict=True)
    ends = [y + (at - x) * slope for x, y, slope, *both in rows for at in both]
    return not all(min(table.y) <= end <= max(table.y) for end in ends)


def segment_slopes(table: Table) -> list[float]:
    """Compute the slopes of a table.

    Parameters
    ----------
    table : Table
        Its points.

    Returns
    -------
    list of float
        From every point on; of a segment without length, and after the end of a table that is flat there, 0.
    """
    pairs = zip(zip(table.x, table.y, strict=True), zip(table.x[1:], table.y[1:], strict=True), strict=False)
    slopes = [0.0 if b[0] == a[0] else (b[1] - a[1]) / (b[0] - a[0]) for a, b in pairs]
    return [*slopes, slopes[-1] if table.kind == "extrapolate" else 0.0]


def as_steps(table: Table) -> Table:
    """Write a series that looks forward, or knows its points alone, as the discrete table of the same values.

    An instant that misses a point by rounding counts as that point.

    Parameters
    ----------
    table : Table
        Of any kind.

    Returns
    -------
    Table
        The table itself where it is of another kind.
    """
    if table.kind not in ("forward", "raw"):
        return table
    gaps = [right - left for left, right in zip(table.x, table.x[1:], strict=False)]
    slack = min([1e-9 * max(1.0, *map(abs, table.x)), *(gap / 4.0 for gap in gaps)])
    if table.kind == "forward":
        starts = (table.x[0], *(x + slack for x in table.x[:-1]))
        return Table(starts, table.y, "discrete")
    points: list[tuple[float, float]] = [(table.x[0] - 2.0 * slack, NOT_AVAILABLE)]
    for x, y in zip(table.x, table.y, strict=True):
        points += [(x - slack, y), (x + slack, NOT_AVAILABLE)]
    return Table(tuple(x for x, _ in points), tuple(y for _, y in points), "discrete")
