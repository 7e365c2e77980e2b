"""Discrete states: what moves only when a whole step is over.

Four kinds. A *previous* value is the input of the step before. The three pipelines keep the values of their
input in a block of history, one vector an instant: a *fixed* delay reads it so many instants back; what enters
an *information* or *material* delay is written as many instants ahead as its delay lasts at that moment, where
the newest that has come replaces what came before, and what arrives together is added up. Sources: Vensim's
reference pages of DELAY FIXED, DELAY INFORMATION and DELAY MATERIAL; recorded runs show that delays are
rounded to the nearest step, halves up, and that the shortest is one step.

The code is a loop over the states of a kind, so it does not grow with their number.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from typing import Literal, TypedDict

from llvmlite import ir

from egovsim.compiler.codegen.lanes import Lanes, Value, counted
from egovsim.compiler.codegen.memory_layout import HISTORY_ROWS, DiscreteLayout
from egovsim.compiler.lowering.elements import DiscreteKind

LONGEST = 2.0**40
"""A delay of more steps than this never ends."""

NEVER = -1.0
"""Stands for the instant of what has not entered or arrived."""

_Read = Literal["input", "delay", "missing"]
_Row = Literal["values", "delays", "pending"]


class StateArguments(TypedDict):
    """What the life of discrete states is written with; see `DiscreteStates`."""

    module: ir.Module
    builder: ir.IRBuilder
    lanes: int
    layout: DiscreteLayout
    block: Value
    history: Value
    instants: Value
    time_step: Value


class DiscreteStates(Lanes):
    """Writes the life of every discrete state of a program into the function that counts instants.

    Parameters
    ----------
    module : ir.Module
        What the function stands in.
    builder : ir.IRBuilder
        Where in it to write.
    lanes : int
        How many members a vector holds.
    layout : DiscreteLayout
        The states, and where they lie.
    block, history : ir.Value
        Addresses of the memory block of a group, and of what the pipelines keep: rows of a vector an instant, and
        one more.
    instants : ir.Value
        How many instants a run has, a 64-bit integer.
    time_step : ir.Value
        The step, a double.
    """

    def __init__(
        self,
        module: ir.Module,
        builder: ir.IRBuilder,
        lanes: int,
        *,
        layout: DiscreteLayout,
        block: Value,
        history: Value,
        instants: Value,
        time_step: Value,
    ) -> None:
        super().__init__(module, builder, lanes)
        self._layout, self._block, self._history = layout, block, history
        self._instants, self._step = instants, self._spread(time_step)
        self._row_length = self._builder.add(instants, self._whole_constant(1))
        reads = [state.reads for state in layout.states]
        self._slots: dict[_Read, Value] = {
            "input": self._table("state.input", [layout.slot[read.input] for read in reads]),
            "delay": self._table("state.delay", [layout.slot.get(read.delay, 0) for read in reads]),
            "missing": self._table("state.missing", [layout.slot.get(read.missing, 0) for read in reads]),
        }

    def begin(self) -> None:
        """Find for how long a fixed delay keeps, and empty what the others write ahead into."""
        with self._each("fixed") as number:
            steps = self._steps_of(number)
            self._set("delays", number, steps)
            self._set("values", number, self._unless_not_a_number(steps, self._get("values", number)))
        with self._each("information") as number:
            self._set("delays", number, self._constant(NEVER))
            value = self._get("values", number)
            self._clear("information", number, lambda instant: (value, self._constant(NEVER)))
        with self._each("material") as number:
            content, length = self._get("values", number), self._steps_of(number)
            self._clear("material", number, lambda instant: self._filled(content, length, instant))

    def take_up(self, instant: Value) -> None:
        """Take the inputs of an instant before the stocks move; nothing shows yet.

        Parameters
        ----------
        instant : ir.Value
            At which the step begins.
        """
        with self._each("previous") as number:
            self._set("pending", number, self._read("input", number))
        with self._each("fixed") as number:
            self._store(self._history, self._row("fixed", number, instant), self._read("input", number))
        with self._each("information") as number:
            entered = self._builder.sitofp(instant, self._double)
            value = self._read("input", number)
            self._at_arrival("information", number, instant, lambda lane, here: (self._lane(value, lane), entered))
        with self._each("material") as number:
            self._set("pending", number, self._read("missing", number))
            self._add_up(number, instant)

    def move(self, instant: Value) -> None:
        """Move every state to what it is at an instant.

        Parameters
        ----------
        instant : ir.Value
            The first after the step.
        """
        with self._each("previous") as number:
            self._set("values", number, self._get("pending", number))
        with self._each("fixed") as number:
            self._set("values", number, self._looked_back(number, instant))
        with self._each("information") as number:
            entered = self._load(self._history, self._row("information", number, instant, 1))
            newest = self._get("delays", number)
            newer = self._compare(">", entered, newest)
            value = self._load(self._history, self._row("information", number, instant))
            self._set("delays", number, self._choose(newer, entered, newest))
            self._set("values", number, self._choose(newer, value, self._get("values", number)))
        with self._each("material") as number:
            mark = self._load(self._history, self._row("material", number, instant, 1))
            came = self._compare("!=", mark, self._constant(NEVER))
            value = self._load(self._history, self._row("material", number, instant))
            self._set("values", number, self._choose(came, value, self._get("pending", number)))

    @contextmanager
    def _each(self, kind: DiscreteKind) -> Generator[Value, None, None]:
        """Write a loop over the states of a kind; without any, what is written inside is never reached."""
        numbers = self._layout.numbers(kind)
        with counted(self._builder, self._whole_constant(len(numbers)), kind) as place:
            yield self._builder.add(place, self._whole_constant(numbers.start))

    def _steps_of(self, number: Value) -> Value:
        """Return the length of a delay at this moment in steps; not a number where it is not a number."""
        steps = self._builder.fdiv(self._read("delay", number), self._step)
        rounded = self._intrinsic("llvm.floor", self._builder.fadd(steps, self._constant(0.5)))
        return self._clamped(rounded, 1.0, LONGEST)

    def _looked_back(self, number: Value, instant: Value) -> Value:
        """Read what entered a delay ago, each lane its own; before that the initial value stays."""
        now = self._spread(self._builder.sitofp(instant, self._double))
        entered = self._builder.fsub(now, self._get("delays", number))
        value = self._get("values", number)
        found: list[Value] = []
        for lane in range(self._lanes):
            when = self._lane(entered, lane)
            there = self._builder.fcmp_ordered(">=", when, ir.Constant(self._double, 0.0))
            place = self._lane_address("fixed", number, self._whole(there, when), lane)
            found.append(self._builder.select(there, self._builder.load(place), self._lane(value, lane)))
        return self._joined(found)

    def _add_up(self, number: Value, instant: Value) -> None:
        """Add the input to what arrives at the same instant."""
        value = self._read("input", number)

        def together(lane: int, here: Value) -> tuple[Value, Value]:
            return self._builder.fadd(here, self._lane(value, lane)), ir.Constant(self._double, 0.0)

        self._at_arrival("material", number, instant, together)

    def _at_arrival(
        self, kind: DiscreteKind, number: Value, instant: Value, written: Callable[[int, Value], tuple[Value, Value]]
    ) -> None:
        """Rewrite value and mark where what enters now will arrive, in every lane in which it does."""
        builder = self._builder
        now = self._spread(builder.sitofp(instant, self._double))
        arrives, end = builder.fadd(now, self._steps_of(number)), builder.sitofp(self._instants, self._double)
        for lane in range(self._lanes):
            when = self._lane(arrives, lane)
            inside = builder.fcmp_ordered("<", when, end)
            place = self._whole(inside, when)
            addresses = [self._lane_address(kind, number, place, lane, row) for row in (0, 1)]
            before = [builder.load(address) for address in addresses]
            for address, old, new in zip(addresses, before, written(lane, before[0]), strict=True):
                builder.store(builder.select(inside, new, old), address)

    def _clear(self, kind: DiscreteKind, number: Value, first: Callable[[Value], tuple[Value, Value]]) -> None:
        """Write the first value and mark of every instant."""
        with counted(self._builder, self._instants, "cleared") as instant:
            for row, value in enumerate(first(instant)):
                self._store(self._history, self._row(kind, number, instant, row), value)

    def _filled(self, initial: Value, steps: Value, instant: Value) -> tuple[Value, Value]:
        """Return what a material delay holds at the start: the initial value in every step of its length."""
        now = self._spread(self._builder.sitofp(instant, self._double))
        inside = self._compare("<", now, steps)
        zero = self._constant(0.0)
        return self._choose(inside, initial, zero), self._choose(inside, zero, self._constant(NEVER))

    def _whole(self, safe: Value, number: Value) -> Value:
        """Return a number as an integer, 0 where that is not safe."""
        bounded = self._builder.select(safe, number, ir.Constant(self._double, 0.0))
        return self._builder.fptosi(bounded, self._integer)

    def _row(self, kind: DiscreteKind, number: Value, instant: Value, row: int = 0) -> Value:
        """Return the place of an instant in a row of a state's history, counted in vectors."""
        builder, begin = self._builder, self._layout.numbers(kind).start
        own = builder.mul(builder.sub(number, self._whole_constant(begin)), self._whole_constant(HISTORY_ROWS[kind]))
        first = builder.add(own, self._whole_constant(self._layout.first_history_row(kind) + row))
        return builder.add(builder.mul(first, self._row_length), instant)

    def _lane_address(self, kind: DiscreteKind, number: Value, instant: Value, lane: int, row: int = 0) -> Value:
        """Return the address of one lane of history."""
        numbers = self._builder.bitcast(self._history, self._double.as_pointer())
        first = self._builder.mul(self._row(kind, number, instant, row), self._whole_constant(self._lanes))
        return self._builder.gep(numbers, [self._builder.add(first, self._whole_constant(lane))])

    def _table(self, name: str, slots: Sequence[int]) -> Value:
        """Return a table of slots, one a state."""
        kind = ir.ArrayType(self._integer, len(slots))
        table = ir.GlobalVariable(self._module, kind, name)
        table.linkage, table.global_constant = "internal", True
        table.initializer = ir.Constant(kind, list(slots))
        return table

    def _read(self, part: _Read, number: Value) -> Value:
        """Read the value in the slot that a state reads."""
        place = self._builder.load(self._builder.gep(self._slots[part], [self._whole_constant(0), number]))
        return self._load(self._block, place)

    def _get(self, row: _Row, number: Value) -> Value:
        return self._load(self._block, self._place(row, number))

    def _set(self, row: _Row, number: Value, value: Value) -> None:
        self._store(self._block, self._place(row, number), value)

    def _place(self, row: _Row, number: Value) -> Value:
        begin: dict[_Row, int] = {
            "values": self._layout.values,
            "delays": self._layout.delays,
            "pending": self._layout.pending,
        }
        return self._builder.add(number, self._whole_constant(begin[row]))
