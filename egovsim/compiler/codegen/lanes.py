"""Small pieces of vector code, one lane a member, that everything else is written with."""

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager

from llvmlite import ir

Value = ir.Value
"""A value of the machine: mostly a vector of numbers, a lane a member."""


class Lanes:
    """Writes vector instructions into one function.

    Parameters
    ----------
    module : ir.Module
        What the function stands in.
    builder : ir.IRBuilder
        Where in it to write.
    lanes : int
        How many numbers a vector has.
    """

    def __init__(self, module: ir.Module, builder: ir.IRBuilder, lanes: int) -> None:
        self._module, self._builder, self._lanes = module, builder, lanes
        self._double, self._integer = ir.DoubleType(), ir.IntType(64)
        self._vector = ir.VectorType(self._double, lanes)

    def _spread(self, number: Value) -> Value:
        """Return a vector with one number in every lane."""
        empty = ir.Constant(self._vector, ir.Undefined)
        first = self._builder.insert_element(empty, number, ir.Constant(ir.IntType(32), 0))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), self._lanes), [0] * self._lanes)
        return self._builder.shuffle_vector(first, empty, mask)

    def _constant(self, value: float) -> Value:
        return ir.Constant(self._vector, [value] * self._lanes)

    def _whole_constant(self, value: int) -> Value:
        """Return one 64-bit integer."""
        return ir.Constant(self._integer, value)

    def _compare(self, sign: str, left: Value, right: Value) -> Value:
        if sign == "!=":
            return self._builder.fcmp_unordered("!=", left, right)
        return self._builder.fcmp_ordered(sign, left, right)

    def _choose(self, mask: Value, then: Value, otherwise: Value) -> Value:
        return self._builder.select(mask, then, otherwise)

    def _clamped(self, x: Value, low: float, high: float) -> Value:
        """x between two bounds; not a number where x is not."""
        x = self._choose(self._compare("<", x, self._constant(low)), self._constant(low), x)
        return self._choose(self._compare(">", x, self._constant(high)), self._constant(high), x)

    def _unless_not_a_number(self, x: Value, value: Value) -> Value:
        """The value; not a number where x is not, so that a failure shows."""
        return self._choose(self._builder.fcmp_unordered("uno", x, x), x, value)

    def _any(self, mask: Value) -> Value:
        """Whether a mask is set in any lane."""
        bits = self._builder.bitcast(mask, ir.IntType(self._lanes))
        return self._builder.icmp_unsigned("!=", bits, ir.Constant(ir.IntType(self._lanes), 0))

    def _intrinsic(self, name: str, x: Value) -> Value:
        return self._builder.call(self._vector_function(f"{name}.v{self._lanes}f64", 1), [x])

    def _vector_function(self, name: str, count: int) -> Value:
        """Declare a function of so many vectors, once a module."""
        function = self._module.globals.get(name)
        if function is None:
            function = ir.Function(self._module, ir.FunctionType(self._vector, [self._vector] * count), name)
        return function

    def _by_lane(self, name: str, arguments: Sequence[Value]) -> Value:
        """Call a function of plain numbers once for each lane."""
        function = self._module.globals.get(name)
        if function is None:
            kind = ir.FunctionType(self._double, [self._double] * len(arguments))
            function = ir.Function(self._module, kind, name)
        return self._joined(
            [
                self._builder.call(function, [self._lane(argument, lane) for argument in arguments])
                for lane in range(self._lanes)
            ]
        )

    def _shuffled(self, first: Value, second: Value, places: Sequence[int]) -> Value:
        """Pick numbers of two vectors, those of the second counted on from the first's."""
        mask = ir.Constant(ir.VectorType(ir.IntType(32), len(places)), list(places))
        return self._builder.shuffle_vector(first, second, mask)

    def _lane(self, vector: Value, lane: int) -> Value:
        return self._builder.extract_element(vector, ir.Constant(ir.IntType(32), lane))

    def _joined(self, numbers: Sequence[Value]) -> Value:
        """Make a vector of one number a lane."""
        result: Value = ir.Constant(self._vector, ir.Undefined)
        for lane, number in enumerate(numbers):
            result = self._builder.insert_element(result, number, ir.Constant(ir.IntType(32), lane))
        return result

    def _load(self, first: Value, place: Value | int) -> Value:
        """Read the vector at a place, counted in vectors from an address."""
        return self._builder.load(self._address(first, place), align=8)

    def _store(self, first: Value, place: Value | int, value: Value) -> None:
        """Write a vector to a place, counted in vectors from an address."""
        self._builder.store(value, self._address(first, place), align=8)

    def _address(self, first: Value, place: Value | int) -> Value:
        index = self._whole_constant(place) if isinstance(place, int) else place
        return self._builder.gep(first, [index])


class Recorder(Lanes):
    """Writes vectors, a lane a member, so that the numbers of one member lie side by side."""

    def record(self, vectors: Iterable[Value], first: Value, apart: Value, begin: int) -> None:
        """Store some vectors.

        Parameters
        ----------
        vectors : iterable of ir.Value
            What to store.
        first : ir.Value
            Address of the numbers of the first lane.
        apart : ir.Value
            How many numbers further those of the next lane are.
        begin : int
            The place of the first vector among a lane's numbers.
        """
        block: list[Value] = []
        rows = [self._builder.gep(first, [self._whole_constant(begin)])]
        for _ in range(1, self._lanes):
            rows.append(self._builder.gep(rows[-1], [apart]))
        done = 0
        for vector in vectors:
            block.append(vector)
            if len(block) == self._lanes:
                for row, values in zip(rows, self._transposed(block), strict=True):
                    place = self._builder.gep(row, [self._whole_constant(done)])
                    self._builder.store(values, self._builder.bitcast(place, self._vector.as_pointer()), align=8)
                done, block = done + self._lanes, []
        for number, vector in enumerate(block, start=done):
            for lane, row in enumerate(rows):
                place = self._builder.gep(row, [self._whole_constant(number)])
                self._builder.store(self._lane(vector, lane), place)

    def _transposed(self, block: list[Value]) -> list[Value]:
        """Exchange rows and columns of a square of numbers, halves first, then halves of halves."""
        size, half = self._lanes, self._lanes // 2
        while half:
            upper = [size * bool(lane & half) + (lane & ~half) for lane in range(size)]
            lower = [place + half for place in upper]
            changed = list(block)
            for row in (row for row in range(size) if not row & half):
                pair = block[row], block[row + half]
                changed[row], changed[row + half] = self._shuffled(*pair, upper), self._shuffled(*pair, lower)
            block, half = changed, half // 2
        return block


@contextmanager
def counted(builder: ir.IRBuilder, count: Value, name: str) -> Generator[Value, None, None]:
    """Write a loop over 0 .. count - 1; what is written inside is its body.

    Parameters
    ----------
    builder : ir.IRBuilder
        Where to write.
    count : ir.Value
        How often, a 64-bit integer.
    name : str
        Of what is counted, for a reader of the code.

    Yields
    ------
    ir.Value
        The number of the turn.
    """
    integer = ir.IntType(64)
    before = builder.block
    head, body, after = (builder.append_basic_block(f"{name}.{part}") for part in ("head", "body", "after"))
    builder.branch(head)
    builder.position_at_end(head)
    index = builder.phi(integer, name)
    index.add_incoming(ir.Constant(integer, 0), before)
    builder.cbranch(builder.icmp_signed("<", index, count), body, after)
    builder.position_at_end(body)
    yield index
    index.add_incoming(builder.add(index, ir.Constant(integer, 1)), builder.block)
    builder.branch(head)
    builder.position_at_end(after)
