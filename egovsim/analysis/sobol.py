"""Sobol indices: which part of an outcome's variance each of several independent factors accounts for.

The *first-order* index of a factor is the share of the variance that would vanish if the factor were known; the
*total* index is the share that would remain if everything else were known (I. M. Sobol, 2001,
doi:10.1016/S0378-4754(00)00270-6; A. Saltelli and others, 2010, doi:10.1016/j.cpc.2009.09.018). They need factors that
are independent of each other.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, cast

import numpy as np

from egovsim.errors import InputError, ValueRangeError
from egovsim.model.inputs import Floats, Range
from egovsim.public import set_module
from egovsim.simulation.sampling import sample

_INTERVAL = (0.05, 0.95)


@set_module("egovsim.analysis")
@dataclass(frozen=True)
class SobolIndices:
    """Indices of all factors for all outcomes, each with its 5-95 % bootstrap interval.

    Parameters
    ----------
    factors, outcomes : tuple of str
        As given.
    first, total : float64, shape (outcome, factor)
        Estimates; small ones may come out slightly below 0.
    first_interval, total_interval : float64, shape (2, outcome, factor)
        Lower and upper end.
    runs : int
        How often the outcomes were evaluated.
    """

    factors: tuple[str, ...]
    outcomes: tuple[str, ...]
    first: Floats
    total: Floats
    first_interval: Floats
    total_interval: Floats
    runs: int

    def order(self, outcome: str, *, among: Sequence[str] | None = None) -> tuple[str, ...]:
        """Return the factors by total index.

        Parameters
        ----------
        outcome : str
            One of `outcomes`.
        among : sequence of str, optional
            Factors to be ordered; by default all.

        Returns
        -------
        tuple of str
            The most influential first.
        """
        row = self.total[self.outcomes.index(outcome)]
        wanted = [factor for factor in self.factors if among is None or factor in among]
        return tuple(sorted(wanted, key=lambda name: -row[self.factors.index(name)]))


@set_module("egovsim.analysis")
def sobol_indices(
    evaluate: Callable[[Floats], Floats],
    *,
    factors: Sequence[str],
    outcomes: Sequence[str],
    points: int = 1024,
    seed: int = 0,
    resamples: int = 200,
) -> SobolIndices:
    """Estimate first-order and total Sobol indices.

    Parameters
    ----------
    evaluate : callable
        Takes independent uniform numbers in [0, 1), float64, shape (run, factor), all at once; returns the outcomes,
        shape (outcome, run).
    factors, outcomes : sequence of str
        Their names, in the order of the columns and rows.
    points : int
        Base points, a power of 2; ``points * (factors + 2)`` runs are made.
    seed : int
        Of the scrambled Sobol sequence and of the bootstrap.
    resamples : int
        Of the bootstrap over the base points.

    Returns
    -------
    SobolIndices
        By `scipy.stats.sobol_indices`, with the estimators of Saltelli and others (2010).

    Raises
    ------
    ValueRangeError
        When `points` is no power of 2, at least 2.
    InputError
        When an outcome is not a finite number, or the same in every run.
    """
    if points < 2 or points & (points - 1):
        raise ValueRangeError(f"points is {points}; it must be a power of 2, such as 1024.")
    width = len(factors)
    table = sample([Range(str(column), 0.0, 1.0) for column in range(2 * width)], members=points, seed=seed).rows()
    first, second = table[:, :width], table[:, width:]
    mixed = [np.where(np.arange(width) == column, second, first) for column in range(width)]
    values = evaluate(np.concatenate([first, second, *mixed]))
    _check(values, outcomes)
    parts = values.reshape(len(outcomes), width + 2, points)
    point = _indices(parts)
    dice = np.random.default_rng([seed, points])
    picks = dice.integers(0, points, size=(resamples, points))
    low, high = np.quantile([_indices(parts[:, :, pick]) for pick in picks], _INTERVAL, axis=0)
    return SobolIndices(
        tuple(factors),
        tuple(outcomes),
        point[0],
        point[1],
        np.stack([low[0], high[0]]),
        np.stack([low[1], high[1]]),
        points * (width + 2),
    )


def _check(values: Floats, outcomes: Sequence[str]) -> None:
    for name, row in zip(outcomes, values, strict=True):
        if not np.isfinite(row).all():
            count = int(np.sum(~np.isfinite(row)))
            raise InputError(
                f'"{name}" is not a finite number in {count} of {len(row)} runs; indices need all of them.'
            )
        if np.ptp(row) == 0.0:
            raise InputError(f'"{name}" is {row[0]:g} in every run; there is no variance to be shared out.')


class _Estimates(Protocol):
    """What `scipy.stats.sobol_indices` returns, as far as it is used."""

    first_order: Floats
    total_order: Floats


def _indices(parts: Floats) -> Floats:
    """Return first-order and total indices, shape (2, outcome, factor), of values (outcome, matrix, point)."""
    from scipy import stats  # pyright: ignore[reportMissingTypeStubs]

    values = {"f_A": parts[:, 0], "f_B": parts[:, 1], "f_AB": np.moveaxis(parts[:, 2:], 0, 1)}
    found = cast("_Estimates", stats.sobol_indices(func=values, n=parts.shape[2]))  # pyright: ignore[reportUnknownMemberType]
    return np.stack([np.atleast_2d(found.first_order), np.atleast_2d(found.total_order)])
