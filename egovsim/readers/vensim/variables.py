"""The variables of a Vensim file, or of a macro in it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from egovsim.model.expression import Number, Unsupported, Where
from egovsim.model.model import Dimension
from egovsim.model.variable import Bounds, Equation, Kind, Variable, plain_number
from egovsim.readers.vensim.definitions import Definition, refuse_second_equation
from egovsim.readers.vensim.equations import Surroundings, equations_of
from egovsim.readers.vensim.left_hand_side import LeftSide, units_and_bounds
from egovsim.readers.vensim.sim_specs import CONTROLS

_MIXED_LOOKUP = "a lookup for some elements of a variable, where others are none, cannot be run yet"
_MIXED_STOCK = "an element that is computed, of a variable whose other elements are INTEG(…), cannot be run yet"


def read_variables(definitions: Mapping[str, Definition], among: Surroundings) -> list[Variable]:
    """Read the variables, control variables left out.

    Parameters
    ----------
    definitions : mapping of str to Definition
        By id.
    among : Surroundings
        Dimensions, names and files.

    Returns
    -------
    list of Variable
        In the order of the file; what cannot be run has an `Unsupported` equation.

    Raises
    ------
    ModelError
        An equation does not parse, or a name is borne twice.
    DataError
        A file, sheet or cell that values are taken from is missing.
    """
    return [_variable(definition, among) for id, definition in definitions.items() if id not in CONTROLS]


def _variable(definition: Definition, among: Surroundings) -> Variable:
    refuse_second_equation(definition)
    lefts, first = definition.lefts, definition.lefts[0]
    kind, equations, axes = _content(definition, among)
    unit, bounds = next((units_and_bounds(left.entry.units) for left in lefts if left.entry.units), ("", Bounds()))
    return Variable(
        name=first.name,
        kind=kind,
        equations=equations,
        dimensions=tuple(axis.name for axis in axes),
        unit=unit,
        note=next((left.entry.note for left in lefts if left.entry.note), ""),
        bounds=bounds,
        group=first.entry.group,
        where=first.where,
    )


def _content(definition: Definition, among: Surroundings) -> tuple[Kind, tuple[Equation, ...], tuple[Dimension, ...]]:
    """Return kind, equations and dimensions of a variable."""
    refused = _refused(definition)
    if refused is not None or definition.axes is None:
        return "auxiliary", (Equation(refused),), ()
    equations = [equation for left in definition.lefts for equation in equations_of(left, definition.axes, among)]
    kind, uniform = _uniform(equations, definition.where)
    return kind, tuple(uniform), definition.axes


def _refused(definition: Definition) -> Unsupported | None:
    """Return why nothing of a variable can be run; None of one that can."""
    reasons = [(left, reason) for left in definition.lefts if (reason := _reason_by_sign(left)) is not None]
    if not reasons and definition.axes is None:
        reasons = [(definition.lefts[0], "its subscripts belong to no dimension that can be read")]
    if not reasons:
        return None
    left, reason = reasons[0]
    return Unsupported(" ".join(left.entry.equation.text.split()), reason, left.where)


def _reason_by_sign(left: LeftSide) -> str | None:
    """Say why an entry cannot be run, by its sign."""
    match left.sign.lower():
        case ":" | "<->":
            return "a dimension whose elements are not listed cannot be read yet"
        case ":is:":
            return "a text is not a number"
        case _:
            return None


def _uniform(equations: Sequence[Equation], where: Where) -> tuple[Kind, Iterable[Equation]]:
    """Return the kind that all equations of a variable have; those that are of another are made so, or refused."""
    if all(equation.table is not None for equation in equations):
        return "lookup", equations
    equations = [
        _without_value(equation, _MIXED_LOOKUP, where) if equation.table else equation for equation in equations
    ]
    if all(equation.rate is None for equation in equations):
        return "auxiliary", equations
    return "stock", [equation if equation.rate is not None else _unmoved(equation, where) for equation in equations]


def _unmoved(equation: Equation, where: Where) -> Equation:
    """Return an element that is no INTEG of a variable whose others are; a number is a stock that nothing moves."""
    if equation.expression is not None and plain_number(equation.expression) is None:
        equation = _without_value(equation, _MIXED_STOCK, equation.expression.where)
    return replace(equation, rate=Number(0.0, where))


def _without_value(equation: Equation, reason: str, where: Where) -> Equation:
    return replace(equation, expression=Unsupported(",".join(equation.elements), reason, where), table=None)
