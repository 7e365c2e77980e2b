"""Which barrier binds when: the one whose equal extra money, in a few years alone, helps most."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from egovsim.analysis.history_matching.draws import Integers
from egovsim.analysis.history_matching.matching import Match
from egovsim.analysis.measures import Spread, spread
from egovsim.egov.barriers import AMOUNT, BARRIERS, FIRST_YEAR, Barrier, barrier
from egovsim.egov.region_runs import ExtraMoney, RegionRuns
from egovsim.errors import InputError
from egovsim.model.inputs import Floats, PolicyPath, Profile
from egovsim.model.metrics import value_at
from egovsim.model.model import Model
from egovsim.public import set_module

PERIOD_YEARS = 4.0
"""How long extra money is tried before its effect is read: about a term of office."""


@set_module("egovsim")
@dataclass(frozen=True)
class BindingPeriod:
    """Which barrier binds in some years under one path.

    Parameters
    ----------
    policy : str
        The path.
    first, last : float
        The years; the outcome is read at their end.
    best : mapping of str to float
        By the barrier's name, the share of members in which extra money for it helps most; where none helps, none is
        best.
    changes : mapping of str to Spread
        By the barrier's name, the change of the outcome at the end.
    spendable : mapping of str to float
        By the barrier's name, how much of the extra money can be spent in the members in which training is cheapest, in
        billion rupiah a year: less than all where the model allows no more training places, as in a region with few
        staff, or no more money.
    """

    policy: str
    first: float
    last: float
    best: Mapping[str, float]
    changes: Mapping[str, Spread]
    spendable: Mapping[str, float]

    @property
    def barrier(self) -> Barrier | None:
        """The barrier that is best in most members; None where none helps in any."""
        name = max(self.best, key=lambda name: self.best[name])
        return barrier(name) if self.best[name] > 0.0 else None


@set_module("egovsim")
def binding_barriers(
    model: Model,
    profile: Profile,
    match: Match,
    *,
    policies: Sequence[PolicyPath],
    by: str,
    until: float,
    first: float = FIRST_YEAR,
    period: float = PERIOD_YEARS,
    amount: float = AMOUNT,
    better: float = 1.0,
    workers: int | None = None,
) -> tuple[BindingPeriod, ...]:
    """Return which barrier binds in each period: the one whose equal extra money, in that period alone, helps most.

    Parameters
    ----------
    model, profile, match : Model, Profile, Match
        The e-government model, the region, and its accepted members.
    policies : sequence of PolicyPath
        The paths that the money is added to.
    by : str
        The outcome that decides, read at the end of the period.
    until : float
        Periods that end later are left out.
    first, period : float
        The first year of the first period, and the length of one, in years.
    amount : float
        Billion rupiah a year at prices of 2024.
    better : {1.0, -1.0}
        Whether more of the outcome is better or less.
    workers : int, optional
        Threads; no figure depends on it.

    Returns
    -------
    tuple of BindingPeriod
        For each policy in turn, period after period.

    Raises
    ------
    InputError
        When not even one period ends by `until`.
    UnknownNameError, ValueRangeError
        When the outcome is not in the model, or the money is below 0 or more than the model allows.
    """
    count = int(np.floor((until - first) / period + 1e-9))
    if count < 1:
        raise InputError(f"no term of {period:g} years from {first:g} on ends by {until:g}; choose a later end.")
    runs = RegionRuns.of(model, profile, match, tuple(policies), first, amount, workers)
    starts = [first + number * period for number in range(count)]
    base = runs.without_extra_money([value_at(by, start + period) for start in starts], starts[-1] + period)
    found: dict[tuple[int, int], BindingPeriod] = {}
    for number, start in enumerate(starts):
        grants = [ExtraMoney((relieved,), start, start + period, amount) for relieved in BARRIERS]
        values = dict(runs.with_extra_money(grants, [value_at(by, start + period)], start + period))
        changes = np.stack([values[money][:, 0] - base[:, number] for money in grants])
        for place, path in enumerate(policies):
            spendable = {relieved.name: runs.spendable(relieved, path, start, start + period) for relieved in BARRIERS}
            best, spreads = _summary(changes[:, place], better)
            found[place, number] = BindingPeriod(path.name, start, start + period, best, spreads, spendable)
    return tuple(found[key] for key in sorted(found))


def _summary(changes: Floats, better: float) -> tuple[dict[str, float], dict[str, Spread]]:
    """Return in which share of members each barrier is best, and the changes; their shape is (barrier, member)."""
    sound = np.isfinite(changes).all(axis=0)
    gains = better * changes[:, sound]
    winner: Integers = np.where(gains.max(axis=0) > 0.0, gains.argmax(axis=0), len(gains))
    won = np.bincount(winner, minlength=len(BARRIERS)) / len(winner)
    best = {relieved.name: float(won[number]) for number, relieved in enumerate(BARRIERS)}
    return best, {relieved.name: spread(changes[number, sound]) for number, relieved in enumerate(BARRIERS)}
