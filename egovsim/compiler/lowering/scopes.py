"""Where an equation of an array is read: what its names and subscripts mean for one element."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

from egovsim.compiler.lowering.array_algebra import ArrayParts
from egovsim.compiler.lowering.traversal import fold_down_to
from egovsim.errors import ModelError
from egovsim.model.arrays import element_meant, number_meant
from egovsim.model.expression import (
    Call,
    Expression,
    LookupCall,
    Number,
    Reference,
    Star,
    Table,
    TableCall,
    Where,
    fold,
    with_children,
)
from egovsim.model.model import Dimension, Model
from egovsim.model.variable import Variable
from egovsim.names import canonical, element_name, scalar_id

DEEPEST_ARRAY_FUNCTIONS = 50
"""So many functions of arrays may stand inside each other: each is written out for every element of the outer ones."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an equation is read: for which variable, and which element each dimension stands for.

    Parameters
    ----------
    model : Model
        The model.
    variable : Variable
        The owner of the equation.
    context : mapping of str to str
        For ids of dimensions, the ids of the elements that they stand for.
    parts : ArrayParts
        The parts of array functions, for all elements of the variable.
    functions : mapping of str to callable
        How each function of arrays is written out.
    within : bool
        Whether a function of arrays stands around the place that is read.
    """

    model: Model
    variable: Variable
    context: Mapping[str, str]
    parts: ArrayParts
    functions: Mapping[str, ArrayFunction]
    within: bool = False

    def resolve(self, expression: Expression) -> Expression:
        """Write an expression with scalars alone.

        Parameters
        ----------
        expression : Expression
            As the modeller wrote it, of any depth.

        Returns
        -------
        Expression
            Every reference names one element, every lookup is in place, functions of arrays are written out.

        Raises
        ------
        ModelError
            When a name is unknown, an array stands where a number is needed, or functions of arrays are nested
            too deeply.
        """
        return fold_down_to(expression, self._scalar, self._over)

    def _scalar(self, node: Expression) -> Expression | None:
        """Return what stands for a node of itself; None where its operands come first."""
        if isinstance(node, Reference):
            return self._reference(node)
        if isinstance(node, Call) and node.function in self.functions:
            if not self.within and fold(node, self._depth) > DEEPEST_ARRAY_FUNCTIONS:
                raise self.error(node.where, "its functions of arrays are nested too deeply; split it into auxiliaries")
            return self.functions[node.function](replace(self, within=True), node.arguments, node)
        return None

    def _depth(self, node: Expression, depths: tuple[int, ...]) -> int:
        """Return how many functions of arrays stand inside each other, given the same of a node's operands."""
        return max(depths, default=0) + (isinstance(node, Call) and node.function in self.functions)

    def _over(self, node: Expression, operands: tuple[Expression, ...]) -> Expression:
        if isinstance(node, LookupCall):
            return TableCall(self.table(node.lookup), operands[0], node.where)
        return with_children(node, operands)

    def _reference(self, node: Reference) -> Expression:
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
        """Refer to one element of a variable.

        Parameters
        ----------
        node : Reference
            Where it is referred to.
        target : Variable
            What is referred to.
        ids : tuple of str
            The element, one id a dimension.

        Returns
        -------
        Reference
            Without subscripts: an element is a scalar with a name of its own.

        Raises
        ------
        ModelError
            When the element has no equation.
        """
        if ids not in self.model.equations_of(target):
            shown = element_name(target.name, ids)
            raise self.error(node.where, f'"{shown}" has no equation; add one for this element')
        return Reference(element_name(target.name, ids), scalar_id(target.id, ids), (), node.where)

    def target(self, node: Reference) -> Variable:
        """Find the variable that a reference names.

        Parameters
        ----------
        node : Reference
            The reference.

        Returns
        -------
        Variable
            A lookup too.

        Raises
        ------
        UnknownNameError
            When there is none; the nearest name is given.
        """
        target = self.model.by_id.get(node.id)
        if target is None:
            raise self.model.unknown(node.name, where=f'{node.where}, "{self.variable.name}"')
        return target

    def dimensions(self, target: Variable) -> list[Dimension]:
        """Find the dimensions of a variable.

        Parameters
        ----------
        target : Variable
            The variable.

        Returns
        -------
        list of Dimension
            In the order of its subscripts; empty of a scalar.
        """
        return [self.model.dimension_by_id[canonical(dimension)] for dimension in target.dimensions]

    def subscripts(self, node: Reference, target: Variable) -> tuple[str, ...]:
        """Find the element that a reference means.

        Parameters
        ----------
        node : Reference
            The reference, whose subscripts may be dimensions of the equation.
        target : Variable
            What it names.

        Returns
        -------
        tuple of str
            The element's ids, one a dimension.

        Raises
        ------
        ModelError
            When it means a whole array, or there is no such element.
        """
        dimensions = self.dimensions(target)
        pairs = zip(self._given(node, target), dimensions, strict=True)
        return tuple(self._element(node, target, subscript, dimension) for subscript, dimension in pairs)

    def _given(self, node: Reference, target: Variable) -> tuple[str | Star, ...]:
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

    def table(self, lookup: Reference) -> Table:
        """Find the points of a lookup.

        Parameters
        ----------
        lookup : Reference
            What names it.

        Returns
        -------
        Table
            Those of the element that it means.

        Raises
        ------
        ModelError
            When it is no lookup.
        """
        target = self.target(lookup)
        ids = self.subscripts(lookup, target)
        equation = self.model.equations_of(target).get(ids)
        if equation is not None and equation.table is not None:
            return equation.table
        if equation is not None and isinstance(equation.expression, TableCall):
            return equation.expression.table
        shown = element_name(target.name, ids)
        raise self.error(lookup.where, f'"{shown}" is neither a function of the language nor a lookup')

    def inside(self, context: Mapping[str, str]) -> Scope:
        """Let some dimensions stand for other elements.

        Parameters
        ----------
        context : mapping of str to str
            For ids of dimensions, the ids of elements.

        Returns
        -------
        Scope
            All else as here.
        """
        return replace(self, context={**self.context, **context})

    def error(self, where: Where, text: str) -> ModelError:
        """Say what is wrong in this variable's equations.

        Parameters
        ----------
        where : Where
            The place.
        text : str
            What is wrong, and what to do, without a full stop.

        Returns
        -------
        ModelError
            To be raised.
        """
        return ModelError(f'{where}, "{self.variable.name}": {text}.')


ArrayFunction = Callable[[Scope, tuple[Expression, ...], Call], Expression]
"""Writes a function of arrays out for one element: where it is read, its arguments, and the call itself."""
