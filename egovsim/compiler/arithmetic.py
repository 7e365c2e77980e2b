"""Expressions as vector instructions."""

# llvmlite has no type stubs, so what it returns is unknown to the type checker.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, ClassVar, assert_never

from llvmlite import ir

from egovsim.model.expression import (
    Binary,
    Call,
    ClockValue,
    Expression,
    If,
    LookupCall,
    Number,
    Reference,
    Table,
    TableCall,
    Unary,
    Unsupported,
)

SHORT_TABLE = 16
"""Up to so many points a table is a chain of selections; longer ones are searched lane by lane."""

_COMPARISONS = {"=": "==", "<>": "!=", "<": "<", "<=": "<=", ">": ">", ">=": ">="}
_ARITHMETIC = {"+": "fadd", "-": "fsub", "*": "fmul", "/": "fdiv"}
_LIBRARY = {
    "exp": "exp",
    "ln": "log",
    "log10": "log10",
    "sin": "sin",
    "cos": "cos",
    "tan": "tan",
    "arcsin": "asin",
    "arccos": "acos",
    "arctan": "atan",
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


class Emitter:
    """Emits expressions into one function; values of names are kept as they are assigned."""

    def __init__(self, module: Any, builder: Any, lanes: int, load: Callable[[str], Any]) -> None:
        self._module, self._builder, self._lanes, self._load_slot = module, builder, lanes, load
        self._double = ir.DoubleType()
        self._vector = ir.VectorType(self._double, lanes)
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
                return self._table(table, self.value(argument))
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
        left, right = self.value(node.left), None
        if node.operator == "^":
            return self._power(left, node.right)
        right = self.value(node.right)
        if node.operator == "mod":
            return self._floored_remainder(left, right)
        return getattr(self._builder, _ARITHMETIC[node.operator])(left, right)

    def _power(self, base: Any, exponent: Expression) -> Any:
        """Small whole exponents are products, the rest is the maths library's."""
        if isinstance(exponent, Number) and exponent.value in (1.0, 2.0, 3.0, 4.0):
            product = base
            for _ in range(int(exponent.value) - 1):
                product = self._builder.fmul(product, base)
            return product
        return self._by_lane("pow", [base, self.value(exponent)])

    def _call(self, node: Call) -> Any:
        if node.function in _LIBRARY:
            return self._by_lane(_LIBRARY[node.function], [self.value(node.arguments[0])])
        if node.function in _INTRINSICS:
            return self._intrinsic(_INTRINSICS[node.function], self.value(node.arguments[0]))
        if node.function == "power":
            return self._power(self.value(node.arguments[0]), node.arguments[1])
        if node.function in ("min", "max"):
            return self._extreme("<" if node.function == "min" else ">", *node.arguments)
        return self._ROWS[node.function](self, *(self.value(one) for one in node.arguments))

    def _extreme(self, sign: str, left: Expression, right: Expression) -> Any:
        """The smaller or larger of two; not a number where either is not, so that a failure shows."""
        if isinstance(right, Number):
            left, right = right, left
        a, b = self.value(left), self.value(right)
        chosen = self._choose(self._compare(sign, a, b), a, b)
        return chosen if isinstance(left, Number) else self._unless_not_a_number(a, chosen)

    def _table(self, table: Table, x: Any) -> Any:
        if len(table.x) == 1:
            return self._unless_not_a_number(x, self._constant(table.y[0]))
        if len(table.x) > SHORT_TABLE:
            return self._by_lane(self._search_function(table), [x])
        return self._short_table(table, x)

    def _short_table(self, table: Table, x: Any) -> Any:
        """Select the segment that holds x, then interpolate; exact at the points, never outside their range."""
        builder, (xs, ys) = self._builder, (table.x, table.y)
        if table.kind == "discrete":
            level = self._constant(ys[0])
            for place, y in zip(xs[1:], ys[1:], strict=True):
                level = self._choose(self._compare(">=", x, self._constant(place)), self._constant(y), level)
            return self._unless_not_a_number(x, level)
        at = self._clamped(x, xs[0], xs[-1]) if table.kind == "continuous" else x
        slopes = segment_slopes(table)
        begin, level, slope = (self._constant(one) for one in (xs[0], ys[0], slopes[0]))
        for place, y, steep in zip(xs[1:], ys[1:], slopes[1:], strict=True):
            here = self._compare(">=", at, self._constant(place))
            begin = self._choose(here, self._constant(place), begin)
            level = self._choose(here, self._constant(y), level)
            slope = self._choose(here, self._constant(steep), slope)
        value = builder.fadd(level, builder.fmul(builder.fsub(at, begin), slope))
        return value if table.kind == "extrapolate" else self._clamped(value, min(ys), max(ys))

    def _search_function(self, table: Table) -> str:
        """Write a function of one number that finds the segment by halving; the arithmetic is the short table's."""
        name = f"table.{len(self._module.globals)}"
        function = ir.Function(self._module, ir.FunctionType(self._double, [self._double]), name)
        function.linkage = "internal"
        _TableSearch(self._module, function, table).write()
        return name

    def _clamped(self, x: Any, low: float, high: float) -> Any:
        x = self._choose(self._compare("<", x, self._constant(low)), self._constant(low), x)
        return self._choose(self._compare(">", x, self._constant(high)), self._constant(high), x)

    def _unless_not_a_number(self, x: Any, value: Any) -> Any:
        """The value; not a number where x is not, so that a failure shows."""
        return self._choose(self._builder.fcmp_unordered("uno", x, x), x, value)

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
        on = self._compare("<", self._remainder(since, every), self._at_least_a_step(width))
        on = builder.and_(builder.and_(on, self._passed(start)), builder.not_(self._passed(end)))
        return self._choose(on, self._constant(1.0), self._constant(0.0))

    def _xmile_pulse(self, size: Any, first: Any, every: Any | None = None) -> Any:
        builder = self._builder
        step = self._named(clock_slot("time step"))
        height = builder.fdiv(size, step)
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

    def _compare(self, sign: str, left: Any, right: Any) -> Any:
        if sign == "!=":
            return self._builder.fcmp_unordered("!=", left, right)
        return self._builder.fcmp_ordered(sign, left, right)

    def _choose(self, mask: Any, then: Any, otherwise: Any) -> Any:
        return self._builder.select(mask, then, otherwise)

    def _intrinsic(self, name: str, x: Any) -> Any:
        full = f"{name}.v{self._lanes}f64"
        function = self._module.globals.get(full)
        if function is None:
            function = ir.Function(self._module, ir.FunctionType(self._vector, [self._vector]), full)
        return self._builder.call(function, [x])

    def _by_lane(self, name: str, arguments: Sequence[Any]) -> Any:
        """Call a function of plain numbers once for each lane."""
        function = self._module.globals.get(name)
        if function is None:
            kind = ir.FunctionType(self._double, [self._double] * len(arguments))
            function = ir.Function(self._module, kind, name)
        result: Any = ir.Constant(self._vector, ir.Undefined)
        for lane in range(self._lanes):
            place = ir.Constant(ir.IntType(32), lane)
            numbers = [self._builder.extract_element(one, place) for one in arguments]
            result = self._builder.insert_element(result, self._builder.call(function, numbers), place)
        return result

    def _constant(self, value: float) -> Any:
        return ir.Constant(self._vector, [value] * self._lanes)

    # Rows of the table of functions; each gets the emitter and its arguments.
    def _log(self, x: Any, base: Any) -> Any:
        return self._builder.fdiv(self._by_lane("log", [x]), self._by_lane("log", [base]))

    def _zidz(self, a: Any, b: Any) -> Any:
        return self._quotient(a, b, self._constant(0.0), tolerance=1e-6)

    def _xidz(self, a: Any, b: Any, c: Any) -> Any:
        return self._quotient(a, b, c, tolerance=1e-6)

    def _safediv(self, a: Any, b: Any, c: Any | None = None) -> Any:
        return self._quotient(a, b, self._constant(0.0) if c is None else c, tolerance=0.0)

    _ROWS: ClassVar[dict[str, Callable[..., Any]]] = {
        "log": _log,
        "modulo": _remainder,
        "zidz": _zidz,
        "xidz": _xidz,
        "safediv": _safediv,
        "step": _step,
        "ramp": _ramp,
        "pulse": _pulse,
        "pulse train": _pulse_train,
        "xmile pulse": _xmile_pulse,
    }


def segment_slopes(table: Table) -> list[float]:
    """Return the slope from every point on: of a segment without length, and after the end of a flat table, 0."""
    pairs = zip(zip(table.x, table.y, strict=True), zip(table.x[1:], table.y[1:], strict=True), strict=False)
    slopes = [0.0 if b[0] == a[0] else (b[1] - a[1]) / (b[0] - a[0]) for a, b in pairs]
    return [*slopes, slopes[-1] if table.kind == "extrapolate" else 0.0]


class _TableSearch:
    """Writes the body of a function that looks one number up in a long table."""

    def __init__(self, module: Any, function: Any, table: Table) -> None:
        self._table, self._function = table, function
        self._double, self._integer = ir.DoubleType(), ir.IntType(64)
        rows = {"x": table.x, "y": table.y, "slope": segment_slopes(table)}
        self._rows = {part: self._array(module, f"{function.name}.{part}", row) for part, row in rows.items()}
        self._builder = ir.IRBuilder(function.append_basic_block("entry"))

    def _array(self, module: Any, name: str, values: Sequence[float]) -> Any:
        kind = ir.ArrayType(self._double, len(values))
        array: Any = ir.GlobalVariable(module, kind, name)
        array.linkage, array.global_constant = "internal", True
        array.initializer = ir.Constant(kind, list(values))
        return array

    def write(self) -> None:
        builder, table = self._builder, self._table
        x = self._function.args[0]
        at = self._clamped(x, table.x[0], table.x[-1]) if table.kind == "continuous" else x
        place = self._segment(at)
        level = self._read("y", place)
        if table.kind == "discrete":
            builder.ret(builder.select(builder.fcmp_unordered("uno", x, x), x, level))
            return
        rise = builder.fmul(builder.fsub(at, self._read("x", place)), self._read("slope", place))
        value = builder.fadd(level, rise)
        if table.kind == "continuous":
            value = self._clamped(value, min(table.y), max(table.y))
        builder.ret(value)

    def _segment(self, at: Any) -> Any:
        """Return the last point not above `at`, by halving; the first, when there is none."""
        builder, last = self._builder, len(self._table.x) - 1
        low: Any = ir.Constant(self._integer, 0)
        size = 1 << max(last, 1).bit_length()
        while size >= 1:
            reach = builder.add(low, ir.Constant(self._integer, size))
            inside = builder.icmp_signed("<=", reach, ir.Constant(self._integer, last))
            safe = builder.select(inside, reach, low)
            above = builder.and_(inside, builder.fcmp_ordered(">=", at, self._read("x", safe)))
            low = builder.select(above, safe, low)
            size //= 2
        return low

    def _read(self, part: str, place: Any) -> Any:
        zero = ir.Constant(self._integer, 0)
        return self._builder.load(self._builder.gep(self._rows[part], [zero, place]))

    def _clamped(self, x: Any, low: float, high: float) -> Any:
        builder = self._builder
        x = builder.select(builder.fcmp_ordered("<", x, self._number(low)), self._number(low), x)
        return builder.select(builder.fcmp_ordered(">", x, self._number(high)), self._number(high), x)

    def _number(self, value: float) -> Any:
        return ir.Constant(self._double, value)
