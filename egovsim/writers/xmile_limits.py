"""What a `Model` can hold and an XMILE file cannot say: found before anything is written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import product
from typing import Final

from egovsim.errors import UnsupportedError
from egovsim.model.arrays import product_of
from egovsim.model.expression import (
    ClockValue,
    Expression,
    LookupKind,
    Number,
    Table,
    TableCall,
    Unsupported,
    Where,
    walk,
)
from egovsim.model.model import Model
from egovsim.model.net_flows import moved_by_flows
from egovsim.model.notation import LONGEST, length, show
from egovsim.model.variable import Equation, Variable
from egovsim.names import canonical
from egovsim.writers.xmile_views import view_texts

_KINDS: Final[tuple[LookupKind, ...]] = ("continuous", "extrapolate", "discrete")
_NO_XML: Final = re.compile("[^\t\n\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""What XML 1.0 cannot hold, and the carriage return, which it does not keep."""


def refuse_unsayable(model: Model) -> None:
    """Raise an error for what XMILE cannot say.

    Parameters
    ----------
    model : Model
        To be written.

    Raises
    ------
    UnsupportedError
        There is something; all of it is listed.
    """
    found = [*_unsayable_dimensions(model)]
    if model.clock.method == "midpoint":
        found.append(f'  {model.file}: the integration method "midpoint" has no name in XMILE; choose "rk2" or "rk4"')
    if model.clock.uneven is not None:
        found.append(f"  {model.file}: its time step or saving interval changes while it runs; give it a number")
    for text in view_texts(model.views):
        if strange := _NO_XML.search(text):
            found.append(f"  {model.file}: a diagram holds the character U+{ord(strange[0]):04X}, which XML cannot")
    for variable in model.variables:
        found += [f'  {where}, "{variable.name}": {text}' for where, text in _unsayable(model, variable)]
    if found:
        listing = "\n".join(found)
        raise UnsupportedError(f"{model.file or model.name} holds what cannot be written as XMILE:\n{listing}")


def _unsayable_dimensions(model: Model) -> Iterator[str]:
    for dimension in model.dimensions:
        for element in (dimension.name, *dimension.elements):
            if _NO_XML.search(element) or "," in element or not _quotable(element):
                yield f'  {model.file}, "{dimension.name}": "{element}" is no name that XMILE can hold; rename it'


def _unsayable(model: Model, variable: Variable) -> Iterator[tuple[Where, str]]:
    """Yield what in a variable cannot be written, and where it stands."""
    yield from _unsayable_texts(variable)
    for table in (equation.table for equation in variable.equations if equation.table is not None):
        yield from _unsayable_table(table, variable.where)
    for node in _nodes(variable):
        yield from _unsayable_node(node)
    for expression in (equation.expression for equation in variable.equations if equation.expression is not None):
        if length(show(expression)) > LONGEST:
            yield variable.where, f"its equation has more than {LONGEST} characters; split it into auxiliaries"
    if {"time", "step time"} <= {node.which for node in _nodes(variable) if isinstance(node, ClockValue)}:
        yield variable.where, "it takes both Time and data that stands still within a step; give each a variable"
    if variable.dimensions and not any(_is_for_all(variable, equation) for equation in variable.equations):
        covered = {ids for equation in variable.equations for ids in _covered(model, variable, equation)}
        if missing := set(product_of(model, variable)) - covered:
            yield variable.where, f'element "{",".join(min(missing))}" has no equation, and XMILE wants one for each'
    if variable.kind == "stock" and (variable.inflows or variable.outflows) and not moved_by_flows(model, variable):
        yield variable.where, "its rate is not what its flows add up to; write the model as it was read, not held"


def _unsayable_texts(variable: Variable) -> Iterator[tuple[Where, str]]:
    texts = {"name": variable.name, "unit": variable.unit, "note": variable.note, "group": variable.group}
    for what, text in texts.items():
        strange = _NO_XML.search(text)
        if strange is not None:
            yield variable.where, f"its {what} holds the character U+{ord(strange[0]):04X}, which XML cannot; remove it"
    if not _quotable(variable.name):
        yield variable.where, "its name cannot be put between quotation marks; rename it"


def _unsayable_node(node: Expression) -> Iterator[tuple[Where, str]]:
    if isinstance(node, Unsupported):
        yield node.where, node.reason
    elif isinstance(node, TableCall):
        yield from _unsayable_table(node.table, node.where)
    elif isinstance(node, Number) and node.value != node.value:
        yield node.where, "a literal that is not a number"


def _unsayable_table(table: Table, where: Where) -> Iterator[tuple[Where, str]]:
    if any(value != value for value in table.y):
        yield where, "a series that is not given"
    elif table.kind not in _KINDS:
        yield where, f"XMILE has no graphical function of the kind '{table.kind}'; there are: {', '.join(_KINDS)}"


def _is_for_all(variable: Variable, equation: Equation) -> bool:
    return not equation.elements or equation.elements == tuple(
        canonical(dimension) for dimension in variable.dimensions
    )


def _covered(model: Model, variable: Variable, equation: Equation) -> Iterator[tuple[str, ...]]:
    """Yield the elements that an equation is for."""
    axes = [model.dimension_by_id[canonical(dimension)] for dimension in variable.dimensions]
    given = equation.elements or tuple(ax.id for ax in axes)
    yield from product(*(axis.element_ids if id == axis.id else (id,) for id, axis in zip(given, axes, strict=True)))


def _quotable(name: str) -> bool:
    """Whether a name between quotation marks is read as itself."""
    quoted = '"' + re.sub(r'(?<!\\)"', r"\"", name) + '"'
    return bool(re.fullmatch(r'"(?:[^"\\]|\\.)*"', quoted, re.DOTALL)) and canonical(quoted) == canonical(name)


def _nodes(variable: Variable) -> Iterator[Expression]:
    return (node for expression in variable.expressions for node in walk(expression))
