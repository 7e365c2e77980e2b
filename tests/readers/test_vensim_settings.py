"""The integration method that the settings of a Vensim file ask for is the one that runs.

If one of these fails, a model that Vensim integrates with Runge-Kutta is run with Euler's method, and its numbers
are others.
"""

from __future__ import annotations

import math
from pathlib import Path

import pytest
from small_models import mdl, read

import egovsim
from egovsim.model.model import Method

SETTINGS = "///---\\\\\\\n:L<%^E!@\n1:run.vdf\n9:Z:\\15:9,9,9,9\n{}19:100,0\n"


def model(folder: Path, line: str) -> egovsim.Model:
    return read(folder, mdl({"x": "INTEG(-x, 1)"}, stop=1, step=0.5) + "V300\n*View 1\n" + SETTINGS.format(line))


@pytest.mark.parametrize(
    ("number", "method", "after_a_step"),
    [
        (0, "euler", 0.5),
        (1, "rk4", 1 - 0.5 + 0.5**2 / 2 - 0.5**3 / 6 + 0.5**4 / 24),
        (2, "euler", 0.5),
        (3, "midpoint", 1 - 0.5 + 0.5**2 / 2),
        (4, "midpoint", 1 - 0.5 + 0.5**2 / 2),
        (5, "rk4", 1 - 0.5 + 0.5**2 / 2 - 0.5**3 / 6 + 0.5**4 / 24),
    ],
)
def test_the_fourth_number_is_the_method(number: int, method: Method, after_a_step: float, tmp_path: Path) -> None:
    """A step of x' = -x is the start of the series of e to the power of -1/2, longer with a better method."""
    found = model(tmp_path, f"15:0,0,0,{number},0,0\n")
    assert found.clock.method == method
    assert math.isclose(egovsim.run(found).values("x").squeeze()[1], after_a_step, rel_tol=1e-15)


@pytest.mark.parametrize(
    ("number", "text"),
    [
        (1, "the settings ask for steps of automatic length (RK4 Auto), and every step is the TIME STEP here"),
        (
            2,
            "the settings ask for auxiliaries as they were at the save before (Diff), "
            "and they are the present ones here",
        ),
        (3, "the settings ask for steps of automatic length (RK2 Auto), and every step is the TIME STEP here"),
        (9, "the settings ask for an integration method of the unknown number 9, and Euler's is used"),
    ],
)
def test_what_is_left_out_of_a_method_is_a_warning(number: int, text: str, tmp_path: Path) -> None:
    warnings = [
        finding
        for finding in egovsim.check(model(tmp_path, f"15:0,0,0,{number},0,0\n"))
        if finding.severity == "warning"
    ]
    assert [(warning.variable, warning.text) for warning in warnings] == [("TIME STEP", text)]


@pytest.mark.parametrize("line", ["", "15:\n", "15:0,0\n", "15:0,0,0,x\n", "15:0,0,0,0,0,0\n"])
def test_without_a_number_it_is_eulers(line: str, tmp_path: Path) -> None:
    found = model(tmp_path, line)
    assert found.clock.method == "euler"
    assert [finding for finding in egovsim.check(found) if finding.severity == "warning"] == []
