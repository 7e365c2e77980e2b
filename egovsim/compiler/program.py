"""A model as ordered blocks of scalar assignments: what the machine has to do, and nothing else.

Four blocks. *Fixed* assignments depend on inputs alone: they are made once, and again when a series moves
an input. *Initial* ones give stocks and memories their start. *Step* ones are made at every instant, and the
*rates* of the stocks from them. *Memories* move when a step is over. What no requested output depends on is
left out.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from egovsim.compiler.lowering.depth import shallow
from egovsim.compiler.lowering.elements import Recall, ScalarEquation, scalar_equations
from egovsim.compiler.lowering.random_calls import draws, numbered
from egovsim.compiler.lowering.stateful import expand_stateful
from egovsim.errors import ModelError
from egovsim.model.dependencies import ordered, references
from egovsim.model.expression import (
    Call,
    ClockValue,
    Expression,
    Reference,
    rewrite,
    walk,
)
from egovsim.model.functions import FUNCTIONS, is_random
from egovsim.model.inputs import START
from egovsim.model.metrics import MetricKind
from egovsim.model.model import Model
from egovsim.model.variable import plain_number


@dataclass(frozen=True, slots=True)
class Assignment:
    """The value of one scalar, by the id of its variable or element."""

    id: str
    expression: Expression


@dataclass(frozen=True, slots=True)
class Accumulator:
    """A metric of one scalar, computed while integrating; its window and threshold are inputs of the kernel."""

    id: str
    kind: MetricKind


@dataclass(frozen=True, slots=True)
class Memory:
    """A value that stands still within a step, and where it is found when the step is over."""

    id: str
    recall: Recall

    @property
    def read(self) -> tuple[str, ...]:
        """The ids of the scalars it is made of."""
        return tuple(one for one in (self.recall.input, self.recall.delay, self.recall.missing) if one)


@dataclass(frozen=True, slots=True)
class Program:
    """The work of one model for some outputs and metrics.

    `inputs` are ids of constants, and of stocks whose initial value is a plain number, the latter
    written ``id@start``; `stocks` are in the order of `rates`, `memories` of a kind stand together.
    """

    inputs: tuple[str, ...]
    stocks: tuple[str, ...]
    fixed: tuple[Assignment, ...]
    initial: tuple[Assignment, ...]
    step: tuple[Assignment, ...]
    rates: tuple[Assignment, ...]
    outputs: tuple[str, ...]
    metrics: tuple[Accumulator, ...]
    method: str
    memories: tuple[Memory, ...] = ()

    @property
    def is_random(self) -> bool:
        """Whether anything in it draws random numbers."""
        blocks = (self.fixed, self.initial, self.step, self.rates)
        return any(draws(one.expression) for block in blocks for one in block)


@dataclass(frozen=True)
class FlatModel:
    """Every scalar equation of a model, delays and arrays spelt out.

    `shaping` maps the id of every constant that shapes the model to what it is, as in ``the order of a delay in
    "y"``.
    """

    equations: Mapping[str, ScalarEquation]
    inputs: Mapping[str, float]
    shaping: Mapping[str, str] = field(default_factory=dict[str, str])

    def at_start(self, id: str) -> Expression:
        """Return what a scalar is at the start: of a stock or memory, its initial value."""
        equation = self.equations[id]
        if equation.is_state and id + START in self.inputs:
            return Reference(equation.name, id + START, (), equation.where)
        return rewrite(equation.expression, _before)

    def while_running(self, id: str) -> Expression:
        """Return what a scalar that is no stock or memory is at any later instant."""
        return rewrite(self.equations[id].expression, _after)

    def rate(self, id: str) -> Expression:
        """Return the net flow of a stock."""
        rate = self.equations[id].rate
        if rate is None:
            raise ModelError(f'"{self.equations[id].name}" is not a stock.')
        return rewrite(rate, _after)

    def is_stock(self, id: str) -> bool:
        """Whether a scalar accumulates."""
        return self.equations[id].rate is not None

    def memory(self, id: str) -> Memory | None:
        """Return how a scalar is recalled from step to step, if it is."""
        recall = self.equations[id].recall
        return None if recall is None else Memory(id, recall)

    def is_state(self, id: str) -> bool:
        """Whether a scalar is a stock or a memory, known before anything of an instant is computed."""
        return self.equations[id].is_state


def _before(node: Expression) -> Expression:
    return node.arguments[1] if isinstance(node, Call) and node.function == "active initial" else node


def _after(node: Expression) -> Expression:
    return node.arguments[0] if isinstance(node, Call) and node.function == "active initial" else node


@dataclass(slots=True)
class _Flattened:
    """The scalar equations of one model; see `Model.derived`."""

    flat: FlatModel | None = None


def flatten(model: Model) -> FlatModel:
    """Return the scalar equations of a model; computed once for each model.

    Raises
    ------
    ModelError
        When the model cannot be run: unsupported language, unknown names, wrong subscripts, or an
        expression nested too deeply.
    """
    known = model.derived(_Flattened)
    if known.flat is not None:
        return known.flat
    try:
        expanded = expand_stateful(numbered(shallow(scalar_equations(model))), start=model.clock.start)
    except RecursionError:
        raise nested_too_deeply(model) from None
    equations = {equation.id: equation for equation in expanded.equations}
    inputs: dict[str, float] = {}
    for equation in equations.values():
        value = plain_number(equation.expression)
        if value is not None:
            inputs[equation.id + START if equation.is_state else equation.id] = value
    known.flat = FlatModel(equations, inputs, expanded.shaping)
    return known.flat


def nested_too_deeply(model: Model) -> ModelError:
    """Build the error for an expression that recursion cannot follow to its leaves."""
    place = model.file or model.name
    return ModelError(f"{place}: an expression is nested too deeply; split it into auxiliaries.")


def build_program(model: Model, outputs: tuple[str, ...], metrics: tuple[Accumulator, ...], method: str) -> Program:
    """Choose and order the assignments that the requested outputs and metrics need.

    Parameters
    ----------
    model : Model
        The model to run.
    outputs : tuple of str
        Ids of scalars whose course is wanted.
    metrics : tuple of Accumulator
        What to compute while integrating.
    method : str
        How to integrate: ``"euler"``, ``"rk2"``, ``"midpoint"`` or ``"rk4"``.

    Returns
    -------
    Program
        Equal programs for equal equations, wherever they were read from.

    Raises
    ------
    ModelError
        When equations use each other in a circle, at the start or in every step.
    """
    flat = flatten(model)
    file = model.file or model.name
    running, starting = _needed(flat, [*outputs, *(metric.id for metric in metrics)])
    stocks = tuple(id for id in running if flat.is_stock(id))
    memories = sorted((one for one in map(flat.memory, running) if one is not None), key=lambda one: one.recall.kind)
    step = {id: flat.while_running(id) for id in running if not flat.is_state(id)}
    start = {id: flat.at_start(id) for id in starting}
    step_order = _order(step, flat, f"{file}: an algebraic loop:")
    start_order = _order(start, flat, f"{file}: initial values depend on each other in a circle:")
    fixed = _fixed(flat, dict.fromkeys([*step_order, *start_order]))
    blocks = (
        tuple(Assignment(id, flat.while_running(id)) for id in fixed),
        tuple(Assignment(id, start[id]) for id in start_order if id not in fixed),
        tuple(Assignment(id, step[id]) for id in step_order if id not in fixed),
        tuple(Assignment(id, flat.rate(id)) for id in stocks),
    )
    used = {name for block in blocks for one in block for name in _names(one.expression)}
    used |= {*outputs, *(metric.id for metric in metrics), *(id for memory in memories for id in memory.read)}
    inputs = tuple(id for id in flat.inputs if id in used)
    return Program(inputs, stocks, *blocks, outputs, metrics, method, tuple(memories))


def _names(expression: Expression) -> list[str]:
    return [reference.id for reference in references(expression)]


def _needed(flat: FlatModel, targets: Iterable[str]) -> tuple[list[str], list[str]]:
    """Return the scalars needed while running, and those needed at the start, in the order of the file."""
    running: set[str] = set()
    starting: set[str] = set()
    waiting = [(id, running) for id in targets]
    while waiting:
        id, seen = waiting.pop()
        if id in seen or id in flat.inputs or id not in flat.equations:
            continue
        seen.add(id)
        if seen is starting:
            waiting += [(name, starting) for name in _names(flat.at_start(id))]
        elif flat.is_stock(id):
            waiting += [(id, starting), *((name, running) for name in _names(flat.rate(id)))]
        elif (memory := flat.memory(id)) is not None:
            waiting += [(id, starting), *((one, running) for one in memory.read)]
            waiting += [(memory.recall.delay, starting)]
        else:
            waiting += [(name, running) for name in _names(flat.while_running(id))]
    return [id for id in flat.equations if id in running], [id for id in flat.equations if id in starting]


def _fixed(flat: FlatModel, ids: Iterable[str]) -> list[str]:
    """Return those of some scalars, in order of evaluation, that depend on inputs alone."""
    fixed: dict[str, None] = {}
    for id in ids:
        used = _names(flat.equations[id].expression)
        still = not flat.is_state(id) and not any(map(_moves, walk(flat.equations[id].expression)))
        if still and all(name in fixed or name in flat.inputs for name in used):
            fixed[id] = None
    return list(fixed)


def _moves(node: Expression) -> bool:
    match node:
        case ClockValue(which="time" | "step time"):
            return True
        case Call(function=function):
            return is_random(node) or FUNCTIONS[function].role in ("test input", "initial")
        case _:
            return False


def _order(assigned: Mapping[str, Expression], flat: FlatModel, message: str) -> list[str]:
    depends = {id: _names(expression) for id, expression in assigned.items()}
    return ordered(depends, loop_message=message, display=lambda id: flat.equations[id].name)
