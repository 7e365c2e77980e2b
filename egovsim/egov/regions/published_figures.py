"""Published figures of a region beside what the model makes of it."""

from __future__ import annotations

from dataclasses import dataclass

from egovsim.analysis.history_matching.matching import Match
from egovsim.analysis.measures import Spread, spread
from egovsim.model.inputs import Profile, Reported
from egovsim.model.metrics import mean_over
from egovsim.model.model import Model
from egovsim.simulation.run import run


@dataclass(frozen=True, slots=True)
class ReportedRow:
    """A published figure, and the mean of its calendar year in the kept members, both in the model's unit."""

    outcome: str
    published: Reported
    simulated: Spread


def beside_reported(profile: Profile, model: Model, match: Match) -> tuple[ReportedRow, ...]:
    """Return each figure that a profile reports beside what kept members give under the profile.

    Parameters
    ----------
    profile : Profile
        The region.
    model : Model
        The model that the members were kept with.
    match : Match
        Kept members.
    """
    if not profile.reported:
        return ()
    metrics = {name: mean_over(name, one.year, one.year + 1.0) for name, one in profile.reported.items()}
    until = max(one.year for one in profile.reported.values()) + 1.0
    result = run(
        model,
        profile=profile,
        design=match.design(profile),
        constants=match.constants,
        metrics=list(metrics.values()),
        until=until,
    )
    return tuple(
        ReportedRow(name, profile.reported[name], spread(result.metric_values(metric.label)[0, 0]))
        for name, metric in metrics.items()
    )
