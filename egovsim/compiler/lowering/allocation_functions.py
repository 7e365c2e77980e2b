"""How the functions that allocate are written out for one element: a table of rewrites.

Source: Vensim's reference manual, "Allocation Functions".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import NamedTuple

from egovsim.compiler.lowering.allocations import AllocationRequest, by_curves, by_priority
from egovsim.compiler.lowering.known_numbers import compile_time_number
from egovsim.compiler.lowering.scopes import ArrayFunction, Scope
from egovsim.compiler.lowering.traversal import key_of
from egovsim.compiler.lowering.vectors import refuse_above, vector_of
from egovsim.model.expression import Binary, Call, Expression, Number, Reference, Star, rewrite
from egovsim.model.model import Dimension
from egovsim.model.variable import plain_number

_CURVES = (0.0, 1.0, 2.0, 3.0, 4.0)
_WHOLE = 10.0
"""Added to the kind of a curve it asks for whole units (Vensim's reference, "ALLOCATE AVAILABLE")."""

_KNOWN_CURVES = (
    "curves of priority that can be run are 0 (fixed), 1 (rectangular), 2 (triangular), 3 (normal) and 4 (exponential)"
    ", and in ALLOCATE AVAILABLE the same plus 10 for whole units"
)
_MOST_REQUESTS = 200


class _Curve(NamedTuple):
    """A curve of priority."""

    kind: Expression
    priority: Expression
    width: Expression
    whole: bool = False


def _by_priority(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    requests, priorities = (vector_of(scope, argument, call) for argument in arguments[:2])
    size, count = compile_time_number(scope, arguments[2]), len(requests.terms)
    if isinstance(size, Number) and size.value != count:
        text = f"there are {count} requests, and the size says {size.value:g}; give ELMCOUNT of their dimension"
        raise scope.error(call.where, text)
    width, supply = scope.resolve(arguments[3]), scope.resolve(arguments[4])

    def make() -> list[Expression]:
        named = scope.parts.named(width), scope.parts.named(supply)
        return by_priority(requests.terms, priorities.terms, *named, scope.parts)

    key = ("priority", requests.key, priorities.key, key_of(width), key_of(supply))
    return scope.parts.once(key, make)[requests.place]


def _allocate(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    """ALLOCATE of Stella, with a star where the requests run over their dimension: Vensim's ALLOCATE BY PRIORITY.

    That the two are one is how the open translator xmutil writes Vensim's as Stella's; of its shapes the first,
    rectangular, is that of Vensim's (unverified).
    """
    supply, along, requests, priorities, width, *shape = arguments
    dimension = scope.model.dimension_by_id.get(along.id) if isinstance(along, Reference) else None
    if dimension is None:
        raise scope.error(call.where, "the second argument of ALLOCATE must be the dimension that is shared along")
    kind = compile_time_number(scope, shape[0]) if shape else Number(1.0)
    if isinstance(kind, Number) and kind.value != 1.0:
        raise scope.error(call.where, f"ALLOCATE with the shape {kind.value:g} cannot be run yet, only with 1")
    requests, priorities = (_unstarred(argument, dimension) for argument in (requests, priorities))
    size = Number(float(len(dimension.elements)))
    return _by_priority(scope, (requests, priorities, size, width, supply), call)


def _unstarred(array: Expression, dimension: Dimension) -> Expression:
    """Put a dimension where a star stands for it."""

    def put(node: Expression) -> Expression:
        if not isinstance(node, Reference):
            return node
        subscripts = (dimension.id if isinstance(part, Star) else part for part in node.subscripts)
        return replace(node, subscripts=tuple(subscripts))

    return rewrite(array, put)


def _available(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    place, key, requests = _requests(scope, arguments[0], arguments[1], call)
    supply = scope.resolve(arguments[2])
    key = ("available", *key, key_of(supply))
    return scope.parts.once(key, lambda: by_curves(requests, supply, scope.parts))[place]


def _requests(
    scope: Scope, quantities: Expression, profiles: Expression, call: Call
) -> tuple[int, tuple[str, str], list[AllocationRequest]]:
    """Return requests with their curves, what they are, and which of them the equation is written out for."""
    requests = vector_of(scope, quantities, call)
    profile, curves = _curves(scope, profiles, call)
    if len(curves) != len(requests.terms):
        text = f"there are {len(requests.terms)} requests and {len(curves)} curves of priority; give each request one"
        raise scope.error(call.where, text)
    refuse_above(_MOST_REQUESTS, len(curves), scope, call.where, "requests to share among")
    found = [AllocationRequest(term, *curve) for term, curve in zip(requests.terms, curves, strict=True)]
    return requests.place, (requests.key, profile), found


def _curves(scope: Scope, node: Expression, call: Call) -> tuple[str, list[_Curve]]:
    """Return a name for the curves of priority along the last dimension but one, and the curves."""
    kinds = vector_of(scope, node, call, axis=-2)
    return kinds.key, [_curve(scope, node, id, call) for id in kinds.ids]


def _curve(scope: Scope, node: Expression, row: str | None, call: Call) -> _Curve:
    """Return one curve: kind, middle and width stand side by side in the last dimension.

    They begin with the element that is named; what follows them is the elasticity of a kind that cannot be run.
    Without a row the curve is that of the element that the equation is written out for.
    """
    if not isinstance(node, Reference):
        raise scope.error(call.where, f"the curves of {call.function.upper()} must be an array, not an expression")
    target = scope.target(node)
    ids, dimensions = scope.subscripts(node, target), scope.dimensions(target)
    columns = dimensions[-1].element_ids if dimensions else ()
    columns = columns[columns.index(ids[-1]) :][:3] if len(ids) > 1 else ()
    if len(columns) < 3:
        text = f"the curves of {call.function.upper()} need two dimensions, the last for kind, priority and width"
        raise scope.error(call.where, text)
    first = ids[:-1] if row is None else (*ids[:-2], row)
    kind, priority, width = (scope.element(node, target, (*first, column)) for column in columns)
    equation = scope.model.equations_of(target)[(*first, columns[0])]
    value = plain_number(equation.expression)
    if value is None or value in _CURVES:
        return _Curve(kind, priority, width)
    if value - _WHOLE in _CURVES and call.function == "allocate available":
        return _Curve(Binary("-", kind, Number(_WHOLE)), priority, width, whole=True)
    raise scope.error(call.where, f'"{kind.name}" is {value:g}; {_KNOWN_CURVES}')


def _at_price(sign: Callable[[Expression, Expression], Expression]) -> ArrayFunction:
    """DEMAND AT PRICE and SUPPLY AT PRICE: a quantity times its curve at a price, or at the mirror image of one."""

    def written(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
        quantity, price = scope.resolve(arguments[0]), scope.resolve(arguments[2])
        curve = _curve(scope, arguments[1], None, call)
        share = Call("priority curve", (curve.kind, sign(price, curve.priority), curve.width), call.where)
        return Binary("*", Call("max", (Number(0.0), quantity), call.where), share, call.where)

    return written


def _market_price(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    wanted, wanted_profiles, offered, offered_profiles = arguments
    _, _, demands = _requests(scope, wanted, wanted_profiles, call)
    _, _, supplies = _requests(scope, offered, offered_profiles, call)
    rows = [
        value
        for row in (*demands, *supplies)
        for value in (Call("max", (Number(0.0), row.quantity)), row.kind, row.priority, row.width)
    ]
    return Call("market price", (Number(float(len(demands))), *rows), call.where)


ALLOCATIONS: Mapping[str, ArrayFunction] = {
    "allocate by priority": _by_priority,
    "allocate": _allocate,
    "allocate available": _available,
    "find market price": _market_price,
    "demand at price": _at_price(lambda price, priority: Binary("-", price, priority)),
    "supply at price": _at_price(lambda price, priority: Binary("-", priority, price)),
}
"""How each function is written out."""
