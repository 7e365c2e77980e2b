"""The vector that a function of arrays takes: the elements of an array along one of its dimensions."""

from __future__ import annotations

from dataclasses import dataclass

from egovsim.compiler.lowering.scopes import Scope
from egovsim.model.expression import Call, Expression, Reference, Where
from egovsim.model.model import Dimension
from egovsim.names import scalar_id


@dataclass(frozen=True, slots=True)
class Vector:
    """A vector, and the place in it that is asked for.

    Parameters
    ----------
    key : str
        What it is, for the elements that share a result.
    ids : tuple of str
        The elements of the dimension that it runs along.
    terms : list of Expression
        Its own elements.
    place : int
        Which of them stands at the element that the equation is written out for, counted from 0.
    """

    key: str
    ids: tuple[str, ...]
    terms: list[Expression]
    place: int


def vector_of(scope: Scope, node: Expression, call: Call, *, axis: int = -1) -> Vector:
    """Find the elements of an array over one of its dimensions, the others as the equation has them.

    Where a sub-range is named for that dimension the vector is that of the sub-range.

    Parameters
    ----------
    scope : Scope
        Where the call is read.
    node : Expression
        The argument.
    call : Call
        The call that it is an argument of.
    axis : int
        The dimension, counted as in a list.

    Returns
    -------
    Vector
        Its terms, and the place that is asked for.

    Raises
    ------
    ModelError
        When the argument is no array.
    """
    if not isinstance(node, Reference):
        raise scope.error(call.where, f"the vector of {call.function.upper()} must be an array, not an expression")
    target = scope.target(node)
    dimensions = scope.dimensions(target)
    if not dimensions:
        raise scope.error(call.where, f'"{target.name}" is no array; {call.function.upper()} needs one')
    ids = scope.subscripts(node, target)
    axis %= len(ids)
    elements = _elements(scope, node, axis, dimensions[axis], ids[axis])
    along = [(*ids[:axis], id, *ids[axis + 1 :]) for id in elements]
    terms: list[Expression] = [scope.element(node, target, element) for element in along]
    part = "" if elements == dimensions[axis].element_ids else " OF " + ",".join(elements)
    key = scalar_id(target.id, (*ids[:axis], f"ALL{part}", *ids[axis + 1 :]))
    return Vector(key, elements, terms, elements.index(ids[axis]))


def _elements(scope: Scope, node: Reference, axis: int, dimension: Dimension, here: str) -> tuple[str, ...]:
    """Return the elements of the sub-range that is named, else those of the whole dimension."""
    named = node.subscripts[axis] if node.subscripts else None
    if isinstance(named, str) and named in scope.model.dimension_by_id:
        elements = tuple(dict.fromkeys(scope.model.dimension_by_id[named].element_ids))
        if here in elements and set(elements) <= set(dimension.element_ids):
            return elements
    return dimension.element_ids


def refuse_above(limit: int, count: int, scope: Scope, where: Where, what: str) -> None:
    """Refuse what would be written out at too great a length.

    Parameters
    ----------
    limit, count : int
        How many can be run, and how many there are.
    scope : Scope
        Where they are.
    where : Where
        The place of the call.
    what : str
        What they are, in the plural.

    Raises
    ------
    ModelError
        When there are more than the limit.
    """
    if count > limit:
        raise scope.error(where, f"{count} {what} are too many; {limit} can be run")
