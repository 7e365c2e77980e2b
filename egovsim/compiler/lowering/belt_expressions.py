"""Expressions that conveyors are written with."""

from __future__ import annotations

from egovsim.compiler.lowering.elements import ScalarEquation
from egovsim.model.expression import Binary, Call, ClockValue, Expression, Number, Reference
from egovsim.model.functions import HELD

TIME_STEP = ClockValue("time step")


def to(equation: ScalarEquation) -> Reference:
    """Refer to what an equation defines.

    Parameters
    ----------
    equation : ScalarEquation
        Any.

    Returns
    -------
    Reference
        To it.
    """
    return Reference(equation.name, equation.id, (), equation.where)


def held(expression: Expression) -> Call:
    """Write a value that stands still within a step.

    Parameters
    ----------
    expression : Expression
        The value.

    Returns
    -------
    Call
        Of `HELD`.
    """
    return Call(HELD, (expression,))


def rate_of(amount: Expression) -> Expression:
    """Write an amount that moves in a step as a flow.

    Parameters
    ----------
    amount : Expression
        What moves.

    Returns
    -------
    Expression
        Per unit of time.
    """
    return Binary("/", amount, TIME_STEP)


def is_on(expression: Expression) -> Expression:
    """Write whether a switch is on.

    Parameters
    ----------
    expression : Expression
        The switch.

    Returns
    -------
    Expression
        1 where it is not 0.
    """
    return Binary("<>", expression, Number(0.0))


def steps_of(time: Expression) -> Expression:
    """Write a time in steps, halves up, one at least.

    Parameters
    ----------
    time : Expression
        In the unit of time.

    Returns
    -------
    Expression
        A whole number.
    """
    rounded = Call("floor", (Binary("+", rate_of(time), Number(0.5)),))
    return Call("max", (Number(1.0), rounded))
