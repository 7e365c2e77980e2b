"""What a model is compiled to, to read: its program in the modeller's notation, or the LLVM IR that is made of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Literal

from egovsim.compiler import kernel
from egovsim.compiler.program import Assignment, DiscreteState, FlatModel, Program, build_program, flatten
from egovsim.model.expression import Call, Expression, Reference, rewrite
from egovsim.model.functions import is_random
from egovsim.model.inputs import START
from egovsim.model.model import Model
from egovsim.model.notation import show
from egovsim.names import canonical, scalar_id, split_element

Form = Literal["program", "ir"]


def listing(model: Model, outputs: Sequence[str] | None = None, *, form: Form = "program") -> str:
    """Print what a model is compiled to.

    Parameters
    ----------
    model : Model
        From `read_model`.
    outputs : sequence of str, optional
        Variables, or elements, whose trajectories are wanted, by name; without, all. What none of them depends on is
        left out.
    form : {"program", "ir"}
        The program: blocks of equations in their order of evaluation, in XMILE's notation. Or LLVM IR for this
        processor before LLVM has worked on it, with a comment before what computes each variable, and a table of
        the slots of the memory block.

    Returns
    -------
    str
        Lines.

    Raises
    ------
    UnknownNameError
        When an output is no variable of the model.
    ModelError
        When the model cannot be run.
    """
    flat = flatten(model)
    program = build_program(model, _ids(model, outputs), (), model.clock.method)
    printer = _Printer(flat, program)
    if form == "program":
        return "\n".join(printer.lines()) + "\n"
    from egovsim.compiler.codegen.kernel_writer import KernelWriter

    writer = KernelWriter(program, kernel.native_lanes())
    slots = (f"; slot {place}: {printer.slot(name)}" for name, place in writer.layout.slot.items())
    return "\n".join([*slots, writer.write()])


def _ids(model: Model, outputs: Sequence[str] | None) -> tuple[str, ...]:
    if outputs is None:
        outputs = [variable.name for variable in model.variables if variable.kind != "lookup"]
    variables = ((model.variable_of(name), model.elements_of(name)) for name in outputs)
    ids = (scalar_id(variable.id, element) for variable, elements in variables for element in elements)
    return tuple(dict.fromkeys(ids))


@dataclass(frozen=True)
class _Printer:
    """Prints a program with the names of the model that it was made of."""

    flat: FlatModel
    program: Program

    def lines(self) -> Iterator[str]:
        program = self.program
        yield f"method: {program.method}"
        yield from self._section("inputs", [f"{self._name(id)} = {self.flat.inputs[id]:g}" for id in program.inputs])
        yield from self._section("invariants", map(self._assignment, program.invariants))
        yield from self._section("initial", map(self._assignment, program.initial))
        yield from self._section("auxiliaries", map(self._assignment, program.auxiliaries))
        yield from self._section("rates", map(self._rate, program.rates))
        yield from self._section("discrete states", map(self._discrete_state, program.discrete_states))
        yield from self._section("outputs", map(self._name, program.outputs))

    def slot(self, id: str) -> str:
        """Name a slot of the memory block; values of the clock and the key of draws begin with a dollar."""
        is_scalar = id.removesuffix(START) in self.flat.equations
        return self._name(id) if is_scalar else f"$ {id.removeprefix('CLOCK ')}"

    @staticmethod
    def _section(title: str, lines: Iterable[str]) -> Iterator[str]:
        """A block without anything in it is left out."""
        listed = [f"    {line}" for line in lines]
        if listed:
            yield from ("", title, *listed)

    def _assignment(self, assignment: Assignment) -> str:
        return f"{self._name(assignment.id)} = {self._expression(assignment.expression)}"

    def _rate(self, rate: Assignment) -> str:
        return f"d {self._name(rate.id)} / dt = {self._expression(rate.expression)}"

    def _discrete_state(self, state: DiscreteState) -> str:
        reads = state.reads
        parts = (("of", reads.input), ("after", reads.delay), ("else", reads.missing))
        return f"{self._name(state.id)} = {reads.kind} value " + " ".join(
            f"{word} {self._name(id)}" for word, id in parts if id
        )

    def _expression(self, expression: Expression) -> str:
        return show(rewrite(expression, self._named))

    def _named(self, node: Expression) -> Expression:
        """Name elements as the modeller does, and leave the numbers of random calls out."""
        if isinstance(node, Reference):
            return self._reference(node.id)
        if isinstance(node, Call) and is_random(node):
            return replace(node, arguments=node.arguments[1:])
        return node

    def _name(self, id: str) -> str:
        return show(self._reference(id))

    def _reference(self, id: str) -> Reference:
        scalar = id.removesuffix(START)
        base, elements = split_element(self.flat.equations[scalar].name)
        name = base if scalar == id else f"initial {base}"
        return Reference(name, canonical(name), tuple(map(canonical, elements)))
