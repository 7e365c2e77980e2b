"""Numbers that shape a model: they must be known before it is compiled."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from egovsim.compiler.lowering.elements import ScalarEquation
from egovsim.model.expression import Binary, Call, ClockValue, Expression, Number, Reference, Unary
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

    `inputs` collects the ids of the constants that were used: to give one of them another value would change
    the shape of the model, not only its numbers. With each stands what it is.
    """

    equations: Mapping[str, ScalarEquation]
    start: float
    inputs: dict[str, str] = field(default_factory=dict[str, str])

    def of(self, expression: Expression, *, role: str) -> float | None:
        """Return the value, or None where more than arithmetic on constants and test inputs is needed.

        Parameters
        ----------
        expression : Expression
            Scalar; arrays are written out already.
        role : str
            What the value is, for a message; kept with each constant that is used.
        """
        found: dict[str, str] = {}
        value = self._value(expression, role, found, depth=0)
        if value is not None and math.isfinite(value):
            self.inputs |= found
            return value
        return None

    def _value(self, node: Expression, role: str, found: dict[str, str], depth: int) -> float | None:
        match node:
            case Number(value=value):
                return value
            case ClockValue(which=which):
                return self.start if which in _START_OF_TIME else None
            case Reference(id=id) if id in self.equations and depth < 100:
                equation = self.equations[id]
                if equation.is_state:
                    return None
                if plain_number(equation.expression) is not None:
                    found[id] = role
                return self._value(equation.expression, role, found, depth + 1)
            case Unary(operator="-", operand=operand):
                value = self._value(operand, role, found, depth)
                return None if value is None else -value
            case Binary(operator="+" | "-" | "*" | "/" as sign, left=left, right=right):
                return _arithmetic(sign, [self._value(one, role, found, depth) for one in (left, right)])
            case Call(function="step" | "max" | "min" as function, arguments=arguments):
                return _called(
                    function, [self._value(argument, role, found, depth) for argument in arguments], self.start
                )
            case _:
                return None


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
