"""Many runs of a model at once, each reduced to a few numbers before the next are made."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np

from egovsim.errors import InputError, SimulationError
from egovsim.model.inputs import Design, Floats, Profile
from egovsim.model.model import Method, Model, display_elements
from egovsim.model.variable import Variable
from egovsim.names import element_name, split_element
from egovsim.simulation.result import Result
from egovsim.simulation.run import run
from egovsim.simulation.schedule import input_ids
from egovsim.validation.declarations import Bound, Declarations

Measure = Callable[["Trajectories"], Floats]
"""A number for each member, from the courses of some members."""

_BLOCK_NUMBERS = 6_000_000
"""How many numbers the courses of one block may have: 48 MB."""

SLACK = 1e-9
"""Rounding that is forgiven, relative to the largest number of the variable and to 1."""

_AT_AN_END = 0.25
"""The part of the values of random members that stand at an end of their range."""


@dataclass(frozen=True)
class Members:
    """Plausible constants of a model: a design, and constants that hold for all of it."""

    name: str
    design: Design
    constants: Mapping[str, float] = field(default_factory=dict[str, float])


@dataclass(frozen=True)
class Subject:
    """A model with what is declared about it, and how it is to be tested.

    Parameters
    ----------
    model, declarations : Model, Declarations
        What is tested, and what is said about it.
    profile : Profile or None
        The region of the base run.
    family : tuple of Profile
        All regions that fit the model.
    accepted : tuple of Members
        Members that agree with evidence, where there are any.
    accepted_trouble : str
        Why there are none although the model has evidence; empty otherwise.
    members : int
        How many random members are drawn from the ranges of the inputs.
    seed, workers : int
        As in `run`.
    """

    model: Model
    declarations: Declarations
    profile: Profile | None = None
    family: tuple[Profile, ...] = ()
    accepted: tuple[Members, ...] = ()
    accepted_trouble: str = ""
    members: int = 128
    seed: int = 0
    workers: int | None = None

    @property
    def outputs(self) -> list[str]:
        """Everything that has a course."""
        return [variable.name for variable in self.model.variables if variable.kind != "lookup"]

    @property
    def inputs(self) -> list[Variable]:
        """Everything that may be set."""
        return [variable for variable in self.model.inputs if may_be_set(self.model, variable.name)]

    def range_of(self, variable: Variable) -> Bound:
        """Return the range of an input, open where nothing is said."""
        return self.declarations.bounds.get(variable.name, Bound(variable.name))

    @cached_property
    def start(self) -> Mapping[str, float]:
        """The value of every input at the start of the base run, by element."""
        names = [variable.name for variable in self.inputs]
        if not names:
            return {}
        result = run(self.model, profile=self.profile, outputs=names, until=self.model.clock.start)
        columns = [name for variable in result.variables.values() for name in variable.column_names]
        return dict(zip(columns, result.trajectories[0, 0, 0, 0].tolist(), strict=True))

    def values_of(self, variable: Variable) -> list[float]:
        """Return the values that an input has at the start of the base run, one an element."""
        return [self.start[element] for element in self.elements(variable.name)]

    def elements(self, name: str) -> list[str]:
        """Return the names of a variable's elements, or of the one element that is meant."""
        variable = self.model[split_element(name)[0]]
        ids = self.model.elements_of(name)
        return [element_name(variable.name, display_elements(self.model, variable, one)) for one in ids]


def may_be_set(model: Model, name: str) -> bool:
    """Return whether an input takes a value; one that shapes the model, as the order of a delay does, takes none."""
    try:
        input_ids(model, name)
    except InputError:
        return False
    return True


@dataclass(frozen=True)
class Trajectories:
    """The courses of some members under one policy."""

    result: Result

    def __getitem__(self, name: str) -> Floats:
        """Return values, shape (member, time, dimensions of the variable)."""
        found: Floats = self.result.values(name)[0, 0]
        return found

    def total(self, name: str) -> Floats:
        """Return the sum over all elements, shape (member, time)."""
        values = self[name]
        return values.reshape(*values.shape[:2], -1).sum(axis=2)

    @property
    def time(self) -> Floats:
        return self.result.time


@dataclass(frozen=True)
class Survey:
    """What is kept of many runs: numbers by (member, column), a column an element of a variable.

    `low`, `high` and `last` are the least, the greatest and the last value, `finite` whether all of them were
    numbers; `measures` are float64, shape (member,), by name. `trouble` says of each member what made its run fail.
    """

    columns: tuple[str, ...]
    low: Floats
    high: Floats
    last: Floats
    finite: np.ndarray
    measures: Mapping[str, Floats] = field(default_factory=dict[str, Floats])
    trouble: tuple[str, ...] = ()

    def __len__(self) -> int:
        return len(self.low)

    def place(self, name: str) -> int:
        """Return the column of an element."""
        return self.columns.index(name)


def survey(
    subject: Subject,
    design: Design | None = None,
    *,
    model: Model | None = None,
    profile: Profile | None = None,
    constants: Mapping[str, float] | None = None,
    measures: Mapping[str, Measure] | None = None,
    until: float | None = None,
    method: Method | None = None,
) -> Survey:
    """Run members in blocks and keep a few numbers of each.

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
    constants, until, method
        As in `run`; everything is looked at.
    measures : mapping of str to callable, optional
        What else to keep.

    Returns
    -------
    Survey
        In the order of the members.
    """
    model, outputs = model or subject.model, subject.outputs
    clock, members = model.clock, len(design) if design is not None else 1
    steps = ((clock.stop if until is None else until) - clock.start) / clock.time_step + 1.0
    columns = sum(len(model.elements_of(output)) for output in outputs)
    block = max(1, int(_BLOCK_NUMBERS / (steps * columns)))
    parts: list[Survey] = []
    for first in range(0, members, block):
        result = run(
            model,
            profile=profile or subject.profile,
            constants=constants,
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


def _reduced(result: Result, measures: Mapping[str, Measure]) -> Survey:
    trajectories = result.trajectories[0, 0]
    failed_at, through = result.status.failed_at[0, 0], result.status.variable[0, 0]
    trouble = tuple(
        "" if np.isnan(when) else f'fails at {when:g} through "{name}"'
        for when, name in zip(failed_at, through, strict=True)
    )
    seen = Trajectories(result)
    with np.errstate(invalid="ignore", over="ignore", divide="ignore"):
        return Survey(
            columns=tuple(name for variable in result.variables.values() for name in variable.column_names),
            low=np.fmin.reduce(trajectories, axis=1),
            high=np.fmax.reduce(trajectories, axis=1),
            last=trajectories[:, -1].copy(),
            finite=np.isfinite(trajectories).all(axis=1),
            measures={name: measure(seen) for name, measure in measures.items()},
            trouble=trouble,
        )


def _joined(parts: Sequence[Survey]) -> Survey:
    return Survey(
        columns=parts[0].columns,
        low=np.concatenate([part.low for part in parts]),
        high=np.concatenate([part.high for part in parts]),
        last=np.concatenate([part.last for part in parts]),
        finite=np.concatenate([part.finite for part in parts]),
        measures={name: np.concatenate([part.measures[name] for part in parts]) for name in parts[0].measures},
        trouble=tuple(text for part in parts for text in part.trouble),
    )


def base_trajectories(subject: Subject) -> Trajectories:
    """Run the model once, everything saved at every step.

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
    if failed_at <= clock.start + clock.time_step * (1.0 + SLACK):
        name = subject.model.file or subject.model.name
        raise SimulationError(
            f'{name}: the run does not get beyond its first step: at {failed_at:g} "{result.status.variable.item()}" '
            "is not a finite number; correct this first, nothing else can be tested before."
        )
    return Trajectories(result)


def random_members(subject: Subject) -> Design | None:
    """Draw every input with a range anywhere in it, a quarter of the values at one of its ends.

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


@dataclass(frozen=True, slots=True)
class Breach:
    """A bound that was not kept: by which column, in which member, with which value."""

    column: str
    member: int
    value: float
    bound: Bound


def breaches(subject: Subject, seen: Survey) -> list[Breach]:
    """Return, for each bounded element, the worst value outside its bound over all members."""
    found: list[Breach] = []
    for bound in subject.declarations.bounds.values():
        for name in subject.elements(bound.variable):
            if name not in seen.columns:
                continue
            place = seen.place(name)
            low, high = seen.low[:, place], seen.high[:, place]
            size = max(1.0, float(np.fmax.reduce(np.abs(np.concatenate([low, high])))))
            if bound.low is not None and np.fmin.reduce(low) < bound.low - SLACK * size:
                found.append(Breach(name, int(np.nanargmin(low)), float(np.fmin.reduce(low)), bound))
            if bound.high is not None and np.fmax.reduce(high) > bound.high + SLACK * size:
                found.append(Breach(name, int(np.nanargmax(high)), float(np.fmax.reduce(high)), bound))
    return found


def not_numbers(seen: Survey) -> list[tuple[int, str]]:
    """Return the members in which something was not a number, and what: the first cause where it is known."""
    found: list[tuple[int, str]] = []
    for member in np.flatnonzero(~seen.finite.all(axis=1)):
        column = seen.columns[int(np.argmin(seen.finite[member]))]
        found.append((int(member), seen.trouble[member] or f'"{column}" is not a finite number'))
    return found
