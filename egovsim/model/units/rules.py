"""By which rules units go through operators and functions, and how a rule is applied."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from egovsim.model.conveyors import AGE_COUNT, CONVEYOR, CONVEYOR_END, CONVEYOR_LEAK, CONVEYOR_PROFILE
from egovsim.model.expression import BinaryOperator
from egovsim.model.functions import ELEMENT
from egovsim.model.units.algebra import Unit

_SAME: tuple[BinaryOperator, ...] = ("+", "-", "mod")
_COMPARING: tuple[BinaryOperator, ...] = ("=", "<>", "<", "<=", ">", ">=")
_LOGICAL: tuple[BinaryOperator, ...] = ("and", "or")

OPERATOR_RULES: Mapping[BinaryOperator, str] = {
    **dict.fromkeys(_SAME, "x, x -> x"),
    **dict.fromkeys(_COMPARING, "x, x -> #"),
    **dict.fromkeys(_LOGICAL, "*, * -> #"),
    "*": "x, y -> x*y",
    "/": "x, y -> x/y",
    "^": "*, 1 -> ?",
}
"""What the operands of each operator are, and what comes out; read like `FUNCTION_RULES`."""

IF_RULE = "*, x, x -> x"
"""Of condition, THEN and ELSE."""

_OF_NUMBERS = ("exp", "ln", "log10", "sin", "cos", "tan", "arcsin", "arccos", "arctan", "sinh", "cosh", "tanh")

FUNCTION_RULES: Mapping[str, str] = {
    **dict.fromkeys((*_OF_NUMBERS, "gamma ln"), "1 -> 1"),
    **dict.fromkeys(("abs", "floor", "integer", "round", "init"), "x -> x"),
    **dict.fromkeys(("min", "max", "modulo", "quantum", "active initial", "previous"), "x, x -> x"),
    **dict.fromkeys(("sum", "vmin", "vmax", "mean", "stddev"), "x -> x"),
    **dict.fromkeys(("smooth1", "smooth3", "delay1", "delay3", "delay fixed", "delay information"), "x, t, x -> x"),
    **dict.fromkeys(("smoothn", "delayn"), "x, t, 1, x -> x"),
    **dict.fromkeys(("smooth n", "delay n"), "x, t, x, 1 -> x"),
    **dict.fromkeys(("npv", "npve"), "x/t, 1/t, x, 1 -> x"),
    **dict.fromkeys(("vector sort order", "vector rank"), "*, 1 -> #"),
    **dict.fromkeys(("vector elm map", "vector reorder"), "x, 1 -> x"),
    **dict.fromkeys(("random gamma", "random weibull", "random poisson"), "x, x, 1, x, x, 1 -> x"),
    **dict.fromkeys(("random beta", "random binomial", "random negative binomial"), "x, x, 1, 1, x, x, 1 -> x"),
    **dict.fromkeys(("random uniform", "uniform"), "x, x, 1 -> x"),
    **dict.fromkeys(("random normal", "random exponential"), "x, x, x, x, 1 -> x"),
    **dict.fromkeys(("beta", "lognormal"), "1, 1, 1 -> #"),
    **dict.fromkeys(("combinations", "permutations"), "1, 1 -> 1"),
    **dict.fromkeys(("pmt", "pv", "fv"), "*, *, x, x -> x"),
    "factorial": "1 -> 1",
    "normalcdf": "x, x, x, x -> #",
    "invnorm": "1, x, x -> x",
    "triangular": "x, x, x, 1 -> x",
    "weibull": "1, x, 1 -> x",
    "logistic": "x, x, 1 -> x",
    "log": "1, 1 -> 1",
    "sqrt": "x*x -> x",
    "power": "*, 1 -> ?",
    "zidz": "x, y -> x/y",
    "xidz": "x, y, x/y -> x/y",
    "safediv": "x, y, x/y -> x/y",
    "prod": "* -> ?",
    "size": "* -> #",
    ELEMENT: "x" + ", *" * 16 + " -> x",
    "vector select": "*, x, x, 1, 1 -> x",
    "invert matrix": "x, 1 -> 1/x",
    "vector lookup": "x, y, y, y, 1 -> x",
    **dict.fromkeys(("lookup forward", "lookup backward", "lookup extrapolate"), "x, * -> x"),
    "lookup invert": "x, x -> ?",
    "allocate by priority": "x, y, 1, y, x -> x",
    "allocate": "x, *, x, y, y, 1 -> x",
    "interpolate": "x, 1 -> x",
    "percentile": "x, 1, 1 -> x",
    "logisticbound": "x, x, y, y, 1/y, y -> x",
    AGE_COUNT: "x, t, t -> x",
    CONVEYOR_PROFILE: "x" + ", x" * 100 + " -> x",
    "derivn": "*, 1 -> ?",
    "runcum": "x/t -> x",
    "allocate available": "x, *, x -> x",
    "find market price": "x, *, x, * -> ?",
    **dict.fromkeys(("demand at price", "supply at price"), "x, *, * -> x"),
    CONVEYOR: "x, t, *, *, *, *, *, *, * -> x",
    CONVEYOR_END: "x -> x/t",
    CONVEYOR_LEAK: "x, *, *, * -> x/t",
    "history": "x, t -> x",
    "rank": "*, 1, * -> #",
    "step": "x, t -> x",
    "ramp": "x/t, t, t -> x",
    "pulse": "t, t -> #",
    "pulse train": "t, t, t, t -> #",
    "xmile pulse": "x, t, t -> x/t",
    "get time value": "1, t, 1, 1, 1, 1, 1 -> #",
    "sinteg": "x/t, x, x, x, x, x, x -> x",
    "depreciate straightline": "x, t, t, x -> x",
    "trend": "*, t, 1/t -> 1/t",
    "forecast": "x, t, t, 1/t -> x",
    "delay material": "x, t, x, x -> x",
    "sample if true": "*, x, x -> x",
    "random 0 1": " -> #",
    "random triangular": "x, x, x, x, x, 1 -> x",
    "random pink noise": "x, x, t, 1 -> x",
    "normal": "x, x, 1, x, x -> x",
    "exprnd": "x, 1 -> x",
    "poisson": "x, 1, x, x -> x",
    "gamma": "1, x, 1 -> x",
    "binomial": "x, 1, 1 -> x",
}
"""Each function's arguments and value: t is the clock's unit, 1 no unit, x and y any unit but the same
wherever the letter stands, # a bare number, * anything, ? unknown.  Arguments that a call leaves out are
not looked at.  NPV, delays and smooths follow from their integrals; the bounds, shift and stretch of
Vensim's random functions are in the unit of the value, their shapes and streams have none."""


@dataclass(frozen=True, slots=True)
class Bare:
    """What is made of literal numbers alone; `value` where it is easily known."""

    value: float | None = None


Value = Unit | Bare | None
"""What is known of an operand's unit; None: nothing."""


class _Pattern(NamedTuple):
    """A unit as powers of the letters of a rule."""

    x: int = 0
    y: int = 0
    t: int = 0


@cache
def _read(rule: str) -> tuple[tuple[_Pattern | None, ...], _Pattern | Bare | None]:
    """Return a rule's arguments and value; None for what can be anything, or is unknown."""
    arguments, _, value = rule.partition(" -> ")
    patterns = tuple(map(_pattern, arguments.split(", "))) if arguments else ()
    return patterns, Bare() if value == "#" else _pattern(value)


def _pattern(text: str) -> _Pattern | None:
    if text in ("*", "?"):
        return None
    above, _, below = text.partition("/")
    return _Pattern(*(above.count(letter) - below.count(letter) for letter in "xyt"))


class Mismatch(NamedTuple):
    """The operand at `place` is in `found`, and `expected` is what the rule asks for."""

    place: int
    found: Unit
    expected: Unit


class Solving:
    """Finds the letters of one rule from one call's operands, and the operands that contradict."""

    def __init__(self, rule: str, operands: Sequence[Value], *, one: Unit, time: Unit | None) -> None:
        arguments, value = _read(rule)
        self._one = one
        self._letters: dict[str, Unit | None] = {"t": time}
        self.mismatches: list[Mismatch] = []
        for place, (pattern, operand) in enumerate(zip(arguments, operands, strict=False)):
            if pattern is not None and not isinstance(operand, Bare):
                self._take(place, pattern, operand)
        touched = {letter for mismatch in self.mismatches for letter in _letters(arguments[mismatch.place])}
        self._letters.update(dict.fromkeys(touched - {"t"}))
        self.value = self._value(value)

    def _take(self, place: int, pattern: _Pattern, operand: Unit | None) -> None:
        """Compare an operand with its pattern, or learn a letter from it."""
        free = [letter for letter in _letters(pattern) if self._letters.get(letter) is None]
        if operand is None:
            self._letters.update(dict.fromkeys(free))
        elif not free:
            expected = self._product(pattern)
            if not operand.equals(expected):
                self.mismatches.append(Mismatch(place, operand, expected))
        elif len(free) == 1 and free != ["t"]:
            power = getattr(pattern, free[0])
            self._letters[free[0]] = (operand / self._product(pattern)) ** (1.0 / power)
        else:
            self._letters.update(dict.fromkeys(free))

    def _product(self, pattern: _Pattern) -> Unit:
        """Return a pattern's unit; a letter that only bare numbers stand for has none."""
        whole = self._one
        for letter in _letters(pattern):
            unit = self._letters.get(letter)
            if unit is not None:
                whole *= unit ** getattr(pattern, letter)
        return whole

    def _value(self, pattern: _Pattern | Bare | None) -> Value:
        if isinstance(pattern, Bare):
            return pattern
        if pattern is None or any(self._letters.get(letter, self._one) is None for letter in _letters(pattern)):
            return None
        free = [letter for letter in _letters(pattern) if letter != "t"]
        if free and not any(letter in self._letters for letter in free):
            return Bare()
        return self._product(pattern)


def _letters(pattern: _Pattern | None) -> list[str]:
    """Return the letters whose power in a pattern is not 0."""
    return [] if pattern is None else [letter for letter in "xyt" if getattr(pattern, letter)]
