"""Runs of a region on its accepted members, as it is and with extra money, which for training brings its places."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import groupby, pairwise
from typing import TypeVar

import numpy as np

from egovsim.analysis.history_matching.matching import Match
from egovsim.egov.barriers import FIRST_YEAR, PLACES, STAFF, TRAINING_COST, Barrier
from egovsim.egov.defaults import BASELINE
from egovsim.errors import ValueRangeError
from egovsim.model.inputs import Floats, PolicyPath, Profile, Scenario, Series
from egovsim.model.metrics import Metric, value_at
from egovsim.model.model import Model
from egovsim.model.variable import plain_number
from egovsim.names import canonical
from egovsim.simulation.horizon import start_of
from egovsim.simulation.run import run

Value = TypeVar("Value")
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


def price_of_places(
    model: Model, profile: Profile, match: Match, *, first: float = FIRST_YEAR, workers: int | None = None
) -> Floats:
    """Return what it costs to train as many as all staff, member by member.

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
    float64, shape (member,)
        Billion rupiah; not a number where a run failed.
    """
    runs = RegionRuns(model, profile, match, (PolicyPath(BASELINE),), 0.0, np.zeros(0), workers)
    staff, cost = runs.without_extra_money([value_at(STAFF, first), value_at(TRAINING_COST, first)], first)[0]
    return staff * cost


def places_for_a_billion(prices: Floats) -> float:
    """Return the training places that a billion rupiah a year pays for, as a share of all staff a year.

    There are as many as the money can buy in the twentieth of the members in which training is cheapest; where it is
    dearer some of these places stay empty.

    Parameters
    ----------
    prices : float64, shape (member,)
        From `price_of_places`.

    Returns
    -------
    float
        Share of staff a year, for each billion rupiah a year.

    Raises
    ------
    ValueRangeError
        When there is nobody to train, or training costs nothing.
    """
    price = float(np.nanquantile(prices, CHEAPEST))
    if not price > 0.0:
        raise ValueRangeError(
            f"training as many as all staff costs {price:g} billion rupiah in the region, so that no money can be "
            "weighed against places; check its staff and the cost of training."
        )
    return 1.0 / price


@dataclass(frozen=True)
class RegionRuns:
    """Runs of a region with and without extra money, on its accepted members.

    Parameters
    ----------
    model, profile, match : Model, Profile, Match
        The e-government model, the region, and its accepted members.
    policies : tuple of PolicyPath
        The paths that money is added to.
    amount : float
        The extra money for each barrier, in billion rupiah a year.
    prices : float64, shape (member,)
        Of training as many as all staff, in billion rupiah.
    workers : int or None
        Threads; no figure depends on it.
    """

    model: Model
    profile: Profile
    match: Match
    policies: tuple[PolicyPath, ...]
    amount: float
    prices: Floats
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
        prices = price_of_places(model, profile, match, first=first, workers=workers)
        return cls(model, profile, match, policies, amount, prices, workers)

    @property
    def places(self) -> float:
        """Training places that the extra money pays for, a share of staff a year, whether there is room or not."""
        return self.amount * places_for_a_billion(self.prices) if self.amount > 0.0 else 0.0

    def spendable(self, barrier: Barrier, policy: PolicyPath, first: float, last: float) -> float:
        """Return how much of the extra money can be spent under a path.

        Parameters
        ----------
        barrier : Barrier
            Which gets it.
        policy : PolicyPath
            One of `policies`.
        first, last : float
            The years of the extra money; `last` is left out.

        Returns
        -------
        float
            Billion rupiah a year, in the twentieth of the members in which training is cheapest: all of it, unless the
            model allows no more money or no more training places.
        """
        most = min(self.amount, self._room(barrier.money, policy, first, last))
        places = self._room(PLACES, policy, first, last)
        if not barrier.needs_places or places >= self.places:
            return most
        return min(most, places * float(np.nanquantile(self.prices, CHEAPEST)))

    def _room(self, name: str, policy: PolicyPath, first: float, last: float) -> float:
        """Return how far an input can be raised above what the path, or else the region, decides on."""
        own = _of(policy.levers, name) or self._of_the_region(name)
        times = np.array([first, *(time for time in own.times if first < time < last)])
        return self._most(name) - float(own.at(times).max())

    def _most(self, name: str) -> float:
        high = self.model[name].bounds.high
        return np.inf if high is None else high

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
        return self._runs(self.model, (Scenario(""),), self.policies, metrics, until)[0]

    def under(
        self,
        scenarios: Sequence[Scenario],
        metrics: Sequence[Metric],
        until: float,
        *,
        model: Model | None = None,
        without: str = "",
    ) -> Floats:
        """Return metrics under scenarios.

        Parameters
        ----------
        scenarios : sequence of Scenario
            What moves inputs.
        metrics : sequence of Metric
            Each in the unit of its outcome.
        until : float
            When to stop.
        model : Model, optional
            The model as an intervention changed it; by default as it was.
        without : str
            A lever that no path sets, whatever it decides: what it sets would hide the scenarios' own.

        Returns
        -------
        float64, shape (scenario, policy, metric, member)
            NaN where a run failed.
        """
        policies = [
            replace(
                path,
                levers={lever: own for lever, own in path.levers.items() if canonical(lever) != canonical(without)},
            )
            for path in self.policies
        ]
        return self._runs(model or self.model, scenarios, policies, metrics, until)

    def _runs(
        self,
        model: Model,
        scenarios: Sequence[Scenario],
        policies: Sequence[PolicyPath],
        metrics: Sequence[Metric],
        until: float,
    ) -> Floats:
        """Return metrics, shape (scenario, policy, metric, member)."""
        result = run(
            model,
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

        def alike(money: ExtraMoney) -> tuple[bool, float, float, list[str]]:
            return money.needs_places, money.first, money.last, self._hidden(money)

        for (with_places, first, last, hidden), group in groupby(sorted(grants, key=alike), key=alike):
            together = list(group)
            decided = dict.fromkeys(hidden, self.amount) | ({PLACES: self.places} if with_places else {})
            policies = [self._raised_path(policy, decided, first, last) for policy in self.policies]
            scenarios = [Scenario(str(number), self._inputs(money), first) for number, money in enumerate(together)]
            yield from zip(together, self._runs(self.model, scenarios, policies, metrics, until), strict=True)

    def _hidden(self, money: ExtraMoney) -> list[str]:
        """Return the inputs of extra money that a path sets itself, which would hide what a scenario adds."""
        return [
            barrier.money
            for barrier in money.barriers
            if any(_of(policy.levers, barrier.money) for policy in self.policies)
        ]

    def _inputs(self, money: ExtraMoney) -> dict[str, Series]:
        """Return extra money, and the places that come with it, on top of what the region has."""
        added = {barrier.money: money.amount for barrier in money.barriers}
        added |= {PLACES: self.places} if money.needs_places else {}
        return {
            name: self._raised(name, self._of_the_region(name), by, money.first, money.last).since(money.first)
            for name, by in added.items()
        }

    def _of_the_region(self, name: str) -> Series:
        """Return what an input is by the profile, or by the model."""
        series = _of(self.profile.levers, name)
        if series is not None:
            return series
        constant = _of(self.profile.constants, name)
        return Series.constant(
            constant if constant is not None else plain_number(self.model[name].equations[0].expression) or 0.0
        )

    def _raised_path(self, path: PolicyPath, added: Mapping[str, float], first: float, last: float) -> PolicyPath:
        """Return a path with more of those inputs that it decides on: what it sets would hide what is added."""
        start = start_of(path, self.model.clock)
        levers = dict(path.levers)
        for lever, series in path.levers.items():
            by = _of(added, lever)
            if by is not None:
                levers[lever] = self._raised(lever, series, by, first, last).since(start)
        return replace(path, levers=levers)

    def _raised(self, name: str, own: Series, by: float, first: float, last: float) -> Series:
        """Return an input with what is added from `first` until `last`, as far as the model allows more."""
        most = self._most(name)
        return _capped(_raised(own, first, last, min(by, most)), most)


def _of(values: Mapping[str, Value], name: str) -> Value | None:
    """Return the value of an input under whichever spelling of its name it stands."""
    return next((value for other, value in values.items() if canonical(other) == canonical(name)), None)


def _raised(series: Series, first: float, last: float, by: float) -> Series:
    """Return a series that is higher by an amount from `first` until `last`, left out."""
    linear = series.kind == "points"
    jumps = [instant for instant in (first, last) if np.isfinite(instant)]
    around = [jump - _JUST_BEFORE for jump in jumps] if linear else []
    times = np.array(sorted({*series.times, *jumps, *around}))
    values = series.at(times) + by * ((times >= first) & (times < last))
    return Series(tuple(times.tolist()), tuple(values.tolist()), "points" if linear else "steps")


def _capped(series: Series, top: float) -> Series:
    """Return a series that is `top` wherever it would be higher; a line bends where it gets there."""
    times = list(series.times)
    if series.kind == "points":
        for (begin, low), (end, high) in pairwise(zip(series.times, series.values, strict=True)):
            if min(low, high) < top < max(low, high):
                times.append(begin + (end - begin) * (top - low) / (high - low))
    instants = np.array(sorted(set(times)))
    values = np.minimum(series.at(instants), top)
    return Series(tuple(instants.tolist()), tuple(values.tolist()), series.kind)
