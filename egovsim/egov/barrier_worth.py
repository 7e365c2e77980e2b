"""What each barrier is worth by the horizon: the next money for it, and its full removal."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from egovsim.analysis.history_matching.matching import Match
from egovsim.analysis.measures import Spread, spread
from egovsim.egov.barriers import AMOUNT, BARRIERS, FIRST_YEAR, Barrier, barrier
from egovsim.egov.comparison_rows import spread_columns
from egovsim.egov.region_runs import ExtraMoney, RegionRuns
from egovsim.errors import ValueRangeError
from egovsim.model.dependencies import references
from egovsim.model.inputs import Floats, PolicyPath, Profile, Scenario, Series
from egovsim.model.interventions.replacement import with_replacements
from egovsim.model.metrics import Metric, value_at
from egovsim.model.model import Model
from egovsim.names import canonical
from egovsim.public import set_module

_DEFINITIONS = ("Outcomes", "Index construction")
"""The model's groups of equations that say what an outcome is made of."""


@set_module("egovsim")
@dataclass(frozen=True)
class BarrierWorth:
    """What a barrier is worth to one outcome under one path, at the horizon.

    Parameters
    ----------
    policy, barrier, outcome : str
        Names.
    year : float
        When the outcome is read.
    amount, spendable : float
        The extra money from the start on, in billion rupiah a year, and how much of it can be spent, as in
        `BindingPeriod`.
    money, removal : Spread
        The change of the outcome by the extra money, and by the full removal of the barrier.
    is_part : bool
        Whether the barrier's own state is a part of the outcome by definition, so that its removal raises the outcome
        whatever it leads to.
    """

    policy: str
    barrier: str
    outcome: str
    year: float
    amount: float
    spendable: float
    money: Spread
    removal: Spread
    is_part: bool

    def row(self) -> dict[str, object]:
        """Return it as a row of a table.

        Returns
        -------
        dict of str to object
            By column; p05, p50 and p95 of both changes.
        """
        row: dict[str, object] = {
            "policy": self.policy,
            "barrier": self.barrier,
            "outcome": self.outcome,
            "year": int(self.year),
            "extra_money": self.amount,
            "extra_money_that_can_be_spent": self.spendable,
        }
        row |= spread_columns("change_by_extra_money", self.money)
        row |= spread_columns("change_by_full_removal", self.removal)
        return row | {"barrier_is_part_of_outcome": self.is_part}


@set_module("egovsim")
def barrier_worth(
    model: Model,
    profile: Profile,
    match: Match,
    *,
    policies: Sequence[PolicyPath],
    outcomes: Sequence[str],
    until: float,
    first: float = FIRST_YEAR,
    amount: float = AMOUNT,
    workers: int | None = None,
) -> tuple[BarrierWorth, ...]:
    """Return what the same extra money for each barrier is worth at the horizon, and what its full removal is.

    A barrier is removed by its state at its best from `first` on, as others read it: all staff skilled, security
    mature, everybody online, all work digital; for the budget, money without purpose bound is at the top of its range.

    Parameters
    ----------
    model, profile, match : Model, Profile, Match
        The e-government model, the region, and its accepted members.
    policies : sequence of PolicyPath
        The paths that the money is added to.
    outcomes : sequence of str
        Scalar variables or elements.
    until : float
        The horizon.
    first : float
        From when on there is extra money, or no barrier.
    amount : float
        Billion rupiah a year at prices of 2024.
    workers : int, optional
        Threads; no figure depends on it.

    Returns
    -------
    tuple of BarrierWorth
        Path after path, barrier after barrier in the order of `BARRIERS`, outcome after outcome.

    Raises
    ------
    ValueRangeError
        When the horizon is not after `first`, or the money is below 0 or more than the model allows.
    UnknownNameError
        When an outcome is not in the model.
    """
    if not until > first:
        raise ValueRangeError(f"the horizon, {until:g}, is not after {first:g}, when barriers are removed.")
    metrics = [value_at(name, until) for name in outcomes]
    runs = RegionRuns.of(model, profile, match, tuple(policies), first, amount, workers)
    base = runs.without_extra_money(metrics, until)
    grants = [ExtraMoney((relieved,), first, np.inf, amount) for relieved in BARRIERS]
    richer = dict(runs.with_extra_money(grants, metrics, until))
    money = np.stack([richer[grant] - base for grant in grants])
    removal = without_barriers(runs, metrics, first, until) - base
    parts = {outcome: parts_by_definition(model, outcome) for outcome in outcomes}
    return tuple(
        BarrierWorth(
            policy.name,
            known.name,
            outcome,
            until,
            amount,
            runs.spendable(known, policy, first, until),
            _spread(money[number, path, place]),
            _spread(removal[number, path, place]),
            canonical(known.state) in parts[outcome],
        )
        for path, policy in enumerate(policies)
        for number, known in enumerate(BARRIERS)
        for place, outcome in enumerate(outcomes)
    )


def without_barriers(runs: RegionRuns, metrics: Sequence[Metric], first: float, until: float) -> Floats:
    """Return metrics with one barrier removed after the other.

    Parameters
    ----------
    runs : RegionRuns
        The region, its members and paths.
    metrics : sequence of Metric
        Each in the unit of its outcome.
    first, until : float
        From when on a barrier is gone, and when to stop.

    Returns
    -------
    float64, shape (barrier, policy, metric, member)
        In the order of `BARRIERS`; NaN where a run failed.

    Raises
    ------
    ValueRangeError
        When the model gives no range for the money that removes a barrier.
    """
    replaced = [known for known in BARRIERS if known.removal is not None]
    model, switches = with_replacements(runs.model, [known.removal for known in BARRIERS if known.removal is not None])
    on = [Scenario(switch, {switch: Series.constant(1.0)}, first) for switch in switches]
    found = dict(zip(replaced, runs.under(on, metrics, until, model=model), strict=True))
    for known in BARRIERS:
        if known.removal is None:
            most = Scenario(known.name, {known.money: _most(runs.model, known)}, first)
            found[known] = runs.under([most], metrics, until, without=known.money)[0]
    return np.stack([found[known] for known in BARRIERS])


def _most(model: Model, known: Barrier) -> Series:
    high = model[known.money].bounds.high
    if high is None:
        raise ValueRangeError(
            f'"{known.money}" has no <range> in {model.file or model.name}, so no end of money is known.'
        )
    return Series.constant(high)


def parts_by_definition(model: Model, outcome: str) -> frozenset[str]:
    """Return what an outcome is made of by definition: all that its equation and those of its parts name.

    Parameters
    ----------
    model : Model
        The e-government model, whose groups "Outcomes" and "Index construction" define outcomes.
    outcome : str
        A variable, or an element.

    Returns
    -------
    frozenset of str
        Canonical names, its own among them.
    """
    found: set[str] = set()
    waiting = [model.variable_of(outcome)]
    while waiting:
        variable = waiting.pop()
        if variable.id in found:
            continue
        found.add(variable.id)
        if variable.kind != "stock" and variable.group in _DEFINITIONS:
            used = {reference.id for part in variable.expressions for reference in references(part)}
            waiting += [model.by_id[name] for name in sorted(used) if name in model.by_id]
    return frozenset(found)


def barriers_within(rows: Sequence[BarrierWorth], outcome: str) -> tuple[Barrier, ...]:
    """Return the barriers whose state is a part of an outcome by definition.

    Parameters
    ----------
    rows : sequence of BarrierWorth
        From `barrier_worth`.
    outcome : str
        One of their outcomes.

    Returns
    -------
    tuple of Barrier
        In the order of `BARRIERS`.
    """
    names = dict.fromkeys(row.barrier for row in rows if row.outcome == outcome and row.is_part)
    return tuple(map(barrier, names))


def _spread(changes: Floats) -> Spread:
    return spread(changes[np.isfinite(changes)])
