"""A constraint among the Reality Checks as a model of its own: its condition forced, its consequence a variable.

An equation takes the place of the variable's own wherever it is used, an inequality only where it is not true by itself
(Vensim's user guide on active testing of constraints, vensim.com/documentation/20980.html).
What joins conditions by anything but :AND:, and RC COMPARE, which needs the results of another run, cannot be forced.

The functions of Reality Checks keep a variable as it is up to an instant and give it a new trajectory from then on
(reference, "Reality Check Functions", vensim.com/documentation/fn_rc.html). That it begins at the value which the
variable has at that instant, and that the time of grace counts from it, is unverified: the page was not seen whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from egovsim.errors import UnsupportedError
from egovsim.model.dependencies import references
from egovsim.model.expression import (
    Binary,
    Call,
    ClockValue,
    Expression,
    If,
    Number,
    Reference,
    Unsupported,
    rewrite,
    walk,
)
from egovsim.model.interventions.parts import reading, referring
from egovsim.model.model import Model
from egovsim.model.reality_checks import FUNCTIONS, Constraint, TestInput
from egovsim.model.variable import Equation, Variable
from egovsim.names import canonical, free_name

_RELATIVE, _ABSOLUTE = 1e-9, 1e-12


@dataclass(frozen=True)
class _Forced:
    """A variable, or an element of it, and what stands in its place."""

    variable: Reference
    expression: Expression


def forced_to_hold(model: Model, constraint: Constraint) -> tuple[Model, str]:
    """Return the model in which a constraint's condition is true, with a variable that says what follows.

    Parameters
    ----------
    model : Model
        The model; it is not changed.
    constraint : Constraint
        One of its Reality Checks.

    Returns
    -------
    Model
        With one variable more, which has the constraint's dimensions.
    str
        Its name: it is 1 where the consequence is true and 0 where it is not.

    Raises
    ------
    UnsupportedError
        When the condition cannot be forced, or the constraint speaks of what is not in the model.
    """
    _refuse(model, constraint)
    inputs = {check.id: check for check in model.reality_checks if isinstance(check, TestInput)}
    renamed: dict[str, str] = {}
    for forced in _forced(constraint.condition, inputs):
        if forced.variable.id in renamed:
            raise UnsupportedError(f'it forces "{forced.variable.name}" twice')
        renamed[forced.variable.id] = free_name(f"{forced.variable.name} as forced", model.by_id)
        model = _with_forced(model, forced, renamed[forced.variable.id])
    axes = [subscript for subscript in constraint.subscripts if subscript in model.dimension_by_id]
    consequence = _spelt_out(referring(constraint.consequence, renamed), model)
    holds = Variable(
        free_name("what must follow", model.by_id),
        "auxiliary",
        (Equation(rewrite(consequence, _lenient), tuple(axes)),),
        tuple(model.dimension_by_id[ax].name for ax in axes),
    )
    return replace(model, variables=(*model.variables, holds)), holds.name


def _refuse(model: Model, constraint: Constraint) -> None:
    known = {*model.by_id, *model.subscript_ids, *(check.id for check in model.reality_checks)}
    for part in constraint.parts:
        for node in walk(part):
            if isinstance(node, Unsupported):
                raise UnsupportedError(f"{node.reason}: {node.text}")
            if isinstance(node, Call) and node.function in ("rc compare", "rc compare check"):
                raise UnsupportedError("it compares with another run; run it in Vensim")
        unknown = [reference.name for reference in references(part) if reference.id not in known]
        if unknown:
            raise UnsupportedError(f'"{unknown[0]}" is not a variable of this model')


def _forced(condition: Expression | None, inputs: Mapping[str, TestInput]) -> list[_Forced]:
    """Return what must be put in place of what for a condition to be true."""
    found: list[_Forced] = []
    waiting = [] if condition is None else [condition]
    while waiting:
        part = waiting.pop()
        if isinstance(part, Binary) and part.operator == "and":
            waiting += [part.right, part.left]
        else:
            found.append(_forced_by(part, inputs))
    return found


def _forced_by(condition: Expression, inputs: Mapping[str, TestInput]) -> _Forced:
    match condition:
        case Reference(id=id) if id in inputs:
            return _Forced(inputs[id].variable, inputs[id].expression)
        case Binary(operator="=", left=Reference() as variable, right=right):
            return _Forced(variable, right)
        case Binary(operator="<" | "<=" | ">" | ">=", left=Reference() as variable, right=right):
            return _Forced(variable, If(condition, variable, right))
        case _:
            raise UnsupportedError("its condition is no comparison of a variable, nor several joined by :AND:")


# ------------------------------------------------------------------------------------------- forcing a variable


def _with_forced(model: Model, forced: _Forced, name: str) -> Model:
    """Return the model in which everything that uses a variable uses what stands in its place."""
    variable = model.by_id.get(forced.variable.id)
    if variable is None:
        raise UnsupportedError(f'"{forced.variable.name}" is not a variable of this model')
    instead = replace(
        variable,
        name=name,
        kind="auxiliary",
        equations=tuple(_equations(model, variable, forced)),
        inflows=(),
        outflows=(),
        non_negative=False,
    )
    others = (reading(user, {variable.id: instead.name}) for user in model.variables)
    return replace(model, variables=(*others, instead))


def _equations(model: Model, variable: Variable, forced: _Forced) -> Iterator[Equation]:
    """Yield the equations of what stands in a variable's place: for all of it, or for one element."""
    expression = _spelt_out(forced.expression, model)
    axes = tuple(map(canonical, variable.dimensions))
    subscripts = tuple(str(subscript) for subscript in forced.variable.subscripts)
    if subscripts == axes:
        yield Equation(expression, axes)
        return
    every = model.elements_of(variable.name)
    if subscripts not in every:
        raise UnsupportedError(f'it forces a part of "{variable.name}"; force one element, or all')
    for ids in every:
        own = Reference(variable.name, variable.id, ids)
        yield Equation(expression if ids == subscripts else own, ids)


# ------------------------------------------------------------------------------------------- functions


def _spelt_out(expression: Expression, model: Model) -> Expression:
    """Return an expression without the functions that stand in Reality Checks alone."""

    def change(node: Expression) -> Expression:
        if isinstance(node, Call) and node.function in FUNCTIONS:
            return _trajectory(node.function, list(node.arguments), model)
        return node

    return rewrite(expression, change)


def _trajectory(function: str, arguments: list[Expression], model: Model) -> Expression:
    """Return the trajectory that a function of Reality Checks gives its basis."""
    grace: Expression = arguments.pop(0) if function.endswith(" check") else Number(0.0)
    kind, count = function.removesuffix(" check"), FUNCTIONS[function].start - (1 if function.endswith(" check") else 0)
    basis, shape, timing = arguments[0], arguments[1:count], arguments[count:]
    step, time = model.clock.time_step, ClockValue("time")
    start = timing[0] if timing else _usual_start(model)
    half = Number(step / 2.0)
    sampled = Call("sample if true", (Binary("<=", time, Binary("+", start, half)), basis, basis))
    since = Binary("-", time, start)
    begun = Binary(">=", since, Binary("-", grace, half))
    if len(timing) > 1:
        begun = Binary("and", begun, Binary("<", since, Binary("-", timing[1], half)))
    return If(begun, Binary("*", sampled, _SHAPES[kind](shape, since)), basis)


def _usual_start(model: Model) -> Expression:
    known = model.by_id.get("rc start time")
    if known is not None:
        return Reference(known.name, known.id)
    return Number(model.clock.start + model.clock.time_step)


def _ramp(shape: Sequence[Expression], since: Expression) -> Expression:
    part = Call("min", (Number(1.0), Binary("/", since, shape[1])))
    return Binary("+", Number(1.0), Binary("*", Binary("-", shape[0], Number(1.0)), part))


def _exponential(rate: Expression, since: Expression) -> Expression:
    return Call("exp", (Binary("*", rate, since),))


_SHAPES: Mapping[str, Callable[[Sequence[Expression], Expression], Expression]] = {
    "rc step": lambda shape, since: shape[0],
    "rc ramp": _ramp,
    "rc grow": lambda shape, since: _exponential(shape[0], since),
    "rc decay": lambda shape, since: _exponential(Binary("/", Number(-1.0), shape[0]), since),
}
"""What the value at the start is multiplied with, by function."""


def _lenient(node: Expression) -> Expression:
    """Let a comparison that may hold with equality forgive rounding."""
    if not isinstance(node, Binary) or node.operator not in ("=", "<=", ">="):
        return node
    sizes = Call("max", (Call("abs", (node.left,)), Call("abs", (node.right,))))
    slack = Binary("+", Binary("*", Number(_RELATIVE), sizes), Number(_ABSOLUTE))
    if node.operator == "=":
        return Binary("<=", Call("abs", (Binary("-", node.left, node.right),)), slack)
    if node.operator == "<=":
        return Binary("<=", node.left, Binary("+", node.right, slack))
    return Binary(">=", Binary("+", node.left, slack), node.right)
