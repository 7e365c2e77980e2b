"""Subscript ranges of a Vensim file: elements, parts, numbered elements, copies and mappings.

Source: Vensim's reference manual, "Subscripts".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from egovsim.errors import ModelError
from egovsim.model.arrays import LARGEST_ARRAY
from egovsim.model.expression import Where
from egovsim.model.model import Dimension, Mapped
from egovsim.names import canonical

_NUMBERED = re.compile(r"\(\s*(?P<stem>.*?)(?P<low>\d+)\s*-\s*(?P<same>.*?)(?P<high>\d+)\s*\)", re.DOTALL)
_PART = re.compile(r"""\s*((?:"(?:[^"\\]|\\.)*"|'[^']*'|\((?:[^()'"]|'[^']*'|"[^"]*")*\)|[^,()'"])+)\s*(?:,|$)""")


@dataclass(frozen=True)
class RangeText:
    """The definition of a subscript range.

    Parameters
    ----------
    name : str
        As the file has it.
    right : str
        What stands to the right of the sign.
    where : Where
        Where it stands.
    alias : bool
        Whether it is a copy of another range, ``copy <-> original``.
    """

    name: str
    right: str
    where: Where
    alias: bool = False

    @property
    def id(self) -> str:
        """The canonical form of the name."""
        return canonical(self.name)

    @property
    def parts(self) -> list[str]:
        """What its elements are made of: elements, numbered elements, other ranges, calls for elements elsewhere."""
        return [self.right] if self.alias else _split_list(self.right.split("->")[0])


External = Callable[[RangeText, str], tuple[str, ...]]
"""Gives the elements that a part of a definition takes from another file (``GET XLS SUBSCRIPT(…)``)."""


def read_ranges(texts: Sequence[RangeText], *, external: External) -> dict[str, Dimension]:
    """Return the dimensions of a file.

    Parameters
    ----------
    texts : sequence of RangeText
        The definitions; one may use another, wherever it stands.
    external : callable
        Gives the elements that stand in another file.

    Returns
    -------
    dict of str to Dimension
        By id, in the order of the file.

    Raises
    ------
    ModelError
        A name is borne twice, a definition uses itself, or a mapping does not fit.
    """
    by_id: dict[str, RangeText] = {}
    for text in texts:
        other = by_id.setdefault(text.id, text)
        if other is not text:
            raise ModelError(
                f'{text.where}, "{text.name}": line {other.where.line} has a subscript range of this name already; '
                "rename one."
            )
    listed = _elements(by_id, external)
    plain = {text.id: _plain(text, listed[text.id]) for text in texts}
    ids = {id: tuple(canonical(element) for element in elements) for id, elements in listed.items()}
    return {
        text.id: plain[text.id] if text.alias else replace(plain[text.id], mappings=_mappings(text, ids))
        for text in texts
    }


def _plain(text: RangeText, listed: tuple[str, ...]) -> Dimension:
    """Return a range without its mappings; elements are one where their ids are."""
    names: dict[str, str] = {}
    for element in listed:
        names.setdefault(canonical(element), element)
    return Dimension(text.name, tuple(names.values()), has_repeats=len(names) < len(listed))


def _elements(texts: Mapping[str, RangeText], external: External) -> dict[str, tuple[str, ...]]:
    """Return the elements of each range as often as they are listed, without recursion."""
    found: dict[str, tuple[str, ...]] = {}
    for text in texts.values():
        # Each is made of the one after it; `open_ids` are theirs.
        chain, open_ids = [text], {text.id}
        while chain:
            current = chain[-1]
            inner = next((other for other in _made_of(current, texts) if other.id not in found), None)
            if inner is None:
                parts = (_part(current, part, found, external) for part in current.parts)
                found[current.id] = tuple(element for part in parts for element in part)
                open_ids.discard(chain.pop().id)
            elif inner.id in open_ids:
                raise ModelError(
                    f'{inner.where}, "{inner.name}": this subscript range is made of itself; list its elements.'
                )
            else:
                chain.append(inner)
                open_ids.add(inner.id)
    return found


def _made_of(text: RangeText, texts: Mapping[str, RangeText]) -> Iterator[RangeText]:
    """Yield the ranges that one is made of."""
    for part in text.parts:
        if _NUMBERED.fullmatch(part) is None and (other := texts.get(canonical(part))) is not None:
            yield other


def _part(text: RangeText, part: str, ranges: Mapping[str, tuple[str, ...]], external: External) -> tuple[str, ...]:
    """Return the elements that one item of a list stands for."""
    numbered = _NUMBERED.fullmatch(part)
    if numbered is not None:
        return _numbered(text, numbered)
    other = ranges.get(canonical(part))
    if other is not None:
        return other
    if re.match(r"GET\s", part, re.IGNORECASE):
        return external(text, part)
    if part.startswith("("):
        raise _not_numbered(text, part)
    return (" ".join(part.strip('"').split()),)


def _numbered(text: RangeText, numbered: re.Match[str]) -> tuple[str, ...]:
    stem, low, high = numbered["stem"], int(numbered["low"]), int(numbered["high"])
    if numbered["same"] != stem or not low <= high < low + LARGEST_ARRAY:
        raise _not_numbered(text, numbered[0])
    return tuple(f"{stem}{number}" for number in range(low, high + 1))


def _not_numbered(text: RangeText, part: str) -> ModelError:
    return ModelError(
        f"{text.where}, \"{text.name}\": '{part}' is no range of numbered elements; "
        f"write it as (name1-name9), from low to high, with up to {LARGEST_ARRAY} elements."
    )


def _split_list(text: str) -> list[str]:
    """Split a list at the commas that stand neither between parentheses nor in quotation marks.

    Parameters
    ----------
    text : str
        The list.

    Returns
    -------
    list of str
        Its items, empty ones left out.
    """
    return [part for part in (found[1].strip() for found in _PART.finditer(text)) if part]


def _mappings(text: RangeText, listed: Mapping[str, tuple[str, ...]]) -> tuple[Mapped, ...]:
    _, *targets = text.right.split("->", 1)
    if not targets:
        return ()
    return tuple(_mapping(text, target, listed) for target in _split_list(targets[0]))


def _mapping(text: RangeText, target: str, listed: Mapping[str, tuple[str, ...]]) -> Mapped:
    """Read ``Other``, whose elements go with the own ones in order, or ``(Other: element or part, …)``.

    What a range lists more than once goes with as many elements of the other one: so several elements there have
    one here. The Energy Policy Simulator has ranges of this kind, and its manual is silent about them (unverified).
    """
    inside = target[1:-1] if target.startswith("(") else target
    name, *parts = inside.split(":", 1)
    other = canonical(name)
    if other not in listed:
        raise ModelError(
            f"{text.where}, \"{text.name}\": it is mapped onto '{name.strip()}', which is no subscript range; "
            "define that one, or correct its name."
        )
    served = [_served(part, listed) for part in _split_list(parts[0])] if parts else [(id,) for id in listed[other]]
    own = listed[text.id]
    if len(served) != len(own):
        raise ModelError(
            f'{text.where}, "{text.name}": it has {len(own)} elements and is mapped onto {len(served)} of '
            f'"{name.strip()}"; give as many.'
        )
    return other, tuple(zip(own, served, strict=True))


def _served(part: str, listed: Mapping[str, tuple[str, ...]]) -> tuple[str, ...]:
    return listed.get(canonical(part), (canonical(part),))
