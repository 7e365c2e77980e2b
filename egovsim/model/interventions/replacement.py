"""Replace variables for whoever reads them, each behind a switch: what a stock at its best would be worth."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from egovsim.errors import InputError
from egovsim.model.expression import Binary, ClockValue, Expression, If, Number, Reference
from egovsim.model.interventions.parts import is_on, reading_always, switch
from egovsim.model.model import Model
from egovsim.model.variable import Equation, Variable
from egovsim.names import canonical, free_name


@dataclass(frozen=True, slots=True)
class Replacement:
    """What others read instead of a variable while its switch is on.

    Parameters
    ----------
    variable : str
        A stock, flow or auxiliary. A stock's own flows go on reading the stock itself.
    value : float or str
        A number, or the name of a variable of the same dimensions.
    unchanged_readers : tuple of str
        Variables that go on reading the variable itself.
    within_a_step : bool
        Whether the value is divided by the time step: a flow that empties a stock at once.
    """

    variable: str
    value: float | str
    unchanged_readers: tuple[str, ...] = ()
    within_a_step: bool = False


def with_replacements(model: Model, replacements: Sequence[Replacement]) -> tuple[Model, tuple[str, ...]]:
    """Return the model with a constant for each replacement that puts it in the place of its variable.

    What replaces a variable bears its name, so that outcomes and metrics show it too; the variable itself is called
    ``<name> itself``, with a number where that is borne.

    Parameters
    ----------
    model : Model
        The model; it is not changed.
    replacements : sequence of Replacement
        Each of another variable.

    Returns
    -------
    Model
        With the new constants, all 0; at 1 a variable is replaced.
    tuple of str
        The constants' names, in the order of the replacements.

    Raises
    ------
    UnknownNameError
        When no variable bears a name.
    InputError
        When a variable is a lookup or an input, is replaced twice, or has other dimensions than its value.
    """
    switches: dict[str, str] = {}
    for each in replacements:
        variable = model[each.variable]
        if variable.id in switches:
            raise InputError(f'"{variable.name}" is replaced twice; keep one of the replacements.')
        switches[variable.id] = free_name(f"{variable.name} is replaced", model.by_id)
        model = _with_replacement(model, each, switches[variable.id])
    return model, tuple(switches.values())


def _with_replacement(model: Model, replacement: Replacement, switch_name: str) -> Model:
    variable = model[replacement.variable]
    _refuse(model, variable, replacement)
    own = replace(variable, name=free_name(f"{variable.name} itself", model.by_id), group="")
    kind = "auxiliary" if variable.kind == "stock" else variable.kind
    axes = tuple(map(canonical, variable.dimensions))
    instead = If(is_on(switch_name), _value(model, replacement, axes), Reference(own.name, own.id, axes))
    public = replace(
        variable, kind=kind, equations=(Equation(instead, axes),), inflows=(), outflows=(), non_negative=False
    )
    keeping = {*variable.inflows, *variable.outflows, *(model[name].id for name in replacement.unchanged_readers)}
    keep = {variable.id: own.name}
    others = (reading_always(user, keep) if user.id in keeping else user for user in model.variables)
    variables = (public if other.id == variable.id else other for other in others)
    # an equation that reads its own variable, such as a stock's net flow in Vensim, reads the variable itself
    return replace(model, variables=(*variables, reading_always(own, keep), switch(switch_name)))


def _refuse(model: Model, variable: Variable, replacement: Replacement) -> None:
    if variable.kind == "lookup" or (variable.is_input and variable.kind != "stock"):
        what = "a lookup" if variable.kind == "lookup" else "an input, which a series can set"
        raise InputError(f'"{variable.name}" is {what}; only a stock, flow or computed auxiliary can be replaced.')
    if isinstance(replacement.value, str) and model[replacement.value].dimensions != variable.dimensions:
        value = model[replacement.value].name
        raise InputError(f'"{value}" has other dimensions than "{variable.name}", which it shall replace.')


def _value(model: Model, replacement: Replacement, axes: tuple[str, ...]) -> Expression:
    if isinstance(replacement.value, str):
        other = model[replacement.value]
        value: Expression = Reference(other.name, other.id, axes)
    else:
        value = Number(replacement.value)
    return Binary("/", value, ClockValue("time step")) if replacement.within_a_step else value
