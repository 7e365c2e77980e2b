"""From a run that misses a claim to the smallest one: fewest values changed, least far, simplest numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from egovsim.model.inputs import Series
from egovsim.testing.properties import Claim, Trial

Values = Mapping[str, float]
_MOST_DIGITS = 3
_MOST_NUMBERS = 40


def shrunk(claim: Claim, trial: Trial, base: Values) -> Trial:
    """Return the smallest trial of one run that still misses a claim.

    Parameters
    ----------
    claim : Claim
        What `trial` misses.
    trial : Trial
        One run.
    base : mapping of str to float
        The values that its columns have in the model as it is.

    Returns
    -------
    Trial
        One run without columns: what differs from the model stands in `constants`.
    """
    away = {name: float(one[0]) for name, one in trial.columns.items() if one[0] != base[name]}
    away = _fewest(away, lambda some: _missed_by(claim, trial, base, some))
    away = _simplest(away, base, lambda some: _missed_by(claim, trial, base, some))
    alone = replace(trial, columns={}, constants={**trial.constants, **away})
    return _fewer_levers(claim, alone)


def _missed_by(claim: Claim, trial: Trial, base: Values, candidates: Sequence[Values]) -> list[bool]:
    """Try candidates, each the values that differ from the model's, in one batch."""
    names = {name for one in candidates for name in one}
    columns = {name: np.array([one.get(name, base[name]) for one in candidates]) for name in sorted(names)}
    if not columns:
        return [bool(claim.missed(trial.with_columns({})).all())] * len(candidates)
    missed = claim.missed(trial.with_columns(columns))[0, 0]
    return [bool(one) for one in missed]


def _fewest(away: Values, missed_by: Callable[[Sequence[Values]], list[bool]]) -> Values:
    while away:
        candidates = _subsets(away)
        missing = [one for one, missed in zip(candidates, missed_by(candidates), strict=True) if missed]
        if not missing:
            break
        away = min(missing, key=len)
    return away


def _subsets(away: Values) -> list[Values]:
    """Return parts of the values: none, each alone, and all but some that stand together."""
    names = list(away)
    parts: list[Sequence[str]] = [(), *([one] for one in names if len(names) > 1)]
    size = len(names) // 2
    while size:
        parts += [names[:first] + names[first + size :] for first in range(0, len(names), size)]
        size //= 2
    return [{name: away[name] for name in part} for part in parts]


def _simplest(away: Values, base: Values, missed_by: Callable[[Sequence[Values]], list[bool]]) -> Values:
    for name in away:
        numbers = _simple_numbers(base[name], away[name])
        missing = missed_by([{**away, name: one} for one in numbers]) if numbers else []
        first = next((one for one, missed in zip(numbers, missing, strict=True) if missed), away[name])
        away = {**away, name: first}
    return away


def _simple_numbers(base: float, value: float) -> list[float]:
    """Return numbers between two, those of few digits first, and of these the nearest to the first one."""
    found: list[float] = []
    exponent = math.floor(math.log10(abs(value - base)))
    for digits in range(_MOST_DIGITS):
        power = digits - exponent
        unit = 10.0**power
        low, high = sorted((base * unit, value * unit))
        whole = range(math.ceil(low), math.floor(high) + 1)
        numbers = [one / unit for one in (whole if value > base else reversed(whole))]
        found += [one for one in numbers if one != base and one not in found][:: max(1, len(numbers) // _MOST_NUMBERS)]
    return found


def _fewer_levers(claim: Claim, trial: Trial) -> Trial:
    """Leave out of the policy and the scenario what the miss does not need, and hold the rest constant if it can be."""
    (policy,), (scenario,) = trial.policies, trial.scenarios

    def by_policies(some: Sequence[Mapping[str, Series]]) -> list[bool]:
        tried = tuple(replace(policy, levers=one) for one in some)
        return [bool(one) for one in claim.missed(replace(trial, policies=tried))[0, :, 0]]

    def by_scenarios(some: Sequence[Mapping[str, Series]]) -> list[bool]:
        tried = tuple(replace(scenario, inputs=one) for one in some)
        return [bool(one) for one in claim.missed(replace(trial, scenarios=tried))[:, 0, 0]]

    policy = replace(policy, levers=_simpler(policy.levers, by_policies))
    trial = replace(trial, policies=(policy,))
    return replace(trial, scenarios=(replace(scenario, inputs=_simpler(scenario.inputs, by_scenarios)),))


def _simpler(
    levers: Mapping[str, Series], missed_by: Callable[[Sequence[Mapping[str, Series]]], list[bool]]
) -> Mapping[str, Series]:
    while levers:
        without = [{name: one for name, one in levers.items() if name != left} for left in levers]
        constant = [
            {**levers, name: Series.constant(value)}
            for name, one in levers.items()
            if len(one.values) > 1
            for value in one.values
        ]
        candidates = [*without, *constant]
        missing = [one for one, missed in zip(candidates, missed_by(candidates), strict=True) if missed]
        if not missing:
            break
        levers = missing[0]
    return levers
