"""Rankings of policy paths, one for each scenario and family, from the trajectories of all members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from egovsim.analysis.measures import (
    Lag,
    Spread,
    cost_per_point,
    discounted,
    lag,
    order,
    regret,
    share_reaching,
    spread,
)
from egovsim.model.inputs import Floats
from egovsim.public import set_module


@set_module("egovsim.analysis")
@dataclass(frozen=True)
class RankingCriteria:
    """What a ranking is made by, and what its rows tell.

    Parameters
    ----------
    by : str
        The outcome that ranks.
    better : {1.0, -1.0}
        Whether more of it is better or less.
    shown : tuple of str
        Outcomes that a row tells, `by` among them.
    spending : str
        The outcome that costs are taken from: cumulative, in a unit of money.
    thresholds : mapping of (str, float) to float
        By name and year, levels of `threshold_outcome` whose reaching a row tells.
    threshold_outcome : str
        The outcome that they are levels of.
    time : float64, shape (time,)
        Instants of all trajectories, in years.
    start : float
        When the policies start, in years.
    discount : float
        Rate a year, for costs.
    """

    by: str
    better: float
    shown: tuple[str, ...]
    spending: str
    thresholds: Mapping[tuple[str, float], float]
    threshold_outcome: str
    time: Floats
    start: float
    discount: float


@set_module("egovsim.analysis")
@dataclass(frozen=True)
class PathResult:
    """One row of a ranking: a path under a scenario.

    Parameters
    ----------
    scenario, family, policy : str
        Names; the baseline heads each family's ranking.
    rank : int or None
        From 1, by median gap at the horizon within the family, ties by cost; None for business as usual.
    rank_share : float or None
        Share of members in which the path has this rank.
    ahead_share : float or None
        Share of members in which the path comes before the next one of its family; None for the last.
    levels : mapping of str to Spread
        At the horizon, for the outcomes that the criteria show.
    changes : mapping of str to Spread
        Differences from business as usual, taken member by member.
    gap : float
        Benchmark median minus the path's, of the ranked outcome, at the horizon.
    lag : Lag
        Years behind the benchmark, of the ranked outcome, at the horizon.
    cost : Spread
        Spending above business as usual from the start, discounted to it, in the unit of the spending.
    cost_per_point : Spread
        Cost over the gain against business as usual, member by member; infinite where less than 0.05 is gained.
    shares_reaching : mapping of (str, float) to float
        Share of members that reach a threshold by a year.
    regret : Spread or None
        What the path misses of the best one of its family, member by member.
    """

    scenario: str
    family: str
    policy: str
    rank: int | None
    rank_share: float | None
    ahead_share: float | None
    levels: Mapping[str, Spread]
    changes: Mapping[str, Spread]
    gap: float
    lag: Lag
    cost: Spread
    cost_per_point: Spread
    shares_reaching: Mapping[tuple[str, float], float]
    regret: Spread | None


@set_module("egovsim.analysis")
def rank_paths(
    scenario: str,
    names: Sequence[str],
    families: Sequence[str],
    trajectories: Mapping[str, Floats],
    benchmark: Mapping[str, Floats],
    criteria: RankingCriteria,
) -> tuple[PathResult, ...]:
    """Rank the paths of each family; business as usual heads every family as the line of reference.

    Parameters
    ----------
    scenario : str
        Name of the scenario, for the rows.
    names, families : sequence of str
        Of each path; the first path is business as usual, and its family does not count.
    trajectories : mapping of str to float64, shape (path, member, time)
        By outcome, every one that the criteria name, in its own unit.
    benchmark : mapping of str to float64, shape (member, time)
        The same outcomes of the benchmark.
    criteria : RankingCriteria
        What the ranking is made by.

    Returns
    -------
    tuple of PathResult
        Families in the order of the first path of each, in a family by rank.
    """
    paths = _ScenarioPaths(scenario, tuple(names), trajectories, benchmark, criteria)
    rows: list[PathResult] = []
    for family in dict.fromkeys(families[1:]):
        numbers = [number for number, other in enumerate(families) if other == family and number > 0]
        rows.append(paths.row(family, 0, None))
        rows += [paths.row(family, numbers[place], standing) for place, standing in paths.standings(numbers)]
    return tuple(rows)


def winners(ranking: Sequence[PathResult], scenario: str) -> dict[str, PathResult]:
    """Return the first path of each family under a scenario.

    Parameters
    ----------
    ranking : sequence of PathResult
        Of all scenarios.
    scenario : str
        Name of one.

    Returns
    -------
    dict of str to PathResult
        By family.
    """
    return {row.family: row for row in ranking if (row.scenario, row.rank) == (scenario, 1)}


@dataclass(frozen=True)
class _Standing:
    """Where a path stands in its family: its rank, in which share of members it has it, and stands before the next.

    The regret is what it misses of the best.
    """

    rank: int
    share: float
    ahead: float | None
    regret: Floats


@dataclass(frozen=True)
class _ScenarioPaths:
    """All paths under one scenario."""

    scenario: str
    names: tuple[str, ...]
    trajectories: Mapping[str, Floats]
    benchmark: Mapping[str, Floats]
    criteria: RankingCriteria

    @cached_property
    def costs(self) -> Floats:
        """Discounted spending above business as usual, shape (path, member)."""
        criteria = self.criteria
        spent = discounted(
            self.trajectories[criteria.spending], criteria.time, start=criteria.start, rate=criteria.discount
        )
        return spent - spent[0]

    @cached_property
    def benchmark_median(self) -> Floats:
        """Median of the benchmark's ranked outcome, shape (time,)."""
        return np.median(self.benchmark[self.criteria.by], axis=0)

    def standings(self, numbers: Sequence[int]) -> list[tuple[int, _Standing]]:
        """Return the places of a family's paths among them, best first, and how each stands."""
        better = self.criteria.better
        levels, costs = self.trajectories[self.criteria.by][numbers, :, -1], self.costs[numbers]
        ranks = order(np.median(levels, axis=1), np.median(costs, axis=1), better=better)
        by_member = order(levels, costs, better=better)
        holds = np.mean(by_member == ranks[:, np.newaxis], axis=1)
        missed = regret(levels, better=better)
        places = np.argsort(ranks)
        ahead = [*np.mean(by_member[places[:-1]] < by_member[places[1:]], axis=1).tolist(), None]
        return [
            (int(place), _Standing(int(ranks[place]) + 1, float(holds[place]), before, missed[place]))
            for place, before in zip(places, ahead, strict=True)
        ]

    def row(self, family: str, path: int, standing: _Standing | None) -> PathResult:
        """Describe one path."""
        by, better = self.criteria.by, self.criteria.better
        final = {outcome: self.trajectories[outcome][:, :, -1] for outcome in self.criteria.shown}
        levels = {outcome: spread(values[path]) for outcome, values in final.items()}
        differences = {outcome: values[path] - values[0] for outcome, values in final.items()}
        return PathResult(
            scenario=self.scenario,
            family=family,
            policy=self.names[path],
            rank=standing.rank if standing else None,
            rank_share=standing.share if standing else None,
            ahead_share=standing.ahead if standing else None,
            levels=levels,
            changes={outcome: spread(values) for outcome, values in differences.items()},
            gap=float(self.benchmark_median[-1]) - levels[by].p50,
            lag=lag(levels[by].p50, self.benchmark_median, self.criteria.time, better=better),
            cost=spread(self.costs[path]),
            cost_per_point=cost_per_point(self.costs[path], better * differences[by]),
            shares_reaching=self._shares_reaching(path),
            regret=spread(standing.regret) if standing else None,
        )

    def _shares_reaching(self, path: int) -> dict[tuple[str, float], float]:
        values = self.trajectories[self.criteria.threshold_outcome][path]
        return {
            (name, year): share_reaching(values, self.criteria.time, threshold=threshold, year=year)
            for (name, year), threshold in self.criteria.thresholds.items()
        }
