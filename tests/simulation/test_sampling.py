"""`sample`: the same members whatever part is asked for first, inside their ranges, evenly spread."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given
from scipy import stats

import egovsim
from egovsim import Range, sample

RANGES = [Range("a", 2.0, 5.0), Range("b", 0.01, 10.0, "log"), Range("c", -3.0, -1.0), Range("d", 4.0, 4.0)]
METHODS = ("sobol", "random")


@pytest.mark.parametrize("method", METHODS)
@given(
    seed=st.integers(0, 2**40),
    members=st.integers(1, 5000),
    data=st.data(),
)
def test_rows_are_the_same_however_they_are_cut(method: str, seed: int, members: int, data: st.DataObject) -> None:
    """Member k would depend on the chunk that computes it."""
    design = sample(RANGES, members=members, seed=seed, method=method)
    whole = design.rows()
    assert whole.shape == (members, 4)
    first = data.draw(st.integers(0, members))
    last = data.draw(st.integers(first, members))
    np.testing.assert_array_equal(design.rows(first, last), whole[first:last])
    np.testing.assert_array_equal(design.rows(first, members + 500), whole[first:])


@pytest.mark.parametrize("method", METHODS)
def test_members_lie_in_their_ranges_and_fill_them(method: str) -> None:
    """A range on a log scale is even in its logarithm; the others in their own unit."""
    rows = sample(RANGES, members=4096, seed=5, method=method).rows()
    for one, column in zip(RANGES, rows.T, strict=True):
        assert column.min() >= one.low * (1 - 1e-15 * np.sign(one.low))
        assert column.max() <= one.high * (1 + 1e-15 * np.sign(one.high))
    unit = (np.log(rows[:, 1]) - np.log(0.01)) / np.log(1000.0)
    assert stats.kstest(unit, "uniform").pvalue > 1e-3
    assert stats.kstest((rows[:, 0] - 2.0) / 3.0, "uniform").pvalue > 1e-3
    assert abs(np.corrcoef(rows[:, 0], rows[:, 2])[0, 1]) < 0.06
    assert (rows[:, 3] == 4.0).all()


def test_sobol_is_evener_than_chance_and_seeds_differ() -> None:
    """The reason to offer it; and a second seed must be a second opinion."""
    ranges = [Range("x", 0.0, 1.0), Range("y", 0.0, 1.0)]
    errors = {
        method: np.abs(sample(ranges, members=1024, seed=1, method=method).rows().mean(axis=0) - 0.5).max()
        for method in METHODS
    }
    assert errors["sobol"] < 0.1 * errors["random"]
    for method in METHODS:
        one, other = (sample(ranges, members=64, seed=seed, method=method).rows() for seed in (1, 2))
        assert not np.isin(one, other).any()


WRONG = [
    (lambda: sample([], members=3, seed=0), "a sample needs at least one range and one member."),
    (lambda: sample(RANGES, members=0, seed=0), "a sample needs at least one range and one member."),
    (lambda: sample([RANGES[0], RANGES[0]], members=2, seed=0), '"a" has two ranges; keep one.'),
    (
        lambda: sample(RANGES, members=2, seed=0, method="lhs"),  # pyright: ignore[reportArgumentType]
        '"lhs" is not a way to sample; there are: "sobol", "random".',
    ),
    (lambda: Range("x", 2.0, 1.0), 'the range of "x" has low 2 above high 1.'),
    (lambda: Range("x", 0.0, 1.0, "log"), 'the range of "x" is on a log scale, so low must be above 0.'),
    (lambda: Range("x", 0.0, float("nan")), 'the range of "x" has an end that is not a finite number.'),
    (lambda: egovsim.Series((), ()), "a series needs one value for each instant, and at least one."),
    (lambda: egovsim.Series((1.0,), (1.0, 2.0)), "a series needs one value for each instant, and at least one."),
    (
        lambda: egovsim.Series((2.0, 1.0), (1.0, 2.0)),
        "the instants of a series must ascend, each later than the one before.",
    ),
    (
        lambda: egovsim.Series((1.0,), (float("inf"),)),
        "a series has an instant or a value that is not a finite number.",
    ),
]


@pytest.mark.parametrize(("call", "message"), WRONG, ids=[message[:40] for _, message in WRONG])
def test_a_range_or_sample_that_means_nothing_is_refused(call, message: str) -> None:
    """Sampling outside what was meant, without a word."""
    with pytest.raises(egovsim.InputError) as caught:
        call()
    assert str(caught.value) == message


def test_a_design_of_columns_keeps_them() -> None:
    """What a caller gives is what members get."""
    design = egovsim.Design.of({"x": np.array([1.0, 2.0, 3.0]), "y": np.array([4.0, 5.0, 6.0])})
    assert (len(design), design.members, design.names) == (3, 3, ("x", "y"))
    assert design.rows(1, 3).tolist() == [[2.0, 5.0], [3.0, 6.0]]
