"""Where the figures of a region and the members behind its results come from, in words."""

from __future__ import annotations

from collections.abc import Iterator

from egovsim.analysis.history_matching.matching import Match
from egovsim.egov.labels import Labels
from egovsim.model.inputs import Profile


def origin_lines(profile: Profile, match: Match, labels: Labels) -> Iterator[str]:
    """Yield what a profile says of its figures, and which places its members were filtered on.

    Parameters
    ----------
    profile : Profile
        The region.
    match : Match
        The members.
    labels : Labels
        The language.

    Yields
    ------
    str
        A sentence or two each.
    """
    if note := profile.note.get(labels.language):
        yield labels.text("profile note", note=note)
    benchmark = match.benchmark
    places = dict.fromkeys(place for check in benchmark.rejecting for place in check.places)
    told = [labels.text("filtered places", places=", ".join(labels.label(benchmark.profiles[name]) for name in places))]
    if match.redrawn is not None:
        told.append(labels.text("conditioned region", region=labels.label(profile)))
    yield " ".join(told)
