"""What the compiler makes of a model, as text: for whoever looks for a fault in it, or wants to see how it works."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from egovsim.compiler.build_cache import Request, program_of
from egovsim.compiler.program import Assignment, Program
from egovsim.model.expression import Expression, Reference, rewrite
from egovsim.model.inputs import START
from egovsim.model.model import Model
from egovsim.model.notation import show
from egovsim.names import element_name, split_element


def program_text(model: Model, outputs: Sequence[str] = ()) -> str:
    """Write out the program of a model: its inputs, stocks and memories, and its blocks in the order of evaluation.

    Parameters
    ----------
    model : Model
        The model.
    outputs : sequence of str
        Names of variables or elements; what none of them depends on is not in the program. By default all.

    Returns
    -------
    str
        A heading a block, and one assignment a line.

    Raises
    ------
    UnknownNameError
        When an output is not a variable of the model.
    ModelError
        When the model cannot be run.
    """
    return "\n".join(_lines(_program(model, outputs))) + "\n"


def ir_text(model: Model, outputs: Sequence[str] = ()) -> str:
    """Write out the LLVM IR of a model, as it is before LLVM's passes.

    Parameters
    ----------
    model : Model
        The model.
    outputs : sequence of str
        As in `program_text`.

    Returns
    -------
    str
        A module in LLVM's assembly language, for the vectors of this processor.

    Raises
    ------
    UnknownNameError
        When an output is not a variable of the model.
    ModelError
        When the model cannot be run.
    """
    from egovsim.compiler.codegen.ir import KernelWriter
    from egovsim.compiler.kernel import native_lanes

    return KernelWriter(_program(model, outputs), native_lanes()).write()


def _program(model: Model, outputs: Sequence[str]) -> Program:
    names = outputs or [variable.name for variable in model.variables if variable.kind != "lookup"]
    ids = [
        element_name(model[split_element(name)[0]].id, elements)
        for name in names
        for elements in model.elements_of(name)
    ]
    return program_of(model, Request(tuple(dict.fromkeys(ids)), (), model.clock.method))


def _lines(program: Program) -> Iterator[str]:
    clauses: dict[str, Sequence[str]] = {
        "inputs": program.inputs,
        "stocks": program.stocks,
        "memories": [f"{memory.id} <- {', '.join(memory.read)} ({memory.recall.kind})" for memory in program.memories],
        "fixed: once, and when a series moves an input": _assignments(program.fixed),
        "initial: the start of stocks and memories": _assignments(program.initial),
        "step: at every instant": _assignments(program.step),
        "rates: the net flow of every stock": _assignments(program.rates),
        "outputs": program.outputs,
    }
    yield f"integration: {program.method}"
    for title, lines in clauses.items():
        if lines:
            yield f"\n{title}"
            yield from (f"  {line}" for line in lines)


def _assignments(assignments: Sequence[Assignment]) -> list[str]:
    return [f"{item.id} = {show(rewrite(item.expression, _by_id))}" for item in assignments]


def _by_id(node: Expression) -> Expression:
    """Call the initial value of a stock by its own id; it bears the stock's name."""
    return replace(node, name=node.id) if isinstance(node, Reference) and node.id.endswith(START) else node
