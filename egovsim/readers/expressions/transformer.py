"""A parse tree made into expression nodes: one method for each rule of the grammar."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from lark import Token, Tree

from egovsim.errors import ModelError
from egovsim.model.expression import (
    NOT_AVAILABLE,
    Binary,
    Call,
    Expression,
    If,
    LookupCall,
    Number,
    Reference,
    Star,
    Table,
    TableCall,
    Unary,
    UnaryOperator,
    Unsupported,
)
from egovsim.model.functions import ELEMENT
from egovsim.names import canonical
from egovsim.readers.expressions.calls import call_for_outputs, call_of
from egovsim.readers.expressions.context import Context, bare, place
from egovsim.readers.expressions.dialects import OPERATORS
from egovsim.readers.lookup_points import TableError, table_of


class Integral(NamedTuple):
    """Vensim's ``INTEG(rate, initial)``: the right side of a stock."""

    rate: Expression
    initial: Expression


class Constants(NamedTuple):
    """A list of numbers for the elements of an array."""

    values: tuple[float, ...]


def transform(root: Tree[Token], context: Context) -> Any:
    """Return what a whole parse tree stands for, built children first and without recursion (equations nest deep).

    Parameters
    ----------
    root : Tree
        From `parse_tree`.
    context : Context
        The equation that it was made of.

    Returns
    -------
    object
        What the rule at the root makes: an expression, an `Integral`, `Constants` or a `Table`.

    Raises
    ------
    ModelError
        A function gets the wrong number of arguments, or points make no lookup.
    """
    rules = _Rules(context)
    built: dict[int, Any] = {}
    for tree in root.iter_subtrees():
        parts = [part if isinstance(part, Token) else built[id(part)] for part in tree.children]
        built[id(tree)] = _METHODS[tree.data](rules, parts)
    return built[id(root)]


@dataclass(frozen=True)
class _Rules:
    """What each rule of the grammar makes of its parts: tokens, and what the rules inside it have made."""

    context: Context

    def number(self, parts: list[Any]) -> Number:
        return Number(float(parts[0]), self.context.where(parts[0]))

    def not_available(self, parts: list[Any]) -> Number:
        return Number(NOT_AVAILABLE, self.context.where(parts[0]))

    def string(self, parts: list[Any]) -> Unsupported:
        return Unsupported(str(parts[0]), "a text is not a number", self.context.where(parts[0]))

    def unary(self, parts: list[Any]) -> Expression:
        token, operand = parts
        sign = str(token)
        if sign == "+":
            return operand
        if sign == "-" and isinstance(operand, Number):
            return Number(-operand.value, self.context.where(token))
        operator: UnaryOperator = "-" if sign == "-" else "not"
        return Unary(operator, operand, self.context.where(token))

    def binary(self, parts: list[Any]) -> Expression:
        left, token, right = parts
        if token == "//":
            return Call("safediv", (left, right), left.where)
        return Binary(OPERATORS[token.lower()], left, right, left.where)

    def conditional(self, parts: list[Any]) -> If:
        word, condition, _, then, _, otherwise = parts
        return If(condition, then, otherwise, self.context.where(word))

    def reference(self, parts: list[Any]) -> Expression:
        (token,) = parts
        id, context = canonical(token), self.context
        if id == "self" and context.dialect == "xmile" and id not in context.names.variables and context.owner:
            # The variable itself, as PREVIOUS(SELF, 0) has it (XMILE 1.0, section 3.5.6).
            return Reference(context.owner, canonical(context.owner), (), context.where(token))
        number = None if id in context.names.variables else context.names.element_numbers.get(id)
        if number is not None:
            return Number(float(number), context.where(token))
        return context.built_in(token, id) or Reference(bare(token), id, (), context.where(token))

    # Subscripts

    def star(self, parts: list[Any]) -> Star:
        return Star()

    def whole(self, parts: list[Any]) -> Star:
        """Vensim's ``Dimension!``: all of a dimension, for a sum to run over."""
        return Star(canonical(parts[0]))

    def whole_named(self, parts: list[Any]) -> Star:
        """``*:dimension``, which names what the star runs over, in XMILE files of Stella and simlin."""
        return Star(canonical(parts[1]))

    def slice(self, parts: list[Any]) -> Star | None:
        first, last = map(self._end, parts)
        return None if first is None or last is None else Star("", first, last)

    def _end(self, part: Expression) -> str | None:
        """Return the id of the element at an end of a slice, or its number; None where it has to be computed."""
        found, names = _subscript(part), self.context.names
        is_computed = isinstance(part, Reference) and found in names.variables and found not in names.subscripts
        return found if isinstance(found, str) and not is_computed else None

    def subscripts(self, parts: list[Any]) -> tuple[tuple[str | Star | Expression | None, ...], Token]:
        """Return the subscripts and the closing bracket: ids, or expressions that are to be computed."""
        *inside, bracket = parts
        return tuple(map(self._index, inside)), bracket

    def _index(self, part: Expression | Star | None) -> str | Star | Expression | None:
        """Return a subscript's id, or the expression it is: of XMILE, also a variable or number that is no element."""
        found, names = _subscript(part), self.context.names
        if isinstance(found, str) and names.subscripts and found not in names.subscripts:
            if self.context.dialect == "xmile" and (isinstance(part, Number) or found in names.variables):
                return part
            return found
        return part if found is None else found

    def element(self, parts: list[Any]) -> Expression:
        token, (given, bracket) = parts
        where = self.context.where(token)
        array = Reference(bare(token), canonical(token), (), where)
        if any(isinstance(part, Star) and part.dimension in self.context.names.repeating for part in given):
            return self.context.unsupported(token, bracket, _COUNTED)
        if all(isinstance(subscript, str | Star) for subscript in given):
            return Reference(array.name, array.id, given, where)
        if self.context.dialect == "vensim" or any(
            subscript is None or isinstance(subscript, Star) for subscript in given
        ):
            return self.context.unsupported(token, bracket, "a computed subscript cannot be run here")
        places = (
            Reference(subscript, subscript, (), where) if isinstance(subscript, str) else subscript
            for subscript in given
        )
        return Call(ELEMENT, (array, *places), where)

    # Calls

    def arguments(self, parts: list[Any]) -> tuple[Expression, ...]:
        return tuple(parts)

    def outputs(self, parts: list[Any]) -> tuple[Expression, ...]:
        return tuple(parts)

    def element_call(self, parts: list[Any]) -> Expression:
        token, given, arguments, end = parts
        lookup = self.element([token, given])
        if isinstance(lookup, Reference) and len(arguments) == 1:
            return LookupCall(lookup, arguments[0], lookup.where)
        return self.context.unsupported(token, end, "an array is given arguments, and is no lookup of one argument")

    def call(self, parts: list[Any]) -> Expression:
        token, arguments, end = parts
        read = call_of(token, arguments, end, self.context)
        counted = read.arguments[0] if isinstance(read, Call) and read.function == "size" else None
        if isinstance(counted, Reference) and counted.id in self.context.names.repeating:
            return self.context.unsupported(token, end, _COUNTED)
        return read

    def call_for_outputs(self, parts: list[Any]) -> Expression:
        token, arguments, outputs, end = parts
        return call_for_outputs(token, arguments, outputs, end, self.context)

    def with_lookup(self, parts: list[Any]) -> TableCall:
        word, argument, table, _ = parts
        return TableCall(table, argument, self.context.where(word))

    # What a whole equation may be beside an expression

    def integral(self, parts: list[Any]) -> Integral:
        _, rate, initial, _ = parts
        return Integral(rate, initial)

    def constants(self, parts: list[Any]) -> Constants:
        return Constants(tuple(parts))

    def signed(self, parts: list[Any]) -> float:
        return -float(parts[1]) if parts[0] == "-" else float(parts[-1])

    # Points

    def point(self, parts: list[Any]) -> tuple[float, float]:
        x, y = parts
        return (x, y)

    def range(self, parts: list[Any]) -> None:
        """Make nothing of Vensim's range of the axes; it is for the display alone."""

    def flat_points(self, parts: list[Any]) -> Table:
        """Vensim's older form: every x, then every y."""
        values = [part for part in parts if part is not None]
        half = len(values) // 2
        return self._table(values[:half], values[half:])

    def points(self, parts: list[Any]) -> Table:
        pairs = [part for part in parts if part is not None]
        return self._table([x for x, _ in pairs], [y for _, y in pairs])

    def _table(self, x: list[float], y: list[float]) -> Table:
        try:
            return table_of(x, y)
        except TableError as error:
            raise ModelError(f"{place(self.context.span.where(0), self.context.owner)}: {error}") from error


_METHODS: dict[str, Callable[[_Rules, list[Any]], Any]] = {
    name: method for name, method in vars(_Rules).items() if callable(method) and not name.startswith("_")
}
"""The method of each rule."""


_COUNTED = (
    "the range lists an element twice, and whether Vensim counts it once or twice is not documented; "
    "use a range that lists each once"
)
"""Vensim's reference, "Subscripts", is silent; pysimlin counts it twice, PySD sums over the whole dimension."""


def _subscript(part: Expression | Star | None) -> str | Star | None:
    """Return a subscript's id: a name, or the number of an element written with digits."""
    match part:
        case Star():
            return part
        case Reference(id=id, subscripts=()):
            return id
        case Number(value=value) if value.is_integer():
            return str(int(value))
        case _:
            return None
