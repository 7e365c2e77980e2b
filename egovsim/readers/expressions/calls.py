"""What ``f(x, y)`` is: a macro, a function of the language, a lookup, or something that is only written like a call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache

from lark import Token

from egovsim.errors import suggestion
from egovsim.model.calendar import date_part
from egovsim.model.expression import (
    Binary,
    Call,
    ClockValue,
    Expression,
    If,
    LookupCall,
    Number,
    Reference,
    Unsupported,
    Where,
)
from egovsim.model.functions import Function, functions_of
from egovsim.names import canonical
from egovsim.readers.data.functions import ARITY as DATA_FUNCTIONS
from egovsim.readers.data.functions import MARK as DATA
from egovsim.readers.expressions.context import Context, bare, shown
from egovsim.readers.expressions.dialects import OF_ARRAYS, OTHER_FORMS, WITH_PIPELINE, Dialect
from egovsim.readers.macros import MARK


@dataclass(frozen=True)
class _Written:
    """A call as it is written: its name, its arguments, and the parenthesis that ends it."""

    token: Token
    id: str
    arguments: tuple[Expression, ...]
    end: Token
    where: Where

    @property
    def count(self) -> int:
        return len(self.arguments)


def call_of(token: Token, arguments: tuple[Expression, ...], end: Token, context: Context) -> Expression:
    """Return what a call is.

    Parameters
    ----------
    token : Token
        The name before the parentheses.
    arguments : tuple of Expression
        What stands between them.
    end : Token
        The parenthesis that ends the call.
    context : Context
        The equation; names of its file come before functions of the language.

    Returns
    -------
    Expression
        What cannot be run is an `Unsupported` node.

    Raises
    ------
    ModelError
        A function of the language is given a number of arguments that it never takes.
    """
    written = _Written(token, canonical(token), arguments, end, context.where(token))
    for meaning in _MEANINGS:
        found = meaning(written, context)
        if found is not None:
            return found
    return _not_run(written, context)


def call_for_outputs(
    token: Token,
    arguments: tuple[Expression, ...],
    outputs: tuple[Expression, ...],
    end: Token,
    context: Context,
) -> Expression:
    """Return a call of a macro that names variables for what the macro puts out beside its value.

    Parameters
    ----------
    token : Token
        The name before the parentheses.
    arguments, outputs : tuple of Expression
        What stands before the colon, and after it.
    end : Token
        The parenthesis that ends the call.
    context : Context
        The equation.

    Returns
    -------
    Expression
        What cannot be run is an `Unsupported` node.

    Raises
    ------
    ModelError
        The name is no macro's.
    """
    id = canonical(token)
    if id in WITH_PIPELINE:
        return context.unsupported(token, end, f'"{shown(token)}" cannot be run yet')
    if id not in context.names.macros:
        raise context.error(token, f'"{shown(token)}" is no macro, so nothing can stand after ":"; remove it.')
    return Call(f"{MARK}{id}", (*arguments, *outputs), context.where(token))


@cache
def _functions(dialect: Dialect) -> Mapping[str, Function]:
    return functions_of(dialect)


# Meanings of a call: each returns None where the call is something else


def _of_the_file(call: _Written, context: Context) -> Expression | None:
    if call.id in context.names.macros:
        return Call(f"{MARK}{call.id}", call.arguments, call.where)
    if call.id in context.names.extra_functions:
        return Call(call.id, call.arguments, call.where)
    return None


def _data_function(call: _Written, context: Context) -> Expression | None:
    if context.dialect == "vensim" and DATA_FUNCTIONS.get(call.id) == call.count:
        return Call(f"{DATA}{call.id}", call.arguments, call.where)
    return None


def _time_value(call: _Written, context: Context) -> Expression | None:
    """GET TIME VALUE: as it stands if it is of the clock alone, else with the date that its measure needs."""
    if call.id != "get time value" or context.dialect != "vensim" or call.count != 3:
        return None
    date = (Number(float(number), call.where) for number in context.names.date)
    with_date = (*call.arguments, *date)
    found = date_part(with_date)
    if isinstance(found, str):
        return context.unsupported(call.token, call.end, found)
    return found if call.arguments[2] == Number(0.0) else Call("get time value", with_date, call.where)


def _function(call: _Written, context: Context) -> Expression | None:
    row = _functions(context.dialect).get(call.id)
    if row is not None and call.count in row.arity and not _has_text(call.arguments):
        return Call(row.name, call.arguments, call.where)
    if context.dialect == "xmile" and (call.id, call.count) in OF_ARRAYS:
        return Call(OF_ARRAYS[call.id, call.count], call.arguments, call.where)
    return None


def _built_in(call: _Written, context: Context) -> Expression | None:
    return context.built_in(call.token, call.id) if call.count == 0 else None


def _lookup(call: _Written, context: Context) -> Expression | None:
    if call.id in context.names.variables and call.count == 1:
        return LookupCall(Reference(bare(call.token), call.id, (), call.where), call.arguments[0], call.where)
    match call.id, call.arguments:
        case "lookup", (Reference() as lookup, argument) if context.dialect == "xmile":
            return LookupCall(lookup, argument, call.where)
        case _:
            return None


def _no_function(call: _Written, context: Context) -> Expression | None:
    """What is written as a function and is none."""
    match call.id, call.arguments:
        case "if then else", (condition, then, otherwise):
            return If(condition, then, otherwise, call.where)
        case "game", (argument,):
            # Outside a game its argument is its value (Vensim's reference, "GAME").
            return argument
        case "time base", (start, slope) if context.dialect == "vensim":
            # Its reference, "TIME BASE": the same as this, but that tools show it as an axis.
            elapsed = Binary("*", ClockValue("time", call.where), slope, call.where)
            return Binary("+", start, elapsed, call.where)
        case _:
            return None


def _of_stella(call: _Written, context: Context) -> Expression | None:
    """Functions of Stella that are short for others."""
    if context.dialect != "xmile":
        return None
    where = call.where
    match call.id, call.arguments:
        case "montecarlo", (percent,) | (percent, _):
            # 1 with a chance of so many percent per unit of time, else 0 (as the translator of BPTK-Py has it).
            drawn = Call("uniform", (Number(0.0, where), Number(100.0, where), *call.arguments[1:]), where)
            return Binary("<", drawn, Binary("*", percent, ClockValue("time step", where), where), where)
        case "percent", (share,):
            return Binary("*", share, Number(100.0, where), where)
        case _:
            return None


_MEANINGS: tuple[Callable[[_Written, Context], Expression | None], ...] = (
    _of_the_file,
    _data_function,
    _time_value,
    _function,
    _built_in,
    _lookup,
    _no_function,
    _of_stella,
)
"""What a call can mean; the first that fits holds."""


# What a call cannot mean

_OTHERS_OF_STELLA = frozenset({"npv", "irr", "cgrowth", "counter", "clocktime", "qelem", "qlen", "ostate"})
"""Functions of isee's help ("Financial", "Specialized", "Discrete builtins") that are not run; they are no slips.

Naming the nearest one would offer PV for NPV, which is another number.
"""


def _not_run(call: _Written, context: Context) -> Unsupported:
    """Refuse a call: by an error where the language says that it is wrong, else as what cannot be run."""
    name, count, row = shown(call.token), call.count, _functions(context.dialect).get(call.id)
    if row is not None and (call.id, count) not in OTHER_FORMS[context.dialect]:
        wanted = " or ".join(str(number) for number in row.arity)
        plural = "" if row.arity == (1,) else "s"
        raise context.error(
            call.token, f'"{name}" takes {wanted} argument{plural} ({row.meaning}), and is given {count}.'
        )
    if call.id == "a function of":
        reason = "the equation has not been written yet"
    elif row is not None:
        reason = f'"{name}" with {count} argument{"" if count == 1 else "s"} cannot be run yet'
    else:
        is_known = context.dialect == "xmile" and call.id in _OTHERS_OF_STELLA
        near = "" if is_known else suggestion(name, [function.upper() for function in _functions(context.dialect)])
        reason = f'"{name}" is not a function this version can run{near}'
    return context.unsupported(call.token, call.end, reason)


def _has_text(arguments: tuple[Expression, ...]) -> bool:
    return any(isinstance(argument, Unsupported) and argument.text.startswith("'") for argument in arguments)
