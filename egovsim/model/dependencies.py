"""Who depends on whom: the order of evaluation, algebraic loops, feedback loops."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from graphlib import CycleError, TopologicalSorter

from egovsim.errors import ModelError
from egovsim.model.conveyors import conveyor_in
from egovsim.model.expression import Expression, LookupCall, Reference, walk
from egovsim.model.model import Model
from egovsim.model.variable import Variable


def references(expression: Expression | None) -> list[Reference]:
    """Return the references in an expression.

    Parameters
    ----------
    expression : Expression or None
        An equation, if there is one.

    Returns
    -------
    list of Reference
        Left to right, those to lookups among them.
    """
    if expression is None:
        return []
    found: list[Reference] = []
    for node in walk(expression):
        if isinstance(node, Reference):
            found.append(node)
        elif isinstance(node, LookupCall):
            found.append(node.lookup)
    return found


def ordered(
    depends: Mapping[str, Iterable[str]], *, loop_message: str, display: Callable[[str], str] = str
) -> list[str]:
    """Sort names so that each comes after all that it depends on.

    Parameters
    ----------
    depends : mapping of str to iterable of str
        For each name, the names it uses; names that are no key are taken as known.
    loop_message : str
        Begins the error for a circle; its members are added in order.
    display : callable
        Turns a name into what the message shows.

    Returns
    -------
    list of str
        The keys of `depends`.

    Raises
    ------
    ModelError
        When names use each other in a circle.
    """
    inside = {name: [cause for cause in causes if cause in depends] for name, causes in depends.items()}
    try:
        return list(TopologicalSorter(inside).static_order())
    except CycleError as error:
        circle: list[str] = error.args[1]
        members = " -> ".join(f'"{display(name)}"' for name in circle)
        remedy = "put a stock, or a delay with an initial value, somewhere in the circle"
        raise ModelError(f"{loop_message} {members}; {remedy}.") from None


def uses(model: Model, variable: Variable) -> set[str]:
    """Return what a variable's value, or a stock's net flow, is computed from.

    Parameters
    ----------
    model : Model
        The model.
    variable : Variable
        One of its variables.

    Returns
    -------
    set of str
        The ids of variables.
    """
    found: set[str] = set()
    for equation in variable.equations:
        wanted = equation.rate if variable.kind == "stock" else equation.expression
        found.update(reference.id for reference in references(wanted) if reference.id in model.by_id)
    return found


def missing_links(model: Model, names: Iterable[str]) -> list[tuple[str, str]]:
    """Return the links that are missing for some variables to be a closed circle in causal order.

    Parameters
    ----------
    model : Model
        The model.
    names : iterable of str
        Variables, each the cause of the next and the last one of the first.

    Returns
    -------
    list of pairs of str
        Causes and effects between which there is no link; empty when the circle is closed.

    Raises
    ------
    UnknownNameError
        When a name is not a variable of the model.
    """
    circle = [model[name] for name in names]
    following = [*circle[1:], circle[0]]
    return [
        (cause.name, effect.name)
        for cause, effect in zip(circle, following, strict=True)
        if cause.id not in uses(model, effect)
    ]


def effects_of(model: Model) -> dict[str, list[str]]:
    """Return which variables depend on each variable of a model, by their equations or by where they start.

    A flow depends on the stock that it must leave above zero too, and on the conveyor that it enters.

    Parameters
    ----------
    model : Model
        The model.

    Returns
    -------
    dict of str to list of str
        Ids of variables in the order of the file, by the id of what they depend on.
    """
    found: dict[str, list[str]] = {variable.id: [] for variable in model.variables}
    for variable in model.variables:
        used = {reference.id for expression in variable.expressions for reference in references(expression)}
        if variable.kind == "flow":
            used |= {stock.id for stock in model.stocks if _limits(stock, variable)}
        for cause in used & found.keys():
            found[cause].append(variable.id)
    return found


def _limits(stock: Variable, flow: Variable) -> bool:
    """Say whether a stock limits a flow: by what it holds, or by what its belt has room for."""
    if conveyor_in(stock.equations[0].rate) is not None and flow.id in stock.inflows:
        return True
    return stock.non_negative and flow.id in (*stock.inflows, *stock.outflows)


def influence_path(effects: Mapping[str, Iterable[str]], cause: str, targets: set[str]) -> list[str]:
    """Return the shortest chain of variables from a cause to any of some targets.

    Parameters
    ----------
    effects : mapping of str to iterable of str
        From `effects_of`.
    cause : str
        The id of a variable.
    targets : set of str
        Ids of variables.

    Returns
    -------
    list of str
        From the cause to the target, both included; empty where there is none.
    """
    before: dict[str, str] = {cause: ""}
    waiting = deque([cause])
    while waiting:
        current = waiting.popleft()
        if current in targets:
            path = [current]
            while before[path[-1]]:
                path.append(before[path[-1]])
            return path[::-1]
        for effect in effects.get(current, ()):
            if effect not in before:
                before[effect] = current
                waiting.append(effect)
    return []
