"""A `Program` as LLVM IR with vector lanes, one lane a member: the entry point, and what it calls.

The kernel works on one memory block of vectors a group of members: clock, inputs, invariants, stocks and discrete
states, rates, and what has to be seen from outside a function. Arithmetic is strict IEEE (no fast-math flags) and a
function is either the same vector operations in every lane or called lane by lane, so a member has the same bits in any
lane and any lane width.
"""

from __future__ import annotations

from collections.abc import Mapping

from llvmlite import ir

from egovsim.compiler import entry_point
from egovsim.compiler.codegen.blocks import Blocks
from egovsim.compiler.codegen.conveyors import Conveyors
from egovsim.compiler.codegen.discrete_state import DiscreteStates, StateArguments
from egovsim.compiler.codegen.integration import Integration
from egovsim.compiler.codegen.kernel_body import EntryPoint, KernelBody
from egovsim.compiler.codegen.lanes import Value
from egovsim.compiler.codegen.memory_layout import clock_slot, layout_of
from egovsim.compiler.codegen.metrics import Metrics
from egovsim.compiler.program import Program


class KernelWriter:
    """Writes the module of one program for one number of lanes.

    Parameters
    ----------
    program : Program
        What to write.
    lanes : int
        How many members a vector holds; results do not depend on it.
    """

    def __init__(self, program: Program, lanes: int) -> None:
        self._program, self._lanes = program, lanes
        self.layout = layout_of(program)
        self._module = ir.Module(name="egovsim")

    def write(self) -> str:
        """Write the module.

        Returns
        -------
        str
            Its text; the entry point is called ``run_groups``, and takes what ``entry_point.ARGUMENTS`` lists.
        """
        blocks = Blocks(self._module, self._program, self.layout, self._lanes)
        _Run(self._entry_point(), blocks).write()
        return str(self._module)

    def _entry_point(self) -> EntryPoint:
        """Begin the function whose arguments the table lists."""
        types = _types(self._lanes)
        kinds = [types[argument.kind] for argument in entry_point.ARGUMENTS]
        function = ir.Function(self._module, ir.FunctionType(ir.VoidType(), kinds), entry_point.NAME)
        arguments: dict[str, Value] = {}
        for value, argument in zip(function.args, entry_point.ARGUMENTS, strict=True):
            value.name = argument.name
            arguments[argument.name] = value
        builder = ir.IRBuilder(function.append_basic_block("entry"))
        return EntryPoint(self._module, builder, self._lanes, self._program, self.layout, arguments)


def _types(lanes: int) -> Mapping[entry_point.Kind, ir.Type]:
    """Return what each kind of argument is for the machine."""
    number, whole = ir.DoubleType(), ir.IntType(64)
    return {
        "whole number": whole,
        "bits": whole,
        "real": number,
        "vectors": ir.VectorType(number, lanes).as_pointer(),
        "numbers": number.as_pointer(),
        "whole numbers": whole.as_pointer(),
        "bytes": ir.IntType(8).as_pointer(),
    }


class _Run(KernelBody):
    """Writes the loops of the entry point: groups of members, and for each of them instants."""

    def __init__(self, entry: EntryPoint, blocks: Blocks) -> None:
        super().__init__(entry)
        self._invariants, self._initial = blocks.invariants(), blocks.initial()
        self._evaluate, self._recorders = blocks.auxiliaries_and_rates(), blocks.recorders()
        self._instants = self._plus(self._arguments["steps"], 1)
        self._states = DiscreteStates(**self._state_arguments()) if self._program.discrete_states else None
        self._conveyors = Conveyors(**self._state_arguments()) if self._layout.discrete.numbers("conveyor") else None
        self._integration = Integration(entry, self._evaluate)
        self._metrics = Metrics(entry)
        self._random_key = _RandomKey(entry) if self._program.is_random else None

    def write(self) -> None:
        with self._counting(self._arguments["groups"], "group") as group:
            self._begin(group)
            with self._counting(self._instants, "instant") as instant:
                self._instant(group, instant)
            self._metrics.finish(group, self._integration.healthy(group))
        self._builder.ret_void()

    def _state_arguments(self) -> StateArguments:
        return StateArguments(
            module=self._module,
            builder=self._builder,
            lanes=self._lanes,
            layout=self._layout.discrete,
            block=self._memory,
            history=self._arguments["history"],
            instants=self._instants,
            time_step=self._arguments["time_step"],
        )

    def _begin(self, group: Value) -> None:
        """Fill the memory block and find the initial values."""
        self._load_inputs(group)
        self._begin_clock()
        if self._random_key is not None:
            self._random_key.begin(group)
        self._apply_series(self._whole_constant(0))
        self._call(self._invariants)
        self._call(self._initial)
        if self._states is not None:
            self._states.begin()
        if self._conveyors is not None:
            self._conveyors.begin()
        self._integration.no_failure(group)
        self._integration.notice_failure(group, self._whole_constant(0))
        self._metrics.begin()

    def _load_inputs(self, group: Value) -> None:
        count = self._whole_constant(len(self._program.inputs))
        first = self._builder.mul(group, count)
        with self._counting(count, "input") as number:
            value = self._load(self._arguments["inputs"], self._builder.add(first, number))
            self._set_slot(self._plus(number, self._layout.inputs), value)

    def _begin_clock(self) -> None:
        start = self._number_at("times", 0)
        stop = self._number_at("times", self._arguments["steps"])
        for name, value in (("initial time", start), ("final time", stop)):
            self._set_slot(self._clock(name), self._spread(value))
        self._set_instant(self._whole_constant(0))

    def _set_instant(self, instant: Value) -> tuple[Value, Value]:
        """Set the clock to an instant; return its time and the length of the step from it."""
        now, length = self._number_at("times", instant), self._number_at("lengths", instant)
        self._set_time(now, ("time", "step time"))
        self._set_slot(self._clock("time step"), self._spread(length))
        return now, length

    def _instant(self, group: Value, instant: Value) -> None:
        """Compute one instant, store what is asked for, and make the step to the next."""
        builder = self._builder
        now, length = self._set_instant(instant)
        if self._random_key is not None:
            self._random_key.set_step(instant)
        moves = self._number_at("series_moves", instant)
        with builder.if_then(builder.icmp_unsigned("!=", moves, ir.Constant(ir.IntType(8), 0)), likely=False):
            self._apply_series(instant)
            self._call(self._invariants)
        self._call(self._evaluate)
        self._record(group, instant)
        self._metrics.accumulate(instant)
        with builder.if_then(builder.icmp_signed("<", instant, self._arguments["steps"])):
            following = self._plus(instant, 1)
            if self._states is not None:
                self._states.take_up(instant)
            self._integration.step(now, length)
            if self._states is not None:
                self._states.move(following)
            if self._conveyors is not None:
                self._conveyors.move(instant)
            self._integration.notice_failure(group, following)

    def _apply_series(self, instant: Value) -> None:
        """Write the value of every series that has begun into its input's slot."""
        builder = self._builder
        count = self._arguments["series_count"]
        row = builder.mul(instant, count)
        with self._counting(count, "series") as number:
            first = self._number_at("series_first", number)
            with builder.if_then(builder.icmp_signed(">=", instant, first)):
                slot = self._plus(self._number_at("series_slots", number), self._layout.inputs)
                value = self._number_at("series_values", builder.add(row, number))
                self._set_slot(slot, self._spread(value))

    def _record(self, group: Value, instant: Value) -> None:
        """Store the outputs at every instant that is to be saved."""
        builder, names = self._builder, self._program.outputs
        if not names:
            return
        rows, count = self._arguments["saved"], self._whole_constant(len(names))
        own = self._number_at("saved_rows", instant)
        with builder.if_then(builder.icmp_signed(">=", own, self._whole_constant(0))):
            member = builder.mul(group, self._whole_constant(self._lanes))
            row = builder.add(builder.mul(member, rows), own)
            first = self._address(self._arguments["outputs"], builder.mul(row, count))
            apart = builder.mul(rows, count)
            for function in self._recorders:
                builder.call(function, [self._memory, first, apart])


class _RandomKey(KernelBody):
    """Writes what every draw is keyed by, beside the call itself: seed, member and step."""

    def begin(self, group: Value) -> None:
        """Write the key of a group at the first instant.

        Parameters
        ----------
        group : ir.Value
            The number of the group.
        """
        members = self._builder.mul(group, self._whole_constant(self._lanes))
        first = self._builder.add(self._arguments["first_member"], members)
        own = ir.Constant(ir.VectorType(self._integer, self._lanes), list(range(self._lanes)))
        self._set("seed", self._every_lane(self._arguments["seed"]))
        self._set("member", self._builder.add(self._every_lane(first), own))
        self.set_step(self._whole_constant(0))

    def set_step(self, instant: Value) -> None:
        """Write the number of the step.

        Parameters
        ----------
        instant : ir.Value
            At which it begins.
        """
        self._set("step number", self._every_lane(instant))

    def _every_lane(self, whole: Value) -> Value:
        """Return a vector of one integer; its bits are spread as those of a number are."""
        kind = ir.VectorType(self._integer, self._lanes)
        return self._builder.bitcast(self._spread(self._builder.bitcast(whole, self._double)), kind)

    def _set(self, name: str, value: Value) -> None:
        """Store a vector of integers in a slot as it is, bit for bit."""
        self._set_slot(self._layout.slot[clock_slot(name)], self._builder.bitcast(value, self._vector))
