"""Data variables that are computed from others, ``cost := price * volume``.

Vensim computes them where all that they are computed from has a point, and goes on between these points as the
keyword of the variable says (its reference, "Data Equations", and "X IF MISSING": "if some but not all data for an
expression is available at once, the expression will not be computed at all").  From numbers and series alone that is
worked out here. With constants, which a run may set, and with arrays, a sum of interpolated series that have their
points at the same times is right at every time, and stays; all else cannot be run.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace

from egovsim.model.dependencies import references
from egovsim.model.expression import (
    Binary,
    Call,
    ClockValue,
    Expression,
    LookupKind,
    Number,
    Reference,
    Table,
    TableCall,
    Unary,
    Unsupported,
    Where,
    fold,
)
from egovsim.model.variable import Equation, Variable
from egovsim.readers.constant_values import value_with
from egovsim.readers.data.exported_runs import table_of_points
from egovsim.readers.data.external_values import MODES

Tables = Callable[[Reference], Sequence[Table] | None]
"""The series of a variable, one for each of its elements; None of what is no data."""

MARK = "data "
"""What the name of a function begins with until its data variable is known; such a call never leaves the readers."""

_TIME = ClockValue("step time")

_SUMS = frozenset({"sum"})


def computed_series(expression: Expression, kind: LookupKind, tables: Tables, where: Where) -> Expression:
    """Return what a computed data variable is at any time.

    Parameters
    ----------
    expression : Expression
        The right side.
    kind : {"continuous", "discrete", "forward", "raw"}
        How the series goes on between its points.
    tables : callable
        The series of a variable, one for each of its elements; None of what is no data.
    where : Where
        Where it stands.

    Returns
    -------
    Expression
        The right side itself where it is right at every time; else a series, or what cannot be run.
    """
    found = {reference: tables(reference) for reference in references(expression)}
    series = {reference: own for reference, own in found.items() if own is not None}
    if not series:
        return expression
    every = [table for own in series.values() for table in own]
    others = [reference.name for reference in found if reference not in series]
    scalars = {reference: own[0] for reference, own in series.items() if not reference.subscripts and len(own) == 1}
    if not others and len(scalars) == len(series):
        return _worked_out(expression, kind, scalars, where)
    same = len({table.x for table in every}) == 1 and all(table.kind == "continuous" for table in every)
    if kind == "continuous" and same and _degree(expression, series) <= 1:
        return expression
    if others:
        names = " and ".join(f'"{name}"' for name in others)
        reason = f"data that is computed from {names} and from data other than by a sum cannot be run yet"
        return Unsupported(_shown(found), reason, where)
    reason = "data that is computed from arrays of data other than by a sum of the same times cannot be run yet"
    return Unsupported(_shown(found), reason, where)


def _degree(expression: Expression, series: Mapping[Reference, Sequence[Table]]) -> int:
    """Return 0 of what holds no data, 1 of a sum of data with weights that hold none, 2 of anything else."""

    def degree(node: Expression, operands: tuple[int, ...]) -> int:
        highest = max(operands, default=0)
        match node:
            case Reference():
                return int(node in series)
            case ClockValue():
                return 2
            case Unary(operator="-") | Binary(operator="+" | "-"):
                return highest
            case Binary(operator="*"):
                return min(sum(operands), 2)
            case Binary(operator="/"):
                return highest if operands[1] == 0 else 2
            case Call(function=function) if function in _SUMS:
                return highest
            case _:
                return 2 if highest else 0

    return fold(expression, degree)


def settle_computed_data(variables: dict[str, Variable], tables: Tables) -> None:
    """Replace the equations of computed data variables, those first that others are computed from.

    Parameters
    ----------
    variables : dict of str to Variable
        By id; changed in place, so that `tables` finds what was computed before.
    tables : callable
        The series of a variable, one for each of its elements; None of what is no data.
    """
    waiting = {id for id, variable in variables.items() if any(map(formula_of, variable.equations))}
    left_as_they_are: set[str] = set()
    while waiting:
        used = {id: {used for equation in variables[id].equations for used in _used(equation)} for id in waiting}
        ready = {id for id in waiting if not used[id] & waiting}
        for id in sorted(ready or waiting):
            variables[id] = _settled(variables[id], tables, left_as_they_are if ready else waiting)
        left_as_they_are |= {id for id in ready if any(map(_is_still_computed, variables[id].equations))}
        waiting -= ready or waiting


def formula_of(equation: Equation) -> tuple[Expression, LookupKind] | None:
    """Return the right side of a data equation that does more than repeat another variable, and how its points go on.

    Parameters
    ----------
    equation : Equation
        Any.

    Returns
    -------
    tuple of Expression and str, or None
        None of any other equation.
    """
    match equation.expression:
        case Call(function=function, arguments=(inner,)) if function.startswith(MARK) and not isinstance(
            inner, Reference
        ):
            kind = MODES.get(function.removeprefix(MARK))
            return None if kind is None else (inner, kind)
        case _:
            return None


def _used(equation: Equation) -> set[str]:
    return {reference.id for reference in references(equation.expression)}


def _settled(variable: Variable, tables: Tables, computed: Collection[str]) -> Variable:
    def settled(equation: Equation) -> Equation:
        formula = formula_of(equation)
        if formula is None or equation.expression is None:
            return equation
        where = equation.expression.where
        if _used(equation) & set(computed):
            reason = "data that is computed from data that is computed from constants or arrays cannot be run yet"
            return replace(equation, expression=Unsupported(variable.name, reason, where))
        return replace(equation, expression=computed_series(*formula, tables, where))

    return replace(variable, equations=tuple(map(settled, variable.equations)))


def _is_still_computed(equation: Equation) -> bool:
    return not isinstance(equation.expression, TableCall | Unsupported | Number)


def _worked_out(
    expression: Expression, kind: LookupKind, series: Mapping[Reference, Table], where: Where
) -> TableCall | Unsupported:
    """Return the series that an expression of numbers and series comes to."""
    points = {reference: dict(zip(table.x, table.y, strict=True)) for reference, table in series.items()}
    shown = _shown(series)
    times = sorted(time for time in next(iter(points.values())) if all(time in own for own in points.values()))
    if not times:
        return Unsupported(shown, "data that is computed from series without a common time cannot be run", where)
    values = [value_with(expression, {reference.id: own[time] for reference, own in points.items()}) for time in times]
    known = [
        (time, value) for time, value in zip(times, values, strict=True) if value is not None and math.isfinite(value)
    ]
    if len(known) < len(times):
        reason = "data that is computed with this function, or without a finite value at a time, cannot be run yet"
        return Unsupported(shown, reason, where)
    return TableCall(table_of_points(known, kind, str(where), shown), _TIME, where)


def _shown(names: Mapping[Reference, object]) -> str:
    return ", ".join(dict.fromkeys(reference.name for reference in names))
