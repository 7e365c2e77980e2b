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

DiscreteKind = Literal["previous", "fixed", "information", "material"]
"""Kinds of discrete state: the value of the step before, and Vensim's three pipelines."""


@dataclass(frozen=True, slots=True)
class StateReads:
    """What a discrete state reads, and how it moves by it when a step is over.

    Parameters
    ----------
    kind : {"previous", "fixed", "information", "material"}
        How it moves.
    input : str
        Id of the scalar that it takes up.
    delay : str
        Id of the scalar that says for how long; empty where the kind needs none.
    missing : str
        Id of the scalar that it is while nothing arrives; empty where the kind needs none.
    """

    kind: DiscreteKind
    input: str
    delay: str = ""
    missing: str = ""


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
    if parts.compile_time_constants:
        found[0] = replace(found[0], compile_time_constants=tuple(parts.compile_time_constants))
    added = parts.added.take()
    return found + [ScalarEquation(here.id, here.name, expression, None, variable.where) for here, expression in added]


_NO_VALUE = Number(float("nan"))
