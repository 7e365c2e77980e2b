"""Which cell of a grid everything on a picture stands in.

Chains stand in shelves. What stands alone takes the free cells, near what it is joined to and out of the way of
arrows; a few ways are tried, and the best is taken. Only whole numbers are computed with: the same sector has the
same grid on every machine.
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
"""How much of the free rows stands above the first shelf: its share, none, or all."""


def grid(
    chains: Sequence[Chain], loose: Sequence[str], links: Sequence[tuple[str, str]]
) -> dict[str, tuple[Cell, ...]]:
    """Give stocks, flows and what stands alone their cells; no cell has two.

    Parameters
    ----------
    chains : sequence of Chain
        Stocks and flows.
    loose : sequence of str
        Ids of what stands alone.
    links : sequence of (str, str)
        Arrows, from cause to effect.
    """
    blocks = [block_of(chain) for chain in chains]
    tried: list[_Search] = []
    for above in _WAYS:
        for order in (loose, loose[::-1]):
            tried.append(_Search(*_packed(blocks, len(loose), above), links))
            tried[-1].run(order)
    return min(tried, key=_Search.burden).cells


def _packed(blocks: Sequence[Block], loose: int, above: int) -> tuple[dict[str, tuple[Cell, ...]], int, int]:
    """Put blocks side by side in shelves, with free rows between; return cells, and numbers of columns and rows."""
    area = loose + sum(block.columns * block.rows for block in blocks)
    columns = max([3, math.isqrt(area) + 1, *(block.columns for block in blocks)])
    shelves: list[list[Block]] = []
    used = columns
    for block in blocks:
        if used + block.columns > columns:
            shelves.append([])
            used = 0
        shelves[-1].append(block)
        used += block.columns
    spare = -(-loose * 5 // (4 * columns))
    first = (spare // (len(shelves) + 1), 0, spare)[above] if shelves else spare
    rest, places = spare - first, max(len(shelves), 1)
    share = [first, *(rest // places + (one < rest % places) for one in range(places))]
    fixed: dict[str, tuple[Cell, ...]] = {}
    row = share[0]
    for shelf, free in zip(shelves, share[1:], strict=False):
        column = 0
        for one in shelf:
            for id, cells in one.cells.items():
                fixed[id] = tuple((column + x, row + y) for x, y in cells)
            column += one.columns
        row += max(one.rows for one in shelf) + free
    return fixed, columns, max(row, 1)


class _Search:
    """Moves and swaps that make arrows shorter and keep them off labels, until none does."""

    def __init__(self, fixed: Cells, columns: int, rows: int, links: Sequence[tuple[str, str]]) -> None:
        self.cells: dict[str, tuple[Cell, ...]] = dict(fixed)
        self.holder = {cell: id for id, cells in fixed.items() for cell in cells}
        every = [(column, row) for row in range(rows) for column in range(columns)]
        self.free = [one for one in every if one not in self.holder]
        self.links = links
        self.passing: dict[Cell, list[tuple[str, str]]] = {}
        self.joined: dict[str, list[str]] = {}
        for cause, effect in links:
            self.joined.setdefault(cause, []).append(effect)
            self.joined.setdefault(effect, []).append(cause)

    def run(self, loose: Sequence[str]) -> None:
        """Give a cell to each."""
        for id in self._nearest_first(loose):
            empty = [one for one in self.free if one not in self.holder]
            self._put(id, min(empty, key=lambda cell: (self._cost(id, cell), cell)))
        self._see_arrows()
        for _ in range(_SWEEPS):
            moved = [id for id in loose if self._improve(id)]
            if not moved:
                break

    def burden(self) -> int:
        """Return how long all arrows are, what they pass over, and how often they cross."""
        lines = list(self._arrows())
        length = sum(2 * abs(end[0] - begin[0]) + abs(end[1] - begin[1]) for _, begin, end in lines)
        over = sum(cell in self.holder for cell in self.passing for _ in self.passing[cell])
        crossings = sum(_cross(line[1:], other[1:]) for number, line in enumerate(lines) for other in lines[:number])
        return length + _IN_THE_WAY * over + _CROSSING * crossings

    def _nearest_first(self, loose: Sequence[str]) -> Iterator[str]:
        """Yield what is joined to most of what stands already."""
        waiting = list(loose)
        while waiting:
            best = max(waiting, key=lambda id: sum(one in self.cells for one in self.joined.get(id, ())))
            waiting.remove(best)
            yield best

    def _put(self, id: str, cell: Cell) -> None:
        self.cells[id] = (cell,)
        self.holder[cell] = id

    def _improve(self, id: str) -> bool:
        """Make the best move or swap of one; return whether there was one."""
        here = self.cells[id][0]
        best, where = 0, here
        for cell in self.free:
            other = self.holder.get(cell)
            if cell == here:
                continue
            before = self._cost(id, here) + (self._cost(other, cell) if other else 0)
            self._exchange(id, here, other, cell)
            gain = before - self._cost(id, cell) - (self._cost(other, here) if other else 0)
            self._exchange(id, cell, other, here)
            if gain > best:
                best, where = gain, cell
        if where == here:
            return False
        self._exchange(id, here, self.holder.get(where), where)
        self._see_arrows()
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

    def _see_arrows(self) -> None:
        """Note over which cells each arrow passes."""
        self.passing = {}
        for link, begin, end in self._arrows():
            for x, y in _between(end[0] - begin[0], end[1] - begin[1]):
                self.passing.setdefault((begin[0] + x, begin[1] + y), []).append(link)

    def _cost(self, id: str, cell: Cell) -> int:
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


def _cross(one: tuple[Cell, Cell], other: tuple[Cell, Cell]) -> bool:
    """Return whether two straight lines cross between their ends."""

    def side(line: tuple[Cell, Cell], point: Cell) -> int:
        (ax, ay), (bx, by) = line
        return (bx - ax) * (point[1] - ay) - (by - ay) * (point[0] - ax)

    return side(one, other[0]) * side(one, other[1]) < 0 and side(other, one[0]) * side(other, one[1]) < 0


@cache
def _between(across: int, down: int) -> tuple[Cell, ...]:
    """Return the cells under a straight line from cell 0, 0, without its ends."""
    steps = max(abs(across), abs(down))
    return tuple(
        ((2 * across * one + steps) // (2 * steps), (2 * down * one + steps) // (2 * steps)) for one in range(1, steps)
    )
