"""What flows out of a non-negative stock is limited to what there is.

The flow itself is limited, so what leaves one stock is what arrives in another and no mass is created. Flows out are
served in the order of the file (XMILE 1.0, section 4.2), except that one which is computed from a later one comes after
it. What flows in meanwhile may flow out again, unless it is computed from the flow out: of such a circle the flow out
is limited to the content alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from egovsim.compiler.lowering.elements import ScalarEquation
from egovsim.model.dependencies import references
from egovsim.model.expression import Binary, Call, ClockValue, Expression, Number, Reference, Unary
from egovsim.model.model import Model
from egovsim.names import element_name, scalar_id

StockFlows = tuple[Reference, list[str], list[str]]
"""A stock, and the ids of what flows in and out, in the order of the file."""


def limit_flows(model: Model, equations: Sequence[ScalarEquation]) -> list[ScalarEquation]:
    """Limit the flows of all non-negative stocks.

    Parameters
    ----------
    model : Model
        The model.
    equations : sequence of ScalarEquation
        All of it.

    Returns
    -------
    list of ScalarEquation
        In the same order.
    """
    stocks = list(_non_negative(model))
    if not stocks:
        return list(equations)
    limits = _Limits(equations)
    served = [(stock, inflows, limits.in_order(outflows)) for stock, inflows, outflows in stocks]
    for stock, inflows, outflows in served:
        limits.limit(stock, inflows, outflows)
    return [limits.by_id[equation.id] for equation in equations]


def _non_negative(model: Model) -> Iterator[StockFlows]:
    for stock in model.stocks:
        if stock.non_negative:
            for ids in model.equations_of(stock):
                here = Reference(element_name(stock.name, ids), scalar_id(stock.id, ids))
                into, out_of = (
                    [scalar_id(flow, ids if model.by_id[flow].dimensions else ()) for flow in flows]
                    for flows in (stock.inflows, stock.outflows)
                )
                yield here, into, out_of


class _Limits:
    """The equations of one model while its flows are limited, and what each is computed from within one instant."""

    def __init__(self, equations: Iterable[ScalarEquation]) -> None:
        self.by_id = {equation.id: equation for equation in equations}
        self._uses: dict[str, set[str]] = {}

    def in_order(self, outflows: Sequence[str]) -> list[str]:
        """Return the order in which flows out of one stock are served; each is computed from those before it."""
        found: list[str] = []
        for flow in outflows:
            place = next((number for number, other in enumerate(found) if self._depends(other, flow)), len(found))
            found.insert(place, flow)
        for number, flow in enumerate(found):
            self._of(flow).update(found[:number])
        return found

    def limit(self, stock: Reference, inflows: Sequence[str], outflows: Sequence[str]) -> None:
        """Limit the flows of one stock, those in that turn negative too: they flow out."""
        content = Binary("/", stock, ClockValue("time step"))
        for number, flow in enumerate(inflows):
            least = Unary("-", self._room(content, flow, inflows[:number], ()))
            self._put(flow, Call("max", (least, self.by_id[flow].expression), self.by_id[flow].where))
        for number, flow in enumerate(outflows):
            room = self._room(content, flow, inflows, outflows[:number])
            self._put(flow, Call("min", (self.by_id[flow].expression, room), self.by_id[flow].where))

    def _room(self, content: Expression, flow: str, inflows: Sequence[str], earlier: Sequence[str]) -> Expression:
        """Return what may leave by a flow: the content, with what comes in meanwhile, less what has left."""
        room = content
        for inflow in inflows:
            if not self._depends(inflow, flow):
                room = Binary("+", room, self._reference(inflow))
        for outflow in earlier:
            room = Binary("-", room, self._reference(outflow))
        return Call("max", (Number(0.0), room))

    def _reference(self, id: str) -> Reference:
        return Reference(self.by_id[id].name, id)

    def _put(self, id: str, expression: Expression) -> None:
        self.by_id[id] = replace(self.by_id[id], expression=expression)
        self._of(id).update(reference.id for reference in references(expression))

    def _depends(self, id: str, on: str) -> bool:
        """Whether a value is computed, within one instant, from another; stocks break the chain."""
        seen: set[str] = set()
        waiting = [id]
        while waiting:
            used = waiting.pop()
            if used == on:
                return True
            if used not in seen and used in self.by_id:
                seen.add(used)
                waiting += self._of(used)
        return False

    def _of(self, id: str) -> set[str]:
        """Return what an equation is computed from, and what is served before it."""
        if id not in self._uses:
            equation = self.by_id[id]
            self._uses[id] = set() if equation.is_state else {part.id for part in references(equation.expression)}
        return self._uses[id]
