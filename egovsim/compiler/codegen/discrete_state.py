"""Memories: what moves only when a whole step is over.

Four kinds. A *previous* value is the input of the step before. The three pipelines keep the course of their
input in a block of history, one vector an instant: a *fixed* delay reads it so many instants back; what enters
an *information* or *material* delay is written as many instants ahead as its delay lasts at that moment, where
the newest that has come replaces what came before, and what arrives together is added up. Sources: Vensim's
reference pages of DELAY FIXED, DELAY INFORMATION and DELAY MATERIAL; recorded runs show that delays are
rounded to the nearest step, halves up, and that the shortest is one step.

The code is a loop over the memories of a kind, so it does not grow with their number.
"""

# llvmlite has no type stubs, so what it returns is unknown to the type checker.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from llvmlite import ir

from egovsim.compiler.codegen.lanes import Lanes, counted
from egovsim.compiler.lowering.elements import MemoryKind
from egovsim.compiler.program import Memory

LONGEST = 2.0**40
"""A delay of more steps than this never ends."""

NEVER = -1.0
"""Stands for the instant of what has not entered or arrived."""

_ROWS: dict[MemoryKind, int] = {"previous": 0, "fixed": 1, "information": 2, "material": 2}
"""Rows of history that a memory of each kind keeps: values, and when they entered or whether they came."""


@dataclass(frozen=True)
class MemoryLayout:
    """Where memories lie: each a number in the rows that begin at these slots of the memory block.

    `states` begins their values, `delays` for how long they keep, `pending` what they are to be after the step;
    `slot` gives the place of what they read.
    """

    memories: tuple[Memory, ...]
    slot: dict[str, int]
    states: int
    delays: int
    pending: int

    def numbers(self, kind: MemoryKind) -> range:
        """Return the numbers of the memories of a kind, which stand together."""
        found = [number for number, memory in enumerate(self.memories) if memory.recall.kind == kind]
        return range(found[0], found[-1] + 1) if found else range(0)

    def history(self, kind: MemoryKind) -> int:
        """Return the first row of history of a kind."""
        kinds = tuple(_ROWS)
        return sum(_ROWS[one] * len(self.numbers(one)) for one in kinds[: kinds.index(kind)])

    @property
    def history_rows(self) -> int:
        """How many rows of history there are, each of one vector an instant."""
        return sum(_ROWS[memory.recall.kind] for memory in self.memories)


class Memories(Lanes):
    """Writes the life of every memory of a program into the function that counts instants.

    Parameters
    ----------
    module, builder, lanes
        Where to write.
    layout : MemoryLayout
        The memories, and where they lie.
    block, history : pointers to vectors
        The memory block of a group, and what the pipelines kept: a row of `instants` vectors each.
    instants : 64-bit integer
        How many instants a run has.
    time_step : double
        The step.
    """

    def __init__(
        self,
        module: Any,
        builder: Any,
        lanes: int,
        *,
        layout: MemoryLayout,
        block: Any,
        history: Any,
        instants: Any,
        time_step: Any,
    ) -> None:
        super().__init__(module, builder, lanes)
        self._layout, self._block, self._history = layout, block, history
        self._instants, self._step = instants, self._spread(time_step)
        self._integer = ir.IntType(64)
        recalls = [memory.recall for memory in layout.memories]
        self._slots = {
            "input": self._table("memory.input", [layout.slot[recall.input] for recall in recalls]),
            "delay": self._table("memory.delay", [layout.slot.get(recall.delay, 0) for recall in recalls]),
            "missing": self._table("memory.missing", [layout.slot.get(recall.missing, 0) for recall in recalls]),
        }

    def begin(self) -> None:
        """Find for how long a fixed delay keeps, and empty what the others write ahead into."""
        with self._each("fixed") as number:
            steps = self._steps_of(number)
            self._set("delays", number, steps)
            self._set("states", number, self._unless_not_a_number(steps, self._get("states", number)))
        with self._each("information") as number:
            self._set("delays", number, self._constant(NEVER))
            state = self._get("states", number)
            self._clear("information", number, lambda instant: (state, self._constant(NEVER)))
        with self._each("material") as number:
            content, length = self._get("states", number), self._steps_of(number)
            self._clear("material", number, lambda instant: self._filled(content, length, instant))

    def remember(self, instant: Any) -> None:
        """Take the inputs of an instant before the stocks move; nothing shows yet."""
        with self._each("previous") as number:
            self._set("pending", number, self._read("input", number))
        with self._each("fixed") as number:
            self._put(self._row("fixed", number, instant), self._read("input", number))
        with self._each("information") as number:
            entered = self._builder.sitofp(instant, self._double)
            value = self._read("input", number)
            self._at_arrival(
                "information", number, instant, lambda lane, here, mark: (self._lane(value, lane), entered)
            )
        with self._each("material") as number:
            self._set("pending", number, self._read("missing", number))
            self._add_up(number, instant)

    def recall(self, instant: Any) -> None:
        """Move every memory to what it is at an instant, the first after the step."""
        with self._each("previous") as number:
            self._set("states", number, self._get("pending", number))
        with self._each("fixed") as number:
            self._set("states", number, self._looked_back(number, instant))
        with self._each("information") as number:
            entered = self._take(self._row("information", number, instant, 1))
            newest = self._get("delays", number)
            newer = self._compare(">", entered, newest)
            value = self._take(self._row("information", number, instant))
            self._set("delays", number, self._choose(newer, entered, newest))
            self._set("states", number, self._choose(newer, value, self._get("states", number)))
        with self._each("material") as number:
            came = self._compare("!=", self._take(self._row("material", number, instant, 1)), self._constant(NEVER))
            value = self._take(self._row("material", number, instant))
            self._set("states", number, self._choose(came, value, self._get("pending", number)))

    @contextmanager
    def _each(self, kind: MemoryKind) -> Generator[Any, None, None]:
        """Write a loop over the memories of a kind; without any, what is written inside is never reached."""
        numbers = self._layout.numbers(kind)
        count = ir.Constant(self._integer, len(numbers))
        with counted(self._builder, count, kind) as place:
            yield self._builder.add(place, ir.Constant(self._integer, numbers.start))

    def _steps_of(self, number: Any) -> Any:
        """Return the length of a delay at this moment in steps; not a number where it is not a number."""
        steps = self._builder.fdiv(self._read("delay", number), self._step)
        rounded = self._intrinsic("llvm.floor", self._builder.fadd(steps, self._constant(0.5)))
        return self._clamped(rounded, 1.0, LONGEST)

    def _looked_back(self, number: Any, instant: Any) -> Any:
        """Read what was remembered a delay ago, each lane its own; before that the initial value stays."""
        now = self._spread(self._builder.sitofp(instant, self._double))
        entered = self._builder.fsub(now, self._get("delays", number))
        state = self._get("states", number)
        found: list[Any] = []
        for lane in range(self._lanes):
            when = self._lane(entered, lane)
            there = self._builder.fcmp_ordered(">=", when, ir.Constant(self._double, 0.0))
            place = self._address("fixed", number, self._whole(there, when), lane)
            found.append(self._builder.select(there, self._builder.load(place), self._lane(state, lane)))
        return self._joined(found)

    def _add_up(self, number: Any, instant: Any) -> None:
        """Add the input to what arrives at the same instant."""
        value = self._read("input", number)

        def together(lane: int, here: Any, mark: Any) -> tuple[Any, Any]:
            return self._builder.fadd(here, self._lane(value, lane)), ir.Constant(self._double, 0.0)

        self._at_arrival("material", number, instant, together)

    def _at_arrival(
        self, kind: MemoryKind, number: Any, instant: Any, written: Callable[[int, Any, Any], tuple[Any, Any]]
    ) -> None:
        """Rewrite value and mark where what enters now will arrive, in every lane in which it does."""
        builder = self._builder
        now = self._spread(builder.sitofp(instant, self._double))
        arrives, end = builder.fadd(now, self._steps_of(number)), builder.sitofp(self._instants, self._double)
        for lane in range(self._lanes):
            when = self._lane(arrives, lane)
            inside = builder.fcmp_ordered("<", when, end)
            place = self._whole(inside, when)
            pair = [self._address(kind, number, place, lane, row) for row in (0, 1)]
            before = [builder.load(one) for one in pair]
            for address, old, new in zip(pair, before, written(lane, *before), strict=True):
                builder.store(builder.select(inside, new, old), address)

    def _clear(self, kind: MemoryKind, number: Any, first: Callable[[Any], tuple[Any, Any]]) -> None:
        """Write the first value and mark of every instant."""
        with counted(self._builder, self._instants, "cleared") as instant:
            for row, value in enumerate(first(instant)):
                self._put(self._row(kind, number, instant, row), value)

    def _filled(self, initial: Any, steps: Any, instant: Any) -> tuple[Any, Any]:
        """Return what a material delay holds at the start: the initial value in every step of its length."""
        now = self._spread(self._builder.sitofp(instant, self._double))
        inside = self._compare("<", now, steps)
        zero = self._constant(0.0)
        return self._choose(inside, initial, zero), self._choose(inside, zero, self._constant(NEVER))

    def _whole(self, safe: Any, number: Any) -> Any:
        """Return a number as an integer, 0 where that is not safe."""
        bounded = self._builder.select(safe, number, ir.Constant(self._double, 0.0))
        return self._builder.fptosi(bounded, self._integer)

    def _row(self, kind: MemoryKind, number: Any, instant: Any, row: int = 0) -> Any:
        """Return the place of an instant in a row of a memory's history, counted in vectors."""
        builder, begin = self._builder, self._layout.numbers(kind).start
        own = builder.mul(builder.sub(number, self._int(begin)), self._int(_ROWS[kind]))
        first = builder.add(own, self._int(self._layout.history(kind) + row))
        return builder.add(builder.mul(first, self._instants), instant)

    def _address(self, kind: MemoryKind, number: Any, instant: Any, lane: int, row: int = 0) -> Any:
        """Return the address of one lane of history."""
        numbers = self._builder.bitcast(self._history, self._double.as_pointer())
        first = self._builder.mul(self._row(kind, number, instant, row), self._int(self._lanes))
        return self._builder.gep(numbers, [self._builder.add(first, self._int(lane))])

    def _table(self, name: str, slots: Sequence[int]) -> Any:
        """Return a table of slots, one a memory."""
        kind = ir.ArrayType(self._integer, len(slots))
        table: Any = ir.GlobalVariable(self._module, kind, name)
        table.linkage, table.global_constant = "internal", True
        table.initializer = ir.Constant(kind, list(slots))
        return table

    def _read(self, part: str, number: Any) -> Any:
        """Read the value in the slot that a memory reads."""
        place = self._builder.load(self._builder.gep(self._slots[part], [self._int(0), number]))
        return self._load(self._block, place)

    def _get(self, row: str, number: Any) -> Any:
        return self._load(self._block, self._place(row, number))

    def _set(self, row: str, number: Any, value: Any) -> None:
        self._store(self._block, self._place(row, number), value)

    def _place(self, row: str, number: Any) -> Any:
        begin = {"states": self._layout.states, "delays": self._layout.delays, "pending": self._layout.pending}
        return self._builder.add(number, self._int(begin[row]))

    def _take(self, place: Any) -> Any:
        return self._load(self._history, place)

    def _put(self, place: Any, value: Any) -> None:
        self._store(self._history, place, value)

    def _load(self, pointer: Any, place: Any) -> Any:
        return self._builder.load(self._builder.gep(pointer, [place]), align=8)

    def _store(self, pointer: Any, place: Any, value: Any) -> None:
        self._builder.store(value, self._builder.gep(pointer, [place]), align=8)

    def _int(self, value: int) -> Any:
        return ir.Constant(self._integer, value)
