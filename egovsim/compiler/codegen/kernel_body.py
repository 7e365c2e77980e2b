"""What every part of the entry point is written with: its arguments by name, the memory block, the clock, loops."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass

from llvmlite import ir

from egovsim.compiler.codegen.lanes import Lanes, Value, counted
from egovsim.compiler.codegen.memory_layout import CLOCK, Layout, clock_slot
from egovsim.compiler.program import Program


@dataclass(frozen=True)
class EntryPoint:
    """The entry point that is being written.

    Parameters
    ----------
    module : ir.Module
        What it stands in.
    builder : ir.IRBuilder
        Where in it to write.
    lanes : int
        How many members a vector holds.
    program : Program
        What it computes.
    layout : Layout
        Of the memory block.
    arguments : mapping of str to ir.Value
        By the names in the table ``entry_point.ARGUMENTS``.
    """

    module: ir.Module
    builder: ir.IRBuilder
    lanes: int
    program: Program
    layout: Layout
    arguments: Mapping[str, Value]


class KernelBody(Lanes):
    """Writes into the entry point.

    Parameters
    ----------
    entry : EntryPoint
        Shared by all parts.
    """

    def __init__(self, entry: EntryPoint) -> None:
        super().__init__(entry.module, entry.builder, entry.lanes)
        self._program, self._layout, self._arguments = entry.program, entry.layout, entry.arguments
        self._memory = entry.arguments["memory"]

    def _slot(self, place: Value | int) -> Value:
        """Read a slot of the memory block."""
        return self._load(self._memory, place)

    def _set_slot(self, place: Value | int, value: Value) -> None:
        """Write a slot of the memory block."""
        self._store(self._memory, place, value)

    @staticmethod
    def _clock(name: str) -> int:
        """Return the slot of a value of the clock."""
        return CLOCK.index(clock_slot(name))

    def _set_time(self, now: Value, clocks: Sequence[str]) -> None:
        for name in clocks:
            self._set_slot(self._clock(name), self._spread(now))

    def _call(self, functions: Sequence[ir.Function]) -> None:
        """Call functions of the memory block, one after another."""
        for function in functions:
            self._builder.call(function, [self._memory])

    def _counting(self, count: Value, name: str) -> AbstractContextManager[Value]:
        return counted(self._builder, count, name)

    def _plus(self, index: Value, offset: int) -> Value:
        return self._builder.add(index, self._whole_constant(offset))

    def _real(self, whole: Value) -> Value:
        """Return a whole number as a real one."""
        return self._builder.sitofp(whole, self._double)

    def _number_at(self, argument: str, place: Value | int) -> Value:
        """Read one number of an array that is an argument."""
        return self._builder.load(self._address(self._arguments[argument], place))
