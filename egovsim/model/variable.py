"""A variable of a model: its kind, its equations, its unit, and what its file says about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Literal

from egovsim.model.expression import NOWHERE, Expression, Number, Table, Unary, Where
from egovsim.names import canonical

Kind = Literal["stock", "flow", "auxiliary", "lookup"]


@dataclass(frozen=True, slots=True)
class Equation:
    """One equation of a variable.

    Parameters
    ----------
    expression : Expression or None
        The value; of a stock, the initial value. None for a variable of kind ``lookup``.
    elements : tuple of str
        Canonical ids, one a dimension of the variable, each an element or a dimension that stands for all of its
        elements; empty for a scalar variable.
    rate : Expression, optional
        Of a stock, its net flow per unit of time.
    table : Table, optional
        Of a variable of kind ``lookup``.
    """

    expression: Expression | None
    elements: tuple[str, ...] = ()
    rate: Expression | None = None
    table: Table | None = None


@dataclass(frozen=True, slots=True)
class Bounds:
    """The range that a file declares for a variable.

    Parameters
    ----------
    low, high : float, optional
        The ends, in the variable's own unit; either may be open.
    only_warns : bool
        Whether a value outside is told and taken, and not refused.
    """

    low: float | None = None
    high: float | None = None
    only_warns: bool = field(default=False, compare=False, repr=False)


@dataclass(frozen=True)
class Variable:
    """A stock, flow, auxiliary or lookup.

    Parameters
    ----------
    name : str
        As the file names it.
    kind : {"stock", "flow", "auxiliary", "lookup"}
        What it is.
    equations : tuple of Equation
        One for a scalar, one or more for an array.
    dimensions : tuple of str
        The names of an array's dimensions.
    inflows, outflows : tuple of str
        Of a stock, canonical ids, in document order; empty for one that was written as one rate (Vensim's INTEG).
    non_negative : bool
        Whether the file asks that it never falls below 0.
    unit, note, group : str
        As the file has them; empty where it has none.
    bounds : Bounds
        The range that the file declares.
    where : Where
        The place in the file.
    """

    name: str
    kind: Kind
    equations: tuple[Equation, ...]
    dimensions: tuple[str, ...] = ()
    inflows: tuple[str, ...] = ()
    outflows: tuple[str, ...] = ()
    non_negative: bool = False
    unit: str = ""
    note: str = ""
    bounds: Bounds = Bounds()
    group: str = ""
    where: Where = field(default=NOWHERE, compare=False, repr=False)

    @cached_property
    def id(self) -> str:
        """The canonical form of the name."""
        return canonical(self.name)

    @property
    def expressions(self) -> tuple[Expression, ...]:
        """Every expression in its equations, in the order of the file; of a stock, initial value before net flow."""
        return tuple(
            part for equation in self.equations for part in (equation.expression, equation.rate) if part is not None
        )

    @property
    def is_input(self) -> bool:
        """Whether every equation (of a stock, every initial value) is a plain number."""
        return self.kind != "lookup" and all(
            plain_number(equation.expression) is not None for equation in self.equations
        )


def plain_number(expression: Expression | None) -> float | None:
    """Return the value of an equation that is a literal number, signed or not.

    Parameters
    ----------
    expression : Expression or None
        The equation, if there is one.

    Returns
    -------
    float or None
        None for any other equation.
    """
    match expression:
        case Number(value=value):
            return value
        case Unary(operator="-", operand=Number(value=value)):
            return -value
        case _:
            return None
