"""What equations are made of: numbers without a name, stocks that nothing moves, what is behind a flow."""

from __future__ import annotations

from egovsim.model.dependencies import uses
from egovsim.model.expression import ClockValue, Expression, Number, TableCall, walk
from egovsim.model.model import Model

_PLAIN = (0.0, 1.0)
"""Numbers that need no name: nothing and one."""


def with_unnamed_numbers(model: Model) -> list[str]:
    """Return the computed variables with a number other than 0 and 1, or a table, inside an equation.

    Parameters
    ----------
    model : Model
        The model.

    Returns
    -------
    list of str
        Their names, in the order of the file.
    """
    return [
        variable.name
        for variable in model.variables
        if not variable.is_input and any(map(_unnamed, variable.expressions))
    ]


def with_time_step(model: Model) -> list[str]:
    """Return the variables whose equations use the time step.

    Parameters
    ----------
    model : Model
        The model.

    Returns
    -------
    list of str
        Their names, in the order of the file.
    """
    return [variable.name for variable in model.variables if any(map(_uses_time_step, variable.expressions))]


def unmoved_stocks(model: Model) -> list[str]:
    """Return the stocks whose net flow is written as a number.

    Parameters
    ----------
    model : Model
        The model.

    Returns
    -------
    list of str
        Their names, in the order of the file.
    """
    return [
        stock.name for stock in model.stocks if all(isinstance(equation.rate, Number) for equation in stock.equations)
    ]


def idle_flows(model: Model) -> list[str]:
    """Return the flows that move no stock.

    Parameters
    ----------
    model : Model
        The model.

    Returns
    -------
    list of str
        Their names, in the order of the file.
    """
    moving = {name for stock in model.stocks for name in (*stock.inflows, *stock.outflows)}
    return [variable.name for variable in model.variables if variable.kind == "flow" and variable.id not in moving]


def behind(model: Model, id: str) -> set[str]:
    """Return what a variable is computed from at one instant: through auxiliaries, up to stocks.

    Parameters
    ----------
    model : Model
        The model.
    id : str
        A variable.

    Returns
    -------
    set of str
        The ids of variables.
    """
    found: set[str] = set()
    waiting = [id]
    while waiting:
        variable = model.by_id[waiting.pop()]
        if variable.kind != "stock" or variable.id == id:
            fresh = uses(model, variable) - found
            found |= fresh
            waiting += fresh
    return found


def _unnamed(expression: Expression) -> bool:
    return any(
        isinstance(node, TableCall) or (isinstance(node, Number) and abs(node.value) not in _PLAIN)
        for node in walk(expression)
    )


def _uses_time_step(expression: Expression) -> bool:
    return any(isinstance(node, ClockValue) and node.which == "time step" for node in walk(expression))
