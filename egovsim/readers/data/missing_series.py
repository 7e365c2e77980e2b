"""Data variables without a series: what depends on them is not a number, by construction and by name.

Vensim runs such a model with a warning. What reads the variable, through whatever other variables, is replaced as a
whole, since functions such as MAX pass over what is not a number. No stock may depend on one: a stock that is not a
number is a run that failed.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from egovsim.model.dependencies import references
from egovsim.model.expression import ClockValue, Expression, Table, TableCall, Unsupported, Where
from egovsim.model.model import LeftOut
from egovsim.model.variable import Equation, Variable
from egovsim.names import element_name

_SHOWN = 5

_Known = Mapping[str, Collection[tuple[str, ...]]]
"""The elements that have a series, by the id of a variable that has not one for all."""


def no_series(name: str, where: Where) -> Unsupported:
    """Return what stands for a data variable without a series.

    Parameters
    ----------
    name : str
        Of the variable, or of one element of it.
    where : Where
        Where it stands.

    Returns
    -------
    Unsupported
        It says what to do.
    """
    reason = f'"{name}" is a data variable, and no series of it is given; read the model with data=[file]'
    return Unsupported(name, f'{reason}, or missing_data="warn"', where)


def not_a_number(where: Where) -> TableCall:
    """Return a series without values.

    Parameters
    ----------
    where : Where
        Where it stands.

    Returns
    -------
    TableCall
        Not a number at any time; it is no constant, so nobody can set it.
    """
    return TableCall(Table((0.0,), (math.nan,)), ClockValue("step time", where), where)


def without_series(variables: Sequence[Variable]) -> tuple[list[Variable], list[LeftOut]]:
    """Let what depends on a data variable without a series be not a number.

    Parameters
    ----------
    variables : sequence of Variable
        Of the model; a data variable without a series is `not_a_number`.

    Returns
    -------
    list of Variable
        What depends on such a variable is not a number; one that a stock depends on cannot be run.
    list of LeftOut
        Every data variable without a series, with what depends on it.
    """
    missing = [variable for variable in variables if any(map(_is_missing, variable.equations))]
    if not missing:
        return list(variables), []
    known = {variable.id: _known_elements(variable) for variable in missing}
    readers = _readers(variables, known)
    by_id = {variable.id: variable for variable in variables}
    reached = {variable.id: _reached(variable.id, readers) for variable in missing}
    refused = {id for id, found in reached.items() if any(by_id[other].kind == "stock" for other in found)}
    unknown = {other for id, found in reached.items() if id not in refused for other in (id, *found)}
    settled = [_settled(variable, unknown, refused, known) for variable in variables]
    said = [
        _said(variable, [by_id[id] for id in reached[variable.id]])
        for variable in missing
        if variable.id not in refused
    ]
    return settled, said


def _is_missing(equation: Equation) -> bool:
    match equation.expression:
        case TableCall(table=Table(y=(value,))):
            return math.isnan(value)
        case _:
            return False


def _known_elements(variable: Variable) -> set[tuple[str, ...]]:
    """Return the elements that have a series, where others have none."""
    return {equation.elements for equation in variable.equations if equation.elements and not _is_missing(equation)}


def _readers(variables: Iterable[Variable], known: _Known) -> dict[str, list[str]]:
    """Return the ids of the variables that read each."""
    found: dict[str, list[str]] = {}
    for variable in variables:
        for id in dict.fromkeys(id for part in variable.expressions for id in _read_in(part, known)):
            found.setdefault(id, []).append(variable.id)
    return found


def _read_in(expression: Expression | None, known: _Known) -> Iterable[str]:
    """Return the ids of what an expression reads, single elements that have a series left out."""
    return (
        reference.id for reference in references(expression) if reference.subscripts not in known.get(reference.id, ())
    )


def _reached(id: str, readers: Mapping[str, Sequence[str]]) -> list[str]:
    """Return what depends on a variable, itself left out."""
    found, waiting = {id}, [id]
    for current in waiting:
        for reader in readers.get(current, ()):
            if reader not in found:
                found.add(reader)
                waiting.append(reader)
    return waiting[1:]


def _settled(variable: Variable, unknown: Collection[str], refused: Collection[str], known: _Known) -> Variable:
    """Return a variable with equations that are not a number, or cannot be run, where they have to be."""

    def settled(equation: Equation) -> Equation:
        if variable.id in refused and _is_missing(equation):
            return replace(
                equation, expression=no_series(element_name(variable.name, equation.elements), variable.where)
            )
        if equation.expression is not None and any(id in unknown for id in _read_in(equation.expression, known)):
            return replace(equation, expression=not_a_number(equation.expression.where))
        return equation

    if variable.kind == "stock" or (variable.id not in unknown and variable.id not in refused):
        return variable
    return replace(variable, equations=tuple(map(settled, variable.equations)))


def _said(variable: Variable, dependents: Sequence[Variable]) -> LeftOut:
    without = [
        element_name(variable.name, equation.elements) for equation in variable.equations if _is_missing(equation)
    ]
    text = f"no series of {_listed(without)} is given, so it is not a number"
    if dependents:
        text += f", and neither is what depends on it: {_listed([dependent.name for dependent in dependents])}"
    return LeftOut(variable.name, text, variable.where)


def _listed(names: Sequence[str]) -> str:
    shown = ", ".join(f'"{name}"' for name in names[:_SHOWN])
    return f"{shown} and {len(names) - _SHOWN} more" if len(names) > _SHOWN else shown
