"""Adjust a variable from an instant on: how one asks what more or less of something would have done."""

from __future__ import annotations

from dataclasses import dataclass, replace

from egovsim.errors import InputError
from egovsim.model.expression import Binary, ClockValue, If, Number, Reference
from egovsim.model.interventions.parts import reading
from egovsim.model.model import Model
from egovsim.model.variable import Equation, Variable


@dataclass(frozen=True, slots=True)
class Adjusted:
    """A model in which one variable can be adjusted, and the names of the two new inputs.

    Parameters
    ----------
    model : Model
        The model.
    factor : str
        The input that the variable is multiplied with, 1 unless it is set.
    extra : str
        The input that is then added, in the variable's own unit, 0 unless it is set.
    """

    model: Model
    factor: str
    extra: str


def adjust(model: Model, name: str, *, start: float) -> Adjusted:
    """Let everything that uses a variable use ``variable * factor + extra`` instead, from an instant on.

    The variable itself keeps its equation and its name, so a profile, scenario or policy sets it as before. The two
    new inputs are constants: unlike a series, a design can give every member a value of its own that counts from
    `start` on only.

    Parameters
    ----------
    model : Model
        The model; it is not changed.
    name : str
        A scalar stock, flow or auxiliary.
    start : float
        The first instant that is adjusted, in the model's time unit.

    Returns
    -------
    Adjusted
        The model with the new inputs ``<name> factor`` and ``<name> extra``.

    Raises
    ------
    UnknownNameError
        When no variable bears the name.
    InputError
        When the variable is an array or a lookup, or the model has variables of the new names already.
    """
    variable = model[name]
    if variable.kind == "lookup" or variable.dimensions:
        what = "a lookup" if variable.kind == "lookup" else "an array"
        raise InputError(f'"{variable.name}" is {what}; only a scalar stock, flow or auxiliary can be adjusted.')
    factor, extra, adjusted = (_new(f"{variable.name} {what}") for what in ("factor", "extra", "adjusted"))
    taken = [new.name for new in (factor, extra, adjusted) if new.id in model.by_id]
    if taken:
        raise InputError(f'{model.file or model.name} has a variable "{taken[0]}" already; it was adjusted before.')
    value = Binary("+", Binary("*", _use(variable), _use(factor)), _use(extra))
    since = Binary(">=", ClockValue("time"), Number(start))
    new = (
        replace(factor, equations=(Equation(Number(1.0)),)),
        replace(extra, equations=(Equation(Number(0.0)),), unit=variable.unit),
        replace(adjusted, equations=(Equation(If(since, value, _use(variable))),), unit=variable.unit),
    )
    others = (reading(user, {variable.id: adjusted.name}) for user in model.variables)
    return Adjusted(replace(model, variables=(*others, *new)), factor.name, extra.name)


def _new(name: str) -> Variable:
    return Variable(name, "auxiliary", ())


def _use(variable: Variable) -> Reference:
    return Reference(variable.name, variable.id)
