"""Equations as text, in XMILE's or Vensim's notation, made into expression nodes."""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from functools import cache
from importlib.resources import files
from typing import Any, Literal, NamedTuple

from lark import Lark, Token, Tree
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from egovsim.errors import ModelError, suggestion
from egovsim.model.calendar import date_part
from egovsim.model.expression import (
    NOT_AVAILABLE,
    Binary,
    BinaryOperator,
    Call,
    ClockName,
    ClockValue,
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
    Where,
)
from egovsim.model.functions import ELEMENT, Function, functions_of
from egovsim.model.notation import LONGEST, length
from egovsim.names import canonical
from egovsim.readers.data.functions import ARITY as DATA_FUNCTIONS
from egovsim.readers.data.functions import MARK as DATA
from egovsim.readers.lookup_points import TableError, table_of
from egovsim.readers.macros import MARK
from egovsim.readers.source_span import SourceSpan, span_of

Dialect = Literal["xmile", "vensim"]

BUILT_IN_NAMES: Mapping[Dialect, Mapping[str, ClockName | float]] = {
    "xmile": {
        "time": "time",
        "dt": "time step",
        "starttime": "initial time",
        "stoptime": "final time",
        "pi": math.pi,
        "inf": math.inf,
    },
    "vensim": {
        "time": "time",
        "time step": "time step",
        "initial time": "initial time",
        "final time": "final time",
    },
}
"""Names that are no variables (XMILE 1.0, section 3.5.5; Vensim's control variables)."""

_TOLERATED_NAMES: Mapping[str, ClockName] = {
    "time step": "time step",
    "initial time": "initial time",
    "final time": "final time",
}
"""Vensim's names that translators leave in XMILE files; there a variable of that name comes first."""

_OTHER_FORMS: Mapping[Dialect, frozenset[tuple[str, int]]] = {
    "xmile": frozenset({("pulse", 1), ("forcst", 4)}),
    "vensim": frozenset(),
}
"""Functions and numbers of arguments that the dialect allows and this version cannot run."""

_SIGNS: tuple[BinaryOperator, ...] = ("+", "-", "*", "/", "^", "mod", "=", "<>", "<", "<=", ">", ">=", "and", "or")

_OPERATORS: Mapping[str, BinaryOperator] = {**{one: one for one in _SIGNS}, ":and:": "and", ":or:": "or"}
"""Operators of two operands, as either dialect writes them in lower case."""

_OF_ARRAYS: Mapping[tuple[str, int], str] = {("min", 1): "vmin", ("max", 1): "vmax"}
"""Functions that are others of this project when they are given one argument: an array (XMILE, section 3.7.1.3)."""


_WITH_PIPELINE = frozenset({"delayp", "delay p"})
"""Functions of Vensim that name a variable after a colon, for what is under way (its reference, "DELAYP")."""


class Integral(NamedTuple):
    """Vensim's ``INTEG(rate, initial)``: the right side of a stock."""

    rate: Expression
    initial: Expression


class Constants(NamedTuple):
    """A list of numbers for the elements of an array."""

    values: tuple[float, ...]


@dataclass(frozen=True)
class Names:
    """What the names in an equation can mean beside the dialect's own functions; all are canonical ids.

    `variables` gives each variable of the file with its dimensions, `macros` are its macros,
    `alone` functions that stand here alone and are kept as calls of that name, whatever their arguments,
    `built_in` values that stand for a name without being a variable, `date` the year, month and day at
    time 0 and the number of the unit of time, `subscripts` the dimensions and elements of the file.
    """

    variables: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, "tuple[str, ...]"])
    macros: Collection[str] = frozenset()
    alone: Collection[str] = frozenset()
    built_in: Mapping[str, ClockName | float] = field(default_factory=dict[str, "ClockName | float"])
    date: tuple[int, ...] = ()
    subscripts: Collection[str] = frozenset()


@cache
def _parser(dialect: Dialect) -> Lark:
    """Build the parser of a dialect: the shared rules and its own terminals of the one grammar file."""
    text = files("egovsim.readers.expressions").joinpath("grammar.lark").read_text(encoding="utf-8")
    shared, *parts = text.split("// ---- ")
    terminals = {part.split("\n", 1)[0].strip(): part.split("\n", 1)[1] for part in parts}
    start = ["expression", f"{dialect}_equation", "table"]
    return Lark(shared + terminals[dialect], parser="lalr", lexer="contextual", start=start, maybe_placeholders=False)


def parse(text: str | SourceSpan, *, dialect: Dialect, owner: str = "", names: Names = Names()) -> Expression:
    """Read an expression.

    Parameters
    ----------
    text : str or Passage
        The equation; a passage knows its place in a file, a plain string stands for itself.
    dialect : {"xmile", "vensim"}
        Whose notation it is.
    owner : str, optional
        The variable the equation belongs to, for messages.
    names : Names, optional
        The file's variables and macros; they decide what ``f(x)`` is.

    Returns
    -------
    Expression
        What parses and cannot be run is an `Unsupported` node in it.

    Raises
    ------
    ModelError
        The text is not an expression, or a function gets the wrong number of arguments.
    """
    return _read(text, "expression", dialect, owner, names)


def parse_vensim_equation(span: SourceSpan, *, owner: str, names: Names) -> Expression | Integral | Constants:
    """Read what stands to the right of a name in Vensim: an expression, an INTEG, or a list of constants."""
    return _read(span, "vensim_equation", "vensim", owner, names)


def parse_xmile_equation(span: SourceSpan, *, owner: str, names: Names) -> Expression | Constants:
    """Read an ``<eqn>``: an expression, or a list of constants (not in the standard, but in files)."""
    return _read(span, "xmile_equation", "xmile", owner, names)


def parse_points(span: SourceSpan, *, owner: str) -> Table:
    """Read Vensim's points of a lookup, ``(x,y),(x,y)``, with or without the range in front."""
    return _read(span, "table", "vensim", owner, Names())


def _read(text: str | SourceSpan, start: str, dialect: Dialect, owner: str, names: Names) -> Any:
    span = span_of(text) if isinstance(text, str) else text
    if length(span.text) > LONGEST:
        raise ModelError(
            f"{_place(span.where(0), owner)}: the equation has {length(span.text)} characters, and {LONGEST} can "
            "be read; split it into auxiliaries."
        )
    try:
        tree = _parser(dialect).parse(span.text, start=start)
    except UnexpectedInput as error:
        raise _syntax_error(error, span, owner) from error
    builder = _Builder(span, dialect, owner, names)
    return builder.build(tree)


def _place(where: Where, owner: str) -> str:
    return f'{where}, "{owner}"' if owner else str(where)


def _syntax_error(error: UnexpectedInput, span: SourceSpan, owner: str) -> ModelError:
    """Say what stopped the parser, and what to do."""
    if span.text.strip().strip("?") == "" and "?" in span.text:
        # How translators mark what they could not translate.
        what, position = f"the equation is '{span.text.strip()}'; write it.", 0
    elif isinstance(error, UnexpectedToken) and error.token.type == "$END":
        what = _ending(span.text)
        position = len(span.text.rstrip())
    else:
        position = error.pos_in_stream or 0
        found = error.token if isinstance(error, UnexpectedToken) else span.text[position]
        what = _stopper(span.text[:position], str(found), foreign=isinstance(error, UnexpectedCharacters))
    return ModelError(f"{_place(span.where(position), owner)}: {what}")


def _ending(text: str) -> str:
    bare = _without_quoted(text)
    if not bare.strip() or bare.strip().startswith("{"):
        return "there is no equation; write one."
    missing = bare.count("(") - bare.count(")")
    if missing == 1:
        return 'the equation ends and 1 "(" is still open; close it with ")".'
    if missing > 1:
        return f'the equation ends and {missing} "(" are still open; close them with ")".'
    return "the equation ends where a value is expected; write what is missing at its end."


def _without_quoted(text: str) -> str:
    return "".join(text.split('"')[::2])


def _stopper(before: str, found: str, *, foreign: bool) -> str:
    shown = found.replace("\n", " ")
    if foreign:
        return f"'{shown}' is not expected here; remove it, or put a name that holds it between quotation marks."
    if shown == ")":
        return "')' is not expected here; a value is missing before it, or a '(' that it closes."
    if not before.rstrip() or before.rstrip()[-1] in "+-*/^=<>(,[":
        return f"'{shown}' is not expected here; a value is missing before it."
    return f"'{shown}' is not expected here; an operator, a comma or a parenthesis is missing before it."


class _Builder:
    """Makes nodes of a parse tree, children first and without recursion (equations nest deep)."""

    def __init__(self, span: SourceSpan, dialect: Dialect, owner: str, names: Names) -> None:
        self._passage = span
        self._dialect: Dialect = dialect
        self._owner = owner
        self._names = names
        self._functions: Mapping[str, Function] = _functions(dialect)

    def build(self, root: Tree[Token]) -> Any:
        """Return what the whole tree stands for."""
        built: dict[int, Any] = {}
        for tree in root.iter_subtrees():
            parts = [part if isinstance(part, Token) else built[id(part)] for part in tree.children]
            built[id(tree)] = _RULES[tree.data](self, parts)
        return built[id(root)]

    def _where(self, token: Token) -> Where:
        return self._passage.where(token.start_pos or 0)

    def _unsupported(self, first: Token, last: Token, reason: str) -> Unsupported:
        text = self._passage.text[first.start_pos : last.end_pos]
        return Unsupported(" ".join(text.split()), reason, self._where(first))

    def _error(self, token: Token, message: str) -> ModelError:
        return ModelError(f"{_place(self._where(token), self._owner)}: {message}")

    def number(self, parts: list[Any]) -> Number:
        return Number(float(parts[0]), self._where(parts[0]))

    def not_available(self, parts: list[Any]) -> Number:
        return Number(NOT_AVAILABLE, self._where(parts[0]))

    def string(self, parts: list[Any]) -> Unsupported:
        return Unsupported(str(parts[0]), "a text is not a number", self._where(parts[0]))

    def unary(self, parts: list[Any]) -> Expression:
        token, operand = parts
        sign = str(token)
        if sign == "+":
            return operand
        if sign == "-" and isinstance(operand, Number):
            return Number(-operand.value, self._where(token))
        operator: UnaryOperator = "-" if sign == "-" else "not"
        return Unary(operator, operand, self._where(token))

    def binary(self, parts: list[Any]) -> Binary:
        left, token, right = parts
        return Binary(_OPERATORS[token.lower()], left, right, left.where)

    def conditional(self, parts: list[Any]) -> If:
        word, condition, _, then, _, otherwise = parts
        return If(condition, then, otherwise, self._where(word))

    def reference(self, parts: list[Any]) -> Expression:
        (token,) = parts
        id = canonical(token)
        if id == "self" and self._dialect == "xmile" and id not in self._names.variables and self._owner:
            # The variable itself, as PREVIOUS(SELF, 0) has it (XMILE 1.0, section 3.5.6).
            return Reference(self._owner, canonical(self._owner), (), self._where(token))
        return self._built_in(token, id) or Reference(_bare(token), id, (), self._where(token))

    def _built_in(self, token: Token, id: str) -> Expression | None:
        if token.startswith('"'):
            return None
        value = self._names.built_in.get(id)
        if value is None:
            value = BUILT_IN_NAMES[self._dialect].get(id)
        if value is None and self._dialect == "xmile" and id not in self._names.variables:
            value = _TOLERATED_NAMES.get(id)
        if value is None:
            return None
        where = self._where(token)
        return ClockValue(value, where) if isinstance(value, str) else Number(value, where)

    def star(self, parts: list[Any]) -> Star:
        return Star()

    def whole(self, parts: list[Any]) -> Star:
        """Vensim's ``Dimension!``: all of a dimension, for a sum to run over."""
        return Star(canonical(parts[0]))

    def whole_named(self, parts: list[Any]) -> Star:
        """``*:dimension``, which names what the star runs over, in XMILE files of Stella and simlin."""
        return Star(canonical(parts[1]))

    def slice(self, parts: list[Any]) -> Star | None:
        first, last = map(_subscript, parts)
        return Star("", first, last) if isinstance(first, str) and isinstance(last, str) else None

    def subscripts(self, parts: list[Any]) -> tuple[tuple[str | Star | Expression | None, ...], Token]:
        """Return the subscripts and the closing bracket: ids, or expressions that are to be computed."""
        *inside, bracket = parts
        return tuple(map(self._index, inside)), bracket

    def _index(self, part: Expression | Star | None) -> str | Star | Expression | None:
        """Return a subscript's id, or the expression it is: of XMILE, also a variable or number that is no element."""
        found = _subscript(part)
        known = self._names.subscripts
        if isinstance(found, str) and known and found not in known and self._dialect == "xmile":
            return part if isinstance(part, Number) or found in self._names.variables else found
        return part if found is None else found

    def element(self, parts: list[Any]) -> Expression:
        token, (given, bracket) = parts
        id = canonical(token)
        if all(isinstance(one, str | Star) for one in given):
            return Reference(_bare(token), id, given, self._where(token))
        if self._dialect == "vensim" or any(one is None or isinstance(one, Star) for one in given):
            return self._unsupported(token, bracket, "a computed subscript cannot be run here")
        places = (Reference(one, one, (), self._where(token)) if isinstance(one, str) else one for one in given)
        return Call(ELEMENT, (Reference(_bare(token), id, (), self._where(token)), *places), self._where(token))

    def arguments(self, parts: list[Any]) -> tuple[Expression, ...]:
        return tuple(parts)

    def element_call(self, parts: list[Any]) -> Expression:
        token, given, arguments, end = parts
        lookup = self.element([token, given])
        if isinstance(lookup, Reference) and len(arguments) == 1:
            return LookupCall(lookup, arguments[0], lookup.where)
        return self._unsupported(token, end, "an array is given arguments, and is no lookup of one argument")

    def call(self, parts: list[Any]) -> Expression:
        token, arguments, end = parts
        id, where = canonical(token), self._where(token)
        count = len(arguments)
        if id in self._names.macros:
            return Call(f"{MARK}{id}", arguments, where)
        if id in self._names.alone:
            return Call(id, arguments, where)
        if self._dialect == "vensim" and DATA_FUNCTIONS.get(id) == count:
            return Call(f"{DATA}{id}", arguments, where)
        if id == "get time value" and self._dialect == "vensim" and count == 3:
            return self._time_value(token, end, arguments)
        row = self._functions.get(id)
        if row is not None and count in row.arity and not _has_text(arguments):
            return Call(row.name, arguments, where)
        if self._dialect == "xmile" and (id, count) in _OF_ARRAYS:
            return Call(_OF_ARRAYS[id, count], arguments, where)
        if count == 0 and (value := self._built_in(token, id)) is not None:
            return value
        if id in self._names.variables and count == 1:
            return LookupCall(Reference(_bare(token), id, (), where), arguments[0], where)
        if id == "lookup" and self._dialect == "xmile" and count == 2 and isinstance(arguments[0], Reference):
            return LookupCall(arguments[0], arguments[1], where)
        special = _special(id, arguments, where)
        if special is None and self._dialect == "xmile":
            special = _stella(id, arguments, where)
        if special is not None:
            return special
        if row is not None and (id, count) not in _OTHER_FORMS[self._dialect]:
            wanted = " or ".join(str(one) for one in row.arity)
            plural = "" if row.arity == (1,) else "s"
            raise self._error(
                token, f'"{_shown(token)}" takes {wanted} argument{plural} ({row.meaning}), and is given {count}.'
            )
        return self._unsupported(token, end, self._reason(token, id, count, known=row is not None))

    def _time_value(self, token: Token, end: Token, arguments: tuple[Expression, ...]) -> Expression:
        """GET TIME VALUE: as it stands if it is of the clock alone, else with the date that its measure needs."""
        with_date = (*arguments, *(Number(float(one), self._where(token)) for one in self._names.date))
        found = date_part(with_date)
        if isinstance(found, str):
            return self._unsupported(token, end, found)
        return found if arguments[2] == Number(0.0) else Call("get time value", with_date, self._where(token))

    def call_for_outputs(self, parts: list[Any]) -> Expression:
        """A call of a macro that names variables for what the macro puts out beside its value."""
        token, arguments, outputs, end = parts
        id = canonical(token)
        if id in _WITH_PIPELINE:
            return self._unsupported(token, end, f'"{_shown(token)}" cannot be run yet')
        if id not in self._names.macros:
            raise self._error(token, f'"{_shown(token)}" is no macro, so nothing can stand after ":"; remove it.')
        return Call(f"{MARK}{id}", (*arguments, *outputs), self._where(token))

    def outputs(self, parts: list[Any]) -> tuple[Expression, ...]:
        return tuple(parts)

    def _reason(self, token: Token, id: str, count: int, *, known: bool) -> str:
        name = _shown(token)
        if id == "a function of":
            return "the equation has not been written yet"
        if known:
            return f'"{name}" with {count} argument{"" if count == 1 else "s"} cannot be run yet'
        near = suggestion(name, [function.upper() for function in self._functions])
        return f'"{name}" is not a function this version can run{near}'

    def with_lookup(self, parts: list[Any]) -> TableCall:
        word, argument, table, _ = parts
        return TableCall(table, argument, self._where(word))

    def integral(self, parts: list[Any]) -> Integral:
        _, rate, initial, _ = parts
        return Integral(rate, initial)

    def constants(self, parts: list[Any]) -> Constants:
        return Constants(tuple(parts))

    def signed(self, parts: list[Any]) -> float:
        return -float(parts[1]) if parts[0] == "-" else float(parts[-1])

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
            raise ModelError(f"{_place(self._passage.where(0), self._owner)}: {error}") from error


_RULES = {
    name: method
    for name, method in vars(_Builder).items()
    if callable(method) and not name.startswith("_") and name != "build"
}
"""What each rule of the grammar makes."""


@cache
def _functions(dialect: Dialect) -> Mapping[str, Function]:
    return functions_of(dialect)


def _bare(token: Token) -> str:
    return token[1:-1] if token.startswith('"') else str(token)


def _shown(token: Token) -> str:
    return " ".join(_bare(token).split())


def _special(id: str, arguments: tuple[Expression, ...], where: Where) -> Expression | None:
    """Return what is written as a function and is none."""
    match id, arguments:
        case "if then else", (condition, then, otherwise):
            return If(condition, then, otherwise, where)
        case "game", (argument,):
            # Outside a game its argument is its value (Vensim's reference, "GAME").
            return argument
        case _:
            return None


def _stella(id: str, arguments: tuple[Expression, ...], where: Where) -> Expression | None:
    """Return what functions of Stella stand for that are short for others."""
    match id, arguments:
        case "montecarlo", (chance,) | (chance, _):
            # 1 with a chance of so many percent per unit of time, else 0 (as the translator of BPTK-Py has it).
            drawn = Call("uniform", (Number(0.0, where), Number(100.0, where), *arguments[1:]), where)
            return Binary("<", drawn, Binary("*", chance, ClockValue("time step", where), where), where)
        case "percent", (share,):
            return Binary("*", share, Number(100.0, where), where)
        case _:
            return None


def _subscript(part: Expression | Star | None) -> str | Star | None:
    """Return a subscript's id: a name, or the number of an element written with digits."""
    match part:
        case Star():
            return part
        case Reference(id=id, subscripts=()):
            return id
        case Number(value=value) if value == int(value):
            return str(int(value))
        case _:
            return None


def _has_text(arguments: tuple[Expression, ...]) -> bool:
    return any(isinstance(argument, Unsupported) and argument.text.startswith("'") for argument in arguments)
