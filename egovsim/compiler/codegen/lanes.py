"""Small pieces of vector code, one lane a member, that everything else is written with."""

# llvmlite has no type stubs, so what it returns is unknown to the type checker.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

from collections.abc import Generator, Iterable, Sequence
from contextlib import contextmanager
from typing import Any

from llvmlite import ir


class Lanes:
    """Writes vector instructions into one function."""

    def __init__(self, module: Any, builder: Any, lanes: int) -> None:
        self._module, self._builder, self._lanes = module, builder, lanes
        self._double = ir.DoubleType()
        self._vector = ir.VectorType(self._double, lanes)

    def _spread(self, number: Any) -> Any:
        """Return a vector with one number in every lane."""
        empty = ir.Constant(self._vector, ir.Undefined)
        one = self._builder.insert_element(empty, number, ir.Constant(ir.IntType(32), 0))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), self._lanes), [0] * self._lanes)
        return self._builder.shuffle_vector(one, empty, mask)

    def _constant(self, value: float) -> Any:
        return ir.Constant(self._vector, [value] * self._lanes)

    def _compare(self, sign: str, left: Any, right: Any) -> Any:
        if sign == "!=":
            return self._builder.fcmp_unordered("!=", left, right)
        return self._builder.fcmp_ordered(sign, left, right)

    def _choose(self, mask: Any, then: Any, otherwise: Any) -> Any:
        return self._builder.select(mask, then, otherwise)

    def _clamped(self, x: Any, low: float, high: float) -> Any:
        """x between two bounds; not a number where x is not."""
        x = self._choose(self._compare("<", x, self._constant(low)), self._constant(low), x)
        return self._choose(self._compare(">", x, self._constant(high)), self._constant(high), x)

    def _unless_not_a_number(self, x: Any, value: Any) -> Any:
        """The value; not a number where x is not, so that a failure shows."""
        return self._choose(self._builder.fcmp_unordered("uno", x, x), x, value)

    def _intrinsic(self, name: str, x: Any) -> Any:
        full = f"{name}.v{self._lanes}f64"
        function = self._module.globals.get(full)
        if function is None:
            function = ir.Function(self._module, ir.FunctionType(self._vector, [self._vector]), full)
        return self._builder.call(function, [x])

    def _by_lane(self, name: str, arguments: Sequence[Any]) -> Any:
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

    def _shuffled(self, first: Any, second: Any, places: Sequence[int]) -> Any:
        """Choose numbers of two vectors, those of the second counted on from the first's."""
        mask = ir.Constant(ir.VectorType(ir.IntType(32), len(places)), list(places))
        return self._builder.shuffle_vector(first, second, mask)

    def _lane(self, vector: Any, lane: int) -> Any:
        return self._builder.extract_element(vector, ir.Constant(ir.IntType(32), lane))

    def _joined(self, numbers: Sequence[Any]) -> Any:
        """Make a vector of one number a lane."""
        result: Any = ir.Constant(self._vector, ir.Undefined)
        for lane, number in enumerate(numbers):
            result = self._builder.insert_element(result, number, ir.Constant(ir.IntType(32), lane))
        return result


class Recorder(Lanes):
    """Writes vectors, a lane a member, so that the numbers of one member lie side by side."""

    def record(self, vectors: Iterable[Any], first: Any, apart: Any, begin: int) -> None:
        """Store vectors: of the first lane at `first`, from number `begin` on; of each other lane `apart` further."""
        block: list[Any] = []
        rows = [self._builder.gep(first, [self._number(begin)])]
        for _ in range(1, self._lanes):
            rows.append(self._builder.gep(rows[-1], [apart]))
        done = 0
        for vector in vectors:
            block.append(vector)
            if len(block) == self._lanes:
                for row, values in zip(rows, self._transposed(block), strict=True):
                    place = self._builder.gep(row, [self._number(done)])
                    self._builder.store(values, self._builder.bitcast(place, self._vector.as_pointer()), align=8)
                done, block = done + self._lanes, []
        for number, vector in enumerate(block, start=done):
            for lane, row in enumerate(rows):
                self._builder.store(self._lane(vector, lane), self._builder.gep(row, [self._number(number)]))

    def _transposed(self, block: list[Any]) -> list[Any]:
        """Exchange rows and columns of a square of numbers, halves first, then halves of halves."""
        size, half = self._lanes, self._lanes // 2
        while half:
            upper = [size * bool(lane & half) + (lane & ~half) for lane in range(size)]
            lower = [one + half for one in upper]
            changed = list(block)
            for row in (row for row in range(size) if not row & half):
                pair = block[row], block[row + half]
                changed[row], changed[row + half] = self._shuffled(*pair, upper), self._shuffled(*pair, lower)
            block, half = changed, half // 2
        return block

    @staticmethod
    def _number(value: int) -> Any:
        return ir.Constant(ir.IntType(64), value)


@contextmanager
def counted(builder: Any, count: Any, name: str) -> Generator[Any, None, None]:
    """Write a loop over 0 .. count - 1; the block inside is its body."""
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
