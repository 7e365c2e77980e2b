"""The parts of an XMILE file that are no equations: dimensions, units, graphical functions, ranges."""

from __future__ import annotations

import math
import re

from egovsim.errors import ModelError, suggestion
from egovsim.model.arrays import LARGEST_ARRAY
from egovsim.model.expression import LookupKind, Table
from egovsim.model.model import Dimension, UnitSynonyms
from egovsim.model.variable import Bounds
from egovsim.readers.lookup_points import TableError, table_of
from egovsim.readers.xmile.round_trip import mappings_of
from egovsim.readers.xmile.xml import Document, Element

_KINDS: dict[str, LookupKind] = {"continuous": "continuous", "extrapolate": "extrapolate", "discrete": "discrete"}


def number_of(document: Document, element: Element, what: str) -> float:
    """Read an element that holds one finite number.

    Parameters
    ----------
    document : Document
        The file.
    element : Element
        The element.
    what : str
        What the number is, for messages.

    Returns
    -------
    float
        The number.

    Raises
    ------
    ModelError
        It holds anything else.
    """
    return number_in(document, element, document.span(element).text, what)


def number_in(document: Document, element: Element, text: str, what: str) -> float:
    """Read a finite number that stands in or on an element.

    Parameters
    ----------
    document : Document
        The file.
    element : Element
        The element, for messages.
    text : str
        What must be a number.
    what : str
        What the number is, for messages.

    Returns
    -------
    float
        The number.

    Raises
    ------
    ModelError
        The text is anything else.
    """
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if not math.isfinite(value) or "_" in text:
        raise ModelError(f"{document.where(element)}: {what} is '{text.strip()}'; write a plain number.")
    return value


def is_true(text: str | None) -> bool:
    """Tell whether an attribute says true.

    Parameters
    ----------
    text : str or None
        Its value; None where there is none.

    Returns
    -------
    bool
        False of anything that does not say so.
    """
    return (text or "").strip().lower() in ("true", "1")


def dimensions_of(document: Document) -> tuple[Dimension, ...]:
    """Read ``<dimensions>`` (section 2.5).

    Parameters
    ----------
    document : Document
        The file.

    Returns
    -------
    tuple of Dimension
        One with a size alone has the elements 1, 2, …

    Raises
    ------
    ModelError
        A dimension has no name, no elements or too many.
    """
    found: list[Dimension] = []
    for block in document.named(document.root, "dimensions"):
        for element in document.named(block, "dim"):
            name = element.get("name") or ""
            elements = tuple(elem.get("name") or "" for elem in document.named(element, "elem"))
            if not elements and element.get("size") is not None:
                size = number_in(document, element, element.get("size") or "", f'the size of "{name}"')
                if size > LARGEST_ARRAY:
                    place = document.where(element)
                    raise ModelError(f'{place}: "{name}" has {size:g} elements; {LARGEST_ARRAY} can be run.')
                elements = tuple(str(number + 1) for number in range(int(size)))
            if not name or not all(elements) or not elements:
                place = document.where(element)
                raise ModelError(f'{place}: the dimension "{name}" lacks a name or elements; add them.')
            found.append(Dimension(name, elements, mappings_of(element)))
    return tuple(found)


def unit_synonyms_of(document: Document) -> tuple[UnitSynonyms, ...]:
    """Read ``<model_units>`` (section 2.4): names of units, aliases, and what a unit is made of.

    Parameters
    ----------
    document : Document
        The file.

    Returns
    -------
    tuple of UnitSynonyms
        Those that are not disabled.
    """
    found: list[UnitSynonyms] = []
    for block in document.named(document.root, "model_units"):
        for element in document.named(block, "unit"):
            aliases = [document.span(alias).text.strip() for alias in document.named(element, "alias")]
            made_of = [document.span(equation).text.strip() for equation in document.named(element, "eqn")]
            names = tuple(name for name in ((element.get("name") or "").strip(), *aliases) if name)
            if names and not is_true(element.get("disabled")):
                found.append(UnitSynonyms(names, next(iter(made_of), "")))
    return tuple(found)


def table_in(document: Document, element: Element, owner: str) -> Table:
    """Read a ``<gf>`` (sections 3.1.4 and 4.1.3); ``<yscale>`` is the display's alone.

    Parameters
    ----------
    document : Document
        The file.
    element : Element
        The ``<gf>``.
    owner : str
        The variable that it belongs to, for messages.

    Returns
    -------
    Table
        By ascending x.

    Raises
    ------
    ModelError
        It has no x values, an unknown type, or points that make no graphical function.
    """
    parts = dict(document.children(element))
    kind = (element.get("type") or "continuous").strip().lower()
    place = f'{document.where(element)}, "{owner}"'
    if kind not in _KINDS:
        raise ModelError(f"{place}: '{kind}' is no type of graphical function{suggestion(kind, _KINDS)}.")
    y = _points(document, parts.get("ypts"))
    if "xpts" in parts:
        x = _points(document, parts["xpts"])
    elif "xscale" in parts:
        x = _spread(document, parts["xscale"], len(y))
    else:
        raise ModelError(f"{place}: the graphical function has no <xpts> and no <xscale>; give one of them.")
    try:
        return table_of(x, y, kind=_KINDS[kind])
    except TableError as error:
        raise ModelError(f"{place}: {error}") from error


def _points(document: Document, element: Element | None) -> list[float]:
    if element is None:
        return []
    text = document.span(element).text.strip()
    separator = element.get("sep") or ","
    parts = text.split() if separator.isspace() else text.split(separator)
    if parts and not parts[-1].strip():
        parts.pop()
    return [number_in(document, element, part, "a point") for part in parts]


def _spread(document: Document, element: Element, count: int) -> list[float]:
    """Return `count` values from the scale's min to its max, the last one exactly there."""
    ends = ("min", "max")
    low, high = (number_in(document, element, element.get(end) or "", f"{end} of <xscale>") for end in ends)
    if count < 2:
        return [low] * count
    return [low + (high - low) * i / (count - 1) for i in range(count - 1)] + [high]


def bounds_of(document: Document, element: Element | None) -> Bounds:
    """Read ``<range min max>``.

    Parameters
    ----------
    document : Document
        The file.
    element : Element or None
        The ``<range>``.

    Returns
    -------
    Bounds
        Open at an end that is not given.

    Raises
    ------
    ModelError
        An end is no number.
    """
    if element is None:
        return Bounds()
    low, high = element.get("min"), element.get("max")
    return Bounds(
        None if low is None else number_in(document, element, low, "min of <range>"),
        None if high is None else number_in(document, element, high, "max of <range>"),
    )


def note_of(element: Element | None) -> str:
    """Return a ``<doc>`` as text, what is marked up in it included.

    Parameters
    ----------
    element : Element or None
        The ``<doc>``.

    Returns
    -------
    str
        Empty where there is none.
    """
    if element is None:
        return ""
    text = "".join(element.itertext())
    return re.sub(r"[ \t]*\n[ \t]*", "\n", text).strip()


def display_name(text: str) -> str:
    """Return a name as one writes it.

    Parameters
    ----------
    text : str
        As the file has it: with the line breaks of a label, and ``\\\\n`` where the name holds a backslash and an n.

    Returns
    -------
    str
        On one line.
    """
    return re.sub(r"(?:(?<!\\)\\n|\s)+", " ", text).strip().replace(r"\\n", r"\n")


def flag_of(document: Document, element: Element | None) -> bool | None:
    """Read ``<non_negative>``.

    Parameters
    ----------
    document : Document
        The file.
    element : Element or None
        The ``<non_negative>``; empty it says true.

    Returns
    -------
    bool or None
        None where there is none.
    """
    if element is None:
        return None
    return document.span(element).text.strip().lower() not in ("false", "0")
