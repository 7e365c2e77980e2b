"""Expressions as vector instructions."""

# llvmlite has no type stubs, so what it returns is unknown to the type checker.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar, assert_never

from llvmlite import ir

from egovsim.compiler.codegen.allocation import Allocation
from egovsim.compiler.codegen.distributions import drawing_function
from egovsim.compiler.codegen.elementary import Elementary
from egovsim.compiler.codegen.lanes import Lanes
from egovsim.compiler.codegen.lookups import Lookups
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
)
from egovsim.model.functions import is_random

_COMPARISONS = {"=": "==", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_ARITHMETIC = {"+": "fadd", "-": "fsub", "*": "fmul", "/": "fdiv"}
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


def clock_slot(name: str) -> str:
    """Return what a value of the clock is called in a memory block; no variable's id has a dollar in front."""
    return f"$ {name}"


CHANCE = ("seed", "member", "step number")
"""Slots of what a draw is keyed by beside its site: integers of 64 bits, kept as numbers."""


class Emitter(Lanes):
    """Emits expressions into one function; values of names are kept as they are assigned."""

    def __init__(self, module: Any, builder: Any, lanes: int, load: Callable[[str], Any]) -> None:
        super().__init__(module, builder, lanes)
        self._load_slot, self._lookups = load, Lookups(module, builder, lanes)
        self._elementary = Elementary(module, builder, lanes)
        self._values: dict[str, Any] = {}

    def assign(self, id: str, expression: Expression) -> Any:
        """Emit an expression, remember it under a name, and return it."""
        self._values[id] = self.value(expression)
        return self._values[id]

    def value(self, node: Expression) -> Any:
        """Emit an expression as a vector of numbers."""
        match node:
            case Number(value=value):
                return self._constant(value)
            case Reference(id=id):
                return self._named(id)
            case ClockValue(which=which):
                return self._named(clock_slot(which))
            case Unary(operator="-", operand=operand):
                return self._builder.fneg(self.value(operand))
            case Unary() | Binary(operator="=" | "<>" | "<" | "<=" | ">" | ">=" | "and" | "or"):
                return self._choose(self.truth(node), self._constant(1.0), self._constant(0.0))
            case Binary():
                return self._arithmetic(node)
            case If(condition=condition, then=then, otherwise=otherwise):
                return self._choose(self.truth(condition), self.value(then), self.value(otherwise))
            case Call():
                return self._call(node)
            case TableCall(table=table, argument=argument):
                return self._lookups.table(table, self.value(argument))
            case LookupCall() | Unsupported():
                raise TypeError(f"{node!r} is put in place or refused before anything is emitted")
            case _:
                assert_never(node)

    def truth(self, node: Expression) -> Any:
        """Emit an expression as a mask: true where it is not 0."""
        match node:
            case Unary(operator="not", operand=operand):
                return self._builder.not_(self.truth(operand))
            case Binary(operator="and", left=left, right=right):
                return self._builder.and_(self.truth(left), self.truth(right))
            case Binary(operator="or", left=left, right=right):
                return self._builder.or_(self.truth(left), self.truth(right))
            case Binary(operator=operator, left=left, right=right) if operator in _COMPARISONS:
                return self._compare(_COMPARISONS[operator], self.value(left), self.value(right))
            case _:
                return self._compare("!=", self.value(node), self._constant(0.0))

    def _named(self, name: str) -> Any:
        if name not in self._values:
            self._values[name] = self._load_slot(name)
        return self._values[name]

    def _arithmetic(self, node: Binary) -> Any:
        left = self.value(node.left)
        if node.operator == "^":
            return self._power(left, node.right)
        right = self.value(node.right)
        if node.operator == "mod":
            return self._floored_remainder(left, right)
        return getattr(self._builder, _ARITHMETIC[node.operator])(left, right)

    def _power(self, base: Any, exponent: Expression) -> Any:
        """Small whole exponents are products."""
        if isinstance(exponent, Number) and exponent.value in (1.0, 2.0, 3.0, 4.0):
            product = base
            for _ in range(int(exponent.value) - 1):
                product = self._builder.fmul(product, base)
            return product
        return self._elementary.power(base, self.value(exponent))

    def _call(self, node: Call) -> Any:
        if node.function in ("exp", "ln"):
            return getattr(self._elementary, node.function)(self.value(node.arguments[0]))
        if node.function in _LIBRARY:
            return self._by_lane(_LIBRARY[node.function], [self.value(node.arguments[0])])
        if node.function in _INTRINSICS:
            return self._intrinsic(_INTRINSICS[node.function], self.value(node.arguments[0]))
        if node.function == "power":
            return self._power(self.value(node.arguments[0]), node.arguments[1])
        if node.function in ("min", "max"):
            return self._extreme("<" if node.function == "min" else ">", *node.arguments)
        if is_random(node):
            return self._draw(node)
        arguments = [self.value(argument) for argument in node.arguments]
        if node.function in Statistics.ROWS:
            return Statistics(self._module, self._builder, self._lanes).value(node.function, *arguments)
        return self._ROWS[node.function](self, *arguments)

    def _draw(self, node: Call) -> Any:
        """Emit a random call; the first of its arguments is the number of its site."""
        site, *arguments = node.arguments
        assert isinstance(site, Number)
        key = [self._named(clock_slot(slot)) for slot in CHANCE]
        number = ir.Constant(ir.IntType(64), int(site.value))
        function = drawing_function(self._module, self._lanes, node.function, len(arguments))
        return self._builder.call(function, [*key, number, *(self.value(argument) for argument in arguments)])

    def _extreme(self, sign: str, left: Expression, right: Expression) -> Any:
        """The smaller or larger of two; not a number where either is not, so that a failure shows."""
        if isinstance(right, Number):
            left, right = right, left
        a, b = self.value(left), self.value(right)
        chosen = self._choose(self._compare(sign, a, b), a, b)
        return chosen if isinstance(left, Number) else self._unless_not_a_number(a, chosen)

    def _floored_remainder(self, x: Any, y: Any) -> Any:
        """x - y floor(x / y), its sign that of y (XMILE 3.3.1)."""
        rest = self._remainder(x, y)
        zero = self._constant(0.0)
        apart = self._builder.xor(self._compare("<", rest, zero), self._compare("<", y, zero))
        fix = self._builder.and_(apart, self._compare("!=", rest, zero))
        return self._choose(fix, self._builder.fadd(rest, y), rest)

    def _remainder(self, x: Any, y: Any) -> Any:
        return self._by_lane("fmod", [x, y])

    def _quotient(self, a: Any, b: Any, instead: Any, *, tolerance: float) -> Any:
        """a / b, or something else where |b| is below a tolerance (where b is 0, for none)."""
        size = self._intrinsic("llvm.fabs", b)
        bad = self._compare("<" if tolerance else "==", size, self._constant(tolerance))
        return self._choose(bad, instead, self._builder.fdiv(a, b))

    def _passed(self, when: Any, *, sooner: float = 0.5) -> Any:
        """Whether an instant has come, half a step of slack allowed: events off the grid fall on the nearest step."""
        now = self._named(clock_slot("step time"))
        slack = self._builder.fmul(self._named(clock_slot("time step")), self._constant(sooner))
        return self._compare(">", self._builder.fadd(now, slack), when)

    def _step(self, height: Any, when: Any) -> Any:
        return self._choose(self._passed(when), height, self._constant(0.0))

    def _ramp(self, slope: Any, start: Any, stop: Any | None = None) -> Any:
        now = self._named(clock_slot("step time"))
        end = now if stop is None else self._choose(self._compare("<", now, stop), now, stop)
        run = self._builder.fsub(end, start)
        return self._choose(self._compare(">", now, start), self._builder.fmul(slope, run), self._constant(0.0))

    def _pulse(self, start: Any, width: Any) -> Any:
        lasting = self._at_least_a_step(width)
        over = self._passed(self._builder.fadd(start, lasting))
        on = self._builder.and_(self._passed(start), self._builder.not_(over))
        return self._choose(on, self._constant(1.0), self._constant(0.0))

    def _pulse_train(self, start: Any, width: Any, every: Any, end: Any) -> Any:
        builder = self._builder
        slack = builder.fmul(self._named(clock_slot("time step")), self._constant(0.5))
        since = builder.fsub(builder.fadd(self._named(clock_slot("step time")), slack), start)
        wide = self._at_least_a_step(width)
        on = self._compare("<", self._remainder(since, every), wide)
        on = builder.or_(on, self._compare("<=", every, wide))  # pulses that touch are one
        on = builder.and_(builder.and_(on, self._passed(start)), builder.not_(self._passed(end)))
        return self._choose(on, self._constant(1.0), self._constant(0.0))

    def _xmile_pulse(self, size: Any, first: Any | None = None, every: Any | None = None) -> Any:
        """A quantity within one step; without a time in every step (isee's help, "Test input builtins")."""
        builder = self._builder
        step = self._named(clock_slot("time step"))
        height = builder.fdiv(size, step)
        if first is None:
            return height
        once = builder.and_(self._passed(first), builder.not_(self._passed(builder.fadd(first, step))))
        if every is not None:
            slack = builder.fmul(step, self._constant(0.5))
            since = builder.fsub(builder.fadd(self._named(clock_slot("step time")), slack), first)
            again = self._compare("<", self._remainder(since, every), step)
            again = builder.and_(again, self._compare(">", every, self._constant(0.0)))
            once = builder.or_(once, builder.and_(again, self._passed(first)))
        return self._choose(once, height, self._constant(0.0))

    def _at_least_a_step(self, width: Any) -> Any:
        step = self._named(clock_slot("time step"))
        return self._choose(self._compare(">", width, step), width, step)

    # Rows of the table of functions; each gets the emitter and its arguments.
    def _log(self, x: Any, base: Any) -> Any:
        return self._builder.fdiv(self._elementary.ln(x), self._elementary.ln(base))

    def _quantum(self, a: Any, b: Any) -> Any:
        """b times the whole number that a / b holds, towards zero; a where b <= 0 (Vensim's reference)."""
        whole = self._builder.fmul(b, self._intrinsic("llvm.trunc", self._builder.fdiv(a, b)))
        return self._choose(self._compare("<=", b, self._constant(0.0)), a, whole)

    def _zidz(self, a: Any, b: Any) -> Any:
        return self._quotient(a, b, self._constant(0.0), tolerance=1e-6)

    def _xidz(self, a: Any, b: Any, c: Any) -> Any:
        return self._quotient(a, b, c, tolerance=1e-6)

    def _clearing_priority(self, supply: Any, *requests: Any) -> Any:
        return Allocation(self._module, self._builder, self._lanes).clearing(supply, *requests)

    def _priority_curve(self, kind: Any, distance: Any, width: Any) -> Any:
        return Allocation(self._module, self._builder, self._lanes).curve(kind, distance, width)

    def _safediv(self, a: Any, b: Any, c: Any | None = None) -> Any:
        return self._quotient(a, b, self._constant(0.0) if c is None else c, tolerance=0.0)

    _ROWS: ClassVar[dict[str, Callable[..., Any]]] = {
        "log": _log,
        "modulo": _remainder,
        "quantum": _quantum,
        "zidz": _zidz,
        "xidz": _xidz,
        "safediv": _safediv,
        "clearing priority": _clearing_priority,
        "priority curve": _priority_curve,
        "step": _step,
        "ramp": _ramp,
        "pulse": _pulse,
        "pulse train": _pulse_train,
        "xmile pulse": _xmile_pulse,
    }
