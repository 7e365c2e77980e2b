"""Members weighted by an observation, and the mixtures they predict by, against what is known in closed form.

If this fails, intervals of a prediction promise what they do not keep, and nobody sees it in the numbers.
"""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from egovsim.analysis.conditioning import Predicted, calibrated_deviation, condition, mixture_quantiles

SCALE = (1.0, 5.0)
MEMBERS = norm.ppf((np.arange(20_000) + 0.5) / 20_000)
"""A standard normal prior."""


@given(observed=st.floats(-1.5, 1.5), deviation=st.floats(0.1, 2.0))
def test_weights_are_those_of_bayes(observed: float, deviation: float) -> None:
    """A normal prior and a normal kernel give the normal posterior of every textbook."""
    weights = condition(MEMBERS, np.array([observed]), deviation=deviation, fewest=20).weights[0]
    mean = weights @ MEMBERS
    assert weights.sum() == pytest.approx(1.0)
    assert mean == pytest.approx(observed / (1 + deviation**2), abs=0.01)
    assert weights @ (MEMBERS - mean) ** 2 == pytest.approx(deviation**2 / (1 + deviation**2), rel=0.05)


def test_an_observation_out_of_reach_is_told_and_the_nearest_members_stand_for_it() -> None:
    """The tail of the kernel would call the nearest member thousands of times likelier than the next, in silence."""
    values = np.linspace(1.0, 3.0, 201)
    found = condition(values, np.array([2.0, 4.5]), deviation=0.1, fewest=20)
    assert found.far.tolist() == [False, True]
    assert np.flatnonzero(found.weights[1]).tolist() == list(range(181, 201))
    assert found.weights[1, 181:] == pytest.approx(1 / 20)
    assert found.effective[0] == pytest.approx(2 * np.sqrt(np.pi) * 0.1 / 0.01, rel=0.01)


@given(
    centre=st.floats(1.0, 5.0),
    deviation=st.floats(0.1, 2.0),
    levels=st.lists(st.floats(0.01, 0.99), min_size=1, max_size=5),
)
def test_quantiles_of_one_member_are_those_of_a_normal_cut_at_the_ends(
    centre: float, deviation: float, levels: list[float]
) -> None:
    """What falls outside the scale stands on its end: a score cannot be 5.4."""
    found = mixture_quantiles(
        np.array([[1.0]]), np.array([centre]), deviation=deviation, scale=SCALE, levels=tuple(levels)
    )
    assert found[0] == pytest.approx(np.clip(norm.ppf(levels, centre, deviation), *SCALE), abs=0.002)


@given(data=st.data())
def test_quantiles_are_those_of_the_mixture(data: st.DataObject) -> None:
    """Below the quantile of a level lies that share of the weighted members' distributions."""
    values = np.array(data.draw(st.lists(st.floats(2.0, 4.0), min_size=2, max_size=8)))
    weights = np.array(data.draw(st.lists(st.floats(0.1, 1.0), min_size=len(values), max_size=len(values))))
    weights /= weights.sum()
    levels = (0.05, 0.25, 0.5, 0.75, 0.95)
    found = mixture_quantiles(weights[None], values, deviation=0.2, scale=SCALE, levels=levels)[0]
    assert [weights @ norm.cdf(quantile, values, 0.2) for quantile in found] == pytest.approx(levels, abs=1e-3)


@given(truth=st.floats(0.15, 0.5), seed=st.integers(0, 2**32))
def test_the_calibrated_discrepancy_is_that_of_the_world(truth: float, seed: int) -> None:
    """Drawn round the members with a known spread, observations give that spread back."""
    random = np.random.default_rng(seed)
    values = np.array([2.0, 3.0, 4.0])
    weights = np.eye(3)[random.integers(0, 3, 4000)]
    observed = weights @ values + truth * random.standard_normal(4000)
    group = Predicted(weights, values, observed)
    assert calibrated_deviation([group], scale=SCALE, intervals=(0.5, 0.9)) == pytest.approx(truth, rel=0.12)


def test_a_bias_widens_the_discrepancy() -> None:
    """Intervals round values that are wrong must be wide, or they claim to know."""
    observed = 3.0 + 0.2 * norm.ppf((np.arange(500) + 0.5) / 500)
    right, wrong = (
        calibrated_deviation(
            [Predicted(np.ones((500, 1)), np.array([value]), observed)], scale=SCALE, intervals=(0.5, 0.9)
        )
        for value in (3.0, 3.8)
    )
    assert right == pytest.approx(0.2, rel=0.06)
    assert wrong > 0.6


def test_observations_on_an_end_of_the_scale_are_covered_by_what_is_cut_there() -> None:
    """Half of all scores of a domain may be 1: a member that gives 0.9 is right about them, with no wider interval."""
    observed = np.clip(0.9 + 0.3 * norm.ppf((np.arange(500) + 0.5) / 500), *SCALE)
    group = Predicted(np.ones((500, 1)), np.array([0.9]), observed)
    found = calibrated_deviation([group], scale=SCALE, intervals=(0.5, 0.9))
    assert found <= 0.3 * 1.06
