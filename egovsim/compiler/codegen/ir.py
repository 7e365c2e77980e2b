"""A `Program` as LLVM IR with vector lanes, one lane a member.

The kernel works on one memory block of vectors a group of lanes: clock, inputs, fixed values, stocks and
memories, rates, and what has to be seen from outside a function. Arithmetic is strict IEEE (no fast-math flags)
and a function is either the same vector operations in every lane or called lane by lane, so a member has the same
bits in any lane and any lane width.
"""

# llvmlite has no type stubs, so what it returns is unknown to the type checker.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractContextManager
from dataclasses import dataclass
from typing import Any

from llvmlite import ir

from egovsim.compiler.codegen.discrete_state import Memories, MemoryLayout
from egovsim.compiler.codegen.expressions import CHANCE, Emitter, clock_slot
from egovsim.compiler.codegen.lanes import Recorder, counted
from egovsim.compiler.program import Accumulator, Assignment, Program

CLOCK = tuple(map(clock_slot, ("time", "step time", "time step", "initial time", "final time")))
"""The first slots of a memory block. ``step time`` stands still within a step of Runge and Kutta, as Vensim
holds its test inputs and data (source: design measurements against Vensim's reference manual, "RK4")."""

STATEMENTS_A_PIECE = 400
"""A block of more assignments than this becomes several functions: LLVM's time grows faster than a function."""

NO_FAILURE = -1.0


@dataclass(frozen=True, slots=True)
class Stage:
    """One evaluation of the rates in an explicit Runge-Kutta method.

    `weight` is its part in the step; `reach` the fraction of the step at which the next evaluation stands,
    reached along this one's rates (None for the last).
    """

    weight: float
    reach: float | None


METHODS: dict[str, tuple[Stage, ...]] = {
    "euler": (Stage(1.0, None),),
    "rk2": (Stage(0.5, 1.0), Stage(0.5, None)),
    "midpoint": (Stage(0.0, 0.5), Stage(1.0, None)),
    "rk4": (Stage(1.0 / 6.0, 0.5), Stage(1.0 / 3.0, 0.5), Stage(1.0 / 3.0, 1.0), Stage(1.0 / 6.0, None)),
}
"""Integration methods as chains of stages; each evaluation uses only the one before it.

``rk2`` is the mean of the rates at both ends of a step (isee's help, "Runge-Kutta methods": half of F1 + F2;
XMILE 1.0 names the method and leaves it to its vendors), ``midpoint`` goes by the rates half a step on
(Vensim's reference, "Runge-Kutta Integration", fixed step size).
"""


@dataclass(frozen=True)
class Layout:
    """Where everything lies in the memory block of a group of lanes, counted in vectors.

    Memories follow the stocks.
    """

    slot: dict[str, int]
    inputs: int
    stocks: int
    rates: int
    scratch: int
    accumulators: int
    size: int
    memories: MemoryLayout


def layout_of(program: Program) -> Layout:
    """Lay out the memory block of a program."""
    clock = (*CLOCK, *map(clock_slot, CHANCE)) if program.is_random else CLOCK
    slot: dict[str, int] = {name: place for place, name in enumerate(clock)}
    inputs = len(slot)
    for name in program.inputs:
        slot[name] = len(slot)
    for one in program.fixed:
        slot[one.id] = len(slot)
    stocks = len(slot)
    for name in (*program.stocks, *(memory.id for memory in program.memories)):
        slot[name] = len(slot)
    place = len(slot)
    rates, scratch = place, place + len(program.stocks)
    place = scratch + (2 * len(program.stocks) if len(METHODS[program.method]) > 1 else 0)
    for name in _seen_outside(program):
        if name not in slot:
            slot[name] = place
            place += 1
    accumulators, delays = place, place + len(program.metrics)
    pending = delays + len(program.memories)
    size = pending + len(program.memories)
    memories = MemoryLayout(program.memories, slot, stocks + len(program.stocks), delays, pending)
    return Layout(slot, inputs, stocks, rates, scratch, accumulators, size, memories)


def _seen_outside(program: Program) -> list[str]:
    """Return the step values that another function reads: outputs, metrics, and what crosses pieces."""
    seen = [*program.outputs, *(metric.id for metric in program.metrics)]
    seen += [id for memory in program.memories for id in memory.read]
    if len(program.step) + len(program.rates) > STATEMENTS_A_PIECE:
        seen += [one.id for one in program.step]
    if len(program.initial) > STATEMENTS_A_PIECE:
        seen += [one.id for one in program.initial]
    return list(dict.fromkeys(seen))


class KernelWriter:
    """Writes the module of one program for one number of lanes."""

    def __init__(self, program: Program, lanes: int) -> None:
        self.program = program
        self.lanes = lanes
        self.layout = layout_of(program)
        self.module = ir.Module(name="egovsim")
        self.vector = ir.VectorType(ir.DoubleType(), lanes)
        self.pointer = self.vector.as_pointer()

    def write(self) -> str:
        """Return the module as text, its entry point called ``run_groups``."""
        fixed = self._pieces("fixed", self.program.fixed)
        initial = self._pieces("initial", self.program.initial)
        step = self._pieces("step", (*self.program.step, *self._rates()))
        _Loop(self, fixed, initial, step, self._recorders()).write()
        return str(self.module)

    def _rates(self) -> tuple[Assignment, ...]:
        return tuple(Assignment(_RATE + rate.id, rate.expression) for rate in self.program.rates)

    def _pieces(self, name: str, block: tuple[Assignment, ...]) -> list[Any]:
        """Write a block of assignments as functions of the memory block, each of bounded length."""
        cuts = range(0, len(block), STATEMENTS_A_PIECE)
        return [self._piece(f"{name}{cut}", block[cut : cut + STATEMENTS_A_PIECE]) for cut in cuts]

    def _piece(self, name: str, block: tuple[Assignment, ...]) -> Any:
        function = self._internal(name, ir.FunctionType(ir.VoidType(), [self.pointer]))
        memory = function.args[0]
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        emitter = Emitter(self.module, builder, self.lanes, lambda name: self.load(builder, memory, self.slot(name)))
        for one in block:
            value = emitter.assign(one.id, one.expression)
            place = self._place(one.id)
            if place is not None:
                self.store(builder, memory, place, value)
        builder.ret_void()
        return function

    def _recorders(self) -> list[Any]:
        """Write the functions that store the outputs of one instant, each of bounded length."""
        places = [self.slot(name) for name in self.program.outputs]
        cuts = range(0, len(places), STATEMENTS_A_PIECE)
        return [self._recorder(cut, places[cut : cut + STATEMENTS_A_PIECE]) for cut in cuts]

    def _recorder(self, begin: int, places: list[int]) -> Any:
        """Write a function of memory block, the first lane's numbers, and how far the lanes' numbers are apart."""
        number = ir.DoubleType().as_pointer()
        kind = ir.FunctionType(ir.VoidType(), [self.pointer, number, ir.IntType(64)])
        function = self._internal(f"record{begin}", kind)
        memory, first, apart = function.args
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        recorder = Recorder(self.module, builder, self.lanes)
        vectors = (self.load(builder, memory, place) for place in places)
        recorder.record(vectors, first, apart, begin)
        builder.ret_void()
        return function

    def _internal(self, name: str, kind: Any) -> Any:
        """Begin a function that stays one, whose first argument is the memory block."""
        function = ir.Function(self.module, kind, name)
        function.linkage = "internal"
        function.attributes.add("noinline")
        function.args[0].add_attribute("noalias")
        return function

    def _place(self, id: str) -> int | None:
        if id.startswith(_RATE):
            return self.layout.rates + self.program.stocks.index(id.removeprefix(_RATE))
        return self.layout.slot.get(id)

    def slot(self, name: str) -> int:
        """Return the slot of a value that is read from memory."""
        return self.layout.slot[name]

    def at(self, builder: Any, memory: Any, place: Any) -> Any:
        """Return the address of a slot."""
        index = ir.Constant(ir.IntType(64), place) if isinstance(place, int) else place
        return builder.gep(memory, [index])

    def load(self, builder: Any, memory: Any, place: Any) -> Any:
        """Read the vector in a slot."""
        return builder.load(self.at(builder, memory, place), align=8)

    def store(self, builder: Any, memory: Any, place: Any, value: Any) -> None:
        """Write a vector into a slot."""
        builder.store(value, self.at(builder, memory, place), align=8)


_RATE = "rate of "


class _Loop:
    """Writes the entry point: groups of members, instants, recording, integrating, noticing failures."""

    def __init__(
        self, writer: KernelWriter, fixed: list[Any], initial: list[Any], step: list[Any], record: list[Any]
    ) -> None:
        self.writer, self.fixed, self.initial, self.step, self.record = writer, fixed, initial, step, record
        self.program, self.layout = writer.program, writer.layout
        self.integer, double = ir.IntType(64), ir.DoubleType()
        numbers, integers = double.as_pointer(), self.integer.as_pointer()
        arguments = {
            "groups": self.integer,
            "inputs": writer.pointer,
            "series_count": self.integer,
            "series_slots": integers,
            "series_first": integers,
            "series_values": numbers,
            "series_moves": ir.IntType(8).as_pointer(),
            "start": double,
            "time_step": double,
            "steps": self.integer,
            "save_every": self.integer,
            "outputs": numbers,
            "windows": integers,
            "thresholds": numbers,
            "metrics": writer.pointer,
            "failed": writer.pointer,
            "memory": writer.pointer,
            "seed": self.integer,
            "first_member": self.integer,
            "history": writer.pointer,
        }
        signature = ir.FunctionType(ir.VoidType(), list(arguments.values()))
        self.function = ir.Function(writer.module, signature, "run_groups")
        for argument, name in zip(self.function.args, arguments, strict=True):
            argument.name = name
        self.argument = dict(zip(arguments, self.function.args, strict=True))
        self.builder = ir.IRBuilder(self.function.append_basic_block("entry"))
        self.memory = self.argument["memory"]
        self.instants = self.builder.add(self.argument["steps"], self._int(1))
        self.memories = self._memories() if self.program.memories else None
        self.is_random = clock_slot("seed") in self.layout.slot
        self.bits = ir.VectorType(self.integer, writer.lanes)
        self.seen = self.builder.alloca(self.bits, name="seen")

    def write(self) -> None:
        with self._counting(self.argument["groups"], "group") as group:
            self._begin(group)
            with self._counting(self.instants, "instant") as instant:
                self._instant(group, instant)
            for number in range(len(self.program.metrics)):
                self._finish_metric(group, number)
        self.builder.ret_void()

    def _begin(self, group: Any) -> None:
        """Fill the memory block and find the initial values."""
        count = self._int(len(self.program.inputs))
        first = self.builder.mul(group, count)
        with self._counting(count, "input") as number:
            source = self.builder.add(first, number)
            self._store(self.builder.add(number, self._int(self.layout.inputs)), self._load_from("inputs", source))
        stop = self.builder.fadd(
            self.argument["start"],
            self.builder.fmul(self._double_of(self.argument["steps"]), self.argument["time_step"]),
        )
        self._store(self._clock("time step"), self._spread(self.argument["time_step"]))
        self._store(self._clock("initial time"), self._spread(self.argument["start"]))
        self._store(self._clock("final time"), self._spread(stop))
        self._set_time(self.argument["start"], ("time", "step time"))
        if self.is_random:
            self._begin_chance(group)
        self._apply_series(self._int(0))
        self._call(self.fixed)
        self._call(self.initial)
        if self.memories is not None:
            self.memories.begin()
        self._store_at("failed", group, self._constant(NO_FAILURE))
        self._notice_failure(group, self._int(0))
        for number, metric in enumerate(self.program.metrics):
            self._store(self.layout.accumulators + number, self._constant(_BEGIN[metric.kind]))

    def _instant(self, group: Any, instant: Any) -> None:
        builder = self.builder
        now = self._time_at(instant)
        self._set_time(now, ("time", "step time"))
        if self.is_random:
            self._store_whole("step number", self._every_lane(instant))
        moves = builder.load(builder.gep(self.argument["series_moves"], [instant]))
        with builder.if_then(builder.icmp_unsigned("!=", moves, ir.Constant(ir.IntType(8), 0)), likely=False):
            self._apply_series(instant)
            self._call(self.fixed)
        self._call(self.step)
        self._record(group, instant)
        for number, metric in enumerate(self.program.metrics):
            self._accumulate(number, metric, instant)
        with builder.if_then(builder.icmp_signed("<", instant, self.argument["steps"])):
            following = builder.add(instant, self._int(1))
            if self.memories is not None:
                self.memories.remember(instant)
            self._integrate(now)
            if self.memories is not None:
                self.memories.recall(following)
            self._notice_failure(group, following)

    def _memories(self) -> Memories:
        return Memories(
            self.writer.module,
            self.builder,
            self.writer.lanes,
            layout=self.layout.memories,
            block=self.memory,
            history=self.argument["history"],
            instants=self.instants,
            time_step=self.argument["time_step"],
        )

    def _begin_chance(self, group: Any) -> None:
        """Write what every draw is keyed by, beside the call itself: seed, member and step."""
        lanes = self.writer.lanes
        first = self.builder.add(self.argument["first_member"], self.builder.mul(group, self._int(lanes)))
        own = ir.Constant(ir.VectorType(self.integer, lanes), list(range(lanes)))
        self._store_whole("seed", self._every_lane(self.argument["seed"]))
        self._store_whole("member", self.builder.add(self._every_lane(first), own))
        self._store_whole("step number", self._every_lane(self._int(0)))

    def _every_lane(self, whole: Any) -> Any:
        """Return a vector of one integer; its bits are spread as those of a number are."""
        kind = ir.VectorType(self.integer, self.writer.lanes)
        return self.builder.bitcast(self._spread(self.builder.bitcast(whole, ir.DoubleType())), kind)

    def _store_whole(self, name: str, value: Any) -> None:
        """Store a vector of integers in a slot as it is, bit for bit."""
        place = self.layout.slot[clock_slot(name)]
        self._store(place, self.builder.bitcast(value, self.writer.vector))

    def _apply_series(self, instant: Any) -> None:
        """Write the value of every series that has begun into its input's slot."""
        builder = self.builder
        count = self.argument["series_count"]
        row = builder.mul(instant, count)
        with self._counting(count, "series") as number:
            first = builder.load(builder.gep(self.argument["series_first"], [number]))
            with builder.if_then(builder.icmp_signed(">=", instant, first)):
                slot = builder.load(builder.gep(self.argument["series_slots"], [number]))
                place = builder.gep(self.argument["series_values"], [builder.add(row, number)])
                self._store(builder.add(slot, self._int(self.layout.inputs)), self._spread(builder.load(place)))

    def _record(self, group: Any, instant: Any) -> None:
        """Store the outputs at every instant that is to be saved."""
        builder, names = self.builder, self.program.outputs
        if not names:
            return
        every = self.argument["save_every"]
        saved = builder.icmp_signed("==", builder.srem(instant, every), self._int(0))
        with builder.if_then(saved):
            rows = builder.add(builder.sdiv(self.argument["steps"], every), self._int(1))
            member = builder.mul(group, self._int(self.writer.lanes))
            row = builder.add(builder.mul(member, rows), builder.sdiv(instant, every))
            first = builder.gep(self.argument["outputs"], [builder.mul(row, self._int(len(names)))])
            apart = builder.mul(rows, self._int(len(names)))
            for function in self.record:
                builder.call(function, [self.memory, first, apart])

    def _integrate(self, now: Any) -> None:
        """Move the stocks over one step."""
        stages = METHODS[self.program.method]
        step = self.argument["time_step"]
        if len(stages) == 1:
            self._each_stock(lambda stock: self._moved(stock, self.layout.stocks, self.layout.rates, step))
            return
        begun, total = self.layout.scratch, self.layout.scratch + len(self.program.stocks)
        self._each_stock(lambda stock: self._load(self._plus(stock, self.layout.stocks)), into=begun)
        for number, stage in enumerate(stages):
            weight = ir.Constant(ir.DoubleType(), stage.weight)
            if number == 0:
                self._each_stock(lambda stock, w=weight: self._weighted(stock, w), into=total)
            else:
                self._each_stock(lambda stock, w=weight: self._moved(stock, total, self.layout.rates, w), into=total)
            if stage.reach is not None:
                reach = self.builder.fmul(step, ir.Constant(ir.DoubleType(), stage.reach))
                self._each_stock(lambda stock, r=reach: self._moved(stock, begun, self.layout.rates, r))
                self._set_time(self.builder.fadd(now, reach), ("time",))
                self._call(self.step)
        self._each_stock(lambda stock: self._moved(stock, begun, total, step))

    def _each_stock(self, value: Callable[[Any], Any], into: int | None = None) -> None:
        """For every stock, store a value in its slot or in the row that begins at `into`."""
        place = self.layout.stocks if into is None else into
        with self._counting(self._int(len(self.program.stocks)), "stock") as stock:
            self._store(self._plus(stock, place), value(stock))

    def _weighted(self, stock: Any, weight: Any) -> Any:
        return self.builder.fmul(self._load(self._plus(stock, self.layout.rates)), self._spread(weight))

    def _moved(self, stock: Any, origin: int, rates: int, by: Any) -> Any:
        change = self.builder.fmul(self._load(self._plus(stock, rates)), self._spread(by))
        return self.builder.fadd(self._load(self._plus(stock, origin)), change)

    def _notice_failure(self, group: Any, instant: Any) -> None:
        """Write down when a stock or memory first is not a finite number; the caller blanks what follows."""
        builder = self.builder
        states = len(self.program.stocks) + len(self.program.memories)
        if not states:
            return
        none = ir.Constant(self.bits, [0] * self.writer.lanes)
        builder.store(none, self.seen)
        with self._counting(self._int(states), "checked") as stock:
            value = self._load(self._plus(stock, self.layout.stocks))
            # x - x is 0, all its bits, for a finite number and not a number for any other
            rest = builder.bitcast(builder.fsub(value, value), self.bits)
            builder.store(builder.or_(builder.load(self.seen), rest), self.seen)
        sick = builder.icmp_unsigned("!=", builder.load(self.seen), none)
        with builder.if_then(self._any(sick), likely=False):
            known = self._load_from("failed", group)
            new = builder.and_(sick, builder.fcmp_ordered("==", known, self._constant(NO_FAILURE)))
            when = self._spread(self._double_of(instant))
            self._store_at("failed", group, builder.select(new, when, known))

    def _accumulate(self, number: int, metric: Accumulator, instant: Any) -> None:
        builder = self.builder
        first, last = self._window(number)
        inside = builder.and_(
            builder.icmp_signed(">=", instant, first),
            builder.icmp_signed("<" if metric.kind in ("integral", "mean") else "<=", instant, last),
        )
        with builder.if_then(inside):
            so_far = self._load(self.layout.accumulators + number)
            value = self._load(self.writer.slot(metric.id))
            changed = self._changed(metric, number, so_far, value)
            self._store(self.layout.accumulators + number, changed)

    def _changed(self, metric: Accumulator, number: int, so_far: Any, value: Any) -> Any:
        builder = self.builder
        match metric.kind:
            case "at":
                return value
            case "integral" | "mean":
                return builder.fadd(so_far, value)
            case "minimum":
                return builder.select(builder.fcmp_ordered("<", value, so_far), value, so_far)
            case "maximum":
                return builder.select(builder.fcmp_ordered(">", value, so_far), value, so_far)
            case "first_at_or_above":
                place = builder.gep(self.argument["thresholds"], [self._int(number)])
                reached = builder.fcmp_ordered(">=", value, self._spread(builder.load(place)))
                fresh = builder.fcmp_unordered("uno", so_far, so_far)
                return builder.select(builder.and_(reached, fresh), self._load(self._clock("time")), so_far)

    def _finish_metric(self, group: Any, number: int) -> None:
        """Turn sums into integrals and means, and store; a member that failed has no metrics."""
        builder, metric = self.builder, self.program.metrics[number]
        value = self._load(self.layout.accumulators + number)
        if metric.kind == "integral":
            value = builder.fmul(value, self._spread(self.argument["time_step"]))
        if metric.kind == "mean":
            first, last = self._window(number)
            value = builder.fdiv(value, self._spread(self._double_of(builder.sub(last, first))))
        healthy = builder.fcmp_ordered("==", self._load_from("failed", group), self._constant(NO_FAILURE))
        value = builder.select(healthy, value, self._constant(float("nan")))
        place = builder.add(builder.mul(group, self._int(len(self.program.metrics))), self._int(number))
        self._store_at("metrics", place, value)

    def _window(self, number: int) -> tuple[Any, Any]:
        builder, windows = self.builder, self.argument["windows"]
        first = builder.load(builder.gep(windows, [self._int(2 * number)]))
        return first, builder.load(builder.gep(windows, [self._int(2 * number + 1)]))

    def _time_at(self, instant: Any) -> Any:
        """Time is start + instant x time step, never a sum that drifts."""
        elapsed = self.builder.fmul(self._double_of(instant), self.argument["time_step"])
        return self.builder.fadd(self.argument["start"], elapsed)

    def _set_time(self, now: Any, clocks: tuple[str, ...]) -> None:
        for name in clocks:
            self._store(self._clock(name), self._spread(now))

    @staticmethod
    def _clock(name: str) -> int:
        return CLOCK.index(clock_slot(name))

    def _any(self, mask: Any) -> Any:
        """Return whether a mask is set in any lane."""
        bits = self.builder.bitcast(mask, ir.IntType(self.writer.lanes))
        return self.builder.icmp_unsigned("!=", bits, ir.Constant(ir.IntType(self.writer.lanes), 0))

    def _call(self, functions: list[Any]) -> None:
        for function in functions:
            self.builder.call(function, [self.memory])

    def _counting(self, count: Any, name: str) -> AbstractContextManager[Any]:
        return counted(self.builder, count, name)

    def _plus(self, index: Any, offset: int) -> Any:
        return self.builder.add(index, self._int(offset))

    def _load(self, place: Any) -> Any:
        return self.writer.load(self.builder, self.memory, place)

    def _store(self, place: Any, value: Any) -> None:
        self.writer.store(self.builder, self.memory, place, value)

    def _load_from(self, argument: str, place: Any) -> Any:
        return self.writer.load(self.builder, self.argument[argument], place)

    def _store_at(self, argument: str, place: Any, value: Any) -> None:
        self.writer.store(self.builder, self.argument[argument], place, value)

    def _spread(self, number: Any) -> Any:
        """Return a vector with one number in every lane."""
        empty = ir.Constant(self.writer.vector, ir.Undefined)
        one = self.builder.insert_element(empty, number, ir.Constant(ir.IntType(32), 0))
        mask = ir.Constant(ir.VectorType(ir.IntType(32), self.writer.lanes), [0] * self.writer.lanes)
        return self.builder.shuffle_vector(one, empty, mask)

    def _constant(self, value: float) -> Any:
        return ir.Constant(self.writer.vector, [value] * self.writer.lanes)

    def _double_of(self, integer: Any) -> Any:
        return self.builder.sitofp(integer, ir.DoubleType())

    def _int(self, value: int) -> Any:
        return ir.Constant(self.integer, value)


_BEGIN = {
    "at": float("nan"),
    "first_at_or_above": float("nan"),
    "integral": 0.0,
    "mean": 0.0,
    "minimum": float("inf"),
    "maximum": float("-inf"),
}
