"""Numbers that are known while equations are written out, and so decide what is written."""

from __future__ import annotations

from collections.abc import Callable

from egovsim.compiler.lowering.scopes import Scope
from egovsim.compiler.lowering.traversal import fold_down_to
from egovsim.model.expression import Binary, Expression, Number, Reference, Unary
from egovsim.model.variable import plain_number


def compile_time_number(scope: Scope, node: Expression) -> Expression:
    """Resolve what decides between computations: a number where it is made of numbers and constants alone.

    Otherwise all of the computations have to be written out. A constant that was used cannot be set for a run.

    Parameters
    ----------
    scope : Scope
        Where it is read.
    node : Expression
        An argument, as the modeller wrote it.

    Returns
    -------
    Expression
        A number, or the argument of scalars.
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

    known = number_if_known(node, value_of)
    if isinstance(known, Number):
        scope.parts.compile_time_constants |= used
        return known
    return scope.resolve(node)


def number_if_known(node: Expression, value_of: Callable[[Expression], Expression] | None = None) -> Expression:
    """Work out sums, differences and products of plain numbers, so that an offset that is one is known.

    Parameters
    ----------
    node : Expression
        Of scalars, or as the modeller wrote it.
    value_of : callable, optional
        Says what the operands stand for.

    Returns
    -------
    Expression
        The number; what is not known stays as it is.
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
