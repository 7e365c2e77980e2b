"""The blocks of a program as functions of the memory block, each of bounded length."""

from __future__ import annotations

from collections.abc import Sequence

from llvmlite import ir

from egovsim.compiler.codegen.expressions import Emitter
from egovsim.compiler.codegen.lanes import Lanes, Recorder, Value
from egovsim.compiler.codegen.memory_layout import LONGEST_FUNCTION, Layout, clock_slot, is_held
from egovsim.compiler.codegen.methods import METHODS
from egovsim.compiler.program import Assignment, Program
from egovsim.names import made_id

_AUXILIARIES = "auxiliaries"
"""Begins the names of the functions that are called at every stage of a step."""


def _rate_id(stock: str) -> str:
    """Return the id of a stock's net flow among assignments."""
    return made_id(stock, "rate")


class Blocks(Lanes):
    """Writes the functions of a program into a module.

    Parameters
    ----------
    module : ir.Module
        Where to.
    program : Program
        What to write.
    layout : Layout
        Of the memory block.
    lanes : int
        How many members a vector holds.
    """

    def __init__(self, module: ir.Module, program: Program, layout: Layout, lanes: int) -> None:
        super().__init__(module, ir.IRBuilder(), lanes)
        self._program, self._layout = program, layout
        self._has_stages = len(METHODS[program.method]) > 1
        self._rates = {_rate_id(rate.id): layout.rates + number for number, rate in enumerate(program.rates)}

    def invariants(self) -> list[ir.Function]:
        """Write what computes the invariants.

        Returns
        -------
        list of ir.Function
            To be called one after another with the memory block.
        """
        return self._functions("invariants", self._program.invariants)

    def initial(self) -> list[ir.Function]:
        """Write what gives stocks and discrete states their start.

        Returns
        -------
        list of ir.Function
            To be called one after another with the memory block.
        """
        return self._functions("initial", self._program.initial)

    def auxiliaries_and_rates(self) -> list[ir.Function]:
        """Write what computes auxiliaries and net flows at an instant.

        Returns
        -------
        list of ir.Function
            To be called one after another with the memory block.
        """
        rates = (Assignment(_rate_id(rate.id), rate.expression) for rate in self._program.rates)
        return self._functions(_AUXILIARIES, (*self._program.auxiliaries, *rates))

    def recorders(self) -> list[ir.Function]:
        """Write what stores the outputs of an instant.

        Returns
        -------
        list of ir.Function
            To be called one after another with the memory block, the address of the first lane's numbers, and how far
            the lanes' numbers are apart.
        """
        places = [self._layout.slot[name] for name in self._program.outputs]
        cuts = range(0, len(places), LONGEST_FUNCTION)
        return [self._recorder(cut, places[cut : cut + LONGEST_FUNCTION]) for cut in cuts]

    def _functions(self, name: str, block: Sequence[Assignment]) -> list[ir.Function]:
        cuts = range(0, len(block), LONGEST_FUNCTION)
        return [self._function(f"{name}{cut}", block[cut : cut + LONGEST_FUNCTION]) for cut in cuts]

    def _function(self, name: str, block: Sequence[Assignment]) -> ir.Function:
        function = self._begun(name, [self._vector.as_pointer()])
        memory, builder = function.args[0], self._builder
        emitter = Emitter(self._module, builder, self._lanes, lambda name: self._load(memory, self._layout.slot[name]))
        for assignment in block:
            builder.comment(" ".join(assignment.id.split()))
            value = emitter.assign(assignment.id, assignment.expression)
            if is_held(assignment.expression) and name.startswith(_AUXILIARIES) and self._has_stages:
                value = emitter.remember(assignment.id, self._held(emitter, memory, assignment.id, value))
            place = self._rates.get(assignment.id, self._layout.slot.get(assignment.id))
            if place is not None:
                self._store(memory, place, value)
        builder.ret_void()
        return function

    def _held(self, emitter: Emitter, memory: Value, id: str, value: Value) -> Value:
        """Return a value at the first stage of a step, and what it was then at the others."""
        now, begun = (emitter.named(clock_slot(name)) for name in ("time", "step time"))
        return self._choose(self._compare("==", now, begun), value, self._load(memory, self._layout.slot[id]))

    def _recorder(self, begin: int, places: Sequence[int]) -> ir.Function:
        function = self._begun(f"record{begin}", [self._vector.as_pointer(), self._double.as_pointer(), self._integer])
        memory, first, apart = function.args
        recorder = Recorder(self._module, self._builder, self._lanes)
        vectors = (self._load(memory, place) for place in places)
        recorder.record(vectors, first, apart, begin)
        self._builder.ret_void()
        return function

    def _begun(self, name: str, kinds: Sequence[ir.Type]) -> ir.Function:
        """Begin a function that stays one, whose first argument is the memory block, and write on there."""
        function = ir.Function(self._module, ir.FunctionType(ir.VoidType(), kinds), name)
        function.linkage = "internal"
        function.attributes.add("noinline")
        function.args[0].add_attribute("noalias")
        self._builder = ir.IRBuilder(function.append_basic_block("entry"))
        return function
