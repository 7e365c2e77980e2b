"""Subscript ranges of a Vensim file: elements, parts, numbered elements, copies and mappings.

Source: Vensim's reference manual, "Subscripts".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from egovsim.errors import ModelError
from egovsim.model.expression import Where
from egovsim.model.model import LARGEST_ARRAY, Dimension, Mapped
from egovsim.names import canonical

_NUMBERED = re.compile(r"\(\s*(?P<stem>.*?)(?P<low>\d+)\s*-\s*(?P<same>.*?)(?P<high>\d+)\s*\)", re.DOTALL)
_PART = re.compile(r"""\s*((?:"(?:[^"\\]|\\.)*"|'[^']*'|\((?:[^()'"]|'[^']*'|"[^"]*")*\)|[^,()'"])+)\s*(?:,|$)""")
LARGEST = LARGEST_ARRAY
"""How many numbered elements one dimension may have; a mistyped number would fill the memory."""


@dataclass(frozen=True)
class RangeText:
    """The definition of a subscript range: its name, what stands to the right, and where.

    `alias` is for ``copy <-> original``.
    """

    name: str
    right: str
    where: Where
    alias: bool = False

    @property
    def id(self) -> str:
        return canonical(self.name)


External = Callable[[RangeText, str], tuple[str, ...]]
"""Gives the elements that a part of a definition takes from another file (``GET XLS SUBSCRIPT(…)``)."""


def read_ranges(texts: Sequence[RangeText], *, external: External) -> dict[str, Dimension]:
    """Return the dimensions of a file, by id, in its order.

    Parameters
    ----------
    texts : sequence of RangeText
        The definitions; one may use another, wherever it stands.
    external : callable
        Gives the elements that stand in another file.

    Raises
    ------
    ModelError
        A definition uses itself, or a mapping does not fit.
    """
    reader = _Reader({text.id: text for text in texts}, external)
    elements = {text.id: reader.elements(text, ()) for text in texts}
    plain = {text.id: Dimension(text.name, elements[text.id]) for text in texts}
    return {
        text.id: Dimension(text.name, elements[text.id], _mappings(text, plain)) if not text.alias else plain[text.id]
        for text in texts
    }


@dataclass(frozen=True)
class _Reader:
    texts: Mapping[str, RangeText]
    external: External

    def elements(self, text: RangeText, seen: tuple[str, ...]) -> tuple[str, ...]:
        if text.id in seen:
            raise ModelError(f'{text.where}, "{text.name}": this subscript range is made of itself; list its elements.')
        if text.alias:
            return self._part(text, text.right, (*seen, text.id))
        found: list[str] = []
        for part in split_list(text.right.split("->")[0]):
            found += self._part(text, part, (*seen, text.id))
        return tuple(dict.fromkeys(found))

    def _part(self, text: RangeText, part: str, seen: tuple[str, ...]) -> tuple[str, ...]:
        """Return the elements that one item of a list stands for."""
        numbered = _NUMBERED.fullmatch(part)
        if numbered is not None:
            return _numbered(text, numbered)
        other = self.texts.get(canonical(part))
        if other is not None:
            return self.elements(other, seen)
        if re.match(r"GET\s", part, re.IGNORECASE):
            return self.external(text, part)
        return (" ".join(part.strip('"').split()),)


def _numbered(text: RangeText, numbered: re.Match[str]) -> tuple[str, ...]:
    stem, low, high = numbered["stem"], int(numbered["low"]), int(numbered["high"])
    if numbered["same"] != stem or not low <= high < low + LARGEST_ARRAY:
        raise ModelError(
            f"{text.where}, \"{text.name}\": '{numbered[0]}' is no range of numbered elements; "
            f"write it as (name1-name9), from low to high, with up to {LARGEST_ARRAY} elements."
        )
    return tuple(f"{stem}{number}" for number in range(low, high + 1))


def split_list(text: str) -> list[str]:
    """Split a list at the commas that stand neither between parentheses nor in quotation marks."""
    return [one for one in (found[1].strip() for found in _PART.finditer(text)) if one]


def _mappings(text: RangeText, dimensions: Mapping[str, Dimension]) -> tuple[Mapped, ...]:
    _, *targets = text.right.split("->", 1)
    if not targets:
        return ()
    return tuple(_mapping(text, one, dimensions) for one in split_list(targets[0]))


def _mapping(text: RangeText, target: str, dimensions: Mapping[str, Dimension]) -> Mapped:
    """Read ``Other``, whose elements go with the own ones in order, or ``(Other: element or part, …)``."""
    inside = target[1:-1] if target.startswith("(") else target
    name, *listed = inside.split(":", 1)
    other = dimensions.get(canonical(name))
    if other is None:
        raise ModelError(
            f"{text.where}, \"{text.name}\": it is mapped onto '{name.strip()}', which is no subscript range; "
            "define that one, or correct its name."
        )
    served = split_list(listed[0]) if listed else list(other.elements)
    own = dimensions[text.id].element_ids
    if len(served) != len(own):
        raise ModelError(
            f'{text.where}, "{text.name}": it has {len(own)} elements and is mapped onto {len(served)} of '
            f'"{other.name}"; give as many.'
        )
    return other.id, tuple((one, _served(part, dimensions)) for one, part in zip(own, served, strict=True))


def _served(part: str, dimensions: Mapping[str, Dimension]) -> tuple[str, ...]:
    dimension = dimensions.get(canonical(part))
    return dimension.element_ids if dimension else (canonical(part),)
