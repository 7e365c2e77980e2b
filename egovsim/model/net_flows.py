"""Which flows say what moves a stock, in a file where every stock names its flows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from egovsim.model.conveyors import net_flow_of
from egovsim.model.expression import Binary, Expression, Number, Reference, Unary
from egovsim.model.model import Model
from egovsim.model.variable import Variable
from egovsim.names import canonical

_MOST = 100
"""The most flows of one stock; what adds up more is a sum, and no diagram."""


@dataclass(frozen=True, slots=True)
class Flows:
    """What flows into a stock and out of it.

    Parameters
    ----------
    into, out_of : tuple of str
        The ids of flows.
    """

    into: tuple[str, ...]
    out_of: tuple[str, ...]


def moved_by_flows(model: Model, stock: Variable) -> bool:
    """Return whether the flows that a stock names say all of its rate.

    Parameters
    ----------
    model : Model
        The model.
    stock : Variable
        One of its stocks.

    Returns
    -------
    bool
        False where something else moves it as well.
    """
    return _says_all(model, stock, Flows(stock.inflows, stock.outflows))


def flows_in_rates(model: Model) -> Mapping[str, Flows]:
    """Find the flows of stocks that were written as one rate (Vensim's INTEG), by the ids of the stocks.

    A stock is here when its rate is a plain sum of auxiliaries, those added before those subtracted, and none of
    them flows into two stocks, or out of two.

    Parameters
    ----------
    model : Model
        The model.

    Returns
    -------
    mapping of str to Flows
        By the ids of the stocks.
    """
    found: dict[str, Flows] = {}
    for stock in model.stocks:
        if not stock.inflows and not stock.outflows:
            flows = _summands(model, stock.equations[0].rate)
            if flows is not None and _says_all(model, stock, flows):
                found[stock.id] = flows
    into = Counter(id for flows in found.values() for id in flows.into)
    out_of = Counter(id for flows in found.values() for id in flows.out_of)
    return {
        id: flows
        for id, flows in found.items()
        if all(into[flow] == 1 for flow in flows.into) and all(out_of[flow] == 1 for flow in flows.out_of)
    }


def _summands(model: Model, rate: Expression | None) -> Flows | None:
    """Split ``a + b - c``, or ``-a - b``, into what is added and what is subtracted; None for any other expression."""
    into: list[str] = []
    out_of: list[str] = []
    while isinstance(rate, Binary) and rate.operator in ("+", "-") and isinstance(rate.right, Reference):
        (into if rate.operator == "+" else out_of).insert(0, rate.right.id)
        rate = rate.left
    match rate:
        case Reference(id=id):
            into.insert(0, id)
        case Unary(operator="-", operand=Reference(id=id)) if not into:
            out_of.insert(0, id)
        case _:
            return None
    if len(into) + len(out_of) > _MOST:
        return None
    flows = Flows(tuple(into), tuple(out_of))
    variables = (model.by_id.get(id) for id in (*flows.into, *flows.out_of))
    return flows if all(variable is not None and variable.kind == "auxiliary" for variable in variables) else None


def _says_all(model: Model, stock: Variable, flows: Flows) -> bool:
    return all(net_flow_of(equation.rate) == _sum_of_flows(model, stock, flows) for equation in stock.equations)


def _sum_of_flows(model: Model, stock: Variable, flows: Flows) -> Expression:
    """Return inflows less outflows the way a reader of the file adds them up.

    A reader begins with 0 where nothing flows in; the rate of a stock that names no flows itself, with a sign.
    """
    signed = not stock.inflows and not stock.outflows
    axes = tuple(canonical(dimension) for dimension in stock.dimensions)
    rate: Expression | None = None
    for sign, ids in (("+", flows.into), ("-", flows.out_of)):
        for id in ids:
            flow = Reference(model.by_id[id].name, id, axes if model.by_id[id].dimensions else ())
            if rate is None and sign == "-":
                rate = Unary("-", flow) if signed else Binary("-", Number(0.0), flow)
            elif rate is None:
                rate = flow
            else:
                rate = Binary("+" if sign == "+" else "-", rate, flow)
    return Number(0.0) if rate is None else rate
