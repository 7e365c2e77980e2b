"""Where an equation of an array is read: what its names and subscripts mean for one element."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace

from egovsim.compiler.lowering.array_algebra import Workshop
from egovsim.errors import ModelError
from egovsim.model.arrays import element_meant, equation_by_element, number_meant
from egovsim.model.expression import (
    Binary,
    Call,
    Expression,
    LookupCall,
    Number,
    Reference,
    Star,
    Table,
    TableCall,
    Where,
    children,
    with_children,
)
from egovsim.model.model import Dimension, Model
from egovsim.model.variable import Equation, Variable
from egovsim.names import canonical, element_name


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an equation is read: for which variable, and which element each dimension stands for.

    `workshop` keeps the parts of array functions, for all elements of the variable; `functions` says how each
    of those is written out.
    """

    model: Model
    variable: Variable
    context: Mapping[str, str]
    workshop: Workshop
    functions: Mapping[str, ArrayFunction]

    def resolve(self, node: Expression) -> Expression:
        """Return an expression of scalars: every reference names one element, every lookup is in place."""
        match node:
            case Reference():
                return self.reference(node)
            case LookupCall(lookup=lookup, argument=argument, where=where):
                return TableCall(self._table(lookup), self.resolve(argument), where)
            case Call(function=function, arguments=arguments) if function in self.functions:
                return self.functions[function](self, arguments, node)
            case Binary():
                return self._chain(node)
            case _:
                operands = children(node)
                return with_children(node, tuple(map(self.resolve, operands))) if operands else node

    def _chain(self, node: Binary) -> Expression:
        """Resolve a chain of operators from its left end on: a sum may have thousands of terms."""
        links = [node]
        while isinstance(links[-1].left, Binary):
            links.append(links[-1].left)
        left = self.resolve(links[-1].left)
        for link in reversed(links):
            left = with_children(link, (left, self.resolve(link.right)))
        return left

    def reference(self, node: Reference) -> Expression:
        """Return a reference to one element; a dimension or an element alone is a number."""
        if node.id not in self.model.by_id and not node.subscripts:
            number = number_meant(self.model, self.context, node.id)
            if number is not None:
                return Number(number, node.where)
        target = self.target(node)
        if target.kind == "lookup":
            raise self.error(node.where, f'"{target.name}" is a lookup: give it an argument, as in {target.name}(x)')
        return self.element(node, target, self.subscripts(node, target))

    def element(self, node: Reference, target: Variable, ids: tuple[str, ...]) -> Reference:
        """Return a reference to the element of these ids."""
        if ids not in defined_elements(self.model, target):
            shown = element_name(target.name, ids)
            raise self.error(node.where, f'"{shown}" has no equation; add one for this element')
        return Reference(element_name(target.name, ids), element_name(target.id, ids), (), node.where)

    def target(self, node: Reference) -> Variable:
        """Return the variable that a reference names."""
        target = self.model.by_id.get(node.id)
        if target is None:
            raise self.model.unknown(node.name, where=f'{node.where}, "{self.variable.name}"')
        return target

    def dimensions(self, target: Variable) -> list[Dimension]:
        """Return the dimensions of a variable."""
        return [self.model.dimension_by_id[canonical(dimension)] for dimension in target.dimensions]

    def subscripts(self, node: Reference, target: Variable) -> tuple[str, ...]:
        """Return the ids of the element that a reference means."""
        dimensions = self.dimensions(target)
        given = self.given(node, target)
        return tuple(self._element(node, target, one, dim) for one, dim in zip(given, dimensions, strict=True))

    def given(self, node: Reference, target: Variable) -> tuple[str | Star, ...]:
        """Return the subscripts of a reference, the dimensions themselves where it has none."""
        dimensions = self.dimensions(target)
        given = node.subscripts or tuple(dimension.id for dimension in dimensions)
        if len(given) != len(dimensions):
            wanted = f"{len(dimensions)} subscript{'' if len(dimensions) == 1 else 's'}"
            raise self.error(node.where, f'"{target.name}" takes {wanted}, not {len(given)}')
        return given

    def _element(self, node: Reference, target: Variable, subscript: str | Star, dimension: Dimension) -> str:
        meant = None if isinstance(subscript, Star) else element_meant(self.model, self.context, subscript, dimension)
        if meant is not None:
            return meant
        if isinstance(subscript, Star) or subscript in self.model.dimension_by_id:
            text = f'"{target.name}" is an array over "{dimension.name}" where a number is needed; name an element'
            raise self.error(node.where, text)
        known = ", ".join(dimension.elements)
        raise self.error(node.where, f'"{subscript}" is not an element of "{dimension.name}" ({known})')

    def _table(self, lookup: Reference) -> Table:
        target = self.target(lookup)
        ids = self.subscripts(lookup, target)
        equation = defined_elements(self.model, target).get(ids)
        if equation is not None and equation.table is not None:
            return equation.table
        if equation is not None and isinstance(equation.expression, TableCall):
            return equation.expression.table
        shown = element_name(target.name, ids)
        raise self.error(lookup.where, f'"{shown}" is neither a function of the language nor a lookup')

    def inside(self, context: Mapping[str, str]) -> Scope:
        """Return the scope in which some dimensions stand for other elements."""
        return replace(self, context={**self.context, **context})

    def error(self, where: Where, text: str) -> ModelError:
        """Build an error at a place in this variable's equations."""
        return ModelError(f'{where}, "{self.variable.name}": {text}.')


EquationByElement = Mapping[tuple[str, ...], Equation]


@dataclass(slots=True)
class _DefinedElements:
    """The equations of one model by element, by the ids of its variables; see `Model.derived`."""

    by_variable: dict[str, EquationByElement] = field(default_factory=dict[str, EquationByElement])


def defined_elements(model: Model, variable: Variable) -> Mapping[tuple[str, ...], Equation]:
    """Return the equation of each element that has one; worked out once for each variable."""
    known = model.derived(_DefinedElements).by_variable
    if variable.id not in known:
        known[variable.id] = equation_by_element(model, variable)
    return known[variable.id]


ArrayFunction = Callable[[Scope, tuple[Expression, ...], Call], Expression]
"""Writes a function of arrays out for one element: where it is read, its arguments, and the call itself."""
