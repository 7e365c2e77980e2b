"""Tests of what is declared to follow when inputs stand at extremes, or variables stand still.

What is zero, never rises or never falls must be so whatever the other inputs are: in the base run, and in members
drawn anywhere in the ranges. A number is a claim about a plausible region: it must be kept in the base run, and in 95
of 100 members that agree with the evidence. The middle one is among these; the last few are the tails of an accepted
sample, which tell of the constants and not of the structure.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from egovsim.model.inputs import Design, Floats, PolicyPath, Series
from egovsim.model.interventions.switch import with_switches
from egovsim.model.model import Clock
from egovsim.names import canonical, split_element
from egovsim.validation.declarations import Extreme
from egovsim.validation.ensembles import ROUNDING, Ensemble, Measure, Trajectories, random_members, run_ensemble
from egovsim.validation.standard_runs import ACCEPTED, BASE, RANDOM, Ensembles, member_text
from egovsim.validation.subject import Subject
from egovsim.validation.verdicts import Family, Verdict, counted

_TEST = "declared extremes"
_FAMILY: Family = "structure and behaviour"
_LEAST_SHARE = 0.95
"""The part of the accepted members of each structure that must keep a number."""
_ROUNDED = 1e-6
"""Of a step; sums of steps are rounded."""

_NOTHING = Extreme("")
"""No extreme: the run that changes are against."""

_ALWAYS: Mapping[str, Callable[[Floats], Floats]] = {
    "zero": np.abs,
    "never_rising": lambda values: np.diff(values, axis=1),
    "never_falling": lambda values: -np.diff(values, axis=1),
}
"""What must not be above zero, from values of shape (member, time, element)."""

_SAID = {"zero": "is not zero", "never_rising": "rises", "never_falling": "falls"}


@dataclass(frozen=True, slots=True)
class _NumberClaim:
    """A number that an element must keep at an instant: `sign` times what is seen is `sign` times `limit`, or more."""

    element: str
    at: float
    limit: float
    sign: float
    is_change: bool

    @property
    def measured(self) -> str:
        """The name of the measure that the value is."""
        return f'"{self.element}" at {self.at:g}'

    def seen(self, values: Floats, before: Floats | None) -> Floats:
        """Return what the claim is about: the value, or its change against the run without the extreme."""
        return values if before is None else values - before

    def holds(self, seen: Floats) -> np.ndarray:
        """Return in which members it holds, bool, shape (member,); in none that shows what is not a number."""
        return self.sign * (seen - self.limit) >= -ROUNDING * max(1.0, abs(self.limit))

    def __str__(self) -> str:
        if self.is_change:
            return f"{'rise' if self.sign > 0.0 else 'fall'} by {abs(self.limit):g} or more"
        return f"be at {'least' if self.sign > 0.0 else 'most'} {self.limit:g}"


def declared_extremes_verdict(subject: Subject) -> Verdict:
    """Judge what is declared to follow from extremes.

    Parameters
    ----------
    subject : Subject
        The model, its declared extremes, and its accepted members, where there are any.

    Returns
    -------
    Verdict
        Failed where something does not follow. Its numbers have, for each number that is claimed, what the base run
        shows, and the least part of the accepted members of one structure that keeps it.
    """
    extremes = subject.declarations.extremes
    if not extremes:
        remedy = "declare what must follow from extremes ([[extreme]])."
        return Verdict(_TEST, _FAMILY, "not automatic", "nothing is declared", remedy)
    tests = _ExtremeTests(subject)
    wrong = list(dict.fromkeys(text for extreme in extremes for text in tests.broken(extreme)))
    figures = f"{len(extremes)} declared, {counted(tests.runs, 'run')}, {len(wrong)} consequences that do not follow"
    if tests.shares:
        figures += f"; each number in {min(tests.shares):.0%} of accepted members or more"
    elif tests.seen:
        figures += "; numbers in the base run alone, as there are no accepted members"
    numbers = {"declared": float(len(extremes)), "wrong": float(len(wrong)), **tests.seen}
    if wrong:
        return Verdict(_TEST, _FAMILY, "failed", figures, f"{'; '.join(wrong[:3])}.", numbers)
    if tests.seen and subject.why_none_accepted:
        return Verdict(_TEST, _FAMILY, "not automatic", figures, subject.why_none_accepted, numbers)
    return Verdict(_TEST, _FAMILY, "passed", figures, numbers=numbers)


def _claimed(subject: Subject) -> Sequence[str]:
    """Return the variables that extremes claim something of, which is all that their runs need to compute."""
    names = [
        split_element(name)[0]
        for extreme in subject.declarations.extremes
        for key in (*_ALWAYS, "at_most", "at_least", "moves")
        for name in getattr(extreme, key)
    ]
    return list(dict.fromkeys(names))


class _ExtremeTests:
    """The runs of all extremes of a model, and what became of their claims.

    `runs` : how many runs were made at extremes.
    `shares` : of each number and structure, the part of the accepted members that keep it.
    `seen` : what is told of each number.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.runs = 0
        self.shares: list[float] = []
        self.seen: dict[str, float] = {}
        self._random = random_members(subject)
        claims = [claim for extreme in subject.declarations.extremes for claim in _number_claims(subject, extreme)]
        changes = [claim for claim in claims if claim.is_change]
        self._without: Mapping[str, Ensemble] = dict(_plausible_runs(subject, _NOTHING, changes, {})) if changes else {}

    def broken(self, extreme: Extreme) -> Iterator[str]:
        """Yield what does not follow from one extreme."""
        always = {f"{key}: {name}": (key, name) for key in _ALWAYS for name in getattr(extreme, key)}
        numbers = _number_claims(self.subject, extreme)
        measures = {
            label: _excess_of(*claim, _first_instant(self.subject.model.clock, extreme))
            for label, claim in always.items()
        }
        plausible = _plausible_runs(self.subject, extreme, numbers, measures)
        ensembles = [*plausible, *_random_runs(self.subject, extreme, measures, self._random)]
        self.runs += sum(len(ensemble) for _, ensemble in ensembles)
        for label, (key, name) in always.items():
            yield from _first_broken(extreme.name, label, f'"{name}" {_SAID[key]}', ensembles)
        for claim in numbers:
            yield from self._missed(extreme, claim, ensembles)

    def _missed(self, extreme: Extreme, claim: _NumberClaim, ensembles: Ensembles) -> Iterator[str]:
        """Yield where a number is not kept, and note what is seen."""
        label, shares = f"{extreme.name}: {claim.element} must {claim}", list[float]()
        for what, ensemble in ensembles:
            if claim.measured not in ensemble.measures:
                continue
            before = self._without[what].measures[claim.measured] if claim.is_change else None
            seen = claim.seen(ensemble.measures[claim.measured], before)
            holding = claim.holds(seen)
            verb, value = "changes by" if claim.is_change else "is", float(np.median(seen))
            if what == BASE:
                self.seen[label] = value
                if not holding.all():
                    text = f"{claim.measured} {verb} {value:.4g} in the base run, and must {claim}"
                    failed = ensemble.failures[0]
                    yield f'in "{extreme.name}", {BASE} {failed}' if failed else f'in "{extreme.name}", {text}'
                continue
            shares.append(float(holding.mean()))
            if shares[-1] < _LEAST_SHARE:
                yield (
                    f'in "{extreme.name}", {claim.measured} must {claim}, which {holding.sum()} of {len(holding)} '
                    f"{what}, keep ({_LEAST_SHARE:.0%} must; the middle one {verb} {value:.4g})"
                )
        if shares:
            self.seen[f"{label}: share of members"] = min(shares)
            self.shares += shares


def _number_claims(subject: Subject, extreme: Extreme) -> list[_NumberClaim]:
    at = subject.model.clock.stop if extreme.at is None else extreme.at
    said = [(name, limit, -1.0, False) for name, limit in extreme.at_most.items()]
    said += [(name, limit, 1.0, False) for name, limit in extreme.at_least.items()]
    said += [(name, limit, math.copysign(1.0, limit), True) for name, limit in extreme.moves.items()]
    return [
        _NumberClaim(element, at, limit, sign, is_change)
        for name, limit, sign, is_change in said
        for element in subject.elements(name)
    ]


def _first_broken(extreme: str, label: str, said: str, ensembles: Ensembles) -> Iterator[str]:
    for what, ensemble in ensembles:
        if label in ensemble.measures:
            wrong = np.flatnonzero(~(ensemble.measures[label] <= ROUNDING))
            if len(wrong):
                member = int(wrong[0])
                failed, run = ensemble.failures[member], member_text(what, member)
                yield f'in "{extreme}", {run} {failed}' if failed else f'in "{extreme}", {said} in {run}'
                return


# --------------------------------------------------------------------------------------------- runs


def _first_instant(clock: Clock, extreme: Extreme) -> float:
    """Return the instant of the run from which on an extreme holds: its own, or the next."""
    if extreme.start is None:
        return clock.start
    return clock.start + math.ceil((extreme.start - clock.start) / clock.time_step - _ROUNDED) * clock.time_step


def _plausible_runs(
    subject: Subject,
    extreme: Extreme,
    claims: Sequence[_NumberClaim],
    measures: Mapping[str, Measure],
) -> Iterator[tuple[str, Ensemble]]:
    """Run the base run and, where there are claims on numbers, the accepted members."""
    at_instants = {claim.measured: _value_of(claim) for claim in claims}
    yield BASE, _run(subject, extreme, {**measures, **at_instants})
    for members in subject.accepted if claims else ():
        yield f"{ACCEPTED}{members.name}", _run(subject, extreme, at_instants, members.design, members.constants)


def _random_runs(
    subject: Subject, extreme: Extreme, measures: Mapping[str, Measure], design: Design | None
) -> Iterator[tuple[str, Ensemble]]:
    if measures and design is not None:
        yield RANDOM, _run(subject, extreme, measures, design)


def _run(
    subject: Subject,
    extreme: Extreme,
    measures: Mapping[str, Measure],
    design: Design | None = None,
    constants: Mapping[str, float] | None = None,
) -> Ensemble:
    """Run members, or the base run, at an extreme."""
    path, start = None, None if extreme.start is None else _first_instant(subject.model.clock, extreme)
    model, switches = with_switches(subject.model, extreme.hold, start=start)
    constants = {**(constants or {}), **dict.fromkeys(switches.values(), 1.0)}
    if start is None:
        values = _as_written(subject, extreme.set)
        constants |= values
        design = None if design is None else _without_inputs(subject, design, values)
    else:
        levers = {name: Series.constant(value) for name, value in extreme.set.items()}
        path = PolicyPath(extreme.name, levers, start)
    return run_ensemble(
        subject,
        design,
        model=model,
        constants=constants,
        policy=path,
        outputs=_claimed(subject),
        measures=measures,
    )


def _as_written(subject: Subject, values: Mapping[str, float]) -> Mapping[str, float]:
    """Return values with the multipliers of their histories set to one, as `run` does where a path sets a lever."""
    given = {canonical(name) for name in values}
    found = dict(values)
    for lever, multiplier in subject.profile.multipliers.items() if subject.profile is not None else ():
        if canonical(lever) in given and canonical(multiplier) not in given:
            found[multiplier] = 1.0
    return found


def _without_inputs(subject: Subject, design: Design, names: Iterable[str]) -> Design | None:
    """Return members without the elements of inputs that are set for all of them."""
    taken = {element for name in names for element in subject.elements(name)}
    rows = design.rows()
    columns = {
        element: rows[:, number]
        for number, name in enumerate(design.names)
        for element in subject.elements(name)
        if element not in taken
    }
    return Design.of(columns) if columns else None


# --------------------------------------------------------------------------------------------- measures


def _value_of(claim: _NumberClaim) -> Measure:
    def value(trajectories: Trajectories) -> Floats:
        return trajectories.total(claim.element)[:, int(np.argmin(np.abs(trajectories.time - claim.at)))]

    return value


def _excess_of(key: str, name: str, first: float) -> Measure:
    def excess(trajectories: Trajectories) -> Floats:
        values = trajectories[name][:, trajectories.time >= first - ROUNDING * max(1.0, abs(first))]
        values = values.reshape(*values.shape[:2], -1)
        size = np.maximum(np.abs(values).max(axis=(1, 2)), 1.0)
        return _ALWAYS[key](values).max(axis=(1, 2), initial=-np.inf) / size

    return excess
