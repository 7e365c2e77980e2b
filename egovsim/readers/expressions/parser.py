"""Equations as text, in XMILE's or Vensim's notation, made into expression nodes."""

from __future__ import annotations

from typing import Any

from lark.exceptions import UnexpectedInput

from egovsim.errors import ModelError
from egovsim.model.expression import Expression, Table
from egovsim.model.notation import LONGEST, length
from egovsim.readers.expressions.context import Context, Names, place
from egovsim.readers.expressions.dialects import Dialect
from egovsim.readers.expressions.grammar import Start, parse_tree
from egovsim.readers.expressions.syntax_errors import syntax_error
from egovsim.readers.expressions.transformer import Constants, Integral, transform
from egovsim.readers.source_span import SourceSpan, span_of

_NO_NAMES = Names()
"""Of a text that stands for itself."""


def parse(text: str | SourceSpan, *, dialect: Dialect, owner: str = "", names: Names = _NO_NAMES) -> Expression:
    """Read an expression.

    Parameters
    ----------
    text : str or SourceSpan
        The equation; a source span knows its place in a file, a plain string stands for itself.
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
    """Read what stands to the right of a name in Vensim.

    Parameters
    ----------
    span : SourceSpan
        The right side.
    owner : str
        The variable it belongs to.
    names : Names
        The file's variables and macros.

    Returns
    -------
    Expression, Integral or Constants
        An expression, an INTEG, or a list of constants.

    Raises
    ------
    ModelError
        The text is none of them, or a function gets the wrong number of arguments.
    """
    return _read(span, "vensim_equation", "vensim", owner, names)


def parse_xmile_equation(span: SourceSpan, *, owner: str, names: Names) -> Expression | Constants:
    """Read an ``<eqn>``.

    Parameters
    ----------
    span : SourceSpan
        Its text.
    owner : str
        The variable it belongs to.
    names : Names
        The file's variables and macros.

    Returns
    -------
    Expression or Constants
        An expression, or a list of constants (not in the standard, but in files).

    Raises
    ------
    ModelError
        The text is neither, or a function gets the wrong number of arguments.
    """
    return _read(span, "xmile_equation", "xmile", owner, names)


def parse_points(span: SourceSpan, *, owner: str) -> Table:
    """Read Vensim's points of a lookup, ``(x,y),(x,y)``, with or without the range in front.

    Parameters
    ----------
    span : SourceSpan
        The points.
    owner : str
        The lookup they belong to.

    Returns
    -------
    Table
        By ascending x.

    Raises
    ------
    ModelError
        The text is no list of points, or these make no lookup.
    """
    return _read(span, "table", "vensim", owner, _NO_NAMES)


def _read(text: str | SourceSpan, start: Start, dialect: Dialect, owner: str, names: Names) -> Any:
    span = span_of(text) if isinstance(text, str) else text
    if length(span.text) > LONGEST:
        raise ModelError(
            f"{place(span.where(0), owner)}: the equation has {length(span.text)} characters, and {LONGEST} can "
            "be read; split it into auxiliaries."
        )
    try:
        tree = parse_tree(span.text, start, dialect)
    except UnexpectedInput as error:
        raise syntax_error(error, span, owner) from error
    return transform(tree, Context(span, dialect, owner, names))
