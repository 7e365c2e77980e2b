"""The value of an expression that is made of constants, or of what has a known value, alone."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping, Sequence

from egovsim.model.expression import (
    Binary,
    Call,
    ClockValue,
    Expression,
    If,
    Number,
    Reference,
    Unary,
    fold,
    walk,
)


def _divided(left: float, right: float) -> float:
    return left / right


def _raised(left: float, right: float) -> float:
    return left**right


def _negative(value: float) -> float:
    return -value


def _truncated(value: float) -> float:
    return float(math.trunc(value))


def _larger(left: float, right: float) -> float:
    return max(left, right)


def _smaller(left: float, right: float) -> float:
    return min(left, right)


def _both(left: float, right: float) -> float:
    return bool(left) and bool(right)


def _either(left: float, right: float) -> float:
    return bool(left) or bool(right)


_OPERATORS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": _divided,
    "^": _raised,
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "and": _both,
    "or": _either,
}
_FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "abs": math.fabs,
    "exp": math.exp,
    "integer": _truncated,
    "ln": math.log,
    "max": _larger,
    "min": _smaller,
    "modulo": math.fmod,
    "power": math.pow,
    "sqrt": math.sqrt,
}


def constant_value(name: str, equation: Callable[[str], Expression | None]) -> float | None:
    """Return the value of a named constant, through those that it is made of and without recursion.

    Parameters
    ----------
    name : str
        Its id.
    equation : callable
        Returns the equation of a scalar by its id; None where there is none.

    Returns
    -------
    float or None
        None where it is made of more than constants, or of itself, or is no number.
    """
    values: dict[str, float | None] = {}
    begun: dict[str, Expression | None] = {}
    waiting = [name]
    while waiting:
        current = waiting[-1]
        if current in values:
            waiting.pop()
            continue
        if current not in begun:
            begun[current] = equation(current)
            waiting += [other for other in _names_in(begun[current]) if other not in begun]
            continue
        # What is begun and has no value yet is made of the current one: a circle, which has none.
        expression = begun[current]
        values[waiting.pop()] = None if expression is None else value_with(expression, values)
    return values[name]


def _names_in(expression: Expression | None) -> list[str]:
    """Return the ids of what an expression is made of."""
    nodes = () if expression is None else walk(expression)
    found: dict[str, None] = {}
    for node in nodes:
        match node:
            case Reference(id=id, subscripts=()) | ClockValue(which=id):
                found[id] = None
            case _:
                pass
    return list(found)


def value_with(expression: Expression, values: Mapping[str, float | None]) -> float | None:
    """Return the value of an expression of scalars whose values are known.

    Parameters
    ----------
    expression : Expression
        Any.
    values : mapping of str to float or None
        By the ids of what it is made of; None where there is no value.

    Returns
    -------
    float or None
        None where it has none, or where it cannot be worked out here.
    """

    def of_node(node: Expression, operands: tuple[float | None, ...]) -> float | None:
        match node:
            case Number(value=value):
                return value
            case ClockValue(which=id) | Reference(id=id, subscripts=()):
                return values.get(id)
            case If():
                # What is not taken may have no value.
                return None if operands[0] is None else operands[1 if operands[0] else 2]
            case Unary(operator=sign):
                return _applied(_negative if sign == "-" else operator.not_, operands)
            case Binary(operator=sign):
                return _applied(_OPERATORS.get(sign), operands)
            case Call(function=function):
                return _applied(_FUNCTIONS.get(function), operands)
            case _:
                return None

    return fold(expression, of_node)


def _applied(function: Callable[..., float] | None, operands: Sequence[float | None]) -> float | None:
    known = [value for value in operands if value is not None]
    if function is None or len(known) < len(operands):
        return None
    try:
        return float(function(*known))
    except (ArithmeticError, TypeError, ValueError):
        return None
