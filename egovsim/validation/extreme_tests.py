"""Tests of extreme conditions: each input at the ends of its range.

Forrester and Senge (1980) ask for extreme conditions of equations and of behaviour.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from egovsim.model.inputs import Design, Floats
from egovsim.model.variable import Variable
from egovsim.validation.breaches import breaches, not_finite
from egovsim.validation.declarations import Bound
from egovsim.validation.ensembles import Ensemble, run_ensemble
from egovsim.validation.subject import Subject
from egovsim.validation.verdicts import Family, Outcome, Verdict, counted, named_few

_FAMILY: Family = "structure and behaviour"
_LARGE = 10.0
"""How many times its value an input without a range is made, to see what happens when it is large."""

Extremes = tuple[Sequence[tuple[str, float]], Ensemble | None]
"""Which input stood at which extreme in each member, and the runs; None where there is no such input."""


def _end_values(subject: Subject, variable: Variable) -> tuple[float, ...]:
    """Return the extremes of an input: the ends of its range, or 0 and ten times its value."""
    bound, values = subject.range_of(variable), subject.values_of(variable)
    largest = max(map(abs, values)) * _LARGE
    low = min(0.0, -largest if min(values) < 0.0 else 0.0) if bound.low is None else bound.low
    high = max(largest if max(values) > 0.0 else 0.0, low) if bound.high is None else bound.high
    return tuple(dict.fromkeys((low, high)))


def _has_range(bound: Bound) -> bool:
    return bound.low is not None and bound.high is not None


def one_at_a_time(subject: Subject, inputs: Sequence[Variable]) -> tuple[Design, list[tuple[str, float]]]:
    """Put each input alone at each of its extremes.

    Parameters
    ----------
    subject : Subject
        Whose ranges and values are used.
    inputs : sequence of Variable
        Inputs that may be set.

    Returns
    -------
    Design
        One member for each extreme of each input, the other inputs as in the base run.
    list of (str, float)
        The input and its value, in its own unit, of each member.
    """
    cases = [(variable.name, value) for variable in inputs for value in _end_values(subject, variable)]
    columns: dict[str, Floats] = {}
    for variable in inputs:
        for name, value in zip(subject.elements(variable.name), subject.values_of(variable), strict=True):
            columns[name] = np.array([end if case == variable.name else value for case, end in cases])
    return Design.of(columns), cases


def extreme_runs(subject: Subject) -> tuple[Extremes, Extremes]:
    """Run each input at both of its extremes, the others as in the base run.

    Parameters
    ----------
    subject : Subject
        The model, and the ranges of its inputs.

    Returns
    -------
    tuple of two Extremes
        Of the inputs with a range, and of those without, which run to 0 and to ten times their value.
    """
    with_range = [variable for variable in subject.inputs if _has_range(subject.range_of(variable))]
    without = [variable for variable in subject.inputs if not _has_range(subject.range_of(variable))]
    return _extremes(subject, with_range), _extremes(subject, without)


def _extremes(subject: Subject, inputs: Sequence[Variable]) -> Extremes:
    if not inputs:
        return (), None
    design, cases = one_at_a_time(subject, inputs)
    return cases, run_ensemble(subject, design)


def extreme_verdicts(subject: Subject, runs: tuple[Extremes, Extremes]) -> Iterator[Verdict]:
    """Judge each input at both of its extremes.

    Parameters
    ----------
    subject : Subject
        The model and its declarations.
    runs : tuple of two Extremes
        From `extreme_runs`.

    Yields
    ------
    Verdict
        On inputs with a range, and on those without.
    """
    with_range, without = runs
    yield from _each_input(subject, "extreme conditions", with_range, "failed", "")
    declare = "; declare their possible ranges ([[bounds]])"
    yield from _each_input(subject, "extremes of inputs without a range", without, "not automatic", declare)


def _each_input(subject: Subject, test: str, runs: Extremes, bad: Outcome, declare: str) -> Iterator[Verdict]:
    cases, ensemble = runs
    if ensemble is None:
        return
    wrong = [(*cases[member], text) for member, text in not_finite(ensemble)]
    wrong += [
        (*cases[breach.member], f'"{breach.column}" is {breach.value:.4g}, and must be {breach.bound}')
        for breach in breaches(subject, ensemble)
    ]
    names, inputs = {name for name, _, _ in wrong}, {name for name, _ in cases}
    figures = f"{counted(len(inputs), 'input')} at {counted(len(cases), 'extreme')}, {len(names)} that break it"
    numbers = {"inputs": float(len(inputs)), "runs": float(len(cases)), "breaking": float(len(names))}
    if not wrong:
        yield Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
        return
    name, value, text = wrong[0]
    also = f"; also {named_few(sorted(names - {name}))}" if len(names) > 1 else ""
    yield Verdict(test, _FAMILY, bad, figures, f'with "{name}" at {value:g} {text}{also}{declare}.', numbers)
