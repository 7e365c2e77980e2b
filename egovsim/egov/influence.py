"""Which barrier is the most influential? Two questions that sound alike, as Sobol indices.

*Equal money*: each barrier may get between nothing and the same sum of extra money. *Proportional*: each item's money,
and the budget as a whole, may be cut or raised by the same percentage. The second makes the budget win by
definition, for its percentage is one of a far larger sum, and it moves every item at once.

The member is a factor of its own: constants of accepted members are correlated, so that an index for one of them would
mean nothing, but the member as a whole is independent of the money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from egovsim.analysis.history_matching.matching import Match
from egovsim.analysis.sobol import SobolIndices, sobol_indices
from egovsim.egov.barriers import BARRIERS, FIRST_YEAR, PLACES
from egovsim.egov.defaults import BASELINE
from egovsim.egov.region_runs import places_for_a_billion, price_of_places
from egovsim.model.inputs import Design, Floats, PolicyPath, Profile
from egovsim.model.interventions.adjust import adjust
from egovsim.model.metrics import value_at
from egovsim.model.model import Model
from egovsim.public import set_module
from egovsim.simulation.run import run

MEMBER = "member"
PROPORTIONAL = {
    "hr": "Money for HR",
    "security": "Money for security",
    "divide": "Money for access",
    "culture": "Money for culture",
    "budget": "Core budget",
}
"""What the percentage is one of, by the barrier's name."""


@dataclass(frozen=True)
class _Lever:
    """One factor: between which values it moves which inputs; `weight` turns its value into that of each."""

    name: str
    low: float
    high: float
    inputs: tuple[tuple[str, float], ...]


@set_module("egovsim")
def equal_money(
    model: Model,
    profile: Profile,
    match: Match,
    *,
    outcomes: Sequence[tuple[str, float]],
    most: float = 40.0,
    first: float = FIRST_YEAR,
    policy: PolicyPath | None = None,
    points: int = 1024,
    seed: int = 0,
    workers: int | None = None,
) -> SobolIndices:
    """Return Sobol indices of the five barriers when each may get the same extra money.

    Parameters
    ----------
    model, profile, match : Model, Profile, Match
        The e-government model, the region, and its accepted members.
    outcomes : sequence of (str, float)
        Scalar variables and the instants at which they are read; the result calls them ``name in year``.
    most : float
        Extra money, in billion rupiah a year at prices of 2024: each barrier gets between 0 and this, from `first`
        on. Training places grow with the money for human resources, as in `extra_money_effects`.
    first : float
        The first year with extra money.
    policy : PolicyPath, optional
        The path that it is added to, by default business as usual.
    points, seed, workers : int
        See `sobol_indices` and `run`.

    Returns
    -------
    SobolIndices
        Factors are the barriers' names and ``member``.

    Raises
    ------
    InputError
        When `run` or `sobol_indices` refuses what they are given, such as an outcome that the model does not have.
    """
    places = places_for_a_billion(price_of_places(model, profile, match, first=first))
    levers = [
        _Lever(barrier.name, 0.0, most, ((f"{barrier.money} extra", 1.0),))
        if not barrier.needs_places
        else _Lever(barrier.name, 0.0, most, ((f"{barrier.money} extra", 1.0), (f"{PLACES} extra", places)))
        for barrier in BARRIERS
    ]
    for name in (*(barrier.money for barrier in BARRIERS), PLACES):
        model = adjust(model, name, start=first).model
    return _influence(model, profile, match, levers, outcomes, policy, points, seed, workers)


@set_module("egovsim")
def proportional(
    model: Model,
    profile: Profile,
    match: Match,
    *,
    outcomes: Sequence[tuple[str, float]],
    part: float = 0.5,
    first: float = FIRST_YEAR,
    policy: PolicyPath | None = None,
    points: int = 1024,
    seed: int = 0,
    workers: int | None = None,
) -> SobolIndices:
    """Return Sobol indices of the five barriers when the money of each may change by the same percentage.

    Parameters
    ----------
    model, profile, match, outcomes, first, policy, points, seed, workers
        As in `equal_money`.
    part : float
        Money of each item, and of the budget as a whole, is multiplied by 1 minus this to 1 plus this. Training
        places go with the money for human resources.

    Returns
    -------
    SobolIndices
        Factors are the barriers' names and ``member``.

    Raises
    ------
    InputError
        When `run` or `sobol_indices` refuses what they are given, such as an outcome that the model does not have.
    """
    levers = [
        _Lever(name, 1.0 - part, 1.0 + part, tuple((f"{place} factor", 1.0) for place in _with_places(name, variable)))
        for name, variable in PROPORTIONAL.items()
    ]
    for name in (*PROPORTIONAL.values(), PLACES):
        model = adjust(model, name, start=first).model
    return _influence(model, profile, match, levers, outcomes, policy, points, seed, workers)


def _with_places(name: str, variable: str) -> tuple[str, ...]:
    return (variable, PLACES) if name == "hr" else (variable,)


def _influence(
    model: Model,
    profile: Profile,
    match: Match,
    levers: Sequence[_Lever],
    outcomes: Sequence[tuple[str, float]],
    policy: PolicyPath | None,
    points: int,
    seed: int,
    workers: int | None,
) -> SobolIndices:
    design = match.design(profile)
    rows, names = design.rows(), (*design.names, *(name for lever in levers for name, _ in lever.inputs))
    labels = [f"{name} in {year:g}" for name, year in outcomes]
    metrics = [value_at(name, year, name=label) for (name, year), label in zip(outcomes, labels, strict=True)]

    def evaluate(unit: Floats) -> Floats:
        columns = [
            weight * (lever.low + (lever.high - lever.low) * unit[:, number])
            for number, lever in enumerate(levers)
            for _, weight in lever.inputs
        ]
        members = rows[np.floor(unit[:, -1] * len(rows)).astype(np.int64)]
        table = np.column_stack([members, *columns])
        result = run(
            model,
            profile=profile,
            policies=[policy or PolicyPath(BASELINE)],
            constants=match.constants,
            design=Design(names, len(table), lambda start, stop: table[start:stop]),
            metrics=metrics,
            until=max(year for _, year in outcomes),
            workers=workers,
        )
        return np.stack([result.metric_values(label)[0, 0] for label in labels])

    return sobol_indices(
        evaluate, factors=(*(lever.name for lever in levers), MEMBER), outcomes=labels, points=points, seed=seed
    )
