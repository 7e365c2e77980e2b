"""ALLOCATE AVAILABLE: a scarce supply shared by curves of priority, against SciPy's root of the same curves.

If one of these tests fails, a region or branch is given more or less of a scarce budget than its modeller meant.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import cast

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq
from scipy.stats import norm
from small_models import read

import egovsim
from egovsim.compiler import kernel as kernels
from egovsim.errors import ModelError


def upper_tail_of_normal(z: float) -> float:
    """Abramowitz and Stegun, 26.2.16, for both signs of z."""
    t = 1 / (1 + 0.33267 * abs(z))
    tail = math.exp(-z * z / 2) / math.sqrt(2 * math.pi) * (0.4361836 * t - 0.1201676 * t**2 + 0.9372980 * t**3)
    return tail if z > 0 else 1 - tail


def upper_tail_of_triangle(z: float) -> float:
    z = min(max(z, -0.5), 0.5)
    return 1 - 2 * (z + 0.5) ** 2 if z < 0 else 2 * (0.5 - z) ** 2


CURVES: Mapping[int, Callable[[float], float]] = {
    1: lambda z: min(max(0.5 - z, 0.0), 1.0),
    2: upper_tail_of_triangle,
    3: upper_tail_of_normal,
    4: lambda z: 1 - math.exp(z) / 2 if z < 0 else math.exp(-z) / 2,
}
Row = tuple[float, int, float, float]
"""Quantity, kind, priority and width of a request."""


def shared(rows: list[Row], supply: float) -> np.ndarray:
    """Share a supply by finding, to many digits, where the curves cut it."""

    def taken(cut: float) -> np.ndarray:
        return np.array([quantity * CURVES[kind]((cut - middle) / width) for quantity, kind, middle, width in rows])

    wanted = min(supply, sum(row[0] for row in rows))
    low = min(middle - 60 * width for _, _, middle, width in rows)
    high = max(middle + 60 * width for _, _, middle, width in rows)
    cut = brentq(lambda cut: taken(cut).sum() - wanted, low, high, xtol=1e-14, rtol=np.float64(1e-14), maxiter=500)
    return taken(cast(float, cut))


def text_of(rows: list[Row], supply: float, *, columns: str = "kind, middle, width, extra") -> str:
    names = ", ".join(f"a{number}" for number in range(len(rows)))
    count = len(columns.split(", "))
    table = [[*map(float, row[1:]), *[0.0] * count] for row in rows]
    profiles = ";".join(", ".join(map(repr, profile[:count])) for profile in table)
    return f"""{{UTF-8}}
Who: {names} ~~|
Profile: {columns} ~~|
asked[Who] = {", ".join(repr(row[0]) for row in rows)} ~~|
curve[Who, Profile] = {profiles}; ~~|
supply = {supply!r} ~~|
got[Who] = ALLOCATE AVAILABLE(asked[Who], curve[Who, kind], supply) ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 1 ~~|
TIME STEP = 1 ~~|
SAVEPER = TIME STEP ~~|
"""


def got(folder: Path, text: str, design: egovsim.Design | None = None) -> np.ndarray:
    """Return the first shares, shape (member, request)."""
    return egovsim.run(read(folder, text), outputs=["got"], design=design).values("got")[0, 0, :, 0]


ROWS = st.tuples(st.floats(0.5, 1000), st.sampled_from(sorted(CURVES)), st.floats(0, 10), st.floats(0.5, 5))


@settings(max_examples=25)
@given(rows=st.lists(ROWS, min_size=1, max_size=4), share=st.floats(0.001, 1.5))
def test_the_shares_are_those_of_a_root_found_elsewhere(
    tmp_path_factory: pytest.TempPathFactory, rows: list[Row], share: float
) -> None:
    """All of the supply is used and no more, nobody gets more than asked for, and the cut is the same for all."""
    asked = np.array([row[0] for row in rows])
    supply = float(share * asked.sum())
    found = got(tmp_path_factory.mktemp("m"), text_of(rows, supply))[0]
    assert found.sum() == pytest.approx(min(supply, asked.sum()), rel=1e-13)
    assert np.all(found >= 0)
    assert np.all(found <= asked * (1 + 1e-15))
    if share < 0.999:
        np.testing.assert_allclose(found, shared(rows, supply), rtol=1e-6, atol=2e-7 * asked.sum())


def test_the_normal_curve_is_near_the_normal_distribution() -> None:
    """The oracle above has Vensim's approximation; it must stay one of the distribution that it is named after."""
    for z in np.linspace(-8, 8, 401):
        assert upper_tail_of_normal(float(z)) == pytest.approx(norm.sf(z), abs=1.2e-5)


def test_shares_known_by_hand(tmp_path: Path) -> None:
    """Two rectangles, 4 to 6 and 5 to 7: at a cut of 5.5 a quarter of the one and three of the other are met."""
    rows: list[Row] = [(100, 1, 5, 2), (200, 1, 6, 2)]
    np.testing.assert_allclose(got(tmp_path, text_of(rows, 175.0))[0], [25, 150], rtol=1e-13)


@pytest.mark.parametrize(("supply", "met"), [(-5.0, 0.0), (0.0, 0.0), (300.0, 1.0), (900.0, 1.0)])
def test_no_supply_and_enough(tmp_path: Path, supply: float, met: float) -> None:
    """At the ends the shares are exact, so that nothing is left over in a stock of what is not given."""
    rows: list[Row] = [(100, 3, 5, 2), (200, 4, 6, 2)]
    assert got(tmp_path, text_of(rows, supply))[0].tolist() == [100 * met, 200 * met]


def test_members_and_lanes_do_not_matter(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A member's shares must not depend on which others it is computed beside, nor on the processor's width."""
    rows: list[Row] = [(500, 1, 5, 2), (300, 2, 7, 4), (750, 3, 3, 4), (20, 4, 5, 1)]
    supplies = np.array([0.0, 3.0, 170.0, 800.0, 1100.0, 1569.0, 2000.0])
    design = egovsim.Design.of({"supply": supplies})
    found: list[np.ndarray] = []
    for lanes in (1, 2, 4, 8):
        monkeypatch.setattr(kernels, "native_lanes", lambda lanes=lanes: lanes)
        found.append(got(tmp_path, text_of(rows, 1.0), design=design))
    assert {shares.tobytes() for shares in found} == {found[0].tobytes()}
    for shares, supply in zip(found[0], supplies, strict=True):
        alone = got(tmp_path, text_of(rows, 1.0), design=egovsim.Design.of({"supply": np.array([supply])}))
        assert alone[0].tobytes() == shares.tobytes()


def test_requests_and_curves_in_several_dimensions(tmp_path: Path) -> None:
    """The last dimension of the requests, the last but one of the curves, is that which shares."""
    text = """{UTF-8}
Place: p1, p2 ~~|
Who: a, b ~~|
Profile: more, kind, middle, width ~~|
asked[Place, Who] = 10, 20; 30, 40; ~~|
curve[p1, a, Profile] = 9, 1, 5, 2 ~~|
curve[p1, b, Profile] = 9, 1, 6, 2 ~~|
curve[p2, a, Profile] = 9, 4, 5, 2 ~~|
curve[p2, b, Profile] = 9, 4, 6, 2 ~~|
got[Who, Place] = ALLOCATE AVAILABLE(asked[Place, Who], curve[Place, Who, kind], 15) ~~|
INITIAL TIME = 0 ~~|
FINAL TIME = 1 ~~|
TIME STEP = 1 ~~|
"""
    values = egovsim.run(read(tmp_path, text), outputs=["got"]).values("got")[0, 0, 0, 0]
    np.testing.assert_allclose(values[:, 0], shared([(10, 1, 5, 2), (20, 1, 6, 2)], 15.0), rtol=1e-9)
    np.testing.assert_allclose(values[:, 1], shared([(30, 4, 5, 2), (40, 4, 6, 2)], 15.0), rtol=1e-9)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        (
            "curve[Who, Profile] = 1.0,",
            "curve[Who, Profile] = 5.0,",
            'model.mdl, line 7, "got": "curve[a0,kind]" is 5; curves of priority that can be run are '
            "1 (rectangular), 2 (triangular), 3 (normal) and 4 (exponential).",
        ),
        (
            "curve[Who, kind]",
            "curve[Who, middle]",
            'model.mdl, line 7, "got": the curves of ALLOCATE AVAILABLE need two dimensions, the last for kind, '
            "priority and width.",
        ),
        (
            "curve[Who, kind]",
            "asked[Who]",
            'model.mdl, line 7, "got": the curves of ALLOCATE AVAILABLE need two dimensions, the last for kind, '
            "priority and width.",
        ),
        (
            "curve[Who, kind]",
            "curve[Who, kind] + 0",
            'model.mdl, line 7, "got": the vector of ALLOCATE AVAILABLE must be an array, not an expression.',
        ),
        (
            "ALLOCATE AVAILABLE(asked[Who]",
            "ALLOCATE AVAILABLE(other[only]",
            'model.mdl, line 7, "got": there are 1 requests and 2 curves of priority; give each request one.',
        ),
    ],
)
def test_what_cannot_be_shared_is_refused_by_name(tmp_path: Path, old: str, new: str, message: str) -> None:
    """Without a word here, a supply would be shared by other rules than those that were written down."""
    rows: list[Row] = [(100, 1, 5, 2), (200, 1, 6, 2)]
    text = text_of(rows, 10.0, columns="kind, middle, width")
    text = text.replace(old, new) + "Few: only ~~|\nother[Few] = 1 ~~|\n"
    with pytest.raises(ModelError) as caught:
        egovsim.run(read(tmp_path, text))
    assert str(caught.value) == message


@pytest.mark.parametrize(("name", "value"), [("curve[a0,kind]", 5.0), ("curve[a1,width]", 0.0)])
def test_a_curve_that_is_none_fails_the_member(tmp_path: Path, name: str, value: float) -> None:
    """A kind or width that only a run sets to nonsense must show, not share by another curve."""
    rows: list[Row] = [(100, 1, 5, 2), (200, 1, 6, 2)]
    result = egovsim.run(read(tmp_path, text_of(rows, 10.0)), constants={name: value}, outputs=["got"])
    assert np.isnan(result.values("got")).all()


def test_a_supply_that_is_not_a_number_is_not_shared(tmp_path: Path) -> None:
    """A failed run must not be given all that it asks for."""
    rows: list[Row] = [(100, 1, 5, 2), (200, 1, 6, 2)]
    assert np.isnan(got(tmp_path, text_of(rows, 10.0).replace("supply = 10.0", "supply = LN(-1)"))).all()


def test_many_requests_are_shared_among(tmp_path: Path) -> None:
    """The search is a loop, so that a model with a hundred regions still compiles."""
    draw = np.random.default_rng(5)
    rows: list[Row] = [(float(draw.uniform(1, 9)), int(draw.integers(1, 5)), float(k % 7), 2.0) for k in range(100)]
    np.testing.assert_allclose(got(tmp_path, text_of(rows, 170.0))[0], shared(rows, 170.0), rtol=1e-6, atol=1e-5)
