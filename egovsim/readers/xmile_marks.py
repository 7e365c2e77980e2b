"""What `write_xmile` had to invent, put back where it came from.

The file says it in plain XMILE, so that any program can run it; the marks say that a flow is nothing but the
rate of a stock, and that a graphical function stood in the middle of an equation.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace

from egovsim.model.expression import Expression, LookupCall, Table, TableCall, rewrite
from egovsim.model.model import Equation, Mapped, Variable
from egovsim.names import canonical
from egovsim.readers.markup import Element

_RATE_OF = "{urn:egovsim:xmile}rate_of"
_MAP = "{urn:egovsim:xmile}map"
_IN_PLACE = "{urn:egovsim:xmile}in_place"


def mappings_of(dimension: Element) -> tuple[Mapped, ...]:
    """Return what a dimension stands for in equations over other ones, as the writer notes it beside its elements."""
    found: dict[str, list[tuple[str, tuple[str, ...]]]] = {}
    for one in dimension.iterchildren(_MAP):
        served = tuple(part for part in (one.get("serves") or "").split(",") if part)
        found.setdefault(one.get("to") or "", []).append((one.get("elem") or "", served))
    return tuple((other, tuple(pairs)) for other, pairs in found.items())


def put_back(variables: Iterable[Variable], elements: Mapping[str, Element]) -> list[Variable]:
    """Return the variables without those that a mark calls invented.

    Parameters
    ----------
    variables : iterable of Variable
        All of the file.
    elements : mapping of str to Element
        What each was read from, by its canonical name.
    """
    found = list(variables)
    by_id = {one.id: one for one in found}
    rates: dict[str, Variable] = {}
    points: dict[str, Table] = {}
    for one in found:
        element = elements.get(one.id)
        stock = by_id.get(canonical("" if element is None else element.get(_RATE_OF) or ""))
        table = one.equations[0].table
        if stock is not None and _is_rate_of(one, stock):
            rates[stock.id] = one
        elif element is not None and element.get(_IN_PLACE) and table is not None:
            points[one.id] = table
    if not rates and not points:
        return found
    invented = {*(one.id for one in rates.values()), *points}
    kept = (one for one in found if one.id not in invented)
    return [_in_place(_with_rate(one, rates.get(one.id)), points) for one in kept]


def _is_rate_of(flow: Variable, stock: Variable) -> bool:
    """Whether a flow is still all that moves a stock, element by element; another program may have added some."""
    alone = flow.kind == "flow" and stock.inflows == (flow.id,) and not stock.outflows
    return alone and [one.elements for one in stock.equations] == [one.elements for one in flow.equations]


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

    def changed(equation: Equation) -> Equation:
        expression, rate = equation.expression, equation.rate
        return replace(
            equation,
            expression=None if expression is None else rewrite(expression, put),
            rate=None if rate is None else rewrite(rate, put),
        )

    return replace(variable, equations=tuple(map(changed, variable.equations))) if points else variable
