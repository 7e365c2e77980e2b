"""Where everything lies in the memory block of a group of members, counted in vectors of a lane a member."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from egovsim.compiler.codegen.methods import METHODS
from egovsim.compiler.lowering.elements import Belt, DiscreteKind
from egovsim.compiler.program import DiscreteState, Program
from egovsim.model.expression import Call, Expression
from egovsim.model.functions import HELD

_CLOCK = "CLOCK "


def clock_slot(name: str) -> str:
    """Return what a value of the clock is called among the slots.

    Parameters
    ----------
    name : str
        As `ClockValue` has it, or one of `RANDOM_KEY`.

    Returns
    -------
    str
        No id of a scalar begins with a capital.
    """
    return f"{_CLOCK}{name}"


CLOCK = tuple(map(clock_slot, ("time", "step time", "time step", "initial time", "final time")))
"""The first slots of a memory block. ``step time`` stands still within a step of Runge and Kutta, as Vensim
holds its test inputs and data (source: design measurements against Vensim's reference manual, "RK4")."""

RANDOM_KEY = ("seed", "member", "step number")
"""What a draw is keyed by beside the number of its call: integers of 64 bits, kept in slots as if they were numbers."""

LONGEST_FUNCTION = 400
"""A block of more assignments than this becomes several functions: LLVM's time grows faster than a function."""

HISTORY_ROWS: Mapping[DiscreteKind, int] = {
    "previous": 0,
    "fixed": 1,
    "information": 2,
    "material": 2,
    "conveyor part": 0,
    "conveyor": 1,
}
"""Rows of history that a discrete state of each kind keeps: values, and when they entered or whether they came. Those
of conveyors are the last; each has one more for every linear leak."""


@dataclass(frozen=True)
class DiscreteLayout:
    """Where discrete states lie: each is a number in the rows that begin at these slots of the memory block.

    Parameters
    ----------
    states : tuple of DiscreteState
        Those of a kind stand together.
    slot : mapping of str to int
        The place of what they read.
    values, delays, pending : int
        Where the rows begin: what they are, for how long they keep, and what they are to be after the step.
    """

    states: tuple[DiscreteState, ...]
    slot: Mapping[str, int]
    values: int
    delays: int
    pending: int

    def numbers(self, kind: DiscreteKind) -> range:
        """Return the numbers of the states of a kind.

        Parameters
        ----------
        kind : str
            The kind.

        Returns
        -------
        range
            They stand together; empty where there are none.
        """
        found = [number for number, state in enumerate(self.states) if state.reads.kind == kind]
        return range(found[0], found[-1] + 1) if found else range(0)

    def first_history_row(self, kind: DiscreteKind) -> int:
        """Return the first row of history of a kind.

        Parameters
        ----------
        kind : str
            The kind.

        Returns
        -------
        int
            Counted from 0; the rows of a kind stand together.
        """
        kinds = tuple(HISTORY_ROWS)
        return sum(HISTORY_ROWS[before] * len(self.numbers(before)) for before in kinds[: kinds.index(kind)])

    def first_rows_of_conveyors(self) -> Mapping[int, int]:
        """Return the first row of history of each conveyor.

        Returns
        -------
        mapping of int to int
            By the numbers of the states; the content comes first, then what each linear leak is to take.
        """
        found: dict[int, int] = {}
        row = self.first_history_row("conveyor")
        for number in self.numbers("conveyor"):
            found[number] = row
            row += _rows_of(self.states[number])
        return found

    @property
    def history_rows(self) -> int:
        """How many rows of history there are, each of one vector an instant and one more."""
        return sum(map(_rows_of, self.states))


def _rows_of(state: DiscreteState) -> int:
    belt = state.reads.belt
    return HISTORY_ROWS[state.reads.kind] if belt is None else rows_of_belt(belt) * rows_for_each(belt)


def rows_of_belt(belt: Belt) -> int:
    """Return how many numbers a belt keeps at each of its places.

    Parameters
    ----------
    belt : Belt
        The belt.

    Returns
    -------
    int
        What lies there, and what each linear leak takes its share of.
    """
    return HISTORY_ROWS["conveyor"] + (0 if belt.is_exponential else len(belt.leaks))


def rows_for_each(belt: Belt) -> int:
    """Return how many rows of history its places need, side by side.

    Parameters
    ----------
    belt : Belt
        The belt.

    Returns
    -------
    int
        Two where it must be known how far something is from the end even when it comes off after the run.
    """
    return 2 if belt.has_zones else 1


@dataclass(frozen=True)
class Layout:
    """Where everything lies, counted in vectors.

    Parameters
    ----------
    slot : mapping of str to int
        By id: clock, inputs, invariants, stocks, discrete states, and values that are seen from outside a function.
    inputs, stocks, rates : int
        Where these begin; discrete states follow the stocks.
    scratch : int
        Where the rows begin that a method of several stages needs, two as long as the stocks.
    accumulators : int
        Where metrics are accumulated.
    size : int
        The length of the whole.
    discrete : DiscreteLayout
        More of the discrete states.
    """

    slot: Mapping[str, int]
    inputs: int
    stocks: int
    rates: int
    scratch: int
    accumulators: int
    size: int
    discrete: DiscreteLayout


def is_held(expression: Expression) -> bool:
    """Say whether a value stands still within a step, whatever the method.

    Parameters
    ----------
    expression : Expression
        Of an assignment.

    Returns
    -------
    bool
        Whether the whole of it is held.
    """
    return isinstance(expression, Call) and expression.function == HELD


def layout_of(program: Program) -> Layout:
    """Lay out the memory block of a program.

    Parameters
    ----------
    program : Program
        The program.

    Returns
    -------
    Layout
        The same for any number of lanes.
    """
    clock = (*CLOCK, *map(clock_slot, RANDOM_KEY)) if program.is_random else CLOCK
    slot: dict[str, int] = {name: place for place, name in enumerate(clock)}
    inputs = len(slot)
    for name in (*program.inputs, *(assignment.id for assignment in program.invariants)):
        slot[name] = len(slot)
    stocks = len(slot)
    for name in (*program.stocks, *(state.id for state in program.discrete_states)):
        slot[name] = len(slot)
    rates = len(slot)
    scratch = rates + len(program.stocks)
    place = scratch + (2 * len(program.stocks) if len(METHODS[program.method]) > 1 else 0)
    for name in _seen_outside(program):
        if name not in slot:
            slot[name] = place
            place += 1
    accumulators, delays = place, place + len(program.metrics)
    pending = delays + len(program.discrete_states)
    size = pending + len(program.discrete_states)
    discrete = DiscreteLayout(program.discrete_states, slot, stocks + len(program.stocks), delays, pending)
    return Layout(slot, inputs, stocks, rates, scratch, accumulators, size, discrete)


def _seen_outside(program: Program) -> list[str]:
    """Return the values that another function reads: outputs, metrics, and what one function hands to the next."""
    seen = [*program.outputs, *(metric.id for metric in program.metrics)]
    seen += [id for state in program.discrete_states for id in state.ids_read]
    if len(METHODS[program.method]) > 1:
        seen += [assignment.id for assignment in program.auxiliaries if is_held(assignment.expression)]
    if len(program.auxiliaries) + len(program.rates) > LONGEST_FUNCTION:
        seen += [assignment.id for assignment in program.auxiliaries]
    if len(program.initial) > LONGEST_FUNCTION:
        seen += [assignment.id for assignment in program.initial]
    return list(dict.fromkeys(seen))
