"""What the checks of a benchmark say of members: each place is run once for the checks that are read there together."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from egovsim.analysis.history_matching.draws import Draws, Integers
from egovsim.analysis.history_matching.evidence import Benchmark, EvidenceCheck
from egovsim.model.inputs import Floats
from egovsim.model.interventions.hold import hold
from egovsim.model.metrics import Metric
from egovsim.model.model import Model
from egovsim.simulation.run import run

Booleans = NDArray[np.bool_]

_NEAR = 1e-9
"""A value this near to a bound, in relation to it, may fall on the other side on another processor."""


@dataclass(frozen=True)
class CheckGroup:
    """Checks that are read under the same places, in one run of each."""

    places: tuple[str, ...]
    checks: tuple[EvidenceCheck, ...]

    def metrics(self, place: str) -> tuple[Metric, ...]:
        """Return the metrics that its checks need of a place, each once.

        Parameters
        ----------
        place : str
            One of `places`.

        Returns
        -------
        tuple of Metric
            In the order in which the checks need them.
        """
        needed = {metric.label: metric for check in self.checks for where, metric in check.needs if where == place}
        return tuple(needed.values())

    @property
    def stop(self) -> float:
        """The instant, in years, at which all of its checks are known: its runs end there."""
        return max(last_instant(check) for check in self.checks)


def last_instant(check: EvidenceCheck) -> float:
    """Return the instant at which a check is known.

    Parameters
    ----------
    check : EvidenceCheck
        Any check.

    Returns
    -------
    float
        In years.
    """
    return max(metric.stop for _, metric in check.needs if metric.stop is not None)


def grouped_checks(checks: Sequence[EvidenceCheck]) -> tuple[CheckGroup, ...]:
    """Group all checks that are read under the same places, where each is to be evaluated in any case.

    Parameters
    ----------
    checks : sequence of EvidenceCheck
        In any order.

    Returns
    -------
    tuple of CheckGroup
        In the order in which their places are first met.
    """
    found: dict[tuple[str, ...], list[EvidenceCheck]] = {}
    for check in checks:
        found.setdefault(check.places, []).append(check)
    return tuple(CheckGroup(places, tuple(group)) for places, group in found.items())


@dataclass(frozen=True)
class CheckEvaluator:
    """The model under the profiles of a benchmark.

    Parameters
    ----------
    model : Model
        The model that the checks speak of.
    benchmark : Benchmark
        Its profiles are the places.
    constants : mapping of str to float
        Set for all members: a rival structure.
    workers : int or None
        Threads; no value depends on it.
    """

    model: Model
    benchmark: Benchmark
    constants: Mapping[str, float]
    workers: int | None

    @cached_property
    def isolated_block(self) -> Model:
        """The model with the block cut off from the rest of it."""
        model = self.model
        for name in self.benchmark.upstream.held if self.benchmark.upstream else ():
            model = hold(model, name)
        return model

    def values(self, group: CheckGroup, draws: Draws, indices: Integers) -> Floats:
        """Return what each check of a group compares with its bounds.

        Parameters
        ----------
        group : CheckGroup
            The checks.
        draws : Draws
            The constants of every member.
        indices : int64, shape (member,)
            Numbers of the members.

        Returns
        -------
        float64, shape (check, member)
            Each in the unit of its check; NaN where a run failed.
        """
        found: dict[tuple[str, str], Floats] = {}
        for place in group.places:
            metrics, profile = group.metrics(place), self.benchmark.profiles[place]
            result = run(
                self.model if profile.covers == "all" else self.isolated_block,
                profile=profile,
                constants=self.constants,
                design=draws.rows(profile, indices),
                metrics=metrics,
                until=self._end(group.stop),
                workers=self.workers,
            )
            found |= {(place, metric.label): result.metric_values(metric.label)[0, 0] for metric in metrics}
        return np.stack([check.value(found) for check in group.checks])

    def _end(self, stop: float) -> float:
        """Return the first instant at which everything is known."""
        clock = self.model.clock
        return min(clock.start + math.ceil((stop - clock.start) / clock.time_step - 1e-9) * clock.time_step, clock.stop)

    def evaluate(self, groups: tuple[CheckGroup, ...], draws: Draws, indices: Integers, allowed: float) -> CheckResults:
        """Put members to the checks, group after group.

        Parameters
        ----------
        groups : tuple of CheckGroup
            In the order in which members meet them.
        draws : Draws
            The constants of every member.
        indices : int64, shape (member,)
            Numbers of the members.
        allowed : float
            A member that has failed more checks than this is not run any further.

        Returns
        -------
        CheckResults
            Of these members.
        """
        count = sum(len(group.checks) for group in groups)
        fails, near = np.zeros((count, len(indices)), dtype=np.bool_), np.zeros(len(indices), dtype=np.bool_)
        remaining, row = np.arange(len(indices)), 0
        for group in groups:
            if not len(remaining):
                break
            rows = slice(row, row + len(group.checks))
            values = self.values(group, draws, indices[remaining])
            pairs = list(zip(group.checks, values, strict=True))
            fails[rows, remaining] = [~check.passes(value) for check, value in pairs]
            near[remaining] |= np.any([_near(check, value) for check, value in pairs], axis=0)
            remaining, row = remaining[fails[:, remaining].sum(axis=0) <= allowed], rows.stop
        return CheckResults(fails, near, remaining)


@dataclass(frozen=True)
class CheckResults:
    """Which members fail which checks.

    Parameters
    ----------
    fails : bool, shape (check, member)
        False also where a member was not run any further.
    near : bool, shape (member,)
        Who is so near to a bound that another processor may decide otherwise.
    remaining : int64, shape (member that met every check,)
        Positions of those that were run to the last check.
    """

    fails: Booleans
    near: Booleans
    remaining: Integers

    @property
    def passed(self) -> Integers:
        """Positions of the members that failed nothing."""
        return self.remaining[~self.fails[:, self.remaining].any(axis=0)]

    def first_failed(self) -> Integers:
        """Return for each member the number of the first check that it fails.

        Returns
        -------
        int64, shape (member,)
            The number of checks for a member that fails none.
        """
        every = np.ones((1, self.fails.shape[1]), dtype=np.bool_)
        return np.vstack([self.fails, every]).argmax(axis=0)

    def first(self, members: int) -> CheckResults:
        """Return the results of the first members alone.

        Parameters
        ----------
        members : int
            How many.

        Returns
        -------
        CheckResults
            As if no others had been evaluated.
        """
        return CheckResults(self.fails[:, :members], self.near[:members], self.remaining[self.remaining < members])

    def only_failed(self) -> Integers:
        """Return for each check how many members failed it and no other.

        Returns
        -------
        int64, shape (check,)
            Of those that met every check.
        """
        followed = self.fails[:, self.remaining]
        return followed[:, followed.sum(axis=0) == 1].sum(axis=1)


def _near(check: EvidenceCheck, value: Floats) -> Booleans:
    bounds = np.array([bound for bound in (check.low, check.high) if np.isfinite(bound)])[:, np.newaxis]
    return np.any(np.abs(value - bounds) <= _NEAR * np.maximum(1.0, np.abs(bounds)), axis=0)
