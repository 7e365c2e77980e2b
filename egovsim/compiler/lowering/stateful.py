"""Functions that keep a state become stocks, memories and auxiliaries: a table of rewrites.

Sources: XMILE 1.0, sections 3.5.3 and 3.5.6; Vensim's reference pages of SMOOTH, DELAY, TREND, FORECAST, NPV,
SAMPLE IF TRUE and RANDOM PINK NOISE. A material delay of order n is n stocks in a row, each emptied at n times
its content a delay time, started at (initial value x delay time / n); a smooth is the same chain of
exponential averages.

A *memory* is what moves only when a whole step is over: fixed delays, sampled and previous values, and
Vensim's DELAY N and SMOOTH N, which that reference calls discrete and which so take Euler's step whatever the
model's method.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

from egovsim.compiler.lowering.compile_time_constants import StartingValues
from egovsim.compiler.lowering.elements import MemoryKind, Recall, ScalarEquation
from egovsim.compiler.lowering.random_calls import SITE_BITS
from egovsim.errors import ModelError
from egovsim.model.expression import (
    Binary,
    Call,
    ClockValue,
    Expression,
    If,
    Number,
    Reference,
    Unary,
    Where,
    children,
    with_children,
)
from egovsim.model.functions import FUNCTIONS

Arguments = tuple[Expression, ...]
Rewrite = Callable[["_Builder", Arguments, Where], Expression]

HIGHEST_ORDER = 1000
"""Every stage of a chain is a stock; more of them than this are a slip of the pen."""

ZERO, ONE, TIME_STEP = Number(0.0), Number(1.0), ClockValue("time step")


class Expanded(NamedTuple):
    """Equations without stateful calls, and the constants that shape the model.

    `shaping` maps the id of such a constant to what it is, as in ``the order of a delay in "y"``: its value is
    part of the compiled model and cannot be set for a run.
    """

    equations: list[ScalarEquation]
    shaping: dict[str, str]


def expand_stateful(equations: Sequence[ScalarEquation], *, start: float) -> Expanded:
    """Replace every stateful call by a reference to a hidden stock, memory or auxiliary, which is added.

    Parameters
    ----------
    equations : sequence of ScalarEquation
        All of a model; random calls are numbered.
    start : float
        When the model begins: orders of delays are taken from then.

    Raises
    ------
    ModelError
        When the order of a smooth or delay is not a whole number that is known before the run.
    """
    chosen = {id: f'what a function of arrays does in "{one.name}"' for one in equations for id in one.chosen_by}
    starting = StartingValues({one.id: one for one in equations}, start, chosen)
    found: list[ScalarEquation] = []
    for equation in equations:
        builder = _Builder(equation, starting)
        changed = replace(
            equation,
            expression=builder.rewrite(equation.expression),
            rate=None if equation.rate is None else builder.rewrite(equation.rate),
        )
        found += [changed, *builder.made]
    return Expanded(found, starting.inputs)


@dataclass
class _Builder:
    """Collects the hidden equations that stand behind the calls in one equation."""

    owner: ScalarEquation
    starting: StartingValues
    made: list[ScalarEquation] = field(default_factory=list[ScalarEquation])

    def rewrite(self, node: Expression) -> Expression:
        operands = tuple(map(self.rewrite, children(node)))
        if isinstance(node, Call) and node.function in _REWRITES:
            return _REWRITES[node.function](self, operands, node.where)
        return with_children(node, operands) if operands else node

    def auxiliary(self, expression: Expression) -> Expression:
        """Give an expression that is used several times a name, unless it is a name or number already."""
        if isinstance(expression, Number | Reference):
            return expression
        return self._add(expression)

    def stock(self, initial: Expression, rate: Callable[[Reference], Expression]) -> Reference:
        here = self._add(initial)
        self.made[-1] = replace(self.made[-1], rate=rate(here))
        return here

    def memory(
        self,
        kind: MemoryKind,
        initial: Expression,
        remembered: Callable[[Reference], Expression],
        *,
        delay: Expression | None = None,
        missing: Expression | None = None,
    ) -> Reference:
        """Add a memory; what it remembers may be computed from the memory itself."""
        here = self._add(initial)
        place = len(self.made) - 1
        read = (remembered(here), delay, missing)
        names = ["" if one is None else self._named(one).id for one in read]
        self.made[place] = replace(self.made[place], recall=Recall(kind, *names))
        return here

    def level(self, initial: Expression, rate: Callable[[Reference], Expression]) -> Reference:
        """Add a stock that takes Euler's step whatever the model's method, and stands still within it."""
        return self.memory("previous", initial, lambda here: Binary("+", here, Binary("*", rate(here), TIME_STEP)))

    def held(self, expression: Expression) -> Reference:
        """Add what an expression is worth at the start: a stock that never moves."""
        return self.stock(expression, lambda here: ZERO)

    def _named(self, expression: Expression) -> Reference:
        return expression if isinstance(expression, Reference) else self._add(expression)

    def _add(self, expression: Expression) -> Reference:
        number = len(self.made) + 1
        here = Reference(f"{self.owner.name} (part {number})", f"{self.owner.id}~{number}")
        self.made.append(ScalarEquation(here.id, here.name, expression, None, self.owner.where))
        return here

    def order(self, node: Expression, function: str, where: Where) -> int:
        """Return the order of a chain, which shapes the model: the value of an expression at the start."""
        value = self.starting.of(node, role=f'the order of a delay in "{self.owner.name}"')
        shown = FUNCTIONS[function].name.upper()
        if value is not None and value > HIGHEST_ORDER:
            text = f"the order of {shown} is {value:g}, above {HIGHEST_ORDER}: a chain so long is a fixed delay"
            raise ModelError(f'{where}, "{self.owner.name}": {text}; use one.')
        if value is not None and value >= 1 and value == int(value):
            return int(value)
        text = (
            f"the order of {shown} must be a whole number, 1 or more, or made of constants that give one at the start"
        )
        raise ModelError(f'{where}, "{self.owner.name}": {text}; write the number in place.')


def _minus(left: Expression, right: Expression) -> Expression:
    return Binary("-", left, right)


def _over(left: Expression, right: Expression) -> Expression:
    return Binary("/", left, right)


def _times(left: Expression, right: Expression) -> Expression:
    return Binary("*", left, right)


def _part(time: Expression, order: int) -> Expression:
    return time if order == 1 else _over(time, Number(float(order)))


def _smooth(order: int) -> Rewrite:
    def rewritten(builder: _Builder, arguments: Arguments, where: Where) -> Expression:
        value, time, *initial = arguments
        return _smooth_chain(builder, order, value, time, initial[0] if initial else None)

    return rewritten


def _smooth_chain(
    builder: _Builder, order: int, value: Expression, time: Expression, initial: Expression | None
) -> Expression:
    stage = builder.auxiliary(value)
    start = builder.auxiliary(initial) if initial is not None else stage
    stage_time = builder.auxiliary(_part(time, order))
    for _ in range(order):
        stage = builder.stock(start, _approach(stage, stage_time))
    return stage


def _approach(goal: Expression, time: Expression) -> Callable[[Reference], Expression]:
    return lambda here: _over(_minus(goal, here), time)


def _delay(order: int) -> Rewrite:
    def rewritten(builder: _Builder, arguments: Arguments, where: Where) -> Expression:
        value, time, *initial = arguments
        return _delay_chain(builder, order, value, time, initial[0] if initial else None)

    return rewritten


def _delay_chain(
    builder: _Builder, order: int, value: Expression, time: Expression, initial: Expression | None
) -> Expression:
    inflow = builder.auxiliary(value)
    start = inflow if initial is None else builder.auxiliary(initial)
    stage_time = builder.auxiliary(_part(time, order))
    content = builder.auxiliary(_times(start, stage_time))
    for _ in range(order):
        stock = builder.stock(content, _emptying(inflow, stage_time))
        inflow = builder.auxiliary(_over(stock, stage_time))
    return inflow


def _emptying(inflow: Expression, time: Expression) -> Callable[[Reference], Expression]:
    return lambda here: _minus(inflow, _over(here, time))


def _order_last(chain: Callable[..., Expression], function: str) -> Rewrite:
    """XMILE's SMTHN(x, T, n[, initial]) and DELAYN."""

    def rewritten(builder: _Builder, arguments: Arguments, where: Where) -> Expression:
        value, time, order, *initial = arguments
        return chain(builder, builder.order(order, function, where), value, time, initial[0] if initial else None)

    return rewritten


def _stages(builder: _Builder, order: int, time: Expression) -> Expression:
    """How many stages a chain of Vensim has: fewer than written where a stage would be shorter than a step.

    Recorded runs of DELAY N with a delay of 2.5 steps and order 3 are those of order 2.
    """
    if order == 1:
        return ONE
    whole = Call("integer", (Binary("+", _over(time, TIME_STEP), Number(1e-9)),))
    return builder.held(Call("max", (ONE, Call("min", (Number(float(order)), whole)))))


def _last_of(stages: Expression, values: list[Expression]) -> Expression:
    """Choose the value of the last stage there is."""
    chosen = values[-1]
    for number in range(len(values) - 1, 0, -1):
        chosen = If(Binary("=", stages, Number(float(number))), values[number - 1], chosen)
    return chosen


def _smooth_n(builder: _Builder, arguments: Arguments, where: Where) -> Expression:
    """Vensim's SMOOTH N(x, T, initial, n)."""
    value, time, initial, written = arguments
    order = builder.order(written, "smooth n", where)
    stage, start = builder.auxiliary(value), builder.auxiliary(initial)
    stages = _stages(builder, order, time)
    stage_time = builder.auxiliary(_over(time, stages))
    values: list[Expression] = []
    for _ in range(order):
        stage = builder.level(start, _approach(stage, stage_time))
        values.append(stage)
    return _last_of(stages, values)


def _delay_n(builder: _Builder, arguments: Arguments, where: Where) -> Expression:
    """Vensim's DELAY N(x, T, initial, n); the last stage goes by the delay time of the step before.

    That is what its reference says, and what a recorded run shows in which the delay time jumps.
    """
    value, time, initial, written = arguments
    order = builder.order(written, "delay n", where)
    inflow = builder.auxiliary(value)
    stages = _stages(builder, order, time)
    stage_time = builder.auxiliary(_over(time, stages))
    before = builder.memory("previous", stage_time, lambda here: stage_time)
    content = builder.auxiliary(_times(initial, stage_time))
    outflows: list[Expression] = []
    for number in range(1, order + 1):
        is_last = Binary("=", stages, Number(float(number)))
        own_time = before if number == order else builder.auxiliary(If(is_last, before, stage_time))
        inflow = builder.auxiliary(_over(builder.level(content, _emptying(inflow, own_time)), own_time))
        outflows.append(inflow)
    return _last_of(stages, outflows)


def _trend(builder: _Builder, arguments: Arguments, where: Where) -> Expression:
    """(x - m) / (T |m|), m the first-order smooth of x started at x / (1 + g T); 0 where m is 0."""
    value, mean, time = _mean_along_trend(builder, *arguments)
    return Call("zidz", (_minus(value, mean), _times(time, Call("abs", (mean,)))), where)


def _forecast(builder: _Builder, arguments: Arguments, where: Where) -> Expression:
    """x (1 + H (x - m) / (T m)), m as for TREND; XMILE's fourth argument is the trend at the start."""
    value, time, horizon, *growth = arguments
    value, mean, time = _mean_along_trend(builder, value, time, *growth)
    trend = Call("zidz", (_minus(value, mean), _times(time, mean)), where)
    return _times(value, Binary("+", ONE, _times(trend, horizon)))


def _mean_along_trend(
    builder: _Builder, value: Expression, time: Expression, growth: Expression = ZERO
) -> tuple[Expression, Expression, Expression]:
    value, time = builder.auxiliary(value), builder.auxiliary(time)
    start = _over(value, Binary("+", ONE, _times(growth, time)))
    return value, builder.stock(start, _approach(value, time)), time


def _net_present_value(*, at_end: bool) -> Rewrite:
    """NPV(stream, rate, initial, factor); NPVE discounts each step's value by that step too."""

    def rewritten(builder: _Builder, arguments: Arguments, where: Where) -> Expression:
        stream, rate, initial, factor = arguments
        stream, rate = builder.auxiliary(stream), builder.auxiliary(rate)
        step = Binary("+", ONE, _times(rate, TIME_STEP))
        discount = builder.stock(
            _over(ONE, step) if at_end else ONE, lambda here: Unary("-", _over(_times(here, rate), step))
        )
        so_far = builder.stock(initial, lambda here: _times(stream, discount))
        with_now = Binary("+", so_far, _times(_times(stream, TIME_STEP), discount))
        return _times(with_now, factor)

    return rewritten


def _held(builder: _Builder, arguments: Arguments, where: Where) -> Expression:
    return builder.held(arguments[0])


def _pipeline(kind: MemoryKind) -> Rewrite:
    """A delay that keeps the course of its input; without an initial value it starts at the input's own."""

    def rewritten(builder: _Builder, arguments: Arguments, where: Where) -> Expression:
        value, time, *rest = arguments
        value = builder.auxiliary(value)
        initial = rest[0] if rest else value
        missing = rest[1] if len(rest) > 1 else None
        return builder.memory(kind, initial, lambda here: value, delay=time, missing=missing)

    return rewritten


def _previous(builder: _Builder, arguments: Arguments, where: Where) -> Expression:
    value, initial = arguments
    return builder.memory("previous", initial, lambda here: value)


def _sample(builder: _Builder, arguments: Arguments, where: Where) -> Expression:
    """x while the condition holds, at once; what it was last from then on. Recorded runs show it so."""
    condition, value, initial = arguments
    sampled: list[Expression] = []

    def now(here: Reference) -> Expression:
        sampled.append(builder.auxiliary(If(condition, value, here)))
        return sampled[0]

    builder.memory("previous", initial, now)
    return sampled[0]


def _pink_noise(builder: _Builder, arguments: Arguments, where: Where) -> Expression:
    """White noise through a first-order smooth, scaled so that mean and deviation are those asked for.

    With a = step / correlation time the smooth is x' = (1 - a) x + a w, whose variance is that of w times
    a / (2 - a). Both draws are cut at six deviations.
    """
    assert isinstance(arguments[0], Number)
    site = arguments[0].value
    mean, deviation, time, stream = map(builder.auxiliary, arguments[1:])
    share = builder.auxiliary(_over(TIME_STEP, time))
    width = Call("sqrt", (_over(_minus(Number(2.0), share), share),))

    def noise(place: float, scale: Expression) -> Expression:
        six = (Number(-6.0), Number(6.0), Number(0.0), ONE)
        return Binary("+", mean, _times(scale, Call("random normal", (Number(place), *six, stream), where)))

    white = builder.auxiliary(noise(site, _times(deviation, width)))
    start = noise((site + 1.0) % 2.0**SITE_BITS, deviation)
    return builder.level(start, _approach(white, time))


_REWRITES: dict[str, Rewrite] = {
    "init": _held,
    "smooth1": _smooth(1),
    "smooth3": _smooth(3),
    "smoothn": _order_last(_smooth_chain, "smoothn"),
    "smooth n": _smooth_n,
    "delay1": _delay(1),
    "delay3": _delay(3),
    "delayn": _order_last(_delay_chain, "delayn"),
    "delay n": _delay_n,
    "delay fixed": _pipeline("fixed"),
    "delay information": _pipeline("information"),
    "delay material": _pipeline("material"),
    "sample if true": _sample,
    "previous": _previous,
    "trend": _trend,
    "forecast": _forecast,
    "npv": _net_present_value(at_end=False),
    "npve": _net_present_value(at_end=True),
    "random pink noise": _pink_noise,
}
