"""A slow, obvious evaluator of a model: plain recursion over its equations, one element at a time.

It shares nothing with the compiler but the expression tree, so that the two can be wrong only apart.
Every value is asked for by name when it is needed; nothing is ordered, flattened or rewritten beforehand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from itertools import product

from egovsim.model.expression import (
    Binary,
    Call,
    ClockValue,
    Expression,
    If,
    LookupCall,
    Number,
    Reference,
    Star,
    Table,
    TableCall,
    Unary,
    children,
    with_children,
)
from egovsim.model.model import Model
from egovsim.model.variable import Equation, Variable
from egovsim.names import canonical, element_name

Elements = tuple[str, ...]
Context = Mapping[str, str]
"""Which element each dimension stands for."""
Key = tuple[object, ...]
"""What a state is known by: a stock and its element, or a call in an equation, an element and a stage."""


def slow_run(model: Model, *, method: str | None = None) -> dict[str, list[float]]:
    """Run a model as its file says and return the trajectory of every element by its canonical name."""
    clock = model.clock
    run = _Run(model, clock.time_step)
    steps = round((clock.stop - clock.start) / clock.time_step)
    trajectories: dict[str, list[float]] = {}
    run.begin(clock.start)
    for number in range(steps + 1):
        now = clock.start + number * clock.time_step
        run.at(now, now)
        for variable, ids in run.every_element():
            trajectories.setdefault(element_name(variable.id, ids), []).append(run.value(variable, ids))
        if number < steps:
            run.move(now, method or clock.method)
    return trajectories


@dataclass
class _Run:
    """The state of a run, and the values of one instant as far as they have been asked for."""

    model: Model
    step: float
    state: dict[Key, float] = field(default_factory=dict)
    rates: dict[Key, Callable[[], float]] = field(default_factory=dict)
    remembered: dict[Key, Callable[[], float]] = field(default_factory=dict)
    known: dict[tuple[str, Elements], float] = field(default_factory=dict)
    time: float = 0.0
    step_time: float = 0.0
    starting: bool = True

    # The trajectory of a run

    def begin(self, start: float) -> None:
        """Find every state and its start: those of the stocks, and those inside delays and smooths."""
        self.at(start, start)
        found: dict[Key, float] = {}
        for variable, ids in self.every_element():
            if variable.kind == "stock":
                found[variable.id, ids] = self.value(variable, ids)
        for variable, ids in self.every_element():
            equation = self._equation(variable, ids)
            part = equation.rate if variable.kind == "stock" else equation.expression
            assert part is not None
            self.evaluate(part, self._context(variable, ids))
        self.state = {**found, **self.state}
        self.starting = False

    def at(self, time: float, step_time: float) -> None:
        """Go to an instant; `step_time` is when its step began."""
        self.time, self.step_time = time, step_time
        self.known = {}

    def move(self, now: float, method: str) -> None:
        """Take one step."""
        begun = dict(self.state)
        kept = {key: what() for key, what in self.remembered.items()}
        if method == "euler":
            slopes = self._slopes()
            self.state = {key: level + slopes[key] * self.step for key, level in begun.items()}
        else:
            self._runge_kutta(now, begun)
        self.state.update(kept)

    def _runge_kutta(self, now: float, begun: Mapping[Key, float]) -> None:
        """The classical method of fourth order; test inputs stay what they were when the step began."""
        total = dict.fromkeys(begun, 0.0)
        for weight, reach in ((1 / 6, 0.5), (1 / 3, 0.5), (1 / 3, 1.0), (1 / 6, None)):
            slopes = self._slopes()
            total = {key: total[key] + weight * slopes[key] for key in begun}
            if reach is not None:
                self.state = {key: level + slopes[key] * (reach * self.step) for key, level in begun.items()}
                self.at(now + reach * self.step, now)
        self.state = {key: level + total[key] * self.step for key, level in begun.items()}

    def _slopes(self) -> dict[Key, float]:
        found: dict[Key, float] = {}
        for key in self.state:
            if key in self.rates:
                found[key] = self.rates[key]()
            elif key in self.remembered:
                found[key] = 0.0
            else:
                found[key] = self._stock_rate(self.model.by_id[str(key[0])], key[1])  # type: ignore[arg-type]
        return found

    def _stock_rate(self, stock: Variable, ids: Elements) -> float:
        rate = self._equation(stock, ids).rate
        assert rate is not None
        return self.evaluate(rate, self._context(stock, ids))

    # Variables

    def every_element(self) -> list[tuple[Variable, Elements]]:
        return [
            (variable, ids)
            for variable in self.model.variables
            if variable.kind != "lookup"
            for ids in self._ids(variable)
        ]

    def _ids(self, variable: Variable) -> list[Elements]:
        axes = [self.model.dimension_by_id[canonical(dimension)].element_ids for dimension in variable.dimensions]
        return list(product(*axes))

    def _context(self, variable: Variable, ids: Elements) -> Context:
        return {canonical(name): id for name, id in zip(variable.dimensions, ids, strict=True)}

    def _equation(self, variable: Variable, ids: Elements) -> Equation:
        """The most particular of the equations that cover an element."""

        def covers(equation: Equation) -> bool:
            pairs = zip(equation.elements, ids, strict=False)
            return all(element == id or id in self._members(element) for element, id in pairs)

        fitting = [equation for equation in variable.equations if covers(equation)]
        return max(fitting, key=lambda equation: sum(a == b for a, b in zip(equation.elements, ids, strict=False)))

    def _members(self, name: str) -> Elements:
        dimension = self.model.dimension_by_id.get(name)
        return dimension.element_ids if dimension is not None else ()

    def value(self, variable: Variable, ids: Elements) -> float:
        """Return the value of one element at this instant."""
        key = (variable.id, ids)
        if variable.kind == "stock" and key in self.state:
            return self.state[key]
        if key not in self.known:
            expression = self._equation(variable, ids).expression
            assert expression is not None
            value = self.evaluate(expression, self._context(variable, ids))
            if variable.kind == "flow":
                value = self._limited(variable, ids, value)
            self.known[key] = value
        return self.known[key]

    def _limited(self, flow: Variable, ids: Elements, value: float) -> float:
        """What a flow may be: not below 0 if it says so, and no more than there is in a stock that says so."""
        if flow.non_negative:
            value = _largest(0.0, value)
        for stock in self.model.stocks:
            if stock.non_negative and flow.id in stock.outflows:
                room = self.value(stock, ids) / self.step
                room += sum(self.value(self.model.by_id[inflow], ids) for inflow in stock.inflows)
                for outflow in stock.outflows[: stock.outflows.index(flow.id)]:
                    room -= self.value(self.model.by_id[outflow], ids)
                value = _smallest(value, _largest(0.0, room))
        return value

    # Expressions

    def evaluate(self, node: Expression, context: Context) -> float:
        match node:
            case Number(value=value):
                return value
            case ClockValue(which=which):
                clock = self.model.clock
                times = {
                    "time": self.time,
                    "step time": self.step_time,
                    "time step": self.step,
                    "initial time": clock.start,
                }
                return times.get(which, clock.stop)
            case Reference():
                return self._referred(node, context)
            case Unary(operator="-", operand=operand):
                return -self.evaluate(operand, context)
            case Unary(operand=operand):
                return float(self.evaluate(operand, context) == 0.0)
            case Binary(operator=operator, left=left, right=right):
                return _OPERATORS[operator](self.evaluate(left, context), self.evaluate(right, context))
            case If(condition=condition, then=then, otherwise=otherwise):
                chosen = then if self.evaluate(condition, context) != 0.0 else otherwise
                self._visit(node, context)
                return self.evaluate(chosen, context)
            case TableCall(table=table, argument=argument):
                return looked_up(table, self.evaluate(argument, context))
            case LookupCall(lookup=lookup, argument=argument):
                return looked_up(self._table(lookup), self.evaluate(argument, context))
            case Call(function="sum", arguments=(argument,)):
                return self._sum(argument, context)
            case Call(function=function) if function in _STATEFUL:
                return _STATEFUL[function](self, node, context)
            case Call(function=function, arguments=arguments):
                return _FUNCTIONS[function](self, *(self.evaluate(argument, context) for argument in arguments))
            case _:
                raise NotImplementedError(f"{node!r}")

    def _visit(self, node: Expression, context: Context) -> None:
        """At the start, meet the delays on both sides of a choice."""
        if self.starting:
            for operand in children(node):
                self.evaluate(operand, context)

    def _referred(self, node: Reference, context: Context) -> float:
        variable = self.model.by_id[node.id]
        given = node.subscripts or tuple(canonical(dimension) for dimension in variable.dimensions)
        return self.value(variable, tuple(context.get(str(subscript), str(subscript)) for subscript in given))

    def _table(self, lookup: Reference) -> Table:
        equation = self.model.by_id[lookup.id].equations[0]
        if equation.table is not None:
            return equation.table
        assert isinstance(equation.expression, TableCall)
        return equation.expression.table

    def _sum(self, argument: Expression, context: Context) -> float:
        """Add up over every dimension that a star stands for; the same dimension is gone over once."""
        dimensions: dict[str, None] = {}
        self._starred(argument, dimensions)
        total = 0.0
        for ids in product(*(self._members(dimension) for dimension in dimensions)):
            total += self.evaluate(_named(argument, self.model), {**context, **dict(zip(dimensions, ids, strict=True))})
        return total

    def _starred(self, node: Expression, found: dict[str, None]) -> None:
        if isinstance(node, Reference):
            axes = [canonical(dimension) for dimension in self.model.by_id[node.id].dimensions]
            for given, axis in zip(node.subscripts or (Star(),) * len(axes), axes, strict=True):
                if isinstance(given, Star):
                    found[given.dimension or axis] = None
        for operand in children(node):
            self._starred(operand, found)

    # What keeps a state

    def level(self, key: Key, start: Callable[[], float], rate: Callable[[], float]) -> float:
        """Return the content of a hidden stock, which begins at `start`."""
        if key not in self.state:
            self.state[key] = start()
            self.rates[key] = rate
        return self.state[key]

    def key(self, node: Expression, context: Context) -> Key:
        return (id(node), *sorted(context.items()))


def _named(node: Expression, model: Model) -> Expression:
    """Return an expression with the dimension's name in place of each star."""
    if isinstance(node, Reference):
        axes = [canonical(dimension) for dimension in model.by_id[node.id].dimensions]
        given = node.subscripts or (Star(),) * len(axes)
        pairs = zip(given, axes, strict=True)
        named = ((name.dimension or axis) if isinstance(name, Star) else name for name, axis in pairs)
        return replace(node, subscripts=tuple(named))
    return with_children(node, tuple(_named(operand, model) for operand in children(node)))


# Arithmetic of IEEE 754 where Python would raise instead


def _quotient(a: float, b: float) -> float:
    if b != 0.0:
        return a / b
    if a == 0.0 or a != a or b != b:
        return math.nan
    return math.copysign(math.inf, a) * math.copysign(1.0, b)


def _smallest(a: float, b: float) -> float:
    return math.nan if a != a or b != b else min(a, b)


def _largest(a: float, b: float) -> float:
    return math.nan if a != a or b != b else max(a, b)


_OPERATORS: dict[str, Callable[[float, float], float]] = {
    "+": lambda a, b: a + b,
    "-": lambda a, b: a - b,
    "*": lambda a, b: a * b,
    "/": _quotient,
    "^": lambda a, b: a**b,
    "mod": lambda a, b: a % b,
    "=": lambda a, b: float(a == b),
    "<>": lambda a, b: float(a != b),
    "<": lambda a, b: float(a < b),
    "<=": lambda a, b: float(a <= b),
    ">": lambda a, b: float(a > b),
    ">=": lambda a, b: float(a >= b),
    "and": lambda a, b: float(a != 0.0 and b != 0.0),
    "or": lambda a, b: float(a != 0.0 or b != 0.0),
}


def looked_up(table: Table, x: float) -> float:
    """Return the value of a graphical function: on the line between the points round x."""
    points = list(zip(table.x, table.y, strict=True))
    if len(points) == 1:
        return points[0][1]
    if table.kind != "extrapolate":
        x = min(max(x, points[0][0]), points[-1][0])
    below = [number for number, (place, _) in enumerate(points[:-1]) if place <= x] or [0]
    (left, low), (right, high) = points[below[-1]], points[below[-1] + 1]
    if table.kind == "discrete":
        return points[-1][1] if x >= points[-1][0] else low
    if x == right:
        return high
    return low + (high - low) * ((x - left) / (right - left))


# Functions by their names in the table of functions


def _step(run: _Run, height: float, when: float) -> float:
    return height if run.step_time + run.step / 2 > when else 0.0


def _ramp(run: _Run, slope: float, start: float, stop: float = math.inf) -> float:
    return slope * (min(run.step_time, stop) - start) if run.step_time > start else 0.0


def _pulse(run: _Run, size: float, first: float, every: float = 0.0) -> float:
    """The size in one step: at an instant, and again."""
    since = run.step_time + run.step / 2 - first
    if every > 0.0 and since > 0.0:
        since = math.fmod(since, every)
    return size / run.step if 0.0 <= since < run.step and run.step_time + run.step / 2 > first else 0.0


def _safe_quotient(run: _Run, a: float, b: float, instead: float = 0.0) -> float:
    return instead if b == 0.0 else a / b


_FUNCTIONS: dict[str, Callable[..., float]] = {
    "abs": lambda run, x: abs(x),
    "exp": lambda run, x: math.exp(x),
    "ln": lambda run, x: math.log(x),
    "log10": lambda run, x: math.log10(x),
    "sqrt": lambda run, x: math.sqrt(x),
    "sin": lambda run, x: math.sin(x),
    "cos": lambda run, x: math.cos(x),
    "arctan": lambda run, x: math.atan(x),
    "tanh": lambda run, x: math.tanh(x),
    "round": lambda run, x: math.copysign(math.floor(abs(x) + 0.5), x),
    "floor": lambda run, x: float(math.floor(x)),
    "min": lambda run, a, b: _smallest(a, b),
    "max": lambda run, a, b: _largest(a, b),
    "safediv": _safe_quotient,
    "step": _step,
    "ramp": _ramp,
    "xmile pulse": _pulse,
}

Stateful = Callable[[_Run, Call, Context], float]


def _initial(run: _Run, node: Call, context: Context) -> float:
    (argument,) = node.arguments
    return run.level(run.key(node, context), lambda: run.evaluate(argument, context), lambda: 0.0)


def _smooth(order: int | None) -> Stateful:
    """A chain of averages: each stage goes to the one before it in T / n."""

    def value(run: _Run, node: Call, context: Context) -> float:
        source, time, *rest = node.arguments
        count = order or int(run.evaluate(rest.pop(0), context))
        start = rest[0] if rest else source
        stages = [(*run.key(node, context), stage) for stage in range(count)]

        def rate(stage: int) -> float:
            goal = run.evaluate(source, context) if stage == 0 else run.state[stages[stage - 1]]
            return (goal - run.state[stages[stage]]) / (run.evaluate(time, context) / count)

        for stage, key in enumerate(stages):
            level = run.level(key, lambda: run.evaluate(start, context), lambda s=stage: rate(s))
        run.evaluate(time, context)
        run.evaluate(source, context)
        return level

    return value


def _delay(order: int | None) -> Stateful:
    """A chain of stocks: each is emptied at n times its content a delay time, all start at x T / n."""

    def value(run: _Run, node: Call, context: Context) -> float:
        source, time, *rest = node.arguments
        count = order or int(run.evaluate(rest.pop(0), context))
        start = rest[0] if rest else source
        stages = [(*run.key(node, context), stage) for stage in range(count)]

        def leaving(stage: int) -> float:
            return run.state[stages[stage]] / (run.evaluate(time, context) / count)

        def rate(stage: int) -> float:
            return (run.evaluate(source, context) if stage == 0 else leaving(stage - 1)) - leaving(stage)

        for stage, key in enumerate(stages):
            run.level(
                key,
                lambda: run.evaluate(start, context) * (run.evaluate(time, context) / count),
                lambda s=stage: rate(s),
            )
        run.evaluate(source, context)
        return leaving(count - 1)

    return value


def _trend(run: _Run, node: Call, context: Context, *, key: Key = ()) -> float:
    """How fast x grows beside its own average, as a fraction a unit of time."""
    source, time, *growth = node.arguments

    def start() -> float:
        first = run.evaluate(growth[0], context) if growth else 0.0
        return run.evaluate(source, context) / (1.0 + first * run.evaluate(time, context))

    key = key or run.key(node, context)
    mean = run.level(key, start, lambda: (run.evaluate(source, context) - run.state[key]) / run.evaluate(time, context))
    return (run.evaluate(source, context) - mean) / (run.evaluate(time, context) * abs(mean))


def _forecast(run: _Run, node: Call, context: Context) -> float:
    source, _, ahead = node.arguments
    growth = _trend(run, Call("trend", node.arguments[:2]), context, key=run.key(node, context))
    return run.evaluate(source, context) * (1.0 + growth * run.evaluate(ahead, context))


def _previous(run: _Run, node: Call, context: Context) -> float:
    """What the first argument was one step ago; at the start the second."""
    source, start = node.arguments
    key = run.key(node, context)
    run.remembered[key] = lambda: run.evaluate(source, context)
    level = run.level(key, lambda: run.evaluate(start, context), lambda: 0.0)
    if run.starting:
        run.evaluate(source, context)
    return level


def _fixed_delay(run: _Run, node: Call, context: Context) -> float:
    """What the input was so many whole steps ago; until then what it was at the start, or another value."""
    source, time, *initial = node.arguments
    key = run.key(node, context)
    if key not in run.state:
        steps = round(run.evaluate(time, context) / run.step)
        first = run.evaluate(initial[0] if initial else source, context)
        seen: list[float] = []

        def next_value() -> float:
            seen.append(run.evaluate(source, context))
            return seen[len(seen) - steps] if len(seen) >= steps else first

        run.evaluate(source, context)
        run.remembered[key] = next_value
        run.level(key, lambda: first, lambda: 0.0)
    return run.state[key]


_STATEFUL: dict[str, Stateful] = {
    "forecast": _forecast,
    "previous": _previous,
    "delay fixed": _fixed_delay,
    "init": _initial,
    "smooth1": _smooth(1),
    "smooth3": _smooth(3),
    "smoothn": _smooth(None),
    "delay1": _delay(1),
    "delay3": _delay(3),
    "delayn": _delay(None),
    "trend": _trend,
}
