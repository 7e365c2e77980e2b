"""A model as ordered blocks of scalar assignments: what the machine has to do, and nothing else.

Four blocks. *Invariants* depend on inputs alone: they are computed once, and again when a series moves an input.
*Initial* assignments give stocks and discrete states their start. *Auxiliaries* are computed at every instant, and the
*rates* of the stocks from them. *Discrete states* move when a step is over. What no requested output depends on is left
out.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from egovsim.compiler.lowering.conveyors import with_conveyors
from egovsim.compiler.lowering.depth import shallow
from egovsim.compiler.lowering.elements import ScalarEquation, StateReads, scalar_equations
from egovsim.compiler.lowering.flow_limits import limit_flows
from egovsim.compiler.lowering.random_calls import draws, number_random_calls
from egovsim.compiler.lowering.stateful import expand_stateful
from egovsim.errors import ModelError
from egovsim.model.dependencies import ordered, references
from egovsim.model.expression import Call, ClockValue, Expression, Reference, rewrite, walk
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
class DiscreteState:
    """A value that stands still within a step, and what it reads to move when the step is over."""

    id: str
    reads: StateReads

    @property
    def ids_read(self) -> tuple[str, ...]:
        """The ids of the scalars that it reads."""
        return self.reads.ids_read


@dataclass(frozen=True, slots=True)
class Program:
    """The work of one model for some outputs and metrics.

    Parameters
    ----------
    inputs : tuple of str
        Ids of constants, and of stocks whose initial value is a plain number, the latter written ``id_START``.
    stocks : tuple of str
        Ids, in the order of `rates`.
    invariants, initial, auxiliaries, rates : tuple of Assignment
        The four blocks, each in order of evaluation.
    outputs : tuple of str
        Ids of the scalars whose trajectory is wanted.
    metrics : tuple of Accumulator
        What is computed while integrating.
    method : str
        How to integrate.
    discrete_states : tuple of DiscreteState
        Those of a kind stand together.
    """

    inputs: tuple[str, ...]
    stocks: tuple[str, ...]
    invariants: tuple[Assignment, ...]
    initial: tuple[Assignment, ...]
    auxiliaries: tuple[Assignment, ...]
    rates: tuple[Assignment, ...]
    outputs: tuple[str, ...]
    metrics: tuple[Accumulator, ...]
    method: str
    discrete_states: tuple[DiscreteState, ...] = ()

    @property
    def is_random(self) -> bool:
        """Whether anything in it draws random numbers."""
        return any(draws(assignment.expression) for assignment in self.assignments())

    def assignments(self) -> Iterator[Assignment]:
        """Go through all four blocks.

        Yields
        ------
        Assignment
            Block after block.
        """
        for block in (self.invariants, self.initial, self.auxiliaries, self.rates):
            yield from block


@dataclass(frozen=True)
class FlatModel:
    """Every scalar equation of a model, delays and arrays spelt out.

    Parameters
    ----------
    equations : mapping of str to ScalarEquation
        By id, in the order of the file.
    inputs : mapping of str to float
        Values in the file, by the ids of a program's inputs.
    compile_time_constants : mapping of str to str
        Ids of every constant that shapes the program, each with what it is, as in ``the order of a delay in "y"``.
    step_changes : bool
        Whether steps are of different lengths, so that what is made of the time step is no invariant.
    """

    equations: Mapping[str, ScalarEquation]
    inputs: Mapping[str, float]
    compile_time_constants: Mapping[str, str] = field(default_factory=dict[str, str])
    step_changes: bool = False

    def at_start(self, id: str) -> Expression:
        """Return what a scalar is at the start.

        Parameters
        ----------
        id : str
            Of any scalar.

        Returns
        -------
        Expression
            Of a stock or a discrete state its initial value.
        """
        equation = self.equations[id]
        if equation.is_state and id + START in self.inputs:
            return Reference(equation.name, id + START, (), equation.where)
        return rewrite(equation.expression, _before)

    def while_running(self, id: str) -> Expression:
        """Return what a scalar is at any later instant.

        Parameters
        ----------
        id : str
            Of a scalar that is no stock or discrete state.

        Returns
        -------
        Expression
            Its value.
        """
        return rewrite(self.equations[id].expression, _after)

    def rate(self, id: str) -> Expression:
        """Return the net flow of a stock.

        Parameters
        ----------
        id : str
            Of the stock.

        Returns
        -------
        Expression
            Its change in a unit of time.

        Raises
        ------
        ModelError
            When it is no stock.
        """
        rate = self.equations[id].rate
        if rate is None:
            raise ModelError(f'"{self.equations[id].name}" is not a stock.')
        return rewrite(rate, _after)

    def is_stock(self, id: str) -> bool:
        """Say whether a scalar accumulates.

        Parameters
        ----------
        id : str
            Of any scalar.

        Returns
        -------
        bool
            Whether it has a net flow.
        """
        return self.equations[id].rate is not None

    def discrete_state(self, id: str) -> DiscreteState | None:
        """Return how a scalar moves from step to step.

        Parameters
        ----------
        id : str
            Of any scalar.

        Returns
        -------
        DiscreteState or None
            None where it is no discrete state.
        """
        reads = self.equations[id].reads
        return None if reads is None else DiscreteState(id, reads)

    def is_state(self, id: str) -> bool:
        """Say whether a scalar is known before anything of an instant is computed.

        Parameters
        ----------
        id : str
            Of any scalar.

        Returns
        -------
        bool
            Whether it is a stock or a discrete state.
        """
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
    """Write a model with scalar equations alone; done once for each model.

    Parameters
    ----------
    model : Model
        The model.

    Returns
    -------
    FlatModel
        Its equations and inputs.

    Raises
    ------
    ModelError
        When the model cannot be run: unsupported language, unknown names, or wrong subscripts.
    """
    known = model.derived(_Flattened)
    if known.flat is not None:
        return known.flat
    limited = limit_flows(model, scalar_equations(model))
    expanded = expand_stateful(number_random_calls(shallow(with_conveyors(model, limited))), start=model.clock.start)
    by_id = {equation.id: equation for equation in expanded.equations}
    inputs: dict[str, float] = {}
    for equation in by_id.values():
        value = plain_number(equation.expression)
        if value is not None:
            inputs[equation.id + START if equation.is_state else equation.id] = value
    known.flat = FlatModel(by_id, inputs, expanded.compile_time_constants, model.clock.uneven is not None)
    return known.flat


def build_program(model: Model, outputs: tuple[str, ...], metrics: tuple[Accumulator, ...], method: str) -> Program:
    """Select and order the assignments that the requested outputs and metrics need.

    Parameters
    ----------
    model : Model
        The model to run.
    outputs : tuple of str
        Ids of scalars whose trajectory is wanted.
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
    states = [state for state in map(flat.discrete_state, running) if state is not None]
    states.sort(key=lambda state: state.reads.kind)
    values = {id: flat.while_running(id) for id in running if not flat.is_state(id)}
    start = {id: flat.at_start(id) for id in starting}
    order = _order(values, flat, f"{file}: an algebraic loop:")
    start_order = _order(start, flat, f"{file}: initial values depend on each other in a circle:")
    invariants = _invariants(flat, dict.fromkeys([*order, *start_order]))
    blocks = (
        tuple(Assignment(id, flat.while_running(id)) for id in invariants),
        tuple(Assignment(id, start[id]) for id in start_order if id not in invariants),
        tuple(Assignment(id, values[id]) for id in order if id not in invariants),
        tuple(Assignment(id, flat.rate(id)) for id in stocks),
    )
    used = {name for block in blocks for assignment in block for name in _names(assignment.expression)}
    used |= {*outputs, *(metric.id for metric in metrics), *(id for state in states for id in state.ids_read)}
    inputs = tuple(id for id in flat.inputs if id in used)
    return Program(inputs, stocks, *blocks, outputs, metrics, method, tuple(states))


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
        elif (state := flat.discrete_state(id)) is not None:
            waiting += [(id, starting), *((used, running) for used in state.ids_read)]
            waiting += [(used, starting) for used in state.reads.ids_read_at_start]
        else:
            waiting += [(name, running) for name in _names(flat.while_running(id))]
    return [id for id in flat.equations if id in running], [id for id in flat.equations if id in starting]


def _invariants(flat: FlatModel, ids: Iterable[str]) -> dict[str, None]:
    """Return those of some scalars, in order of evaluation, that depend on inputs alone."""
    found: dict[str, None] = {}
    for id in ids:
        used = _names(flat.equations[id].expression)
        nodes = walk(flat.equations[id].expression)
        still = not flat.is_state(id) and not any(_moves(node, flat) for node in nodes)
        if still and all(name in found or name in flat.inputs for name in used):
            found[id] = None
    return found


def _moves(node: Expression, flat: FlatModel) -> bool:
    match node:
        case ClockValue(which="time" | "step time"):
            return True
        case ClockValue(which="time step"):
            return flat.step_changes
        case Call(function=function):
            return is_random(node) or FUNCTIONS[function].role in ("test input", "initial")
        case _:
            return False


def _order(assigned: Mapping[str, Expression], flat: FlatModel, message: str) -> list[str]:
    depends = {id: _names(expression) for id, expression in assigned.items()}
    return ordered(depends, loop_message=message, display=lambda id: flat.equations[id].name)
