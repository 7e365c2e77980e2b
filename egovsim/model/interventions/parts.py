"""What interventions are made of: equations that read other variables in place of some, and switches."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from egovsim.model.expression import Binary, Expression, Number, Reference, rewrite
from egovsim.model.variable import Equation, Variable
from egovsim.names import canonical


def referring(expression: Expression, names: Mapping[str, str]) -> Expression:
    """Return an expression that refers to other variables in place of some.

    Parameters
    ----------
    expression : Expression
        Any.
    names : mapping of str to str
        By canonical name of a variable, the name of the one that is referred to instead.

    Returns
    -------
    Expression
        With the same subscripts.
    """

    def change(node: Expression) -> Expression:
        if isinstance(node, Reference) and node.id in names:
            return Reference(names[node.id], canonical(names[node.id]), node.subscripts, node.where)
        return node

    return rewrite(expression, change)


def reading(user: Variable, names: Mapping[str, str]) -> Variable:
    """Return a variable that reads others in place of some while a model runs.

    Parameters
    ----------
    user : Variable
        Any; a lookup reads nothing.
    names : mapping of str to str
        As in `referring`.

    Returns
    -------
    Variable
        A stock's initial value is left alone.
    """
    if user.kind == "lookup":
        return user
    if user.kind != "stock":
        return reading_always(user, names)
    return replace(user, equations=tuple(replace(each, rate=_optional(each.rate, names)) for each in user.equations))


def reading_always(user: Variable, names: Mapping[str, str]) -> Variable:
    """Return a variable that reads others in place of some, in its initial value too.

    Parameters
    ----------
    user : Variable
        Any.
    names : mapping of str to str
        As in `referring`.

    Returns
    -------
    Variable
        With the same name.
    """
    equations = tuple(
        replace(each, expression=_optional(each.expression, names), rate=_optional(each.rate, names))
        for each in user.equations
    )
    return replace(user, equations=equations)


def _optional(expression: Expression | None, names: Mapping[str, str]) -> Expression | None:
    return None if expression is None else referring(expression, names)


def switch(name: str) -> Variable:
    """Return a constant that is off, 0, until a run sets it to 1.

    Parameters
    ----------
    name : str
        What it is called.

    Returns
    -------
    Variable
        A new constant.
    """
    return Variable(name, "auxiliary", (Equation(Number(0.0)),))


def is_on(name: str) -> Expression:
    """Return the condition that a switch is on.

    Parameters
    ----------
    name : str
        The name of the switch.

    Returns
    -------
    Expression
        True from a half on.
    """
    return Binary(">", Reference(name, canonical(name)), Number(0.5))
