"""Functions that Stella has and other tools have not: what was, and which is the n-th smallest."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from small_models import auxiliary, read, xmile

import egovsim

STEP = 0.25


def _frame(folder: Path, *variables: str, **options):
    return egovsim.run(read(folder, xmile(*variables, dt=STEP)), **options).to_frame()


@pytest.mark.parametrize(
    ("time", "expected"),
    [
        ("TIME - 1.5", lambda t: np.where(t < 1.5, 0.0, 10.0 + (t - 1.5) ** 2)),
        ("TIME - lag", lambda t: np.where(t < 2.0, 0.0, 10.0 + (t - 2.0) ** 2)),
        ("TIME", lambda t: 10.0 + t**2),
        ("TIME - 0", lambda t: 10.0 + t**2),
        ("TIME - (-2)", lambda t: 0.0 * t),
        ("3", lambda t: np.where(t < 3.0, 0.0, 19.0)),
        ("lag + 1", lambda t: np.where(t < 3.0, 0.0, 19.0)),
        ("-1", lambda t: 0.0 * t),
        ("99", lambda t: 0.0 * t),
    ],
)
def test_history_is_what_was(tmp_path: Path, time: str, expected) -> None:
    """0 before the first time and after the present (isee's help, "Data builtins"), where a delay is something else."""
    frame = _frame(
        tmp_path,
        auxiliary("x", "10 + TIME ^ 2"),
        auxiliary("lag", "2.0"),
        auxiliary("y", f"HISTORY(x, {time})"),
        auxiliary("z", f"1 + 2 * HISTORY(x, {time})"),
    )
    times = frame.index.get_level_values("time").to_numpy()
    np.testing.assert_allclose(frame["y"], expected(times), rtol=1e-15)
    np.testing.assert_allclose(frame["z"], 1.0 + 2.0 * expected(times), rtol=1e-15)


def test_history_may_look_at_its_own_variable(tmp_path: Path) -> None:
    """A false loop: what was a while ago is known."""
    frame = _frame(tmp_path, auxiliary("y", "HISTORY(y, TIME - 1) + 1"))
    times = frame.index.get_level_values("time").to_numpy()
    np.testing.assert_array_equal(frame["y"], 1.0 + np.floor(times))


@pytest.mark.parametrize("time", ["x", "TIME - x", "TIME / 2", "TIME - TIME"])
def test_history_at_a_time_that_moves_is_refused_by_name(tmp_path: Path, time: str) -> None:
    """A time that is read once and kept would give numbers of another moment."""
    said = r'^model\.xmile, line \d+, "y": HISTORY can be run for a time that is a constant, or TIME less a constant; '
    with pytest.raises(egovsim.UnsupportedError, match=said):
        _frame(tmp_path, auxiliary("x", "TIME + 1"), auxiliary("y", f"HISTORY(x, {time})"))


def _vector(name: str, values: list[float]) -> str:
    elements = "".join(f'<element subscript="e{n}"><eqn>{value!r}</eqn></element>' for n, value in enumerate(values))
    return f'<aux name="{name}"><dimensions><dim name="D"/></dimensions>{elements}</aux>'


ROWS = st.lists(
    st.tuples(st.sampled_from([1.0, 2.5, -3.0, 7.0]), st.sampled_from([0.0, 1.0, 2.0])), min_size=1, max_size=5
)


@settings(max_examples=6)
@given(rows=ROWS)
def test_rank_is_the_place_of_the_nth_smallest(tmp_path_factory: pytest.TempPathFactory, rows) -> None:
    """isee's help: of { 6, 2, 8, 5 } RANK(A, 2) is 4."""
    count = len(rows)
    first, second = ([row[place] for row in rows] for place in (0, 1))
    text = xmile(
        _vector("a", first),
        _vector("b", second),
        *(auxiliary(f"r{n}", f"RANK(a[*], {n}, b[*])") for n in range(1, count + 1)),
        *(auxiliary(f"q{n}", f"RANK(a, {n})") for n in range(count + 2)),
        dimensions={"D": [f"e{n}" for n in range(count)]},
    )
    frame = egovsim.run(read(tmp_path_factory.mktemp("rank"), text), until=0.125).to_frame()
    by_both = np.lexsort((np.arange(count), second, first)) + 1
    by_one = np.argsort(first, kind="stable") + 1
    assert [frame[f"r{n}"].iloc[0] for n in range(1, count + 1)] == by_both.tolist()
    assert [frame[f"q{n}"].iloc[0] for n in range(1, count + 1)] == by_one.tolist()
    assert np.isnan([frame["q0"].iloc[0], frame[f"q{count + 1}"].iloc[0]]).all()


def test_rank_of_an_example(tmp_path: Path) -> None:
    text = xmile(
        _vector("a", [6.0, 2.0, 8.0, 5.0]),
        auxiliary("r", "RANK(a, 2)"),
        dimensions={"D": ["e0", "e1", "e2", "e3"]},
    )
    assert egovsim.run(read(tmp_path, text)).to_frame()["r"].iloc[0] == 4.0
