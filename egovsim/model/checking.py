"""Everything about a model that can be found without running it."""

from __future__ import annotations

import math
import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from egovsim.model.arrays import display_elements, product_of
from egovsim.model.dependencies import references
from egovsim.model.expression import Binary, Call, Expression, Number, Reference, Unary, Unsupported, Where, fold, walk
from egovsim.model.functions import FUNCTIONS, NOISE_SEED, draws_random_numbers
from egovsim.model.model import Model
from egovsim.model.reality_checks import TestInput
from egovsim.model.units.checking import check_units
from egovsim.model.variable import Variable, plain_number
from egovsim.names import canonical, element_name
from egovsim.public import set_module

Severity = Literal["error", "warning", "note"]
_ORDER: dict[Severity, int] = {"error": 0, "warning": 1, "note": 2}


@set_module("egovsim")
@dataclass(frozen=True, slots=True)
class Finding:
    """Something about a model that its author should know.

    Parameters
    ----------
    severity : {"error", "warning", "note"}
        An error keeps the model from running, a warning makes its numbers doubtful, a note is about documentation
        and display.
    variable : str
        The variable's name; empty where it is about the whole model.
    text : str
        What is so.
    where : Where
        The place in the file.
    """

    severity: Severity
    variable: str
    text: str
    where: Where

    def __str__(self) -> str:
        name = f', "{self.variable}"' if self.variable else ""
        return f"{self.severity}: {self.where}{name}: {self.text}"


@set_module("egovsim")
def check(model: Model) -> list[Finding]:
    """Look a model over without running it.

    Parameters
    ----------
    model : Model
        From `read_model`.

    Returns
    -------
    list of Finding
        Errors first, then warnings, then notes; each in the order of the file.
    """
    finders = (
        _unsupported,
        _required,
        _unknown_names,
        _missing_elements,
        _clock,
        _ranges,
        _delay_orders,
        _short_delays,
        _units,
        _unused,
        _undocumented,
        _reality_checks,
        _ignored,
        _left_out,
    )
    found = [finding for finder in finders for finding in finder(model)]
    return sorted(found, key=lambda finding: _ORDER[finding.severity])


def _unsupported(model: Model) -> Iterator[Finding]:
    for variable in model.variables:
        for expression in variable.expressions:
            for node in walk(expression):
                if isinstance(node, Unsupported):
                    yield Finding("error", variable.name, f"{node.reason}: {node.text}", node.where)


def _required(model: Model) -> Iterator[Finding]:
    for id in model.required:
        variable = model.by_id[id]
        text = "nothing is connected to this input and it has no equation; give it a value for a run"
        yield Finding("error", variable.name, text, variable.where)


def _unknown_names(model: Model) -> Iterator[Finding]:
    for variable in model.variables:
        for expression in variable.expressions:
            for reference in references(expression):
                if reference.id not in model.by_id and reference.id not in model.subscript_ids:
                    text = f'"{reference.name}" is not a variable of this model'
                    yield Finding("error", variable.name, text, reference.where)


def _missing_elements(model: Model) -> Iterator[Finding]:
    """An element may be without an equation as long as nothing reads it (vensim.com/documentation/22215.html)."""
    for variable in model.variables:
        defined = model.equations_of(variable)
        missing = [ids for ids in product_of(model, variable) if ids not in defined]
        if missing:
            names = [element_name(variable.name, display_elements(model, variable, ids)) for ids in missing]
            shown = ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
            has, it, is_left = ("has", "it", "is") if len(names) == 1 else ("have", "they", "are")
            text = f"{shown} {has} no equation; {it} {is_left} left out of results"
            yield Finding("warning", variable.name, text, variable.where)
    for variable in model.variables:
        for expression in variable.expressions:
            for reference in references(expression):
                array = model.by_id.get(reference.id)
                if array is not None and _is_missing(model, array, reference.subscripts):
                    shown = element_name(array.name, map(str, reference.subscripts))
                    text = f'"{shown}" has no equation; add one for this element'
                    yield Finding("error", variable.name, text, reference.where)


def _is_missing(model: Model, array: Variable, subscripts: tuple[object, ...]) -> bool:
    """Whether subscripts name one element, and it is an element without an equation."""
    ids = tuple(map(str, subscripts))
    if not ids or len(ids) != len(array.dimensions) or ids in model.equations_of(array):
        return False
    pairs = zip(ids, array.dimensions, strict=True)
    return all(id in model.element_ids[canonical(dimension)] for id, dimension in pairs)


def _clock(model: Model) -> Iterator[Finding]:
    clock, where = model.clock, Where(model.file)
    if not clock.time_step > 0:
        yield Finding("error", "", f"the time step {clock.time_step:g} must be above 0", where)
        return
    if clock.stop < clock.start:
        yield Finding("error", "", f"the run ends at {clock.stop:g}, before its start {clock.start:g}", where)
    if clock.uneven is not None:
        return
    if not _divides(clock.time_step, clock.stop - clock.start):
        text = f"the time step {clock.time_step:g} does not divide the horizon {clock.start:g} to {clock.stop:g}"
        yield Finding("error", "", text, where)
    if clock.save_every is not None and not _divides(clock.time_step, clock.save_every):
        text = f"the saving interval {clock.save_every:g} is not a multiple of the time step {clock.time_step:g}"
        steps = max(round(clock.save_every / clock.time_step), 1)
        told = f"every {clock.time_step * steps:g} is saved, {steps} step{'s' if steps > 1 else ''} apart"
        yield Finding("warning", "", f"{text}; {told}", where)


def _divides(step: float, length: float) -> bool:
    exact = length / step
    return math.isfinite(exact) and abs(exact - round(exact)) <= 1e-9 * max(1.0, abs(exact))


def _ranges(model: Model) -> Iterator[Finding]:
    for variable in model.inputs:
        if variable.id in model.required:
            continue
        low, high = variable.bounds.low, variable.bounds.high
        for equation in variable.equations:
            value = plain_number(equation.expression)
            if value is None or math.isinf(value):
                yield Finding("error", variable.name, f"{value} is not a finite number", variable.where)
            elif (low is not None and value < low) or (high is not None and value > high):
                yield Finding("warning", variable.name, f"{value:g} lies outside its own range", variable.where)


_ORDERS: Mapping[str, int] = {"smooth1": 1, "delay1": 1, "smooth3": 3, "delay3": 3}
_ORDER_ARGUMENTS: Mapping[str, int] = {"smoothn": 2, "delayn": 2, "smooth n": 3, "delay n": 3}
"""Orders of chains of delays by their function, and which argument is the order of the others."""


def _delay_orders(model: Model) -> Iterator[Finding]:
    """The order of a delay is a number of stocks, so a known one must be whole."""
    for variable, node in _delays(model):
        if node.function in _ORDER_ARGUMENTS:
            order = _constant_value(model, node.arguments[_ORDER_ARGUMENTS[node.function]])
            if order is not None and not (order >= 1 and order == math.floor(order)):
                name = FUNCTIONS[node.function].name.upper()
                text = f"the order of {name} is {order:g}; it must be a whole number, 1 or more"
                yield Finding("error", variable.name, text, node.where)


def _short_delays(model: Model) -> Iterator[Finding]:
    """A delay chain whose stages are shorter than a step oscillates: the order is kept, and said.

    Vensim's chains of order n, which drop such stages, are said as well: they are of another order than written.
    """
    for variable, node in _delays(model):
        time, order = _constant_value(model, node.arguments[1]), float(_ORDERS.get(node.function, 0))
        if node.function in _ORDER_ARGUMENTS:
            order = _constant_value(model, node.arguments[_ORDER_ARGUMENTS[node.function]]) or 0.0
        if time is not None and order * model.clock.time_step > time:
            text = f"a stage of its delay of {time:g} is shorter than the time step"
            yield Finding("warning", variable.name, f"{text}; shorten the time step", node.where)


def _delays(model: Model) -> Iterator[tuple[Variable, Call]]:
    for variable in model.variables:
        for expression in variable.expressions:
            for node in walk(expression):
                if isinstance(node, Call) and (node.function in _ORDERS or node.function in _ORDER_ARGUMENTS):
                    yield variable, node


def _constant_value(model: Model, expression: Expression) -> float | None:
    """Return the value of what is made of numbers and of constants; None for anything else."""

    def value_of(node: Expression, operands: tuple[float | None, ...]) -> float | None:
        known = [operand for operand in operands if operand is not None]
        match node:
            case Number(value=value):
                return value
            case Unary(operator="-") if known:
                return -known[0]
            case Binary(operator="+" | "-" | "*" | "/" as sign) if len(known) == 2:
                return None if sign == "/" and known[1] == 0.0 else _ARITHMETIC[sign](known[0], known[1])
            case Reference(id=id) if id in model.by_id and len(model.by_id[id].equations) == 1:
                (equation,) = model.by_id[id].equations
                return plain_number(equation.expression) if equation.rate is None else None
            case _:
                return None

    return fold(expression, value_of)


_ARITHMETIC: Mapping[str, Callable[[float, float], float]] = {
    "+": operator.add,
    "-": operator.sub,
    "*": operator.mul,
    "/": lambda left, right: left / right,
}


def _units(model: Model) -> Iterator[Finding]:
    for unit in check_units(model):
        yield Finding(unit.severity, unit.variable, unit.text, unit.where)


def _unused(model: Model) -> Iterator[Finding]:
    used = {
        reference.id for variable in model.variables for part in variable.expressions for reference in references(part)
    }
    used |= {name for variable in model.stocks for name in (*variable.inflows, *variable.outflows)}
    if any(map(draws_random_numbers, model.variables)):
        used.add(NOISE_SEED)
    for variable in model.variables:
        if variable.kind != "stock" and variable.is_input and variable.id not in used:
            yield Finding("warning", variable.name, "this constant is used by nothing", variable.where)


def _undocumented(model: Model) -> Iterator[Finding]:
    for what, missing in (
        ("unit", [variable for variable in model.variables if not variable.unit]),
        ("note", [variable for variable in model.variables if not variable.note]),
    ):
        if missing:
            names = ", ".join(f'"{variable.name}"' for variable in missing[:5])
            more = f" and {len(missing) - 5} more" if len(missing) > 5 else ""
            yield Finding("note", "", f"no {what}: {names}{more}", Where(model.file))


def _reality_checks(model: Model) -> Iterator[Finding]:
    """They change no number, so what keeps them from being run is no error of the model."""
    inputs = {check.id for check in model.reality_checks if isinstance(check, TestInput)}
    known = {*model.by_id, *model.subscript_ids, *inputs}
    for check in model.reality_checks:
        for part in check.parts:
            for node in walk(part):
                if isinstance(node, Unsupported):
                    text = f"this Reality Check cannot be run: {node.reason}: {node.text}"
                    yield Finding("note", check.name, text, node.where)
            for reference in references(part):
                if reference.id not in known:
                    text = f'this Reality Check cannot be run: "{reference.name}" is not a variable of this model'
                    yield Finding("note", check.name, text, reference.where)


def _ignored(model: Model) -> Iterator[Finding]:
    for text in model.ignored:
        yield Finding("note", "", f"left out, since it cannot change numbers: {text}", Where(model.file))


def _left_out(model: Model) -> Iterator[Finding]:
    for left_out in model.left_out:
        yield Finding("warning", left_out.variable, left_out.text, left_out.where)
