"""Arrays become one scalar equation per element; lookups are put in place; limits on flows are spelt out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from itertools import product

from egovsim.errors import ModelError, UnsupportedError
from egovsim.model.expression import (
    Binary,
    Call,
    ClockValue,
    Expression,
    LookupCall,
    Number,
    Reference,
    Star,
    Table,
    TableCall,
    Unary,
    Unsupported,
    Where,
    children,
    walk,
    with_children,
)
from egovsim.model.model import Dimension, Equation, Model, Variable, display_elements, product_of
from egovsim.names import canonical, element_name


@dataclass(frozen=True, slots=True)
class ScalarEquation:
    """The equation of one element.

    `id` is ``coverage[rural]``, `name` the same in the file's own letters. For a stock `expression`
    is the initial value and `rate` its net flow; for anything else `rate` is None.
    """

    id: str
    name: str
    expression: Expression
    rate: Expression | None
    where: Where


def scalar_equations(model: Model) -> list[ScalarEquation]:
    """Return one equation for every element of every variable but lookups.

    Raises
    ------
    UnsupportedError
        When the model uses what cannot be run; all of it is listed.
    ModelError
        When an array is used where a number is needed, or an element does not exist.
    """
    refuse_unsupported(model)
    equations = [
        one
        for variable in model.variables
        if variable.kind != "lookup"
        for one in _elements_of_variable(model, variable)
    ]
    return _limit_flows(model, equations)


def refuse_unsupported(model: Model) -> None:
    """Raise one error that lists everything in the model that cannot be run."""
    lines = [
        f'  {node.where}, "{variable.name}": {node.reason}'
        for variable in model.variables
        for node in unsupported_nodes(variable)
    ]
    if lines:
        listing = "\n".join(lines)
        raise UnsupportedError(f"{model.file or model.name} uses what this version cannot run:\n{listing}")


def unsupported_nodes(variable: Variable) -> list[Unsupported]:
    """Return what cannot be run in the equations of a variable, in order."""
    wanted = [part for one in variable.equations for part in (one.expression, one.rate) if part is not None]
    return [node for part in wanted for node in walk(part) if isinstance(node, Unsupported)]


def _elements_of_variable(model: Model, variable: Variable) -> list[ScalarEquation]:
    found: list[ScalarEquation] = []
    chosen = _equation_by_element(model, variable)
    for ids in product_of(model, variable):
        equation = chosen.get(ids)
        name = element_name(variable.name, display_elements(model, variable, ids))
        if equation is None or equation.expression is None:
            raise ModelError(f'{variable.where}, "{name}" has no equation; add one for this element.')
        context = dict(zip(map(canonical, variable.dimensions), ids, strict=True))
        scope = _Scope(model, variable, context)
        expression = scope.resolve(equation.expression)
        if variable.kind == "flow" and variable.non_negative == "yes":
            expression = Call("max", (Number(0.0), expression), variable.where)
        rate = None if equation.rate is None else scope.resolve(equation.rate)
        found.append(ScalarEquation(element_name(variable.id, ids), name, expression, rate, variable.where))
    return found


def _equation_by_element(model: Model, variable: Variable) -> dict[tuple[str, ...], Equation]:
    """Return the equation of each element; a later, more particular one replaces an apply-to-all one."""
    found: dict[tuple[str, ...], Equation] = {}
    particular = sorted(variable.equations, key=lambda one: _generality(model, one), reverse=True)
    for equation in particular:
        choices = [_elements(model, one) for one in equation.elements]
        if not choices:
            choices = [model.dimension_by_id[canonical(one)].element_ids for one in variable.dimensions]
        for ids in product(*choices):
            found[ids] = equation
    return found


def _generality(model: Model, equation: Equation) -> int:
    if not equation.elements:
        return len(model.dimensions) + 1
    return sum(one in model.dimension_by_id for one in equation.elements)


def _elements(model: Model, subscript: str) -> tuple[str, ...]:
    dimension = model.dimension_by_id.get(subscript)
    return dimension.element_ids if dimension else (subscript,)


@dataclass(frozen=True, slots=True)
class _Scope:
    """Where an equation is read: for which variable, and which element each dimension stands for."""

    model: Model
    variable: Variable
    context: Mapping[str, str]

    def resolve(self, node: Expression) -> Expression:
        match node:
            case Reference():
                return self._reference(node)
            case LookupCall(lookup=lookup, argument=argument, where=where):
                return TableCall(self._table(lookup), self.resolve(argument), where)
            case Call(function="sum", arguments=(argument,)):
                return self._sum(argument)
            case _:
                operands = children(node)
                return with_children(node, tuple(map(self.resolve, operands))) if operands else node

    def _reference(self, node: Reference) -> Reference:
        target = self._target(node)
        if target.kind == "lookup":
            raise self._error(node.where, f'"{target.name}" is a lookup: give it an argument, as in {target.name}(x)')
        ids = self._subscripts(node, target)
        return Reference(element_name(target.name, ids), element_name(target.id, ids), (), node.where)

    def _target(self, node: Reference) -> Variable:
        target = self.model.by_id.get(node.id)
        if target is None:
            raise self.model.unknown(node.name, where=f'{node.where}, "{self.variable.name}"')
        return target

    def _subscripts(self, node: Reference, target: Variable) -> tuple[str, ...]:
        dimensions = [self.model.dimension_by_id[canonical(one)] for one in target.dimensions]
        given = node.subscripts or tuple(one.id for one in dimensions)
        if len(given) != len(dimensions):
            wanted = f"{len(dimensions)} subscript{'' if len(dimensions) == 1 else 's'}"
            raise self._error(node.where, f'"{target.name}" takes {wanted}, not {len(given)}')
        return tuple(self._element(node, target, one, dim) for one, dim in zip(given, dimensions, strict=True))

    def _element(self, node: Reference, target: Variable, subscript: str | Star, dimension: Dimension) -> str:
        if isinstance(subscript, Star) or (subscript == dimension.id and subscript not in self.context):
            text = f'"{target.name}" is an array over "{dimension.name}" where a number is needed; name an element'
            raise self._error(node.where, text)
        element = self.context.get(subscript, subscript)
        if element not in dimension.element_ids:
            known = ", ".join(dimension.elements)
            raise self._error(node.where, f'"{subscript}" is not an element of "{dimension.name}" ({known})')
        return element

    def _table(self, lookup: Reference) -> Table:
        target = self._target(lookup)
        equation = target.equations[0]
        if equation.table is not None:
            return equation.table
        if isinstance(equation.expression, TableCall):
            return equation.expression.table
        raise self._error(lookup.where, f'"{target.name}" is neither a function of the language nor a lookup')

    def _sum(self, argument: Expression) -> Expression:
        """Write a sum out, one term for every combination of elements of the starred dimensions."""
        named = _name_stars(self.model, argument)
        stars = _stars(named)
        total: Expression = Number(0.0)
        choices = [_elements(self.model, one.removeprefix(_STARRED)) for one in stars]
        for number, ids in enumerate(product(*choices)):
            context = {**self.context, **dict(zip(stars, ids, strict=True))}
            term = _Scope(self.model, self.variable, context).resolve(named)
            total = term if number == 0 else Binary("+", total, term)
        return total

    def _error(self, where: Where, text: str) -> ModelError:
        return ModelError(f'{where}, "{self.variable.name}": {text}.')


_STARRED = "all of "
"""Begins what a star stands for in a sum, so that it is not taken for the equation's own dimension."""


def _name_stars(model: Model, node: Expression) -> Expression:
    """Replace stars by names of what they run over; an array without subscripts runs over all it has."""
    if isinstance(node, Reference) and node.id in model.by_id:
        dimensions = [canonical(one) for one in model.by_id[node.id].dimensions]
        given = node.subscripts or tuple(Star() for _ in dimensions)
        named = [_STARRED + (s.dimension or d) if isinstance(s, Star) else s for s, d in zip(given, dimensions)]  # noqa: B905
        return replace(node, subscripts=(*named, *given[len(named) :]))
    operands = children(node)
    return with_children(node, tuple(_name_stars(model, one) for one in operands)) if operands else node


def _stars(node: Expression) -> list[str]:
    references = [one for one in walk(node) if isinstance(one, Reference)]
    subscripts = [s for one in references for s in one.subscripts if isinstance(s, str)]
    return list(dict.fromkeys(s for s in subscripts if s.startswith(_STARRED)))


def _limit_flows(model: Model, equations: list[ScalarEquation]) -> list[ScalarEquation]:
    """Limit what flows out of non-negative stocks, in document order, to what there is.

    The flow itself is limited, so what leaves one stock is what arrives in another and no mass is created.
    What flows in meanwhile may flow out again, unless it depends on this outflow itself.
    """
    by_id = {one.id: one for one in equations}
    for stock in model.stocks:
        if stock.non_negative == "yes":
            for ids in product_of(model, stock):
                _limit_one(by_id, stock, ids)
    return [by_id[one.id] for one in equations]


def _limit_one(by_id: dict[str, ScalarEquation], stock: Variable, ids: tuple[str, ...]) -> None:
    here = Reference(element_name(stock.name, ids), element_name(stock.id, ids))
    content = Binary("/", here, ClockValue("time step"))
    inflows = [by_id[element_name(one, ids)] for one in stock.inflows]
    outflows = [by_id[element_name(one, ids)] for one in stock.outflows]
    for number, one in enumerate(inflows):  # a flow in that turns negative flows out
        room = _room(by_id, content, one, inflows[:number], [])
        by_id[one.id] = replace(one, expression=Call("max", (Unary("-", room), one.expression), one.where))
    for number, one in enumerate(outflows):
        room = _room(by_id, content, one, inflows, outflows[:number])
        by_id[one.id] = replace(one, expression=Call("min", (one.expression, room), one.where))


def _room(
    by_id: Mapping[str, ScalarEquation],
    content: Expression,
    flow: ScalarEquation,
    inflows: list[ScalarEquation],
    earlier: list[ScalarEquation],
) -> Expression:
    """What may leave by a flow: the content, with what comes in unless it is made of that flow, less what has left."""
    room = content
    for inflow in inflows:
        if not _depends(by_id, inflow.id, flow.id):
            room = Binary("+", room, Reference(inflow.name, inflow.id))
    for one in earlier:
        room = Binary("-", room, Reference(one.name, one.id))
    return Call("max", (Number(0.0), room))


def _depends(by_id: Mapping[str, ScalarEquation], id: str, on: str) -> bool:
    """Whether a value is computed, within one instant, from another; stocks break the chain."""
    seen: set[str] = set()
    waiting = [id]
    while waiting:
        one = waiting.pop()
        if one == on:
            return True
        if one in seen or one not in by_id or by_id[one].rate is not None:
            continue
        seen.add(one)
        waiting += [node.id for node in walk(by_id[one].expression) if isinstance(node, Reference)]
    return False
