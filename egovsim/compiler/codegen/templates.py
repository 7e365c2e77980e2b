"""Assignments of one form put together, so that one loop computes them all.

Two assignments have one form when they differ in the names, and in the numbers, that stand in them. Of a large block
those on one level, none of which depends on another, are put together form by form: a model of a hundred thousand
elements has a few thousand forms.
"""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from itertools import count

from egovsim.compiler.program import Assignment
from egovsim.model.expression import (
    Binary,
    Call,
    ClockValue,
    Expression,
    If,
    Number,
    Reference,
    TableCall,
    Unary,
    children,
    rewrite,
)
from egovsim.model.functions import is_random
from egovsim.names import made_id


def operand_id(number: int) -> str:
    """Return what a template calls the value of a name that differs from assignment to assignment.

    Parameters
    ----------
    number : int
        Its column in `Template.operands`.

    Returns
    -------
    str
        The id of no variable.
    """
    return made_id(str(number), "operand")


def number_id(number: int) -> str:
    """Return what a template calls a number that differs from assignment to assignment.

    Parameters
    ----------
    number : int
        Its column in `Template.numbers`.

    Returns
    -------
    str
        The id of no variable.
    """
    return made_id(str(number), "number")


@dataclass(frozen=True, slots=True)
class Template:
    """Assignments of one form that do not depend on each other.

    Parameters
    ----------
    assignments : tuple of Assignment
        One or more.
    expression : Expression
        That of all of them, with `operand_id` and `number_id` for what differs.
    operands : tuple of tuple of str
        For each assignment the ids that its operands stand for.
    numbers : tuple of tuple of float
        For each assignment its numbers.
    nodes : int
        How many nodes the expression has.
    """

    assignments: tuple[Assignment, ...]
    expression: Expression
    operands: tuple[tuple[str, ...], ...]
    numbers: tuple[tuple[float, ...], ...]
    nodes: int


@dataclass(frozen=True, slots=True)
class _Form:
    """What an assignment has in common with others, and what is its own: names and numbers, as they are met."""

    assignment: Assignment
    key: tuple[Hashable, ...]
    names: tuple[str, ...]
    numbers: tuple[float, ...]


def templates_of(block: Sequence[Assignment]) -> list[Template]:
    """Put the assignments of a block together by their forms.

    Parameters
    ----------
    block : sequence of Assignment
        In an order of evaluation.

    Returns
    -------
    list of Template
        In an order of evaluation; each assignment is in one of them.
    """
    levels: dict[str, int] = {}
    groups: dict[tuple[int, tuple[Hashable, ...]], list[_Form]] = {}
    for assignment in block:
        form = _form(assignment)
        level = 1 + max((levels[name] for name in form.names if name in levels), default=0)
        levels[assignment.id] = level
        groups.setdefault((level, form.key), []).append(form)
    return [_template(groups[key]) for key in sorted(groups, key=lambda key: key[0])]


def _form(assignment: Assignment) -> _Form:
    """Describe an assignment; its nodes are met in the opposite of the order in which `rewrite` changes them."""
    key: list[Hashable] = []
    names: list[str] = []
    numbers: list[float] = []
    waiting: list[Expression] = [assignment.expression]
    while waiting:
        node = waiting.pop()
        match node:
            case Reference(id=id):
                names.append(id)
                key.append("name")
                continue
            case Number(value=value):
                numbers.append(value)
                key.append("number")
                continue
            case Binary(operator=operator, right=right):
                key.append((operator, _deciding(right)) if operator == "^" else operator)
            case Call(function=function, arguments=arguments):
                key.append((function, len(arguments), _deciding_in_call(node)))
            case Unary(operator=operator):
                key.append((operator,))
            case TableCall(table=table):
                key.append(table)
            case If() | ClockValue():
                key.append(node if isinstance(node, ClockValue) else "if")
            case _:
                raise TypeError(f"{type(node).__name__} is put in place or refused before a program is made")
        waiting.extend(children(node))
    return _Form(assignment, tuple(key), tuple(names), tuple(numbers))


def _deciding(node: Expression) -> float | None:
    """Return a number that decides which instructions are written, such as a small whole exponent."""
    return node.value if isinstance(node, Number) else None


def _deciding_in_call(node: Call) -> float | None:
    if node.function == "power":
        return _deciding(node.arguments[1])
    return _deciding(node.arguments[0]) if is_random(node) else None


def _template(forms: Sequence[_Form]) -> Template:
    first = forms[0]
    # Two zeros are told apart by their signs, which `hex` shows.
    columns = list(zip(*(form.numbers for form in forms), strict=True))
    moving = [place for place, column in enumerate(columns) if len(set(map(float.hex, column))) > 1]
    place_of = {place: number for number, place in enumerate(moving)}
    numbers_met, names_met = count(len(columns) - 1, -1), count(len(first.names) - 1, -1)

    def change(node: Expression) -> Expression:
        match node:
            case Reference(name=name):
                return Reference(name, operand_id(next(names_met)), (), node.where)
            case Number():
                number = place_of.get(next(numbers_met))
                return node if number is None else Reference("", number_id(number), (), node.where)
            case _:
                return node

    return Template(
        tuple(form.assignment for form in forms),
        rewrite(first.assignment.expression, change),
        tuple(form.names for form in forms),
        tuple(tuple(form.numbers[place] for place in moving) for form in forms),
        len(first.key),
    )
