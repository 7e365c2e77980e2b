"""What subscripts stand for: elements, dimensions, parts of dimensions, and dimensions mapped onto another.

Sources: Vensim's reference manual, "Subscripts" (subranges, mapping, equivalence); XMILE 1.0, section 3.7.1.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from egovsim.model.model import Dimension, Equation, Model, Variable
from egovsim.names import canonical

Context = Mapping[str, str]
"""Which element each dimension stands for where an equation is read for one element; all are ids."""


def elements_of_subscript(model: Model, subscript: str) -> tuple[str, ...]:
    """Return the ids of the elements that a subscript names: those of a dimension, or the one element."""
    dimension = model.dimension_by_id.get(subscript)
    return dimension.element_ids if dimension else (subscript,)


def equation_by_element(model: Model, variable: Variable) -> dict[tuple[str, ...], Equation]:
    """Return the equation of each element that has one; a more particular one replaces a more general one."""
    found: dict[tuple[str, ...], Equation] = {}
    particular = sorted(variable.equations, key=lambda one: _generality(model, one), reverse=True)
    for equation in particular:
        choices = [elements_of_subscript(model, element) for element in equation.elements]
        if not choices:
            choices = [model.dimension_by_id[canonical(dimension)].element_ids for dimension in variable.dimensions]
        for ids in product(*choices):
            found[ids] = equation
    return found


def _generality(model: Model, equation: Equation) -> int:
    if not equation.elements:
        return len(model.dimensions) + 1
    return sum(element in model.dimension_by_id for element in equation.elements)


def context_of(model: Model, variable: Variable, equation: Equation, ids: tuple[str, ...]) -> dict[str, str]:
    """Return which element each dimension of the left side stands for, where the equation is that of `ids`.

    A dimension that is written out on the left comes before one of which only an element is written there
    (``x[Area, urban]`` of a variable over Area twice).
    """
    axes = [canonical(dimension) for dimension in variable.dimensions]
    written = equation.elements or tuple(axes)
    context: dict[str, str] = {}
    for whole in (False, True):
        for axis, left, id in zip(axes, written, ids, strict=True):
            if (left in model.dimension_by_id) == whole:
                context[axis] = id
                context[left] = id
    return {name: id for name, id in context.items() if name in model.dimension_by_id}


def element_meant(model: Model, context: Context, subscript: str, dimension: Dimension) -> str | None:
    """Return the element of `dimension` that a subscript stands for; None when it stands for none.

    It is the element that the left side gives to it, an element's own name, the element that a mapping
    gives, or, of a dimension that shares elements with one of the left side, the shared one.
    """
    own = dimension.element_ids
    if subscript in context:
        return context[subscript] if context[subscript] in own else None
    source = model.dimension_by_id.get(subscript)
    if source is None:
        return subscript if subscript in own else None
    for target, pairs in source.mappings:
        given = {context[target]} if target in context else set(context.values())
        for one, served in pairs:
            if one in own and given.intersection(served):
                return one
    shared = {one for one in context.values() if one in source.element_ids and one in own}
    return shared.pop() if len(shared) == 1 else None


def number_meant(model: Model, context: Context, id: str) -> float | None:
    """Return the number that a dimension or an element stands for where a value is needed; None for another name.

    It is the element's place, from 1, in the largest dimension that holds it: Vensim numbers the elements of a
    part as those of the whole.
    """
    if id not in model.subscript_ids:
        return None
    dimension = model.dimension_by_id.get(id)
    element = id if dimension is None else element_meant(model, context, id, dimension)
    if element is None:
        return None
    holding = [one.element_ids for one in model.dimensions if element in one.element_ids]
    return float(max(holding, key=len).index(element) + 1)
