"""Gap items: which item of two profiles makes how much of the distance between the two places.

An item is a constant, a range, or the history of a lever with the constant that multiplies it. Exchanged *in* the
region, it takes the benchmark's values there and closes a share of the gap; exchanged *in* the benchmark, it takes the
region's values there and loses a share. The two differ where items act through each other, and neither adds up.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TypeVar

import numpy as np

from egovsim.analysis.history_matching.matching import Match
from egovsim.analysis.measures import Spread, spread
from egovsim.model.inputs import Design, Floats, Profile, Series
from egovsim.model.metrics import Metric, mean_over
from egovsim.model.model import Model
from egovsim.names import canonical
from egovsim.public import set_module
from egovsim.simulation.run import run

Entry = TypeVar("Entry")

SMALLEST_GAP = 0.05
"""A member whose places lie nearer to each other than this has no gap to speak of."""


@set_module("egovsim.analysis")
@dataclass(frozen=True)
class GapItem:
    """What one item, or several together, make of the gap.

    Parameters
    ----------
    items : tuple of str
        The levers and constants that are exchanged; every one of both profiles in the last row of a table.
    whole : bool
        Whether these are all items.
    closed, lost : mapping of str to Spread or None
        By outcome, shares of the gap, member by member: closed when the region takes the benchmark's values, lost when
        the benchmark takes the region's. None where no member has a gap.
    """

    items: tuple[str, ...]
    whole: bool
    closed: Mapping[str, Spread | None]
    lost: Mapping[str, Spread | None]

    def size(self, outcome: str) -> float:
        """Return the median share of an outcome's gap that is closed.

        Parameters
        ----------
        outcome : str
            One of those that the table was asked for.

        Returns
        -------
        float
            0 where there is no gap.
        """
        closed = self.closed[outcome]
        return closed.p50 if closed is not None else 0.0


@set_module("egovsim.analysis")
def gap_table(
    model: Model,
    profile: Profile,
    benchmark: Profile,
    match: Match,
    *,
    outcomes: Sequence[str],
    year: float,
    together: Sequence[Sequence[str]] = (),
    workers: int | None = None,
) -> tuple[GapItem, ...]:
    """Return how much of the gap in a year each item of the profiles makes, the largest first.

    Parameters
    ----------
    model : Model
        The model.
    profile, benchmark : Profile
        The region, and the place that it is measured against.
    match : Match
        The members.
    outcomes : sequence of str
        Scalar variables, as means of the year; the rows are in the order of the largest share that an item closes of
        any of them.
    year : float
        The calendar year, such as 2023.
    together : sequence of sequence of str
        Items to be exchanged at once, in rows of their own.
    workers : int, optional
        Threads; no figure depends on it.

    Returns
    -------
    tuple of GapItem
        One row an item in which the profiles differ, then the groups, then all items at once, which closes all.
        Empty when the profiles do not differ, or when the model does not run through the year.
    """
    if not model.clock.start <= year < model.clock.stop:
        return ()
    metrics = [mean_over(name, year, year + 1.0, name=name) for name in outcomes]
    places = _Place.of(profile, match), _Place.of(benchmark, match)
    exchange = _Exchange(model, *places, match.constants, metrics, year + 1.0, workers)
    single = exchange.items()
    if not single:
        return ()
    rows = sorted(
        (exchange.gap_item((item,), whole=False) for item in single),
        key=lambda row: -max(row.size(name) for name in outcomes),
    )
    groups = [tuple(item for item in map(canonical, group) if item in single) for group in together]
    rows += [exchange.gap_item(group, whole=False) for group in groups if len(group) > 1]
    return (*rows, exchange.gap_item(single, whole=True))


@dataclass(frozen=True)
class _Place:
    """What a profile and its members say, by canonical name.

    `columns` are the values of constants, float64, shape (member,); `own` is what the profile itself sets, but for the
    multipliers, which go with their levers.
    """

    levers: Mapping[str, Series]
    multipliers: Mapping[str, str]
    columns: Mapping[str, Floats]
    own: tuple[str, ...]

    @classmethod
    def of(cls, profile: Profile, match: Match) -> _Place:
        design = match.design(profile)
        fixed = {canonical(name): np.full(len(design), value) for name, value in profile.constants.items()}
        drawn = {canonical(name): column for name, column in zip(design.names, design.rows().T, strict=True)}
        levers = {canonical(name): series for name, series in profile.levers.items()}
        multipliers = {canonical(lever): canonical(multiplier) for lever, multiplier in profile.multipliers.items()}
        said = dict.fromkeys((*levers, *fixed, *(canonical(drawn.name) for drawn in profile.ranges)))
        return cls(levers, multipliers, fixed | drawn, tuple(name for name in said if name not in multipliers.values()))

    def with_items(self, items: frozenset[str], other: _Place) -> _Place:
        """Return the place with some items as they are in another place."""
        tied = {place.multipliers[item] for place in (self, other) for item in items if item in place.multipliers}
        return replace(
            self,
            levers=_mixed(self.levers, other.levers, items),
            multipliers=_mixed(self.multipliers, other.multipliers, items),
            columns=_mixed(self.columns, other.columns, items | tied),
        )

    def equals(self, other: _Place) -> bool:
        """Return whether two places say the same of every lever and every member."""
        return (
            self.levers == other.levers
            and self.columns.keys() == other.columns.keys()
            and all(np.array_equal(values, other.columns[name]) for name, values in self.columns.items())
        )


def _mixed(mine: Mapping[str, Entry], theirs: Mapping[str, Entry], names: frozenset[str]) -> dict[str, Entry]:
    """Return the entries of one mapping, those of some names as another has them or has not."""
    unchanged = {name: value for name, value in mine.items() if name not in names}
    return unchanged | {name: value for name, value in theirs.items() if name in names}


@dataclass(frozen=True)
class _Exchange:
    """Both places on the same members, and what becomes of each with items of the other."""

    model: Model
    region: _Place
    benchmark: _Place
    constants: Mapping[str, float]
    metrics: Sequence[Metric]
    until: float
    workers: int | None

    def items(self) -> tuple[str, ...]:
        """Return what differs between the two places, levers first."""
        every = dict.fromkeys((*self.region.own, *self.benchmark.own))
        return tuple(
            item for item in every if not self.region.with_items(frozenset((item,)), self.benchmark).equals(self.region)
        )

    @cached_property
    def ends(self) -> tuple[Floats, Floats]:
        """The outcomes of the region and of the benchmark, shape (outcome, member)."""
        return self.levels(self.region), self.levels(self.benchmark)

    def levels(self, place: _Place) -> Floats:
        """Return the outcomes of a place, shape (outcome, member)."""
        result = run(
            self.model,
            profile=Profile("", levers=place.levers, multipliers=place.multipliers),
            constants=self.constants,
            design=Design.of(place.columns) if place.columns else None,
            metrics=self.metrics,
            until=self.until,
            workers=self.workers,
        )
        return np.stack([result.metric_values(metric.label)[0, 0] for metric in self.metrics])

    def gap_item(self, items: tuple[str, ...], *, whole: bool) -> GapItem:
        """Exchange items in both directions."""
        ids, (region, benchmark) = frozenset(items), self.ends
        names = tuple(self.model.variable_of(item).name for item in items)
        with np.errstate(invalid="ignore"):
            gap = benchmark - region
            closed = self.levels(self.region.with_items(ids, self.benchmark)) - region
            lost = benchmark - self.levels(self.benchmark.with_items(ids, self.region))
        return GapItem(names, whole, self._shares(closed, gap), self._shares(lost, gap))

    def _shares(self, parts: Floats, gaps: Floats) -> dict[str, Spread | None]:
        found: dict[str, Spread | None] = {}
        for metric, part, gap in zip(self.metrics, parts, gaps, strict=True):
            counts = np.isfinite(part) & np.isfinite(gap) & (np.abs(gap) >= SMALLEST_GAP)
            found[metric.label] = spread(part[counts] / gap[counts]) if counts.any() else None
        return found
