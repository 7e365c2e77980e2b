"""Functions of Vensim that keep an account: an integral within limits, and what is written off of an investment.

Sources: Vensim's reference, "SINTEG" and "DEPRECIATE STRAIGHTLINE". A recorded run of the latter agrees (SDEverywhere,
models/depreciate).
"""

from __future__ import annotations

import math

from egovsim.compiler.lowering.hidden_equations import (
    HIGHEST_ORDER,
    TIME_STEP,
    ZERO,
    Arguments,
    HiddenEquations,
    Rewrite,
    minus,
    over,
    times,
)
from egovsim.errors import ModelError
from egovsim.model.expression import (
    NOT_AVAILABLE,
    Binary,
    Call,
    ClockValue,
    Expression,
    If,
    Number,
    Reference,
    Where,
)
from egovsim.model.variable import plain_number


def _limited_integral(hidden: HiddenEquations, arguments: Arguments, where: Where) -> Expression:
    """SINTEG(rate, initial, low, high, quantum, special, threshold).

    The limits hold at the end of every step: what a step of any method adds to the limited value is limited again. So
    beside a stock without limits there stands how far the limits have carried the value away from it.
    """
    rate, initial, *rest = arguments
    low, high, quantum, special, threshold = (_number_or_none(hidden, argument, where) for argument in rest)
    if quantum is not None:
        text = "SINTEG with a quantum cannot be run: how it rounds is not published; give :NA: and round what reads it"
        raise ModelError(f'{where}, "{hidden.owner.name}": {text}.')

    def limited(value: Expression) -> Expression:
        if special is not None and threshold is not None:
            value = hidden.auxiliary(value)
            near = Binary("<", Call("abs", (minus(value, Number(special)),)), Number(threshold))
            value = If(near, Number(special), value)
        if low is not None:
            value = Call("max", (Number(low), value))
        return value if high is None else Call("min", (Number(high), value))

    stock = hidden.stock(initial, lambda here: rate)
    values: list[Expression] = []

    def carried(here: Reference) -> Expression:
        values.append(hidden.auxiliary(limited(Binary("+", stock, here))))
        return minus(values[0], stock)

    hidden.discrete_state("previous", ZERO, carried)
    return values[0]


def _number_or_none(hidden: HiddenEquations, argument: Expression, where: Where) -> float | None:
    value = plain_number(argument)
    if value is None:
        text = "the last five arguments of SINTEG must be numbers or :NA:"
        raise ModelError(f'{where}, "{hidden.owner.name}": {text}; write the number in place.')
    return None if value == NOT_AVAILABLE else value


def _straight_line(hidden: HiddenEquations, arguments: Arguments, where: Where) -> Expression:
    """DEPRECIATE STRAIGHTLINE(stream, lifetime, fiscal period, initial stream).

    Of what is paid in a fiscal period an equal part is written off in this and in each of the following ones, as many
    as make a lifetime; in the period of the payment at the instant of it. Fiscal periods are counted from the start of
    the run (unverified: the reference does not say).
    """
    stream, life, period, initial = arguments
    periods = hidden.auxiliary(over(life, period))
    count = _periods(hidden, over(life, period), where)
    stream, period = hidden.auxiliary(stream), hidden.auxiliary(period)
    turns = hidden.auxiliary(_begins_next(period))
    payment = times(stream, TIME_STEP)
    paid = hidden.discrete_state("previous", ZERO, lambda here: If(turns, ZERO, Binary("+", here, payment)))
    newest: Expression = hidden.auxiliary(Binary("+", paid, payment))
    start = hidden.auxiliary(times(initial, period))
    earlier: Expression = ZERO
    for _ in range(count - 1):
        before = newest
        newest = hidden.discrete_state("previous", start, lambda here, before=before: If(turns, before, here))
        earlier = hidden.auxiliary(Binary("+", earlier, newest))
    whole = Number(float(count))
    written_off = Binary("+", over(stream, whole), over(earlier, times(whole, period)))
    several_a_step = Binary("<", period, times(TIME_STEP, Number(1.0 - 1e-9)))
    changed = Binary(">", Call("abs", (minus(periods, whole),)), Number(1e-6))
    return If(Binary("or", several_a_step, changed), Number(math.nan), written_off)


def _begins_next(period: Expression) -> Expression:
    """Whether the step ends a fiscal period; an end off the grid falls on the nearest step."""
    half = over(TIME_STEP, Number(2.0))
    since = Binary("+", minus(ClockValue("step time"), ClockValue("initial time")), half)
    now, then = (Call("floor", (over(time, period),)) for time in (since, Binary("+", since, TIME_STEP)))
    return Binary(">", then, now)


def _periods(hidden: HiddenEquations, count: Expression, where: Where) -> int:
    value = hidden.starting.of(count, role=f'the number of fiscal periods in "{hidden.owner.name}"')
    if value is not None and 1 <= value <= HIGHEST_ORDER and abs(value - round(value)) < 1e-9:
        return round(value)
    text = f"the lifetime of DEPRECIATE STRAIGHTLINE must be 1 to {HIGHEST_ORDER} whole fiscal periods, by constants"
    raise ModelError(f'{where}, "{hidden.owner.name}": {text}; give such numbers.')


ACCOUNTS: dict[str, Rewrite] = {"sinteg": _limited_integral, "depreciate straightline": _straight_line}
"""How each of these functions is replaced."""
