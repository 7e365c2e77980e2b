"""FRIDA, an integrated assessment model in isee's Stella, whole and as its authors publish it.

It is made of 13 files of modules, conveyors and arrays. If these fail, a large model of Stella no longer runs, or runs
on other numbers than its authors calibrated it on.
"""

from __future__ import annotations

import csv
from pathlib import Path

import numpy as np
import pytest

import egovsim
from egovsim.errors import InputError
from egovsim.model.model import Model

_GAS = "Energy.energy supply.fossil energy.fossil energy gas"

CALIBRATED = {
    "Demographics.Population": 0.01,
    "Demographics.Aged 20 to 40 years": 0.02,
    "Demographics.Aged Over 75 years": 0.08,
    "Economy.GDP.Real GDP in 2021$": 0.05,
    "Economy.Circular Flow.private consumption": 0.04,
    "Energy.energy supply.Total Energy Output": 0.04,
    f"{_GAS}.conversion efficiency of fossil fuels to secondary fossil energy": 0.02,
    "Climate.Temperature.Emissions.Total CO2 Emissions": 0.09,
    "Climate.Temperature.Forcing.CO2 Forcing.Atmospheric CO2 Concentration": 0.01,
    "Climate.Temperature.Energy Balance Model.Surface Temperature Anomaly": 0.13,
    "Land Use and Agriculture.Land Use.Forest Land": 0.005,
    "Land Use and Agriculture.Animal Products.animal products production": 0.02,
}
"""How far a run may be, on average, from what the authors calibrated it on, as a share of that."""


@pytest.fixture(scope="module")
def frida(practice: Path) -> Model:
    return egovsim.read_model(practice / "frida" / "FRIDA.stmx")


def published(practice: Path) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """Return the years and values of the data that the authors calibrated on, by the names there."""
    path = practice / "frida" / "Data" / "Calibration Data.csv"
    head, *rows = csv.reader(path.read_text("latin-1").splitlines())
    found: dict[str, tuple[np.ndarray, np.ndarray]] = {}
    for name, *cells in rows:
        pairs = [(int(year), float(cell)) for year, cell in zip(head[1:45], cells[:44], strict=True) if cell.strip()]
        if pairs:
            years, values = np.array(pairs, dtype=float).T
            found[name.partition("[")[0].lower()] = years, values
    return found


@pytest.mark.slow
def test_nothing_stops_it(frida: Model, practice: Path) -> None:
    findings = egovsim.check(frida)
    assert not [str(finding) for finding in findings if finding.severity == "error"]
    assert len(frida.sources) == 12
    assert not frida.required
    assert any("Employment.itmx beside the model is read" in finding.text for finding in findings)
    with pytest.raises(InputError) as caught:
        egovsim.crosscheck(practice / "frida" / "FRIDA.stmx")
    assert str(caught.value) == (
        "FRIDA.stmx: PySD knows no modules, of which this model is made, and would take the variables of all for those "
        "of one; nothing was compared."
    )


@pytest.mark.slow
def test_it_runs_close_to_what_its_authors_calibrated_it_on(frida: Model, practice: Path) -> None:
    """And on to 2125, with half the step too: it has controllers and conveyors, which are of the first order."""
    outputs, data = list(CALIBRATED), published(practice)
    result = egovsim.run(frida, outputs=outputs, on_failure="raise")
    halved = egovsim.run(frida, outputs=outputs, time_step=1 / 16, on_failure="raise")
    for name, most in CALIBRATED.items():
        years, values = data[".".join(name.split(".")[-2:]).lower()]
        run = result.values(name).ravel()
        assert len(run) == 145 * 8 + 1
        at = np.round((years - 1980) * 8).astype(int)
        assert np.abs(run[at] - values).mean() <= most * np.abs(values).mean(), name
        np.testing.assert_allclose(halved.values(name).ravel()[::2], run, rtol=0.05)
