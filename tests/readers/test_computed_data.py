"""Data variables that are computed from others: where all of them have a point, and interpolated between.

If one of these fails, a product of data is taken between its points, where Vensim takes none.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import egovsim

SERIES = {
    "a": {0: 1, 2: 3, 4: 5},
    "b": {0: 2, 4: 6},
    "c": {0: 10, 2: 20, 4: 40},
    "v[p]": {0: 1, 4: 5},
    "v[q]": {0: 2, 4: 2},
}
CLOCK = "INITIAL TIME = 0 ~~|\nFINAL TIME = 4 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"


def columns(folder: Path, equations: str, series: object = None, **options: object) -> dict[str, list[float]]:
    given = SERIES if series is None else series
    assert isinstance(given, dict)
    lines = [
        f"{name}\n" + "".join(f"{time}\t{value}\n" for time, value in points.items()) for name, points in given.items()
    ]
    (folder / "run.dat").write_text("".join(lines), encoding="utf-8")
    text = "{UTF-8}\nD: p, q ~~|\n" + "a ~~|\nb ~~|\nc ~~|\nv[D] ~~|\nk = 2 ~~|\n" + equations + CLOCK
    (folder / "m.mdl").write_text(text, encoding="utf-8")
    model = egovsim.read_model(folder / "m.mdl", data=[folder / "run.dat"])
    table = egovsim.run(model, **options).to_frame()  # type: ignore[arg-type]
    return {str(name): table[name].tolist() for name in table}


@pytest.mark.parametrize(
    ("equation", "expected"),
    [
        ("x := a + c", [11, 17, 23, 34, 45]),
        ("x := a * c", [10, 35, 60, 130, 200]),  # points 10, 60 and 200, and what lies between
        ("x := a * b", [2, 9, 16, 23, 30]),  # b has no point at 2
        ("x := a + b", [3, 5, 7, 9, 11]),
        ("x := a / c", [0.1, 0.125, 0.15, 0.1375, 0.125]),
        ("x :HOLD BACKWARD: := a * c", [10, 10, 60, 60, 200]),
        ("x :LOOK FORWARD: := a * c", [10, 60, 60, 200, 200]),
        ("x :INTERPOLATE: := MAX(a, 4) - 1", [3, 3, 3, 3.5, 4]),
        ("x := a * k", [2, 4, 6, 8, 10]),
        ("x := SUM(v[D!]) / k", [1.5, 2, 2.5, 3, 3.5]),
        ("x := 7", [7] * 5),
        ("h :HOLD BACKWARD: := a ~~|\nx := h", [1, 2, 3, 4, 5]),
        ("h :HOLD BACKWARD: := a ~~|\nx := h * 1", [1, 2, 3, 4, 5]),
        ("x := y * a ~~|\ny := a * c", [10, 95, 180, 590, 1000]),
        ("x = GET DATA LAST TIME(y) ~~|\ny := a * b", [4] * 5),
    ],
)
def test_what_is_computed(tmp_path: Path, equation: str, expected: list[float]) -> None:
    np.testing.assert_allclose(columns(tmp_path, f"{equation} ~~|\n")["x"], expected, rtol=1e-15)


def test_a_constant_in_it_may_be_set(tmp_path: Path) -> None:
    assert columns(tmp_path, "x := a * k ~~|\n", constants={"k": 3.0})["x"] == [3, 6, 9, 12, 15]


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        ("x := a * c * k", 'data that is computed from "k" and from data other than by a sum cannot be run yet'),
        ("x := a * k + b", 'data that is computed from "k" and from data other than by a sum cannot be run yet'),
        ("x :RAW: := a * k", 'data that is computed from "k" and from data other than by a sum cannot be run yet'),
        ("x[D] := v[D] * a", "data that is computed from arrays of data other than by a sum of the same times"),
        ("x := SIN(a)", "data that is computed with this function, or without a finite value at a time"),
        ("x := a / (c - 20)", "data that is computed with this function, or without a finite value at a time"),
        ("x := y + a ~~|\ny := a * k", "data that is computed from data that is computed from constants or arrays"),
        ("x := y + a ~~|\ny := x + a", "data that is computed from data that is computed from constants or arrays"),
        ("x := a * e ~~|\ne ~~|\n", "data that is computed from series without a common time cannot be run"),
    ],
)
def test_what_cannot_be_computed_is_refused_by_name(tmp_path: Path, equation: str, message: str) -> None:
    with pytest.raises(egovsim.UnsupportedError, match=message):
        columns(tmp_path, f"{equation} ~~|\n", {**SERIES, "e": {1: 1}})


points = st.dictionaries(st.integers(0, 4), st.integers(-9, 9), min_size=1)


@given(a=points, c=points)
def test_a_product_has_its_points_where_both_have_one(
    tmp_path_factory: pytest.TempPathFactory, a: dict[int, int], c: dict[int, int]
) -> None:
    """Against NumPy's own interpolation."""
    common = sorted(a.keys() & c.keys())
    if not common:
        return
    found = columns(tmp_path_factory.mktemp("m"), "x := a * c ~~|\n", {**SERIES, "a": a, "c": c})["x"]
    np.testing.assert_allclose(found, np.interp(range(5), common, [a[time] * c[time] for time in common]), atol=1e-12)
