"""Delays, smooths, trends and held values become stocks and auxiliaries: a table of rewrites.

Sources: XMILE 1.0, sections 3.5.3 and 3.5.6; Vensim's reference pages of SMOOTH, DELAY and TREND. A
material delay of order n is n stocks in a row, each emptied at n times its content a delay time, started
at (initial value x delay time / n); a smooth is the same chain of exponential averages.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field, replace

from egovsim.compiler.elements import ScalarEquation
from egovsim.errors import ModelError
from egovsim.model.expression import (
    Binary,
    Call,
    Expression,
    Number,
    Reference,
    Where,
    children,
    with_children,
)
from egovsim.model.functions import FUNCTIONS

Arguments = tuple[Expression, ...]


def expand_stateful(equations: list[ScalarEquation]) -> list[ScalarEquation]:
    """Replace every stateful call by a reference to a hidden stock or auxiliary, which is added.

    Raises
    ------
    ModelError
        When the order of a smooth or delay is not a whole number written in place.
    """
    found: list[ScalarEquation] = []
    for equation in equations:
        builder = _Builder(equation)
        changed = replace(
            equation,
            expression=builder.rewrite(equation.expression),
            rate=None if equation.rate is None else builder.rewrite(equation.rate),
        )
        found += [changed, *builder.made]
    return found


@dataclass
class _Builder:
    """Collects the hidden equations that stand behind the calls in one equation."""

    owner: ScalarEquation
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
        return self._add(expression, None)

    def stock(self, initial: Expression, rate: Callable[[Reference], Expression]) -> Reference:
        here = self._name()
        self._add(initial, rate(here))
        return here

    def _name(self) -> Reference:
        number = len(self.made) + 1
        return Reference(f"{self.owner.name} (part {number})", f"{self.owner.id}~{number}")

    def _add(self, expression: Expression, rate: Expression | None) -> Reference:
        here = self._name()
        self.made.append(ScalarEquation(here.id, here.name, expression, rate, self.owner.where))
        return here

    def order(self, node: Expression, function: str, where: Where) -> int:
        if isinstance(node, Number) and node.value >= 1 and node.value == int(node.value):
            return int(node.value)
        text = f"the order of {FUNCTIONS[function].name.upper()} must be a whole number, 1 or more, written in place"
        raise ModelError(f'{where}, "{self.owner.name}": {text}.')


def _smooth(order: int) -> Callable[[_Builder, Arguments, Where], Expression]:
    def rewritten(builder: _Builder, arguments: Arguments, where: Where) -> Expression:
        value, time, *initial = arguments
        return _smooth_chain(builder, order, value, time, initial[0] if initial else None)

    return rewritten


def _smooth_chain(
    builder: _Builder, order: int, value: Expression, time: Expression, initial: Expression | None
) -> Expression:
    stage = builder.auxiliary(value)
    start = builder.auxiliary(initial) if initial is not None else stage
    stage_time = builder.auxiliary(_over(time, order))
    for _ in range(order):
        stage = builder.stock(start, _approach(stage, stage_time))
    return stage


def _approach(goal: Expression, time: Expression) -> Callable[[Reference], Expression]:
    return lambda here: Binary("/", Binary("-", goal, here), time)


def _delay(order: int) -> Callable[[_Builder, Arguments, Where], Expression]:
    def rewritten(builder: _Builder, arguments: Arguments, where: Where) -> Expression:
        value, time, *initial = arguments
        return _delay_chain(builder, order, value, time, initial[0] if initial else None)

    return rewritten


def _delay_chain(
    builder: _Builder, order: int, value: Expression, time: Expression, initial: Expression | None
) -> Expression:
    inflow = builder.auxiliary(value)
    start = inflow if initial is None else builder.auxiliary(initial)
    stage_time = builder.auxiliary(_over(time, order))
    content = builder.auxiliary(Binary("*", start, stage_time))
    for _ in range(order):
        stock = builder.stock(content, _emptying(inflow, stage_time))
        inflow = builder.auxiliary(Binary("/", stock, stage_time))
    return inflow


def _emptying(inflow: Expression, time: Expression) -> Callable[[Reference], Expression]:
    return lambda here: Binary("-", inflow, Binary("/", here, time))


def _over(time: Expression, order: int) -> Expression:
    return time if order == 1 else Binary("/", time, Number(float(order)))


def _order_last(chain: Callable[..., Expression], function: str) -> Callable[[_Builder, Arguments, Where], Expression]:
    """XMILE's SMTHN(x, T, n[, initial]) and DELAYN."""

    def rewritten(builder: _Builder, arguments: Arguments, where: Where) -> Expression:
        value, time, order, *initial = arguments
        return chain(builder, builder.order(order, function, where), value, time, initial[0] if initial else None)

    return rewritten


def _order_at_end(
    chain: Callable[..., Expression], function: str
) -> Callable[[_Builder, Arguments, Where], Expression]:
    """Vensim's SMOOTH N(x, T, initial, n) and DELAY N."""

    def rewritten(builder: _Builder, arguments: Arguments, where: Where) -> Expression:
        value, time, initial, order = arguments
        return chain(builder, builder.order(order, function, where), value, time, initial)

    return rewritten


def _trend(builder: _Builder, arguments: Arguments, where: Where) -> Expression:
    """(x - m) / (T |m|), m the first-order smooth of x started at x / (1 + g T); 0 where m is 0."""
    value, time = builder.auxiliary(arguments[0]), builder.auxiliary(arguments[1])
    growth: Expression = arguments[2] if len(arguments) == 3 else Number(0.0)
    start = Binary("/", value, Binary("+", Number(1.0), Binary("*", growth, time)))
    mean = builder.stock(start, _approach(value, time))
    change = Binary("-", value, mean)
    return Call("zidz", (change, Binary("*", time, Call("abs", (mean,)))), where)


def _forecast(builder: _Builder, arguments: Arguments, where: Where) -> Expression:
    value = builder.auxiliary(arguments[0])
    growth = _trend(builder, (value, arguments[1]), where)
    return Binary("*", value, Binary("+", Number(1.0), Binary("*", growth, arguments[2])))


def _held(builder: _Builder, arguments: Arguments, where: Where) -> Expression:
    """INIT(x) is a stock that starts at x and never moves."""
    return builder.stock(arguments[0], lambda here: Number(0.0))


_REWRITES: dict[str, Callable[[_Builder, Arguments, Where], Expression]] = {
    "init": _held,
    "smooth1": _smooth(1),
    "smooth3": _smooth(3),
    "smoothn": _order_last(_smooth_chain, "smoothn"),
    "smooth n": _order_at_end(_smooth_chain, "smooth n"),
    "delay1": _delay(1),
    "delay3": _delay(3),
    "delayn": _order_last(_delay_chain, "delayn"),
    "delay n": _order_at_end(_delay_chain, "delay n"),
    "trend": _trend,
    "forecast": _forecast,
}
