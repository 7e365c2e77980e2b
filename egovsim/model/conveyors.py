"""Conveyors: stocks whose content moves along a belt for a transit time, and leaks on the way.

A conveyor is a stock whose net flow is a call of `CONVEYOR`: its inflows less its outflows, then what its belt is like.
The flow that comes off the end of the belt is a call of `CONVEYOR_END`, of the stock; a leak is a call of
`CONVEYOR_LEAK`, of the stock, the leak's fraction and its zone. Since all of this is in equations, whoever renames or
replaces variables does so in conveyors too.
"""

from __future__ import annotations

from dataclasses import dataclass, fields

from egovsim.model.expression import Call, Expression, Number, Reference, Where, walk

CONVEYOR = "conveyor"
"""The function that the net flow of a conveyor is a call of."""

CONVEYOR_END = "conveyor end"
"""The function that the flow off the end of a conveyor is a call of."""

CONVEYOR_LEAK = "conveyor leak"
"""The function that a leak of a conveyor is a call of."""

CONVEYOR_PROFILE = "conveyor profile"
"""The function of what lies on a conveyor at the start: a portion for each unit of time, that at the end first."""

AGE_COUNT = "agecount"
"""The function of what has been on a conveyor for a time between two: the conveyor, from, to."""

UNLIMITED = Number(float("inf"))
"""The capacity, and the inflow limit, of a conveyor that has none."""

NO, YES = Number(0.0), Number(1.0)

WHOLE_BELT = (0.0, 1.0)
"""The zone of a leak that takes from everywhere."""


@dataclass(frozen=True, slots=True)
class Conveyor:
    """What a belt is like (XMILE 1.0, sections 3.7.2 and 4.2.1).

    Parameters
    ----------
    net_flow : Expression
        Inflows less outflows.
    transit_time : Expression
        How long what enters now stays.
    capacity : Expression
        The most that it holds.
    inflow_limit : Expression
        The most that enters, per unit of time.
    sample : Expression
        While it is not 0, the transit time is read anew.
    arrest : Expression
        While it is not 0, nothing enters, leaves or moves.
    exponential_leak : Expression
        1 where a leak's fraction is of what is there, per unit of time; 0 where it is of what entered, over the whole
        way.
    first_in_first_out : Expression
        1 where what enters later never leaves earlier (isee's ``fifo``), else 0.
    profile : Expression
        A call of `CONVEYOR_PROFILE`, or 0 where what is there at the start lies as a constant inflow would have left
        it.
    """

    net_flow: Expression
    transit_time: Expression
    capacity: Expression = UNLIMITED
    inflow_limit: Expression = UNLIMITED
    sample: Expression = YES
    arrest: Expression = NO
    exponential_leak: Expression = NO
    first_in_first_out: Expression = NO
    profile: Expression = NO

    @property
    def portions(self) -> tuple[Expression, ...]:
        """What lies on it at the start for each unit of time, at the end first; empty where that is not said."""
        return self.profile.arguments if isinstance(self.profile, Call) else ()

    def call(self, where: Where) -> Call:
        """Write the belt as the net flow of a stock.

        Parameters
        ----------
        where : Where
            The place of the conveyor.

        Returns
        -------
        Call
            Of `CONVEYOR`.
        """
        return Call(CONVEYOR, tuple(getattr(self, part.name) for part in fields(self)), where)


@dataclass(frozen=True, slots=True)
class Leak:
    """A flow that leaves a conveyor on the way.

    Parameters
    ----------
    stock : Expression
        The conveyor.
    fraction : Expression
        How much it takes; see `Conveyor.exponential_leak`.
    start, end : float
        The part of the belt that it takes it from: 0 is where material enters, 1 is the end.
    """

    stock: Expression
    fraction: Expression
    start: float = 0.0
    end: float = 1.0

    def call(self, where: Where) -> Call:
        """Write the leak as the equation of a flow.

        Parameters
        ----------
        where : Where
            The place of the flow.

        Returns
        -------
        Call
            Of `CONVEYOR_LEAK`.
        """
        return Call(CONVEYOR_LEAK, (self.stock, self.fraction, Number(self.start), Number(self.end)), where)


def conveyor_in(rate: Expression | None) -> Conveyor | None:
    """Return the belt that the net flow of a stock describes.

    Parameters
    ----------
    rate : Expression or None
        The net flow.

    Returns
    -------
    Conveyor or None
        None of any other stock.
    """
    if isinstance(rate, Call) and rate.function == CONVEYOR:
        return Conveyor(*rate.arguments)
    return None


def net_flow_of(rate: Expression | None) -> Expression | None:
    """Return the net flow of a stock, of a conveyor without what its belt is like.

    Parameters
    ----------
    rate : Expression or None
        As it stands in the stock's equation.

    Returns
    -------
    Expression or None
        What flows in less what flows out.
    """
    belt = conveyor_in(rate)
    return rate if belt is None else belt.net_flow


def leak_in(expression: Expression) -> Leak | None:
    """Return the leak that the equation of a flow describes.

    Parameters
    ----------
    expression : Expression
        The equation, with limits round it or without.

    Returns
    -------
    Leak or None
        None of any other flow.
    """
    for node in walk(expression):
        if isinstance(node, Call) and node.function == CONVEYOR_LEAK:
            stock, fraction, start, end = node.arguments
            assert isinstance(start, Number)
            assert isinstance(end, Number)
            return Leak(stock, fraction, start.value, end.value)
    return None


def end_of(stock: Reference, where: Where) -> Call:
    """Write the flow off the end of a conveyor.

    Parameters
    ----------
    stock : Reference
        The conveyor.
    where : Where
        The place of the flow.

    Returns
    -------
    Call
        Of `CONVEYOR_END`.
    """
    return Call(CONVEYOR_END, (stock,), where)


def is_only_driven(expression: Expression | None) -> bool:
    """Say whether a flow is what a conveyor lets out, and nothing else.

    Parameters
    ----------
    expression : Expression or None
        The flow's equation, as the model has it.

    Returns
    -------
    bool
        False for a flow that is limited, held or changed as well.
    """
    return isinstance(expression, Call) and expression.function in (CONVEYOR_END, CONVEYOR_LEAK)


def is_driven(expression: Expression | None) -> bool:
    """Say whether a flow is what a conveyor lets out, by its end or by a leak.

    Parameters
    ----------
    expression : Expression or None
        The flow's equation, with limits round it or without.

    Returns
    -------
    bool
        False for a flow with an equation of its own.
    """
    return expression is not None and any(
        isinstance(node, Call) and node.function in (CONVEYOR_END, CONVEYOR_LEAK) for node in walk(expression)
    )
