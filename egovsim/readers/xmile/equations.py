"""The equations of a variable of an XMILE file: of the whole, of its elements, and its graphical functions."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product

from egovsim.errors import ModelError, suggestion
from egovsim.model.arrays import refuse_huge
from egovsim.model.conveyors import CONVEYOR_PROFILE
from egovsim.model.expression import Binary, Call, Expression, Number, Reference, TableCall, Unsupported
from egovsim.model.model import Dimension
from egovsim.model.variable import Equation, Kind
from egovsim.names import canonical
from egovsim.readers.expressions.parser import parse_xmile_equation
from egovsim.readers.expressions.transformer import Constants
from egovsim.readers.xmile.scope import Scope, VariableElement
from egovsim.readers.xmile.specs import table_in
from egovsim.readers.xmile.xml import Element, split_name


@dataclass(frozen=True)
class _Written:
    """What a variable, or one element of it, is written with."""

    element: Element
    equation: Element | None
    table: Element | None
    initial: Element | None = None


def axes_of(variable: VariableElement, scope: Scope) -> tuple[Dimension, ...]:
    """Return the dimensions of a variable.

    Parameters
    ----------
    variable : VariableElement
        The variable.
    scope : Scope
        The model that it stands in.

    Returns
    -------
    tuple of Dimension
        In the order of its subscripts.

    Raises
    ------
    ModelError
        The file has no such dimension, or the array has more elements than any machine should be asked for.
    """
    block, dimensions = variable.first("dimensions"), scope.file.dimensions
    names = [] if block is None else [dim.get("name") or "" for dim in scope.document.named(block, "dim")]
    place = scope.message_place(variable.element, variable.name)
    for name in names:
        if canonical(name) not in dimensions:
            known = [dimension.name for dimension in dimensions.values()]
            raise ModelError(f'{place}: "{name}" is not a dimension of this file{suggestion(name, known)}.')
    axes = tuple(dimensions[canonical(name)] for name in names)
    refuse_huge(axes, place)
    return axes


def flow_id(element: Element, owner: str, scope: Scope) -> str:
    """Return the id of the flow that a stock names.

    Parameters
    ----------
    element : Element
        An ``<inflow>`` or ``<outflow>``.
    owner : str
        The stock's name.
    scope : Scope
        The model that it stands in.

    Returns
    -------
    str
        Of a variable of that model.

    Raises
    ------
    ModelError
        There is no such variable.
    """
    written = scope.document.span(element).text
    id = canonical(written)
    if id not in scope.variables:
        raise scope.unknown(element, owner, written)
    return id


def equations_of(variable: VariableElement, kind: Kind, refused: Unsupported | None, scope: Scope) -> list[Equation]:
    """Read the equations of a variable.

    Parameters
    ----------
    variable : VariableElement
        The variable.
    kind : {"stock", "flow", "auxiliary", "lookup"}
        What it is.
    refused : Unsupported or None
        What stands in the place of all of them where they cannot be run.
    scope : Scope
        The model that it stands in.

    Returns
    -------
    list of Equation
        In the order of the file.

    Raises
    ------
    ModelError
        An equation is missing or does not parse, or an element or a flow does not exist.
    """
    rate = _rate(variable, scope) if kind == "stock" else None
    if refused is not None:
        return [Equation(refused, rate=rate)]
    axes = axes_of(variable, scope)
    if kind == "lookup":
        return list(_tables(variable, axes, scope))
    written = _Written(variable.element, variable.first("eqn"), variable.first("gf"), variable.first("init_eqn"))
    if "element" in variable.children:
        return list(_of_elements(written, variable, axes, rate, scope))
    if len(variable.children.get("eqn", ())) > 1:
        return list(_in_order(written, variable, axes, rate, scope))
    whole = _expression(written, variable.name, scope)
    if isinstance(whole, Constants):
        return list(_constants(whole, variable, axes, rate, scope))
    return [Equation(whole, rate=rate)]


def expression_in(element: Element, owner: str, scope: Scope) -> Expression:
    """Read the equation that an element holds.

    Parameters
    ----------
    element : Element
        An ``<eqn>``.
    owner : str
        The name of what it belongs to.
    scope : Scope
        The model or macro that it stands in.

    Returns
    -------
    Expression
        One value.

    Raises
    ------
    ModelError
        It is empty, does not parse, or is a list of numbers.
    """
    return _single(_Written(element, element, None), owner, scope)


# Forms that equations are written in


def _tables(variable: VariableElement, axes: Sequence[Dimension], scope: Scope) -> Iterator[Equation]:
    """Yield the points of a lookup: its own, and those of its elements."""
    document, owner = scope.document, variable.name
    own = [variable.element] if variable.tag == "gf" else variable.children.get("gf", [])
    for gf in own[:1]:
        yield Equation(None, table=table_in(document, gf, owner))
    for element in variable.children.get("element", ()):
        for gf in document.named(element, "gf"):
            yield Equation(None, _subscript(element, owner, axes, scope), table=table_in(document, gf, owner))


def _constants(
    given: Constants, variable: VariableElement, axes: Sequence[Dimension], rate: Expression | None, scope: Scope
) -> Iterator[Equation]:
    """Yield for each element its number, the last dimension fastest."""
    every = _every_element(axes)
    if "conveyor" in variable.children and not axes:
        where = scope.document.where(variable.element)
        yield Equation(Call(CONVEYOR_PROFILE, tuple(Number(value, where) for value in given.values), where), rate=rate)
        return
    if len(every) != len(given.values):
        raise ModelError(
            f"{scope.message_place(variable.element, variable.name)}: {len(given.values)} numbers are given for "
            f"{len(every)} elements; give as many."
        )
    where = scope.document.where(variable.element)
    for ids, value in zip(every, given.values, strict=True):
        yield Equation(Number(value, where), elements=ids, rate=rate)


def _in_order(
    whole: _Written, variable: VariableElement, axes: Sequence[Dimension], rate: Expression | None, scope: Scope
) -> Iterator[Equation]:
    """Yield an equation for each element, from as many ``<eqn>`` (not in the standard, but in files of xmutil)."""
    every, equations = _every_element(axes), variable.children["eqn"]
    if len(every) != len(equations):
        reason = f"{len(equations)} equations for {len(every)} elements cannot be run; give one for each"
        yield Equation(Unsupported("<eqn>", reason, scope.document.where(equations[1])), rate=rate)
        return
    for ids, equation in zip(every, equations, strict=True):
        written = replace(whole, element=equation, equation=equation)
        yield Equation(_single(written, variable.name, scope), elements=ids, rate=rate)


def _of_elements(
    whole: _Written, variable: VariableElement, axes: Sequence[Dimension], rate: Expression | None, scope: Scope
) -> Iterator[Equation]:
    """Yield an equation for each ``<element>``, then the variable's own for those that have none."""
    owner, left = variable.name, dict.fromkeys(_every_element(axes))
    for element in variable.children["element"]:
        ids = _subscript(element, owner, axes, scope)
        eqn, gf, init = (scope.document.named(element, name)[:1] for name in ("eqn", "gf", "init_eqn"))
        written = _Written(element, *eqn or [whole.equation], *gf or [whole.table], *init or [whole.initial])
        whole_array = ids == tuple(axis.id for axis in axes)
        yield Equation(_single(written, owner, scope), elements=() if whole_array else ids, rate=rate)
        for covered in product(*(_covered(id, axis) for id, axis in zip(ids, axes, strict=True))):
            left.pop(covered, None)
    if left and whole.equation is None:
        missing = ",".join(next(iter(left)))
        raise ModelError(f'{scope.message_place(whole.element, owner)}: element "{missing}" has no equation; add it.')
    for ids in left:
        yield Equation(_single(whole, owner, scope), elements=ids, rate=rate)


def _every_element(axes: Sequence[Dimension]) -> list[tuple[str, ...]]:
    """Return every combination of elements, the last dimension fastest."""
    return list(product(*(axis.element_ids for axis in axes)))


def _covered(id: str, axis: Dimension) -> tuple[str, ...]:
    return axis.element_ids if id == axis.id else (id,)


def _subscript(element: Element, owner: str, axes: Sequence[Dimension], scope: Scope) -> tuple[str, ...]:
    """Return the ids in ``subscript="urban,citizens"``, each an element or the whole of its dimension."""
    written = [part.strip() for part in (element.get("subscript") or "").split(",")]
    place = scope.message_place(element, owner)
    if len(written) != len(axes):
        raise ModelError(f"{place}: the subscript names {len(written)} elements of {len(axes)} dimensions.")
    for name, axis in zip(written, axes, strict=True):
        if canonical(name) not in (*axis.element_ids, axis.id):
            raise ModelError(f'{place}: "{name}" is not an element of "{axis.name}"{suggestion(name, axis.elements)}.')
    return tuple(map(canonical, written))


# One expression


def _single(written: _Written, owner: str, scope: Scope) -> Expression:
    """Read an equation that must be one value."""
    expression = _expression(written, owner, scope)
    if isinstance(expression, Constants):
        raise ModelError(
            f"{scope.message_place(written.element, owner)}: one element is given {len(expression.values)} numbers; "
            "give one."
        )
    return expression


def _expression(written: _Written, owner: str, scope: Scope) -> Expression | Constants:
    """Read an equation, through its graphical function when it has one, and what it is at the start instead.

    ``<init_eqn>``, which Stella writes and the standard has not, is Vensim's ACTIVE INITIAL (as the program simlin
    reads it).
    """
    if written.equation is None:
        raise ModelError(f"{scope.message_place(written.element, owner)}: there is no equation; add <eqn>.")
    span = scope.document.span(written.equation)
    if not span.text.strip():
        raise ModelError(f"{scope.message_place(written.equation, owner)}: there is no equation; write one in <eqn>.")
    expression = parse_xmile_equation(span, owner=owner, names=scope.names)
    if isinstance(expression, Constants):
        return expression
    if written.table is not None:
        expression = TableCall(table_in(scope.document, written.table, owner), expression, expression.where)
    if written.initial is None:
        return expression
    initial = _single(_Written(written.initial, written.initial, None), owner, scope)
    return Call("active initial", (expression, initial), expression.where)


def _rate(stock: VariableElement, scope: Scope) -> Expression:
    """Return inflows less outflows, in the order of the file; a flow of the stock's shape by its indices."""
    axes = axes_of(stock, scope)
    rate: Expression | None = None
    for child in (*stock.children.get("inflow", ()), *stock.children.get("outflow", ())):
        id = flow_id(child, stock.name, scope)
        span = scope.document.span(child)
        where = span.where(len(span.text) - len(span.text.lstrip()))
        subscripts = tuple(axis.id for axis in axes) if "dimensions" in scope.variables[id].children else ()
        flow = Reference(span.text.strip().strip('"'), id, subscripts, where)
        inwards = split_name(child.tag)[1] == "inflow"
        if rate is None:
            rate = flow if inwards else Binary("-", Number(0.0, where), flow, where)
        else:
            rate = Binary("+" if inwards else "-", rate, flow, rate.where)
    return Number(0.0, scope.document.where(stock.element)) if rate is None else rate
