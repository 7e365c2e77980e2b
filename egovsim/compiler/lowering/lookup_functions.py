"""Functions that read lookups in another way than by interpolation, written out for one element: a table of rewrites.

Sources: Vensim's reference manual, "LOOKUP FORWARD", "LOOKUP BACKWARD", "LOOKUP EXTRAPOLATE", "LOOKUP INVERT" and
"VECTOR LOOKUP".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from itertools import pairwise

from egovsim.compiler.lowering.array_algebra import element_at
from egovsim.compiler.lowering.known_numbers import compile_time_number
from egovsim.compiler.lowering.scopes import ArrayFunction, Scope
from egovsim.compiler.lowering.vectors import refuse_above, vector_of
from egovsim.model.expression import (
    NOT_AVAILABLE,
    Binary,
    Call,
    Expression,
    If,
    LookupKind,
    Number,
    Reference,
    Table,
    TableCall,
)

_MOST_POINTS = 1000
"""To invert a lookup takes a choice for each of its segments."""

_SLACK = Number(1e-9)
"""So many intervals beside a point of a vector x is taken to be at the point, since quotients are rounded."""


def _table(scope: Scope, lookup: Expression, call: Call) -> Table:
    if not isinstance(lookup, Reference):
        raise scope.error(call.where, f"the first argument of {call.function.upper()} must be the name of a lookup")
    return scope.table(lookup)


def _read_as(kind: LookupKind) -> ArrayFunction:
    def written(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
        table = replace(_table(scope, arguments[0], call), kind=kind)
        return TableCall(table, scope.resolve(arguments[1]), call.where)

    return written


def _invert(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    """Return the smallest x at which the lookup is y; ``:NA:`` where it is nowhere."""
    table = _table(scope, arguments[0], call)
    refuse_above(_MOST_POINTS, len(table.x), scope, call.where, "points to invert")
    points = list(zip(table.x, table.y, strict=True))
    y = scope.parts.named(scope.resolve(arguments[1]))
    found: Expression = If(Binary("=", y, y), Number(NOT_AVAILABLE), y)  # what is not a number stays so
    for (x0, y0), (x1, y1) in reversed(list(pairwise(points))):
        low, high = Number(min(y0, y1)), Number(max(y0, y1))
        inside = Binary("and", Binary(">=", y, low), Binary("<=", y, high))
        step = 0.0 if y0 == y1 else (x1 - x0) / (y1 - y0)
        x = Binary("+", Number(x0), Binary("*", Binary("-", y, Number(y0)), Number(step)))
        found = If(inside, x, found)
    return found


def _vector_lookup(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    """Read a vector as the points of a lookup that lie equally far apart."""
    vector = vector_of(scope, arguments[0], call)
    x, first, last = (scope.resolve(argument) for argument in arguments[1:4])
    mode, intervals = compile_time_number(scope, arguments[4]), len(vector.terms) - 1
    if intervals < 1:
        raise scope.error(call.where, "the vector of VECTOR LOOKUP needs two elements or more")
    if not isinstance(mode, Number) or mode.value not in (0, 2, 3, 4):
        shown = f"{mode.value:g}" if isinstance(mode, Number) else "not known before the run"
        text = "modes that can be run are 0 (as a lookup), 2 (backward), 3 (extrapolate) and 4 (forward)"
        raise scope.error(call.where, f"the mode of VECTOR LOOKUP is {shown}; {text}")
    width = Binary("/", Binary("-", last, first), Number(float(intervals)))
    place = scope.parts.named(Binary("/", Binary("-", x, first), width))
    within = place if mode.value == 3 else scope.parts.named(_between(place, 0.0, float(intervals)))
    if mode.value in (0, 3):
        begin = scope.parts.named(_between(Call("floor", (within,)), 0.0, intervals - 1.0))
        low, high = element_at(begin, vector.terms), element_at(begin, vector.terms[1:])
        low = scope.parts.named(low)
        return Binary("+", low, Binary("*", Binary("-", within, begin), Binary("-", high, low)))
    ahead = Call("floor", (Binary("+", within, _SLACK),))
    if mode.value == 4:
        ahead = Binary("-", Number(0.0), Call("floor", (Binary("-", _SLACK, within),)))
    zero = Binary("*", Number(0.0), within)  # what is not a number stays so
    return Binary("+", element_at(scope.parts.named(ahead), vector.terms), zero)


def _between(value: Expression, low: float, high: float) -> Expression:
    return Call("max", (Number(low), Call("min", (Number(high), value))))


LOOKUP_FUNCTIONS: Mapping[str, ArrayFunction] = {
    "lookup forward": _read_as("forward"),
    "lookup backward": _read_as("discrete"),
    "lookup extrapolate": _read_as("extrapolate"),
    "lookup invert": _invert,
    "vector lookup": _vector_lookup,
}
"""How each function is written out."""
