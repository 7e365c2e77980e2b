"""The shipped members conditioned on a region's own published values.

Members agree with the evidence of other places. Under the region's profile, with the constants that the profile itself
draws drawn anew many times for each member, some give the values that were published for the region and are accepted.
Draws are taken round after round, the first of every member before the second of any, so that what is accepted first
is spread over as many members as there are; a member is accepted as often, in proportion, as its draws pass.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from egovsim.analysis.history_matching.conditioned_files import profile_fingerprint, write_conditioned
from egovsim.analysis.history_matching.defaults import MEMBERS, SEED
from egovsim.analysis.history_matching.diagnostics import UNTOUCHED, distance_between
from egovsim.analysis.history_matching.draws import Integers, Redrawn
from egovsim.analysis.history_matching.evidence import Benchmark, Structure
from egovsim.analysis.history_matching.evidence_files import read_benchmark
from egovsim.analysis.history_matching.matching import Match
from egovsim.analysis.history_matching.member_selection import read_shipped_match
from egovsim.analysis.measures import Spread, spread
from egovsim.egov import defaults
from egovsim.egov.outcomes import DOMAINS
from egovsim.egov.regions.published_values import PublishedValue, PublishedValues, read_published_values
from egovsim.errors import DataError, InputError, ValueRangeError
from egovsim.model.inputs import Floats, Profile
from egovsim.model.model import Model
from egovsim.public import set_module
from egovsim.readers.read_model import read_model
from egovsim.simulation.input_checks import check_profile
from egovsim.simulation.run import run

DRAWS = 64
"""How often the region's own constants are drawn for each member: some ten thousand runs take about a second."""


@set_module("egovsim")
@dataclass(frozen=True, slots=True)
class ReachedValue:
    """One published value beside the members, before and after they were conditioned.

    Parameters
    ----------
    published : PublishedValue
        The value.
    before : Spread
        What all members have under the region's profile.
    after : Spread or None
        What those that were accepted have; None where none was accepted.
    nearest : float
        How far the nearest run is from it, in points.
    """

    published: PublishedValue
    before: Spread
    after: Spread | None
    nearest: float

    @property
    def reached(self) -> bool:
        """Whether any run comes within its tolerance."""
        return self.nearest <= self.published.tolerance


@set_module("egovsim")
@dataclass(frozen=True, slots=True)
class MovedConstant:
    """A constant whose distribution the region's values moved.

    Parameters
    ----------
    name : str
        The constant.
    before, after : Spread
        In the members, and in those that were accepted.
    distance : float
        The largest difference of the two cumulative distributions (Kolmogorov and Smirnov), from 0 to 1.
    """

    name: str
    before: Spread
    after: Spread
    distance: float


@set_module("egovsim")
@dataclass(frozen=True)
class RegionMatch:
    """The members of one structure, conditioned on a region's values.

    Parameters
    ----------
    structure : Structure
        The structure.
    prior : Match
        The members before.
    match : Match or None
        Those that were accepted; None where none reaches the values.
    runs, passing : int
        How many draws of members were run, and how many of them give all values.
    values : tuple of ReachedValue
        By year.
    together : float
        The smallest distance, in points, by which the best run misses a value; the best misses least for its
        tolerances.
    moved : tuple of MovedConstant
        The furthest first; none that as many members drawn at random could show.
    """

    structure: Structure
    prior: Match
    match: Match | None
    runs: int
    passing: int
    values: tuple[ReachedValue, ...]
    together: float
    moved: tuple[MovedConstant, ...]


@set_module("egovsim")
@dataclass(frozen=True)
class RegionMatches:
    """A region's values, and the members conditioned on them under every structure.

    Parameters
    ----------
    region : PublishedValues
        The region and its values.
    model : Model
        The model that was run.
    structures : tuple of RegionMatch
        In the order of the evidence.
    filtered : bool
        Whether the members were accepted by checks of this very region, whose own constants are then not drawn anew.
    """

    region: PublishedValues
    model: Model
    structures: tuple[RegionMatch, ...]
    filtered: bool

    @property
    def matches(self) -> tuple[Match, ...]:
        """The members that were accepted, as `compare` takes them; none of a structure under which nobody was."""
        return tuple(found.match for found in self.structures if found.match is not None)

    def write(self, path: str | Path) -> None:
        """Write the members that were accepted, for `compare` and ``egovsim compare --match``.

        Parameters
        ----------
        path : str or Path
            The file.

        Raises
        ------
        InputError
            When there are none.
        OutputError
            When the place cannot be written to.
        """
        accepted = [(found.structure, found.match) for found in self.structures if found.match is not None]
        if not accepted:
            raise InputError("no member reaches the region's values, so there is nothing to write.")
        rows = [{"year": row.year, "index": row.index, **row.domains} for row in self.region.years]
        write_conditioned(accepted, Path(path), model=self.model, profile=self.region.profile, published=rows)


@set_module("egovsim")
def match_region(
    region: str | Path | PublishedValues,
    *,
    model: str | Path | Model = defaults.MODEL,
    matches: Mapping[str, Match] | None = None,
    structure: str | None = None,
    members: int = MEMBERS,
    seed: int = SEED,
    draws: int = DRAWS,
    domains: Mapping[str, str] = DOMAINS,
    workers: int | None = None,
) -> RegionMatches:
    """Accept the members that give a region's own published values.

    Parameters
    ----------
    region : str, Path or PublishedValues
        A TOML file of the region's profile and its values, or what `read_published_values` returned.
    model : str, Path or Model
        The model that the members were accepted with.
    matches : mapping of str to Match, optional
        Members by structure, of one benchmark; by default all that are shipped of the seed.
    structure : str, optional
        One structure; by default all.
    members : int
        How many to accept at most, of each structure.
    seed : int
        Of the shipped members.
    draws : int
        How often the region's own constants are drawn for each member.
    domains : mapping of str to str
        The model's outcome of each domain.
    workers : int, optional
        Threads; no figure depends on it.

    Returns
    -------
    RegionMatches
        A structure under which no member reaches the values has none, and says how far the nearest is.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError, InputError
        When the file, a value or an option cannot be used; said before anything runs.
    """
    if draws < 1 or members < 1:
        raise ValueRangeError(f"members is {members} and draws is {draws}; at least 1 of each is needed.")
    values = region if isinstance(region, PublishedValues) else read_published_values(region)
    read = model if isinstance(model, Model) else read_model(model)
    check_profile(values.profile, read)
    if matches is None:
        evidence = read_benchmark()
        wanted = evidence.structures if structure is None else (evidence.structure(structure),)
        matches = {known.name: read_shipped_match(read, evidence, known, seed=seed) for known in wanted}
    benchmark = next(iter(matches.values())).benchmark
    held = values.values(domains)
    _check_values(held, read)
    filtered = _is_filtered_on(values.profile, benchmark)
    task = _Conditioning(read, values.profile, held, 0 if filtered else draws, members, workers)
    found = tuple(task.conditioned(benchmark.structure(name), match) for name, match in matches.items())
    return RegionMatches(values, read, found, filtered)


def _check_values(held: tuple[PublishedValue, ...], model: Model) -> None:
    for value in held:
        model[value.outcome]
        if value.year + 1.0 > model.clock.stop:
            raise ValueRangeError(
                f"a value is given for {value.year}, and {model.file or model.name} is written for years up to "
                f"{model.clock.stop:g}; drop it."
            )


def _is_filtered_on(profile: Profile, benchmark: Benchmark) -> bool:
    """Return whether members were accepted by checks of this region; refuse a region that only bears a place's name."""
    place = benchmark.profiles.get(profile.name)
    if place is None:
        return False
    if profile_fingerprint(place) != profile_fingerprint(profile):
        raise DataError(
            f'the profile is called "{profile.name}", like a place of the evidence that has other values; save it '
            "under another name."
        )
    return any(profile.name in check.places for check in benchmark.rejecting)


@dataclass(frozen=True)
class _Conditioning:
    """What is asked of the members of each structure; `draws` is 0 where the region's constants are not drawn anew."""

    model: Model
    profile: Profile
    held: tuple[PublishedValue, ...]
    draws: int
    members: int
    workers: int | None

    def conditioned(self, structure: Structure, prior: Match) -> RegionMatch:
        wide = replace(prior, redrawn=Redrawn(self.profile.name, self.draws) if self.draws else None)
        each = max(self.draws, 1)
        numbers = prior.accepted[:, np.newaxis] * each + np.arange(each)
        reached = self._run(structure, wide, numbers.ravel())
        aims = np.array([[value.value] for value in self.held])
        tolerances = np.array([[value.tolerance] for value in self.held])
        away = np.where(np.isfinite(reached), np.abs(reached - aims), np.inf)
        passing = (away <= tolerances).all(axis=0).reshape(numbers.shape)
        passing_at = np.flatnonzero(passing.T)[: self.members]
        accepted = numbers.T.ravel()[passing_at]
        by_round = reached.reshape(len(self.held), *numbers.shape).transpose(0, 2, 1).reshape(len(self.held), -1)
        match = _with(wide, accepted) if len(accepted) else None
        return RegionMatch(
            structure,
            prior,
            match,
            runs=numbers.size,
            passing=int(passing.sum()),
            values=tuple(
                ReachedValue(
                    value,
                    spread(row[np.isfinite(row)]),
                    spread(row[passing_at]) if len(accepted) else None,
                    float(distance.min()),
                )
                for value, row, distance in zip(self.held, by_round, away, strict=True)
            ),
            together=float(away[:, (away / tolerances).max(axis=0).argmin()].max()),
            moved=self._moved(_with(wide, numbers[:, 0]), match),
        )

    def _run(self, structure: Structure, wide: Match, numbers: Integers) -> Floats:
        """Return every held value in every run, shape (value, run)."""
        metrics = [value.metric for value in self.held]
        result = run(
            self.model,
            profile=self.profile,
            constants=structure.constants,
            design=wide.draws.rows(self.profile, numbers),
            metrics=metrics,
            until=max(value.year for value in self.held) + 1.0,
            workers=self.workers,
        )
        return np.stack([result.metric_values(metric.label)[0, 0] for metric in metrics])

    def _moved(self, before: Match, after: Match | None) -> tuple[MovedConstant, ...]:
        """Compare each constant of the accepted members with the members before, one draw of each."""
        if after is None:
            return ()
        first, second = before.design(self.profile), after.design(self.profile)
        noise = 1.36 * np.sqrt(1.0 / len(before) + 1.0 / after.distinct)
        found: list[MovedConstant] = []
        for name, old, new in zip(first.names, first.rows().T, second.rows().T, strict=True):
            distance = distance_between(old, new)
            if distance >= max(UNTOUCHED, noise):
                found.append(MovedConstant(name, spread(old), spread(new), distance))
        return tuple(sorted(found, key=lambda constant: -constant.distance))


def _with(match: Match, accepted: Integers) -> Match:
    """Return a match with other accepted members."""
    cut = replace(match.last, accepted=accepted)
    return replace(match, search=cut) if match.downstream is None else replace(match, downstream=cut)
