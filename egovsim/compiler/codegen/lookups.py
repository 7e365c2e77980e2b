"""Graphical functions as vector instructions.

A value is always ``level + (x - begin) * slope`` of the segment that holds x: exact at the points. Only the way
to find the segment differs with the points.
"""

from __future__ import annotations

import struct
from collections.abc import Sequence
from functools import cache

import llvmlite.binding as llvm
from llvmlite import ir

from egovsim.compiler.codegen.lanes import Lanes, Value
from egovsim.compiler.codegen.tables import Grid, as_steps, grid_of, overshoots, segment_slopes
from egovsim.model.expression import Table

SHORT_TABLE = 16
"""Up to so many points a table off the grid is a chain of selections; longer ones are searched lane by lane."""

_PAIR = ir.VectorType(ir.DoubleType(), 2)
_ROW_SHIFT = 4
"""A row of a table on a grid is a pair of numbers, 16 bytes."""

_REGISTER_ROWS = 8
_WORDS = ir.VectorType(ir.IntType(32), 8)
_PERMUTATION = "llvm.x86.avx2.permd"
"""An instruction of AVX2 that picks eight words of 32 bits from eight."""


@cache
def has_permutations(lanes: int) -> bool:
    """Say whether this processor can pick numbers from a register.

    Parameters
    ----------
    lanes : int
        How many numbers a vector has.

    Returns
    -------
    bool
        Whether it has AVX2, and the vectors are of four lanes or a multiple.
    """
    return lanes % 4 == 0 and "+avx2" in llvm.get_host_cpu_features().flatten().split(",")


class Lookups(Lanes):
    """Writes the values of tables into one function."""

    def table(self, table: Table, x: Value) -> Value:
        """Write the value of a table.

        Parameters
        ----------
        table : Table
            Its points.
        x : ir.Value
            Where, a vector.

        Returns
        -------
        ir.Value
            Not a number where x is not.
        """
        table = as_steps(table)
        if len(table.x) == 1:
            return self._unless_not_a_number(x, self._constant(table.y[0]))
        grid = grid_of(table)
        if grid is not None:
            return self._on_grid(table, grid, x)
        if len(table.x) > SHORT_TABLE:
            return self._by_lane(self._search_function(table), [x])
        return self._short_table(table, x)

    def _on_grid(self, table: Table, grid: Grid, x: Value) -> Value:
        """Compute the cell from x and read its row: the same work for every number of points."""
        builder, zero = self._builder, self._constant(0.0)
        segments = self._cells_that_are_read(table, grid)
        last = self._constant(float(len(segments) - 1))
        at = self._clamped(x, table.x[0], table.x[-1]) if table.kind == "continuous" else x
        place = builder.fmul(builder.fsub(at, self._constant(table.x[0])), self._constant(grid.scale))
        if table.kind != "continuous" or len(segments) < len(grid.segments):
            place = self._choose(self._compare(">", place, last), last, place)
        place = self._choose(self._compare(">", place, zero), place, zero)  # not a number counts as the first cell
        whole = self._intrinsic("llvm.floor", place)
        columns = [table.y] if table.kind == "discrete" else [table.y, segment_slopes(table)]
        if grid.width is None and table.kind != "discrete":
            columns.append(table.x)
        in_registers = len(segments) <= _REGISTER_ROWS and has_permutations(self._lanes)
        read = self._from_registers if in_registers else self._from_memory
        level, *others = read([[column[segment] for segment in segments] for column in columns], whole)
        if table.kind == "discrete":
            return self._unless_not_a_number(x, level)
        if grid.width is not None:
            begin = builder.fmul(whole, self._constant(grid.width))
            others.append(builder.fadd(begin, self._constant(table.x[0])) if table.x[0] else begin)
        slope, begin = others
        return self._interpolated(table, grid.lowest, at, (begin, level, slope))

    def _cells_that_are_read(self, table: Table, grid: Grid) -> tuple[int, ...]:
        """Return the cells; without the last, where the one before leads to the last point and all then fit."""
        *before, last = grid.segments
        fits = len(before) == _REGISTER_ROWS and has_permutations(self._lanes) and table.kind == "continuous"
        begin, level, slope = table.x[last - 1], table.y[last - 1], segment_slopes(table)[last - 1]
        leads_there = level + (table.x[last] - begin) * slope == table.y[last] != 0.0
        return tuple(before) if fits and leads_there else grid.segments

    def _interpolated(self, table: Table, lowest: Sequence[float], at: Value, row: tuple[Value, Value, Value]) -> Value:
        """Return the value in a segment; held between the ends of the table where rounding may leave them."""
        builder, (begin, level, slope) = self._builder, row
        value = builder.fadd(level, builder.fmul(builder.fsub(at, begin), slope))
        return self._clamped(value, min(table.y), max(table.y)) if overshoots(table, lowest) else value

    def _from_registers(self, columns: Sequence[Sequence[float]], whole: Value) -> list[Value]:
        """Read numbers of every lane's cell from tables of few rows, held in registers word by word."""
        bits = self._builder.fadd(whole, self._constant(2.0**52))  # the cell is in the last bits
        parts = [self._shuffled(bits, bits, range(first, first + 4)) for first in range(0, self._lanes, 4)]
        cells = [self._builder.bitcast(part, _WORDS) for part in parts]
        cells = [self._shuffled(cell, cell, [word & ~1 for word in range(_REGISTER_ROWS)]) for cell in cells]
        return [self._end_to_end([self._permuted(column, cell) for cell in cells], 4) for column in columns]

    def _permuted(self, column: Sequence[float], cell: Value) -> Value:
        """Pick numbers of four lanes, low and high words apart."""
        rows = [*column, *[column[0]] * (_REGISTER_ROWS - len(column))]
        halves = zip(*(struct.unpack("<2I", struct.pack("<d", row)) for row in rows), strict=True)
        low, high = (self._picked(words, cell) for words in halves)
        numbers = self._shuffled(low, high, [word + _REGISTER_ROWS * (word % 2) for word in range(_REGISTER_ROWS)])
        return self._builder.bitcast(numbers, ir.VectorType(self._double, 4))

    def _picked(self, words: Sequence[int], cell: Value) -> Value:
        row = ir.Constant(_WORDS, list(words))
        if len(set(words)) == 1:  # as the low words of round numbers are
            return row
        permute = self._module.globals.get(_PERMUTATION)
        if permute is None:
            permute = ir.Function(self._module, ir.FunctionType(_WORDS, [_WORDS, _WORDS]), _PERMUTATION)
        return self._builder.call(permute, [row, cell])

    def _from_memory(self, columns: Sequence[Sequence[float]], whole: Value) -> list[Value]:
        """Read numbers of every lane's cell, two columns at a time."""
        builder, integers = self._builder, ir.VectorType(ir.IntType(32), self._lanes)
        size = ir.Constant(integers, [_ROW_SHIFT] * self._lanes)
        bytes_on = builder.shl(builder.fptosi(whole, integers), size)
        cells = [builder.zext(self._lane(bytes_on, lane), ir.IntType(64)) for lane in range(self._lanes)]
        found: list[Value] = []
        for first, second in zip(columns[::2], [*columns[1::2], columns[0]], strict=False):
            rows = self._array(list(zip(first, second, strict=True)))
            found += self._pairs([builder.load(self._row(rows, cell), align=16) for cell in cells])
        return found[: len(columns)]

    def _pairs(self, rows: list[Value]) -> list[Value]:
        """Sort pairs, one a lane, into two vectors."""
        if self._lanes == 1:
            return [self._joined([self._lane(rows[0], place)]) for place in (0, 1)]
        even, odd = self._end_to_end(rows[::2], 2), self._end_to_end(rows[1::2], 2)
        firsts = [place for pair in range(0, self._lanes, 2) for place in (pair, self._lanes + pair)]
        return [self._shuffled(even, odd, firsts), self._shuffled(even, odd, [first + 1 for first in firsts])]

    def _end_to_end(self, parts: list[Value], length: int) -> Value:
        """Join vectors of one length, as many as a power of two, into one."""
        while len(parts) > 1:
            length *= 2
            pairs = zip(parts[::2], parts[1::2], strict=True)
            parts = [self._shuffled(first, second, range(length)) for first, second in pairs]
        return parts[0]

    def _row(self, first: Value, bytes_on: Value) -> Value:
        return self._builder.bitcast(self._builder.gep(first, [bytes_on]), _PAIR.as_pointer())

    def _array(self, rows: Sequence[tuple[float, float]]) -> Value:
        """Return the address of a constant array of pairs."""
        whole = ir.ArrayType(_PAIR, len(rows))
        array = ir.GlobalVariable(self._module, whole, f"rows.{len(self._module.globals)}")
        array.linkage, array.global_constant, array.align = "internal", True, 1 << _ROW_SHIFT
        array.initializer = ir.Constant(whole, [ir.Constant(_PAIR, list(row)) for row in rows])
        return self._builder.bitcast(array, ir.IntType(8).as_pointer())

    def _short_table(self, table: Table, x: Value) -> Value:
        """Select the segment that holds x, point after point."""
        xs, ys = table.x, table.y
        if table.kind == "discrete":
            level = self._constant(ys[0])
            for place, y in zip(xs[1:], ys[1:], strict=True):
                level = self._choose(self._compare(">=", x, self._constant(place)), self._constant(y), level)
            return self._unless_not_a_number(x, level)
        at = self._clamped(x, xs[0], xs[-1]) if table.kind == "continuous" else x
        slopes = segment_slopes(table)
        begin, level, slope = map(self._constant, (xs[0], ys[0], slopes[0]))
        for place, y, steep in zip(xs[1:], ys[1:], slopes[1:], strict=True):
            here = self._compare(">=", at, self._constant(place))
            begin = self._choose(here, self._constant(place), begin)
            level = self._choose(here, self._constant(y), level)
            slope = self._choose(here, self._constant(steep), slope)
        return self._interpolated(table, xs, at, (begin, level, slope))

    def _search_function(self, table: Table) -> str:
        """Write a function of one number that finds the segment by halving."""
        name = f"table.{len(self._module.globals)}"
        function = ir.Function(self._module, ir.FunctionType(self._double, [self._double]), name)
        function.linkage = "internal"
        _TableSearch(self._module, function, table).write()
        return name


class _TableSearch:
    """Writes the body of a function that looks one number up in a long table."""

    def __init__(self, module: ir.Module, function: ir.Function, table: Table) -> None:
        self._table, self._function = table, function
        self._double, self._integer = ir.DoubleType(), ir.IntType(64)
        rows = {"x": table.x, "y": table.y, "slope": segment_slopes(table)}
        self._rows = {part: self._array(module, f"{function.name}.{part}", row) for part, row in rows.items()}
        self._builder = ir.IRBuilder(function.append_basic_block("entry"))

    def _array(self, module: ir.Module, name: str, values: Sequence[float]) -> Value:
        kind = ir.ArrayType(self._double, len(values))
        array = ir.GlobalVariable(module, kind, name)
        array.linkage, array.global_constant = "internal", True
        array.initializer = ir.Constant(kind, list(values))
        return array

    def write(self) -> None:
        builder, table = self._builder, self._table
        x = self._function.args[0]
        at = self._clamped(x, table.x[0], table.x[-1]) if table.kind == "continuous" else x
        place = self._segment(at)
        level = self._read("y", place)
        if table.kind == "discrete":
            builder.ret(builder.select(builder.fcmp_unordered("uno", x, x), x, level))
            return
        rise = builder.fmul(builder.fsub(at, self._read("x", place)), self._read("slope", place))
        value = builder.fadd(level, rise)
        if table.kind == "continuous":
            value = self._clamped(value, min(table.y), max(table.y))
        builder.ret(value)

    def _segment(self, at: Value) -> Value:
        """Return the last point not above `at`, by halving; the first, when there is none."""
        builder, last = self._builder, len(self._table.x) - 1
        low: Value = ir.Constant(self._integer, 0)
        size = 1 << max(last, 1).bit_length()
        while size >= 1:
            reach = builder.add(low, ir.Constant(self._integer, size))
            inside = builder.icmp_signed("<=", reach, ir.Constant(self._integer, last))
            safe = builder.select(inside, reach, low)
            above = builder.and_(inside, builder.fcmp_ordered(">=", at, self._read("x", safe)))
            low = builder.select(above, safe, low)
            size //= 2
        return low

    def _read(self, part: str, place: Value) -> Value:
        zero = ir.Constant(self._integer, 0)
        return self._builder.load(self._builder.gep(self._rows[part], [zero, place]))

    def _clamped(self, x: Value, low: float, high: float) -> Value:
        builder = self._builder
        x = builder.select(builder.fcmp_ordered("<", x, self._number(low)), self._number(low), x)
        return builder.select(builder.fcmp_ordered(">", x, self._number(high)), self._number(high), x)

    def _number(self, value: float) -> Value:
        return ir.Constant(self._double, value)
