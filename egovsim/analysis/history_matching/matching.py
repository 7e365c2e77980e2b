"""History matching: members that agree with the evidence, by plain rejection and nothing else.

Every uncertain constant is drawn from its range, member by member, and a member is kept when it passes all
rejecting checks. No walk from what was kept: kept members owe nothing to each other. What makes that affordable
is order. A block of the model that runs almost on its own is matched first, and its constants are then picked
from the tuples that were kept; checks come in the order of the file, and a place is run only for members that
passed the places before it. Member *k* is the same whichever chunk or thread computes it, so the kept ones are
the first that pass, in the order of their numbers, and memory stays flat however many are tried.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from egovsim.analysis.history_matching.draws import BlockSample, Draws, Integers, named_seed
from egovsim.analysis.history_matching.evidence import Benchmark, EvidenceCheck
from egovsim.analysis.history_matching.evidence_files import check_benchmark
from egovsim.errors import InputError, ValueRangeError
from egovsim.model.inputs import Design, Floats, Profile
from egovsim.model.interventions.hold import hold
from egovsim.model.metrics import Metric
from egovsim.model.model import Model
from egovsim.names import canonical
from egovsim.progress import Progress, portion
from egovsim.public import set_module
from egovsim.simulation.run import run

Booleans = NDArray[np.bool_]

MOST_TRIES = 2**26
"""How long a search goes on: an acceptance below one in some ten thousand is taken for a contradiction."""
FOLLOWED = 2**20
"""Members that are followed past their first failed check, to see which check alone keeps them out."""
SCREENED = 2**13
"""Members on which every check is evaluated, whatever the others say of them."""
_SMALLEST_CHUNK, _LARGEST_CHUNK = 2**11, 2**15
_NEAR = 1e-9
"""A value this near to a bound, in relation to it, may fall on the other side on another processor."""


@set_module("egovsim.analysis")
@dataclass(frozen=True, slots=True)
class CheckCounts:
    """What one rejecting check did.

    Parameters
    ----------
    check : str
        Its name.
    failed_first : int
        Of the members tried, those that passed every check before it in the file and failed it.
    failed_alone : int
        Of the members screened, those that failed it, whatever the other checks said.
    failed_only : int
        Of the members surveyed, those that passed every other check and failed it.
    """

    check: str
    failed_first: int
    failed_alone: int
    failed_only: int


@set_module("egovsim.analysis")
@dataclass(frozen=True)
class Search:
    """One search by rejection: what was tried, what was kept, and what the checks did.

    Parameters
    ----------
    accepted : int64, shape (member,)
        Numbers of the kept members, ascending.
    tried : int
        Members tried up to and with the last that was kept.
    followed, followed_accepted : int
        Members followed past their first failed check, and how many of them were kept.
    screened : int
        Members on which every check was evaluated.
    check_counts : tuple of Hurdle
        One for each check, in the order in which members meet them.
    borderline : tuple of int
        Members so near to a bound that another processor may decide otherwise.
    """

    accepted: Integers
    tried: int
    followed: int
    followed_accepted: int
    screened: int
    check_counts: tuple[CheckCounts, ...]
    borderline: tuple[int, ...] = ()

    @property
    def acceptance(self) -> float:
        """Share of the members tried that were kept."""
        return len(self.accepted) / self.tried

    def came_to(self, counts: CheckCounts) -> int:
        """Return how many members came to a check without having failed one before it."""
        before = self.check_counts[: self.check_counts.index(counts)]
        return self.tried - sum(one.failed_first for one in before)

    def passing_when_left_out(self, counts: CheckCounts) -> float:
        """Return the share that would pass a check of those that are kept when it is left out."""
        among = self.followed_accepted + counts.failed_only
        return self.followed_accepted / among if among else math.nan


@set_module("egovsim")
@dataclass(frozen=True)
class Match:
    """Members that pass every rejecting check of a benchmark, and how they were found.

    Parameters
    ----------
    benchmark : Benchmark
        The checks, profiles and ranges.
    seed : int
        Every draw follows from it.
    constants : mapping of str to float
        Constants that were set for all members: a rival structure.
    search : Search
        The search for whole members.
    block : Search or None
        The search for tuples of the block that was matched before.
    """

    benchmark: Benchmark
    seed: int
    search: Search
    block: Search | None = None
    constants: Mapping[str, float] = field(default_factory=dict[str, float])

    def __len__(self) -> int:
        return len(self.search.accepted)

    def __repr__(self) -> str:
        return f"<Match: {len(self)} accepted of {self.search.tried:,} tried, seed {self.seed}>"

    @cached_property
    def check_counts(self) -> Mapping[str, CheckCounts]:
        """What each rejecting check did, by its name; of the block's, what it did to whole members if it met them."""
        met = (*(self.block.check_counts if self.block else ()), *self.search.check_counts)
        return {one.check: one for one in met}

    @cached_property
    def draws(self) -> Draws:
        """The values of the constants of every member."""
        return draws_of(self.benchmark, self.seed, self.block.accepted if self.block else None)

    def design(self, profile: Profile) -> Design:
        """Return the constants of the kept members under a profile, drawn once."""
        for known, design in self._designs:
            if known is profile:
                return design
        drawn = self.draws.rows(profile, self.search.accepted)
        table = drawn.rows()
        made = Design(drawn.names, len(table), lambda first, last: table[first:last])
        self._designs.append((profile, made))
        return made

    @cached_property
    def _designs(self) -> list[tuple[Profile, Design]]:
        """What `design` has drawn: scattered members are dear to draw, and a comparison asks for them often."""
        return []

    def first(self, members: int) -> Match:
        """Return the match with the first members alone."""
        return replace(self, search=replace(self.search, accepted=self.search.accepted[:members]))


def draws_of(benchmark: Benchmark, seed: int, tuples: Integers | None) -> Draws:
    """Return the draws of a seed: those of the block, or with its kept tuples, those of whole members."""
    block = benchmark.block
    if block is None:
        return Draws(benchmark.ranges, seed)
    names = frozenset(map(canonical, block.constants))
    failed_alone = tuple(one for one in benchmark.ranges if canonical(one.name) in names)
    apart = Draws(failed_alone, named_seed(seed, block.name), only=names)
    return apart if tuples is None else Draws(benchmark.ranges, seed, BlockSample(apart, tuples, names))


@dataclass(frozen=True)
class Stage:
    """Checks that stand together in the file and are read under the same places."""

    places: tuple[str, ...]
    checks: tuple[EvidenceCheck, ...]

    def metrics(self, place: str) -> tuple[Metric, ...]:
        """Return the metrics that its checks need of a place, each once."""
        needed = {metric.label: metric for check in self.checks for where, metric in check.needs if where == place}
        return tuple(needed.values())


def stages_of(checks: Sequence[EvidenceCheck]) -> tuple[Stage, ...]:
    """Group checks that follow each other under the same places, so that each place is run late and once."""
    return tuple(Stage(places, tuple(group)) for places, group in groupby(checks, key=lambda one: one.places))


@set_module("egovsim")
def history_match(
    model: Model,
    benchmark: Benchmark,
    *,
    members: int = 1000,
    seed: int = 0,
    constants: Mapping[str, float] | None = None,
    limit: int = MOST_TRIES,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Match:
    """Draw members until enough of them pass every rejecting check.

    Parameters
    ----------
    model : Model
        The model that the checks speak of.
    benchmark : Benchmark
        Checks, profiles and shared ranges, from `read_benchmark`. Checks of its block are passed first, by the
        block's constants alone; then every check by whole members, each with one of the block's kept tuples.
    members : int
        How many to keep, of the block's tuples as well.
    seed : int
        Every draw follows from it. A finding is one only when it holds in two.
    constants : mapping of str to float, optional
        Constants set for all members, such as the switches of a rival structure.
    limit : int
        How many to try at most, in each of the two searches.
    workers : int, optional
        Threads; the result does not depend on it.
    progress : callable, optional
        Called with (done, total).

    Returns
    -------
    Match
        The first members that pass, in the order of their numbers.

    Raises
    ------
    ValueRangeError
        When `members` is below 1, or `seed` below 0.
    UnknownNameError, DataError
        When a check, range or profile does not fit the model.
    InputError
        When too few pass; it names the check that rejects most.
    """
    if members < 1:
        raise ValueRangeError(f"members is {members}; at least 1 is needed.")
    if seed < 0:
        raise ValueRangeError(f"seed is {seed}; it must be 0 or above.")
    check_benchmark(benchmark, model)
    worlds = _Worlds(model, benchmark, dict(constants or {}), workers)
    block, tuples = None, None
    if benchmark.block is not None:
        apart = tuple(one for one in benchmark.rejecting if one.block == benchmark.block.name)
        block = _search(worlds, apart, draws_of(benchmark, seed, None), members, limit, portion(progress, 0.0, 0.3))
        tuples = block.accepted
    draws = draws_of(benchmark, seed, tuples)
    search = _search(worlds, _undecided(benchmark), draws, members, limit, portion(progress, 0.3, 1.0))
    return Match(benchmark, seed, search, block, dict(constants or {}))


def _undecided(benchmark: Benchmark) -> tuple[EvidenceCheck, ...]:
    """Return the checks that whole members must meet: all but those that the block alone has already decided."""

    def decided(one: EvidenceCheck) -> bool:
        return bool(one.block) and all(benchmark.profiles[place].covers == one.block for place in one.places)

    return tuple(one for one in benchmark.rejecting if not decided(one))


@set_module("egovsim.analysis")
def check_values(
    model: Model, match: Match, checks: Sequence[EvidenceCheck], *, workers: int | None = None
) -> dict[str, Floats]:
    """Return what each check compares with its bounds, for the kept members: shape (member,) by the check's name."""
    worlds = _Worlds(model, match.benchmark, match.constants, workers)
    return {
        check.name: value
        for stage in stages_of(checks)
        for check, value in zip(stage.checks, worlds.values(stage, match.draws, match.search.accepted), strict=True)
    }


@dataclass(frozen=True)
class _Worlds:
    """The model under the profiles of a benchmark."""

    model: Model
    benchmark: Benchmark
    constants: Mapping[str, float]
    workers: int | None

    @cached_property
    def block_alone(self) -> Model:
        """The model with the block cut off from the rest of it."""
        model = self.model
        for name in self.benchmark.block.held if self.benchmark.block else ():
            model = hold(model, name)
        return model

    def values(self, stage: Stage, draws: Draws, indices: Integers) -> Floats:
        """Return what each check of a stage compares with its bounds, shape (check, member)."""
        found: dict[tuple[str, str], Floats] = {}
        for place in stage.places:
            metrics, profile = stage.metrics(place), self.benchmark.profiles[place]
            stop = max(metric.stop for metric in metrics if metric.stop is not None)
            result = run(
                self.model if profile.covers == "all" else self.block_alone,
                profile=profile,
                constants=self.constants,
                design=draws.rows(profile, indices),
                metrics=metrics,
                until=self._end(stop),
                workers=self.workers,
            )
            found |= {(place, metric.label): result.metric_values(metric.label)[0, 0] for metric in metrics}
        return np.stack([check.value(found) for check in stage.checks])

    def _end(self, stop: float) -> float:
        """Return the first instant at which everything is known."""
        clock = self.model.clock
        return min(clock.start + math.ceil((stop - clock.start) / clock.time_step - 1e-9) * clock.time_step, clock.stop)

    def meet(self, stages: tuple[Stage, ...], draws: Draws, indices: Integers, allowed: float) -> _Meeting:
        """Let members meet the checks; one that has failed more than `allowed` is not run any further."""
        checks = sum(len(stage.checks) for stage in stages)
        fails, near = np.zeros((checks, len(indices)), dtype=np.bool_), np.zeros(len(indices), dtype=np.bool_)
        alive, row = np.arange(len(indices)), 0
        for stage in stages:
            if not len(alive):
                break
            rows = slice(row, row + len(stage.checks))
            values = self.values(stage, draws, indices[alive])
            fails[rows, alive] = [~check.passes(value) for check, value in zip(stage.checks, values, strict=True)]
            near[alive] |= np.any(
                [_near(check, value) for check, value in zip(stage.checks, values, strict=True)], axis=0
            )
            alive, row = alive[fails[:, alive].sum(axis=0) <= allowed], rows.stop
        return _Meeting(fails, near, alive)


@dataclass(frozen=True)
class _Meeting:
    """How members met the checks: `fails`, shape (check, member); who is `near` a bound; who came to the end."""

    fails: Booleans
    near: Booleans
    alive: Integers

    @property
    def passed(self) -> Integers:
        """Members that failed nothing, by place."""
        return self.alive[~self.fails[:, self.alive].any(axis=0)]

    def first_failed(self) -> Integers:
        """Return for each member the number of the first check that it fails, or the number of checks."""
        every = np.ones((1, self.fails.shape[1]), dtype=np.bool_)
        return np.vstack([self.fails, every]).argmax(axis=0)

    def only_failed(self, members: int) -> Integers:
        """Return for each check how many of the first members failed it and no other."""
        followed = self.fails[:, self.alive[self.alive < members]]
        return followed[:, followed.sum(axis=0) == 1].sum(axis=1)


def _near(check: EvidenceCheck, value: Floats) -> Booleans:
    bounds = np.array([one for one in (check.low, check.high) if np.isfinite(one)])[:, np.newaxis]
    return np.any(np.abs(value - bounds) <= _NEAR * np.maximum(1.0, np.abs(bounds)), axis=0)


def _search(
    worlds: _Worlds,
    checks: tuple[EvidenceCheck, ...],
    draws: Draws,
    members: int,
    limit: int,
    progress: Progress | None,
) -> Search:
    """Try members in the order of their numbers until enough have passed."""
    stages = stages_of(checks)
    firsts, lasts = np.zeros(len(checks) + 1, dtype=np.int64), np.zeros(len(checks), dtype=np.int64)
    accepted: list[Integers] = []
    borderline: list[int] = []
    tried = count = followed = followed_accepted = 0
    chunk = _SMALLEST_CHUNK
    while count < members and tried < limit:
        indices = np.arange(tried, min(tried + chunk, limit), dtype=np.int64)
        following = tried < FOLLOWED
        meeting = worlds.meet(stages, draws, indices, 1 if following else 0)
        passed = meeting.passed[: members - count]
        through = int(passed[-1]) + 1 if count + len(passed) == members else len(indices)
        firsts += np.bincount(meeting.first_failed()[:through], minlength=len(checks) + 1)
        borderline += indices[:through][meeting.near[:through]].tolist()
        accepted.append(indices[passed])
        count, tried = count + len(passed), tried + through
        if following:
            lasts += meeting.only_failed(through)
            followed, followed_accepted = tried, count
        chunk = min(2 * chunk, _LARGEST_CHUNK)
        if progress is not None:
            progress(count, members)
    screened = min(SCREENED, tried)
    failed_alone = worlds.meet(stages, draws, np.arange(screened, dtype=np.int64), np.inf).fails.sum(axis=1)
    check_counts = tuple(
        CheckCounts(check.name, int(firsts[i]), int(failed_alone[i]), int(lasts[i])) for i, check in enumerate(checks)
    )
    if count < members:
        raise InputError(_too_few(count, members, tried, check_counts, screened))
    return Search(
        np.concatenate(accepted), tried, followed, followed_accepted, screened, check_counts, tuple(borderline)
    )


def _too_few(count: int, members: int, tried: int, check_counts: tuple[CheckCounts, ...], screened: int) -> str:
    worst = max(check_counts, key=lambda one: one.failed_alone)
    return (
        f"{count} of {tried:,} members tried pass all evidence checks, and {members:,} were asked for; "
        f'the check that rejects most is "{worst.check}" ({worst.failed_alone / screened:.0%} on its own). '
        "Widen its bounds in checks.toml or the ranges in ranges.toml, or ask for fewer members."
    )
