"""Hold a variable still: how a feedback loop is cut."""

from __future__ import annotations

from dataclasses import replace
from typing import Literal

from egovsim.errors import InputError
from egovsim.model.expression import Call, Number
from egovsim.model.model import Model
from egovsim.model.variable import Equation, Variable
from egovsim.public import set_module


@set_module("egovsim")
def hold(model: Model, name: str, *, at: Literal["start"] = "start") -> Model:
    """Return the model with one variable constant at the value it has at the start.

    A stock keeps its initial value, its flows running on without moving it; any other variable keeps the
    value that its equation has at the start. All elements of an array are held. An input is constant as it
    is; a profile, scenario or policy that sets it still does.

    Parameters
    ----------
    model : Model
        The model; it is not changed.
    name : str
        A stock, flow or auxiliary.
    at : {"start"}
        The instant whose value is kept.

    Returns
    -------
    Model
        For `run`, to be compared with the model as it was.

    Raises
    ------
    UnknownNameError
        When no variable bears the name.
    InputError
        When the variable is a lookup, which has no value, or `at` is not ``"start"``.
    """
    variable = model[name]
    if at != "start":
        raise InputError(f'hold(..., at="{at}"): a variable can be held at its "start" only.')
    if variable.kind == "lookup":
        raise InputError(f'"{variable.name}" is a lookup and has no value to hold; hold a variable that uses it.')
    held = replace(variable, equations=tuple(_held(variable, equation) for equation in variable.equations))
    variables = tuple(held if other is variable else other for other in model.variables)
    return replace(model, variables=variables)


def _held(variable: Variable, equation: Equation) -> Equation:
    if variable.kind == "stock":
        return replace(equation, rate=Number(0.0))
    if equation.expression is None or isinstance(equation.expression, Number):
        return equation
    return replace(equation, expression=Call("init", (equation.expression,), variable.where))
