"""Equations on their own: a model in which everything is a constant but copies of some equations.

With it one can ask what an equation gives for any values of what it uses.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from egovsim.model.conveyors import net_flow_of
from egovsim.model.expression import ClockValue, Expression, Number, Reference, rewrite
from egovsim.model.model import Model
from egovsim.model.variable import Bounds, Equation, Variable
from egovsim.names import canonical, free_name


def now_name(model: Model) -> str:
    """Return the name of the constant that stands for the time in the model of `isolated_equations`.

    Parameters
    ----------
    model : Model
        The model that its equations are of.

    Returns
    -------
    str
        Of a variable of that model.
    """
    return free_name("instant of the equations", model.by_id)


def computed_name(model: Model, variable: Variable) -> str:
    """Return the name under which a variable's equation stands in the model of `isolated_equations`.

    Parameters
    ----------
    model : Model
        The model that its equations are of.
    variable : Variable
        One of the variables whose equations are wanted.

    Returns
    -------
    str
        Of a variable of that model.
    """
    return free_name(f"{variable.name} as computed", model.by_id)


def isolated_equations(model: Model, variables: Sequence[Variable]) -> Model:
    """Return a model of constants, and of the equations of some variables.

    Parameters
    ----------
    model : Model
        The model; it is not changed.
    variables : sequence of Variable
        Whose equations are wanted; of a stock, its net flow.

    Returns
    -------
    Model
        One step long. Every variable is a constant of its own name and dimensions, without a range; the equations
        stand under `computed_name`. A delay of a constant is that constant.
    """
    constants = tuple(_constant(variable) for variable in model.variables)
    computed = {variable.id: _computed(model, variable) for variable in variables}
    first_step = model.clock.start + model.clock.time_step
    clock = replace(model.clock, stop=first_step, save_every=None, method="euler", uneven=None)
    now = Variable(now_name(model), "auxiliary", (Equation(Number(0.0)),))
    return replace(model, clock=clock, variables=(*constants, *computed.values(), now), reality_checks=(), views=())


def _constant(variable: Variable) -> Variable:
    if variable.kind == "lookup":
        return variable
    bare = replace(variable, kind="auxiliary", inflows=(), outflows=(), non_negative=False, bounds=Bounds())
    if variable.is_input:
        return replace(bare, equations=tuple(replace(equation, rate=None) for equation in variable.equations))
    axes = tuple(map(canonical, variable.dimensions))
    return replace(bare, equations=(Equation(Number(0.0), axes),))


def _computed(model: Model, variable: Variable) -> Variable:
    now = Reference(now_name(model), canonical(now_name(model)))

    def timeless(node: Expression) -> Expression:
        return now if isinstance(node, ClockValue) and node.which in ("time", "step time") else node

    def expression(equation: Equation) -> Expression | None:
        found = net_flow_of(equation.rate) if variable.kind == "stock" else equation.expression
        return None if found is None else rewrite(found, timeless)

    return replace(
        variable,
        name=computed_name(model, variable),
        kind="auxiliary",
        equations=tuple(
            replace(equation, expression=expression(equation), rate=None) for equation in variable.equations
        ),
        inflows=(),
        outflows=(),
        non_negative=False,
        bounds=Bounds(),
    )
