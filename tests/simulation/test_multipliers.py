"""Assumed histories are uncertain in their height; what a policy decides holds as written."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_models import auxiliary, bounds, read, xmile

import egovsim
from egovsim import Design, PolicyPath, Profile, Scenario, Series
from egovsim.errors import DataError, UnknownNameError

MODEL = xmile(
    auxiliary("duty", "0.1", inside=bounds(0.0, 1.0)),
    auxiliary("other", "0.1", inside=bounds(0.0, 1.0)),
    auxiliary("duty height", "1.0", inside=bounds(0.0, 3.0)),
    auxiliary("in force", "MIN(1, duty * duty_height)"),
    stop=10,
    dt=0.5,
)
HISTORY = Series((0.0, 2.0), (0.2, 0.4), "steps")
REGION = Profile("here", levers={"duty": HISTORY}, multipliers={"duty": "duty height"})
HEIGHTS = np.array([0.5, 1.0, 3.0])
TIME = np.arange(21) * 0.5
PAST = np.minimum(1.0, np.outer(HEIGHTS, np.where(TIME < 2.0, 0.2, 0.4)))


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> egovsim.Model:
    return read(tmp_path_factory.mktemp("heights"), MODEL)


def in_force(model: egovsim.Model, region: Profile, levers: dict[str, Series], *worlds: Scenario) -> np.ndarray:
    paths = [PolicyPath("usual"), PolicyPath("decided", levers, 6.0)]
    design = Design.of({"duty height": HEIGHTS})
    return egovsim.run(
        model, profile=region, policies=paths, design=design, outputs=["in force"], scenarios=worlds or None
    ).values("in force")[0]


def test_business_as_usual_keeps_the_uncertain_height_and_a_decision_holds_as_written(model: egovsim.Model) -> None:
    """Else a planner who decides on a duty for 60 % would get 30 % in one member and all staff in another."""
    found = in_force(model, REGION, {"Duty": Series.constant(0.6)})
    np.testing.assert_array_equal(found[0], PAST)
    np.testing.assert_array_equal(found[1], np.where(TIME < 6.0, PAST, 0.6))


def test_a_path_that_leaves_the_lever_alone_keeps_its_height(model: egovsim.Model) -> None:
    """Else a path about something else would change the duty, and be praised for it."""
    np.testing.assert_array_equal(in_force(model, REGION, {"other": Series.constant(0.6)})[1], PAST)


def test_without_a_named_height_nothing_is_set(model: egovsim.Model) -> None:
    """The rule stands in the profile: a model's constant of any name is never touched without it."""
    region = Profile("here", levers={"duty": HISTORY})
    found = in_force(model, region, {"duty": Series.constant(0.6)})
    np.testing.assert_allclose(found[1][:, -1], np.minimum(1.0, 0.6 * HEIGHTS), rtol=1e-15)


def test_a_scenario_leaves_the_height_alone(model: egovsim.Model) -> None:
    """What befalls a region is no decision of its own."""
    world = Scenario("shock", {"other": Series.constant(0.9)}, 4.0)
    np.testing.assert_array_equal(in_force(model, REGION, {}, world)[0], PAST)


def test_one_leaves_the_shipped_model_as_it_is() -> None:
    """With multipliers of one, a history and a decision of the same level are the same."""
    egov = egovsim.read_model("egov")
    profile = egovsim.read_profile("surabaya")
    last = {name: Series.constant(profile.levers[name].values[-1]) for name in profile.multipliers}
    paths = [PolicyPath("usual"), PolicyPath("same", last, 2026.0)]
    ones = dict.fromkeys(profile.multipliers.values(), 1.0)
    outputs = ["SPBE-like index", "Real use index"]
    found = egovsim.run(egov, profile=profile, policies=paths, constants=ones, outputs=outputs)
    for name in ("SPBE-like index", "Real use index"):
        np.testing.assert_array_equal(*found.values(name)[0, :, 0])


@pytest.mark.parametrize(
    ("multiplier", "driven"),
    [
        ("Mandate multiplier", "Mandate in force"),
        ("Leadership multiplier", "Personal commitment"),
        ("Document multiplier", "Policy framework"),
    ],
)
def test_each_multiplier_of_the_shipped_model_moves_what_it_is_for_and_never_beyond_all(
    multiplier: str, driven: str
) -> None:
    """A multiplier that drives nothing is an uncertainty that is claimed and not sampled."""
    egov = egovsim.read_model("egov")
    profile = egovsim.read_profile("south-sumatra")
    design = Design.of({multiplier: np.array([0.5, 1.0, 1.15, 3.0])})
    found = egovsim.run(egov, profile=profile, design=design, outputs=[driven], until=2026).values(driven)[0, 0]
    assert (np.diff(found.max(axis=1)) > 0.0).all()
    full = Series.constant(1.0)
    lever = next(name for name, one in profile.multipliers.items() if one == multiplier)
    everything = Profile("full", profile.constants, levers={**profile.levers, lever: full})
    found = egovsim.run(egov, profile=everything, design=design, outputs=[driven], until=2026).values(driven)[0, 0]
    np.testing.assert_array_equal(found[3], found[1])


def written(folder: Path, text: str) -> Path:
    path = folder / "mine.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_profile_names_the_height_beside_the_history(tmp_path: Path, model: egovsim.Model) -> None:
    """The file is where a planner says which histories are guesses."""
    path = written(tmp_path, '[levers]\n"duty" = { steps = [[0, 0.2]], multiplier = "duty height" }\n"other" = 0.3\n')
    assert egovsim.read_profile(path, model=model).multipliers == {"duty": "duty height"}


def test_a_height_that_is_no_constant_is_refused_by_name(tmp_path: Path, model: egovsim.Model) -> None:
    path = written(tmp_path, '[levers]\n"duty" = { steps = [[0, 0.2]], multiplier = "duty heigth" }\n')
    with pytest.raises(UnknownNameError) as caught:
        egovsim.read_profile(path, model=model)
    where = f"{path}: levers.duty.multiplier is not a constant of {model.file}"
    assert str(caught.value) == f'{where}; nearest: "duty height".'


def test_a_height_in_a_policy_or_as_a_number_is_refused(tmp_path: Path) -> None:
    """A policy's levers hold as written, so a height there would be ignored."""
    path = written(tmp_path, '[levers]\n"duty" = { steps = [[2026, 0.2]], multiplier = "duty height" }\n')
    with pytest.raises(UnknownNameError) as caught:
        egovsim.read_policy(path)
    keys = ", ".join(f'"{one}"' for one in ("value", "points", "steps", "source", "assumption", "note"))
    assert str(caught.value) == f"{path}: levers.duty.multiplier is not a key of a series; there are: {keys}."
    path = written(tmp_path, '[levers]\n"duty" = { steps = [[2003, 0.2]], multiplier = 1.5 }\n')
    with pytest.raises(DataError) as caught:
        egovsim.read_profile(path)
    assert str(caught.value) == f"{path}: levers.duty.multiplier must be text, not a number."
