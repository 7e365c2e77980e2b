"""The rows of a chain of stocks and flows, so that pipes keep clear of each other and of the boxes that they skip.

Stocks take every second column and as many rows as their flows need, each flow a row of the columns between.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from egovsim.documentation.diagrams.sectors import Chain, Pipe

Cell = tuple[int, int]
"""Column and row, from 0."""
Cells = Mapping[str, tuple[Cell, ...]]


@dataclass(frozen=True)
class Block:
    """A chain in cells, counted from its own upper left corner.

    Parameters
    ----------
    cells : mapping of str to tuple of Cell
        Those of each stock and flow, by its id.
    columns, rows : int
        How many cells the block is wide and high.
    """

    cells: Cells
    columns: int
    rows: int


def block_of(chain: Chain) -> Block:
    """Give every flow a row in which its pipe is free and runs through no box, shorter pipes first.

    Parameters
    ----------
    chain : Chain
        Stocks in their order from the left, and their flows.

    Returns
    -------
    Block
        All of them in cells.
    """
    assigned = _AssignedRows({id: number for number, id in enumerate(chain.stocks)})
    for pipe in sorted(chain.pipes, key=lambda pipe: len(assigned.ways(pipe)[0])):
        assigned.add(pipe)
    top = min((row for row, _ in assigned.flows.values()), default=0)
    flows = {id: tuple((column, row - top) for column in way) for id, (row, way) in assigned.flows.items()}
    stocks: dict[str, tuple[Cell, ...]] = {}
    for id, number in assigned.place.items():
        first, last = assigned.boxes.get(number, (top, top))
        stocks[id] = tuple((2 * number + 1, row - top) for row in range(first, last + 1))
    cells = {**stocks, **flows}
    rows = 1 + max(row for cell in cells.values() for _, row in cell)
    return Block(cells, 2 * len(chain.stocks) + 1, rows)


@dataclass
class _AssignedRows:
    """The rows of a chain while flows are given theirs; rows may be negative until all are placed.

    `place` numbers the stocks from the left, `boxes` are first and last row of each, `flows` are row and columns.
    """

    place: Mapping[str, int]
    boxes: dict[int, tuple[int, int]] = field(default_factory=dict[int, tuple[int, int]])
    flows: dict[str, tuple[int, range]] = field(default_factory=dict[str, tuple[int, range]])

    def ways(self, pipe: Pipe) -> list[range]:
        """Return the columns that a pipe may run through: to and from a cloud, on either side of its stock."""
        if pipe.source is None or pipe.target is None:
            at = 2 * self.place[pipe.source or pipe.target or ""]
            before, after = range(at, at + 1), range(at + 2, at + 3)
            return [before, after] if pipe.source is None else [after, before]
        first, last = sorted((self.place[pipe.source], self.place[pipe.target]))
        return [range(2 * first + 2, 2 * last + 1)]

    def add(self, pipe: Pipe) -> None:
        """Put a flow into the row nearest to the first, rather below than above it, and let its stocks reach there."""
        ends = [self.place[id] for id in (pipe.source, pipe.target) if id is not None]
        far = 2 * len(self.flows) + 2
        tried = [
            (abs(row), row < 0, number, row)
            for number, way in enumerate(self.ways(pipe))
            for row in range(-far, far)
            if self._free(way, row) and self._clear(ends, row)
        ]
        # two rings of flows may leave no way round a box; then the pipe runs below everything, across what it must
        _, _, number, row = min(tried, default=(0, False, 0, far))
        self.flows[pipe.flow] = row, self.ways(pipe)[number]
        for end in ends:
            self.boxes[end] = self._reaching(end, row)

    def _reaching(self, stock: int, row: int) -> tuple[int, int]:
        first, last = self.boxes.get(stock, (row, row))
        return min(first, row), max(last, row)

    def _free(self, way: range, row: int) -> bool:
        """Return whether no pipe is in the row, and no box of a stock that is skipped."""
        pipes = any(row == other and set(way) & set(taken) for other, taken in self.flows.values())
        skipped = [self.boxes[column // 2] for column in way if column % 2 and column // 2 in self.boxes]
        return not pipes and not any(first <= row <= last for first, last in skipped)

    def _clear(self, ends: Sequence[int], row: int) -> bool:
        """Return whether the boxes at both ends would reach the row without covering a pipe that skips them."""
        for stock in ends:
            first, last = self._reaching(stock, row)
            for other, way in self.flows.values():
                if 2 * stock + 1 in way and first <= other <= last:
                    return False
        return True
