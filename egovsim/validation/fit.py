"""How well a trajectory fits observed values: error, where it comes from, and whether its residuals hang together.

Root mean square error and Theil's inequality statistics as Sterman uses them (1984, "Appropriate summary statistics
for evaluating the historical fit of system dynamics models"; 2000, chapter 21): the mean square error is the sum of
three parts, unequal means (bias), unequal variances, and the rest (unequal covariance). A good model leaves the
last. The Durbin-Watson statistic of the residuals is 2 where they are independent, and small where they go together.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, cast

import numpy as np

from egovsim.errors import InputError
from egovsim.model.inputs import Floats, Profile
from egovsim.simulation.files import read_profile
from egovsim.simulation.run import run
from egovsim.validation.declarations import Observed
from egovsim.validation.subject import Subject
from egovsim.validation.verdicts import Family, Verdict

_FAMILY: Family = "behaviour"


@dataclass(frozen=True, slots=True)
class Fit:
    """Statistics of a fit.

    Parameters
    ----------
    points : int
        How many instants are compared.
    rmse : float
        Root mean square error, in the variable's unit.
    bias, variance, covariance : float
        Parts of the mean square error; they add up to 1.
    durbin_watson : float
        Of the residuals.
    """

    points: int
    rmse: float
    bias: float
    variance: float
    covariance: float
    durbin_watson: float


def fit(modelled: Floats, observed: Floats) -> Fit:
    """Compare a trajectory with what was observed at the same instants.

    Parameters
    ----------
    modelled, observed : float64, shape (time,)
        In one unit.

    Returns
    -------
    Fit
        Not a number where nothing is left to divide, as in the parts of an error of zero.

    Raises
    ------
    InputError
        When there are fewer than three points, or statsmodels is not installed.
    """
    if len(observed) < 3 or len(modelled) != len(observed):
        raise InputError(f"a fit needs three points or more, the same number of each; there are {len(observed)}.")
    residuals = observed - modelled
    mean_square = float(np.mean(residuals**2))
    spread, seen = float(modelled.std()), float(observed.std())
    together: Floats = (modelled - modelled.mean()) * (observed - observed.mean())
    covariance = float(together.mean())
    with np.errstate(divide="ignore", invalid="ignore"):
        parts = np.array(
            [
                (modelled.mean() - observed.mean()) ** 2,
                (spread - seen) ** 2,
                2.0 * (spread * seen - covariance),
            ]
        ) / np.float64(mean_square)
    bias, variance, rest = map(float, parts)
    return Fit(len(observed), float(np.sqrt(mean_square)), bias, variance, rest, _durbin_watson(residuals))


def _durbin_watson(residuals: Floats) -> float:
    try:
        import statsmodels.stats.stattools as stattools  # pyright: ignore[reportMissingTypeStubs]
    except ImportError as cause:
        raise InputError(
            "the Durbin-Watson statistic of a fit needs statsmodels, which is not installed; "
            "install it with: pip install 'egovsim[validation]'"
        ) from cause
    with np.errstate(divide="ignore", invalid="ignore"):
        return float(cast("Any", stattools).durbin_watson(residuals))


def fit_verdicts(subject: Subject) -> Iterator[Verdict]:
    """Judge the fit to every declared series.

    Parameters
    ----------
    subject : Subject
        The model and its declared series.

    Yields
    ------
    Verdict
        One a series; passed or failed where the largest error that is allowed is declared.
    """
    observed = subject.declarations.observed
    if not observed:
        remedy = "declare observed series ([[series]]), or say that there are none."
        yield Verdict("fit to data", _FAMILY, "not automatic", "no series is declared", remedy)
    for series in observed:
        yield _fit_to(subject, series)


def _fit_to(subject: Subject, series: Observed) -> Verdict:
    test = f"fit to {series.name}"
    profile: Profile | None = subject.profile
    if series.profile:
        profile = read_profile(series.profile, model=subject.model)
    times = np.asarray(series.times)
    clock = subject.model.clock
    result = run(subject.model, profile=profile, outputs=subject.outputs, save_every=clock.time_step, seed=subject.seed)
    trajectory: Floats = result.values(series.variable)[0, 0, 0].reshape(len(result.time), -1).sum(axis=1)
    try:
        modelled: Floats = np.interp(times, result.time, trajectory)
        found = fit(modelled, np.asarray(series.values))
    except InputError as error:
        return Verdict(test, _FAMILY, "not automatic", f"{len(times)} points", f"{error}")
    figures = (
        f"{found.points} points, RMSE {found.rmse:.3g}; bias {found.bias:.0%}, variance {found.variance:.0%}, "
        f"covariance {found.covariance:.0%}; Durbin-Watson {found.durbin_watson:.2f}"
    )
    numbers = {
        "points": float(found.points),
        "rmse": found.rmse,
        "bias": found.bias,
        "variance": found.variance,
        "covariance": found.covariance,
        "durbin watson": found.durbin_watson,
    }
    if series.largest_error is None:
        remedy = "say which error is small enough (largest_error), and look at the residuals."
        return Verdict(test, _FAMILY, "not automatic", figures, remedy, numbers)
    if found.rmse <= series.largest_error:
        return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
    remedy = f"the error is above {series.largest_error:g}; where bias or variance is large, it is systematic."
    return Verdict(test, _FAMILY, "failed", figures, remedy, numbers)
