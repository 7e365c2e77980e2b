"""Smooths and material delays become chains of stocks.

Sources: XMILE 1.0, sections 3.5.3 and 3.5.6; Vensim's reference pages of SMOOTH and DELAY. A material delay of order n
is n stocks in a row, each emptied at n times its content a delay time, started at (initial value x delay time / n); a
smooth is the same chain of exponential averages. That reference calls DELAY N and SMOOTH N discrete, so they take
Euler's step whatever the model's method.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from egovsim.compiler.lowering.hidden_equations import (
    ONE,
    TIME_STEP,
    Arguments,
    HiddenEquations,
    Rewrite,
    minus,
    over,
    times,
)
from egovsim.model.expression import Binary, Call, Expression, If, Number, Reference, Where

Chain = Callable[[HiddenEquations, int, Expression, Expression, "Expression | None"], Expression]
"""Writes a chain of some order: of an input, a time, and an initial value where one is given."""


def approach(goal: Expression, time: Expression) -> Callable[[Reference], Expression]:
    """Write the net flow of an exponential average.

    Over no time at all, as models write it that choose by an IF whether to smooth, it follows in one step, where it
    would else be not a number, and the run a failure (what Stella does then is unverified).

    Parameters
    ----------
    goal : Expression
        What the stock goes to.
    time : Expression
        In which time, in the model's time unit.

    Returns
    -------
    callable
        The rate of a stock from a reference to it.
    """
    is_known = isinstance(time, Number) and time.value != 0.0
    within = time if is_known else If(Binary("=", time, Number(0.0)), TIME_STEP, time)
    return lambda here: over(minus(goal, here), within)


def _emptying(inflow: Expression, time: Expression) -> Callable[[Reference], Expression]:
    return lambda here: minus(inflow, over(here, time))


def _stage_time(time: Expression, order: int) -> Expression:
    return time if order == 1 else over(time, Number(float(order)))


def _smooth_chain(
    hidden: HiddenEquations, order: int, value: Expression, time: Expression, initial: Expression | None
) -> Expression:
    stage = hidden.auxiliary(value)
    start = hidden.auxiliary(initial) if initial is not None else stage
    stage_time = hidden.auxiliary(_stage_time(time, order))
    for _ in range(order):
        stage = hidden.stock(start, approach(stage, stage_time))
    return stage


def _delay_chain(
    hidden: HiddenEquations, order: int, value: Expression, time: Expression, initial: Expression | None
) -> Expression:
    inflow = hidden.auxiliary(value)
    start = inflow if initial is None else hidden.auxiliary(initial)
    stage_time = hidden.auxiliary(_stage_time(time, order))
    content = hidden.auxiliary(times(start, stage_time))
    for _ in range(order):
        stock = hidden.stock(content, _emptying(inflow, stage_time))
        inflow = hidden.auxiliary(over(stock, stage_time))
    return inflow


def _of_order(chain: Chain, order: int) -> Rewrite:
    """SMTH1(x, T[, initial]), DELAY3 and the like."""

    def rewritten(hidden: HiddenEquations, arguments: Arguments, where: Where) -> Expression:
        value, time, *initial = arguments
        return chain(hidden, order, value, time, initial[0] if initial else None)

    return rewritten


def _order_given(chain: Chain, function: str) -> Rewrite:
    """XMILE's SMTHN(x, T, n[, initial]) and DELAYN."""

    def rewritten(hidden: HiddenEquations, arguments: Arguments, where: Where) -> Expression:
        value, time, order, *initial = arguments
        return chain(hidden, hidden.order(order, function, where), value, time, initial[0] if initial else None)

    return rewritten


def _stages(hidden: HiddenEquations, order: int, time: Expression) -> Expression:
    """How many stages a chain of Vensim has: fewer than written where a stage would be shorter than a step.

    Recorded runs of DELAY N with a delay of 2.5 steps and order 3 are those of order 2.
    """
    if order == 1:
        return ONE
    whole = Call("integer", (Binary("+", over(time, TIME_STEP), Number(1e-9)),))
    return hidden.value_at_start(Call("max", (ONE, Call("min", (Number(float(order)), whole)))))


def _last_of(stages: Expression, values: Sequence[Expression]) -> Expression:
    """Take the value of the last stage there is."""
    value = values[-1]
    for number in range(len(values) - 1, 0, -1):
        value = If(Binary("=", stages, Number(float(number))), values[number - 1], value)
    return value


def _smooth_n(hidden: HiddenEquations, arguments: Arguments, where: Where) -> Expression:
    """Vensim's SMOOTH N(x, T, initial, n)."""
    value, time, initial, written = arguments
    order = hidden.order(written, "smooth n", where)
    stage, start = hidden.auxiliary(value), hidden.auxiliary(initial)
    stages = _stages(hidden, order, time)
    stage_time = hidden.auxiliary(over(time, stages))
    values: list[Expression] = []
    for _ in range(order):
        stage = hidden.euler_stock(start, approach(stage, stage_time))
        values.append(stage)
    return _last_of(stages, values)


def _delay_n(hidden: HiddenEquations, arguments: Arguments, where: Where) -> Expression:
    """Vensim's DELAY N(x, T, initial, n); the last stage goes by the delay time of the step before.

    That is what its reference says, and what a recorded run shows in which the delay time jumps.
    """
    value, time, initial, written = arguments
    order = hidden.order(written, "delay n", where)
    inflow = hidden.auxiliary(value)
    stages = _stages(hidden, order, time)
    stage_time = hidden.auxiliary(over(time, stages))
    before = hidden.discrete_state("previous", stage_time, lambda here: stage_time)
    content = hidden.auxiliary(times(initial, stage_time))
    outflows: list[Expression] = []
    for number in range(1, order + 1):
        is_last = Binary("=", stages, Number(float(number)))
        own_time = before if number == order else hidden.auxiliary(If(is_last, before, stage_time))
        inflow = hidden.auxiliary(over(hidden.euler_stock(content, _emptying(inflow, own_time)), own_time))
        outflows.append(inflow)
    return _last_of(stages, outflows)


CHAINS: dict[str, Rewrite] = {
    "smooth1": _of_order(_smooth_chain, 1),
    "smooth3": _of_order(_smooth_chain, 3),
    "smoothn": _order_given(_smooth_chain, "smoothn"),
    "smooth n": _smooth_n,
    "delay1": _of_order(_delay_chain, 1),
    "delay3": _of_order(_delay_chain, 3),
    "delayn": _order_given(_delay_chain, "delayn"),
    "delay n": _delay_n,
}
"""How each of these functions is replaced."""
