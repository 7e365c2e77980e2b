"""Whether the units in a model's equations fit together.

A bare number, what is computed from bare numbers alone, and a truth value or pulse take the unit of whatever
they stand beside: in sums, comparisons, MIN, MAX, branches, times and as a whole equation.  In a product they
have none.  (With this a checker agrees with Vensim on large published models: github.com/bpowers/simlin, pull
request 1011.)  A variable without a unit fits everywhere.
"""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from typing import Literal, NamedTuple, assert_never

from egovsim.model.conveyors import net_flow_of
from egovsim.model.expression import (
    Binary,
    BinaryOperator,
    Call,
    ClockValue,
    Expression,
    If,
    LookupCall,
    Number,
    Reference,
    TableCall,
    Unary,
    Unsupported,
    Where,
    children,
    children_first,
    walk,
)
from egovsim.model.model import Model, UnitSynonyms
from egovsim.model.notation import show
from egovsim.model.units.algebra import Unit, Units
from egovsim.model.units.rules import FUNCTION_RULES, IF_RULE, OPERATOR_RULES, Bare, Solving, Value
from egovsim.model.units.texts import UnitTextError
from egovsim.model.variable import Variable, plain_number

_NO_RULE = " -> ?"
"""For a function that is in no table: nothing is known of it."""

_MOST_FINDINGS = 5
"""Of one variable; more of them say the same."""

_TIME = "time"
"""What Stella writes for a unit of time that was not chosen: ``people/time``."""

_LARGEST_POWER = 1000.0
"""Beyond it nothing is said of a unit; numbers stay far from overflow."""

_LONGEST_SHOWN = 70
"""Characters of an expression in a message."""

_MOST_NODES = 400
"""Parts of an expression from which on it is not written out in a message."""


@dataclass(frozen=True, slots=True)
class UnitFinding:
    """Where units do not fit, or where they cannot be told.

    Parameters
    ----------
    severity : {"warning", "note"}
        A warning where they do not fit, a note where they cannot be told.
    variable : str
        The variable's name; empty where it is about the whole model.
    text : str
        What is so.
    where : Where
        The place in the file.
    """

    severity: Literal["warning", "note"]
    variable: str
    text: str
    where: Where


class _Fault(NamedTuple):
    """What to say about a piece of an expression."""

    text: str
    severity: Literal["warning", "note"] = "warning"


def check_units(model: Model) -> Iterator[UnitFinding]:
    """Check the units of every equation.

    Parameters
    ----------
    model : Model
        From `read_model`.

    Yields
    ------
    UnitFinding
        In the order of the file; each says what stands on both sides. Nothing, and nothing is
        imported, where no variable has a unit.
    """
    if not any(variable.unit.strip("? ") for variable in model.variables):
        return
    checker = _Checker(model)
    yield from checker.notes()
    for variable in model.variables:
        yield from checker.variable(variable)


class _Checker:
    """Checks the equations of one model, variable by variable."""

    def __init__(self, model: Model) -> None:
        self._model = model
        texts = dict.fromkeys((*(variable.unit for variable in model.variables), model.clock.unit))
        clock = (UnitSynonyms((model.clock.unit, _TIME)),) if model.clock.unit else ()
        self._units = Units([text for text in texts if text.strip("? ")], (*model.unit_synonyms, *clock))
        self._known = {text: self._read(text) for text in texts}
        self._time = self._known[model.clock.unit]
        self._arguments: dict[str, Unit] = {}

    def _read(self, text: str) -> Unit | None:
        """Return the unit that a text names; None where it names none."""
        try:
            return self._units.of(text) if text.strip("? ") else None
        except UnitTextError:
            return None

    # Notes

    def notes(self) -> Iterator[UnitFinding]:
        """Yield what is wrong with the texts themselves."""
        whole = Where(self._model.file)
        if not self._model.clock.unit.strip("? "):
            text = "the clock has no unit, so that the units of flows, delays and times are not checked"
            yield UnitFinding("note", "", text, whole)
        for name in self._units.undefined():
            text = f'the definition of the unit "{name}" cannot be used; it is taken as a unit of its own'
            yield UnitFinding("note", "", text, whole)
        yield from self._unreadable("", self._model.clock.unit, whole)
        slips = dict(self._units.misspelt())
        for variable in self._model.variables:
            yield from self._unreadable(variable.name, variable.unit, variable.where)
            for name in self._units.names_in(variable.unit) & slips.keys():
                text = f'the unit "{name}" is used nowhere else; nearest: "{slips.pop(name)}"'
                yield UnitFinding("note", variable.name, text, variable.where)

    def _unreadable(self, owner: str, unit: str, where: Where) -> Iterator[UnitFinding]:
        try:
            self._units.of(unit) if unit.strip("? ") else None
        except UnitTextError as error:
            text = f'the unit "{_short(unit)}" {error}; the units around it are not checked'
            yield UnitFinding("note", owner, text, where)

    # Equations

    def variable(self, variable: Variable) -> Iterator[UnitFinding]:
        """Yield what does not fit in a variable's equations, each thing once for all elements."""
        found: dict[str, UnitFinding] = {}
        for fault, where in self._faults(variable):
            place = where if where.line else variable.where
            found.setdefault(fault.text, UnitFinding(fault.severity, variable.name, fault.text, place))
            if len(found) == _MOST_FINDINGS:
                break
        yield from found.values()

    def _faults(self, variable: Variable) -> Iterator[tuple[_Fault, Where]]:
        unit = self._known[variable.unit]
        what = "the initial value" if variable.kind == "stock" else "the equation"
        for equation in variable.equations:
            if equation.expression is not None:
                found = yield from self._evaluate(equation.expression)
                if isinstance(found, Unit) and unit is not None and not found.equals(unit):
                    text = f"{what} is in {self._show(found)}, the variable in {self._show(unit)}"
                    yield self._differing(text, found, unit), equation.expression.where
            if equation.rate is not None:
                yield from self._rate_faults(variable, equation.rate, unit)

    def _rate_faults(self, stock: Variable, rate: Expression, unit: Unit | None) -> Iterator[tuple[_Fault, Where]]:
        """Check what changes a stock: its flows one by one where it has them, else the net flow."""
        rate = net_flow_of(rate) or rate
        flows = [node for node in walk(rate) if isinstance(node, Reference)] if stock.inflows or stock.outflows else []
        changes = [(f'the flow "{self._name(flow)}"', self._reference(flow), flow.where) for flow in flows]
        if not flows:
            found = yield from self._evaluate(rate)
            changes.append(("the net flow", found, rate.where))
        wanted = None if unit is None or self._time is None else unit / self._time
        for what, found, where in changes:
            if unit is not None and wanted is not None and isinstance(found, Unit) and not found.equals(wanted):
                stands = f"and a stock in {self._show(unit)} changes in {self._show(wanted)}"
                yield self._differing(f"{what} is in {self._show(found)}, {stands}", found, wanted), where

    def _differing(self, text: str, found: Unit, wanted: Unit) -> _Fault:
        return _Fault(f"{text}; they differ by {self._show(found / wanted)}")

    def _show(self, unit: Unit) -> str:
        return self._units.show(unit)

    def _name(self, reference: Reference) -> str:
        variable = self._model.by_id.get(reference.id)
        return reference.name if variable is None else variable.name

    # Expressions

    def _evaluate(self, expression: Expression) -> Generator[tuple[_Fault, Where], None, Value]:
        """Yield the faults in an expression and return its unit; children first, without recursion."""
        done: list[Value] = []
        for node in children_first(expression):
            count = len(children(node))
            operands = done[len(done) - count :]
            del done[len(done) - count :]
            value, faults = self._node(node, operands)
            done.append(value)
            for text, severity in faults:
                yield _Fault(f"{_shown(node)}: {text}", severity), node.where
        return done[0]

    def _node(self, node: Expression, operands: Sequence[Value]) -> tuple[Value, list[_Fault]]:
        match node:
            case Number(value=value):
                return Bare(value), []
            case Reference():
                return self._reference(node), []
            case ClockValue():
                return self._time, []
            case Unary(operator="not"):
                return Bare(), []
            case Unary():
                return _negative(operands[0]), []
            case Binary(operator="^", right=right):
                return self._power(operands[0], operands[1], right)
            case Call(function="power", arguments=(_, right)):
                return self._power(operands[0], operands[1], right)
            case Binary(operator=operator):
                return self._binary(operator, operands)
            case If():
                return self._ruled(IF_RULE, operands, ("the condition", "the THEN part", "the ELSE part"))
            case Call(function=function):
                names = [f"argument {place + 1}" for place in range(len(operands))]
                return self._ruled(FUNCTION_RULES.get(function, _NO_RULE), operands, names)
            case TableCall():
                return Bare(), self._argument_faults(operands[0])
            case LookupCall(lookup=lookup):
                return self._reference(lookup), self._lookup_faults(lookup, operands[0])
            case Unsupported():
                return None, []
            case _:
                assert_never(node)

    def _reference(self, reference: Reference) -> Value:
        variable = self._model.by_id.get(reference.id)
        return None if variable is None else self._known[variable.unit]

    def _ruled(self, rule: str, operands: Sequence[Value], names: Sequence[str]) -> tuple[Value, list[_Fault]]:
        """Apply a rule; `names` say in messages which operand is which."""
        solved = Solving(rule, operands, one=self._units.dimensionless, time=self._time)
        faults = [
            self._differing(
                f"{names[mismatch.place]} is in {self._show(mismatch.found)}, "
                f"where {self._show(mismatch.expected)} is expected",
                mismatch.found,
                mismatch.expected,
            )
            for mismatch in solved.mismatches
        ]
        return solved.value, faults

    def _binary(self, operator: BinaryOperator, operands: Sequence[Value]) -> tuple[Value, list[_Fault]]:
        value, faults = self._ruled(OPERATOR_RULES[operator], operands, ("the left side", "the right side"))
        left, right = operands
        if isinstance(left, Bare) and isinstance(right, Bare) and operator == "/" and right.value and left.value:
            # 1/3 as an exponent.
            value = Bare(left.value / right.value)
        return value, faults

    def _power(self, base: Value, exponent: Value, written: Expression) -> tuple[Value, list[_Fault]]:
        """Raise a unit to a power, which must be a number that can be read off the model."""
        one = self._units.dimensionless
        faults: list[_Fault] = []
        if isinstance(exponent, Unit) and not exponent.equals(one):
            faults.append(_Fault(f"the exponent is in {self._show(exponent)}, where dmnl is expected"))
        if not isinstance(base, Unit):
            return base if base is None else Bare(), faults
        if base.equals(one):
            return base, faults
        number = exponent.value if isinstance(exponent, Bare) else self._constant(written)
        if number is None:
            text = f"a quantity in {self._show(base)} is raised to a power that is no plain number"
            faults.append(_Fault(f"{text}; divide it by a reference value first"))
        raised = None if number is None else base**number
        return (raised if raised is not None and raised.largest_power <= _LARGEST_POWER else None), faults

    def _constant(self, expression: Expression) -> float | None:
        """Return the value of a named constant."""
        variable = self._model.by_id.get(expression.id) if isinstance(expression, Reference) else None
        if variable is None or variable.kind == "stock" or len(variable.equations) != 1:
            return None
        return plain_number(variable.equations[0].expression)

    def _lookup_faults(self, lookup: Reference, argument: Value) -> list[_Fault]:
        """Compare the argument of a lookup with the first that it was given: its points have one unit of x."""
        if not isinstance(argument, Unit):
            return []
        first = self._arguments.setdefault(lookup.id, argument)
        if argument.equals(first):
            return self._argument_faults(argument)
        text = f"the argument is in {self._show(argument)}, and elsewhere this lookup is given {self._show(first)}"
        return [self._differing(text, argument, first)]

    def _argument_faults(self, argument: Value) -> list[_Fault]:
        """Say where points hold for one unit alone, as Vensim does (vensim.com/documentation/22280.html)."""
        if not isinstance(argument, Unit) or argument.is_dimensionless:
            return []
        if self._time is not None and argument.equals(self._time):
            # A value over time; its points are instants.
            return []
        text = f"the points of this lookup hold for an argument in {self._show(argument)} alone"
        return [_Fault(f"{text}; dividing it by a reference value would free them of the unit", "note")]


def _negative(value: Value) -> Value:
    if isinstance(value, Bare):
        return Bare(None if value.value is None else -value.value)
    return value


def _shown(node: Expression) -> str:
    """Return the beginning of an expression; a very long one is not written out for each of its thousand faults."""
    if sum(1 for _ in islice(walk(node), _MOST_NODES)) == _MOST_NODES:
        return "a very long expression"
    return _short(show(node))


def _short(text: str) -> str:
    return text if len(text) <= _LONGEST_SHOWN else f"{text[: _LONGEST_SHOWN - 1]}…"
