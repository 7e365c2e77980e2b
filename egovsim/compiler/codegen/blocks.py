"""The blocks of a program as functions of the memory block, each of bounded length."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from llvmlite import ir

from egovsim.compiler.codegen.expressions import Emitter
from egovsim.compiler.codegen.lanes import Lanes, Recorder, Value
from egovsim.compiler.codegen.memory_layout import LONGEST_FUNCTION, Layout, clock_slot, is_held
from egovsim.compiler.codegen.methods import METHODS
from egovsim.compiler.codegen.rolled import Rolled
from egovsim.compiler.codegen.templates import Template, templates_of
from egovsim.compiler.program import Assignment, Program
from egovsim.names import made_id

_AUXILIARIES = "auxiliaries"
"""Begins the names of the functions that are called at every stage of a step."""

LONGEST_STRAIGHT = 4_000
"""A block of more assignments, or more outputs, than this is written as loops over what has one form."""

SHORTEST_LOOP = 2
"""So many assignments of one form make a loop: one alone is shorter written out."""

_LONGEST_PART = 4_000
"""Nodes of expressions that a function of loops holds: what `LONGEST_FUNCTION` assignments have."""


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
        if len(places) > LONGEST_STRAIGHT:
            return [self._rolled_recorder(places)]
        cuts = range(0, len(places), LONGEST_FUNCTION)
        return [self._recorder(cut, places[cut : cut + LONGEST_FUNCTION]) for cut in cuts]

    def _functions(self, name: str, block: Sequence[Assignment]) -> list[ir.Function]:
        if len(block) > LONGEST_STRAIGHT:
            parts = _parts(templates_of(block))
            return [self._rolled_function(f"{name}{number}", part) for number, part in enumerate(parts)]
        cuts = range(0, len(block), LONGEST_FUNCTION)
        return [self._function(f"{name}{cut}", block[cut : cut + LONGEST_FUNCTION]) for cut in cuts]

    def _function(self, name: str, block: Sequence[Assignment]) -> ir.Function:
        function = self._begun(name, [self._vector.as_pointer()])
        self._assign_all(name, self._emitter(function.args[0]), function.args[0], block)
        self._builder.ret_void()
        return function

    def _rolled_function(self, name: str, templates: Sequence[Template]) -> ir.Function:
        function = self._begun(name, [self._vector.as_pointer()])
        memory = function.args[0]
        rolled = Rolled(self._module, self._builder, self._lanes, memory=memory, slot=self._layout.slot)
        emitter = self._emitter(memory)
        for template in templates:
            first = template.assignments[0]
            if len(template.assignments) < SHORTEST_LOOP or self._is_held(name, first):
                self._assign_all(name, emitter, memory, template.assignments)
            else:
                rolled.assign(template, [self._place(assignment.id) for assignment in template.assignments])
        self._builder.ret_void()
        return function

    def _emitter(self, memory: Value) -> Emitter:
        def load(name: str) -> Value:
            return self._load(memory, self._layout.slot[name])

        return Emitter(self._module, self._builder, self._lanes, load)

    def _assign_all(self, name: str, emitter: Emitter, memory: Value, block: Sequence[Assignment]) -> None:
        for assignment in block:
            self._builder.comment(" ".join(assignment.id.split()))
            value = emitter.assign(assignment.id, assignment.expression)
            if self._is_held(name, assignment):
                value = emitter.remember(assignment.id, self._held(emitter, memory, assignment.id, value))
            if assignment.id in self._rates or assignment.id in self._layout.slot:
                self._store(memory, self._place(assignment.id), value)

    def _place(self, id: str) -> int:
        return self._rates[id] if id in self._rates else self._layout.slot[id]

    def _rolled_recorder(self, places: Sequence[int]) -> ir.Function:
        function = self._begun("record", [self._vector.as_pointer(), self._double.as_pointer(), self._integer])
        memory, first, apart = function.args
        rolled = Rolled(self._module, self._builder, self._lanes, memory=memory, slot=self._layout.slot)
        rolled.record(places, first, apart)
        self._builder.ret_void()
        return function

    def _is_held(self, name: str, assignment: Assignment) -> bool:
        """Whether an assignment of a function keeps its value from stage to stage of a step."""
        return self._has_stages and name.startswith(_AUXILIARIES) and is_held(assignment.expression)

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


def _parts(templates: Iterable[Template]) -> Iterator[list[Template]]:
    """Cut templates into parts that make functions of bounded length."""
    part: list[Template] = []
    nodes = 0
    for template in templates:
        written = template.nodes * (1 if len(template.assignments) >= SHORTEST_LOOP else len(template.assignments))
        if part and nodes + written > _LONGEST_PART:
            yield part
            part, nodes = [], 0
        part.append(template)
        nodes += written
    if part:
        yield part
