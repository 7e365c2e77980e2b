"""Loops over what has one form: over the assignments of a template, and over many outputs.

What differs from turn to turn stands in tables beside the code: places in the memory block, and numbers.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence

from llvmlite import ir

from egovsim.compiler.codegen.expressions import Emitter
from egovsim.compiler.codegen.lanes import Lanes, Value, counted
from egovsim.compiler.codegen.templates import Template, number_id, operand_id


class Rolled(Lanes):
    """Writes loops into one function of the memory block.

    Parameters
    ----------
    module : ir.Module
        What the function stands in.
    builder : ir.IRBuilder
        Where in it to write.
    lanes : int
        How many members a vector holds.
    memory : ir.Value
        Address of the memory block.
    slot : mapping of str to int
        Where values lie in it, by id.
    """

    def __init__(
        self, module: ir.Module, builder: ir.IRBuilder, lanes: int, *, memory: Value, slot: Mapping[str, int]
    ) -> None:
        super().__init__(module, builder, lanes)
        self._memory, self._slot = memory, slot

    def assign(self, template: Template, places: Sequence[int]) -> None:
        """Write a loop over the assignments of a template.

        Parameters
        ----------
        template : Template
            What they are.
        places : sequence of int
            Where in the memory block each result is stored.
        """
        rows = [
            (place, *(self._slot[name] for name in names))
            for place, names in zip(places, template.operands, strict=True)
        ]
        slots = self._table("slots", [place for row in rows for place in row], "i", ir.IntType(32))
        numbers = self._table("numbers", [number for row in template.numbers for number in row], "d", self._double)
        operands = {operand_id(number): number + 1 for number in range(len(rows[0]) - 1)}
        columns = {number_id(number): number for number in range(len(template.numbers[0]))}
        with counted(self._builder, self._whole_constant(len(rows)), "row") as row:

            def load(name: str) -> Value:
                if name in columns:
                    return self._spread(self._entry(numbers, row, len(columns), columns[name]))
                if name in operands:
                    return self._load(self._memory, self._place(slots, row, len(rows[0]), operands[name]))
                return self._load(self._memory, self._slot[name])

            value = Emitter(self._module, self._builder, self._lanes, load).assign("", template.expression)
            self._store(self._memory, self._place(slots, row, len(rows[0]), 0), value)

    def record(self, places: Sequence[int], first: Value, apart: Value) -> None:
        """Write a loop that stores outputs, so that the numbers of one member lie side by side.

        Parameters
        ----------
        places : sequence of int
            Where in the memory block each output is.
        first : ir.Value
            Address of the numbers of the first lane.
        apart : ir.Value
            How many numbers further those of the next lane are.
        """
        slots = self._table("outputs", places, "i", ir.IntType(32))
        lanes = [first]
        for _ in range(1, self._lanes):
            lanes.append(self._builder.gep(lanes[-1], [apart]))
        with counted(self._builder, self._whole_constant(len(places)), "output") as output:
            vector = self._load(self._memory, self._place(slots, output, 1, 0))
            for lane, numbers in enumerate(lanes):
                self._builder.store(self._lane(vector, lane), self._builder.gep(numbers, [output]))

    def _place(self, table: Value, row: Value, width: int, column: int) -> Value:
        return self._builder.zext(self._entry(table, row, width, column), self._integer)

    def _entry(self, table: Value, row: Value, width: int, column: int) -> Value:
        """Read an entry of a table that is kept row by row."""
        first = self._builder.mul(row, self._whole_constant(width))
        place = self._builder.add(first, self._whole_constant(column))
        return self._builder.load(self._builder.gep(table, [place]))

    def _table(self, name: str, values: Sequence[float], form: str, kind: ir.Type) -> Value:
        """Return the address of a table beside the code, written as bytes, which are quick to read."""
        content = bytearray(struct.pack(f"<{len(values)}{form}", *values))
        bytes_ = ir.ArrayType(ir.IntType(8), len(content))
        table = ir.GlobalVariable(self._module, bytes_, f"{name}.{len(self._module.globals)}")
        table.linkage, table.global_constant, table.align = "internal", True, 8
        table.initializer = ir.Constant(bytes_, content)
        return self._builder.bitcast(table, kind.as_pointer())
