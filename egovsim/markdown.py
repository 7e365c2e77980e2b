"""Texts and tables as Markdown."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence

_SPECIAL = re.compile(r"([\\`*_\[\]<>|])")


def plain(text: str) -> str:
    """Return a text that Markdown shows as it is written.

    Parameters
    ----------
    text : str
        Any.

    Returns
    -------
    str
        On one line.
    """
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def table(head: Sequence[str], rows: Iterable[Sequence[str]]) -> list[str]:
    """Return a table.

    Parameters
    ----------
    head : sequence of str
        The heads of the columns.
    rows : iterable of sequence of str
        The cells, as Markdown.

    Returns
    -------
    list of str
        Its lines.
    """
    lines = [head, ["---"] * len(head), *rows]
    return [f"| {' | '.join(line)} |" for line in lines]
