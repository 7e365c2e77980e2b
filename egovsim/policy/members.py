"""Members that agree with the evidence, by plain rejection.

Every uncertain constant is drawn from its range, member by member, and a member is kept when it
passes all rejecting checks. Member *k* is the same whichever chunk or thread computes it, so the kept
ones are the first that pass, in the order of their numbers.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
from numpy.typing import NDArray

from egovsim.errors import InputError, ValueRangeError
from egovsim.model.inputs import Design, Floats, Profile, Range
from egovsim.model.metrics import Metric
from egovsim.model.model import Model
from egovsim.names import canonical
from egovsim.policy.evidence import Benchmark, EvidenceCheck
from egovsim.simulation import run, sample

Integers = NDArray[np.int64]
Progress = Callable[[int, int], None]

CHUNK = 4096
"""Members that are tried at a time; the result does not depend on it."""
SURVEYED = 2048
"""Members on which every check is evaluated, whatever the others say of them."""
_BLOCK = 1024
"""Rows that are drawn at a time, as the generator does."""
TRIES_PER_MEMBER = 4000
"""How long the search goes on: an acceptance below 1 in 4,000 is taken for a contradiction."""


@dataclass(frozen=True, slots=True)
class Draws:
    """The values of all uncertain constants: the shared ones, and those of each place."""

    ranges: tuple[Range, ...]
    seed: int
    members: int

    def rows(self, profile: Profile, indices: Integers) -> Design:
        """Return the constants of some members under a profile.

        A constant that the profile fixes keeps the profile's value, and a range of the profile's own
        replaces the shared one.

        Parameters
        ----------
        profile : Profile
            The place.
        indices : int64, shape (member,)
            Numbers of the members.

        Returns
        -------
        Design
            One row a member, in the order of `indices`.
        """
        own = {canonical(one.name) for one in profile.ranges}
        taken = own | {canonical(name) for name in profile.constants}
        free = [i for i, one in enumerate(self.ranges) if canonical(one.name) not in taken]
        names = [self.ranges[i].name for i in free] + [one.name for one in profile.ranges]
        shared = self._drawn(self.ranges, self.seed, indices)[:, free]
        placed = self._drawn(profile.ranges, _place_seed(self.seed, profile.name), indices)
        table = np.ascontiguousarray(np.hstack([shared, placed]))
        return Design(tuple(names), len(table), lambda first, last: table[first:last])

    def _drawn(self, ranges: tuple[Range, ...], seed: int, indices: Integers) -> Floats:
        if not ranges or not len(indices):
            return np.empty((len(indices), len(ranges)))
        design = sample(ranges, members=self.members, seed=seed, method="random")
        blocks = [(block * _BLOCK, indices[indices // _BLOCK == block]) for block in np.unique(indices // _BLOCK)]
        return np.vstack([design.rows(int(at), int(at) + _BLOCK)[wanted - at] for at, wanted in blocks])


@dataclass(frozen=True, slots=True)
class Hurdle:
    """What one rejecting check did.

    Parameters
    ----------
    check : str
        Its name.
    first : int
        Of the members tried, those that passed every check before it in the file and failed it.
    alone : int
        Of the members surveyed, those that failed it, whatever the other checks said.
    last : int
        Of the members surveyed, those that passed every other check and failed it.
    """

    check: str
    first: int
    alone: int
    last: int


@dataclass(frozen=True)
class Members:
    """Members that passed every rejecting check, and how they were found.

    Parameters
    ----------
    indices : int64, shape (member,)
        Numbers of the kept members, ascending.
    tried : int
        Members tried up to and with the last that was kept.
    surveyed : int
        Members on which every check was evaluated.
    hurdles : tuple of Hurdle
        One for each rejecting check, in the order of the file.
    draws : Draws
        The ranges and seed that the members are drawn from.
    """

    indices: Integers
    tried: int
    surveyed: int
    hurdles: tuple[Hurdle, ...]
    draws: Draws

    def __len__(self) -> int:
        return len(self.indices)

    def design(self, profile: Profile) -> Design:
        """Return the constants of the kept members under a profile."""
        return self.draws.rows(profile, self.indices)


@dataclass(frozen=True)
class Stage:
    """Checks that stand together in the file and are read under the same places."""

    places: tuple[str, ...]
    checks: tuple[EvidenceCheck, ...]

    def metrics(self, place: str) -> tuple[Metric, ...]:
        """Return the metrics that its checks need of a place, each once."""
        needed = {metric.label: metric for one in self.checks for where, metric in one.needs if where == place}
        return tuple(needed.values())


def stages_of(checks: Sequence[EvidenceCheck]) -> tuple[Stage, ...]:
    """Group checks that follow each other under the same places, so that each place is run late and once."""
    return tuple(Stage(places, tuple(group)) for places, group in groupby(checks, key=lambda one: one.places))


def check_values(
    model: Model,
    benchmark: Benchmark,
    stage: Stage,
    draws: Draws,
    indices: Integers,
    *,
    workers: int | None = None,
) -> Floats:
    """Return what each check of a stage compares with its bounds, shape (check, member)."""
    found: dict[tuple[str, str], Floats] = {}
    for place in stage.places:
        metrics = stage.metrics(place)
        profile = benchmark.profiles[place]
        stop = max(one.stop for one in metrics if one.stop is not None)
        until = min(float(math.ceil(stop)), model.clock.stop)
        result = run(
            model,
            profile=profile,
            design=draws.rows(profile, indices),
            metrics=metrics,
            until=until,
            workers=workers,
        )
        for one in metrics:
            found[place, one.label] = result.metric_values(one.label)[0, 0]
    return np.stack([one.value(found) for one in stage.checks])


def select_members(
    model: Model,
    benchmark: Benchmark,
    *,
    members: int,
    seed: int,
    limit: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Members:
    """Draw members until enough of them pass every rejecting check.

    Parameters
    ----------
    model : Model
        The model that the checks speak of.
    benchmark : Benchmark
        Checks, profiles and shared ranges; a stage of checks is run only for members that passed the
        stages before it.
    members : int
        How many to keep.
    seed : int
        Every draw follows from it.
    limit : int, optional
        How many to try at most; by default 4,000 for each member asked for, and at least 200,000.
    workers : int, optional
        Threads; the result does not depend on it.
    progress : callable, optional
        Called with (kept so far, members).

    Returns
    -------
    Members
        The first that pass, in the order of their numbers.

    Raises
    ------
    ValueRangeError
        When `members` is below 1.
    InputError
        When too few pass; it names the check that rejects most.
    """
    if members < 1:
        raise ValueRangeError(f"members is {members}; at least 1 is needed.")
    most = limit if limit is not None else max(200_000, TRIES_PER_MEMBER * members)
    draws = Draws(benchmark.ranges, seed, most)
    stages, checks = stages_of(benchmark.rejecting), benchmark.rejecting
    firsts = np.zeros(len(checks) + 1, dtype=np.int64)
    kept: list[Integers] = []
    tried = count = 0
    while count < members and tried < most:
        indices = np.arange(tried, min(tried + CHUNK, most), dtype=np.int64)
        hurdle = _first_failed(model, benchmark, stages, draws, indices, workers)
        passed = np.flatnonzero(hurdle == len(checks))[: members - count]
        if count + len(passed) == members:
            hurdle = hurdle[: passed[-1] + 1]
        firsts += np.bincount(hurdle, minlength=len(checks) + 1)
        kept.append(indices[passed])
        count, tried = count + len(passed), tried + len(hurdle)
        if progress is not None:
            progress(count, members)
    hurdles, surveyed = _survey(model, benchmark, stages, draws, firsts, workers)
    if count < members:
        raise InputError(_too_few(count, members, tried, hurdles, surveyed))
    return Members(np.concatenate(kept), tried, surveyed, hurdles, draws)


def _first_failed(
    model: Model,
    benchmark: Benchmark,
    stages: tuple[Stage, ...],
    draws: Draws,
    indices: Integers,
    workers: int | None,
) -> Integers:
    """Return for each member the place in the list of the first check that it fails, or the list's length."""
    failed = np.full(len(indices), sum(len(stage.checks) for stage in stages), dtype=np.int64)
    alive, before = np.arange(len(indices)), 0
    for stage in stages:
        if not len(alive):
            break
        values = check_values(model, benchmark, stage, draws, indices[alive], workers=workers)
        passes = np.stack([check.passes(value) for check, value in zip(stage.checks, values, strict=True)])
        wrong = ~passes.all(axis=0)
        failed[alive[wrong]] = before + np.argmin(passes[:, wrong], axis=0)
        alive, before = alive[~wrong], before + len(stage.checks)
    return failed


def _survey(
    model: Model,
    benchmark: Benchmark,
    stages: tuple[Stage, ...],
    draws: Draws,
    firsts: Integers,
    workers: int | None,
) -> tuple[tuple[Hurdle, ...], int]:
    """Evaluate every check on the first members, so that checks can be compared with each other."""
    indices = np.arange(min(SURVEYED, draws.members), dtype=np.int64)
    rows = [
        check.passes(value)
        for stage in stages
        for check, value in zip(
            stage.checks, check_values(model, benchmark, stage, draws, indices, workers=workers), strict=True
        )
    ]
    if not rows:
        return (), len(indices)
    fails = ~np.stack(rows)
    only = fails.sum(axis=0) == 1
    checks = benchmark.rejecting
    hurdles = tuple(
        Hurdle(check.name, int(firsts[i]), int(fails[i].sum()), int((fails[i] & only).sum()))
        for i, check in enumerate(checks)
    )
    return hurdles, len(indices)


def _too_few(count: int, members: int, tried: int, hurdles: tuple[Hurdle, ...], surveyed: int) -> str:
    worst = max(hurdles, key=lambda one: one.alone)
    return (
        f"{count} of {tried:,} members tried pass all evidence checks, and {members:,} were asked for; "
        f'the check that rejects most is "{worst.check}" ({worst.alone / surveyed:.0%} on its own). '
        "Widen its bounds in checks.toml or the ranges in ranges.toml, or ask for fewer members."
    )


def _place_seed(seed: int, place: str) -> int:
    """Return a seed of a place's own, so that two places' constants are drawn apart."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{place}".encode()).digest()[:4], "big")
