"""The left sides of a file grouped by what they define: dimensions, and variables with the dimensions they go over."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from egovsim.errors import ModelError
from egovsim.model.arrays import refuse_huge
from egovsim.model.expression import Where
from egovsim.model.model import Dimension
from egovsim.readers.data.external_values import DataFiles, request_in
from egovsim.readers.vensim.entries import Entry
from egovsim.readers.vensim.left_hand_side import LeftSide, read_left_side
from egovsim.readers.vensim.reality_checks import is_reality_check
from egovsim.readers.vensim.subscript_ranges import RangeText, read_ranges

_DRAWN_CAUSES = re.compile(r"A\s+FUNCTION\s+OF\s*\(", re.IGNORECASE)
_OF_RANGES = (":", "<->")
"""Signs after the name of a subscript range."""


@dataclass(frozen=True)
class Definition:
    """All that defines one variable.

    Parameters
    ----------
    lefts : tuple of LeftSide
        The left sides of its entries, one or more.
    axes : tuple of Dimension or None
        The dimensions that it goes over; None where no dimensions hold its subscripts.
    """

    lefts: tuple[LeftSide, ...]
    axes: tuple[Dimension, ...] | None

    @property
    def name(self) -> str:
        """The name as the first entry writes it."""
        return self.lefts[0].name

    @property
    def where(self) -> Where:
        """Where the first entry stands."""
        return self.lefts[0].where


def read_left_sides(entries: Sequence[Entry]) -> list[LeftSide]:
    """Take the entries of a file, or of a macro, apart at their signs.

    Parameters
    ----------
    entries : sequence of Entry
        In the order of the file.

    Returns
    -------
    list of LeftSide
        One for each entry that is no Reality Check.

    Raises
    ------
    ModelError
        An entry does not begin with a name and a sign.
    """
    return [read_left_side(entry) for entry in entries if not is_reality_check(entry)]


def without_drawn_causes(lefts: Sequence[LeftSide]) -> list[LeftSide]:
    """Leave out ``x = A FUNCTION OF(…)`` of a variable that has an equation: it lists what was drawn as causes.

    Parameters
    ----------
    lefts : sequence of LeftSide
        All of a file, or of a macro.

    Returns
    -------
    list of LeftSide
        Those of equations, and the lists of causes of what has none.
    """
    written = {left.id for left in lefts if not _DRAWN_CAUSES.match(left.right.text)}
    return [left for left in lefts if left.id not in written or not _DRAWN_CAUSES.match(left.right.text)]


def read_dimensions(lefts: Sequence[LeftSide], files: DataFiles) -> dict[str, Dimension]:
    """Read the subscript ranges.

    Parameters
    ----------
    lefts : sequence of LeftSide
        All of a file.
    files : DataFiles
        The files that elements may stand in.

    Returns
    -------
    dict of str to Dimension
        Those whose elements are known, by id.

    Raises
    ------
    ModelError
        A range is made of itself, or is mapped onto what does not fit.
    DataError
        A file with elements cannot be read.
    """

    def elements_elsewhere(text: RangeText, part: str) -> tuple[str, ...]:
        place = f'{text.where}, "{text.name}"'
        request = request_in(part, place=place)
        return () if request is None else files.elements(request, place=place)

    texts = [
        RangeText(left.name, left.right.text, left.where, alias=left.sign == "<->")
        for left in lefts
        if left.sign in _OF_RANGES
    ]
    found = read_ranges(texts, external=elements_elsewhere)
    return {id: dimension for id, dimension in found.items() if dimension.elements}


def definitions_of(lefts: Sequence[LeftSide], dimensions: Mapping[str, Dimension]) -> dict[str, Definition]:
    """Group left sides by variable.

    Parameters
    ----------
    lefts : sequence of LeftSide
        All of a file, or of a macro.
    dimensions : mapping of str to Dimension
        Those that could be read, by id.

    Returns
    -------
    dict of str to Definition
        By id, in the order of the file; a dimension that could not be read is among them.

    Raises
    ------
    ModelError
        An array has more elements than any machine should be asked for, or one range twice on a left side.
    """
    groups: dict[str, list[LeftSide]] = {}
    for left in lefts:
        if left.sign not in _OF_RANGES or left.id not in dimensions:
            _refuse_repeated_range(left, dimensions)
            groups.setdefault(left.id, []).append(left)
    return {id: Definition(tuple(group), _axes(group, dimensions)) for id, group in groups.items()}


def _refuse_repeated_range(left: LeftSide, dimensions: Mapping[str, Dimension]) -> None:
    """Refuse ``x[Area, Area]``: a range on the left stands for one element (Vensim's reference, "Subscripts")."""
    ranges = [subscript for subscript in left.subscripts if subscript in dimensions]
    repeated = next((subscript for subscript in ranges if ranges.count(subscript) > 1), None)
    if repeated is not None:
        name = dimensions[repeated].name
        raise ModelError(
            f'{left.where}, "{left.name}": "{name}" stands on the left side twice, where it can mean one element only; '
            f"write a copy of it in one of the places (copy of {name} <-> {name})."
        )


def refuse_second_equation(definition: Definition) -> None:
    """Raise an error where several entries define a variable, and not elements of it.

    Parameters
    ----------
    definition : Definition
        All that defines the variable.

    Raises
    ------
    ModelError
        Two entries bear one name.
    """
    lefts = definition.lefts
    if len(lefts) > 1 and not all(left.subscripts for left in lefts):
        raise ModelError(
            f'{lefts[1].where}, "{definition.name}": line {definition.where.line} has an equation of this name '
            "already; rename one."
        )


def elements_of(subscript: str, dimensions: Mapping[str, Dimension]) -> tuple[str, ...]:
    """Return the elements that a subscript stands for.

    Parameters
    ----------
    subscript : str
        The id of a dimension or of an element.
    dimensions : mapping of str to Dimension
        By id.

    Returns
    -------
    tuple of str
        Ids; of an element itself alone.
    """
    dimension = dimensions.get(subscript)
    return dimension.element_ids if dimension else (subscript,)


def _axes(lefts: Sequence[LeftSide], dimensions: Mapping[str, Dimension]) -> tuple[Dimension, ...] | None:
    """Return the smallest dimensions that hold every subscript in its position; None where there is none."""
    if len({len(left.subscripts) for left in lefts}) != 1:
        return None
    found: list[Dimension] = []
    for column in zip(*(left.subscripts for left in lefts), strict=True):
        axis = _smallest(column, dimensions)
        if axis is None:
            return None
        found.append(axis)
    refuse_huge(found, f'{lefts[0].where}, "{lefts[0].name}"')
    return tuple(found)


def _smallest(subscripts: Sequence[str], dimensions: Mapping[str, Dimension]) -> Dimension | None:
    """Return the smallest dimension that holds all of some subscripts, of several one that is named."""
    needed = {element for subscript in subscripts for element in elements_of(subscript, dimensions)}
    fitting = [dimension for dimension in dimensions.values() if needed <= set(dimension.element_ids)]
    return min(fitting, key=lambda axis: (len(axis.elements), axis.id not in subscripts), default=None)
