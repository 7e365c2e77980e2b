"""What extra money for barriers changes: the same sum for one barrier at a time, on the same accepted members."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from egovsim.analysis.history_matching.matching import Match
from egovsim.egov.barriers import AMOUNT, BARRIERS, FIRST_YEAR, Barrier
from egovsim.egov.defaults import BASELINE
from egovsim.egov.region_runs import ExtraMoney, RegionRuns
from egovsim.model.inputs import Floats, PolicyPath, Profile
from egovsim.model.metrics import value_at
from egovsim.model.model import Model
from egovsim.public import set_module


@set_module("egovsim")
@dataclass(frozen=True)
class ExtraMoneyEffects:
    """What extra money for barriers changes, member by member.

    Parameters
    ----------
    combinations : tuple of tuple of Barrier
        Those that get the money at once.
    outcomes : tuple of str
        As asked for.
    years : tuple of float
        As asked for.
    changes : float64, shape (combination, outcome, year, member)
        In the outcome's own unit, against the same member without the money; not a number where a run failed.
    """

    combinations: tuple[tuple[Barrier, ...], ...]
    outcomes: tuple[str, ...]
    years: tuple[float, ...]
    changes: Floats

    def of(self, barriers: Sequence[Barrier], outcome: str, year: float) -> Floats:
        """Return the change of one outcome in one year.

        Parameters
        ----------
        barriers : sequence of Barrier
            One of `combinations`.
        outcome : str
            One of `outcomes`.
        year : float
            One of `years`.

        Returns
        -------
        float64, shape (member,)
            In the outcome's own unit.
        """
        place = self.combinations.index(tuple(barriers)), self.outcomes.index(outcome), self.years.index(year)
        return self.changes[place]


@set_module("egovsim")
def extra_money_effects(
    model: Model,
    profile: Profile,
    match: Match,
    *,
    combinations: Sequence[Sequence[Barrier]] = tuple((barrier,) for barrier in BARRIERS),
    outcomes: Sequence[str],
    years: Sequence[float],
    policy: PolicyPath | None = None,
    amount: float = AMOUNT,
    first: float = FIRST_YEAR,
    workers: int | None = None,
) -> ExtraMoneyEffects:
    """Give the same extra money a year, from `first` on, to one combination of barriers after the other.

    Parameters
    ----------
    model : Model
        The e-government model.
    profile : Profile
        The region.
    match : Match
        Its accepted members.
    combinations : sequence of sequence of Barrier
        Barriers that get it at once; each of them gets the whole amount.
    outcomes : sequence of str
        Scalar variables or elements.
    years : sequence of float
        Instants at which they are read.
    policy : PolicyPath, optional
        The path that the money is added to, by default business as usual.
    amount : float
        Billion rupiah a year at prices of 2024 for each barrier.
    first : float
        The first year with extra money.
    workers : int, optional
        Threads; no figure depends on it.

    Returns
    -------
    Effects
        The change of each outcome, member by member.

    Raises
    ------
    UnknownNameError, ValueRangeError
        When an outcome is not in the model, or the money is below 0 or more than the model allows.
    """
    path = policy or PolicyPath(BASELINE)
    metrics = [value_at(name, year, name=f"{name} in {year:g}") for name in outcomes for year in years]
    runs = RegionRuns.of(model, profile, match, (path,), first, amount, workers)
    grants = [ExtraMoney(tuple(combination), first, np.inf, amount) for combination in combinations]
    base, raised = (
        runs.without_extra_money(metrics, max(years)),
        dict(runs.with_extra_money(grants, metrics, max(years))),
    )
    changes = np.stack([raised[money][0] - base[0] for money in grants])
    shape = (len(grants), len(outcomes), len(years), len(match))
    return ExtraMoneyEffects(
        tuple(money.barriers for money in grants), tuple(outcomes), tuple(map(float, years)), changes.reshape(shape)
    )
