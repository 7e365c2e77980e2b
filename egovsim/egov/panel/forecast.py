"""What the model says of places of which it knows the kind and the index of one year, and nothing else."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from egovsim.analysis.conditioning import Conditioning, Predicted, calibrated_deviation, condition, mixture_quantiles
from egovsim.analysis.history_matching.draws import named_seed
from egovsim.analysis.history_matching.matching import Match
from egovsim.egov.panel.predictors import observed_scores
from egovsim.egov.panel.quantities import (
    CELLS,
    DISCREPANCIES,
    GIVEN_YEAR,
    INDEX_DISCREPANCY,
    MEASUREMENT,
    NEXT_YEAR,
    PROFILES,
    SCALE,
    VARIABLES,
    YEARS,
    Cell,
)
from egovsim.egov.panel.rows import PanelPlace
from egovsim.errors import InputError, ValueRangeError
from egovsim.model.inputs import Design, Floats, Profile
from egovsim.model.metrics import mean_over
from egovsim.model.model import Model
from egovsim.names import canonical
from egovsim.progress import Progress
from egovsim.simulation.files import read_profile
from egovsim.simulation.run import run
from egovsim.simulation.sampling import sample

LEVELS = (0.05, 0.25, 0.5, 0.75, 0.95)
INTERVALS = (0.5, 0.9)
"""What lies between the second and fourth of `LEVELS`, and between the first and last."""
FEWEST = 20
"""With fewer effective members a place counts as one that the model does not come near."""


@dataclass(frozen=True)
class Forecast:
    """Quantiles of what is predicted of places.

    Parameters
    ----------
    quantiles : float64, shape (place, cell, level)
        At `LEVELS`, on the scale of 1 to 5.
    far : bool, shape (place,)
        Where too few members come near the given index, and the nearest speak for it.
    """

    quantiles: Floats
    far: NDArray[np.bool_]


Members = Mapping[str, Mapping[Cell, Floats]]
"""By level of government, the mean of a calendar year of each quantity in each member."""


def panel_members(
    model: Model,
    matches: Mapping[str, Match],
    levels: Sequence[str],
    *,
    members: int,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Members:
    """Run members of the generic profile of each level of government.

    Shared constants are those of accepted members, in equal parts of every structure; what a place has and decides is
    drawn from the ranges of the profile, evenly and apart from them.

    Parameters
    ----------
    model : Model
        The e-government model.
    matches : mapping of str to Match
        Accepted members, by structure.
    levels : sequence of str
        Of government.
    members : int
        For each level, of all structures together; made up to equal parts.
    workers : int, optional
        Threads; no figure depends on it.
    progress : callable, optional
        Called with (done, total).

    Returns
    -------
    mapping of str to mapping of (int, str) to float64, shape (member,)
        Members whose run failed are left out.

    Raises
    ------
    ValueRangeError
        When fewer members are asked for than a place needs.
    InputError
        When the model refuses a profile, or every member fails.
    """
    if members < FEWEST:
        raise ValueRangeError(f"members is {members}; at least {FEWEST} are needed for each kind of place.")
    each = math.ceil(members / len(matches))
    done: dict[str, dict[Cell, Floats]] = {}
    for number, level in enumerate(levels):
        profile = read_profile(PROFILES[level], model=model)
        parts = [
            _scores(model, profile, match, _design(profile, match, each, structure), workers)
            for structure, match in matches.items()
        ]
        done[level] = {cell: np.concatenate([part[cell] for part in parts]) for cell in parts[0]}
        if progress is not None:
            progress(number + 1, len(levels))
    return done


def forecast(places: Sequence[PanelPlace], members: Members) -> Forecast:
    """Predict places from their index of the first year.

    Parameters
    ----------
    places : sequence of PanelPlace
        Of their scores only the given index is read.
    members : mapping
        From `panel_members`, with the level of every place.

    Returns
    -------
    Forecast
        In the order of the places.
    """
    quantiles, far = np.empty((len(places), len(CELLS), len(LEVELS))), np.zeros(len(places), dtype=np.bool_)
    for rows, scores, found in _conditioned(places, members):
        far[rows] = found.far
        for number, cell in enumerate(CELLS):
            quantiles[rows, number] = mixture_quantiles(
                found.weights, scores[cell], deviation=DISCREPANCIES[cell], scale=SCALE, levels=LEVELS
            )
    return Forecast(quantiles, far)


def calibrated_discrepancies(places: Sequence[PanelPlace], members: Members) -> dict[Cell, float]:
    """Return the discrepancies with which intervals cover as many published scores of places as they promise.

    Parameters
    ----------
    places : sequence of PanelPlace
        The calibration half of the shipped panel, for the constants that stand in the code.
    members : mapping
        From `panel_members`.

    Returns
    -------
    dict of (int, str) to float
        Standard deviations, by year and quantity.
    """
    parts = list(_conditioned(places, members))
    observed = observed_scores(places)
    return {
        cell: calibrated_deviation(
            [Predicted(found.weights, scores[cell], observed[rows, number]) for rows, scores, found in parts],
            scale=SCALE,
            intervals=INTERVALS,
        )
        for number, cell in enumerate(CELLS)
    }


def _conditioned(
    places: Sequence[PanelPlace], members: Members
) -> Iterator[tuple[NDArray[np.int64], Mapping[Cell, Floats], Conditioning]]:
    """Return for each level which places are of it, its members' scores, and how much each member counts."""
    deviation = math.hypot(MEASUREMENT, INDEX_DISCREPANCY)
    for level, scores in members.items():
        rows = [number for number, place in enumerate(places) if place.level == level]
        if rows:
            given = np.array([places[row].given for row in rows])
            found = condition(scores[GIVEN_YEAR, "index"], given, deviation=deviation, fewest=FEWEST)
            yield np.array(rows, dtype=np.int64), scores, found


def _design(profile: Profile, match: Match, members: int, structure: str) -> Design:
    """Return the shared constants of accepted members, again from the first where there are too few, with a place's own
    constants drawn apart from them: however often a member is taken, it is another place."""
    accepted = match.design(profile)
    own = {canonical(drawn.name) for drawn in profile.ranges}
    shared = [number for number, name in enumerate(accepted.names) if canonical(name) not in own]
    table = accepted.rows()[np.arange(members) % accepted.members][:, shared]
    names = tuple(accepted.names[number] for number in shared)
    if profile.ranges:
        drawn = sample(profile.ranges, members=members, seed=named_seed(match.seed, f"{profile.name}/{structure}"))
        table, names = np.hstack([table, drawn.rows()]), (*names, *drawn.names)
    return Design(names, members, lambda first, last: table[first:last])


def _scores(model: Model, profile: Profile, match: Match, design: Design, workers: int | None) -> dict[Cell, Floats]:
    metrics = {
        (year, quantity): mean_over(variable, year, year + 1.0, name=f"{quantity} {year}")
        for year in YEARS
        for quantity, variable in VARIABLES.items()
    }
    result = run(
        model,
        profile=profile,
        constants=match.constants,
        design=design,
        metrics=list(metrics.values()),
        until=NEXT_YEAR + 1.0,
        workers=workers,
    )
    scores = {cell: result.metric_values(metric.label)[0, 0] for cell, metric in metrics.items()}
    whole = np.all([np.isfinite(values) for values in scores.values()], axis=0)
    if not whole.any():
        raise InputError(f'every member fails under the profile "{profile.name}"; run it with `egovsim compare`.')
    return {cell: values[whole] for cell, values in scores.items()}
