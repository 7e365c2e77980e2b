"""An expression as its modeller would write it, in XMILE's notation (XMILE 1.0, section 3.3).

Reading the text again gives the same expression.  One thing has no notation there and is shown for the
eye alone: points written in place.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from typing import assert_never

from egovsim.model.expression import (
    Binary,
    BinaryOperator,
    Call,
    ClockName,
    ClockValue,
    Expression,
    If,
    LookupCall,
    Number,
    Reference,
    Star,
    Table,
    TableCall,
    Unary,
    Unsupported,
    fold,
)
from egovsim.model.functions import FUNCTIONS, VENSIM_NAMESPACE, functions_of
from egovsim.names import canonical

_LEVELS: Mapping[BinaryOperator, int] = {
    "or": 1,
    "and": 2,
    "=": 3,
    "<>": 3,
    "<": 4,
    "<=": 4,
    ">": 4,
    ">=": 4,
    "+": 5,
    "-": 5,
    "*": 6,
    "/": 6,
    "mod": 6,
    "^": 8,
}
"""How tightly each operator binds; a sign or NOT is 7, what stands alone 9, an IF 0."""

_CLOCK: Mapping[ClockName, str] = {
    "time": "TIME",
    "step time": "TIME",
    "time step": "DT",
    "initial time": "STARTTIME",
    "final time": "STOPTIME",
}

_RESERVED = frozenset(
    (
        *("if", "then", "else", "and", "or", "not", "mod", "time", "dt", "starttime", "stoptime", "pi", "inf"),
        *("time step", "initial time", "final time"),
    )
)
"""Names that mean something else unless they stand between quotation marks."""

_OF_ARRAYS: Mapping[str, str] = {"vmin": "MIN", "vmax": "MAX"}
"""Functions that have the name of another one in XMILE, which they differ from by taking one array."""

_PLAIN = re.compile(r"(?:[^\W\d]|[^\x00-\x7f\s])(?:[\w$]|[^\x00-\x7f\s])*")


LONGEST = 200_000
"""The most characters of one equation, blanks aside; parsing more takes longer than anybody waits."""


def length(text: str) -> int:
    """Return how many characters of an equation count.

    Parameters
    ----------
    text : str
        As a file has it.

    Returns
    -------
    int
        All but blanks.
    """
    return len(text) - text.count(" ")


def show(expression: Expression) -> str:
    """Write an expression in XMILE's notation, with no more parentheses than it needs.

    Parameters
    ----------
    expression : Expression
        Of any depth.

    Returns
    -------
    str
        One line.

    Examples
    --------
    >>> show(Binary("*", Binary("+", Number(1.0), Number(2.0)), Number(3.0)))
    '(1 + 2) * 3'
    """
    return fold(expression, _written)[0]


def _written(node: Expression, operands: Sequence[tuple[str, int]]) -> tuple[str, int]:
    """Return the text of a node, given its operands', and how tightly it binds."""
    match node:
        case Number(value=value):
            return _number(value), 7 if math.copysign(1.0, value) < 0 else 9
        case Reference():
            return _reference(node), 9
        case ClockValue(which=which):
            return _CLOCK[which], 9
        case Unsupported(text=text):
            return text, 9
        case Unary(operator=operator):
            return ("-" if operator == "-" else "NOT ") + _inside(operands[0], 8), 7
        case Binary(operator=operator):
            return _binary(operator, operands[0], operands[1])
        case If():
            condition, then, otherwise = (_inside(operand, 1) for operand in operands)
            return f"IF {condition} THEN {then} ELSE {otherwise}", 0
        case Call(function="element"):
            return f"{operands[0][0]}[{_listed(operands[1:])}]", 9
        case Call(function=function):
            return f"{_function(function)}({_listed(operands)})", 9
        case TableCall(table=table):
            return f"GRAPH({_listed(operands)}, {_points(table)})", 9
        case LookupCall(lookup=lookup):
            return _lookup(lookup, operands[0][0]), 9
        case _:
            assert_never(node)


def _inside(operand: tuple[str, int], least: int) -> str:
    """Put an operand between parentheses when it binds less tightly than its place asks for."""
    text, level = operand
    return text if level >= least else f"({text})"


def _binary(operator: BinaryOperator, left: tuple[str, int], right: tuple[str, int]) -> tuple[str, int]:
    level = _LEVELS[operator]
    if operator == "^":
        return f"{_inside(left, 9)} ^ {_inside(right, 7)}", level
    return f"{_inside(left, level)} {operator.upper()} {_inside(right, level + 1)}", level


def _number(value: float) -> str:
    if math.isinf(value):
        return "INF" if value > 0 else "-INF"
    if math.isnan(value):
        return "NAN"
    if value == int(value) and abs(value) < 1e15:
        return f"{value:.0f}"
    return repr(value)


def _listed(operands: Sequence[tuple[str, int]]) -> str:
    return ", ".join(text for text, _ in operands)


def _name(name: str) -> str:
    """Write a name with underscores, or between quotation marks where it would be read as something else."""
    plain = "_".join(name.split())
    if _PLAIN.fullmatch(plain) and canonical(name) not in _RESERVED:
        return plain
    return '"' + re.sub(r'(?<!\\)"', r"\"", name) + '"'


def _reference(node: Reference) -> str:
    if not node.subscripts:
        return _name(node.name)
    inside = ", ".join(
        _star(subscript) if isinstance(subscript, Star) else _subscript(subscript) for subscript in node.subscripts
    )
    return f"{_name(node.name)}[{inside}]"


def _star(star: Star) -> str:
    """Write a whole dimension or a slice; ``*:dimension`` names it, as simlin reads it (not in the standard)."""
    if star.first or star.last:
        return f"{_subscript(star.first)}:{_subscript(star.last)}"
    return f"*:{_subscript(star.dimension)}" if star.dimension else "*"


def _subscript(id: str) -> str:
    return id if id.isdecimal() else _name(id)


def _lookup(lookup: Reference, argument: str) -> str:
    if lookup.subscripts or lookup.id not in functions_of("xmile"):
        return f"{_reference(lookup)}({argument})"
    return f"LOOKUP({_reference(lookup)}, {argument})"


def _function(function: str) -> str:
    """Return XMILE's name of a function, or Vensim's in the namespace ``vensim`` where XMILE has none."""
    if function in _OF_ARRAYS:
        return _OF_ARRAYS[function]
    row = FUNCTIONS.get(function)
    if row is None:  # of a Reality Check, which Vensim alone has
        return f"{VENSIM_NAMESPACE}{function.upper().replace(' ', '_')}"
    name = (row.xmile or row.vensim or (function,))[0].upper().replace(" ", "_")  # parts are in no dialect
    return f"{VENSIM_NAMESPACE}{name}" if row.vensim and not row.xmile else name


def _points(table: Table) -> str:
    return ", ".join(f"({_number(x)}, {_number(y)})" for x, y in zip(table.x, table.y, strict=True))
