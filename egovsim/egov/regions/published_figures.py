"""Published figures of a region beside what the model makes of it."""

from __future__ import annotations

from dataclasses import dataclass

from egovsim.analysis.history_matching.matching import Match
from egovsim.analysis.measures import Spread, spread
from egovsim.model.inputs import Profile, PublishedFigure
from egovsim.model.metrics import mean_over
from egovsim.model.model import Model
from egovsim.simulation.run import run


@dataclass(frozen=True, slots=True)
class PublishedRow:
    """A published figure, and the mean of its calendar year in the accepted members, both in the model's unit."""

    outcome: str
    published: PublishedFigure
    simulated: Spread


def published_rows(profile: Profile, model: Model, match: Match) -> tuple[PublishedRow, ...]:
    """Return each figure that a profile reports beside what accepted members give under the profile.

    Parameters
    ----------
    profile : Profile
        The region.
    model : Model
        The model that the members were accepted with.
    match : Match
        Accepted members.

    Returns
    -------
    tuple of PublishedRow
        In the order of the profile; empty where it reports nothing.
    """
    if not profile.published:
        return ()
    metrics = {name: mean_over(name, figure.year, figure.year + 1.0) for name, figure in profile.published.items()}
    until = max(figure.year for figure in profile.published.values()) + 1.0
    result = run(
        model,
        profile=profile,
        design=match.design(profile),
        constants=match.constants,
        metrics=list(metrics.values()),
        until=until,
    )
    return tuple(
        PublishedRow(name, profile.published[name], spread(result.metric_values(metric.label)[0, 0]))
        for name, metric in metrics.items()
    )
