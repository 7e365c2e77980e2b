"""Functions that keep a state become stocks, discrete states and auxiliaries: a table of rewrites.

Sources: XMILE 1.0, sections 3.5.3 and 3.5.6; Vensim's reference pages of TREND, FORECAST, NPV, SAMPLE IF TRUE, DELAY
FIXED, DELAY INFORMATION, DELAY MATERIAL and RANDOM PINK NOISE.

A *discrete state* is what moves only when a whole step is over: fixed delays and other pipelines, sampled and previous
values, and Vensim's DELAY N and SMOOTH N.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from egovsim.compiler.lowering.accounts import ACCOUNTS
from egovsim.compiler.lowering.chains import CHAINS, approach
from egovsim.compiler.lowering.compile_time_constants import StartingValues
from egovsim.compiler.lowering.elements import DiscreteKind, ScalarEquation
from egovsim.compiler.lowering.hidden_equations import (
    ONE,
    TIME_STEP,
    ZERO,
    Arguments,
    HiddenEquations,
    Rewrite,
    minus,
    over,
    times,
)
from egovsim.compiler.lowering.history import history
from egovsim.compiler.lowering.random_calls import CALL_NUMBER_BITS
from egovsim.model.expression import Binary, Call, ClockValue, Expression, If, Number, Reference, Unary, Where, rewrite


class Expanded(NamedTuple):
    """Equations without stateful calls, and the compile-time constants of the model.

    Parameters
    ----------
    equations : list of ScalarEquation
        All of the model, each followed by the hidden ones that stand behind it.
    compile_time_constants : dict of str to str
        Ids of constants, each with what it is, as in ``the order of a delay in "y"``: its value is part of the
        compiled model and cannot be set for a run.
    """

    equations: list[ScalarEquation]
    compile_time_constants: dict[str, str]


def expand_stateful(equations: Sequence[ScalarEquation], *, start: float) -> Expanded:
    """Replace every stateful call by a reference to a hidden stock, discrete state or auxiliary, which is added.

    Parameters
    ----------
    equations : sequence of ScalarEquation
        All of a model; random calls are numbered.
    start : float
        When the model begins: orders of delays are taken from then.

    Returns
    -------
    Expanded
        The equations, and the constants that the replacement depends on.

    Raises
    ------
    ModelError
        When the order of a smooth or delay is not a whole number that is known before the run.
    """
    constants = {
        id: f'what a function of arrays does in "{equation.name}"'
        for equation in equations
        for id in equation.compile_time_constants
    }
    starting = StartingValues({equation.id: equation for equation in equations}, start, constants)
    found: list[ScalarEquation] = []
    for equation in equations:
        hidden = HiddenEquations(equation, starting)
        changed = replace(
            equation,
            expression=_without_calls(equation.expression, hidden),
            rate=None if equation.rate is None else _without_calls(equation.rate, hidden),
        )
        found += [changed, *hidden.added.take()]
    return Expanded(found, starting.constants)


def _without_calls(expression: Expression, hidden: HiddenEquations) -> Expression:
    def replaced(node: Expression) -> Expression:
        if isinstance(node, Call) and node.function == "history":
            return _without_calls(history(hidden, node.arguments, node.where), hidden)
        if isinstance(node, Call) and node.function in _REWRITES:
            return _REWRITES[node.function](hidden, node.arguments, node.where)
        return node

    return rewrite(expression, replaced)


def _trend(hidden: HiddenEquations, arguments: Arguments, where: Where) -> Expression:
    """(x - m) / (T |m|), m the first-order smooth of x started at x / (1 + g T); 0 where m is 0."""
    value, mean, time = _mean_along_trend(hidden, *arguments)
    return Call("zidz", (minus(value, mean), times(time, Call("abs", (mean,)))), where)


def _forecast(hidden: HiddenEquations, arguments: Arguments, where: Where) -> Expression:
    """x (1 + H (x - m) / (T m)), m as for TREND; XMILE's fourth argument is the trend at the start."""
    value, time, horizon, *growth = arguments
    value, mean, time = _mean_along_trend(hidden, value, time, *growth)
    trend = Call("zidz", (minus(value, mean), times(time, mean)), where)
    return times(value, Binary("+", ONE, times(trend, horizon)))


def _mean_along_trend(
    hidden: HiddenEquations, value: Expression, time: Expression, growth: Expression = ZERO
) -> tuple[Expression, Expression, Expression]:
    value, time = hidden.auxiliary(value), hidden.auxiliary(time)
    start = over(value, Binary("+", ONE, times(growth, time)))
    return value, hidden.stock(start, approach(value, time)), time


def _net_present_value(*, at_end: bool) -> Rewrite:
    """NPV(stream, rate, initial, factor); NPVE discounts each step's value by that step too."""

    def rewritten(hidden: HiddenEquations, arguments: Arguments, where: Where) -> Expression:
        stream, rate, initial, factor = arguments
        stream, rate = hidden.auxiliary(stream), hidden.auxiliary(rate)
        step = Binary("+", ONE, times(rate, TIME_STEP))
        discount = hidden.stock(
            over(ONE, step) if at_end else ONE, lambda here: Unary("-", over(times(here, rate), step))
        )
        so_far = hidden.stock(initial, lambda here: times(stream, discount))
        with_now = Binary("+", so_far, times(times(stream, TIME_STEP), discount))
        return times(with_now, factor)

    return rewritten


def _derivative(hidden: HiddenEquations, arguments: Arguments, where: Where) -> Expression:
    """DERIVN(x, n): the change since the step before by the time since then, n times over; 0 at the start.

    With any method but Euler's the time since then grows within a step. What isee's help does not say of the stages of
    a step is unverified.
    """
    value, order = arguments
    since = Binary("+", TIME_STEP, minus(ClockValue("time"), ClockValue("step time")))
    for _ in range(hidden.order(order, "derivn", where)):
        now = hidden.auxiliary(value)
        before = hidden.discrete_state("previous", now, lambda here, now=now: now)
        value = over(minus(now, before), since)
    return value


def _cumulated(hidden: HiddenEquations, arguments: Arguments, where: Where) -> Expression:
    return hidden.stock(ZERO, lambda here: arguments[0])


def _value_at_start(hidden: HiddenEquations, arguments: Arguments, where: Where) -> Expression:
    return hidden.value_at_start(arguments[0])


def _pipeline(kind: DiscreteKind) -> Rewrite:
    """A delay that keeps the values of its input; without an initial value it starts at the input's own."""

    def rewritten(hidden: HiddenEquations, arguments: Arguments, where: Where) -> Expression:
        value, time, *rest = arguments
        value = hidden.auxiliary(value)
        initial = rest[0] if rest else value
        missing = rest[1] if len(rest) > 1 else None
        return hidden.discrete_state(kind, initial, lambda here: value, delay=time, missing=missing)

    return rewritten


def _previous(hidden: HiddenEquations, arguments: Arguments, where: Where) -> Expression:
    value, initial = arguments
    return hidden.discrete_state("previous", initial, lambda here: value)


def _sample(hidden: HiddenEquations, arguments: Arguments, where: Where) -> Expression:
    """x while the condition holds, at once; what it was last from then on. Recorded runs show it so.

    A variable that is nothing but a sample may name itself, as a peak does, ``SAMPLE IF TRUE(x > peak, x, x)``, and
    means what it was last; that Vensim takes it so is unverified.
    """
    condition, value, initial = arguments
    sampled: list[Expression] = []

    def now(here: Reference) -> Expression:
        taken: Expression = If(condition, value, here)
        if hidden.is_whole("sample if true"):
            taken = rewrite(taken, lambda node: here if _is_reference(node, hidden.owner.id) else node)
        sampled.append(hidden.auxiliary(taken))
        return sampled[0]

    hidden.discrete_state("previous", initial, now)
    return sampled[0]


def _is_reference(node: Expression, id: str) -> bool:
    return isinstance(node, Reference) and node.id == id


def _pink_noise(hidden: HiddenEquations, arguments: Arguments, where: Where) -> Expression:
    """White noise through a first-order smooth, scaled so that mean and deviation are those asked for.

    With a = step / correlation time the smooth is x' = (1 - a) x + a w, whose variance is that of w times
    a / (2 - a). Both draws are cut at six deviations.
    """
    assert isinstance(arguments[0], Number)
    number = arguments[0].value
    mean, deviation, time, stream = map(hidden.auxiliary, arguments[1:])
    share = hidden.auxiliary(over(TIME_STEP, time))
    width = Call("sqrt", (over(minus(Number(2.0), share), share),))

    def noise(call: float, scale: Expression) -> Expression:
        six = (Number(-6.0), Number(6.0), Number(0.0), ONE)
        return Binary("+", mean, times(scale, Call("random normal", (Number(call), *six, stream), where)))

    white = hidden.auxiliary(noise(number, times(deviation, width)))
    start = noise((number + 1.0) % 2.0**CALL_NUMBER_BITS, deviation)
    return hidden.euler_stock(start, approach(white, time))


_REWRITES: dict[str, Rewrite] = {
    **CHAINS,
    **ACCOUNTS,
    "init": _value_at_start,
    "delay fixed": _pipeline("fixed"),
    "delay information": _pipeline("information"),
    "delay material": _pipeline("material"),
    "sample if true": _sample,
    "previous": _previous,
    "derivn": _derivative,
    "runcum": _cumulated,
    "trend": _trend,
    "forecast": _forecast,
    "npv": _net_present_value(at_end=False),
    "npve": _net_present_value(at_end=True),
    "random pink noise": _pink_noise,
}
