"""Left sides of the entries of a Vensim file: name, subscripts, exceptions, keyword and sign; units and ranges.

Source: Vensim's reference manual, "Equation Format and Conventions" and "Subscripts".
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from functools import cached_property

from egovsim.errors import ModelError
from egovsim.model.expression import Where
from egovsim.model.variable import Bounds
from egovsim.names import canonical
from egovsim.readers.source_span import SourceSpan
from egovsim.readers.vensim.entries import Entry

_WORD = r"(?:[^\W\d]|[^\x00-\x7f\s])(?:[\w$'.]|[^\x00-\x7f\s])*(?:[ \t\n]+(?:[\w$'.]|[^\x00-\x7f\s])+)*"
_LEFT = re.compile(
    rf'(?P<name>"(?:[^"\\]|\\.)*"|{_WORD})\s*(?P<subscripts>\[[^\]]*\])?'
    r"\s*(?::EXCEPT:\s*(?P<exceptions>\[[^\]]*\](?:\s*,\s*\[[^\]]*\])*))?"
    r"\s*(?P<kind>:INTERPOLATE:|:RAW:|:HOLD BACKWARD:|:LOOK FORWARD:)?"
    r"\s*(?P<sign>==|:=|=|<->|\(|:IS:|:(?!\s*[a-z ]+:)|$)",
    re.DOTALL | re.IGNORECASE,
)
_IGNORED = re.compile(r"\s*:\s*IGNORE\s*:", re.IGNORECASE)
_BOUNDS = re.compile(r"\[(?P<inside>[^\[\]]*)\]\s*$")


@dataclass(frozen=True)
class LeftSide:
    """The left side of an entry, and what stands to the right of its sign.

    Parameters
    ----------
    entry : Entry
        The whole entry.
    name : str
        As the file has it, without quotation marks.
    sign : str
        What stands between the sides; the keyword of a data variable where there is one.
    right : SourceSpan
        What stands to the right.
    subscripts : tuple of str
        Ids of the elements and dimensions after the name.
    exceptions : tuple of tuple of str
        The same of what stands after ``:EXCEPT:``.
    where : Where
        Where the entry begins.
    ignores : bool
        Whether the right side went on with names after ``:IGNORE:``, which are drawn as causes and are none.
    """

    entry: Entry
    name: str
    sign: str
    right: SourceSpan
    subscripts: tuple[str, ...]
    exceptions: tuple[tuple[str, ...], ...]
    where: Where
    ignores: bool

    @cached_property
    def id(self) -> str:
        """The canonical form of the name."""
        return canonical(self.name)


def read_left_side(entry: Entry) -> LeftSide:
    """Take an entry apart at its sign.

    Parameters
    ----------
    entry : Entry
        That is no Reality Check.

    Returns
    -------
    LeftSide
        With the right side as text.

    Raises
    ------
    ModelError
        It does not begin with a name and a sign.
    """
    span = entry.equation
    found = _LEFT.match(span.text)
    where = span.where(0)
    if found is None:
        start = " ".join(span.text.split())[:40]
        raise ModelError(f"{where}: '{start}' does not begin with a name and '='; write name = expression.")
    right = _part(span, found.end())
    ignored = _IGNORED.search(right.text)
    if ignored is not None:
        right = SourceSpan(right.text[: ignored.start()], right.source, right.offsets[: ignored.start()])
    return LeftSide(
        entry,
        _shown(found["name"]),
        found["kind"] or found["sign"],
        right,
        _ids(found["subscripts"] or ""),
        tuple(_ids(bracketed) for bracketed in re.findall(r"\[[^\]]*\]", found["exceptions"] or "")),
        where,
        ignored is not None,
    )


def _part(span: SourceSpan, start: int) -> SourceSpan:
    """Return what comes after `start`, without the blanks before it."""
    text = span.text[start:]
    skip = start + len(text) - len(text.lstrip())
    # Where nothing comes after, the place is that of the last character before.
    return SourceSpan(span.text[skip:].rstrip(), span.source, span.offsets[min(skip, len(span.text) - 1) :])


def _shown(name: str) -> str:
    return " ".join((name[1:-1] if name.startswith('"') else name).split())


def _ids(bracketed: str) -> tuple[str, ...]:
    inside = bracketed.strip()[1:-1]
    return tuple(canonical(subscript) for subscript in inside.split(",")) if inside.strip() else ()


def units_and_bounds(text: str) -> tuple[str, Bounds]:
    """Split ``Month [0,10,1]`` into the unit and its range; ``?`` leaves an end open.

    Parameters
    ----------
    text : str
        The units of an entry.

    Returns
    -------
    str
        The unit.
    Bounds
        The range, open where there is none. Vensim takes values outside, and reports them
        (https://vensim.com/documentation/ranges.html).
    """
    found = _BOUNDS.search(text)
    if found is None:
        return text, Bounds()
    ends = [_bound(end) for end in found["inside"].split(",")]
    low, high = [*ends, None, None][:2]
    return text[: found.start()].strip(), Bounds(low, high, only_warns=True)


def _bound(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
