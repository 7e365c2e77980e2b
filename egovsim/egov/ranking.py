"""What policy paths of e-government are ranked and told by."""

from __future__ import annotations

import math
from collections.abc import Sequence

from egovsim.analysis.comparison.ranking import PathResult, RankingCriteria, winners
from egovsim.egov.comparison import Comparison
from egovsim.egov.outcomes import INDEX, PREDICATE_YEARS, PREDICATES, REAL_USE, SPENDING, direction
from egovsim.model.inputs import Floats, PolicyPath

SEPARABLE = 0.9
"""Neighbours of a ranking are told apart where they stand in this order in this share of members, or more."""
_STEPS = (0.05, 0.1, 0.2)
"""What shares of members are rounded to."""
_MOST_OWN = 4
"""Paths of one's own that a page for a meeting can hold."""


def ranking_criteria(by: str, time: Floats, start: float, discount: float) -> RankingCriteria:
    """Return the criteria of a ranking that tells both indices, and when the official predicates are reached.

    Parameters
    ----------
    by : str
        The outcome that ranks.
    time : float64, shape (time,)
        Instants of the trajectories, in years.
    start : float
        When the policies start, in years.
    discount : float
        Rate a year, for extra costs.

    Returns
    -------
    RankingCriteria
        For `rank_paths`; a predicate beyond the horizon is told of the horizon.
    """
    years = dict.fromkeys(min(year, float(time[-1])) for year in PREDICATE_YEARS)
    return RankingCriteria(
        by=by,
        better=direction(by),
        shown=tuple(dict.fromkeys((INDEX, REAL_USE, by))),
        spending=SPENDING,
        thresholds={(name, year): threshold for year in years for name, threshold in PREDICATES.items()},
        threshold_outcome=INDEX,
        time=time,
        start=start,
        discount=discount,
    )


def share_step(members: int) -> float:
    """Return what a share of so many members is rounded to.

    Parameters
    ----------
    members : int
        How many there are.

    Returns
    -------
    float
        The least of 0.05, 0.1 and 0.2 that is no finer than the sampling error of a half: a half over the root of
        their number. From 100 members on that is 0.05.
    """
    return next((step for step in _STEPS if step >= 0.5 / math.sqrt(members)), _STEPS[-1])


def rounded_share(share: float, members: int) -> float:
    """Return a share of members, no finer than their number allows.

    Parameters
    ----------
    share : float
        1 is all.
    members : int
        How many there are.

    Returns
    -------
    float
        A multiple of the step, from 0 to 1.
    """
    return round(round(share / share_step(members)) * share_step(members), 2)


def two_figures(value: float) -> float:
    """Return a sum of money to two figures: more of them would be made up.

    Parameters
    ----------
    value : float
        In any unit.

    Returns
    -------
    float
        1200 for 1236, 47 for 46.8; whole below ten. What is infinite stays so.
    """
    if not math.isfinite(value) or not value:
        return value
    return round(value, -max(0, math.floor(math.log10(abs(value))) - 1))


def not_separable(rows: Sequence[PathResult], members: int) -> list[tuple[int, int]]:
    """Return which places of a family's ranking say nothing, since neighbours change places too often.

    Parameters
    ----------
    rows : sequence of PathResult
        Of one family under one scenario, by rank; business as usual has no place.
    members : int
        How many there are: their shares are judged as they are printed.

    Returns
    -------
    list of (int, int)
        First and last rank of each run of paths that cannot be told from their neighbours.
    """
    groups: list[tuple[int, int]] = []
    for row in rows:
        if row.rank is None or row.ahead_share is None or rounded_share(row.ahead_share, members) >= SEPARABLE:
            continue
        first = groups.pop()[0] if groups and groups[-1][1] == row.rank else row.rank
        groups.append((first, row.rank + 1))
    return groups


def main_paths(comparison: Comparison, scenario: str) -> list[PolicyPath]:
    """Return the few paths that a meeting has to see, the one that it is about first.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    scenario : str
        Name of one of its scenarios.

    Returns
    -------
    list of PolicyPath
        Paths of one's own, in their order, then the first of each other family; business as usual last.
    """
    own = [policy for policy in comparison.policies[1:] if (policy.family or "own") == "own"][:_MOST_OWN]
    first = {row.policy for family, row in winners(comparison.ranking, scenario).items() if family != "own"}
    return [*own, *(policy for policy in comparison.policies if policy.name in first), comparison.policies[0]]
