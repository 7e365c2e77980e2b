"""Arrays become one scalar equation per element; lookups are put in place."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Literal

from egovsim.compiler.lowering.array_algebra import ArrayParts
from egovsim.compiler.lowering.array_functions import ARRAY_FUNCTIONS
from egovsim.compiler.lowering.scopes import Scope
from egovsim.errors import ModelError, UnsupportedError
from egovsim.model.arrays import context_of, display_elements
from egovsim.model.conveyors import WHOLE_BELT
from egovsim.model.expression import (
    Call,
    Expression,
    Number,
    Unsupported,
    Where,
    walk,
)
from egovsim.model.model import Model
from egovsim.model.variable import Variable
from egovsim.names import canonical, element_name, scalar_id, split_element

DiscreteKind = Literal["previous", "fixed", "information", "material", "conveyor", "conveyor part"]
"""Kinds of discrete state: the value of the step before, Vensim's three pipelines, and conveyors with what is read of
them."""


@dataclass(frozen=True, slots=True)
class BeltLeak:
    """A leak of a conveyor.

    Parameters
    ----------
    share : str
        Id of the scalar that says how much it takes.
    amount : str
        Id of the state that its share is applied to: what lies in its zone, or of a linear leak a step's portion of
        what once came into the zone.
    at_end : str
        Id of the state that is the part of it that lies at the end of the belt.
    start, end : float
        Its zone, as shares of the belt from where material enters.
    """

    share: str
    amount: str
    at_end: str
    start: float
    end: float


@dataclass(frozen=True, slots=True)
class Belt:
    """More of what a conveyor reads, and the states that are read of it.

    Parameters
    ----------
    end : str
        Id of the state that is what lies at the end, before the leaks of the next step.
    leaks : tuple of BeltLeak
        In their order.
    is_exponential : bool
        How they leak.
    is_fixed : bool
        Whether it cannot be run while its transit time changes.
    portions : tuple of str
        Ids of the scalars that say what lies on it at the start, for each unit of time, at the end first; empty where
        it lies as a constant inflow would have left it.
    """

    end: str
    leaks: tuple[BeltLeak, ...]
    is_exponential: bool
    is_fixed: bool
    portions: tuple[str, ...] = ()

    @property
    def has_zones(self) -> bool:
        """Whether a leak takes from a part of it alone."""
        return any((leak.start, leak.end) != WHOLE_BELT for leak in self.leaks)

    @property
    def ids_read(self) -> tuple[str, ...]:
        """The ids of the scalars and states that belong to it."""
        parts = (id for leak in self.leaks for id in (leak.share, leak.amount, leak.at_end))
        return (self.end, *parts, *self.portions)


@dataclass(frozen=True, slots=True)
class StateReads:
    """What a discrete state reads, and how it moves by it when a step is over.

    Parameters
    ----------
    kind : str
        How it moves.
    input : str
        Id of the scalar that it takes up; of a part of a conveyor, the conveyor.
    delay : str
        Id of the scalar that says for how long; empty where the kind needs none.
    missing : str
        Id of the scalar that it is while nothing arrives; of a conveyor, of the scalar that is 1 while it is arrested,
        2 while what comes off its end cannot go on, else 0. Empty where the kind needs none.
    belt : Belt, optional
        Of a conveyor.
    """

    kind: DiscreteKind
    input: str
    delay: str = ""
    missing: str = ""
    belt: Belt | None = None

    @property
    def ids_read(self) -> tuple[str, ...]:
        """The ids of the scalars that it reads when a step is over."""
        belt = self.belt.ids_read if self.belt else ()
        return (*(id for id in (self.input, self.delay, self.missing) if id), *belt)

    @property
    def ids_read_at_start(self) -> tuple[str, ...]:
        """The ids of the scalars that it reads at the start, beside its initial value."""
        belt = (*(leak.share for leak in self.belt.leaks), *self.belt.portions) if self.belt else ()
        return (self.delay, *belt)


@dataclass(frozen=True, slots=True)
class ScalarEquation:
    """The equation of one element.

    Parameters
    ----------
    id, name : str
        ``coverage_rural``, from `scalar_id`, and ``Coverage[rural]``, in the file's own letters.
    expression : Expression
        Of a stock or a discrete state the initial value, of anything else the value.
    rate : Expression or None
        The net flow of a stock, and None of anything else.
    where : Where
        Its place in the file.
    reads : StateReads, optional
        Where the later values of a discrete state come from.
    compile_time_constants : tuple of str
        Ids of constants whose values have decided how the equation is written out.
    """

    id: str
    name: str
    expression: Expression
    rate: Expression | None
    where: Where
    reads: StateReads | None = None
    compile_time_constants: tuple[str, ...] = ()

    @property
    def is_state(self) -> bool:
        """Whether the expression is an initial value: of a stock or a discrete state."""
        return self.rate is not None or self.reads is not None


def scalar_equations(model: Model) -> list[ScalarEquation]:
    """Write one equation for every element of every variable but lookups, and for the parts of array functions.

    Parameters
    ----------
    model : Model
        The model.

    Returns
    -------
    list of ScalarEquation
        In the order of the file; an element without an equation has none here, and to use it is an error.

    Raises
    ------
    UnsupportedError
        When the model uses what cannot be run; all of it is listed.
    ModelError
        When an array is used where a number is needed, or an element does not exist.
    """
    _refuse_unsupported(model)
    _refuse_too_many(model)
    _refuse_names_of_elements(model)
    return [
        equation
        for variable in model.variables
        if variable.kind != "lookup"
        for equation in _elements_of_variable(model, variable)
    ]


MOST_SCALARS = 250_000
"""The most equations of single elements; compiling more takes hours."""


def _refuse_too_many(model: Model) -> None:
    dimensions = model.dimension_by_id
    count = sum(
        math.prod(len(dimensions[canonical(d)].elements) for d in variable.dimensions) for variable in model.variables
    )
    if count > MOST_SCALARS:
        place = model.file or model.name
        raise ModelError(f"{place}: its arrays have {count} elements in all, and {MOST_SCALARS} can be run.")


def _refuse_names_of_elements(model: Model) -> None:
    """Refuse a variable that is called what results call an element of another one."""
    for variable in model.variables:
        base, elements = split_element(variable.id)
        array = model.by_id.get(base)
        if elements and array is not None and elements in model.equations_of(array):
            text = f'this is the name of an element of "{array.name}" too'
            raise ModelError(f'{variable.where}, "{variable.name}": {text}; rename one of them.')


def _refuse_unsupported(model: Model) -> None:
    """Raise one error that lists everything in the model that cannot be run."""
    lines = [
        f'  {node.where}, "{variable.name}": {node.reason}'
        for variable in model.variables
        for node in _unsupported_nodes(variable)
    ]
    if lines:
        listing = "\n".join(lines)
        raise UnsupportedError(f"{model.file or model.name} uses what this version cannot run:\n{listing}")


def _unsupported_nodes(variable: Variable) -> list[Unsupported]:
    """Return what cannot be run in the equations of a variable, in order."""
    return [node for expression in variable.expressions for node in walk(expression) if isinstance(node, Unsupported)]


def _elements_of_variable(model: Model, variable: Variable) -> list[ScalarEquation]:
    found: list[ScalarEquation] = []
    parts = ArrayParts(variable.name, variable.id)
    for ids, equation in model.equations_of(variable).items():
        name = element_name(variable.name, display_elements(model, variable, ids))
        scope = Scope(model, variable, context_of(model, variable, equation, ids), parts, ARRAY_FUNCTIONS)
        expression = scope.resolve(equation.expression or _NO_VALUE)
        if variable.kind == "flow" and variable.non_negative:
            expression = Call("max", (Number(0.0), expression), variable.where)
        rate = None if equation.rate is None else scope.resolve(equation.rate)
        found.append(ScalarEquation(scalar_id(variable.id, ids), name, expression, rate, variable.where))
    _refuse_equal_names(variable, found)
    if parts.compile_time_constants:
        found[0] = replace(found[0], compile_time_constants=tuple(parts.compile_time_constants))
    added = parts.added.take()
    return found + [ScalarEquation(here.id, here.name, expression, None, variable.where) for here, expression in added]


def _refuse_equal_names(variable: Variable, elements: list[ScalarEquation]) -> None:
    """Refuse elements that results could not tell apart, since commas stand between names and in them."""
    names = [element.name for element in elements]
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        text = f'two of its elements are called "{twice}"; take the commas out of the names of elements'
        raise ModelError(f'{variable.where}, "{variable.name}": {text}.')


_NO_VALUE = Number(float("nan"))
