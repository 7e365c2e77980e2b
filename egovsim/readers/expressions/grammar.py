"""The grammar of expressions, loaded: one file, with the rules that both dialects share and the terminals of each."""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Literal

from lark import Lark, Token, Tree

from egovsim.readers.expressions.dialects import Dialect

Start = Literal["expression", "vensim_equation", "xmile_equation", "table"]
"""The rules of the grammar that a text can be read by."""


def parse_tree(text: str, start: Start, dialect: Dialect) -> Tree[Token]:
    """Parse a text.

    Parameters
    ----------
    text : str
        An equation or the points of a lookup.
    start : str
        What it must be, as the grammar calls it.
    dialect : {"xmile", "vensim"}
        Whose notation it is.

    Returns
    -------
    Tree
        The parser works by a table and a stack of its own, so a text may nest as deep as it is long.

    Raises
    ------
    UnexpectedInput
        The text is no such thing (lark's own exception).
    """
    # lark annotates a parameter of this method in part alone.
    return _parser(dialect).parse(text, start=start)  # pyright: ignore[reportUnknownMemberType]


@cache
def _parser(dialect: Dialect) -> Lark:
    """Build the parser of a dialect: the shared rules and its own terminals of the one grammar file."""
    text = files("egovsim.readers.expressions").joinpath("grammar.lark").read_text(encoding="utf-8")
    shared, *parts = text.split("// ---- ")
    terminals = {part.split("\n", 1)[0].strip(): part.split("\n", 1)[1] for part in parts}
    return Lark(
        shared + terminals[dialect],
        parser="lalr",
        lexer="contextual",
        start=["expression", f"{dialect}_equation", "table"],
        maybe_placeholders=False,
        lexer_callbacks={"NAME": _joined},
    )


def _joined(name: Token) -> Token:
    """Return a name of several parts, such as ``module."a/b"``, without the quotation marks of its parts."""
    if '"' not in name[1:-1] or not _PARTS.search(name):
        return name
    parts = (text[1:-1] if text.startswith('"') else text for text in _PART.findall(name))
    return name.update(value=("." if name.startswith(".") else "") + ".".join(parts))


_PART = re.compile(r'"(?:[^"\\]|\\.)*"|[^".]+', re.DOTALL)
_PARTS = re.compile(r'"\.|\."')
