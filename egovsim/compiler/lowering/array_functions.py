"""How functions of whole arrays, and those of dates, are written out for one element: a table of rewrites.

Sources: Vensim's reference manual, "Arrays, Vectors and Subscripts" and "Allocation Functions"; XMILE 1.0,
section 3.7.1.3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from egovsim.compiler.lowering.allocations import AllocationRequest, by_curves, by_priority
from egovsim.compiler.lowering.array_algebra import FOLDS, Terms, element_at, inverse, ranks, selected, sort_order
from egovsim.compiler.lowering.scopes import ArrayFunction, Scope
from egovsim.compiler.lowering.traversal import fold_down_to, key_of
from egovsim.model.arrays import LARGEST_ARRAY, element_meant, elements_of_subscript, product_of
from egovsim.model.calendar import date_part
from egovsim.model.dependencies import references
from egovsim.model.expression import (
    Binary,
    Call,
    Expression,
    LookupCall,
    Number,
    Reference,
    Star,
    Unary,
    Where,
    fold,
    with_children,
)
from egovsim.model.functions import ELEMENT
from egovsim.model.model import Dimension, Model
from egovsim.model.variable import plain_number
from egovsim.names import scalar_id


def _all_elements(scope: Scope, arguments: Sequence[Expression]) -> list[list[Expression]]:
    """Resolve expressions once for every combination of elements of the starred dimensions in any of them."""
    named = [_name_stars(scope, argument) for argument in arguments]
    stars = list(dict.fromkeys(star for argument in named for star in _stars(argument)))
    elements = [_starred_elements(scope.model, star) for star in stars]
    _refuse_above(LARGEST_ARRAY, math.prod(map(len, elements)), scope, arguments[0].where, "elements to go over")
    found: list[list[Expression]] = []
    for ids in product(*elements):
        inner = scope.inside(dict(zip(stars, ids, strict=True)))
        found.append([inner.resolve(argument) for argument in named])
    return found


def _refuse_above(limit: int, count: int, scope: Scope, where: Where, what: str) -> None:
    if count > limit:
        raise scope.error(where, f"{count} {what} are too many; {limit} can be run")


_CURVES = (1.0, 2.0, 3.0, 4.0)
_KNOWN_CURVES = "curves of priority that can be run are 1 (rectangular), 2 (triangular), 3 (normal) and 4 (exponential)"

_LONGEST_SORTED, _LARGEST_INVERTED, _MOST_REQUESTS = 400, 32, 200
"""What is sorted takes the square of its length in comparisons, an inverse the cube of its rows in equations."""

_STARRED = "ALL OF "
"""Begins what a star stands for in a sum: no name of a model has capital letters in its canonical form."""


def _name_stars(scope: Scope, expression: Expression) -> Expression:
    """Replace stars by names of what they run over, and so a dimension that the left side gives no element to.

    An array without subscripts runs over all it has.
    """

    def named(node: Expression, operands: tuple[Expression, ...]) -> Expression:
        if isinstance(node, Reference):
            return _named_subscripts(scope, node)
        if isinstance(node, LookupCall) and node.lookup.subscripts:
            return replace(node, lookup=_named_subscripts(scope, node.lookup), argument=operands[0])
        return with_children(node, operands)

    return fold(expression, named)


def _named_subscripts(scope: Scope, node: Reference) -> Reference:
    if node.id not in scope.model.by_id:
        return node
    dimensions = scope.dimensions(scope.model.by_id[node.id])
    given = node.subscripts or tuple(Star() for _ in dimensions)
    pairs = zip(given, dimensions, strict=False)
    named = [_star_named(scope, subscript, dimension) for subscript, dimension in pairs]
    return replace(node, subscripts=(*named, *given[len(named) :]))


def _star_named(scope: Scope, subscript: str | Star, dimension: Dimension) -> str:
    if isinstance(subscript, Star):
        parts = (_STARRED + (subscript.dimension or dimension.id), subscript.first, subscript.last)
        return "\n".join(parts).rstrip()
    free = element_meant(scope.model, scope.context, subscript, dimension) is None
    return _STARRED + subscript if free and subscript in scope.model.dimension_by_id else subscript


def _stars(node: Expression) -> list[str]:
    subscripts = [subscript for reference in references(node) for subscript in reference.subscripts]
    return [name for name in dict.fromkeys(subscripts) if isinstance(name, str) and name.startswith(_STARRED)]


def _starred_elements(model: Model, star: str) -> tuple[str, ...]:
    name, *ends = star.removeprefix(_STARRED).split("\n")
    every = elements_of_subscript(model, name)
    if not ends:
        return every
    first, last = (every.index(end) if end in every else int(end) - 1 for end in ends)
    return every[first : last + 1]


def _over_all(combine: Callable[[Terms], Expression]) -> ArrayFunction:
    return lambda scope, arguments, _: combine([term for (term,) in _all_elements(scope, arguments)])


def _size(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    (argument,) = arguments
    if isinstance(argument, Reference) and argument.id in scope.model.dimension_by_id:
        return Number(float(len(scope.model.dimension_by_id[argument.id].elements)), call.where)
    return Number(float(len(_all_elements(scope, arguments))), call.where)


def _vector_select(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    selector, elements, missing, action, _ = arguments
    pairs = [(chooser, element) for chooser, element in _all_elements(scope, (selector, elements))]
    return selected(pairs, scope.resolve(missing), _compile_time_number(scope, action), scope.parts)


def _vector_elm_map(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    """Count the elements of the variable through, the last subscript fastest, from the one that is named."""
    node, offset = arguments
    if not isinstance(node, Reference):
        raise scope.error(call.where, "the first argument of VECTOR ELM MAP must be one element of an array")
    target = scope.target(node)
    every = product_of(scope.model, target)
    start = every.index(scope.subscripts(node, target))
    index = _number_if_known(Binary("+", scope.resolve(offset), Number(float(start))))
    terms = [scope.element(node, target, ids) for ids in every if ids in scope.model.equations_of(target)]
    return element_at(index if isinstance(index, Number) else scope.parts.named(index), terms)


def _element(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    """Return the element whose subscripts are computed; 0 where there is none (XMILE 1.0, ``<uses_arrays>``)."""
    node, *given = arguments
    assert isinstance(node, Reference)
    target = scope.target(node)
    dimensions = scope.dimensions(target)
    if len(given) != len(dimensions):
        count = f"{len(dimensions)} subscript{'' if len(dimensions) == 1 else 's'}"
        raise scope.error(call.where, f'"{target.name}" takes {count}, not {len(given)}')
    places = [_place(scope, subscript, dimension) for subscript, dimension in zip(given, dimensions, strict=True)]
    pairs = zip(dimensions, places, strict=True)
    count = math.prod(len(dimension.elements) for dimension, place in pairs if not isinstance(place, str))
    _refuse_above(LARGEST_ARRAY, count, scope, call.where, "elements to choose from")

    def element_from(ids: tuple[str, ...]) -> Expression:
        if len(ids) == len(places):
            return scope.element(node, target, ids)
        place = places[len(ids)]
        if isinstance(place, str):
            return element_from((*ids, place))
        terms = [element_from((*ids, id)) for id in dimensions[len(ids)].element_ids]
        return element_at(place, terms, outside=0.0)

    return element_from(())


def _place(scope: Scope, subscript: Expression, dimension: Dimension) -> str | Expression:
    """Return the element that a subscript names, or its place, counted from 0, as a number or an expression."""
    if isinstance(subscript, Reference) and subscript.id not in scope.model.by_id:
        meant = element_meant(scope.model, scope.context, subscript.id, dimension)
        if meant is not None:
            return meant
    if isinstance(subscript, Number) and f"{subscript.value:g}" in dimension.element_ids:
        return f"{subscript.value:g}"
    place = _number_if_known(Binary("-", scope.resolve(subscript), Number(1.0)))
    return place if isinstance(place, Number) else scope.parts.named(place)


@dataclass(frozen=True, slots=True)
class _Vector:
    """The vector that an array function takes: its terms over the last dimension, and the place that is asked for."""

    key: str
    terms: list[Expression]
    place: int


def _vector(scope: Scope, node: Expression, call: Call, *, axis: int = -1) -> _Vector:
    """Return the elements of an array over one of its dimensions, the others as the equation has them."""
    if not isinstance(node, Reference):
        raise scope.error(call.where, f"the vector of {call.function.upper()} must be an array, not an expression")
    target = scope.target(node)
    dimensions = scope.dimensions(target)
    if not dimensions:
        raise scope.error(call.where, f'"{target.name}" is no array; {call.function.upper()} needs one')
    ids = scope.subscripts(node, target)
    axis %= len(ids)
    along = [(*ids[:axis], id, *ids[axis + 1 :]) for id in dimensions[axis].element_ids]
    terms: list[Expression] = [scope.element(node, target, element) for element in along]
    key = scalar_id(target.id, (*ids[:axis], "ALL", *ids[axis + 1 :]))
    return _Vector(key, terms, dimensions[axis].element_ids.index(ids[axis]))


def _ranks(scope: Scope, vector: _Vector, call: Call) -> list[Expression]:
    direction = _compile_time_number(scope, call.arguments[1])
    _refuse_above(_LONGEST_SORTED, len(vector.terms), scope, call.where, "elements to sort")

    def make() -> list[Expression]:
        return [scope.parts.named(rank) for rank in ranks(vector.terms, direction)]

    return scope.parts.once(("rank", vector.key, key_of(direction)), make)


def _vector_rank(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    vector = _vector(scope, arguments[0], call)
    return _ranks(scope, vector, call)[vector.place]


def _vector_sort_order(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    vector = _vector(scope, arguments[0], call)
    return sort_order(_ranks(scope, vector, call))[vector.place]


def _vector_reorder(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    vector = _vector(scope, arguments[0], call)
    return element_at(scope.parts.named(scope.resolve(arguments[1])), vector.terms)


def _invert_matrix(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    node = arguments[0]
    rows = _vector(scope, node, call, axis=-2)
    columns = _vector(scope, node, call)
    size = len(rows.terms)
    if len(columns.terms) != size or not isinstance(node, Reference):
        raise scope.error(call.where, f"the matrix has {size} rows and {len(columns.terms)} columns; it must be square")
    _refuse_above(_LARGEST_INVERTED, size, scope, call.where, "rows to invert")

    def make() -> list[Expression]:
        target = scope.target(node)
        first = scope.subscripts(node, target)[:-2]
        row_ids, column_ids = (dimension.element_ids for dimension in scope.dimensions(target)[-2:])
        matrix = [[scope.element(node, target, (*first, row, column)) for column in column_ids] for row in row_ids]
        return inverse(matrix, scope.parts)

    # The key names the matrix: all of it but its last two subscripts.
    key = ("inverse", scalar_id(scope.target(node).id, scope.subscripts(node, scope.target(node))[:-2]))
    return scope.parts.once(key, make)[rows.place * size + columns.place]


def _by_priority(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    requests, priorities = (_vector(scope, argument, call) for argument in arguments[:2])
    width, supply = scope.resolve(arguments[3]), scope.resolve(arguments[4])

    def make() -> list[Expression]:
        named = scope.parts.named(width), scope.parts.named(supply)
        return by_priority(requests.terms, priorities.terms, *named, scope.parts)

    key = ("priority", requests.key, priorities.key, key_of(width), key_of(supply))
    return scope.parts.once(key, make)[requests.place]


def _available(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    requests = _vector(scope, arguments[0], call)
    profiles, curves = _curves(scope, arguments[1], call)
    if len(curves) != len(requests.terms):
        text = f"there are {len(requests.terms)} requests and {len(curves)} curves of priority; give each request one"
        raise scope.error(call.where, text)
    _refuse_above(_MOST_REQUESTS, len(curves), scope, call.where, "requests to share among")
    supply = scope.resolve(arguments[2])

    def make() -> list[Expression]:
        asked = [AllocationRequest(term, *curve) for term, curve in zip(requests.terms, curves, strict=True)]
        return by_curves(asked, supply, scope.parts)

    return scope.parts.once(("available", requests.key, profiles, key_of(supply)), make)[requests.place]


def _curves(scope: Scope, node: Expression, call: Call) -> tuple[str, list[tuple[Expression, Expression, Expression]]]:
    """Return a name for some curves of priority, and kind, middle and width of each.

    They stand side by side in the last dimension, from the element that is named; what follows them is the
    elasticity of a kind that cannot be run.
    """
    kinds = _vector(scope, node, call, axis=-2)
    assert isinstance(node, Reference)
    target = scope.target(node)
    ids = scope.subscripts(node, target)
    *_, columns = (dimension.element_ids for dimension in scope.dimensions(target))
    first = columns.index(ids[-1])
    if len(ids) < 2 or len(columns) < first + 3:
        text = "the curves of ALLOCATE AVAILABLE need two dimensions, the last for kind, priority and width"
        raise scope.error(call.where, text)
    rows, defined = scope.dimensions(target)[-2].element_ids, scope.model.equations_of(target)
    curves: list[tuple[Expression, Expression, Expression]] = []
    for row in rows:
        kind, priority, width = (
            scope.element(node, target, (*ids[:-2], row, column)) for column in columns[first : first + 3]
        )
        value = plain_number(defined[(*ids[:-2], row, columns[first])].expression)
        if value is not None and value not in _CURVES:
            raise scope.error(call.where, f'"{kind.name}" is {value:g}; {_KNOWN_CURVES}')
        curves.append((kind, priority, width))
    return kinds.key, curves


def _time_value(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    found = date_part(arguments)
    if isinstance(found, str):
        raise scope.error(call.where, found)
    return scope.resolve(found)


def _compile_time_number(scope: Scope, node: Expression) -> Expression:
    """Resolve what decides between computations: a number where it is made of numbers and constants alone.

    Otherwise all of the computations have to be written out. A constant that was used cannot be set for a run.
    """
    used: dict[str, None] = {}

    def value_of(part: Expression) -> Expression:
        here = scope.resolve(part)
        if not isinstance(part, Reference) or not isinstance(here, Reference):
            return here
        target = scope.target(part)
        equation = scope.model.equations_of(target)[scope.subscripts(part, target)]
        value = plain_number(equation.expression) if equation.rate is None else None
        if value is None:
            return here
        used[here.id] = None
        return Number(value, part.where)

    known = _number_if_known(node, value_of)
    if isinstance(known, Number):
        scope.parts.compile_time_constants |= used
        return known
    return scope.resolve(node)


def _number_if_known(node: Expression, value_of: Callable[[Expression], Expression] | None = None) -> Expression:
    """Work out sums, differences and products of plain numbers, so that an offset that is one is known.

    `value_of` says what the operands stand for. What is not known stays as it is.
    """

    def operand(part: Expression) -> Expression | None:
        match part:
            case Unary(operator="-") | Binary(operator="+" | "-" | "*"):
                return None
            case _:
                return part if value_of is None else value_of(part)

    return fold_down_to(node, operand, _worked_out)


def _worked_out(node: Expression, operands: tuple[Expression, ...]) -> Expression:
    match node, operands:
        case Unary(), (Number(value=value),):
            return Number(-value, node.where)
        case Binary(operator=operator), (Number(value=left), Number(value=right)):
            return Number({"+": left + right, "-": left - right, "*": left * right}[operator], node.where)
        case _:
            return node


ARRAY_FUNCTIONS: Mapping[str, ArrayFunction] = {
    **{name: _over_all(combine) for name, combine in FOLDS.items()},
    "size": _size,
    "vector select": _vector_select,
    "vector elm map": _vector_elm_map,
    ELEMENT: _element,
    "vector rank": _vector_rank,
    "vector sort order": _vector_sort_order,
    "vector reorder": _vector_reorder,
    "invert matrix": _invert_matrix,
    "allocate by priority": _by_priority,
    "allocate available": _available,
    "get time value": _time_value,
}
"""How each function is written out."""
