"""Expressions as vector instructions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar, assert_never

from llvmlite import ir

from egovsim.compiler.codegen.allocation import Allocation
from egovsim.compiler.codegen.annuities import Annuities
from egovsim.compiler.codegen.distributions import drawing_function
from egovsim.compiler.codegen.elementary import Elementary
from egovsim.compiler.codegen.lanes import Lanes, Value
from egovsim.compiler.codegen.lookups import Lookups
from egovsim.compiler.codegen.memory_layout import RANDOM_KEY, clock_slot
from egovsim.compiler.codegen.statistics import Statistics
from egovsim.model.expression import (
    Binary,
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
    fold,
)
from egovsim.model.functions import HELD, is_random

_COMPARISONS = {"=": "==", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_ARITHMETIC: dict[str, Callable[[ir.IRBuilder, Value, Value], Value]] = {
    "+": ir.IRBuilder.fadd,
    "-": ir.IRBuilder.fsub,
    "*": ir.IRBuilder.fmul,
    "/": ir.IRBuilder.fdiv,
}
_LIBRARY = {
    "log10": "log10",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
    "sinh": "sinh",
    "cosh": "cosh",
    "tanh": "tanh",
    "gamma ln": "lgamma",
}
_INTRINSICS = {
    "abs": "llvm.fabs",
    "sqrt": "llvm.sqrt",
    "floor": "llvm.floor",
    "integer": "llvm.trunc",
    "round": "llvm.round",
}


class Emitter(Lanes):
    """Emits expressions into one function; values of names are kept as they are assigned.

    Parameters
    ----------
    module : ir.Module
        What the function stands in.
    builder : ir.IRBuilder
        Where in it to write.
    lanes : int
        How many members a vector holds.
    load : callable
        Emits the reading of a name that the function has not assigned.
    """

    def __init__(self, module: ir.Module, builder: ir.IRBuilder, lanes: int, load: Callable[[str], Value]) -> None:
        super().__init__(module, builder, lanes)
        self._load_slot, self._lookups = load, Lookups(module, builder, lanes)
        self._elementary = Elementary(module, builder, lanes)
        self._values: dict[str, Value] = {}

    def assign(self, id: str, expression: Expression) -> Value:
        """Emit an expression, and remember it under a name.

        Parameters
        ----------
        id : str
            The name.
        expression : Expression
            Of scalars, of any depth.

        Returns
        -------
        ir.Value
            A vector of numbers.
        """
        self._values[id] = self._number(fold(expression, self._emitted))
        return self._values[id]

    def remember(self, id: str, value: Value) -> Value:
        """Remember another value under a name.

        Parameters
        ----------
        id : str
            The name.
        value : ir.Value
            A vector of numbers.

        Returns
        -------
        ir.Value
            The vector.
        """
        self._values[id] = value
        return value

    def named(self, name: str) -> Value:
        """Return the value of a name; one that the function has not assigned is read.

        Parameters
        ----------
        name : str
            Of a scalar, or a clock's slot.

        Returns
        -------
        ir.Value
            A vector of numbers.
        """
        if name not in self._values:
            self._values[name] = self._load_slot(name)
        return self._values[name]

    def _emitted(self, node: Expression, operands: tuple[Value, ...]) -> Value:
        """Emit one node: a vector of numbers, or a mask where it is a matter of true and false."""
        match node:
            case Number(value=value):
                return self._constant(value)
            case Reference(id=id):
                return self.named(id)
            case ClockValue(which=which):
                return self.named(clock_slot(which))
            case Unary(operator="-"):
                return self._builder.fneg(self._number(operands[0]))
            case Unary():
                return self._builder.not_(self._mask(operands[0]))
            case Binary():
                return self._binary(node, *operands)
            case If():
                condition, then, otherwise = operands
                return self._choose(self._mask(condition), self._number(then), self._number(otherwise))
            case Call():
                return self._call(node, [self._number(operand) for operand in operands])
            case TableCall(table=table):
                return self._lookups.table(table, self._number(operands[0]))
            case LookupCall() | Unsupported():
                raise TypeError(f"{type(node).__name__} is put in place or refused before anything is emitted")
            case _:
                assert_never(node)

    def _number(self, value: Value) -> Value:
        """Turn a mask into numbers: 1 where it is true, else 0."""
        return self._choose(value, self._constant(1.0), self._constant(0.0)) if _is_mask(value) else value

    def _mask(self, value: Value) -> Value:
        """Turn numbers into a mask: true where they are not 0."""
        return value if _is_mask(value) else self._compare("!=", value, self._constant(0.0))

    def _binary(self, node: Binary, left: Value, right: Value) -> Value:
        if node.operator in ("and", "or"):
            combine = self._builder.and_ if node.operator == "and" else self._builder.or_
            return combine(self._mask(left), self._mask(right))
        left, right = self._number(left), self._number(right)
        if node.operator in _COMPARISONS:
            return self._compare(_COMPARISONS[node.operator], left, right)
        if node.operator == "^":
            return self._power(left, node.right, right)
        if node.operator == "mod":
            return self._floored_remainder(left, right)
        return _ARITHMETIC[node.operator](self._builder, left, right)

    def _power(self, base: Value, exponent: Expression, value: Value) -> Value:
        """Small whole exponents are products; `value` is the exponent's."""
        if isinstance(exponent, Number) and exponent.value in (1.0, 2.0, 3.0, 4.0):
            product = base
            for _ in range(int(exponent.value) - 1):
                product = self._builder.fmul(product, base)
            return product
        return self._elementary.power(base, value)

    def _call(self, node: Call, values: list[Value]) -> Value:
        function = node.function
        if function == HELD:
            return values[0]
        if function == "exp":
            return self._elementary.exp(values[0])
        if function == "ln":
            return self._elementary.ln(values[0])
        if function in _LIBRARY:
            return self._by_lane(_LIBRARY[function], values)
        if function in _INTRINSICS:
            return self._intrinsic(_INTRINSICS[function], values[0])
        if function == "power":
            return self._power(values[0], node.arguments[1], values[1])
        if function in ("min", "max"):
            return self._extreme("<" if function == "min" else ">", node.arguments, values)
        if is_random(node):
            return self._draw(node, values[1:])
        if function == "market price":
            return self._market_price(node, values)
        for family in (Statistics, Annuities):
            if function in family.ROWS:
                return family(self._module, self._builder, self._lanes).value(function, *values)
        return self._ROWS[function](self, *values)

    def _draw(self, node: Call, values: Sequence[Value]) -> Value:
        """Emit a random call; the first of its arguments is the number of the call."""
        call = node.arguments[0]
        assert isinstance(call, Number)
        key = [self.named(clock_slot(slot)) for slot in RANDOM_KEY]
        function = drawing_function(self._module, self._lanes, node.function, len(values))
        return self._builder.call(function, [*key, self._whole_constant(int(call.value)), *values])

    def _extreme(self, sign: str, arguments: Sequence[Expression], values: Sequence[Value]) -> Value:
        """The smaller or larger of two; not a number where either is not, so that a failure shows."""
        (left, right), (a, b) = arguments, values
        if isinstance(right, Number):
            left, a, b = right, b, a
        extreme = self._choose(self._compare(sign, a, b), a, b)
        return extreme if isinstance(left, Number) else self._unless_not_a_number(a, extreme)

    def _floored_remainder(self, x: Value, y: Value) -> Value:
        """x - y floor(x / y), its sign that of y (XMILE 3.3.1)."""
        rest = self._remainder(x, y)
        zero = self._constant(0.0)
        apart = self._builder.xor(self._compare("<", rest, zero), self._compare("<", y, zero))
        fix = self._builder.and_(apart, self._compare("!=", rest, zero))
        return self._choose(fix, self._builder.fadd(rest, y), rest)

    def _remainder(self, x: Value, y: Value) -> Value:
        return self._by_lane("fmod", [x, y])

    def _quotient(self, a: Value, b: Value, instead: Value, *, tolerance: float) -> Value:
        """a / b, or something else where |b| is below a tolerance (where b is 0, for none)."""
        size = self._intrinsic("llvm.fabs", b)
        bad = self._compare("<" if tolerance else "==", size, self._constant(tolerance))
        return self._choose(bad, instead, self._builder.fdiv(a, b))

    def _passed(self, when: Value, *, sooner: float = 0.5) -> Value:
        """Whether an instant has come, half a step of slack allowed: events off the grid fall on the nearest step."""
        now = self.named(clock_slot("step time"))
        slack = self._builder.fmul(self.named(clock_slot("time step")), self._constant(sooner))
        return self._compare(">", self._builder.fadd(now, slack), when)

    def _step(self, height: Value, when: Value) -> Value:
        return self._choose(self._passed(when), height, self._constant(0.0))

    def _ramp(self, slope: Value, start: Value, stop: Value | None = None) -> Value:
        now = self.named(clock_slot("step time"))
        end = now if stop is None else self._choose(self._compare("<", now, stop), now, stop)
        since = self._builder.fsub(end, start)
        return self._choose(self._compare(">", now, start), self._builder.fmul(slope, since), self._constant(0.0))

    def _pulse(self, start: Value, width: Value) -> Value:
        """Vensim's reference, "PULSE": a width of 0 is a step; so is one below, as xmutil has it."""
        on = self._is_on(self._half_a_step_after(start), width)
        return self._choose(on, self._constant(1.0), self._constant(0.0))

    def _pulse_train(self, start: Value, width: Value, every: Value, end: Value) -> Value:
        """Vensim's reference, "PULSE TRAIN"; the end itself is part of the train, as recorded runs show."""
        since = self._half_a_step_after(start)
        on = self._is_on_again(since, self._at_least_a_step(width), every)
        on = self._builder.and_(on, self._builder.not_(self._passed(end, sooner=-1e-6)))
        return self._choose(on, self._constant(1.0), self._constant(0.0))

    def _xmile_pulse(self, size: Value, first: Value | None = None, every: Value | None = None) -> Value:
        """A quantity within one step; without a time in every step (isee's help, "Test input builtins")."""
        step = self.named(clock_slot("time step"))
        height = self._builder.fdiv(size, step)
        if first is None:
            return height
        since, zero = self._half_a_step_after(first), self._constant(0.0)
        on = self._is_on(since, zero)
        if every is not None:
            again = self._is_on_again(since, step, every)
            on = self._builder.or_(on, self._builder.and_(again, self._compare(">", every, zero)))
        return self._choose(on, height, zero)

    def _half_a_step_after(self, start: Value) -> Value:
        """How long ago something was half a step from now, so that what is off the grid is at the nearest instant."""
        slack = self._builder.fmul(self.named(clock_slot("time step")), self._constant(0.5))
        return self._builder.fsub(self._builder.fadd(self.named(clock_slot("step time")), slack), start)

    def _is_on(self, since: Value, width: Value) -> Value:
        """Whether a pulse is on: for one step, and for longer while less than its width has gone by."""
        step = self.named(clock_slot("time step"))
        on = self._builder.or_(self._compare("<=", since, step), self._compare("<", since, width))
        return self._builder.and_(on, self._compare(">", since, self._constant(0.0)))

    def _is_on_again(self, since: Value, width: Value, every: Value) -> Value:
        """Whether one pulse of a train is on; pulses that touch are one."""
        builder = self._builder
        on = builder.or_(self._is_on(self._remainder(since, every), width), self._compare("<=", every, width))
        return builder.and_(on, self._compare(">", since, self._constant(0.0)))

    def _at_least_a_step(self, width: Value) -> Value:
        step = self.named(clock_slot("time step"))
        return self._choose(self._compare(">", width, step), width, step)

    def _log(self, x: Value, base: Value) -> Value:
        return self._builder.fdiv(self._elementary.ln(x), self._elementary.ln(base))

    def _quantum(self, a: Value, b: Value) -> Value:
        """b times the whole number that a / b holds, towards zero; a where b <= 0 (Vensim's reference)."""
        whole = self._builder.fmul(b, self._intrinsic("llvm.trunc", self._builder.fdiv(a, b)))
        return self._choose(self._compare("<=", b, self._constant(0.0)), a, whole)

    def _zidz(self, a: Value, b: Value) -> Value:
        return self._quotient(a, b, self._constant(0.0), tolerance=1e-6)

    def _xidz(self, a: Value, b: Value, c: Value) -> Value:
        return self._quotient(a, b, c, tolerance=1e-6)

    def _clearing_priority(self, supply: Value, *requests: Value) -> Value:
        return Allocation(self._module, self._builder, self._lanes).clearing(supply, *requests)

    def _priority_curve(self, kind: Value, distance: Value, width: Value) -> Value:
        return Allocation(self._module, self._builder, self._lanes).curve(kind, distance, width)

    def _market_price(self, node: Call, values: Sequence[Value]) -> Value:
        """Emit a search; the first argument is how many of the others are of demands."""
        demands = node.arguments[0]
        assert isinstance(demands, Number)
        return Allocation(self._module, self._builder, self._lanes).market(int(demands.value), *values[1:])

    def _logisticbound(
        self, low: Value, high: Value, x: Value, middle: Value, speed: Value, start: Value | None = None
    ) -> Value:
        """From low to high along 1 / (1 + e^(-speed (x - middle))); with a start, stretched to be low there and before.

        The help of isee's Stella names these arguments; the curve itself is unverified.
        """
        builder, one = self._builder, self._constant(1.0)

        def share_at(place: Value) -> Value:
            power = builder.fmul(speed, builder.fsub(middle, place))
            return builder.fdiv(one, builder.fadd(one, self._elementary.exp(power)))

        share = share_at(x)
        if start is not None:
            begun = share_at(start)
            share = builder.fdiv(builder.fsub(share, begun), builder.fsub(one, begun))
            share = self._choose(self._compare(">", x, start), share, self._constant(0.0))
        return builder.fadd(low, builder.fmul(builder.fsub(high, low), share))

    def _safediv(self, a: Value, b: Value, c: Value | None = None) -> Value:
        return self._quotient(a, b, self._constant(0.0) if c is None else c, tolerance=0.0)

    _ROWS: ClassVar[dict[str, Callable[..., Value]]] = {
        "log": _log,
        "modulo": _remainder,
        "quantum": _quantum,
        "zidz": _zidz,
        "xidz": _xidz,
        "safediv": _safediv,
        "logisticbound": _logisticbound,
        "clearing priority": _clearing_priority,
        "priority curve": _priority_curve,
        "step": _step,
        "ramp": _ramp,
        "pulse": _pulse,
        "pulse train": _pulse_train,
        "xmile pulse": _xmile_pulse,
    }


def _is_mask(value: Value) -> bool:
    return isinstance(value.type, ir.VectorType) and isinstance(value.type.element, ir.IntType)
