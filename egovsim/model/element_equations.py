"""The elements of an array, and which of its equations each of them has."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product

from egovsim.model.variable import Equation, Variable
from egovsim.names import canonical

Elements = Mapping[str, tuple[str, ...]]
"""The ids of the elements of every dimension of a model, by the id of the dimension."""


def every_element(variable: Variable, elements: Elements) -> tuple[tuple[str, ...], ...]:
    """Return the elements of a variable, those without an equation too.

    Parameters
    ----------
    variable : Variable
        Any.
    elements : mapping of str to tuple of str
        Of the model's dimensions.

    Returns
    -------
    tuple of tuple of str
        Every combination of ids, the last dimension fastest; ``((),)`` for a scalar.
    """
    return tuple(product(*(elements[canonical(dimension)] for dimension in variable.dimensions)))


def equation_by_element(variable: Variable, elements: Elements) -> dict[tuple[str, ...], Equation]:
    """Return the equation of each element that has one; a more particular one replaces a more general one.

    Parameters
    ----------
    variable : Variable
        Any.
    elements : mapping of str to tuple of str
        Of the model's dimensions.

    Returns
    -------
    dict of tuple of str to Equation
        By the ids of the element, in the order of `every_element`; of a scalar variable by ``()``.
    """
    found: dict[tuple[str, ...], Equation] = {}

    def generality(equation: Equation) -> int:
        return sum(element in elements for element in equation.elements) if equation.elements else len(elements) + 1

    for equation in sorted(variable.equations, key=generality, reverse=True):
        written = equation.elements or tuple(map(canonical, variable.dimensions))
        for ids in product(*(elements.get(subscript, (subscript,)) for subscript in written)):
            found[ids] = equation
    if len(variable.equations) == 1 and not variable.equations[0].elements:
        return found
    return {ids: found[ids] for ids in every_element(variable, elements) if ids in found}
