"""What subscripts stand for: elements, dimensions, parts of dimensions, and dimensions mapped onto another.

Sources: Vensim's reference manual, "Subscripts" (subranges, mapping, equivalence); XMILE 1.0, section 3.7.1.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from egovsim.errors import ModelError
from egovsim.model.element_equations import every_element
from egovsim.model.model import Dimension, Model
from egovsim.model.variable import Equation, Variable
from egovsim.names import canonical

LARGEST_ARRAY = 100_000
"""The most elements that one dimension, or one array, may have; more than that is a slip, and fills the memory."""

Context = Mapping[str, str]
"""Which element each dimension stands for where an equation is read for one element; all are ids."""


def elements_of_subscript(model: Model, subscript: str) -> tuple[str, ...]:
    """Return the elements that a subscript names.

    Parameters
    ----------
    model : Model
        The model.
    subscript : str
        The id of a dimension or of an element.

    Returns
    -------
    tuple of str
        The ids of a dimension's elements, or the one element.
    """
    dimension = model.dimension_by_id.get(subscript)
    return dimension.element_ids if dimension else (subscript,)


def product_of(model: Model, variable: Variable) -> tuple[tuple[str, ...], ...]:
    """Return the elements of a variable, those without an equation too.

    Parameters
    ----------
    model : Model
        The model.
    variable : Variable
        One of its variables.

    Returns
    -------
    tuple of tuple of str
        Every combination of ids, the last dimension fastest; ``((),)`` for a scalar.
    """
    return every_element(variable, model.element_ids)


def display_elements(model: Model, variable: Variable, ids: tuple[str, ...]) -> tuple[str, ...]:
    """Return the names of an element as the file writes them.

    Parameters
    ----------
    model : Model
        The model.
    variable : Variable
        One of its variables.
    ids : tuple of str
        An element of it.

    Returns
    -------
    tuple of str
        One for each dimension.
    """
    pairs = zip(variable.dimensions, ids, strict=True)
    return tuple(model.dimension_by_id[canonical(name)].element_names[id] for name, id in pairs)


def context_of(model: Model, variable: Variable, equation: Equation, ids: tuple[str, ...]) -> dict[str, str]:
    """Return which element each dimension of the left side stands for, where the equation is that of `ids`.

    A dimension that is written out on the left comes before one of which only an element is written there
    (``x[Area, urban]`` of a variable over Area twice).

    Parameters
    ----------
    model : Model
        The model.
    variable : Variable
        One of its variables.
    equation : Equation
        One of the variable's equations.
    ids : tuple of str
        An element that the equation is for.

    Returns
    -------
    dict of str to str
        Ids of elements by ids of dimensions.
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
    """Return the element of a dimension that a subscript stands for.

    It is the element that the left side gives to it, an element's own name, the element that a mapping
    gives, or, of a dimension that shares elements with one of the left side, the shared one.

    Parameters
    ----------
    model : Model
        The model.
    context : mapping of str to str
        Which element each dimension of the left side stands for, from `context_of`.
    subscript : str
        The id of a dimension or of an element.
    dimension : Dimension
        Where the subscript stands.

    Returns
    -------
    str or None
        The id of the element; None when it stands for none, or by a mapping for several.
    """
    own = dimension.element_ids
    if subscript in context:
        return context[subscript] if context[subscript] in own else None
    source = model.dimension_by_id.get(subscript)
    if source is None:
        return subscript if subscript in own else None
    for target, pairs in source.mappings:
        given = {context[target]} if target in context else set(context.values())
        mapped = {element for element, served in pairs if element in own and given.intersection(served)}
        if mapped:
            return mapped.pop() if len(mapped) == 1 else None
    shared = {element for element in context.values() if element in source.element_ids and element in own}
    return shared.pop() if len(shared) == 1 else None


def number_meant(model: Model, context: Context, id: str) -> float | None:
    """Return the number that a dimension or an element stands for where a value is needed.

    It is the element's place, from 1, in the largest dimension that holds it: Vensim numbers the elements of a
    part as those of the whole.

    Parameters
    ----------
    model : Model
        The model.
    context : mapping of str to str
        Which element each dimension of the left side stands for, from `context_of`.
    id : str
        Any canonical name.

    Returns
    -------
    float or None
        None for the name of anything else.
    """
    if id not in model.subscript_ids:
        return None
    dimension = model.dimension_by_id.get(id)
    element = id if dimension is None else element_meant(model, context, id, dimension)
    if element is None:
        return None
    holding = [whole.element_ids for whole in model.dimensions if element in whole.element_ids]
    return float(max(holding, key=len).index(element) + 1)


def refuse_huge(axes: Sequence[Dimension], place: str) -> None:
    """Refuse an array of more elements than any machine should be asked for.

    Parameters
    ----------
    axes : sequence of Dimension
        The array's dimensions.
    place : str
        What the message begins with.

    Raises
    ------
    ModelError
        There are more than `LARGEST_ARRAY`.
    """
    count = math.prod(len(ax.elements) for ax in axes)
    if count > LARGEST_ARRAY:
        raise ModelError(f"{place}: an array of {count} elements is too large; {LARGEST_ARRAY} can be run.")
