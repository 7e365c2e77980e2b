"""From a run that misses a claim to the smallest one: fewest values changed, least far, simplest numbers."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

import numpy as np

from egovsim.model.inputs import Series
from egovsim.testing.claims import Batch, Claim

_Values = Mapping[str, float]
_MOST_DIGITS = 3
_MOST_NUMBERS = 40


def smallest_run(claim: Claim, batch: Batch, base: _Values) -> Batch:
    """Return the smallest run that still misses a claim.

    Values are first left as the model has them, as many as can be; then each that is left is brought to the simplest
    number nearest to the model's; then levers are left out, and the others held constant where they can be.

    Parameters
    ----------
    claim : Claim
        What `batch` misses.
    batch : Batch
        One run.
    base : mapping of str to float
        The values that its columns have in the model as it is.

    Returns
    -------
    Batch
        One run without columns: what differs from the model stands in `constants`.
    """
    away = {name: float(column[0]) for name, column in batch.columns.items() if column[0] != base[name]}
    away = _fewest(away, lambda some: _missed_by(claim, batch, base, some))
    away = _simplest(away, base, lambda some: _missed_by(claim, batch, base, some))
    return _fewer_levers(claim, replace(batch, columns={}, constants={**batch.constants, **away}))


def _missed_by(claim: Claim, batch: Batch, base: _Values, candidates: Sequence[_Values]) -> list[bool]:
    """Try candidates, each the values that differ from the model's, in one batch."""
    names = {name for candidate in candidates for name in candidate}
    columns = {name: np.array([candidate.get(name, base[name]) for candidate in candidates]) for name in sorted(names)}
    if not columns:
        return [bool(claim.missed(batch.with_columns({})).all())] * len(candidates)
    missed = claim.missed(batch.with_columns(columns))[0, 0]
    return [bool(miss) for miss in missed]


def _fewest(away: _Values, missed_by: Callable[[Sequence[_Values]], list[bool]]) -> _Values:
    while away:
        candidates = _subsets(away)
        missing = [candidate for candidate, missed in zip(candidates, missed_by(candidates), strict=True) if missed]
        if not missing:
            break
        away = min(missing, key=len)
    return away


def _subsets(away: _Values) -> list[_Values]:
    """Return parts of the values: none, each alone, and all but some that stand together."""
    names = list(away)
    parts: list[Sequence[str]] = [(), *([name] for name in names if len(names) > 1)]
    size = len(names) // 2
    while size:
        parts += [names[:first] + names[first + size :] for first in range(0, len(names), size)]
        size //= 2
    return [{name: away[name] for name in part} for part in parts]


def _simplest(away: _Values, base: _Values, missed_by: Callable[[Sequence[_Values]], list[bool]]) -> _Values:
    for name in away:
        numbers = _simple_numbers(base[name], away[name])
        missing = missed_by([{**away, name: number} for number in numbers]) if numbers else []
        first = next((number for number, missed in zip(numbers, missing, strict=True) if missed), away[name])
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
        numbers = [number / unit for number in (whole if value > base else reversed(whole))]
        found += [number for number in numbers if number != base and number not in found][
            :: max(1, len(numbers) // _MOST_NUMBERS)
        ]
    return found


def _fewer_levers(claim: Claim, batch: Batch) -> Batch:
    """Leave out of the policy and the scenario what the miss does not need, and hold the rest constant if it can be."""
    (policy,), (scenario,) = batch.policies, batch.scenarios

    def by_policies(some: Sequence[Mapping[str, Series]]) -> list[bool]:
        tried = tuple(replace(policy, name=f"{n}", levers=levers) for n, levers in enumerate(some))
        return [bool(miss) for miss in claim.missed(replace(batch, policies=tried))[0, :, 0]]

    def by_scenarios(some: Sequence[Mapping[str, Series]]) -> list[bool]:
        tried = tuple(replace(scenario, name=f"{n}", inputs=inputs) for n, inputs in enumerate(some))
        return [bool(miss) for miss in claim.missed(replace(batch, scenarios=tried))[:, 0, 0]]

    policy = replace(policy, levers=_simpler(policy.levers, by_policies))
    batch = replace(batch, policies=(policy,))
    return replace(batch, scenarios=(replace(scenario, inputs=_simpler(scenario.inputs, by_scenarios)),))


def _simpler(
    levers: Mapping[str, Series], missed_by: Callable[[Sequence[Mapping[str, Series]]], list[bool]]
) -> Mapping[str, Series]:
    while levers:
        without = [{name: lever for name, lever in levers.items() if name != left} for left in levers]
        constant = [
            {**levers, name: Series.constant(value)}
            for name, lever in levers.items()
            if len(lever.values) > 1
            for value in lever.values
        ]
        candidates = [*without, *constant]
        missing = [candidate for candidate, missed in zip(candidates, missed_by(candidates), strict=True) if missed]
        if not missing:
            break
        levers = missing[0]
    return levers
