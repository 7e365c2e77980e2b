"""Diagnostics of a match: what each check did, which constants the evidence moved, and what it leaves open."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from egovsim.analysis.history_matching.evidence import EvidenceCheck
from egovsim.analysis.history_matching.matching import Match, check_values
from egovsim.analysis.history_matching.rejection import CheckCounts, Search
from egovsim.analysis.measures import Spread, spread
from egovsim.model.inputs import Floats, Profile, Range
from egovsim.model.metrics import value_at
from egovsim.model.model import Model
from egovsim.public import set_module
from egovsim.simulation.run import run

Verdict = Literal["moved", "somewhat", "untouched"]

MOVED, UNTOUCHED = 0.25, 0.10
"""Distances from the range drawn from: at or above the first the evidence moved a constant, below the second it says
nothing of it."""


@set_module("egovsim.analysis")
@dataclass(frozen=True, slots=True)
class CheckDiagnostics:
    """What one check did, and what the accepted members say to it.

    Parameters
    ----------
    check : EvidenceCheck
        The check; one that only reports has no counts.
    counts : CheckCounts or None
        How many it rejected as the first, alone, and as the last.
    search : Search or None
        The search that it belongs to.
    values : Spread
        What the accepted members have.
    passing : float
        Share of the accepted members within its bounds: 1 for a rejecting check.
    passing_when_left_out : float
        Share that would pass it of those that would be accepted without it; not a number for one that only reports.
    """

    check: EvidenceCheck
    counts: CheckCounts | None
    search: Search | None
    values: Spread
    passing: float
    passing_when_left_out: float


@set_module("egovsim.analysis")
@dataclass(frozen=True, slots=True)
class ConstantDiagnostics:
    """How the accepted members' values of one constant differ from the range that it was drawn from.

    Parameters
    ----------
    range : Range
        The range.
    place : str
        The profile that draws it; empty for a constant that all places share.
    values : Spread
        What the accepted members have.
    distance : float
        The largest difference of the two cumulative distributions (Kolmogorov and Smirnov), from 0 to 1.
    noise : float
        The distance that as many distinct members drawn from the range alone stay below in 95 of 100 cases.
    """

    range: Range
    place: str
    values: Spread
    distance: float
    noise: float

    @property
    def verdict(self) -> Verdict:
        """Whether the evidence says something of it."""
        if self.distance >= MOVED:
            return "moved"
        return "somewhat" if self.distance >= max(UNTOUCHED, self.noise) else "untouched"


@set_module("egovsim.analysis")
def check_diagnostics(model: Model, match: Match, *, workers: int | None = None) -> tuple[CheckDiagnostics, ...]:
    """Return what every check of a match's benchmark did.

    Parameters
    ----------
    model : Model
        The model that the members were accepted with.
    match : Match
        The members.
    workers : int, optional
        Threads; no value depends on it.

    Returns
    -------
    tuple of CheckDiagnostics
        In the order of the file.
    """
    values = check_values(model, match, match.benchmark.checks, workers=workers)
    return tuple(_diagnose_check(match, check, values[check.name]) for check in match.benchmark.checks)


def _diagnose_check(match: Match, check: EvidenceCheck, value: Floats) -> CheckDiagnostics:
    counts = match.check_counts.get(check.name)
    search = next((search for search in reversed(match.searches) if counts in search.check_counts), None)
    left_out = search.passing_when_left_out(counts) if counts is not None and search is not None else math.nan
    passing = float(np.mean(check.passes(value)))
    return CheckDiagnostics(check, counts, search if counts is not None else None, spread(value), passing, left_out)


@set_module("egovsim.analysis")
def constant_diagnostics(match: Match) -> tuple[ConstantDiagnostics, ...]:
    """Return how far the evidence moved every uncertain constant.

    Accepted constants are correlated: each row is true alone, a member is more than its rows.

    Parameters
    ----------
    match : Match
        The accepted members.

    Returns
    -------
    tuple of ConstantDiagnostics
        The furthest first.
    """
    found: dict[tuple[str, str], ConstantDiagnostics] = {}
    distinct = match.distinct
    for place, profile in match.benchmark.profiles.items():
        design = match.design(profile)
        ranges = {drawn.name: drawn for drawn in (*match.benchmark.ranges, *profile.ranges)}
        own = {drawn.name for drawn in profile.ranges}
        for name, values in zip(design.names, design.rows().T, strict=True):
            where = place if name in own else ""
            if (name, where) not in found:
                found[name, where] = _diagnose_constant(ranges[name], where, values, distinct)
    return tuple(sorted(found.values(), key=lambda constant: -constant.distance))


def _diagnose_constant(drawn: Range, place: str, values: Floats, distinct: int) -> ConstantDiagnostics:
    noise = 1.36 / math.sqrt(distinct)
    distance = _distance_from_uniform(drawn.unit(values)) if drawn.high > drawn.low else 0.0
    return ConstantDiagnostics(drawn, place, spread(values), distance, noise)


def distance_between(first: Floats, second: Floats) -> float:
    """Return how far two samples of a constant lie apart.

    Parameters
    ----------
    first, second : float64, shape (member,)
        Its values, in any unit.

    Returns
    -------
    float
        The largest difference of their cumulative distributions (Kolmogorov and Smirnov), from 0 to 1.
    """
    from scipy import stats  # pyright: ignore[reportMissingTypeStubs]

    return float(stats.ks_2samp(first, second).statistic)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType, reportAttributeAccessIssue]


def _distance_from_uniform(unit: Floats) -> float:
    """Return the statistic of Kolmogorov and Smirnov for numbers that would be uniform in [0, 1)."""
    from scipy import stats  # pyright: ignore[reportMissingTypeStubs]

    return float(stats.kstest(unit, "uniform").statistic)  # pyright: ignore[reportUnknownMemberType, reportUnknownArgumentType, reportAttributeAccessIssue]


@set_module("egovsim.analysis")
@dataclass(frozen=True, slots=True)
class Band:
    """An outcome of the accepted members in one place and year, as history and business as usual make it."""

    place: str
    outcome: str
    year: float
    values: Spread


@set_module("egovsim.analysis")
def outcome_bands(
    model: Model,
    match: Match,
    outcomes: Sequence[str],
    profiles: Sequence[Profile],
    years: Sequence[float],
    *,
    workers: int | None = None,
) -> Iterator[Band]:
    """Return bands of outcomes, to be laid beside those of a match with other tolerances.

    Parameters
    ----------
    model, match : Model, Match
        The model and the accepted members.
    outcomes : sequence of str
        Scalar variables.
    profiles : sequence of Profile
        The places.
    years : sequence of float
        The instants.
    workers : int, optional
        Threads; no value depends on it.

    Yields
    ------
    Band
        By place, outcome and year; nothing where there are no outcomes or no years.
    """
    wanted = [(outcome, year) for outcome in outcomes for year in years]
    if not wanted:
        return
    for profile in profiles:
        result = run(
            model,
            profile=profile,
            constants=match.constants,
            design=match.design(profile),
            metrics=[value_at(outcome, year, name=f"{outcome} {year:g}") for outcome, year in wanted],
            until=max(years),
            workers=workers,
        )
        for outcome, year in wanted:
            values = result.metric_values(f"{outcome} {year:g}")[0, 0]
            yield Band(profile.name, outcome, year, spread(values[np.isfinite(values)]))
