"""Which cell of a grid everything on a picture stands in.

Chains stand side by side in bands. What stands alone takes the free cells, near what it is joined to and out of the
way of arrows; a few ways are tried, and the best is taken. Only whole numbers are computed with: the same sector has
the same grid on every machine.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import cache

from egovsim.documentation.diagrams.flow_rows import Block, Cell, Cells, block_of
from egovsim.documentation.diagrams.sectors import Chain

_IN_THE_WAY = 5
"""What a cell that an arrow passes over costs, in rows of distance."""
_CROSSING = 3
"""What two arrows that cross cost, likewise."""
_SWEEPS = 12
_WAYS = range(3)
"""How much of the free rows stands above the first band: its share, none, or all."""


def place_on_grid(
    chains: Sequence[Chain], singles: Sequence[str], links: Sequence[tuple[str, str]]
) -> dict[str, tuple[Cell, ...]]:
    """Give stocks, flows and what stands alone their cells; no cell has two.

    Parameters
    ----------
    chains : sequence of Chain
        Stocks and flows.
    singles : sequence of str
        Ids of what stands alone.
    links : sequence of (str, str)
        Arrows, from cause to effect.

    Returns
    -------
    dict of str to tuple of Cell
        The cells of each, by its id.
    """
    blocks = [block_of(chain) for chain in chains]
    tried: list[_Placement] = []
    for above in _WAYS:
        for order in (singles, singles[::-1]):
            tried.append(_Placement(*_packed(blocks, len(singles), above), links))
            tried[-1].place(order)
    return min(tried, key=_Placement.cost).cells


def _packed(blocks: Sequence[Block], singles: int, above: int) -> tuple[dict[str, tuple[Cell, ...]], int, int]:
    """Put blocks side by side in bands, with free rows between; return cells, and numbers of columns and rows."""
    area = singles + sum(block.columns * block.rows for block in blocks)
    columns = max([3, math.isqrt(area) + 1, *(block.columns for block in blocks)])
    bands: list[list[Block]] = []
    used = columns
    for block in blocks:
        if used + block.columns > columns:
            bands.append([])
            used = 0
        bands[-1].append(block)
        used += block.columns
    spare = -(-singles * 5 // (4 * columns))
    first = (spare // (len(bands) + 1), 0, spare)[above] if bands else spare
    rest, places = spare - first, max(len(bands), 1)
    share = [first, *(rest // places + (number < rest % places) for number in range(places))]
    fixed: dict[str, tuple[Cell, ...]] = {}
    row = share[0]
    for band, free in zip(bands, share[1:], strict=False):
        column = 0
        for block in band:
            for id, cells in block.cells.items():
                fixed[id] = tuple((column + x, row + y) for x, y in cells)
            column += block.columns
        row += max(block.rows for block in band) + free
    return fixed, columns, max(row, 1)


class _Placement:
    """Cells, improved by moves and exchanges that make arrows shorter and keep them off labels, until none does."""

    def __init__(self, fixed: Cells, columns: int, rows: int, links: Sequence[tuple[str, str]]) -> None:
        self.cells: dict[str, tuple[Cell, ...]] = dict(fixed)
        self.holder = {cell: id for id, cells in fixed.items() for cell in cells}
        every = [(column, row) for row in range(rows) for column in range(columns)]
        self.free = [cell for cell in every if cell not in self.holder]
        self.links = links
        self.passing: dict[Cell, list[tuple[str, str]]] = {}
        self.joined: dict[str, list[str]] = {}
        for cause, effect in links:
            self.joined.setdefault(cause, []).append(effect)
            self.joined.setdefault(effect, []).append(cause)

    def place(self, singles: Sequence[str]) -> None:
        """Give a cell to each."""
        for id in self._nearest_first(singles):
            empty = [cell for cell in self.free if cell not in self.holder]
            self._put(id, min(empty, key=lambda cell: (self._cost_at(id, cell), cell)))
        self._note_passing()
        for _ in range(_SWEEPS):
            moved = [id for id in singles if self._improve(id)]
            if not moved:
                break

    def cost(self) -> int:
        """Return how long all arrows are, what they pass over, and how often they cross."""
        lines = list(self._arrows())
        length = sum(2 * abs(end[0] - begin[0]) + abs(end[1] - begin[1]) for _, begin, end in lines)
        over = sum(cell in self.holder for cell in self.passing for _ in self.passing[cell])
        crossings = sum(_cross(line[1:], other[1:]) for number, line in enumerate(lines) for other in lines[:number])
        return length + _IN_THE_WAY * over + _CROSSING * crossings

    def _nearest_first(self, singles: Sequence[str]) -> Iterator[str]:
        """Yield what is joined to most of what stands already."""
        waiting = list(singles)
        while waiting:
            best = max(waiting, key=lambda id: sum(other in self.cells for other in self.joined.get(id, ())))
            waiting.remove(best)
            yield best

    def _put(self, id: str, cell: Cell) -> None:
        self.cells[id] = (cell,)
        self.holder[cell] = id

    def _improve(self, id: str) -> bool:
        """Make the best move of one, or its best exchange with another; return whether there was any."""
        here = self.cells[id][0]
        best, where = 0, here
        for cell in self.free:
            other = self.holder.get(cell)
            if cell == here:
                continue
            before = self._cost_at(id, here) + (self._cost_at(other, cell) if other else 0)
            self._exchange(id, here, other, cell)
            gain = before - self._cost_at(id, cell) - (self._cost_at(other, here) if other else 0)
            self._exchange(id, cell, other, here)
            if gain > best:
                best, where = gain, cell
        if where == here:
            return False
        self._exchange(id, here, self.holder.get(where), where)
        self._note_passing()
        return True

    def _exchange(self, id: str, here: Cell, other: str | None, there: Cell) -> None:
        del self.holder[here]
        self._put(id, there)
        if other is not None:
            self._put(other, here)

    def _arrows(self) -> Iterator[tuple[tuple[str, str], Cell, Cell]]:
        """Yield each link with the cells where its arrow begins and ends."""
        for cause, effect in self.links:
            if cause in self.cells and effect in self.cells and cause != effect:
                begin = self.cells[cause][0]
                end = _nearest(self.cells[effect], begin)
                yield (cause, effect), _nearest(self.cells[cause], end), end

    def _note_passing(self) -> None:
        """Note over which cells each arrow passes."""
        self.passing = {}
        for link, begin, end in self._arrows():
            for x, y in _between(end[0] - begin[0], end[1] - begin[1]):
                self.passing.setdefault((begin[0] + x, begin[1] + y), []).append(link)

    def _cost_at(self, id: str, cell: Cell) -> int:
        """Return how long the arrows of one are from a cell, what they pass over, and what passes over it."""
        total = _IN_THE_WAY * sum(id not in link for link in self.passing.get(cell, ()))
        for other in self.joined.get(id, ()):
            if other not in self.cells or other == id:
                continue
            column, row = _nearest(self.cells[other], cell)
            across, down = column - cell[0], row - cell[1]
            total += 2 * abs(across) + abs(down)
            for x, y in _between(across, down):
                held = self.holder.get((cell[0] + x, cell[1] + y))
                total += _IN_THE_WAY * (held is not None and held != other)
        return total


def _nearest(cells: Sequence[Cell], cell: Cell) -> Cell:
    """Return where an arrow from a cell ends: beside it in a stock, in the middle of a flow."""
    if cells[0][1] == cells[-1][1]:
        return cells[len(cells) // 2]
    return cells[0][0], min(max(cell[1], cells[0][1]), cells[-1][1])


def _cross(first: tuple[Cell, Cell], second: tuple[Cell, Cell]) -> bool:
    """Return whether two straight lines cross between their ends."""

    def side(line: tuple[Cell, Cell], point: Cell) -> int:
        (ax, ay), (bx, by) = line
        return (bx - ax) * (point[1] - ay) - (by - ay) * (point[0] - ax)

    return side(first, second[0]) * side(first, second[1]) < 0 and side(second, first[0]) * side(second, first[1]) < 0


@cache
def _between(across: int, down: int) -> tuple[Cell, ...]:
    """Return the cells under a straight line from cell 0, 0, without its ends."""
    steps = max(abs(across), abs(down))
    return tuple(
        ((2 * across * step + steps) // (2 * steps), (2 * down * step + steps) // (2 * steps))
        for step in range(1, steps)
    )
