"""Accounts that Vensim keeps: integrals within limits, and what is written off of investments.

If one of these tests fails, a stock leaves its limits, or money is written off in another year or not at all.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_models import mdl, read

import egovsim
from egovsim.errors import ModelError

NONE = ":NA:, :NA:, :NA:, :NA:, :NA:"


@pytest.mark.parametrize("method", ["euler", "rk4"])
def test_an_integral_without_limits_is_one_and_with_limits_stays_within_them(tmp_path: Path, method: str) -> None:
    """SINTEG of no restriction equals INTEG (its reference's first example); a limit is left when the rate turns."""
    equations = {
        "rate": "IF THEN ELSE(Time < 4, 1, IF THEN ELSE(Time < 8, -2, 3))",
        "plain": "INTEG(decay, 5)",
        "decay": "-0.3 * same",
        "same": f"SINTEG(-0.3 * same, 5, {NONE})",
        "held": "SINTEG(rate, 1, 0, 3, :NA:, :NA:, :NA:)",
        "near": "SINTEG(rate, 1, :NA:, :NA:, :NA:, 0, 0.7)",
    }
    model = read(tmp_path, mdl(equations, step=0.5))
    frame = egovsim.run(model, method=method).to_frame()
    np.testing.assert_allclose(frame["same"], frame["plain"], rtol=1e-14)
    held, near, drawn = [1.0], [1.0], []
    for step in range(20):
        time = 0.5 * step
        drawn.append(1.0 if time < 4 else -2.0 if time < 8 else 3.0)
        held.append(min(3.0, max(0.0, held[-1] + 0.5 * drawn[-1])))
        moved = near[-1] + 0.5 * drawn[-1]
        near.append(0.0 if abs(moved) < 0.7 else moved)
    if method == "euler":
        np.testing.assert_allclose(frame["held"], held, atol=1e-14)
        np.testing.assert_allclose(frame["near"], near, atol=1e-14)
    assert frame["held"].between(0.0, 3.0).all()
    assert {0.0, 3.0} <= set(frame["held"])


def test_what_is_written_off_is_as_recorded(tmp_path: Path) -> None:
    """Figures of a run of Vensim: SDEverywhere, models/depreciate."""
    equations = {
        "paid": "IF THEN ELSE(Time = 2022, 1e9, IF THEN ELSE(Time = 2026, 2.5e9, 0))",
        "off": "DEPRECIATE STRAIGHTLINE(paid, 20, 1, 0)",
    }
    model = read(tmp_path, mdl(equations, start=2020, stop=2050, step=1))
    wanted = [0.0] * 2 + [5e7] * 4 + [1.75e8] * 16 + [1.25e8] * 4 + [0.0] * 5
    np.testing.assert_allclose(egovsim.run(model).to_frame()["off"], wanted, rtol=1e-12)


def test_every_payment_is_written_off_in_equal_parts_over_its_lifetime(tmp_path: Path) -> None:
    """In whole fiscal periods of several steps; one that goes on as before the start is written off as it comes."""
    equations = {
        "period": "2",
        "paid": "IF THEN ELSE(Time = 1, 12, IF THEN ELSE(Time = 1.5, 6, IF THEN ELSE(Time = 4.5, 30, 0)))",
        "off": "DEPRECIATE STRAIGHTLINE(paid, 3 * period, period, 0)",
        "steady": "DEPRECIATE STRAIGHTLINE(7, 3 * period, period, 7)",
        "once": "DEPRECIATE STRAIGHTLINE(paid, period, period, 7)",
    }
    frame = egovsim.run(read(tmp_path, mdl(equations, stop=15.5, step=0.5))).to_frame()
    by_period = 0.5 * frame["off"].to_numpy().reshape(-1, 4).sum(axis=1)  # 9 are paid in the first, 15 in the third
    np.testing.assert_allclose(by_period, [3, 3, 3 + 5, 5, 5, 0, 0, 0], atol=1e-12)
    np.testing.assert_allclose(frame["steady"], 7, rtol=1e-13)
    np.testing.assert_allclose(frame["once"], frame["paid"], rtol=1e-13)


@pytest.mark.parametrize(
    ("equation", "message"),
    [
        (
            "SINTEG(1, 0, 0, 9, 1, :NA:, :NA:)",
            "SINTEG with a quantum cannot be run: how it rounds is not published; give :NA: and round what reads it.",
        ),
        (
            "SINTEG(1, 0, Time, 9, :NA:, :NA:, :NA:)",
            "the last five arguments of SINTEG must be numbers or :NA:; write the number in place.",
        ),
        (
            "DEPRECIATE STRAIGHTLINE(1, 5, 2, 0)",
            "the lifetime of DEPRECIATE STRAIGHTLINE must be 1 to 1000 whole fiscal periods, by constants; "
            "give such numbers.",
        ),
        (
            "DEPRECIATE STRAIGHTLINE(1, Time * Time / Time, 1, 0)",
            "the lifetime of DEPRECIATE STRAIGHTLINE must be 1 to 1000 whole fiscal periods, by constants; "
            "give such numbers.",
        ),
    ],
)
def test_what_cannot_be_kept_is_refused_by_name(tmp_path: Path, equation: str, message: str) -> None:
    """Without a word here an account would be kept by another rule than that which was written down."""
    model = read(tmp_path, mdl({"x": equation}))
    with pytest.raises(ModelError) as caught:
        egovsim.run(model)
    assert str(caught.value) == f'model.mdl, line 2, "x": {message}'


def test_a_lifetime_that_changes_and_periods_shorter_than_a_step_are_not_a_number(tmp_path: Path) -> None:
    """What was paid would be written off too late, or over another time than the equation says."""
    equations = {
        "short": "DEPRECIATE STRAIGHTLINE(1, 4, 0.25, 0)",
        "longer": "DEPRECIATE STRAIGHTLINE(1, 4 + STEP(4, 3), 2, 1)",
    }
    frame = egovsim.run(read(tmp_path, mdl(equations, step=1))).to_frame()
    assert frame["short"].isna().all()
    assert frame["longer"].notna().tolist() == [True] * 3 + [False] * 8
