"""Vensim's functions that read a lookup, or a vector as one, against its reference's examples and NumPy.

If one of these tests fails, a curve or a schedule is read beside the point that its modeller meant.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_models import mdl, read

import egovsim
from egovsim.errors import ModelError
from egovsim.model.expression import NOT_AVAILABLE

LOOKUPS = """{UTF-8}
Place: p0, p1, p2, p3, p4 ~~|
g((0,1),(1,1),(2,2)) ~~|
rising((0,0),(1,1),(3,2)) ~~|
falling((0,4),(1,2),(3,1)) ~~|
hill((0,0),(2,4),(3,4),(5,1)) ~~|
y[Place] = 3, 1, 4, 1, 5 ~~|
"""


def values(folder: Path, equations: dict[str, str], x: np.ndarray, *, before: str = LOOKUPS) -> np.ndarray:
    """Return the value of every equation, shape (equation, x)."""
    named = {f"r{number}": equation for number, equation in enumerate(equations.values())}
    model = read(folder, mdl({"x": "1", **named}, stop=1, step=1).replace("{UTF-8}\n", before, 1))
    result = egovsim.run(model, design=egovsim.Design.of({"x": x}), outputs=list(named))
    return np.array([result.values(name)[0, 0, :, 0] for name in named])


def test_the_examples_of_the_reference(tmp_path: Path) -> None:
    """LOOKUP INVERT has :NA: where no x gives y."""
    rows = {
        "LOOKUP FORWARD(g, x)": {-1: 1, 1.5: 2, 2.5: 2, 1: 1, 2: 2},
        "LOOKUP BACKWARD(g, x)": {-1: 1, 1.5: 1, 2.5: 2, 1: 1, 2: 2},
        "LOOKUP EXTRAPOLATE(g, x)": {-1: 1, 1.5: 1.5, 2.5: 2.5, 7: 7},
        "LOOKUP INVERT(rising, x)": {-1: NOT_AVAILABLE, 0.5: 0.5, 1.5: 2, 2: 3, 2.5: NOT_AVAILABLE},
        "LOOKUP INVERT(falling, x)": {4: 0, 3: 0.5, 1.5: 2, 1: 3, 0: NOT_AVAILABLE},
        "LOOKUP INVERT(hill, x)": {0: 0, 2: 1, 4: 2, 4.5: NOT_AVAILABLE},
    }
    x = np.unique([at for row in rows.values() for at in row])
    found = values(tmp_path, {row: row for row in rows}, x)
    for (name, row), got in zip(rows.items(), found, strict=True):
        picked = [got[np.searchsorted(x, at)] for at in row]
        np.testing.assert_allclose(picked, list(row.values()), rtol=1e-15, err_msg=name)


def test_a_vector_read_as_a_lookup(tmp_path: Path) -> None:
    """Its points lie equally far apart, here 0.1 from -0.1 on, where quotients miss the points by their last bits."""
    y, points = np.array([3.0, 1.0, 4.0, 1.0, 5.0]), -0.1 + 0.1 * np.arange(5)
    x = np.concatenate([points, points[:-1] + 0.04, [-0.3, 0.45, -0.7]])
    at = "x + 0 * LN(x + 0.5)"  # not a number at the last of them
    rows = {mode: f"VECTOR LOOKUP(y[p0], {at}, -0.1, 0.3, {mode})" for mode in ("0", "2", "3", "4")}
    usual, backward, extrapolated, forward = values(tmp_path, rows, x)
    wanted = np.interp(x, points, y)
    np.testing.assert_allclose(usual[:-1], wanted[:-1], rtol=1e-12)
    np.testing.assert_array_equal(backward[:-1], [*y, *y[:-1], 3.0, 5.0])
    np.testing.assert_array_equal(forward[:-1], [*y, *y[1:], 3.0, 5.0])
    np.testing.assert_allclose(extrapolated[:9], wanted[:9], rtol=1e-12)
    np.testing.assert_allclose(extrapolated[9:-1], [3 + 20 * 0.2, 5 + 40 * 0.15], rtol=1e-12)
    assert np.isnan([usual[-1], backward[-1], extrapolated[-1], forward[-1]]).all()


def test_a_vector_may_move(tmp_path: Path) -> None:
    """Unlike the points of a lookup those of a vector are values of the model."""
    before = LOOKUPS + "z[Place] = y[Place] * Time ~~|\n"
    model = read(tmp_path, mdl({"r": "VECTOR LOOKUP(z[p0], 0.5, 0, 4, 0)"}, step=1).replace("{UTF-8}\n", before, 1))
    np.testing.assert_allclose(egovsim.run(model).to_frame()["r"], 2.0 * np.arange(11))


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        (
            "LOOKUP FORWARD(g + 1, x)",
            'model.mdl, line 13, "r0": the first argument of LOOKUP FORWARD must be the name of a lookup.',
        ),
        (
            "LOOKUP INVERT(x, 1)",
            'model.mdl, line 13, "r0": "x" is neither a function of the language nor a lookup.',
        ),
        (
            "VECTOR LOOKUP(y[p0], x, 0, 4, 1)",
            'model.mdl, line 13, "r0": the mode of VECTOR LOOKUP is 1; modes that can be run are 0 (as a lookup), '
            "2 (backward), 3 (extrapolate) and 4 (forward).",
        ),
        (
            "VECTOR LOOKUP(y[p0], x, 0, 4, Time)",
            'model.mdl, line 13, "r0": the mode of VECTOR LOOKUP is not known before the run; modes that can be run '
            "are 0 (as a lookup), 2 (backward), 3 (extrapolate) and 4 (forward).",
        ),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(tmp_path: Path, equation: str, message: str) -> None:
    """Without a word here a lookup would be read by another rule than that which was written down."""
    with pytest.raises(ModelError) as caught:
        values(tmp_path, {"r": equation}, np.array([1.0]))
    assert str(caught.value) == message
