"""Switches that hold variables still, so that one compiled model can be run with each of many loops cut."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from egovsim.model.expression import Binary, Call, If, Number, Reference
from egovsim.model.model import Model
from egovsim.model.variable import Equation, Variable
from egovsim.names import canonical, split_element


def with_switches(model: Model, names: Sequence[str]) -> tuple[Model, dict[str, str]]:
    """Return the model with a constant for each variable that holds it at its value at the start, as `hold` does.

    Parameters
    ----------
    model : Model
        The model; it is not changed.
    names : sequence of str
        Stocks, flows or auxiliaries; an element stands for its whole array.

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
    for name in names:
        variable = model[split_element(name)[0]]
        switch = f"{variable.name} is held"
        if canonical(switch) not in model.by_id:
            model = _with_switch(model, variable, switch)
        switches[name] = switch
    return model, switches


def _with_switch(model: Model, variable: Variable, switch: str) -> Model:
    is_held = Binary(">", Reference(switch, canonical(switch)), Number(0.5))

    def held(equation: Equation) -> Equation:
        if variable.kind == "stock":
            return replace(equation, rate=If(is_held, Number(0.0), equation.rate or Number(0.0)))
        value = equation.expression or Number(0.0)
        return replace(equation, expression=If(is_held, Call("init", (value,)), value))

    changed = replace(variable, equations=tuple(map(held, variable.equations)))
    constant = Variable(switch, "auxiliary", (Equation(Number(0.0)),))
    variables = tuple(changed if other is variable else other for other in model.variables)
    return replace(model, variables=(*variables, constant))
