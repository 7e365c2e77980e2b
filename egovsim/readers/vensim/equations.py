"""The equations of one entry of a Vensim file: one for a whole dimension, or one for each element of a part of it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import product

from egovsim.errors import ModelError
from egovsim.model.dependencies import references
from egovsim.model.expression import (
    Call,
    Expression,
    LookupCall,
    Number,
    Reference,
    Table,
    Unsupported,
    fold,
    with_children,
)
from egovsim.model.model import Dimension
from egovsim.model.variable import Equation
from egovsim.readers.data.external_values import MODES, DataFiles, Left
from egovsim.readers.data.functions import MARK as DATA
from egovsim.readers.expressions.context import Names
from egovsim.readers.expressions.parser import parse_points, parse_vensim_equation
from egovsim.readers.expressions.transformer import Constants, Integral
from egovsim.readers.source_span import SourceSpan
from egovsim.readers.vensim.definitions import elements_of
from egovsim.readers.vensim.left_hand_side import LeftSide

_TABBED = re.compile(r"\s*TABBED\s+ARRAY\s*\((?P<numbers>[^()]*)\)\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class Surroundings:
    """What the equations of a file, or of a macro, stand among.

    Parameters
    ----------
    dimensions : mapping of str to Dimension
        By id.
    names : Names
        What names in equations mean.
    files : DataFiles
        The files that values may stand in.
    """

    dimensions: Mapping[str, Dimension]
    names: Names
    files: DataFiles


def parse_right_side(left: LeftSide, names: Names) -> Expression | Integral | Constants:
    """Parse what stands to the right of a sign.

    Parameters
    ----------
    left : LeftSide
        The entry.
    names : Names
        What names in it mean.

    Returns
    -------
    Expression, Integral or Constants
        An expression, an INTEG, or numbers for the elements of an array.

    Raises
    ------
    ModelError
        It does not parse.
    """
    tabbed = _TABBED.match(left.right.text)
    if tabbed is not None:
        return Constants(tuple(_number(text, left) for text in tabbed["numbers"].split()))
    return parse_vensim_equation(left.right, owner=left.name, names=names)


def equations_of(left: LeftSide, axes: Sequence[Dimension], among: Surroundings) -> list[Equation]:
    """Return the equations of an entry; one for a part of a dimension is written for each element of the part.

    Parameters
    ----------
    left : LeftSide
        The entry.
    axes : sequence of Dimension
        The dimensions that its variable goes over.
    among : Surroundings
        Dimensions, names and files.

    Returns
    -------
    list of Equation
        In the order of the elements.

    Raises
    ------
    ModelError
        It does not parse, or gives another number of values than there are elements.
    DataError
        A file, sheet or cell that it takes values from is missing.
    """
    external = external_equations(left, among.dimensions, among.files)
    if external is not None:
        return external
    if left.sign == "(":
        return [Equation(None, table=_table(left), elements=left.subscripts)]
    right = parse_right_side(left, among.names)
    if isinstance(right, Constants):
        return list(_constants(left, right, among.dimensions))
    if left.sign.lower() in MODES:
        right = _data_equation(left, right)
    whole = [
        subscript == axis.id and not left.exceptions for subscript, axis in zip(left.subscripts, axes, strict=True)
    ]
    if all(whole):
        return [_equation(right, ())]
    return [
        _equation(_for_elements(right, dict(zip(left.subscripts, ids, strict=True))), ids)
        for ids in _combinations(left, whole, among.dimensions)
    ]


def external_equations(left: LeftSide, dimensions: Mapping[str, Dimension], files: DataFiles) -> list[Equation] | None:
    """Return the equations of an entry whose values come from another file.

    Parameters
    ----------
    left : LeftSide
        The entry.
    dimensions : mapping of str to Dimension
        By id.
    files : DataFiles
        The files that values may stand in.

    Returns
    -------
    list of Equation or None
        One for each element; None of any other entry.

    Raises
    ------
    DataError
        A file, sheet or cell that it takes values from is missing.
    """
    axes = tuple(elements_of(subscript, dimensions) for subscript in left.subscripts)
    right = left.right.text
    if left.sign == "(" and ")" in right:
        right = right[: right.rindex(")")]
    return files.equations(Left(left.name, left.sign, axes, left.where), right)


def _table(left: LeftSide) -> Table:
    text = left.right.text
    stop = text.rfind(")")
    if stop < 0:
        raise ModelError(f'{left.where}, "{left.name}": the lookup is not closed; add ")" after its points.')
    span = SourceSpan(text[:stop], left.right.source, left.right.offsets[:stop])
    return parse_points(span, owner=left.name)


def _constants(left: LeftSide, numbers: Constants, dimensions: Mapping[str, Dimension]) -> Iterator[Equation]:
    every = list(product(*(elements_of(subscript, dimensions) for subscript in left.subscripts)))
    if len(every) != len(numbers.values):
        raise ModelError(
            f'{left.where}, "{left.name}": {len(numbers.values)} numbers are given for {len(every)} elements; '
            "give as many."
        )
    for ids, value in zip(every, numbers.values, strict=True):
        yield Equation(Number(value, left.right.where(0)), elements=ids)


def _number(text: str, left: LeftSide) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise ModelError(f"{left.where}, \"{left.name}\": '{text}' is not a number; write one.") from error


def _data_equation(left: LeftSide, right: Expression | Integral) -> Expression:
    """Return what ``x :LOOK FORWARD: := y`` stands for: the points of y, used in another way."""
    if isinstance(right, Integral):
        return Unsupported(" ".join(left.entry.equation.text.split()), "a stock is no data", left.where)
    is_shifted = isinstance(right, Call) and right.function.startswith(DATA)
    if left.sign == ":=" and (is_shifted or not references(right)):
        return right
    return Call(f"{DATA}{left.sign.lower()}", (right,), left.where)


def _equation(right: Expression | Integral, ids: tuple[str, ...]) -> Equation:
    if isinstance(right, Integral):
        return Equation(right.initial, elements=ids, rate=right.rate)
    return Equation(right, elements=ids)


# One equation for each element


def _combinations(
    left: LeftSide, whole: Sequence[bool], dimensions: Mapping[str, Dimension]
) -> Iterator[tuple[str, ...]]:
    """Yield what an entry is for: elements, in the place of a whole dimension its id, exceptions left out."""
    choices = [
        (subscript,) if is_whole else elements_of(subscript, dimensions)
        for subscript, is_whole in zip(left.subscripts, whole, strict=True)
    ]
    for ids in product(*choices):
        if not any(_is_excepted(ids, exception, dimensions) for exception in left.exceptions):
            yield ids


def _is_excepted(ids: tuple[str, ...], exception: tuple[str, ...], dimensions: Mapping[str, Dimension]) -> bool:
    pairs = zip(ids, exception, strict=False)
    return len(ids) == len(exception) and all(id in elements_of(subscript, dimensions) for id, subscript in pairs)


def _for_elements(right: Expression | Integral, elements: Mapping[str, str]) -> Expression | Integral:
    """Read a right side for one element of a part of a dimension: the part's name means that element."""
    if isinstance(right, Integral):
        return Integral(_expression_for(right.rate, elements), _expression_for(right.initial, elements))
    return _expression_for(right, elements)


def _expression_for(expression: Expression, elements: Mapping[str, str]) -> Expression:
    def read(node: Expression, operands: tuple[Expression, ...]) -> Expression:
        match node:
            case Reference():
                return _reference_for(node, elements)
            case LookupCall(lookup=lookup):
                return replace(node, lookup=_reference_for(lookup, elements), argument=operands[0])
            case Call(function="size"):
                # The number of elements is the part's, and not that of one element of it.
                return node
            case Call(function=function, arguments=arguments) if function in _OVER_PARTS:
                # What is sorted or shared among is the part, of which the left side gives the element.
                pairs = zip(arguments, operands, strict=True)
                return with_children(node, tuple(old if isinstance(old, Reference) else new for old, new in pairs))
            case _:
                return with_children(node, operands) if operands else node

    return fold(expression, read)


_OVER_PARTS = frozenset(
    {"allocate available", "allocate by priority", "vector rank", "vector sort order", "vector reorder"}
)
"""Functions of a whole vector, of which the equation takes one element."""


def _reference_for(node: Reference, elements: Mapping[str, str]) -> Reference:
    if not node.subscripts:
        element = elements.get(node.id, node.id)
        return node if element == node.id else Reference(element, element, (), node.where)
    subscripts = (
        elements.get(subscript, subscript) if isinstance(subscript, str) else subscript for subscript in node.subscripts
    )
    return replace(node, subscripts=tuple(subscripts))
