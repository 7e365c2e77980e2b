"""The closed union of expression nodes.

Every node is frozen and keeps where it stood; the position takes no part in comparison, so two
models that say the same are equal whatever file they came from.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from typing import Literal, TypeVar, cast


@dataclass(frozen=True, slots=True)
class Where:
    """A place in a file: line and column count from 1; line 0 means the file as a whole."""

    file: str
    line: int = 0
    column: int = 0

    def __str__(self) -> str:
        return f"{self.file}, line {self.line}" if self.line else self.file


NOWHERE = Where("(built)")


@dataclass(frozen=True, slots=True)
class Number:
    """A literal number."""

    value: float
    where: Where = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Star:
    """A whole dimension as a subscript: ``x[*]``, or Vensim's ``x[sector!]``, which names the dimension.

    `dimension` is the canonical id of the named one; places that name the same are gone over together.
    `first` and `last` are the ids of the ends of a slice, ``x[first:last]`` (XMILE 1.0, section 3.7.1.2).
    """

    dimension: str = ""
    first: str = ""
    last: str = ""


@dataclass(frozen=True, slots=True)
class Reference:
    """The value of a variable, or of one of its elements.

    `name` is as the modeller wrote it, `id` its canonical form. A subscript is the canonical id of
    an element or of a dimension, or `Star`.
    """

    name: str = field(compare=False, repr=False)
    id: str
    subscripts: tuple[str | Star, ...] = ()
    where: Where = field(default=NOWHERE, compare=False, repr=False)


ClockName = Literal["time", "step time", "time step", "initial time", "final time"]
"""Values of the clock; ``step time`` is the time at which the step began, and stands still within a step of Runge and
Kutta, as data does in Vensim (its reference, "Runge-Kutta Integration")."""


@dataclass(frozen=True, slots=True)
class ClockValue:
    """A value of the simulation clock."""

    which: ClockName
    where: Where = field(default=NOWHERE, compare=False, repr=False)


class _Nested:
    """A node with operands: compared, hashed and written without recursion (files nest deep)."""

    __slots__ = ()

    def __repr__(self) -> str:
        return _text(cast("Expression", self))

    def __eq__(self, other: object) -> bool:
        return type(other) is type(self) and _are_same(cast("Expression", self), cast("Expression", other))

    def __hash__(self) -> int:
        return fold(cast("Expression", self), _hash)


UnaryOperator = Literal["-", "not"]
BinaryOperator = Literal["+", "-", "*", "/", "^", "mod", "=", "<>", "<", "<=", ">", ">=", "and", "or"]


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Unary(_Nested):
    """A sign or a negation."""

    operator: UnaryOperator
    operand: Expression
    where: Where = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Binary(_Nested):
    """An arithmetic, comparison or logical operation of two operands; truth is 1, falsehood 0."""

    operator: BinaryOperator
    left: Expression
    right: Expression
    where: Where = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class If(_Nested):
    """A choice; both sides are evaluated, so they must not have effects, and in this language none has."""

    condition: Expression
    then: Expression
    otherwise: Expression
    where: Where = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class Call(_Nested):
    """A function of the language; `function` is a key of ``model.functions.FUNCTIONS``."""

    function: str
    arguments: tuple[Expression, ...]
    where: Where = field(default=NOWHERE, compare=False, repr=False)


LookupKind = Literal["continuous", "extrapolate", "discrete", "forward", "raw"]


NOT_AVAILABLE = -(2.0**109)
"""The number that Vensim's ``:NA:`` is in comparisons."""


@dataclass(frozen=True, slots=True)
class Table:
    """The points of a graphical function: `x` ascending, `y` of the same length.

    ``continuous`` interpolates and is flat outside, ``extrapolate`` goes on with the end slopes,
    ``discrete`` holds each y from its x up to the next (XMILE 1.0, section 3.1.4).  Series of data have
    two more: ``forward`` is the y of the next x, ``raw`` is y at the points alone and elsewhere
    `NOT_AVAILABLE` (Vensim's reference, "Data Equations").
    """

    x: tuple[float, ...]
    y: tuple[float, ...]
    kind: LookupKind = "continuous"


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class TableCall(_Nested):
    """A graphical function given in place, applied to an argument."""

    table: Table
    argument: Expression
    where: Where = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True, eq=False, repr=False)
class LookupCall(_Nested):
    """The graphical function of a named variable, applied to an argument."""

    lookup: Reference
    argument: Expression
    where: Where = field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unsupported:
    """What parses and cannot be run: its text, and why."""

    text: str
    reason: str
    where: Where = field(default=NOWHERE, compare=False, repr=False)


Expression = Number | Reference | ClockValue | Unary | Binary | If | Call | TableCall | LookupCall | Unsupported


def children(node: Expression) -> tuple[Expression, ...]:
    """Return the operands of a node.

    Parameters
    ----------
    node : Expression
        Any node.

    Returns
    -------
    tuple of Expression
        Left to right.
    """
    match node:
        case Number() | Reference() | ClockValue() | Unsupported():
            return ()
        case Unary(operand=operand):
            return (operand,)
        case Binary(left=left, right=right):
            return (left, right)
        case If(condition=condition, then=then, otherwise=otherwise):
            return (condition, then, otherwise)
        case Call(arguments=arguments):
            return arguments
        case TableCall(argument=argument):
            return (argument,)
        case LookupCall(argument=argument):
            return (argument,)


def with_children(node: Expression, operands: tuple[Expression, ...]) -> Expression:
    """Return a node of the same kind over other operands, at the same place.

    Parameters
    ----------
    node : Expression
        Any node.
    operands : tuple of Expression
        As many as it has, left to right.

    Returns
    -------
    Expression
        The node itself, where it has none.
    """
    match node:
        case Number() | Reference() | ClockValue() | Unsupported():
            return node
        case Unary():
            return replace(node, operand=operands[0])
        case Binary():
            return replace(node, left=operands[0], right=operands[1])
        case If():
            return replace(node, condition=operands[0], then=operands[1], otherwise=operands[2])
        case Call():
            return replace(node, arguments=operands)
        case TableCall() | LookupCall():
            return replace(node, argument=operands[0])


def _own(node: Expression) -> object:
    """Return what tells a node from another one with the same operands."""
    match node:
        case Number() | Reference() | ClockValue() | Unsupported():
            return node
        case Unary(operator=own) | Binary(operator=own) | Call(function=own):
            return own
        case TableCall(table=own) | LookupCall(lookup=own):
            return own
        case If():
            return None


def _are_same(first: Expression, second: Expression) -> bool:
    waiting = [(first, second)]
    while waiting:
        left, right = waiting.pop()
        if left is right:
            continue
        operands, others = children(left), children(right)
        if type(left) is not type(right) or len(operands) != len(others) or _own(left) != _own(right):
            return False
        waiting.extend(zip(operands, others, strict=True))
    return True


def _hash(node: Expression, operands: tuple[int, ...]) -> int:
    return hash((type(node), _own(node), operands)) if operands else hash(_own(node))


def _text(node: Expression) -> str:
    """Write a node as the `repr` of any data class is written; files of accepted members are tied to these bytes."""
    parts: list[str] = []
    waiting: list[str | Expression] = [node]
    while waiting:
        piece = waiting.pop()
        if isinstance(piece, str):
            parts.append(piece)
        else:
            waiting.extend(reversed(_pieces(piece)))
    return "".join(parts)


def _pieces(node: Expression) -> list[str | Expression]:
    """Return the text of a node, with its operands in their places."""
    match node:
        case Number() | Reference() | ClockValue() | Unsupported():
            return [repr(node)]
        case Unary(operator=operator, operand=operand):
            return [f"Unary(operator={operator!r}, operand=", operand, ")"]
        case Binary(operator=operator, left=left, right=right):
            return [f"Binary(operator={operator!r}, left=", left, ", right=", right, ")"]
        case If(condition=condition, then=then, otherwise=otherwise):
            return ["If(condition=", condition, ", then=", then, ", otherwise=", otherwise, ")"]
        case Call(function=function, arguments=arguments):
            listed = [piece for argument in arguments for piece in (argument, ", ")]
            end = "," if len(arguments) == 1 else ""
            return [f"Call(function={function!r}, arguments=(", *listed[:-1], end, "))"]
        case TableCall(table=table, argument=argument):
            return [f"TableCall(table={table!r}, argument=", argument, ")"]
        case LookupCall(lookup=lookup, argument=argument):
            return [f"LookupCall(lookup={lookup!r}, argument=", argument, ")"]


Value = TypeVar("Value")


def fold(node: Expression, combine: Callable[[Expression, tuple[Value, ...]], Value]) -> Value:
    """Compute a value of an expression from the values of its operands, without recursion (files nest deep).

    Parameters
    ----------
    node : Expression
        The whole expression.
    combine : callable
        ``combine(node, values)`` returns the value of a node from those of its operands, left to right. It is called
        once for every node, from the leaves up.

    Returns
    -------
    object
        The value of the whole.
    """
    if not isinstance(node, _Nested):  # most equations of a model that reads files are numbers
        return combine(node, ())
    values: list[Value] = []
    for part in children_first(node):
        first = len(values) - len(children(part))
        values[first:] = [combine(part, tuple(values[first:]))]
    return values[0]


def rewrite(node: Expression, change: Callable[[Expression], Expression]) -> Expression:
    """Return an expression in which every node is changed, from the leaves up, without recursion.

    Parameters
    ----------
    node : Expression
        The whole expression.
    change : callable
        ``change(node)`` returns what stands in the place of a node whose operands were changed already.

    Returns
    -------
    Expression
        The changed whole.
    """

    def rebuilt(part: Expression, operands: tuple[Expression, ...]) -> Expression:
        same = all(old is new for old, new in zip(children(part), operands, strict=True))
        return change(part if same else with_children(part, operands))

    return fold(node, rebuilt)


def children_first(node: Expression) -> list[Expression]:
    """Return a node and everything below it, without recursion.

    Parameters
    ----------
    node : Expression
        The whole expression.

    Returns
    -------
    list of Expression
        Each after its operands, left to right.
    """
    found: list[Expression] = []
    waiting = [node]
    while waiting:
        part = waiting.pop()
        found.append(part)
        waiting.extend(children(part))
    return found[::-1]


def walk(node: Expression) -> Iterator[Expression]:
    """Yield a node and everything below it, without recursion (files nest deep).

    Parameters
    ----------
    node : Expression
        The whole expression.

    Yields
    ------
    Expression
        Each before its operands, left to right.
    """
    waiting = [node]
    while waiting:
        part = waiting.pop()
        yield part
        waiting.extend(reversed(children(part)))
