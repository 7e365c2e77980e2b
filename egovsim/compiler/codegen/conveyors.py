"""Conveyors: a belt for every member, moved on by a function that belts of one shape share."""

from __future__ import annotations

from collections.abc import Mapping

from llvmlite import ir

from egovsim.compiler.codegen.belts import BeltWriter
from egovsim.compiler.codegen.lanes import Lanes, Value, counted
from egovsim.compiler.codegen.memory_layout import DiscreteLayout
from egovsim.compiler.lowering.elements import Belt


class Conveyors(Lanes):
    """Writes the life of every conveyor into the function that counts instants.

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
        Addresses of the memory block of a group, and of the rows that hold the belts.
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
        self._layout, self._instants, self._step = layout, instants, time_step
        pointer = self._double.as_pointer()
        self._numbers = [builder.bitcast(address, pointer) for address in (block, history)] if self._rows else []
        self._tables = {number: self._table_of(number) for number in self._rows}

    @property
    def _rows(self) -> Mapping[int, int]:
        return self._layout.first_rows_of_conveyors()

    def begin(self) -> None:
        """Spread what is on each belt at the start as a constant inflow would have spread it."""
        self._call_all("begin", self._whole_constant(0))

    def move(self, instant: Value) -> None:
        """Move every belt on by a step.

        Parameters
        ----------
        instant : ir.Value
            At which the step began.
        """
        self._call_all("move", instant)

    def _call_all(self, task: str, instant: Value) -> None:
        for number, row in self._rows.items():
            belt = self._layout.states[number].reads.belt
            assert belt is not None
            function = self._function(task, belt)
            with counted(self._builder, self._whole_constant(self._lanes), f"{task}.lane") as lane:
                table = self._builder.gep(self._tables[number], [self._whole_constant(0), self._whole_constant(0)])
                first = self._whole_constant(row)
                self._builder.call(function, [*self._numbers, table, first, self._instants, instant, self._step, lane])

    def _table_of(self, number: int) -> Value:
        """Return the table of the slots of a belt, in the order of `belts.SLOTS`, then of leaks and portions."""
        layout, state = self._layout, self._layout.states[number]
        belt, places = state.reads.belt, layout.slot
        assert belt is not None
        end = next(at for at in layout.numbers("conveyor part") if layout.states[at].id == belt.end)
        slots = [places[state.id], layout.delays + number, layout.pending + number, layout.delays + end]
        slots += [places[id] for id in (state.reads.input, state.reads.delay, state.reads.missing, belt.end)]
        for leak in belt.leaks:
            slots += [places[leak.share], places[leak.amount], places[leak.at_end]]
        slots += [places[id] for id in belt.portions]
        kind = ir.ArrayType(self._integer, len(slots))
        table = ir.GlobalVariable(self._module, kind, f"belt.{number}")
        table.linkage, table.global_constant = "internal", True
        table.initializer = ir.Constant(kind, slots)
        return table

    def _function(self, task: str, belt: Belt) -> ir.Function:
        """Return the function that does a task for belts of a shape, written when it is first asked for."""
        zones = "".join(f".{leak.start!r}.{leak.end!r}" for leak in belt.leaks)
        name = f"belt.{task}.{belt.is_exponential}.{belt.is_fixed}.{len(belt.portions)}{zones}"
        found = self._module.globals.get(name)
        if isinstance(found, ir.Function):
            return found
        numbers, whole = self._double.as_pointer(), self._integer
        kinds = [numbers, numbers, whole.as_pointer(), whole, whole, whole, self._double, whole]
        function = ir.Function(self._module, ir.FunctionType(ir.VoidType(), kinds), name)
        function.linkage = "internal"
        writer = BeltWriter(self._module, function, belt, self._lanes)
        if task == "begin":
            writer.begin()
        else:
            writer.move()
        return function
