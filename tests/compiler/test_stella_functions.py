"""Functions of isee's Stella that the standard has not, each against its definition.

If these fail, models that were built in Stella run on other numbers than there.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import egovsim
from egovsim.errors import ModelError

SHAPES = '<dimensions><dim name="Age" size="3"/><dim name="Run" size="1"/><dim name="Band" size="2"/></dimensions>'


def arrayed(name: str, dimensions: str, equation: str) -> str:
    axes = "".join(f'<dim name="{dimension}"/>' for dimension in dimensions.split())
    return f'<aux name="{name}"><dimensions>{axes}</dimensions><eqn>{equation}</eqn></aux>'


def scalar(name: str, equation: str) -> str:
    return f'<aux name="{name}"><eqn>{equation}</eqn></aux>'


def columns(folder: Path, *variables: str, method: str = "euler") -> dict[str, np.ndarray]:
    path = folder / "m.stmx"
    path.write_text(
        f'<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0"><sim_specs method="{method}">'
        f"<start>0</start><stop>4</stop><dt>0.5</dt></sim_specs>{SHAPES}<model><variables>{''.join(variables)}"
        "</variables></model></xmile>",
        encoding="utf-8",
    )
    table = egovsim.run(egovsim.read_model(path)).to_frame()
    return {name: table[name].to_numpy() for name in table.columns}


@pytest.mark.parametrize("method", ["euler", "rk4"])
def test_a_derivative_is_the_change_since_the_step_before(tmp_path: Path, method: str) -> None:
    found = columns(
        tmp_path, scalar("once", "DERIVN(TIME ^ 2, 1)"), scalar("twice", "DERIVN(TIME ^ 2, 2)"), method=method
    )
    time = np.arange(9) * 0.5
    once = np.concatenate([[0.0], np.diff(time**2) / 0.5])
    np.testing.assert_allclose(found["once"], once, rtol=1e-12)
    np.testing.assert_allclose(found["twice"], np.concatenate([[0.0], np.diff(once) / 0.5]), rtol=1e-12)


def test_a_straight_line_has_one_slope_in_every_stage_of_a_step(tmp_path: Path) -> None:
    """Else a stock that gathers it would be off under Runge and Kutta's method."""
    gathered = (
        "<stock name='s'><eqn>0</eqn><inflow>f</inflow></stock><flow name='f'><eqn>DERIVN(3 * TIME, 1)</eqn></flow>"
    )
    found = columns(tmp_path, gathered, method="rk4")
    np.testing.assert_allclose(np.diff(found["s"])[1:], 1.5, rtol=1e-12)


def test_what_is_cumulated_is_the_integral(tmp_path: Path) -> None:
    time = np.arange(9) * 0.5
    found = columns(tmp_path, scalar("c", "RUNCUM(TIME)"), method="rk4")
    np.testing.assert_allclose(found["c"], time**2 / 2, rtol=1e-12)


def test_a_bounded_logistic_curve(tmp_path: Path) -> None:
    found = columns(
        tmp_path,
        scalar("plain", "LOGISTICBOUND(1, 3, TIME, 2, 1.5)"),
        scalar("begun", "LOGISTICBOUND(1, 3, TIME, 2, 1.5, 1)"),
    )
    time = np.arange(9) * 0.5
    share = 1 / (1 + np.exp(-1.5 * (time - 2)))
    np.testing.assert_allclose(found["plain"], 1 + 2 * share, rtol=1e-13)
    begun = 1 / (1 + np.exp(1.5))
    np.testing.assert_allclose(
        found["begun"], 1 + 2 * np.where(time > 1, (share - begun) / (1 - begun), 0.0), rtol=1e-13
    )


def test_between_the_elements_of_a_vector(tmp_path: Path) -> None:
    found = columns(
        tmp_path,
        arrayed("squares", "Run Age", "Age ^ 2"),
        arrayed("between", "Run", "INTERPOLATE(squares[Run,*], TIME / 2 - 0.5)"),
    )
    time = np.arange(9) * 0.5
    np.testing.assert_allclose(found["between[1]"], np.interp(time - 1, [0, 1, 2], [1, 4, 9]), rtol=1e-13)


def test_every_percentile_of_one_value_is_that_value(tmp_path: Path) -> None:
    run, band = arrayed("x", "Run", "7 + TIME"), arrayed("p", "Band", "PERCENTILE(x, Band * 50, Band * 50 - 50)")
    found = columns(tmp_path, run, band)
    np.testing.assert_array_equal(found["p[2]"], found["x[1]"])
    with pytest.raises(ModelError, match="PERCENTILE of 3 elements cannot be run yet, only that of one"):
        columns(tmp_path, arrayed("x", "Age", "Age"), scalar("p", "PERCENTILE(x, 50)"))


def test_stella_allocates_as_vensim_allocates_by_priority(tmp_path: Path) -> None:
    """Of 30 the one far above the others gets all it asks, the two that overlap share the rest."""
    requests = arrayed("wanted", "Run Age", "10"), arrayed("priority", "Run Age", "IF Age = 3 THEN 9 ELSE Age")
    share = "ALLOCATE(supply, Age, wanted[Run,*], priority[Run,*], 2{})"
    for shape in ("", ", 1", ", shape"):
        found = columns(
            tmp_path,
            *requests,
            scalar("supply", "20"),
            scalar("shape", "1"),
            arrayed("got", "Run Age", share.format(shape)),
        )
        got = [found[f"got[1,{age}]"][0] for age in (1, 2, 3)]
        # The cut c is where 10 (2 - c) / 2 + 10 (3 - c) / 2 = 10: at 1.5.
        np.testing.assert_allclose(got, [2.5, 7.5, 10.0], rtol=1e-12)
    with pytest.raises(ModelError, match="ALLOCATE with the shape 3 cannot be run yet, only with 1"):
        columns(tmp_path, *requests, scalar("supply", "20"), arrayed("got", "Run Age", share.format(", 3")))
    with pytest.raises(ModelError, match="must be the dimension that is shared along"):
        columns(
            tmp_path,
            *requests,
            scalar("supply", "20"),
            arrayed("got", "Run Age", share.format("").replace("Age,", "supply,", 1)),
        )
