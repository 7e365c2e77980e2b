"""What is said of a path beside a benchmark: spreads, lag, cost, shares of members, rank; plain arrays in and out.

``better`` is +1 where more of an outcome is better and -1 where less is.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from egovsim.model.inputs import Floats
from egovsim.public import set_module

SMALLEST_GAP_CLOSED = 0.05
"""Below this many points a cost per point says nothing."""
_TIE_DECIMALS = 9


@set_module("egovsim.analysis")
@dataclass(frozen=True, slots=True)
class Spread:
    """Median and 5th and 95th percentile over members."""

    p05: float
    p50: float
    p95: float


@set_module("egovsim.analysis")
@dataclass(frozen=True, slots=True)
class Lag:
    """How many years a path is behind the benchmark's median.

    ``exact``: the benchmark held the path's level `years` before. ``more than``: it held it from the
    start of the run on, `years` before, so the lag is at least that. ``ahead``: it does not reach
    the path's level by then, and `years` is not a number.
    """

    years: float
    bound: Literal["exact", "more than", "ahead"]


@set_module("egovsim.analysis")
def spread(values: Floats) -> Spread:
    """Return median, 5th and 95th percentile over members.

    Parameters
    ----------
    values : float64, shape (member,)
        In any unit.

    Returns
    -------
    Spread
        In the same unit.
    """
    low, middle, high = np.quantile(values, (0.05, 0.5, 0.95))
    return Spread(float(low), float(middle), float(high))


@set_module("egovsim.analysis")
def lag(level: float, benchmark: Floats, time: Floats, *, better: float = 1.0) -> Lag:
    """Return how far behind the benchmark a level is at the last instant.

    Parameters
    ----------
    level : float
        The path's median at the last instant.
    benchmark, time : float64, shape (time,)
        The benchmark's median and its instants, in years; linear between them.
    better : {1.0, -1.0}
        Direction of the outcome.

    Returns
    -------
    Lag
        From the first instant at which the benchmark held the level.
    """
    above = better * (benchmark - level)
    if above[0] >= 0.0:
        return Lag(float(time[-1] - time[0]), "more than")
    held = np.flatnonzero(above >= 0.0)
    if not len(held):
        return Lag(float("nan"), "ahead")
    after = int(held[0])
    part = -above[after - 1] / (above[after] - above[after - 1])
    first = time[after - 1] + part * (time[after] - time[after - 1])
    return Lag(float(time[-1] - first), "exact")


@set_module("egovsim.analysis")
def discounted(cumulative: Floats, time: Floats, *, start: float, rate: float) -> Floats:
    """Return the present value, at `start`, of what was spent from `start` on.

    Parameters
    ----------
    cumulative : float64, shape (..., time)
        Spending so far, in any unit of money.
    time : float64, shape (time,)
        Instants, in years; spending between two of them counts at their middle.
    start : float
        Nothing before counts, and its value is that of this year.
    rate : float
        Discount rate a year: 0.05.

    Returns
    -------
    float64, shape (...)
        In the unit of `cumulative`.
    """
    spent = np.diff(cumulative, axis=-1)
    middle = (time[:-1] + time[1:]) / 2.0
    weight = np.where(time[:-1] >= start, (1.0 + rate) ** -(middle - start), 0.0)
    return np.sum(spent * weight, axis=-1)


def share_reaching(values: Floats, time: Floats, *, threshold: float, year: float) -> float:
    """Return the share of members whose outcome has reached a threshold by a year.

    Having reached it earlier counts, even when it was lost again.

    Parameters
    ----------
    values : float64, shape (member, time)
        The outcome.
    time : float64, shape (time,)
        Instants, in years.
    threshold : float
        In the unit of the outcome.
    year : float
        The last instant that counts.

    Returns
    -------
    float
        From 0 to 1.
    """
    highest: Floats = values[:, time <= year].max(axis=1)
    return float(np.mean(highest >= threshold))


@set_module("egovsim.analysis")
def cost_per_point(costs: Floats, gains: Floats) -> Spread:
    """Return what one point of an outcome costs, over members.

    Parameters
    ----------
    costs : float64, shape (member,)
        In any unit of money.
    gains : float64, shape (member,)
        In points of an outcome.

    Returns
    -------
    Spread
        Of cost over gain, member by member. A member that gains less than 0.05 points buys none at any price: it
        counts as infinitely dear, and so may the median or the upper end.
    """
    enough = gains >= SMALLEST_GAP_CLOSED
    prices = np.where(enough, costs / np.where(enough, gains, 1.0), np.inf)
    low, middle, high = np.quantile(prices, (0.05, 0.5, 0.95), method="inverted_cdf")  # between finite and infinite
    return Spread(float(low), float(middle), float(high))


def order(levels: Floats, costs: Floats, *, better: float = 1.0) -> NDArray[np.int64]:
    """Return ranks from 0, best first, along the first axis; the cheaper is first among equals.

    Parameters
    ----------
    levels, costs : float64, shape (path,) or (path, member)
        Levels at the horizon; the benchmark being the same for all, the smallest gap is the best level.
    better : {1.0, -1.0}
        Direction of the outcome.

    Returns
    -------
    int64, shape as `levels`
        Along the first axis each rank once.
    """
    placed = np.lexsort((costs, -better * np.round(levels, _TIE_DECIMALS)), axis=0)
    return np.argsort(placed, axis=0)


@set_module("egovsim.analysis")
def regret(levels: Floats, *, better: float = 1.0) -> Floats:
    """Return how much each path misses of the best path in each member.

    Parameters
    ----------
    levels : float64, shape (path, member)
        Levels at the horizon.
    better : {1.0, -1.0}
        Direction of the outcome.

    Returns
    -------
    float64, shape (path, member)
        In the unit of the outcome, 0 for the best.
    """
    gain = better * levels
    return np.max(gain, axis=0) - gain
