"""Numbers that shape a program, such as the order of a delay: they must be known before it is compiled."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from egovsim.compiler.lowering.elements import ScalarEquation
from egovsim.model.expression import Binary, Call, ClockValue, Expression, Number, Reference, Unary, children
from egovsim.model.variable import plain_number

_START_OF_TIME = frozenset({"time", "step time", "initial time"})
_SIGNS: dict[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda left, right: left / right,
}


@dataclass
class StartingValues:
    """Finds what an expression is worth when a run starts, from the model alone.

    Parameters
    ----------
    equations : mapping of str to ScalarEquation
        All of the model, by id.
    start : float
        When a run starts, in the model's time unit.
    constants : dict of str to str
        Collects the ids of the constants that were used, each with what it is: to give one of them another value
        would change the shape of the program, not only its numbers.
    """

    equations: Mapping[str, ScalarEquation]
    start: float
    constants: dict[str, str] = field(default_factory=dict[str, str])

    def of(self, expression: Expression, *, role: str) -> float | None:
        """Work an expression out.

        Parameters
        ----------
        expression : Expression
            Scalar; arrays are written out already.
        role : str
            What the value is, for a message; stands with each constant that is used.

        Returns
        -------
        float or None
            The value; None where more than arithmetic on constants and test inputs is needed, or it is not finite.
        """
        used: set[str] = set()
        value = self._value(expression, used)
        if value is not None and math.isfinite(value):
            self.constants |= dict.fromkeys(sorted(used), role)
            return value
        return None

    def _value(self, expression: Expression, used: set[str]) -> float | None:
        """Work an expression out with a stack of its own: operands first, and before them what they refer to.

        A circle of references has no value; each scalar is worked out once.
        """
        known: dict[str, float | None] = {}
        values: list[float | None] = []
        waiting: list[tuple[Expression, bool]] = [(expression, False)]
        while waiting:
            node, is_entered = waiting.pop()
            if isinstance(node, Reference):
                if is_entered:
                    known[node.id] = values[-1]
                elif node.id in known:
                    values.append(known[node.id])
                else:
                    known[node.id] = None
                    waiting += [(node, True), (self._meant(node, used), False)]
            elif is_entered:
                first = len(values) - len(children(node))
                values[first:] = [self._combined(node, values[first:])]
            else:
                waiting.append((node, True))
                waiting += [(operand, False) for operand in reversed(children(node))]
        return values[0]

    def _meant(self, node: Reference, used: set[str]) -> Expression:
        """Return the expression that a reference stands for at the start."""
        equation = self.equations.get(node.id)
        if equation is None or equation.is_state:
            return _UNKNOWN
        if plain_number(equation.expression) is not None:
            used.add(node.id)
        return equation.expression

    def _combined(self, node: Expression, operands: list[float | None]) -> float | None:
        match node:
            case Number(value=value):
                return value
            case ClockValue(which=which):
                return self.start if which in _START_OF_TIME else None
            case Unary(operator="-"):
                return None if operands[0] is None else -operands[0]
            case Binary(operator="+" | "-" | "*" | "/" as sign):
                return _arithmetic(sign, operands)
            case Call(function="step" | "max" | "min" as function):
                return _called(function, operands, self.start)
            case _:
                return None


_UNKNOWN = ClockValue("final time")
"""Stands for what is not known before a run."""


def _arithmetic(sign: str, operands: list[float | None]) -> float | None:
    left, right = operands
    if left is None or right is None or (sign == "/" and right == 0.0):
        return None
    return _SIGNS[sign](left, right)


def _called(function: str, arguments: list[float | None], start: float) -> float | None:
    left, right = arguments
    if left is None or right is None:
        return None
    if function == "step":
        return left if start >= right else 0.0
    return max(left, right) if function == "max" else min(left, right)
