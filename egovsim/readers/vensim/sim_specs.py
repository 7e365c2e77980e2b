"""The clock of a Vensim file: its control variables, worked out from the constants they are made of."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from egovsim.errors import ModelError, UnsupportedError
from egovsim.model.expression import (
    Binary,
    Call,
    ClockName,
    ClockValue,
    Expression,
    If,
    Number,
    Reference,
    Unary,
    Where,
)
from egovsim.model.model import Clock, LeftOut, Method

CONTROLS: Mapping[str, ClockName | None] = {
    "initial time": "initial time",
    "final time": "final time",
    "time step": "time step",
    "saveper": None,
}
"""Variables that control a run, and the value of the clock each is."""

METHODS: Mapping[int, Method] = {0: "euler", 1: "rk4", 2: "euler", 3: "midpoint", 4: "midpoint", 5: "rk4"}
"""The integration methods by their number in the settings of a file, as the open translator xmutil reads it."""

NOT_QUITE: Mapping[int, str] = {
    1: "the settings ask for steps of automatic length (RK4 Auto), and every step is the TIME STEP here",
    2: "the settings ask for auxiliaries as they were at the save before (Diff), and they are the present ones here",
    3: "the settings ask for steps of automatic length (RK2 Auto), and every step is the TIME STEP here",
}
"""What of a method is left out (Vensim's reference, "Selecting an Integration Technique"); which number is the
automatic one of two is unverified."""

_OPERATORS: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": operator.truediv,
    "^": operator.pow,
    "=": operator.eq,
    "<>": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
    "and": lambda left, right: bool(left) and bool(right),
    "or": lambda left, right: bool(left) or bool(right),
}
_FUNCTIONS: Mapping[str, Callable[..., float]] = {
    "abs": math.fabs,
    "integer": lambda value: float(math.trunc(value)),
    "max": lambda left, right: max(left, right),
    "min": lambda left, right: min(left, right),
    "modulo": math.fmod,
    "power": math.pow,
}


@dataclass(frozen=True)
class Control:
    """A control variable: its equation, and where it stands."""

    name: str
    expression: Expression
    where: Where


@dataclass(frozen=True)
class ClockText:
    """The control variables of a file, by id, and the equations of its scalar variables that are read on demand."""

    file: str
    controls: Mapping[str, Control]
    equation: Callable[[str], Expression | None]

    def clock(self, unit: str) -> Clock:
        """Return the clock, in this unit.

        A control variable may be computed from constants. It is worked out here, once: to set those constants
        for a run does not move the clock.

        Raises
        ------
        ModelError
            A control variable is missing, or its value makes no run.
        UnsupportedError
            A control variable changes while the model runs.
        """
        for name in ("initial time", "final time", "time step"):
            if name not in self.controls:
                raise ModelError(f"{self.file}: there is no {name.upper()}; add it to the equations.")
        value = {name: self._value(name) for name in self.controls}
        step, stop = self.controls["time step"], self.controls["final time"]
        if value["time step"] <= 0:
            raise ModelError(f'{step.where}, "TIME STEP": it is {value["time step"]:g}; it must be above 0.')
        if value["final time"] <= value["initial time"]:
            raise ModelError(f'{stop.where}, "FINAL TIME": it is not after INITIAL TIME; give a later time.')
        save = value.get("saveper")
        if not save or save == value["time step"]:
            save = None
        return Clock(value["initial time"], value["final time"], value["time step"], save, "euler", unit)

    def _value(self, name: str) -> float:
        control = self.controls[name]
        try:
            value = self._worked_out(control.expression, (name,))
        except (ArithmeticError, ValueError, RecursionError):
            value = None
        if value is None or not math.isfinite(value):
            raise UnsupportedError(
                f'{control.where}, "{control.name}": a control variable that is computed from more than constants '
                "cannot be run yet; write a number, or the name of another control variable."
            )
        return float(value)

    def _worked_out(self, node: Expression, seen: tuple[str, ...]) -> float | None:
        """Return the value of an expression of constants; None of any other."""
        match node:
            case Number(value=value):
                return value
            case ClockValue(which=name):
                return self._named(name, seen)
            case Reference(id=name, subscripts=()):
                return self._named(name, seen)
            case Unary(operator=sign, operand=operand):
                value = self._worked_out(operand, seen)
                if value is None:
                    return None
                return -value if sign == "-" else float(not value)
            case If(condition=condition, then=then, otherwise=otherwise):
                chosen = self._worked_out(condition, seen)
                return None if chosen is None else self._worked_out(then if chosen else otherwise, seen)
            case Binary(operator=sign, left=left, right=right):
                return _applied(_OPERATORS.get(sign), [self._worked_out(one, seen) for one in (left, right)])
            case Call(function=function, arguments=arguments):
                return _applied(_FUNCTIONS.get(function), [self._worked_out(argument, seen) for argument in arguments])
            case _:
                return None

    def _named(self, name: str, seen: tuple[str, ...]) -> float | None:
        if name in seen or name == "time":
            return None
        expression = self.controls[name].expression if name in self.controls else self.equation(name)
        return None if expression is None else self._worked_out(expression, (*seen, name))


def _applied(function: Callable[..., float] | None, values: list[float | None]) -> float | None:
    known = [value for value in values if value is not None]
    return None if function is None or len(known) < len(values) else float(function(*known))


def method_of(number: int | None, file: str) -> tuple[Method, tuple[LeftOut, ...]]:
    """Return the method that the settings of a file ask for, and what of it is left out."""
    if number is None:
        return "euler", ()
    text = NOT_QUITE.get(number)
    if number not in METHODS:
        text = f"the settings ask for an integration method of the unknown number {number}, and Euler's is used"
    left_out = () if text is None else (LeftOut("TIME STEP", text, Where(file)),)
    return METHODS.get(number, "euler"), left_out
