"""A test outside the sample: places of a panel predicted from their index of one year, beside simple predictors."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from egovsim import library
from egovsim.analysis.history_matching.defaults import SEED
from egovsim.analysis.history_matching.evidence_files import read_benchmark
from egovsim.analysis.history_matching.matching import Match
from egovsim.analysis.history_matching.member_selection import read_shipped_match
from egovsim.egov.panel.defaults import MEMBERS
from egovsim.egov.panel.forecast import LEVELS, Forecast, forecast, panel_members
from egovsim.egov.panel.predictors import in_reference, observed_scores, simple_predictions
from egovsim.egov.panel.quantities import CELLS, PROFILES, VARIABLES, Cell
from egovsim.egov.panel.rows import Panel, read_panel
from egovsim.errors import UnknownNameError, ValueRangeError
from egovsim.model.inputs import Floats
from egovsim.model.model import Model
from egovsim.progress import Progress
from egovsim.provenance import FileRecord


@dataclass(frozen=True)
class PanelScore:
    """How predictions of one quantity and year did.

    Parameters
    ----------
    cell : (int, str)
        Year and quantity.
    coverage_50, coverage_90 : float
        Share of places whose published score lies in the interval, its ends included.
    bias : float
        Mean of predicted median less published score.
    error : float
        Mean absolute error of the median.
    simple_errors : mapping of str to float
        That of each simple predictor which says something of the cell.
    """

    cell: Cell
    coverage_50: float
    coverage_90: float
    bias: float
    error: float
    simple_errors: Mapping[str, float]

    @property
    def best_simple(self) -> float:
        """The smallest error of a simple predictor."""
        return min(self.simple_errors.values())


@dataclass(frozen=True)
class PanelTest:
    """What the model and simple predictors say of a panel's places, and what was published.

    Parameters
    ----------
    panel : Panel
        The places, all of which were predicted.
    forecast : Forecast
        The model's.
    simple : mapping of str to float64, shape (place, cell)
        By predictor.
    in_sample : bool, shape (place,)
        Places that are among the shipped ones; simple predictors leave them out for their own prediction.
    members : mapping of str to int
        By level of government, how many members there are.
    accepted : mapping of str to int
        By structure, how many accepted members there are.
    seed : int
        Of the accepted members.
    files : tuple of FileRecord
        The panel, the one that simple predictors come from, and the generic profiles.
    """

    panel: Panel
    forecast: Forecast
    simple: Mapping[str, Floats]
    in_sample: NDArray[np.bool_]
    members: Mapping[str, int]
    accepted: Mapping[str, int]
    seed: int
    files: tuple[FileRecord, ...]

    @cached_property
    def observed(self) -> Floats:
        """What was published: float64, shape (place, cell)."""
        return observed_scores(self.panel.places)

    @cached_property
    def calibrated(self) -> NDArray[np.bool_]:
        """Places that the discrepancies were fitted on: bool, shape (place,)."""
        return self.in_sample & np.array([place.in_calibration_half for place in self.panel.places])

    def scores(self, *, held_out: bool = False) -> tuple[PanelScore, ...]:
        """Return how predictions did, a score for each quantity and year.

        Parameters
        ----------
        held_out : bool
            Over places alone that no discrepancy was fitted on; there must be some.

        Returns
        -------
        tuple of PanelScore
            In the order of `CELLS`.
        """
        rows = ~self.calibrated if held_out else np.ones_like(self.calibrated)
        return tuple(self._score(number, cell, rows) for number, cell in enumerate(CELLS))

    def _score(self, number: int, cell: Cell, rows: NDArray[np.bool_]) -> PanelScore:
        observed = self.observed[rows, number]
        quantiles = self.forecast.quantiles[rows, number]
        p05, p25, p50, p75, p95 = (quantiles[:, level] for level in range(len(LEVELS)))
        errors = {name: np.abs(values[rows, number] - observed) for name, values in self.simple.items()}
        return PanelScore(
            cell=cell,
            coverage_50=float(np.mean((p25 <= observed) & (observed <= p75))),
            coverage_90=float(np.mean((p05 <= observed) & (observed <= p95))),
            bias=float(np.mean(p50 - observed)),
            error=float(np.mean(np.abs(p50 - observed))),
            simple_errors={name: float(np.mean(found)) for name, found in errors.items() if np.isfinite(found).all()},
        )


def panel_test(
    model: Model,
    panel: Panel,
    *,
    members: int = MEMBERS,
    seed: int = SEED,
    matches: Mapping[str, Match] | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> PanelTest:
    """Predict every place of a panel from its index of the first year and its kind.

    Parameters
    ----------
    model : Model
        The e-government model.
    panel : Panel
        From `read_panel`.
    members : int
        Of each kind of place, of all structures together.
    seed : int
        Of the shipped members.
    matches : mapping of str to Match, optional
        Accepted members by structure, which bring their own seed; by default the shipped ones.
    workers : int, optional
        Threads; no figure depends on it.
    progress : callable, optional
        Called with (done, total).

    Returns
    -------
    PanelTest
        Simple predictors take their figures from the shipped panel, whatever panel is predicted.

    Raises
    ------
    InputError
        When there are no accepted members of the seed, or the model cannot be run.
    UnknownNameError
        When the model has no variable of a quantity.
    ValueRangeError
        When `members` is too small, or `seed` below 0.
    """
    if seed < 0:
        raise ValueRangeError(f"seed is {seed}; it must be 0 or above.")
    for name in VARIABLES.values():
        try:
            model[name]
        except UnknownNameError as cause:
            raise UnknownNameError(f"{cause} A test on a panel needs this variable.") from cause
    used = matches if matches is not None else _shipped_matches(model, seed)
    levels = [level for level in PROFILES if any(place.level == level for place in panel.places)]
    run = panel_members(model, used, levels, members=members, workers=workers, progress=progress)
    shipped = read_panel()
    profiles = [library.record(library.find("profile", PROFILES[level])) for level in levels]
    return PanelTest(
        panel=panel,
        forecast=forecast(panel.places, run),
        simple=simple_predictions(panel.places, shipped.places),
        in_sample=in_reference(panel.places, shipped.places),
        members={level: len(next(iter(scores.values()))) for level, scores in run.items()},
        accepted={structure: len(match) for structure, match in used.items()},
        seed=next(iter(used.values())).seed,
        files=(panel.file, shipped.file, *profiles),
    )


def _shipped_matches(model: Model, seed: int) -> dict[str, Match]:
    benchmark = read_benchmark()
    return {
        structure.name: read_shipped_match(model, benchmark, structure, seed=seed) for structure in benchmark.structures
    }
