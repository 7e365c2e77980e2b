"""Rankings of policy paths, one for each scenario and family, from the courses of all members."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from egovsim.analysis.measures import chance, cost_per_point, discounted, lag, order, regret, spread
from egovsim.egov.comparison import (
    CHANCE_YEARS,
    INDEX,
    PREDICATES,
    REAL_USE,
    SPENDING,
    PathResult,
    direction,
)
from egovsim.model.inputs import Floats


@dataclass(frozen=True)
class RankingCriteria:
    """What a ranking is made by: outcome, instants, start of the policies and discount rate a year."""

    by: str
    time: Floats
    start: float
    discount: float

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes that a row shows: both indices and the one that ranks."""
        return tuple(dict.fromkeys((INDEX, REAL_USE, self.by)))


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
        Outcomes by path; spending and the outcomes of `criteria` must be there.
    benchmark : mapping of str to float64, shape (member, time)
        The same outcomes of the benchmark.
    criteria : Terms
        What the ranking is made by.

    Returns
    -------
    tuple of PathResult
        Families in the order of the first path of each, in a family by rank.
    """
    world = _World(scenario, tuple(names), trajectories, benchmark, criteria)
    rows: list[PathResult] = []
    for family in dict.fromkeys(families[1:]):
        paths = [i for i, one in enumerate(families) if one == family and i > 0]
        levels, costs = trajectories[criteria.by][paths, :, -1], world.costs[paths]
        better = direction(criteria.by)
        ranks = order(np.median(levels, axis=1), np.median(costs, axis=1), better=better)
        holds = np.mean(order(levels, costs, better=better) == ranks[:, np.newaxis], axis=1)
        missed = regret(levels, better=better)
        rows.append(world.row(family, 0, None))
        for place in np.argsort(ranks):
            standing = _Standing(int(ranks[place]) + 1, float(holds[place]), missed[place])
            rows.append(world.row(family, paths[place], standing))
    return tuple(rows)


@dataclass(frozen=True)
class _Standing:
    """Where a path stands in its family: its rank, in which share of members, and what it misses."""

    rank: int
    share: float
    regret: Floats


@dataclass(frozen=True)
class _World:
    """All paths under one scenario."""

    scenario: str
    names: tuple[str, ...]
    trajectories: Mapping[str, Floats]
    benchmark: Mapping[str, Floats]
    criteria: RankingCriteria

    @cached_property
    def costs(self) -> Floats:
        """Discounted spending above business as usual, shape (path, member)."""
        spent = discounted(
            self.trajectories[SPENDING], self.criteria.time, start=self.criteria.start, rate=self.criteria.discount
        )
        return spent - spent[0]

    @cached_property
    def benchmark_median(self) -> Floats:
        """Median of the benchmark's ranked outcome, shape (time,)."""
        return np.median(self.benchmark[self.criteria.by], axis=0)

    def row(self, family: str, path: int, standing: _Standing | None) -> PathResult:
        """Describe one path."""
        by, better = self.criteria.by, direction(self.criteria.by)
        final = {outcome: self.trajectories[outcome][:, :, -1] for outcome in self.criteria.outcomes}
        levels = {outcome: spread(values[path]) for outcome, values in final.items()}
        changes = {outcome: spread(values[path] - values[0]) for outcome, values in final.items()}
        cost = spread(self.costs[path])
        return PathResult(
            scenario=self.scenario,
            family=family,
            policy=self.names[path],
            rank=standing.rank if standing else None,
            rank_share=standing.share if standing else None,
            levels=levels,
            changes=changes,
            gap=float(self.benchmark_median[-1]) - levels[by].p50,
            lag=lag(levels[by].p50, self.benchmark_median, self.criteria.time, better=better),
            cost=cost,
            cost_per_point=cost_per_point(cost.p50, better * changes[by].p50),
            chances=self._chances(self.trajectories[INDEX][path]),
            regret=spread(standing.regret) if standing else None,
        )

    def _chances(self, index: Floats) -> dict[tuple[str, float], float]:
        time = self.criteria.time
        years = dict.fromkeys(min(one, float(time[-1])) for one in CHANCE_YEARS)
        return {
            (name, year): chance(index, time, threshold=threshold, year=year)
            for year in years
            for name, threshold in PREDICATES.items()
        }
