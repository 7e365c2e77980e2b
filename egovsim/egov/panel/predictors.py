"""Simple predictors that a model should beat: the mean gain, a line through the shipped rows, and mean offsets."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from egovsim.egov.panel.quantities import CELLS, GIVEN_YEAR, NEXT_YEAR, SCALE
from egovsim.egov.panel.rows import PanelPlace
from egovsim.model.inputs import Floats

NATIONAL_GAIN = 0.34
"""Mean gain of the index from 2023 to 2024 of the 517 local governments with both (ministry's evaluation reports)."""
NATIONAL_OFFSETS: Mapping[str, float] = MappingProxyType(
    {"policy": 0.26, "governance": -0.57, "management": -1.32, "services": 0.71}
)
"""Domain less index in 2024, mean of 523 local governments (ministry's evaluation report)."""

GAIN, LINE, OFFSETS = "mean gain", "line", "mean offsets"
PREDICTORS = (GAIN, LINE, OFFSETS)


def simple_predictions(places: Sequence[PanelPlace], reference: Sequence[PanelPlace]) -> dict[str, Floats]:
    """Predict each place as one would without a model, from its index of the first year.

    *Mean gain*: the index of the next year is that of the first and the national mean gain. *Line*: a straight line on
    the index of the first year, by least squares. *Mean offsets*: a domain is the index and its mean offset, and in the
    next year the index has gained the national mean gain. The offsets of the first year are those of the reference.

    Parameters
    ----------
    places : sequence of PanelPlace
        To be predicted.
    reference : sequence of PanelPlace
        Where lines and offsets come from. A place that is itself among them is left out for its own prediction.

    Returns
    -------
    dict of str to float64, shape (place, cell)
        By predictor; not a number where a predictor says nothing of a cell.
    """
    found = {name: np.full((len(places), len(CELLS)), np.nan) for name in PREDICTORS}
    keys = np.array([place.key for place in reference])
    given = np.array([place.given for place in reference])
    scores = observed_scores(reference)
    for number, place in enumerate(places):
        others = keys != place.key
        found[LINE][number] = _line(given[others], scores[others], place.given)
        found[OFFSETS][number] = _offsets(given[others], scores[others], place.given)
        found[GAIN][number] = [place.given + NATIONAL_GAIN if quantity == "index" else np.nan for _, quantity in CELLS]
    return {name: np.clip(values, *SCALE) for name, values in found.items()}


def observed_scores(places: Sequence[PanelPlace]) -> Floats:
    """Return what was published of places.

    Parameters
    ----------
    places : sequence of PanelPlace
        Of a panel.

    Returns
    -------
    float64, shape (place, cell)
        On the scale of 1 to 5.
    """
    return np.array([[place.scores[cell] for cell in CELLS] for place in places]).reshape(-1, len(CELLS))


def in_reference(places: Sequence[PanelPlace], reference: Sequence[PanelPlace]) -> NDArray[np.bool_]:
    """Return which places are among the reference.

    Parameters
    ----------
    places, reference : sequence of PanelPlace
        As in `simple_predictions`.

    Returns
    -------
    bool, shape (place,)
        True where the place is left out for its own prediction.
    """
    known = {place.key for place in reference}
    return np.array([place.key in known for place in places], dtype=np.bool_)


def _line(given: Floats, scores: Floats, at: float) -> Floats:
    terms = np.column_stack([np.ones_like(given), given])
    start, slope = np.linalg.lstsq(terms, scores, rcond=None)[0].astype(np.float64)
    return start + slope * at


def _offsets(given: Floats, scores: Floats, at: float) -> Floats:
    own = (scores - given[:, None]).mean(axis=0)
    predictions = {
        **{(GIVEN_YEAR, domain): at + float(own[CELLS.index((GIVEN_YEAR, domain))]) for domain in NATIONAL_OFFSETS},
        **{(NEXT_YEAR, domain): at + NATIONAL_GAIN + offset for domain, offset in NATIONAL_OFFSETS.items()},
    }
    return np.array([predictions.get(cell, np.nan) for cell in CELLS])
