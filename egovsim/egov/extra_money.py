"""What extra money for barriers changes: the same sum for one barrier at a time, on the same accepted members."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby

import numpy as np

from egovsim.analysis.history_matching.matching import Match
from egovsim.egov.barriers import AMOUNT, BARRIERS, FIRST_YEAR, PLACES, STAFF, TRAINING_COST, Barrier
from egovsim.egov.defaults import BASELINE
from egovsim.errors import ValueRangeError
from egovsim.model.inputs import Floats, PolicyPath, Profile, Scenario, Series
from egovsim.model.metrics import Metric, value_at
from egovsim.model.model import Model
from egovsim.model.variable import plain_number
from egovsim.names import canonical
from egovsim.public import set_module
from egovsim.simulation.horizon import start_of
from egovsim.simulation.run import run

CHEAPEST = 0.05
"""Places are added until the money is spent in all but this share of members, those in which training is cheapest."""
_JUST_BEFORE = 1e-4
"""Years before a jump at which a piecewise linear series still has its old value: far below any time step."""


@dataclass(frozen=True, slots=True)
class ExtraMoney:
    """Extra money for barriers, each getting `amount` billion rupiah a year from `first` until `last`, left out."""

    barriers: tuple[Barrier, ...]
    first: float
    last: float
    amount: float

    @property
    def needs_places(self) -> bool:
        """Whether training places come with it."""
        return any(barrier.needs_places for barrier in self.barriers)

    def inputs(self) -> dict[str, Series]:
        """Return the extra money as series.

        Returns
        -------
        dict of str to Series
            By the model's input, in billion rupiah a year.
        """
        money = _raised(Series.constant(0.0), self.first, self.last, self.amount).since(self.first)
        return {barrier.money: money for barrier in self.barriers}


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


def places_for_a_billion(
    model: Model, profile: Profile, match: Match, *, first: float = FIRST_YEAR, workers: int | None = None
) -> float:
    """Return the training places that a billion rupiah a year pays for, as a share of all staff a year.

    There are as many as the money can buy in the twentieth of the members in which training is cheapest, by the
    staff of the year `first`; where it is dearer some of these places stay empty.

    Parameters
    ----------
    model, profile, match : Model, Profile, Match
        The e-government model, the region, and its accepted members.
    first : float
        The year whose staff and cost count.
    workers : int, optional
        Threads; no figure depends on it.

    Returns
    -------
    float
        Share of staff a year, for each billion rupiah a year.
    """
    runs = RegionRuns(model, profile, match, (PolicyPath(BASELINE),), 0.0, workers)
    staff, cost = runs.without_extra_money([value_at(STAFF, first), value_at(TRAINING_COST, first)], first)[0]
    return float(1.0 / np.nanquantile(staff * cost, CHEAPEST))


@dataclass(frozen=True)
class RegionRuns:
    """Runs of a region with and without extra money, on its accepted members.

    Parameters
    ----------
    model, profile, match : Model, Profile, Match
        The e-government model, the region, and its accepted members.
    policies : tuple of PolicyPath
        The paths that money is added to.
    places : float
        Training places, a share of staff a year, that the extra money pays for.
    workers : int or None
        Threads; no figure depends on it.
    """

    model: Model
    profile: Profile
    match: Match
    policies: tuple[PolicyPath, ...]
    places: float
    workers: int | None

    @classmethod
    def of(
        cls,
        model: Model,
        profile: Profile,
        match: Match,
        policies: tuple[PolicyPath, ...],
        first: float,
        amount: float,
        workers: int | None,
    ) -> RegionRuns:
        """Work out the places that an amount pays for.

        Parameters
        ----------
        model, profile, match : Model, Profile, Match
            The e-government model, the region, and its accepted members.
        policies : tuple of PolicyPath
            The paths that money is added to.
        first : float
            The first year with extra money.
        amount : float
            Billion rupiah a year at prices of 2024.
        workers : int or None
            Threads.

        Returns
        -------
        RegionRuns
            Nothing has been run yet but for the places.

        Raises
        ------
        ValueRangeError
            When the amount is below 0.
        """
        if not amount >= 0.0:
            raise ValueRangeError(f"the extra money is {amount:g} billion rupiah a year; it cannot be below 0.")
        places = amount * places_for_a_billion(model, profile, match, first=first, workers=workers)
        return cls(model, profile, match, policies, places, workers)

    def without_extra_money(self, metrics: Sequence[Metric], until: float) -> Floats:
        """Return metrics without extra money.

        Parameters
        ----------
        metrics : sequence of Metric
            Each in the unit of its outcome.
        until : float
            When to stop.

        Returns
        -------
        float64, shape (policy, metric, member)
            NaN where a run failed.
        """
        return self._runs((Scenario(""),), self.policies, metrics, until)[0]

    def _runs(
        self, scenarios: Sequence[Scenario], policies: Sequence[PolicyPath], metrics: Sequence[Metric], until: float
    ) -> Floats:
        """Return metrics, shape (scenario, policy, metric, member)."""
        result = run(
            self.model,
            profile=self.profile,
            policies=[self._begun(policy, until) for policy in policies],
            scenarios=scenarios,
            constants=self.match.constants,
            design=self.match.design(self.profile),
            metrics=metrics,
            until=until,
            workers=self.workers,
        )
        return np.stack([result.metric_values(metric.label) for metric in metrics], axis=2)

    def _begun(self, policy: PolicyPath, until: float) -> PolicyPath:
        """Return a path that has done nothing yet where it starts after the end: `run` refuses to leave that unsaid."""
        return policy if start_of(policy, self.model.clock) < until else replace(policy, levers={})

    def with_extra_money(
        self, grants: Sequence[ExtraMoney], metrics: Sequence[Metric], until: float
    ) -> Iterator[tuple[ExtraMoney, Floats]]:
        """Yield what metrics are with extra money; those that are alike in places and years run together.

        Parameters
        ----------
        grants : sequence of ExtraMoney
            Each on its own.
        metrics : sequence of Metric
            Each in the unit of its outcome.
        until : float
            When to stop.

        Yields
        ------
        ExtraMoney, float64 of shape (policy, metric, member)
            Not in the order of `grants`.
        """

        def alike(money: ExtraMoney) -> tuple[bool, float, float]:
            return money.needs_places, money.first, money.last

        for (with_places, first, last), group in groupby(sorted(grants, key=alike), key=alike):
            together, extra, policies = list(group), dict[str, Series](), self.policies
            if with_places:
                places = _raised(self._places_of_the_region(), first, last, self.places)
                extra = {PLACES: places.since(first)}
                policies = tuple(self._with_places(policy, first, last) for policy in policies)
            scenarios = [Scenario(str(number), money.inputs() | extra, first) for number, money in enumerate(together)]
            yield from zip(together, self._runs(scenarios, policies, metrics, until), strict=True)

    def _places_of_the_region(self) -> Series:
        """Return the training places of the profile, or of the model."""
        for lever, series in self.profile.levers.items():
            if canonical(lever) == canonical(PLACES):
                return series
        for name, value in self.profile.constants.items():
            if canonical(name) == canonical(PLACES):
                return Series.constant(value)
        return Series.constant(plain_number(self.model[PLACES].equations[0].expression) or 0.0)

    def _with_places(self, path: PolicyPath, first: float, last: float) -> PolicyPath:
        """Return a path with more training places, if it decides on them: what it sets would hide what is added."""
        own = {name: series for name, series in path.levers.items() if canonical(name) == canonical(PLACES)}
        start = start_of(path, self.model.clock)
        raised = {name: _raised(series, first, last, self.places).since(start) for name, series in own.items()}
        return replace(path, levers={**path.levers, **raised})


def _raised(series: Series, first: float, last: float, by: float) -> Series:
    """Return a series that is higher by an amount from `first` until `last`, left out."""
    linear = series.kind == "points"
    jumps = [instant for instant in (first, last) if np.isfinite(instant)]
    around = [jump - _JUST_BEFORE for jump in jumps] if linear else []
    times = np.array(sorted({*series.times, *jumps, *around}))
    values = series.at(times) + by * ((times >= first) & (times < last))
    return Series(tuple(times.tolist()), tuple(values.tolist()), "points" if linear else "steps")
