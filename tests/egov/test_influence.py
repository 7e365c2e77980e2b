"""Sobol indices against functions whose indices are known, and variables that are adjusted from an instant on.

If these fail, the page on the study's findings calls the wrong barrier the most influential.
"""

from __future__ import annotations

import numpy as np
import pytest
from small_barriers import CONSTANT, HERE, SHARES, WORTH, barrier_model

import egovsim
from egovsim.analysis.sobol import SobolIndices, sobol_indices
from egovsim.egov.influence import equal_money, proportional
from egovsim.errors import InputError, UnknownNameError, ValueRangeError
from egovsim.model.inputs import Design, Profile, Series
from egovsim.model.interventions.adjust import adjust
from egovsim.model.model import Model

XMILE = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<header><vendor>test</vendor><product version="1.0">test</product><name>Growth</name></header>
<sim_specs method="euler" time_units="years"><start>2020</start><stop>2030</stop><dt>0.25</dt></sim_specs>
<dimensions><dim name="Area"><elem name="a"/><elem name="b"/></dim></dimensions>
<model><variables>
<aux name="Effort"><eqn>1</eqn><units>points/years</units></aux>
<stock name="Level"><eqn>Effort</eqn><inflow>Gain</inflow></stock>
<flow name="Gain"><eqn>Twice_effort/2</eqn></flow>
<aux name="Twice effort"><eqn>2*Effort</eqn></aux>
<stock name="Memory"><eqn>0</eqn><inflow>Learning</inflow></stock>
<flow name="Learning"><eqn>Level</eqn></flow>
<aux name="Parts"><dimensions><dim name="Area"/></dimensions><eqn>1</eqn></aux>
<aux name="Curve"><eqn>Effort</eqn><gf><xscale min="0" max="1"/><ypts>0,1</ypts></gf></aux>
</variables></model></xmile>
"""


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> Model:
    path = tmp_path_factory.mktemp("growth") / "growth.xmile"
    path.write_text(XMILE, "utf-8")
    return egovsim.read_model(path)


def ishigami(unit: np.ndarray) -> np.ndarray:
    x, y, z = np.pi * (2.0 * unit.T - 1.0)
    return np.stack([np.sin(x) + 7.0 * np.sin(y) ** 2 + 0.1 * z**4 * np.sin(x), 3.0 * unit[:, 0] + 4.0 * unit[:, 1]])


def asked(points: int = 2048, seed: int = 0) -> SobolIndices:
    return sobol_indices(ishigami, factors=("x", "y", "z"), outcomes=("ishigami", "sum"), points=points, seed=seed)


def test_indices_of_a_known_function() -> None:
    """Ishigami and Homma (1990) give the function's indices in closed form, those of a sum are its squared weights."""
    found, alpha = asked(), 0.1 * np.pi**4
    whole = 7.0**2 / 8 + alpha / 5 + alpha**2 / 18 + 0.5
    alone = np.array([0.5 * (1 + alpha / 5) ** 2, 7.0**2 / 8, 0.0]) / whole
    together = 8 * 0.1**2 * np.pi**8 / 225 / whole
    np.testing.assert_allclose(found.first, [alone, [0.36, 0.64, 0.0]], atol=0.02)
    np.testing.assert_allclose(found.total, [alone + np.array([together, 0.0, together]), [0.36, 0.64, 0.0]], atol=0.02)
    assert found.runs == 2048 * 5
    assert found.order("ishigami") == ("x", "y", "z")
    assert found.order("sum", among=("x", "y")) == ("y", "x")


def test_intervals_hold_the_truth_and_shrink() -> None:
    """An interval that never holds the truth, or does not shrink with four times the points, measures nothing."""
    hits = []
    for seed in range(12):
        found = asked(256, seed)
        low, high = found.total_interval
        hits.append((low[1, :2] <= [0.36, 0.64]) & (high[1, :2] >= [0.36, 0.64]))
        assert np.all(low <= found.total + 1e-9)
        assert np.all(high >= found.total - 1e-9)
    assert np.mean(hits) > 0.6
    widths = [np.diff(asked(points).total_interval, axis=0)[0, 0, 0] for points in (256, 4096)]
    assert widths[1] < widths[0] / 2.5


def test_the_same_seed_gives_the_same_indices() -> None:
    """A page that is made again must not differ from itself; another seed is another sample."""
    assert np.array_equal(asked(64).total_interval, asked(64).total_interval)
    assert not np.array_equal(asked(64).total, asked(64, seed=1).total)


def test_indices_of_nothing_are_refused() -> None:
    """A run that failed, or an outcome that never moves, would turn every index into "not a number"."""
    ask = {"factors": ("x",), "outcomes": ("level",), "points": 8}
    with pytest.raises(ValueRangeError) as refused:
        sobol_indices(lambda unit: unit.T, **(ask | {"points": 1000}))
    assert str(refused.value) == "points is 1000; it must be a power of 2, such as 1024."
    with pytest.raises(InputError) as failed:
        sobol_indices(lambda unit: np.where(unit.T > 0.5, np.nan, unit.T), **ask)
    assert str(failed.value) == '"level" is not a finite number in 12 of 24 runs; indices need all of them.'
    with pytest.raises(InputError) as still:
        sobol_indices(lambda unit: 0.0 * unit.T + 2.0, **ask)
    assert str(still.value) == '"level" is 2 in every run; there is no variance to be shared out.'


def test_adjusting_changes_what_uses_a_variable_from_an_instant_on(model: Model) -> None:
    """Effort is 1, or 3 under the profile; from 2024 on twice that and a half is used, member by member."""
    changed = adjust(model, "effort", start=2024.0)
    assert (changed.factor, changed.extra) == ("Effort factor", "Effort extra")
    assert changed.model["Effort extra"].unit == "points/years"
    design = Design.of({changed.factor: np.array([1.0, 2.0]), changed.extra: np.array([0.0, 0.5])})
    for profile, effort in ((Profile("none"), 1.0), (Profile("three", levers={"Effort": Series.constant(3.0)}), 3.0)):
        found = egovsim.run(changed.model, profile=profile, design=design, outputs=["Effort", "Level"], save_every=1.0)
        np.testing.assert_allclose(found.values("Effort"), effort)
        usual, more = found.values("Level")[0, 0]
        np.testing.assert_allclose(usual, effort * (1.0 + np.arange(11)))
        years = np.arange(11)
        np.testing.assert_allclose(more, usual + np.maximum(years - 4, 0) * (effort + 0.5))


def test_adjusting_a_stock_leaves_the_stock_alone(model: Model) -> None:
    """What reads the stock sees more of it, its own course stays."""
    changed = adjust(model, "Level", start=2025.0)
    names = {"outputs": ["Level", "Memory"], "save_every": 1.0}
    before, after = egovsim.run(model, **names), egovsim.run(changed.model, constants={changed.extra: 10.0}, **names)
    np.testing.assert_allclose(after.values("Level"), before.values("Level"))
    np.testing.assert_allclose((after.values("Memory") - before.values("Memory"))[0, 0, 0, [5, 10]], [0.0, 50.0])


def test_unset_an_adjusted_model_is_the_model(egov: egovsim.Model) -> None:
    """Adding the two inputs alone must not move a single outcome of the e-government model."""
    changed = adjust(egov, "Core budget", start=2026.0).model
    names = {"profile": egovsim.read_profile("south-sumatra"), "outputs": ["Real use index"], "save_every": 1.0}
    before, after = egovsim.run(egov, **names), egovsim.run(changed, **names)
    assert np.array_equal(before.values("Real use index"), after.values("Real use index"))


def test_what_cannot_be_adjusted_is_refused(model: Model) -> None:
    """Each message says why."""
    with pytest.raises(InputError) as array:
        adjust(model, "Parts", start=2024.0)
    assert str(array.value) == '"Parts" is an array; only a scalar stock, flow or auxiliary can be adjusted.'
    with pytest.raises(InputError) as twice:
        adjust(adjust(model, "Effort", start=2024.0).model, "Effort", start=2026.0)
    assert str(twice.value) == ('growth.xmile has a variable "Effort factor" already; it was adjusted before.')
    with pytest.raises(UnknownNameError):
        adjust(model, "Efort", start=2024.0)


def test_equal_money_weighs_barriers_by_what_the_same_sum_does(tmp_path_factory: pytest.TempPathFactory) -> None:
    """The outcome is a sum, so indices are squared worths; training counts in full, since places come with it."""
    model = barrier_model(tmp_path_factory.mktemp("equal"))
    ask = {"outcomes": [("Level", 2035.0)], "most": 15.0, "points": 1024}
    found = equal_money(model, HERE, CONSTANT, **ask)
    worth = np.square([*WORTH.values(), 0.0])
    assert found.factors == (*WORTH, "member")
    np.testing.assert_allclose(found.total[0], worth / worth.sum(), atol=0.01)


def test_percentages_weigh_barriers_by_their_share_and_let_the_total_win(
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """Every rupiah does the same here, and still the budget comes first: the total moves all shares at once."""
    model = barrier_model(tmp_path_factory.mktemp("percent"))
    found = proportional(model, HERE, CONSTANT, outcomes=[("Built", 2035.0)], points=1024)
    spread = np.square(list(SHARES.values())) / 12
    whole = 1 / 12 + spread.sum() * (1 + 1 / 12)
    expected = [*(spread * (1 + 1 / 12) / whole), (1 + spread.sum()) / 12 / whole, 0.0]
    np.testing.assert_allclose(found.total[0], expected, atol=0.015)
