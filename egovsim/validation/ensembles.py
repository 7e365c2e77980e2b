"""Many runs of a model at once, each reduced to a few numbers before the next are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np

from egovsim.errors import SimulationError
from egovsim.model.inputs import Design, Floats, PolicyPath, Profile
from egovsim.model.model import Method, Model
from egovsim.simulation.result import Result
from egovsim.simulation.run import run
from egovsim.validation.subject import Subject

Measure = Callable[["Trajectories"], Floats]
"""A number for each member, from the trajectories of some members."""

_BLOCK_NUMBERS = 6_000_000
"""How many numbers the trajectories of one block may have: 48 MB."""

ROUNDING = 1e-9
"""Rounding that is forgiven, relative to the largest number of the variable and to 1."""

_AT_AN_END = 0.25
"""The part of the values of random members that stand at an end of their range."""


@dataclass(frozen=True)
class Trajectories:
    """The trajectories of some members under one policy path.

    Parameters
    ----------
    result : Result
        Runs of one scenario and one policy path.
    """

    result: Result

    def __getitem__(self, name: str) -> Floats:
        """Return values, shape (member, time, dimensions of the variable)."""
        found: Floats = self.result.values(name)[0, 0]
        return found

    def total(self, name: str) -> Floats:
        """Sum a variable over all of its elements.

        Parameters
        ----------
        name : str
            A variable, or one of its elements.

        Returns
        -------
        float64, shape (member, time)
            In its own unit.
        """
        values = self[name]
        return values.reshape(*values.shape[:2], -1).sum(axis=2)

    @property
    def time(self) -> Floats:
        """The instants, float64, shape (time,), in the model's unit of time."""
        return self.result.time


@dataclass(frozen=True)
class Ensemble:
    """Many runs, each reduced to a few numbers by (member, column); a column is an element of a variable.

    Parameters
    ----------
    columns : tuple of str
        Names of the elements.
    low, high, last : float64, shape (member, column)
        The least, the greatest and the last value over time, in the variable's own unit.
    finite : bool, shape (member, column)
        Whether all values were finite numbers.
    measures : mapping of str to float64, shape (member,)
        What else was measured, by name.
    failures : tuple of str
        What made the run of each member fail; empty where it did not.
    """

    columns: tuple[str, ...]
    low: Floats
    high: Floats
    last: Floats
    finite: np.ndarray
    measures: Mapping[str, Floats] = field(default_factory=dict[str, Floats])
    failures: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.low)

    def column_of(self, name: str) -> int:
        """Return the column of an element.

        Parameters
        ----------
        name : str
            As in `columns`.

        Returns
        -------
        int
            Its number, from 0.
        """
        return self.columns.index(name)


def run_ensemble(
    subject: Subject,
    design: Design | None = None,
    *,
    model: Model | None = None,
    profile: Profile | None = None,
    constants: Mapping[str, float] | None = None,
    policy: PolicyPath | None = None,
    outputs: Sequence[str] | None = None,
    measures: Mapping[str, Measure] | None = None,
    until: float | None = None,
    method: Method | None = None,
) -> Ensemble:
    """Run members in blocks, and reduce each block to a few numbers a member before the next is run.

    Parameters
    ----------
    subject : Subject
        The model and its settings.
    design : Design, optional
        The members; none means one, with the values of the base run.
    model : Model, optional
        Another version of the model.
    profile : Profile, optional
        By default the subject's.
    constants : mapping of str to float, optional
        Values of inputs that all members share.
    policy : PolicyPath, optional
        What is decided; by default nothing.
    outputs : sequence of str, optional
        The variables that are looked at; by default all.
    measures : mapping of str to callable, optional
        What else is measured of each run, by name.
    until : float, optional
        The end of the runs; by default the model's.
    method : str, optional
        The integration method; by default the model's.

    Returns
    -------
    Ensemble
        In the order of the members.
    """
    model, outputs = model or subject.model, subject.outputs if outputs is None else list(outputs)
    clock, members = model.clock, len(design) if design is not None else 1
    steps = ((clock.stop if until is None else until) - clock.start) / clock.time_step + 1.0
    columns = sum(len(model.elements_of(output)) for output in outputs)
    block = max(1, int(_BLOCK_NUMBERS / (steps * columns)))
    parts: list[Ensemble] = []
    for first in range(0, members, block):
        result = run(
            model,
            profile=profile or subject.profile,
            constants=constants,
            policies=None if policy is None else [policy],
            design=None if design is None else _part(design, first, min(first + block, members)),
            outputs=outputs,
            until=until,
            save_every=clock.time_step,
            method=method,
            seed=subject.seed,
            workers=subject.workers,
        )
        parts.append(_reduced(result, measures or {}))
    return _joined(parts)


def _part(design: Design, first: int, last: int) -> Design:
    rows = design.rows(first, last)
    return Design(design.names, len(rows), lambda start, stop: rows[start:stop])


def _reduced(result: Result, measures: Mapping[str, Measure]) -> Ensemble:
    trajectories = result.trajectories[0, 0]
    failed_at, through = result.status.failed_at[0, 0], result.status.variable[0, 0]
    failures = tuple(
        "" if np.isnan(when) else f'fails at {when:g} through "{name}"'
        for when, name in zip(failed_at, through, strict=True)
    )
    seen = Trajectories(result)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        return Ensemble(
            columns=tuple(name for variable in result.variables.values() for name in variable.column_names),
            low=np.fmin.reduce(trajectories, axis=1),
            high=np.fmax.reduce(trajectories, axis=1),
            last=trajectories[:, -1].copy(),
            finite=np.isfinite(trajectories).all(axis=1),
            measures={name: measure(seen) for name, measure in measures.items()},
            failures=failures,
        )


def _joined(parts: Sequence[Ensemble]) -> Ensemble:
    return Ensemble(
        columns=parts[0].columns,
        low=np.concatenate([part.low for part in parts]),
        high=np.concatenate([part.high for part in parts]),
        last=np.concatenate([part.last for part in parts]),
        finite=np.concatenate([part.finite for part in parts]),
        measures={name: np.concatenate([part.measures[name] for part in parts]) for name in parts[0].measures},
        failures=tuple(text for part in parts for text in part.failures),
    )


def base_trajectories(subject: Subject) -> Trajectories:
    """Run the model once, everything saved at every step.

    Parameters
    ----------
    subject : Subject
        The model, and the profile of its base run.

    Returns
    -------
    Trajectories
        Of one member.

    Raises
    ------
    SimulationError
        When it cannot complete its first step: nothing else can be tested then.
    """
    clock = subject.model.clock
    result = run(
        subject.model,
        profile=subject.profile,
        outputs=subject.outputs,
        save_every=clock.time_step,
        seed=subject.seed,
    )
    failed_at = result.status.failed_at.item()
    if failed_at <= clock.start + clock.time_step * (1.0 + ROUNDING):
        name = subject.model.file or subject.model.name
        raise SimulationError(
            f'{name}: the run does not get beyond its first step: at {failed_at:g} "{result.status.variable.item()}" '
            "is not a finite number; correct this first, nothing else can be tested before."
        )
    return Trajectories(result)


def random_members(subject: Subject) -> Design | None:
    """Draw every input with a range anywhere in it, a quarter of the values at one of its ends.

    Parameters
    ----------
    subject : Subject
        Whose ranges, number of members and seed are used.

    Returns
    -------
    Design or None
        None where no input has a range.
    """
    names: list[str] = []
    columns: list[Floats] = []
    generator = np.random.default_rng(subject.seed)
    for variable in subject.inputs:
        bound = subject.range_of(variable)
        unit = generator.random(subject.members)
        at_end = generator.random(subject.members) < _AT_AN_END
        if bound.low is not None and bound.high is not None and bound.low < bound.high:
            names.append(variable.name)
            columns.append(bound.low + np.where(at_end, np.round(unit), unit) * (bound.high - bound.low))
    return Design.of(dict(zip(names, columns, strict=True))) if names else None
