"""How functions of whole arrays, and those of dates, are written out for one element: a table of rewrites.

Sources: Vensim's reference manual, "Arrays, Vectors and Subscripts"; XMILE 1.0, section 3.7.1.3.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from itertools import product

from egovsim.compiler.lowering.allocation_functions import ALLOCATIONS
from egovsim.compiler.lowering.array_algebra import (
    FOLDS,
    Terms,
    element_at,
    inverse,
    ranks,
    selected,
    sort_order,
)
from egovsim.compiler.lowering.known_numbers import compile_time_number, number_if_known
from egovsim.compiler.lowering.lookup_functions import LOOKUP_FUNCTIONS
from egovsim.compiler.lowering.scopes import ArrayFunction, Scope
from egovsim.compiler.lowering.traversal import key_of
from egovsim.compiler.lowering.vectors import Vector, refuse_above, vector_of
from egovsim.model.arrays import LARGEST_ARRAY, element_meant, elements_of_subscript, product_of
from egovsim.model.calendar import date_part
from egovsim.model.conveyors import CONVEYOR_PROFILE
from egovsim.model.dependencies import references
from egovsim.model.expression import (
    Binary,
    Call,
    Expression,
    If,
    LookupCall,
    Number,
    Reference,
    Star,
    Where,
    fold,
    with_children,
)
from egovsim.model.functions import ELEMENT
from egovsim.model.model import Dimension
from egovsim.names import scalar_id


def _all_elements(scope: Scope, arguments: Sequence[Expression]) -> list[list[Expression]]:
    """Resolve expressions once for every combination of elements of the starred dimensions in any of them."""
    named = [_name_stars(scope, argument) for argument in arguments]
    stars = list(dict.fromkeys(star for argument in named for star in _stars(argument)))
    elements = [_starred_elements(scope, star, arguments[0].where) for star in stars]
    refuse_above(LARGEST_ARRAY, math.prod(map(len, elements)), scope, arguments[0].where, "elements to go over")
    found: list[list[Expression]] = []
    for ids in product(*elements):
        inner = scope.inside(dict(zip(stars, ids, strict=True)))
        found.append([inner.resolve(argument) for argument in named])
    return found


_LONGEST_SORTED, _LARGEST_INVERTED = 400, 32
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
    named = [_star_named(scope, subscript, dimension, node.where) for subscript, dimension in pairs]
    return replace(node, subscripts=(*named, *given[len(named) :]))


def _star_named(scope: Scope, subscript: str | Star, dimension: Dimension, where: Where) -> str:
    if isinstance(subscript, Star):
        _refuse_foreign(scope, subscript.dimension or dimension.id, dimension, where)
        parts = (_STARRED + (subscript.dimension or dimension.id), subscript.first, subscript.last)
        return "\n".join(parts).rstrip()
    free = element_meant(scope.model, scope.context, subscript, dimension) is None
    return _STARRED + subscript if free and subscript in scope.model.dimension_by_id else subscript


def _refuse_foreign(scope: Scope, name: str, dimension: Dimension, where: Where) -> None:
    """Refuse a star over what is no part of a dimension."""
    if not set(elements_of_subscript(scope.model, name)).issubset(dimension.element_ids):
        known = ", ".join(dimension.elements)
        text = f'"{name}" is no part of "{dimension.name}" ({known}), so nothing runs over it there; name a part of it'
        raise scope.error(where, text)


def _stars(node: Expression) -> list[str]:
    subscripts = [subscript for reference in references(node) for subscript in reference.subscripts]
    return [name for name in dict.fromkeys(subscripts) if isinstance(name, str) and name.startswith(_STARRED)]


def _starred_elements(scope: Scope, star: str, where: Where) -> tuple[str, ...]:
    name, *ends = star.removeprefix(_STARRED).split("\n")
    every = elements_of_subscript(scope.model, name)
    ranges = scope.model.dimension_by_id
    if name in ranges and ranges[name].has_repeats:
        # Without its exclamation mark no reader knows that a function runs over it.
        raise scope.error(
            where,
            f'"{name}" lists an element twice, and how often it counts is not known; use a range that lists each once',
        )
    if not ends:
        return every
    numbers = {str(number): number - 1 for number in range(1, len(every) + 1)}
    places = numbers | {element: place for place, element in enumerate(every)}
    for end in ends:
        if end not in places:
            known = ", ".join(every)
            raise scope.error(where, f'"{end}" is not an element of "{name}" ({known}), so no end of a slice of it')
    first, last = (places[end] for end in ends)
    if first > last:
        raise scope.error(where, f"the slice {':'.join(ends)} begins behind its end; exchange the two")
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
    return selected(pairs, scope.resolve(missing), compile_time_number(scope, action), scope.parts)


def _interpolate(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    """Between the elements of a vector, evenly spread from 0 to 1; beyond these the first and the last (unverified)."""
    named = _name_stars(scope, arguments[0])
    if len(_stars(named)) != 1:
        raise scope.error(call.where, "INTERPOLATE takes a vector here: give a star to one dimension")
    terms = [term for (term,) in _all_elements(scope, arguments[:1])]
    last = Number(float(len(terms) - 1))
    place = scope.parts.named(
        Call("max", (Number(0.0), Call("min", (last, _times(scope.resolve(arguments[1]), last)))))
    )
    value = terms[-1]
    for number in reversed(range(len(terms) - 1)):
        part = Binary("-", place, Number(float(number)))
        between = Binary("+", terms[number], _times(Binary("-", terms[number + 1], terms[number]), part))
        value = If(Binary("<", place, Number(number + 1.0)), between, value)
    return value


def _times(left: Expression, right: Expression) -> Expression:
    return Binary("*", left, right)


def _conveyor_profile(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    terms = [term for argument in arguments for (term,) in _all_elements(scope, (argument,))]
    return Call(call.function, tuple(terms), call.where)


def _percentile(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    """Return the one element that there is, which every percentile is: Stella's models have a dimension of runs."""
    terms = [term for (term,) in _all_elements(scope, arguments[:1])]
    if len(terms) != 1:
        raise scope.error(call.where, f"PERCENTILE of {len(terms)} elements cannot be run yet, only that of one")
    return terms[0]


def _vector_elm_map(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    """Count the elements of the variable through, the last subscript fastest, from the one that is named."""
    node, offset = arguments
    if not isinstance(node, Reference):
        raise scope.error(call.where, "the first argument of VECTOR ELM MAP must be one element of an array")
    target = scope.target(node)
    every = product_of(scope.model, target)
    start = every.index(scope.subscripts(node, target))
    index = number_if_known(Binary("+", scope.resolve(offset), Number(float(start))))
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
    refuse_above(LARGEST_ARRAY, count, scope, call.where, "elements to choose from")

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
    place = number_if_known(Binary("-", scope.resolve(subscript), Number(1.0)))
    return place if isinstance(place, Number) else scope.parts.named(place)


def _ranks(scope: Scope, vector: Vector, call: Call) -> list[Expression]:
    direction = compile_time_number(scope, call.arguments[1])
    refuse_above(_LONGEST_SORTED, len(vector.terms), scope, call.where, "elements to sort")

    def make() -> list[Expression]:
        return [scope.parts.named(rank) for rank in ranks(vector.terms, direction)]

    return scope.parts.once(("rank", vector.key, key_of(direction)), make)


def _vector_rank(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    vector = vector_of(scope, arguments[0], call)
    return _ranks(scope, vector, call)[vector.place]


def _rank(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    """Return the place of the n-th smallest (isee's help, "Array builtins"); not a number where there is no such.

    Equals stand in the order of the second vector, and then in their own (unverified).
    """
    vector, wanted, *second = arguments
    if len(_stars(_name_stars(scope, vector))) != 1:
        raise scope.error(call.where, "RANK takes a vector: give a star to one dimension")
    rows = _all_elements(scope, (vector, *second))
    refuse_above(_LONGEST_SORTED, len(rows), scope, call.where, "elements to sort")

    def make() -> list[Expression]:
        return [scope.parts.named(rank) for rank in _ranks_of(rows)]

    here = scope.parts.once(("place", *(key_of(term) for row in rows for term in row)), make)
    number = scope.parts.named(scope.resolve(wanted))
    place = scope.parts.named(
        FOLDS["sum"]([_times(Number(float(at)), Binary("=", rank, number)) for at, rank in enumerate(here, 1)])
    )
    return If(Binary("=", place, Number(0.0)), Number(math.nan), place)


def _ranks_of(rows: Sequence[Terms]) -> list[Expression]:
    """Rank rows of one term or two, smallest first, by the second where the first are equal; equals in order."""

    def before(left_row: Terms, right_row: Terms, *, is_earlier: bool) -> Expression:
        found: Expression = Number(1.0 if is_earlier else 0.0)
        for left, right in reversed(list(zip(left_row, right_row, strict=True))):
            found = If(Binary("<", left, right), Number(1.0), If(Binary("=", left, right), found, Number(0.0)))
        return found

    found: list[Expression] = []
    for place, row in enumerate(rows):
        others = [(number, other) for number, other in enumerate(rows) if number != place]
        smaller = [before(other, row, is_earlier=number < place) for number, other in others]
        found.append(FOLDS["sum"]([Number(1.0), *smaller]))
    return found


def _vector_sort_order(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    vector = vector_of(scope, arguments[0], call)
    return sort_order(_ranks(scope, vector, call))[vector.place]


def _vector_reorder(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    vector = vector_of(scope, arguments[0], call)
    return element_at(scope.parts.named(scope.resolve(arguments[1])), vector.terms)


def _invert_matrix(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    node = arguments[0]
    rows = vector_of(scope, node, call, axis=-2)
    columns = vector_of(scope, node, call)
    size = len(rows.terms)
    if len(columns.terms) != size or not isinstance(node, Reference):
        raise scope.error(call.where, f"the matrix has {size} rows and {len(columns.terms)} columns; it must be square")
    refuse_above(_LARGEST_INVERTED, size, scope, call.where, "rows to invert")

    def make() -> list[Expression]:
        target = scope.target(node)
        first = scope.subscripts(node, target)[:-2]
        row_ids, column_ids = (dimension.element_ids for dimension in scope.dimensions(target)[-2:])
        matrix = [[scope.element(node, target, (*first, row, column)) for column in column_ids] for row in row_ids]
        return inverse(matrix, scope.parts)

    # The key names the matrix: all of it but its last two subscripts.
    key = ("inverse", scalar_id(scope.target(node).id, scope.subscripts(node, scope.target(node))[:-2]))
    return scope.parts.once(key, make)[rows.place * size + columns.place]


def _time_value(scope: Scope, arguments: tuple[Expression, ...], call: Call) -> Expression:
    found = date_part(arguments)
    if isinstance(found, str):
        raise scope.error(call.where, found)
    return scope.resolve(found)


ARRAY_FUNCTIONS: Mapping[str, ArrayFunction] = {
    **{name: _over_all(combine) for name, combine in FOLDS.items()},
    "size": _size,
    "interpolate": _interpolate,
    "percentile": _percentile,
    CONVEYOR_PROFILE: _conveyor_profile,
    "vector select": _vector_select,
    "vector elm map": _vector_elm_map,
    ELEMENT: _element,
    "rank": _rank,
    "vector rank": _vector_rank,
    "vector sort order": _vector_sort_order,
    "vector reorder": _vector_reorder,
    "invert matrix": _invert_matrix,
    **ALLOCATIONS,
    **LOOKUP_FUNCTIONS,
    "get time value": _time_value,
}
"""How each function is written out."""
