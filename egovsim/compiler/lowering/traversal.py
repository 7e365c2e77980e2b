"""Ways through an expression without recursion: equations of files nest deeper than Python calls may."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

from egovsim.model.expression import Expression, Number, children, children_first, with_children

Value = TypeVar("Value")


def fold_down_to(
    node: Expression,
    leaf: Callable[[Expression], Value | None],
    combine: Callable[[Expression, tuple[Value, ...]], Value],
) -> Value:
    """Compute a value of an expression, without going below some of its nodes.

    Parameters
    ----------
    node : Expression
        The whole expression.
    leaf : callable
        ``leaf(node)`` returns the value of a node that is not to be entered, else None. It is called before anything
        below the node, left to right.
    combine : callable
        ``combine(node, values)`` returns the value of a node that was entered from those of its operands.

    Returns
    -------
    object
        The value of the whole.
    """
    values: list[Value] = []
    waiting = [(node, False)]
    while waiting:
        part, is_entered = waiting.pop()
        operands = children(part)
        if is_entered:
            first = len(values) - len(operands)
            values[first:] = [combine(part, tuple(values[first:]))]
            continue
        value = leaf(part)
        if value is not None:
            values.append(value)
        else:
            waiting.append((part, True))
            waiting += [(operand, False) for operand in reversed(operands)]
    return values[0]


def key_of(expression: Expression) -> tuple[Expression, ...]:
    """Describe an expression by something that may be hashed and compared however deep the expression is.

    Parameters
    ----------
    expression : Expression
        Of any depth.

    Returns
    -------
    tuple of Expression
        Its nodes, operands first, with nothing below them: equal for equal expressions alone.
    """
    return tuple(with_children(node, (_NOTHING,) * len(children(node))) for node in children_first(expression))


_NOTHING = Number(0.0)
