"""The swap table: which item of two profiles makes how much of the distance between the two places.

An item is a constant, a range or the history of a lever with the height that multiplies it. Swapped *to* the region, it
takes the benchmark's values there and closes a share of the gap; swapped *away* from the benchmark, it takes the
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
from egovsim.names import canonical, split_element
from egovsim.simulation.run import run

Entry = TypeVar("Entry")

YEAR = 2023.0
"""The last year for which the benchmark's index is published."""
SMALLEST_GAP = 0.05
"""A member whose places lie nearer to each other than this has no gap to speak of."""


@dataclass(frozen=True)
class GapItem:
    """What one item, or several together, make of the gap.

    Parameters
    ----------
    items : tuple of str
        The levers and constants that are swapped; every one of both profiles in the last row of a table.
    whole : bool
        Whether these are all items.
    closed, lost : mapping of str to Spread or None
        By outcome, shares of the gap, member by member: closed when swapped to the region, lost when swapped away
        from the benchmark. None where no member has a gap.
    """

    items: tuple[str, ...]
    whole: bool
    closed: Mapping[str, Spread | None]
    lost: Mapping[str, Spread | None]

    def size(self, outcome: str) -> float:
        """Return the median share of an outcome's gap that is closed, 0 where there is no gap."""
        found = self.closed[outcome]
        return found.p50 if found is not None else 0.0


def gap_table(
    model: Model,
    profile: Profile,
    benchmark: Profile,
    match: Match,
    *,
    outcomes: Sequence[str],
    together: Sequence[Sequence[str]] = (),
    workers: int | None = None,
) -> tuple[GapItem, ...]:
    """Return how much of the gap of 2023 each item of the profiles makes, the largest first.

    Parameters
    ----------
    model : Model
        The model.
    profile, benchmark : Profile
        The region, and the place that it is measured against.
    match : Match
        The members.
    outcomes : sequence of str
        Scalar variables, as means of the year 2023; the rows are in the order of the largest share that an item
        closes of any of them.
    together : sequence of sequence of str
        Items to be swapped at once, in rows of their own.
    workers : int, optional
        Threads.

    Returns
    -------
    tuple of Swap
        One row an item in which the profiles differ, then the groups, then all items at once, which closes all.
        Empty when the profiles do not differ, or when the model does not run through 2023.
    """
    if not model.clock.start <= YEAR < model.clock.stop:
        return ()
    metrics = [mean_over(name, YEAR, YEAR + 1.0, name=name) for name in outcomes]
    here, there = _Place.of(profile, match), _Place.of(benchmark, match)
    worlds = _Worlds(model, here, there, match.constants, metrics, workers)
    single = worlds.items()
    if not single:
        return ()
    rows = sorted(
        (worlds.gap_item((item,), whole=False) for item in single),
        key=lambda one: -max(one.size(name) for name in outcomes),
    )
    groups = [tuple(one for one in map(canonical, group) if one in single) for group in together]
    rows += [worlds.gap_item(group, whole=False) for group in groups if len(group) > 1]
    return (*rows, worlds.gap_item(single, whole=True))


@dataclass(frozen=True)
class _Place:
    """What a profile and its members say, by canonical name.

    `columns` are the values of constants, float64, shape (member,); `own` is what the profile itself sets, but for the
    heights, which go with their levers.
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
        said = dict.fromkeys((*levers, *fixed, *(canonical(one.name) for one in profile.ranges)))
        return cls(levers, multipliers, fixed | drawn, tuple(one for one in said if one not in multipliers.values()))

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
    accepted = {name: value for name, value in mine.items() if name not in names}
    return accepted | {name: value for name, value in theirs.items() if name in names}


@dataclass(frozen=True)
class _Worlds:
    """Both places on the same members."""

    model: Model
    here: _Place
    there: _Place
    constants: Mapping[str, float]
    metrics: Sequence[Metric]
    workers: int | None

    def items(self) -> tuple[str, ...]:
        """Return what differs between the two places, levers first."""
        every = dict.fromkeys((*self.here.own, *self.there.own))
        return tuple(one for one in every if not self.here.with_items(frozenset((one,)), self.there).equals(self.here))

    @cached_property
    def ends(self) -> tuple[Floats, Floats]:
        """The outcomes of the region and of the benchmark, shape (outcome, member)."""
        return self.levels(self.here), self.levels(self.there)

    def levels(self, place: _Place) -> Floats:
        """Return the outcomes of a place, shape (outcome, member)."""
        result = run(
            self.model,
            profile=Profile("", levers=place.levers, multipliers=place.multipliers),
            constants=self.constants,
            design=Design.of(place.columns) if place.columns else None,
            metrics=self.metrics,
            until=YEAR + 1.0,
            workers=self.workers,
        )
        return np.stack([result.metric_values(metric.label)[0, 0] for metric in self.metrics])

    def gap_item(self, items: tuple[str, ...], *, whole: bool) -> GapItem:
        """Swap items in both directions."""
        ids, (region, city) = frozenset(items), self.ends
        names = tuple(self.model[split_element(item)[0]].name for item in items)
        with np.errstate(invalid="ignore"):
            gap = city - region
            closed = self.levels(self.here.with_items(ids, self.there)) - region
            lost = city - self.levels(self.there.with_items(ids, self.here))
        return GapItem(names, whole, self._shares(closed, gap), self._shares(lost, gap))

    def _shares(self, parts: Floats, gaps: Floats) -> dict[str, Spread | None]:
        found: dict[str, Spread | None] = {}
        for metric, part, gap in zip(self.metrics, parts, gaps, strict=True):
            counts = np.isfinite(part) & np.isfinite(gap) & (np.abs(gap) >= SMALLEST_GAP)
            found[metric.label] = spread(part[counts] / gap[counts]) if counts.any() else None
        return found
