"""A model in parts of a page each, and what a picture of a part shows: chains of stocks and flows, and causes.

A sector is a group of the file. A stock that the file lists elsewhere joins the sector of its flows, since
neither can be drawn without the other.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import permutations

from egovsim.model.dependencies import references, uses
from egovsim.model.model import Model
from egovsim.model.variable import Variable

_ONE_PICTURE = 40
"""A model of no more variables than this is one sector, however the file groups them."""
_REST = "Other variables"
_FEW_STOCKS = 6


@dataclass(frozen=True)
class Sector:
    """A part of a model.

    Parameters
    ----------
    name : str
        That of the group, or of the model.
    variables : tuple of Variable
        In the order of the file.
    """

    name: str
    variables: tuple[Variable, ...]


@dataclass(frozen=True, slots=True)
class Pipe:
    """A flow and the stocks that it leaves and enters.

    Parameters
    ----------
    flow : str
        Its id.
    source, target : str or None
        Ids of the stocks; None is a cloud.
    """

    flow: str
    source: str | None
    target: str | None


@dataclass(frozen=True)
class Chain:
    """Stocks that flows join.

    Parameters
    ----------
    stocks : tuple of str
        Ids, from left to right.
    pipes : tuple of Pipe
        The flows.
    """

    stocks: tuple[str, ...]
    pipes: tuple[Pipe, ...]


def sectors_of(model: Model) -> tuple[Sector, ...]:
    """Divide a model into sectors.

    Parameters
    ----------
    model : Model
        With or without groups.

    Returns
    -------
    tuple of Sector
        Every variable is in exactly one.
    """
    if len(model) <= _ONE_PICTURE or not model.groups:
        return (Sector(model.name, model.variables),)
    homes = {variable.id: _home(model, variable) for variable in model}
    names = list(dict.fromkeys(variable.group or _REST for variable in model))
    found = [Sector(name, tuple(variable for variable in model if homes[variable.id] == name)) for name in names]
    return tuple(sector for sector in found if sector.variables)


def _home(model: Model, variable: Variable) -> str:
    """Return the group of a variable; of a stock without a flow in its own group, the commonest of its flows'."""
    own = variable.group or _REST
    flows = [model.by_id[id] for id in (*variable.inflows, *variable.outflows) if id in model.by_id]
    groups = Counter(flow.group or _REST for flow in flows)
    return own if not groups or own in groups else groups.most_common(1)[0][0]


def pipes_of(model: Model) -> dict[str, Pipe]:
    """Return the pipe of every flow that some stock names.

    Parameters
    ----------
    model : Model
        Whose stocks are looked at.

    Returns
    -------
    dict of str to Pipe
        By the flow's id.
    """
    source: dict[str, str] = {}
    target: dict[str, str] = {}
    for stock in model.stocks:
        for id in stock.outflows:
            source.setdefault(id, stock.id)
        for id in stock.inflows:
            target.setdefault(id, stock.id)
    joined = [variable.id for variable in model if variable.id in source or variable.id in target]
    return {id: Pipe(id, source.get(id), target.get(id)) for id in joined}


def chains_of(sector: Sector, pipes: Mapping[str, Pipe]) -> tuple[Chain, ...]:
    """Return the chains of a sector, each with the stocks of other sectors that its flows reach.

    Parameters
    ----------
    sector : Sector
        Part of a model.
    pipes : mapping of str to Pipe
        Those of the whole model, by the flow's id.

    Returns
    -------
    tuple of Chain
        Stocks without a flow in this sector are chains of their own.
    """
    own = [pipes[variable.id] for variable in sector.variables if variable.id in pipes]
    stocks = [variable.id for variable in sector.variables if variable.kind == "stock"]
    stocks += [id for pipe in own for id in (pipe.source, pipe.target) if id is not None]
    parent = {id: id for id in stocks}

    def root(id: str) -> str:
        while parent[id] != id:
            id = parent[id]
        return id

    for pipe in own:
        if pipe.source is not None and pipe.target is not None:
            parent[root(pipe.target)] = root(pipe.source)
    found: dict[str, list[str]] = {}
    for id in parent:
        found.setdefault(root(id), []).append(id)
    return tuple(_chain(members, own) for members in found.values())


def _chain(members: list[str], pipes: Iterable[Pipe]) -> Chain:
    """Order the stocks of a chain so that flows run to the right and skip as few stocks as can be."""
    inside = tuple(pipe for pipe in pipes if pipe.source in members or pipe.target in members)
    joining = [(pipe.source, pipe.target) for pipe in inside if pipe.source is not None and pipe.target is not None]

    def effort(order: tuple[str, ...]) -> tuple[int, int]:
        steps = [order.index(target) - order.index(source) for source, target in joining]
        return sum(map(abs, steps)), sum(step < 0 for step in steps)

    tried = permutations(members) if len(members) <= _FEW_STOCKS else [tuple(members)]
    return Chain(min(tried, key=effort), inside)


def causes_of(model: Model, variable: Variable) -> list[str]:
    """Return the ids that arrows lead from to a variable: what it is computed from, but for a stock's flows.

    Parameters
    ----------
    model : Model
        That the variable is of.
    variable : Variable
        Where the arrows end.

    Returns
    -------
    list of str
        In the order of the file.
    """
    used = uses(model, variable) - {*variable.inflows, *variable.outflows, variable.id}
    return [cause.id for cause in model if cause.id in used]


def start_of(model: Model, variable: Variable) -> list[str]:
    """Return the ids that a stock's initial value is computed from.

    Parameters
    ----------
    model : Model
        That the variable is of.
    variable : Variable
        Any; only a stock has an initial value.

    Returns
    -------
    list of str
        In the order of the file; empty where it is no stock.
    """
    if variable.kind != "stock":
        return []
    used = {reference.id for equation in variable.equations for reference in references(equation.expression)}
    return [cause.id for cause in model if cause.id in used]


def neighbours(model: Model) -> dict[str, tuple[list[str], list[str]]]:
    """Return what variables are made from, flows and initial values included.

    Parameters
    ----------
    model : Model
        Any model.

    Returns
    -------
    dict of str to (list of str, list of str)
        By id, the ids that it is made from, and those that are made from it.
    """
    made = {
        variable.id: uses(model, variable) | {*variable.inflows, *variable.outflows, *start_of(model, variable)}
        for variable in model
    }
    uses_of = {variable.id: [other.id for other in model if other.id in made[variable.id]] for variable in model}
    used_by: dict[str, list[str]] = {variable.id: [] for variable in model}
    for effect, causes in uses_of.items():
        for cause in causes:
            used_by[cause].append(effect)
    return {id: (uses_of[id], used_by[id]) for id in uses_of}
