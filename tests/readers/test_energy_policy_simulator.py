"""The Energy Policy Simulator for the United States, whole and unmodified: 150,000 elements, 658 files.

If these fail, one of the largest open models of Vensim does not run here, or its figures are others.
"""

from __future__ import annotations

import os
from pathlib import Path

import numpy as np
import pytest

import egovsim

TOTAL = "Output Total CO2e Emissions"
GROSS = "Output Total CO2e Emissions Excluding LULUCF"
GENERATION = "Output Electricity Generation by Type"
BAU = "BAU Total CO2e Emissions"
OUTPUTS = [TOTAL, GROSS, GENERATION, "Total CO2e Emissions", BAU]


@pytest.fixture(scope="module")
def folder() -> Path:
    """The folder of the practice model."""
    place = Path(os.environ.get("EGOVSIM_CONFORMANCE", "../shared/conformance")).parent / "practice" / "eps-us"
    if not (place / "EPS.mdl").is_file():
        pytest.skip("no folder of practice models beside EGOVSIM_CONFORMANCE")
    return place


@pytest.fixture(scope="module")
def model(folder: Path) -> egovsim.Model:
    return egovsim.read_model(folder / "EPS.mdl")


@pytest.fixture(scope="module")
def baseline(model: egovsim.Model) -> egovsim.Result:
    return egovsim.run(model, outputs=OUTPUTS)


@pytest.mark.slow
def test_nothing_in_it_stops_it(model: egovsim.Model) -> None:
    assert len(model) > 2_000
    assert len(model.sources) > 600
    assert [finding for finding in egovsim.check(model) if finding.severity == "error"] == []


@pytest.mark.slow
def test_its_first_year_is_the_one_that_was_published(baseline: egovsim.Result) -> None:
    """2019, in million tons and TWh: EPA's inventory of 1990-2019, and EIA's "Electric Power Monthly".

    The gross total is within 4 % since the simulator weighs gases by AR5, and the inventory by AR4.
    """
    frame = baseline.to_frame()
    assert frame.index[0] == 2019
    assert frame.loc[2019, TOTAL] == pytest.approx(5_769, rel=0.02)
    assert frame.loc[2019, GROSS] == pytest.approx(6_558, rel=0.04)
    coal = frame.loc[2019, f"{GENERATION}[hard coal es]"] + frame.loc[2019, f"{GENERATION}[lignite es]"]
    assert coal == pytest.approx(965, rel=0.03)
    assert frame.loc[2019, f"{GENERATION}[nuclear es]"] == pytest.approx(809, rel=0.03)
    assert frame.loc[2019, f"{GENERATION}[onshore wind es]"] == pytest.approx(296, rel=0.03)
    generation = frame.filter(like=GENERATION).loc[2019].sum()
    assert generation == pytest.approx(4_127, rel=0.05)


@pytest.mark.slow
def test_without_policies_it_is_its_own_reference_case(baseline: egovsim.Result) -> None:
    """The model computes everything twice; with no policy set, both halves are the same to the last bit."""
    values = baseline.values("Total CO2e Emissions")
    assert np.isfinite(values).all()
    np.testing.assert_array_equal(values, baseline.values(BAU))


@pytest.mark.slow
def test_half_the_step_changes_little(model: egovsim.Model, baseline: egovsim.Result) -> None:
    """It counts in whole years; a step that its authors did not mean must not overturn it all the same."""
    halved = egovsim.run(model, outputs=OUTPUTS, time_step=0.5, save_every=1.0)
    for name in (TOTAL, GROSS):
        np.testing.assert_allclose(halved.values(name), baseline.values(name), rtol=0.01)


@pytest.mark.slow
def test_a_scenario_cuts_emissions(folder: Path, model: egovsim.Model, baseline: egovsim.Result) -> None:
    """Policies that its authors send with it, none of which touches the reference case."""
    changes = egovsim.read_changes(folder / "Scenario_NDC.cin")
    changed = egovsim.run(model, outputs=OUTPUTS, constants=changes)
    assert changed.values(GROSS)[0, 0, 0, -1] < 0.7 * baseline.values(GROSS)[0, 0, 0, -1]
    np.testing.assert_array_equal(changed.values(BAU), baseline.values(BAU))


@pytest.mark.slow
def test_a_scenario_beyond_a_range_of_the_model_is_run_and_told(
    folder: Path, model: egovsim.Model, baseline: egovsim.Result
) -> None:
    """One of its authors' scenarios sets a policy beyond the range that the model gives it, as Vensim lets it."""
    changes = egovsim.read_changes(folder / "Scenario_1point5.cin")
    with pytest.warns(UserWarning, match="it is run all the same") as told:
        changed = egovsim.run(model, outputs=OUTPUTS, constants=changes)
    assert (
        'constants: "Annual Additional Capacity Retired due to Early Retirement Policy" is 12000, outside its range '
        "0 to 10000 in EPS.mdl; it is run all the same."
    ) in [str(warning.message) for warning in told]
    assert changed.values(GROSS)[0, 0, 0, -1] < 0.7 * baseline.values(GROSS)[0, 0, 0, -1]
