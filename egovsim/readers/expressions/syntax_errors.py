"""What stopped the parser, said to a modeller: where, what, and what to do."""

from __future__ import annotations

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput

from egovsim.errors import ModelError
from egovsim.readers.expressions.context import place
from egovsim.readers.source_span import SourceSpan


def syntax_error(error: UnexpectedInput, span: SourceSpan, owner: str) -> ModelError:
    """Say what stopped the parser, and what to do.

    Parameters
    ----------
    error : UnexpectedInput
        What the parser says.
    span : SourceSpan
        The equation.
    owner : str
        The variable it belongs to; may be empty.

    Returns
    -------
    ModelError
        For the caller to raise.
    """
    if span.text.strip().strip("?") == "" and "?" in span.text:
        # How translators mark what they could not translate.
        what, position = f"the equation is '{span.text.strip()}'; write it.", 0
    elif (token := _token(error)) is not None and token.type == "$END":
        what = _ending(span.text)
        position = len(span.text.rstrip())
    else:
        position = error.pos_in_stream or 0
        found = span.text[position] if token is None else str(token)
        what = _unexpected(span.text[:position], found, foreign=isinstance(error, UnexpectedCharacters))
    return ModelError(f"{place(span.where(position), owner)}: {what}")


def _token(error: UnexpectedInput) -> Token | None:
    """Return the token that did not fit; lark has no annotation of it."""
    token: object = getattr(error, "token", None)
    return token if isinstance(token, Token) else None


def _ending(text: str) -> str:
    outside = _without_quoted(text)
    if not outside.strip() or outside.strip().startswith("{"):
        return "there is no equation; write one."
    missing = outside.count("(") - outside.count(")")
    if missing == 1:
        return 'the equation ends and 1 "(" is still open; close it with ")".'
    if missing > 1:
        return f'the equation ends and {missing} "(" are still open; close them with ")".'
    return "the equation ends where a value is expected; write what is missing at its end."


def _without_quoted(text: str) -> str:
    return "".join(text.split('"')[::2])


def _unexpected(before: str, found: str, *, foreign: bool) -> str:
    shown = found.replace("\n", " ")
    if foreign:
        return f"'{shown}' is not expected here; remove it, or put a name that holds it between quotation marks."
    if shown == ")":
        return "')' is not expected here; a value is missing before it, or a '(' that it closes."
    if not before.rstrip() or before.rstrip()[-1] in "+-*/^=<>(,[":
        return f"'{shown}' is not expected here; a value is missing before it."
    return f"'{shown}' is not expected here; an operator, a comma or a parenthesis is missing before it."
