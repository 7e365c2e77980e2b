"""All expressions of a variable at once: looked through, or changed."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace

from egovsim.model.dependencies import references
from egovsim.model.expression import Expression, walk
from egovsim.model.variable import Equation, Variable


def nodes_of(variable: Variable) -> Iterator[Expression]:
    """Yield every node of every expression of a variable.

    Parameters
    ----------
    variable : Variable
        Any.

    Yields
    ------
    Expression
        Equation by equation, parents first.
    """
    return (node for expression in variable.expressions for node in walk(expression))


def with_expressions(variable: Variable, change: Callable[[Expression], Expression]) -> Variable:
    """Return a variable with other expressions.

    Parameters
    ----------
    variable : Variable
        Any.
    change : callable
        Returns what stands in the place of a whole expression.

    Returns
    -------
    Variable
        The same one when `change` returns what it is given.
    """
    equations = tuple(equation_with_expressions(equation, change) for equation in variable.equations)
    same = all(new is old for new, old in zip(equations, variable.equations, strict=True))
    return variable if same else replace(variable, equations=equations)


def equation_with_expressions(equation: Equation, change: Callable[[Expression], Expression]) -> Equation:
    """Return an equation with other expressions.

    Parameters
    ----------
    equation : Equation
        Any.
    change : callable
        Returns what stands in the place of a whole expression.

    Returns
    -------
    Equation
        The same one when `change` returns what it is given.
    """
    expression = None if equation.expression is None else change(equation.expression)
    rate = None if equation.rate is None else change(equation.rate)
    same = expression is equation.expression and rate is equation.rate
    return equation if same else replace(equation, expression=expression, rate=rate)


def names_in(variables: Iterable[Variable]) -> set[str]:
    """Return all that the equations of some variables speak of.

    Parameters
    ----------
    variables : iterable of Variable
        Any.

    Returns
    -------
    set of str
        Canonical names, whether there is such a variable or not.
    """
    return {
        reference.id
        for variable in variables
        for expression in variable.expressions
        for reference in references(expression)
    }
