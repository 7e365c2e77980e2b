"""Switches that hold variables still, so that one compiled model can be run with each of many loops cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from egovsim.model.expression import Binary, Call, ClockValue, Expression, If, Number
from egovsim.model.interventions.parts import is_on, switch
from egovsim.model.model import Model
from egovsim.model.variable import Equation, Variable
from egovsim.names import free_name


def with_switches(model: Model, names: Sequence[str], *, start: float | None = None) -> tuple[Model, dict[str, str]]:
    """Return the model with a constant for each variable that holds it at the value it has at an instant.

    Held at its value at the start, as `hold` does it, a variable loses what its loops feed back, and also the level
    that it would have reached. Held from a later instant on it keeps the level of then, and loses the feedback.

    Parameters
    ----------
    model : Model
        The model; it is not changed.
    names : sequence of str
        Stocks, flows or auxiliaries; an element stands for its whole array.
    start : float, optional
        The instant, in the model's time unit; by default the model's start.

    Returns
    -------
    Model
        With the new constants, all 0; at 1 the variable is held.
    dict of str to str
        The constant's name by the name that was given.

    Raises
    ------
    UnknownNameError
        When no variable bears a name.
    """
    switches: dict[str, str] = {}
    held: dict[str, str] = {}
    for name in names:
        variable = model.variable_of(name)
        if variable.id not in held:
            held[variable.id] = free_name(f"{variable.name} is held", model.by_id)
            model = _with_switch(model, variable, held[variable.id], start)
        switches[name] = held[variable.id]
    return model, switches


def _with_switch(model: Model, variable: Variable, name: str, start: float | None) -> Model:
    is_held = is_on(name)
    time, half = ClockValue("time"), model.clock.time_step / 2.0
    if start is not None:
        is_held = Binary("and", is_held, Binary(">", time, Number(start - half)))

    def as_then(value: Expression) -> Expression:
        if start is None:
            return Call("init", (value,))
        return Call("sample if true", (Binary("<", time, Number(start + half)), value, value))

    def held(equation: Equation) -> Equation:
        if variable.kind == "stock":
            return replace(equation, rate=If(is_held, Number(0.0), equation.rate or Number(0.0)))
        value = equation.expression or Number(0.0)
        return replace(equation, expression=If(is_held, as_then(value), value))

    changed = replace(variable, equations=tuple(map(held, variable.equations)))
    variables = tuple(changed if other is variable else other for other in model.variables)
    return replace(model, variables=(*variables, switch(name)))
