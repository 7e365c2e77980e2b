"""Variables of a body, a macro's or a module's, as they stand in one instance of it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace

from egovsim.model.expression import Expression, LookupCall, Reference, rewrite
from egovsim.model.variable import Equation, Variable
from egovsim.names import canonical
from egovsim.readers.variable_expressions import equation_with_expressions


@dataclass(frozen=True)
class Instance:
    """How the variables of a body are named and read where an instance of it stands; all by canonical id.

    Parameters
    ----------
    names : mapping of str to str
        The name outside of each variable inside.
    values : mapping of str to Expression
        What stands in the place of each argument.
    dimensions : tuple of str
        Names of the dimensions that every variable of the instance has before its own.
    own : mapping of str to tuple of str
        The ids of the dimensions that each variable has itself.
    lookups : collection of str
        The lookups of the body, which are the same for all elements and so get no dimensions.
    """

    names: Mapping[str, str]
    values: Mapping[str, Expression] = field(default_factory=dict[str, Expression])
    dimensions: tuple[str, ...] = ()
    own: Mapping[str, tuple[str, ...]] = field(default_factory=dict[str, tuple[str, ...]])
    lookups: Collection[str] = frozenset()

    def variable(self, inside: Variable) -> Variable:
        """Return a variable of the body as it stands in the instance.

        Parameters
        ----------
        inside : Variable
            One of the body.

        Returns
        -------
        Variable
            With the name, dimensions and equations that it has outside.
        """
        before = () if inside.kind == "lookup" else self.dimensions
        return replace(
            inside,
            name=self.names[inside.id],
            dimensions=(*before, *inside.dimensions),
            equations=tuple(self._equation(equation, before) for equation in inside.equations),
            inflows=tuple(canonical(self.names.get(inflow, inflow)) for inflow in inside.inflows),
            outflows=tuple(canonical(self.names.get(outflow, outflow)) for outflow in inside.outflows),
        )

    def _equation(self, inside: Equation, before: tuple[str, ...]) -> Equation:
        elements = inside.elements and (*(canonical(dimension) for dimension in before), *inside.elements)
        return replace(equation_with_expressions(inside, self.expression), elements=elements)

    def expression(self, inside: Expression) -> Expression:
        """Return an expression of the body as it stands in the instance.

        Parameters
        ----------
        inside : Expression
            In the body's own names.

        Returns
        -------
        Expression
            In the names outside.
        """
        return rewrite(inside, self._node)

    def _node(self, node: Expression) -> Expression:
        match node:
            case Reference():
                return self._reference(node)
            case LookupCall(lookup=lookup):
                found = self._reference(lookup)
                return replace(node, lookup=found) if isinstance(found, Reference) else node
            case _:
                return node

    def _reference(self, inside: Reference) -> Expression:
        value = self.values.get(inside.id)
        if value is not None:
            return value
        name = self.names.get(inside.id)
        if name is None:
            return inside
        before = () if inside.id in self.lookups else tuple(canonical(dimension) for dimension in self.dimensions)
        after = inside.subscripts or (self.own.get(inside.id, ()) if before else ())
        return replace(inside, name=name, id=canonical(name), subscripts=(*before, *after))
