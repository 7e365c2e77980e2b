"""Members conditioned on one number that was observed: kernel weights, and what the weighted members then predict.

A prediction is a mixture: each member's own value with its weight, spread by a normal discrepancy that stands for all
in which the world differs from the best member. On a bounded scale what falls outside an end stands on that end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from egovsim.model.inputs import Floats

_GRID = 401
"""Points of the scale at which a mixture's distribution is worked out; between them it is read as a straight line."""
_DEVIATIONS = 48
"""How many discrepancies are tried, from a hundredth of the scale to all of it."""


@dataclass(frozen=True)
class Conditioning:
    """How much each member counts for each observation.

    Parameters
    ----------
    weights : float64, shape (observation, member)
        They sum to one for each observation.
    effective : float64, shape (observation,)
        The effective number of members (Kish): of equal weights, as many would know as much.
    far : bool, shape (observation,)
        No member, or too few, came near; the nearest count equally.
    """

    weights: Floats
    effective: Floats
    far: NDArray[np.bool_]


def condition(values: Floats, observed: Floats, *, deviation: float, fewest: int) -> Conditioning:
    """Weight members by how near each comes to what was observed.

    Parameters
    ----------
    values : float64, shape (member,)
        What each member gives for the observed quantity.
    observed : float64, shape (observation,)
        In the same unit.
    deviation : float
        Standard deviation of the normal kernel: of the measurement and of the model's own discrepancy together.
    fewest : int
        Where fewer members are effective, the nearest ones count, so many of them, and equally.

    Returns
    -------
    Conditioning
        With a row of weights for each observation.
    """
    distance = np.abs(observed[:, None] - values)
    exponent = -0.5 * (distance / deviation) ** 2
    weights = np.exp(exponent - exponent.max(axis=1, keepdims=True))
    weights /= weights.sum(axis=1, keepdims=True)
    effective = 1.0 / (weights**2).sum(axis=1)
    # far from every member the kernel's tail would still call one of them the nearest by a thousand times
    beyond = distance.min(axis=1) > 2.0 * deviation
    far = (effective < fewest) | beyond
    nearest = np.argsort(distance[far], axis=1, kind="stable")[:, :fewest]
    weights[far] = 0.0
    weights[np.flatnonzero(far)[:, None], nearest] = 1.0 / nearest.shape[1]
    return Conditioning(weights, effective, far)


def mixture_quantiles(
    weights: Floats, values: Floats, *, deviation: float, scale: tuple[float, float], levels: tuple[float, ...]
) -> Floats:
    """Return quantiles of the predictive mixtures.

    Parameters
    ----------
    weights : float64, shape (observation, member)
        From `condition`.
    values : float64, shape (member,)
        What each member gives for the predicted quantity.
    deviation : float
        Standard deviation of the normal discrepancy, above 0.
    scale : (float, float)
        Both ends of the quantity's scale; what lies beyond stands on the end.
    levels : tuple of float
        Between 0 and 1.

    Returns
    -------
    float64, shape (observation, level)
        In the unit of `values`.
    """
    grid = np.linspace(*scale, _GRID)
    distribution = weights @ _normal((grid - values[:, None]) / deviation)
    return np.stack([np.interp(levels, row, grid) for row in distribution])


@dataclass(frozen=True)
class Predicted:
    """What weighted members say of a quantity, and what was then observed of it.

    Parameters
    ----------
    weights, values : float64
        As in `mixture_quantiles`.
    observed : float64, shape (observation,)
        In the unit of `values`.
    """

    weights: Floats
    values: Floats
    observed: Floats


def calibrated_deviation(
    groups: Sequence[Predicted], *, scale: tuple[float, float], intervals: Sequence[float]
) -> float:
    """Return the discrepancy with which central intervals cover as many observations as they promise.

    What is made least is the chi-squared distance of the covered shares from the promised ones, summed over the
    intervals. Where the members' own values are biased no discrepancy makes every interval right.

    Parameters
    ----------
    groups : sequence of Predicted
        Each with members of its own.
    scale : (float, float)
        Both ends of the quantity's scale.
    intervals : sequence of float
        What each interval promises to cover, between 0 and 1.

    Returns
    -------
    float
        Standard deviation of the normal discrepancy: the smallest of the best, of values a tenth apart.
    """
    promised = np.asarray(intervals)

    def distance(deviation: float) -> float:
        covered = np.concatenate([_covered(group, deviation, scale, promised) for group in groups]).mean(axis=0)
        return float(((covered - promised) ** 2 / (promised * (1.0 - promised))).sum())

    tried = np.geomspace(0.01, 1.0, _DEVIATIONS) * (scale[1] - scale[0])
    return float(tried[np.argmin([distance(deviation) for deviation in tried.tolist()])])


def _covered(group: Predicted, deviation: float, scale: tuple[float, float], promised: Floats) -> NDArray[np.bool_]:
    """Return whether each observation lies in each central interval: bool, shape (observation, interval)."""
    observed = np.clip(group.observed, *scale)
    below = np.einsum("om,om->o", group.weights, _normal((observed[:, None] - group.values) / deviation))[:, None]
    tail = (1.0 - promised) / 2.0
    reaches_down = (below >= tail) | (observed >= scale[1])[:, None]
    reaches_up = (below <= 1.0 - tail) | (observed <= scale[0])[:, None]
    return reaches_down & reaches_up


def _normal(deviations: Floats) -> Floats:
    """Return the standard normal distribution function."""
    from scipy.special import ndtr  # pyright: ignore[reportMissingTypeStubs]

    return np.asarray(ndtr(deviations), dtype=np.float64)
