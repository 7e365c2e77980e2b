"""Reality Checks as data: what must follow when something is so, or is made so.

They say something about behaviour and change no number of a run.  The two kinds and their names are Vensim's (its
user guide, "Test Inputs" and "Constraints").
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property

from egovsim.model.expression import NOWHERE, Expression, Reference, Where
from egovsim.names import canonical

FUNCTIONS: Mapping[str, range] = {
    "rc compare": range(3, 6),
    "rc compare check": range(4, 7),
    "rc decay": range(2, 5),
    "rc decay check": range(3, 6),
    "rc grow": range(2, 5),
    "rc grow check": range(3, 6),
    "rc ramp": range(3, 6),
    "rc ramp check": range(4, 7),
    "rc step": range(2, 5),
    "rc step check": range(3, 6),
}
"""The functions that stand in Reality Checks alone, as calls of these names, and how many arguments they take.

The last two, the start and the duration of the change, may be left out (Vensim's reference, "Reality Check
Functions").
"""


@dataclass(frozen=True)
class TestInput:
    """An equation that takes the place of a variable's own: ``name :TEST INPUT: variable = expression``.

    Parameters
    ----------
    name : str
        What constraints call it by.
    variable : Reference
        The variable, or an element of it, that the equation is for.
    expression : Expression
        What the variable becomes; in it the variable itself is the value that the model gives it.
    subscripts : tuple of str, optional
        Ids of the dimensions or elements for which it is said, where it is said for an array.
    unit, note : str, optional
        As the file has them.
    """

    name: str
    variable: Reference
    expression: Expression
    subscripts: tuple[str, ...] = ()
    unit: str = ""
    note: str = ""
    where: Where = field(default=NOWHERE, compare=False, repr=False)

    @cached_property
    def id(self) -> str:
        """The canonical form of the name."""
        return canonical(self.name)

    @property
    def parts(self) -> tuple[Expression, ...]:
        """The expressions in it, in the order of the file."""
        return (self.variable, self.expression)


@dataclass(frozen=True)
class Constraint:
    """What must follow: ``name :THE CONDITION: condition :IMPLIES: consequence``.

    Parameters
    ----------
    name : str
        Its name.
    condition : Expression or None
        Comparisons and test inputs, these by a `Reference` to their name; None where the consequence must always hold.
    consequence : Expression
        What must then be true.
    subscripts, unit, note
        As of `TestInput`.
    """

    name: str
    condition: Expression | None
    consequence: Expression
    subscripts: tuple[str, ...] = ()
    unit: str = ""
    note: str = ""
    where: Where = field(default=NOWHERE, compare=False, repr=False)

    @cached_property
    def id(self) -> str:
        """The canonical form of the name."""
        return canonical(self.name)

    @property
    def parts(self) -> tuple[Expression, ...]:
        """The expressions in it, in the order of the file."""
        return (self.consequence,) if self.condition is None else (self.condition, self.consequence)


RealityCheck = TestInput | Constraint
