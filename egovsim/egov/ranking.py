"""What policy paths of e-government are ranked and told by."""

from __future__ import annotations

from egovsim.analysis.comparison.ranking import RankingCriteria
from egovsim.egov.outcomes import INDEX, PREDICATE_YEARS, PREDICATES, REAL_USE, SPENDING, direction
from egovsim.model.inputs import Floats


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
