"""What `write_xmile` had to invent, put back where it came from.

The file says it in plain XMILE, so that any program can run it; the marks say that a flow is nothing but the
rate of a stock, that flows were auxiliaries in such a rate, and that a graphical function stood in the middle of
an equation, or that a value over time stands still within a step, as data does in Vensim.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from egovsim.model.expression import (
    Binary,
    ClockValue,
    Expression,
    LookupCall,
    Number,
    Table,
    TableCall,
    Unary,
    rewrite,
)
from egovsim.model.model import Mapped
from egovsim.model.variable import Variable
from egovsim.names import canonical
from egovsim.readers.variable_expressions import with_expressions
from egovsim.readers.xmile.xml import Element

_RATE_OF = "{urn:egovsim:xmile}rate_of"
_MAP = "{urn:egovsim:xmile}map"
_IN_PLACE = "{urn:egovsim:xmile}in_place"
_RATE = "{urn:egovsim:xmile}rate"
_KIND = "{urn:egovsim:xmile}kind"
_HELD = "{urn:egovsim:xmile}held"
_PIPE = "{urn:egovsim:xmile}pts"
_MADE = "{urn:egovsim:xmile}made"


def mappings_of(dimension: Element) -> tuple[Mapped, ...]:
    """Return what a dimension stands for in equations over other ones, as the writer notes it beside its elements.

    Parameters
    ----------
    dimension : Element
        A ``<dim>``.

    Returns
    -------
    tuple of Mapped
        One for each other dimension.
    """
    found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for mapped in dimension.iterchildren(_MAP):
        served = tuple(part for part in (mapped.get("serves") or "").split(",") if part)
        found.setdefault(mapped.get("to") or "", []).append((mapped.get("elem") or "", served))
    return tuple((other, tuple(pairs)) for other, pairs in found.items())


def without_made(pipe: list[Element]) -> list[Element]:
    """Return the points of a pipe that a diagram had before it was written.

    Parameters
    ----------
    pipe : list of Element
        Blocks of points.

    Returns
    -------
    list of Element
        Those that the writer did not make because XMILE wants some.
    """
    return [points for points in pipe if points.get(_MADE) is None]


def pipe_of(item: Element) -> list[Element]:
    """Return the points of the pipe of a flow on a diagram, where its variable is no flow of the file.

    Parameters
    ----------
    item : Element
        An item of a diagram.

    Returns
    -------
    list of Element
        Blocks of points; none of any other item.
    """
    return list(item.iterchildren(_PIPE))


def shows_an_auxiliary(item: Element) -> bool:
    """Tell whether what a diagram shows as a flow is an auxiliary there, since only the file has made a flow of it.

    Parameters
    ----------
    item : Element
        An item of a diagram.

    Returns
    -------
    bool
        True where the writer has marked it so.
    """
    return item.get(_KIND) == "auxiliary"


def put_back(variables: Iterable[Variable], elements: Mapping[str, Element]) -> list[Variable]:
    """Return the variables without those that a mark calls invented, and as they were where a mark says so.

    Parameters
    ----------
    variables : iterable of Variable
        All of the file.
    elements : mapping of str to Element
        What each was read from, by its canonical name.

    Returns
    -------
    list of Variable
        In the order of the file.
    """
    found = [_as_it_was(variable, elements.get(variable.id)) for variable in variables]
    by_id = {variable.id: variable for variable in found}
    rates: dict[str, Variable] = {}
    points: dict[str, Table] = {}
    for variable in found:
        element = elements.get(variable.id)
        stock = by_id.get(canonical("" if element is None else element.get(_RATE_OF) or ""))
        table = variable.equations[0].table
        if stock is not None and _is_rate_of(variable, stock):
            rates[stock.id] = variable
        elif element is not None and element.get(_IN_PLACE) and table is not None:
            points[variable.id] = table
    if not rates and not points:
        return found
    invented = {*(rate.id for rate in rates.values()), *points}
    own = (variable for variable in found if variable.id not in invented)
    return [_in_place(_with_rate(variable, rates.get(variable.id)), points) for variable in own]


def _as_it_was(variable: Variable, element: Element | None) -> Variable:
    """Make a stock again one of a single rate, and an auxiliary of what only moves such stocks."""
    if element is None:
        return variable
    if element.get(_HELD):
        variable = with_expressions(variable, _held)
    if variable.kind == "stock" and element.get(_RATE):
        equations = (replace(equation, rate=_signed(equation.rate)) for equation in variable.equations)
        return replace(variable, inflows=(), outflows=(), equations=tuple(equations))
    if variable.kind == "flow" and element.get(_KIND) == "auxiliary":
        return replace(variable, kind="auxiliary")
    return variable


def _held(expression: Expression) -> Expression:
    def put(node: Expression) -> Expression:
        return replace(node, which="step time") if node == ClockValue("time") else node

    return rewrite(expression, put)


def _signed(rate: Expression | None) -> Expression | None:
    """Write ``-a`` for the ``0 - a`` that outflows alone are read as."""

    def put(node: Expression) -> Expression:
        match node:
            case Binary(operator="-", left=Number(value=0.0), right=right):
                return Unary("-", right, node.where)
            case _:
                return node

    return None if rate is None else rewrite(rate, put)


def _is_rate_of(flow: Variable, stock: Variable) -> bool:
    """Whether a flow is still all that moves a stock, element by element; another program may have added some."""
    is_only_flow = flow.kind == "flow" and stock.inflows == (flow.id,) and not stock.outflows
    return is_only_flow and [equation.elements for equation in stock.equations] == [
        equation.elements for equation in flow.equations
    ]


def _with_rate(stock: Variable, flow: Variable | None) -> Variable:
    """Give a stock the equations of its net flow as its rate."""
    if flow is None:
        return stock
    pairs = zip(stock.equations, flow.equations, strict=True)
    return replace(stock, inflows=(), equations=tuple(replace(own, rate=other.expression) for own, other in pairs))


def _in_place(variable: Variable, points: Mapping[str, Table]) -> Variable:
    """Replace calls of invented graphical functions by their points."""

    def put(node: Expression) -> Expression:
        if isinstance(node, LookupCall) and node.lookup.id in points:
            return TableCall(points[node.lookup.id], node.argument, node.where)
        return node

    return with_expressions(variable, lambda expression: rewrite(expression, put)) if points else variable
