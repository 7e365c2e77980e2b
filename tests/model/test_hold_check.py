"""`hold` cuts a loop at its start value; `check` finds without running."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_models import auxiliary, bounds, flow, mdl, over, read, stock, xmile

import egovsim

LOOP = xmile(
    auxiliary("k", "2.0"),
    auxiliary("start", "k * 5.0"),
    stock("s", "start", inflows=["growth"], outflows=["loss"]),
    flow("growth", "s * effect"),
    flow("loss", "0.05 * s"),
    auxiliary("effect", "0.1 + TIME * 0.01 + s / 1000.0"),
    f'<stock name="a">{over("D")}<eqn>k</eqn><inflow>f</inflow></stock>',
    f'<flow name="f">{over("D")}<eqn>share[D] * s</eqn></flow>',
    f'<aux name="share">{over("D")}<element subscript="x"><eqn>0.1 + TIME</eqn></element>'
    '<element subscript="y"><eqn>0.2 * s</eqn></element></aux>',
    auxiliary("curve", "TIME", inside="<gf><xpts>0.0,1.0</xpts><ypts>3.0,4.0</ypts></gf>"),
    '<gf name="table"><xpts>0.0,1.0</xpts><ypts>3.0,4.0</ypts></gf>',
    dimensions={"D": ("x", "y")},
)


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> egovsim.Model:
    return read(tmp_path_factory.mktemp("hold"), LOOP)


@pytest.mark.parametrize("name", ["s", "effect", "growth", "a", "share", "curve", "k", "start"])
def test_a_held_variable_keeps_its_first_value_and_the_rest_goes_on(model: egovsim.Model, name: str) -> None:
    """If it moved, or started elsewhere, a loop would be said to matter that was never cut."""
    before, after = egovsim.run(model), egovsim.run(egovsim.hold(model, name))
    held = after.values(name)
    first = before.values(name)[:, :, :, :1]
    np.testing.assert_array_equal(held, np.broadcast_to(first, held.shape))
    for other in before.variables.values():
        np.testing.assert_array_equal(after.values(other.name)[0, 0, 0, 0], before.values(other.name)[0, 0, 0, 0])


def test_holding_cuts_what_depends_on_it_and_leaves_the_model_as_it_was(model: egovsim.Model) -> None:
    """A loop that stays closed, or a model that is changed for everybody else."""
    before = egovsim.run(model)
    held = egovsim.run(egovsim.hold(model, "Effect"))
    growth = (1.0 + (0.1 + 10.0 / 1000.0 - 0.05) * 0.125) ** np.arange(81)
    np.testing.assert_allclose(held.values("s")[0, 0, 0], 10.0 * growth, rtol=1e-12)
    np.testing.assert_array_equal(egovsim.run(model).trajectories, before.trajectories)


def test_what_cannot_be_held_is_refused(model: egovsim.Model) -> None:
    """A lookup has no value; a typing error has a nearest name."""
    with pytest.raises(egovsim.InputError) as caught:
        egovsim.hold(model, "table")
    assert str(caught.value) == '"table" is a lookup and has no value to hold; hold a variable that uses it.'
    with pytest.raises(egovsim.UnknownNameError) as caught:
        egovsim.hold(model, "efect")
    assert str(caught.value) == '"efect" is not a variable of model.xmile; nearest: "effect".'
    with pytest.raises(egovsim.InputError) as caught:
        egovsim.hold(model, "s", at="end")  # pyright: ignore[reportArgumentType]
    assert str(caught.value) == 'hold(..., at="end"): a variable can be held at its "start" only.'


DOUBTFUL = xmile(
    auxiliary("k", "200.0", inside=bounds(0.0, 100.0)),
    auxiliary("idle", "1.0"),
    auxiliary("y", "k + missing"),
    auxiliary("late", "DELAY3(y, 0.3)"),
    dt=0.3,
)


def test_check_finds_what_is_wrong_before_anything_runs(tmp_path: Path) -> None:
    """Each finding with severity, variable and line; errors first."""
    said = [str(one) for one in egovsim.check(read(tmp_path, DOUBTFUL))]
    assert said == [
        'error: model.xmile, line 9, "y": "missing" is not a variable of this model',
        "error: model.xmile: the time step 0.3 does not divide the horizon 0 to 10",
        'warning: model.xmile, line 7, "k": 200 lies outside its own range',
        'warning: model.xmile, line 10, "late": a stage of its delay of 0.3 is shorter than the time step; '
        "shorten the time step",
        'warning: model.xmile, line 8, "idle": this constant is used by nothing',
        'note: model.xmile: no unit: "k", "idle", "y", "late"',
        'note: model.xmile: no note: "k", "idle", "y", "late"',
    ]


@pytest.mark.parametrize(
    ("call", "order"),
    [
        ("DELAY N(x, 3, 0, 2.5)", "DELAY N is 2.5"),
        ("SMOOTH N(x, 3, 0, n)", "SMOOTH N is 0.5"),
        ("DELAY N(x, 3, 0, -n * 4)", "DELAY N is -2"),
        ("DELAY N(x, 3, 0, 1 / n)", ""),
        ("DELAY N(x, 3, 0, Time)", ""),
    ],
)
def test_check_finds_an_order_that_is_not_whole(tmp_path: Path, call: str, order: str) -> None:
    """Else a check says that a model is sound, and its first run is refused."""
    found = egovsim.check(read(tmp_path, mdl({"n": "0.5", "x": "n", "y": call})))
    said = [str(one) for one in found if one.severity == "error"]
    text = f'error: model.mdl, line 12, "y": the order of {order}; it must be a whole number, 1 or more'
    assert said == ([text] if order else [])


def test_the_seed_of_random_functions_is_not_unused(tmp_path: Path) -> None:
    """NOISE SEED is named by no equation and moves every draw; who removes it gets another run."""
    seed = {"NOISE SEED": "7", "x": "RANDOM UNIFORM(0, 1, 0)"}
    unused = 'warning: model.mdl, line 2, "NOISE SEED": this constant is used by nothing'
    assert unused not in map(str, egovsim.check(read(tmp_path, mdl(seed))))
    assert unused in map(str, egovsim.check(read(tmp_path, mdl({**seed, "x": "2"}))))


def test_the_shipped_models_have_no_finding() -> None:
    """A planner who checks the model they are given should see nothing to worry about."""
    for name in ("egov", "capacity"):
        assert [str(one) for one in egovsim.check(egovsim.read_model(name)) if one.severity != "note"] == []
