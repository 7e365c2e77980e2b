"""Validation passes sound models, fails those with a planted fault, and says what a person must do.

If these fail, an author trusts a model that breaks what he declared, or looks for faults that are not there.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from broken_models import DECLARATIONS, Fault, office
from doc_blocks import differences
from scipy.stats import kendalltau
from small_models import auxiliary, bounds, flow, mdl, stock, xmile
from typer.testing import CliRunner

import egovsim
from egovsim.cli import app
from egovsim.errors import DataError, InputError, SimulationError, UnknownNameError, ValueRangeError
from egovsim.model.inputs import Design
from egovsim.validation.accepted_members import accepted_members
from egovsim.validation.behaviour_modes import mode_of
from egovsim.validation.declaration_files import default_declarations, read_declarations
from egovsim.validation.declarations import MODES, Conserved, Declarations, Loop, RankingClaim
from egovsim.validation.ensembles import base_trajectories, random_members
from egovsim.validation.extreme_tests import one_at_a_time
from egovsim.validation.fit import fit
from egovsim.validation.link_signs import slopes
from egovsim.validation.loop_tests import loop_verdicts
from egovsim.validation.ranking_tests import agreement_of, ranking_verdicts
from egovsim.validation.report import validation_json, validation_page
from egovsim.validation.subject import Members, Subject
from egovsim.validation.verdicts import Validation

ROOT = Path(__file__).resolve().parents[2]
PREDATORS = ROOT / "examples" / "predator_prey.xmile"
MEMBERS = 32

Validate = Callable[[str, str], Validation]


@pytest.fixture
def validate(tmp_path: Path) -> Validate:
    """Write a model and its declarations side by side, and validate the file."""

    def written(model: str, declarations: str) -> Validation:
        path = tmp_path / ("made.mdl" if model.startswith("{UTF-8}") else "made.xmile")
        path.write_text(model, encoding="utf-8")
        path.with_suffix(".declarations.toml").write_text(declarations, encoding="utf-8")
        return egovsim.validate(path, members=MEMBERS)

    return written


# ------------------------------------------------------------------------------------------ sound and broken models


def test_a_sound_model_passes_everything_that_is_declared(validate: Validate) -> None:
    """A false alarm teaches authors to pass over alarms."""
    found = validate(office(), DECLARATIONS)
    assert found.failed == ()
    for test in ("dimensional consistency", "conservation", "declared ranges", "polarity of loops"):
        assert found[test].result == "passed", test


@pytest.mark.parametrize(
    ("fault", "test"),
    [
        ("share", "declared ranges"),
        ("unit", "dimensional consistency"),
        ("step", "declared ranges"),
        ("sign", "polarity of loops"),
    ],
)
def test_a_planted_fault_is_found(validate: Validate, fault: Fault, test: str) -> None:
    """The values of the file hide each of them."""
    assert validate(office(fault), DECLARATIONS)[test].result == "failed"


def test_a_flow_that_leaks_is_found_before_anything_runs(validate: Validate) -> None:
    """Trained staff who become nobody would make every later figure wrong."""
    with pytest.raises(DataError, match='the flow "Training" leaves "Novices" and goes into no other stock'):
        validate(office("leak"), DECLARATIONS)


TANK = (
    stock("Tank", 10.0, inflows=["Filling"], outflows=["Draining"]),
    flow("Filling", "Tap"),
    flow("Draining", "Tank / Drain_time"),
    auxiliary("Tap", 2.0, inside=bounds(0.0, 5.0)),
    auxiliary("Drain time", 2.0, inside=bounds(1.0, 4.0)),
)
SOUND = xmile(*TANK)
SUM = auxiliary("Water", "Tank + 0.001 * MAX(0, TIME - 5)")


@pytest.mark.parametrize(
    ("test", "model", "declarations", "sound"),
    [
        ("equations complete", xmile(*TANK, auxiliary("Idle", 1.0)), "", SOUND),
        ("stocks and flows", xmile(*TANK, stock("Still", 1.0)), "", SOUND),
        ("stocks and flows", xmile(*TANK, flow("Nowhere", "Tank")), "", SOUND),
        (
            "outflows know their stock",
            SOUND.replace("Tank / Drain_time", "0.1 * Drain_time"),
            'non_negative = ["Tank"]',
            SOUND,
        ),
        ("everything is a number", SOUND.replace("Tank / Drain_time", "Tank / (Drain_time - 1)"), "", SOUND),
        ("declared ranges", SOUND, '[[bounds]]\nvariables = ["Tank"]\nhigh = 12', SOUND.replace('"5.0"', '"2.0"')),
        (
            "balances",
            xmile(*TANK, SUM),
            '[[balance]]\nname = "b"\nsum = ["Tank"]\nequals = "Water"',
            xmile(*TANK, auxiliary("Water", "Tank * 1")),
        ),
        ("what never falls", SOUND, 'never_falling = ["Tank"]', xmile(*TANK).replace("10.0", "0.0")),
        ("integration error", SOUND.replace("<dt>0.125</dt>", "<dt>1</dt>"), "", SOUND),
        ("time constants", SOUND.replace("<dt>0.125</dt>", "<dt>1</dt>"), "", SOUND),
        (
            "extreme conditions",
            SOUND.replace("Tank / Drain_time", "Tank * LN(Tap) / 10"),
            "",
            SOUND,
        ),
        (
            "declared extremes",
            SOUND.replace("<eqn>Tap</eqn>", "<eqn>Tap + 0.1</eqn>"),
            '[[extreme]]\nname = "shut"\nset = { Tap = 0.0 }\nzero = ["Filling"]\nnever_rising = ["Tank"]',
            SOUND,
        ),
        (
            "declared extremes",
            SOUND.replace("<eqn>Tap</eqn>", "<eqn>Tap + 1</eqn>"),
            '[[extreme]]\nname = "shut"\nset = { Tap = 0.0 }\nfrom = 5\nat = 9\nat_most = { Tank = 1.0 }',
            SOUND,
        ),
        (
            "declared extremes",
            SOUND.replace("Tank / Drain_time", "10 / Drain_time"),
            '[[extreme]]\nname = "full"\nhold = ["Tank"]\nmoves = { Draining = 2.0 }',
            SOUND,
        ),
        (
            "left alone",
            SOUND.replace("<eqn>Tap</eqn>", "<eqn>Tap * TIME</eqn>"),
            "[rest]\nlength = 50\nsettles = true",
            SOUND,
        ),
        ("left alone", SOUND, "[rest]\nlength = 50\nsettles = false", SOUND.replace(">Tap<", ">Tap * TIME<")),
        (
            "behaviour modes",
            SOUND,
            '[[behaviour]]\nvariable = "Tank"\nmode = "growth"',
            SOUND.replace(">Tap<", ">Tank<"),
        ),
        (
            "declared responses",
            SOUND.replace("<eqn>Tap</eqn>", "<eqn>Tap * (4 - Tap)</eqn>"),
            '[[response]]\ninput = "Tap"\noutput = "Tank"',
            SOUND,
        ),
        (
            "declared responses",
            SOUND,
            '[[response]]\ninput = "Drain time"\noutput = "Tank"\ndirection = "down"\nfrom = 4',
            SOUND.replace("Tank / Drain_time", "Tank * Drain_time / 9"),
        ),
        (
            "fit to Tank",
            SOUND,
            '[[series]]\nvariable = "Tank"\npoints = [[0, 10], [5, 10], [10, 10]]\nlargest_error = 0.1',
            SOUND.replace("<eqn>Tap</eqn>", "<eqn>5.0</eqn>"),
        ),
    ],
)
def test_each_test_fails_where_it_should_and_passes_where_it_should(
    validate: Validate, test: str, model: str, declarations: str, sound: str
) -> None:
    """A test that cannot fail, or cannot pass, tells nobody anything."""
    assert validate(sound, declarations)[test].result == "passed"
    found = validate(model, declarations)[test]
    assert found.result == "failed"
    assert found.remedy


def test_what_is_not_declared_is_left_to_a_person(validate: Validate) -> None:
    """Silence must not pass for success; each line says what to declare or to do."""
    found = validate(SOUND, "")
    for test in ("conservation", "balances", "declared loops", "fit to data", "ranking of policies", "family members"):
        assert found[test].result == "not automatic", test
    assert all(verdict.remedy for verdict in found.with_result("not automatic"))
    assert found["conservation"].remedy == "declare the groups of stocks that nothing may leak from ([[conserved]])."


def test_a_model_that_fails_before_its_first_step_is_named(validate: Validate) -> None:
    """Every later test would fail for the same reason, and hide it."""
    with pytest.raises(SimulationError) as raised:
        validate(SOUND.replace("Tank / Drain_time", "Tank / (Drain_time - 2)"), "")
    assert str(raised.value) == (
        'made.xmile: the run does not get beyond its first step: at 0.125 "Draining" is not a finite number; correct '
        "this first, nothing else can be tested before."
    )


def test_a_model_without_stocks_and_one_of_chance_can_be_validated(validate: Validate) -> None:
    """Nothing that has no meaning for a model may stop the tests that have."""
    bare = validate(xmile(auxiliary("a", 2.0, inside=bounds(0.0, 3.0)), auxiliary("b", "a * TIME")), "")
    assert bare.failed == ()
    assert bare["sensitivity of behaviour modes"].figures == "there are no stocks, and no modes are declared"
    noisy = validate(SOUND.replace("<eqn>Tap</eqn>", "<eqn>Tap * UNIFORM(0, 1, 1)</eqn>"), "")
    assert noisy["integration error"].figures == "the model draws random numbers"


def test_a_time_step_in_an_equation_is_for_a_person(validate: Validate) -> None:
    """It may be how a stock is emptied at once, and it may be a result that depends on the step."""
    found = validate(SOUND.replace("<eqn>Tap</eqn>", "<eqn>Tap * DT / DT</eqn>"), "")["stocks and flows"]
    assert (found.result, found.remedy) == ("not automatic", 'see why the time step stands in "Filling".')


def test_a_constant_that_has_no_range_is_not_blamed(validate: Validate) -> None:
    """Where nobody said that it may be zero, dividing by it is no fault, but is said."""
    found = validate(SOUND.replace(bounds(1.0, 4.0), ""), "")
    assert found["extreme conditions"].result == "passed"
    verdict = found["extremes of inputs without a range"]
    assert verdict.result == "not automatic"
    assert 'with "Drain time" at 0' in verdict.remedy


# ------------------------------------------------------------------------------------------ loops


def test_slopes_are_the_derivatives_of_the_equations(tmp_path: Path) -> None:
    """The polarity of a loop is a product of these; their oracle is the derivative by hand, along the run."""
    path = tmp_path / "made.xmile"
    path.write_text(
        xmile(
            stock("Prey", 3.0, inflows=["Births"], outflows=["Deaths"]),
            stock("Hunters", 2.0, inflows=["Hunger"]),
            flow("Births", "Prey * Rate"),
            flow("Deaths", "Prey * Hunters^2 * EXP(-TIME / 10)"),
            flow("Hunger", "-Hunters / (1 + Prey)"),
            auxiliary("Rate", 0.5),
        ),
        encoding="utf-8",
    )
    model = egovsim.read_model(path)
    subject = Subject(model, default_declarations(model))
    base = base_trajectories(subject)
    links = [("Hunters", "Deaths"), ("Prey", "Births"), ("Deaths", "Prey"), ("Prey", "Hunger"), ("Rate", "Births")]
    found = slopes(subject, base, links)
    prey, hunters = (np.interp(found.times, base.time, base[name][0]) for name in ("Prey", "Hunters"))
    wanted = (
        2.0 * prey * hunters * np.exp(-found.times / 10.0),
        np.full_like(prey, 0.5),
        np.full_like(prey, -1.0),
        hunters / (1.0 + prey) ** 2,
        prey,
    )
    for link, slope in zip(links, wanted, strict=True):
        np.testing.assert_allclose(found.by_link[link], slope, rtol=1e-6, err_msg=str(link))


@pytest.mark.parametrize("held", ["Conversion", "Cultural change"])
def test_cutting_a_loop_is_holding_its_variable(held: str) -> None:
    """All loops are cut in one compiled model; the oracle is `hold`, which compiles one for each."""
    model = egovsim.read_model("capacity")
    loop = Loop("culture", "R", ("HR capacity", "Conversion", "Cultural change", "Fading"), held)
    subject = Subject(model, Declarations(loops=(loop,)))
    verdict = list(loop_verdicts(subject, base_trajectories(subject)))[-1]
    usual, cut = (egovsim.run(variant) for variant in (model, egovsim.hold(model, held)))
    moves = []
    for level in model.stocks:
        a, b = (result.values(level.name)[0, 0, 0] for result in (usual, cut))
        moves.append(abs(a[-1] - b[-1]) / max(np.abs(a).max(), np.abs(b).max()))
    assert verdict.numbers["culture"] == pytest.approx(max(moves), rel=1e-9)


LATE = xmile(
    auxiliary("Speed", 0.5),
    stock("Size", 1.0, inflows=["Growth"]),
    flow("Growth", "Speed * Pull"),
    auxiliary("Pull", "Size / 2"),
    stock("Idle", 1.0, inflows=["Leak"]),
    flow("Leak", "-0.1 * Idle"),
    auxiliary("Score", "Size + Speed"),
)


@pytest.mark.parametrize(("held", "factor"), [("Pull", 2.0), ("Size", 0.0)])
def test_a_loop_held_from_an_instant_on_keeps_the_level_of_then(tmp_path: Path, held: str, factor: float) -> None:
    """Held at its first value, a loop also loses what it has grown to: a level, that no feedback has to do with.

    By hand: with Speed v, each of 80 steps of 1/8 multiplies Size by 1 + v / 16. From year 6 on, after 48 steps, Growth
    stays what it is then, v / 2 of the size of then, or the size itself stays.
    """
    path = tmp_path / "late.xmile"
    path.write_text(LATE, encoding="utf-8")
    model = egovsim.read_model(path)
    speeds = np.array([0.1, 0.2, 0.4, 0.5, 0.6, *np.full(59, 0.3), *np.full(40, 5.0)])
    accepted = (Members("some", Design.of({"Speed": speeds})), Members("faster", Design.of({"Speed": speeds + 0.5})))
    declared = Declarations(
        loops=(Loop("grow", "R", ("Size", "Pull", "Growth"), held),), hold_from=6.0, loop_outcomes=("Score",)
    )
    verdict = list(loop_verdicts(subject := Subject(model, declared, accepted=accepted), base_trajectories(subject)))[
        -1
    ]
    speed = 0.8  # the middle one of the first 64 of the second set, whose move is the larger
    usual, then = (1.0 + speed / 16.0) ** 80, (1.0 + speed / 16.0) ** 48
    wanted = (then * (1.0 + factor * speed) - usual) / (usual + speed)
    assert verdict.numbers["grow"] == pytest.approx(-wanted, rel=1e-9)
    assert verdict.result == "passed"
    assert verdict.figures == f'1 loop held from 6 on; "grow" {wanted:+.1%} of "Score", faster'
    alone = list(loop_verdicts(subject := Subject(model, declared), base_trajectories(subject)))[-1]
    usual, then = (1.0 + 0.5 / 16.0) ** 80, (1.0 + 0.5 / 16.0) ** 48
    wanted = (then * (1.0 + factor * 0.5) - usual) / (usual + 0.5)
    assert alone.numbers["grow"] == pytest.approx(-wanted, rel=1e-9)


def test_a_loop_must_move_an_outcome_where_outcomes_are_named(tmp_path: Path) -> None:
    """A loop that moves some stock far from what anybody asks for explains nothing."""
    path = tmp_path / "late.xmile"
    path.write_text(LATE, encoding="utf-8")
    model = egovsim.read_model(path)
    loops = (Loop("idle", "B", ("Idle", "Leak"), "Leak"),)
    for outcomes, result in (((), "passed"), (("Score",), "failed")):
        subject = Subject(model, Declarations(loops=loops, hold_from=2.0, loop_outcomes=outcomes))
        verdict = list(loop_verdicts(subject, base_trajectories(subject)))[-1]
        assert verdict.result == result
    assert verdict.remedy == 'cutting "idle" moves no outcome by 2%: drop the loop or correct hold.'
    assert verdict.figures == '1 loop held from 2 on; "idle" +0.0% of "Score"'


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("hold_from = 11", "loops.toml: hold_from is 11; the model runs from 0 to 10."),
        ("hold_from = 10", "loops.toml: hold_from is 10, the end of the runs; choose an earlier instant."),
        (
            'loop_outcomes = ["Scor"]',
            'loops.toml: loop_outcomes: "Scor" is not a variable of late.xmile; nearest: "Score".',
        ),
        ("hold_form = 2", 'loops.toml: hold_form is not a key of a file of loops; nearest: "hold_from".'),
    ],
)
def test_how_loops_are_held_is_checked_before_anything_runs(tmp_path: Path, text: str, message: str) -> None:
    path = tmp_path / "late.xmile"
    path.write_text(LATE, encoding="utf-8")
    (tmp_path / "late.declarations.toml").write_text('loops = "loops.toml"\n', encoding="utf-8")
    (tmp_path / "loops.toml").write_text(text, encoding="utf-8")
    with pytest.raises(egovsim.InputError) as caught:
        egovsim.validate(path)
    assert str(caught.value).replace(f"{tmp_path}/", "") == message


@pytest.mark.parametrize(
    ("loop", "test", "remedy"),
    [
        (
            Loop("x", "B", ("Tank", "Filling"), ""),
            "declared loops",
            'in "x", "Filling" is not computed from "Tank": correct the loop or the equation.',
        ),
        (
            Loop("x", "R", ("Tank", "Draining"), ""),
            "polarity of loops",
            '"x" is declared R and is B: correct a sign or the declaration.',
        ),
        (
            Loop("x", "B", ("Tank", "Spilling"), ""),
            "polarity of loops",
            'in "x", "Tank" does nothing to "Spilling" in the base run: correct a sign or the declaration.',
        ),
        (
            Loop("x", "B", ("Tank", "Spilling"), "Spilling"),
            "loops cut one by one",
            'cutting "x" moves no stock by 2%: drop the loop or correct hold.',
        ),
    ],
)
def test_a_loop_that_is_only_drawn_is_found(tmp_path: Path, loop: Loop, test: str, remedy: str) -> None:
    """An explanation by a loop that is absent, dead or of the other sign is a wrong story."""
    path = tmp_path / "made.xmile"
    spilling = flow("Spilling", "MAX(0, Tank - 100)")
    text = xmile(stock("Tank", 10.0, inflows=["Filling"], outflows=["Draining", "Spilling"]), *TANK[1:], spilling)
    path.write_text(text, encoding="utf-8")
    model = egovsim.read_model(path)
    subject = Subject(model, Declarations(loops=(loop,)))
    found = {verdict.test: verdict for verdict in loop_verdicts(subject, base_trajectories(subject))}
    assert (found[test].result, found[test].remedy) == ("failed", remedy)


# ------------------------------------------------------------------------------------------ statistics


TIME = np.linspace(0.0, 1.0, 201)


@pytest.mark.parametrize(
    ("mode", "trajectory"),
    [
        ("constant", np.full(201, 7.0)),
        ("growth", np.exp(3.0 * TIME)),
        ("growth", TIME),
        ("decay", np.exp(-4.0 * TIME)),
        ("goal seeking", 1.0 - np.exp(-4.0 * TIME)),
        ("S-shape", 1.0 / (1.0 + np.exp(-14.0 * (TIME - 0.5)))),
        ("overshoot", TIME * np.exp(-5.0 * TIME)),
        ("overshoot", 1.0 - np.exp(-6.0 * TIME) * np.cos(6.0 * TIME)),
        ("oscillation", np.sin(30.0 * TIME)),
        ("oscillation", np.exp(-TIME) * np.cos(30.0 * TIME)),
    ],
)
@pytest.mark.parametrize("unit", [1e-6, 1.0, 1e9])
def test_the_modes_of_textbook_curves(mode: str, trajectory: np.ndarray, unit: float) -> None:
    """A mode that depends on the unit, or calls an S an exponential, would judge models at random."""
    assert mode_of(trajectory * unit) == mode
    assert mode in MODES


def test_what_is_not_a_number_has_no_mode() -> None:
    """A failed run is none of the modes."""
    assert mode_of(np.array([1.0, np.nan, 2.0, 3.0, 4.0])) is None


@pytest.mark.parametrize(
    ("observed", "part"),
    [
        (lambda model: model + 0.3, "bias"),
        (lambda model: model.mean() + 1.4 * (model - model.mean()), "variance"),
        (lambda model: model[::-1], "covariance"),
    ],
)
def test_theil_blames_the_part_that_was_spoiled(observed: Callable[[np.ndarray], np.ndarray], part: str) -> None:
    """The parts say where an error comes from; each is planted alone, so the others must be nothing."""
    model = np.array([1.0, 1.5, 2.5, 2.0, 4.0, 5.5, 4.5, 7.0])
    found = fit(model, observed(model))
    assert getattr(found, part) == pytest.approx(1.0)
    assert found.bias + found.variance + found.covariance == pytest.approx(1.0)
    assert found.rmse == pytest.approx(np.sqrt(np.mean((observed(model) - model) ** 2)))


@pytest.mark.parametrize(("residuals", "statistic"), [([1, 1, 1, 1], 0.0), ([1, -1, 1, -1], 3.0)])
def test_residuals_that_hang_together_are_told(residuals: list[int], statistic: float) -> None:
    """Durbin and Watson by hand: squared steps of the residuals over their squares."""
    assert fit(np.zeros(4), np.array(residuals, dtype=float)).durbin_watson == pytest.approx(statistic)


def test_without_statsmodels_the_message_names_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody who installed the package alone must know what to install."""
    monkeypatch.setitem(sys.modules, "statsmodels.stats.stattools", None)
    with pytest.raises(InputError) as raised:
        fit(np.zeros(3), np.ones(3))
    assert str(raised.value) == (
        "the Durbin-Watson statistic of a fit needs statsmodels, which is not installed; "
        "install it with: pip install 'egovsim[validation]'"
    )


def test_agreement_is_the_mean_rank_correlation() -> None:
    """The oracle is SciPy's Kendall correlation of each member with the medians."""
    values = np.random.default_rng(3).normal(size=(6, 40)) + np.arange(6)[:, np.newaxis]
    agreement, best, share = agreement_of(values)
    medians = np.median(values, axis=1)
    assert agreement == pytest.approx(np.mean([kendalltau(member, medians).statistic for member in values.T]))
    assert best == int(np.argmax(medians))
    assert share == pytest.approx(np.mean(values.argmax(axis=0) == best))


PATH = """
label = { en = "x", id = "x" }
start = 2
[levers]
"Tap" = { value = TAP }
"""


@pytest.mark.parametrize(
    ("better", "best", "taps"), [("more", "wide", (1.0, 2.0, 3.0)), ("less", "low", (1.0, 2.0, 3.0))]
)
def test_a_ranking_that_no_constant_changes_is_agreed_by_all(
    tmp_path: Path, better: str, best: str, taps: tuple[float, ...]
) -> None:
    """More water from the tap is more water in the tank whatever the constants: all members must say so."""
    for name, tap in zip(("low", "middle", "wide"), taps, strict=True):
        (tmp_path / f"{name}.toml").write_text(PATH.replace("TAP", str(tap)), encoding="utf-8")
    (tmp_path / "made.xmile").write_text(SOUND, encoding="utf-8")
    (tmp_path / "made.declarations.toml").write_text(
        f'[ranking]\noutcome = "Tank"\nat = 10\nbetter = "{better}"\n'
        'policies = ["low.toml", "middle.toml", "wide.toml"]\n',
        encoding="utf-8",
    )
    found = egovsim.validate(tmp_path / "made.xmile", members=MEMBERS)["ranking of policies"]
    assert found.result == "passed"
    assert (found.numbers["own: agreement"], found.numbers["own: share of the best"]) == (1.0, 1.0)
    assert f'"{best}" best in 100% of members' in found.figures


# ------------------------------------------------------------------------------------------ Reality Checks

WORKS = {"Capital": "INTEG(investment - Capital / 10, 100)", "investment": "8", "output": "Capital / 2"}
STEP = "TI :TEST INPUT: investment = RC STEP(investment, 0, 2) ~~|\n"


@pytest.mark.parametrize(
    ("statement", "since"),
    [
        ("x :THE CONDITION: Capital = 0 :IMPLIES: output = 0 ~~|\n", None),
        ("x :THE CONDITION: Capital = 0 :IMPLIES: output > 0 ~~|\n", 0.0),
        ("x :THE CONDITION: :IMPLIES: Capital >= 0 :AND: output >= 0 ~~|\n", None),
        ("x :THE CONDITION: :IMPLIES: Capital > 90 ~~|\n", 7.0),
        ("x :THE CONDITION: Capital > 200 :IMPLIES: output >= 100 ~~|\n", None),
        ("x :THE CONDITION: Capital > 200 :AND: investment = 0 :IMPLIES: investment + output <= 99 ~~|\n", 0.0),
        (STEP + "x :THE CONDITION: TI :IMPLIES: Capital <= RC DECAY CHECK(1, Capital, 10.3, 2) ~~|\n", None),
        (STEP + "x :THE CONDITION: TI :IMPLIES: Capital <= RC DECAY CHECK(1, Capital, 8, 2) ~~|\n", 3.0),
        ("x :THE CONDITION: investment = RC RAMP(investment, 0, 4, 2) :IMPLIES: investment >= 2 ~~|\n", 5.125),
        ("x :THE CONDITION: investment = RC GROW(investment, 1, 2, 3) :IMPLIES: investment <= 21 ~~|\n", 3.0),
        ("x :THE CONDITION: investment = RC STEP(investment, 0) :IMPLIES: investment > 0 ~~|\n", 0.125),
        ("x :THE CONDITION: Capital = RC STEP(Capital, 2, 4, 1) :IMPLIES: output <= 55 ~~|\n", 4.0),
    ],
)
def test_reality_checks_are_run(validate: Validate, statement: str, since: float | None) -> None:
    """A statement of an expert is tested as written: forced where it is a condition, followed where it is implied.

    Capital falls from 100 towards 80 with a time constant of 10; the instants are worked out by hand, those of Euler's
    method for the decays.
    """
    text = mdl(WORKS).replace("{UTF-8}\n", "{UTF-8}\n" + statement)
    found = validate(text, "")["Reality Checks"]
    assert found.result == ("passed" if since is None else "failed")
    assert found.remedy == ("" if since is None else f'"x" does not hold at {since:g}.')


@pytest.mark.parametrize(
    ("statement", "why"),
    [
        (
            "x :THE CONDITION: Capital = 0 :OR: investment = 0 :IMPLIES: output = 0 ~~|\n",
            "its condition is no comparison of a variable, nor several joined by :AND:",
        ),
        (
            "x :THE CONDITION: TI nothing :IMPLIES: output = 0 ~~|\n",
            '"TI nothing" is not a variable of this model',
        ),
        (
            "x :THE CONDITION: Capital = output * 2 :IMPLIES: output = 0 ~~|\n",
            'made.mdl: an algebraic loop: "output" -> "Capital as forced" -> "output"; put a stock,',
        ),
    ],
)
def test_reality_checks_that_cannot_be_run_are_left_to_a_person(validate: Validate, statement: str, why: str) -> None:
    """One that is skipped in silence would pass for one that holds."""
    text = mdl(WORKS).replace("{UTF-8}\n", "{UTF-8}\n" + statement)
    found = validate(text, "")["Reality Checks left to a person"]
    assert found.result == "not automatic"
    assert found.remedy.startswith(f'"x": {why}'), found.remedy


# ------------------------------------------------------------------------------------------ models in use


@pytest.fixture(scope="module")
def egov() -> Validation:
    return egovsim.validate("egov")


def test_the_e_government_model_passes_and_its_page_is_that_of_the_model(egov: Validation) -> None:
    """Readers of the page would otherwise be told of an older model; `.ci/refresh-model` writes it."""
    assert egov.failed == ()
    command = "egovsim validate egov --out docs/model/validation.md"
    shown = (ROOT / "docs" / "model" / "validation.md").read_text("utf-8").splitlines()
    printed = validation_page(egov, command=command).splitlines()
    assert not list(differences(tuple(shown), printed)), f"run {command}"


def test_json_holds_every_verdict(egov: Validation) -> None:
    """A program that reads it must see what a person sees."""
    tests = json.loads(validation_json(egov))["tests"]
    assert [(test["test"], test["verdict"]) for test in tests] == [
        (verdict.test, verdict.result) for verdict in egov.verdicts
    ]
    rmse = next(test["numbers"]["rmse"] for test in tests if test["test"].startswith("fit to internet"))
    assert 0.0 < rmse <= 0.025


@pytest.mark.parametrize("model", ["capacity", PREDATORS])
def test_the_small_models_pass(model: str | Path) -> None:
    """Authors learn the format from them."""
    found = egovsim.validate(model, members=MEMBERS)
    assert found.failed == ()
    for test in ("declared ranges", "declared extremes", "polarity of loops", "loops cut one by one"):
        assert found[test].result == "passed", test


WORLD = """
non_negative = ["Population 0 To 14", "Population 15 To 44", "Population 45 To 64", "Population 65 Plus"]
[[conserved]]
name = "people"
stocks = ["Population 0 To 14", "Population 15 To 44", "Population 45 To 64", "Population 65 Plus"]
inflows = ["births"]
outflows = ["deaths 0 to 14", "deaths 15 to 44", "deaths 45 to 64", "deaths 65 plus"]
[[conserved]]
name = "land"
stocks = ["Arable Land", "Potentially Arable Land", "Urban and Industrial Land"]
outflows = ["land erosion rate"]
[[behaviour]]
variable = "population"
mode = "overshoot"
[[loop]]
name = "more people, more births"
polarity = "R"
variables = ["Population 15 To 44", "births", "Population 0 To 14", "maturation 14 to 15"]
hold = "births"
"""


def test_world3_passes_what_is_automatic_and_declared(conformance: Path, tmp_path: Path) -> None:
    """A model of others, large and of another format, needs no ranges in its file to be tested."""
    path = tmp_path / "world.toml"
    path.write_text(WORLD, encoding="utf-8")
    found = egovsim.validate(conformance / "large" / "wrld3-03.mdl", declarations=path)
    assert found.failed == ()
    for test in ("conservation", "declared ranges", "behaviour modes", "polarity of loops", "loops cut one by one"):
        assert found[test].result == "passed", test


def test_a_leak_of_declared_flows_is_found_in_runs_under_every_method(tmp_path: Path) -> None:
    """Runge and Kutta move a stock by rates nobody saved; conservation is then tested by Euler's method."""
    for method, runs in (("euler", "34 runs"), ("rk4", "1 run")):
        path = tmp_path / f"{method}.xmile"
        path.write_text(xmile(*TANK, method=method), encoding="utf-8")
        model = egovsim.read_model(path)
        for outflows, result in ((("Draining",), "passed"), ((), "failed")):
            group = Conserved("water", ("Tank",), ("Filling",), outflows)
            found = egovsim.validate(model, declarations=Declarations(conserved=(group,)), members=MEMBERS)
            assert found["conservation"].result == result
            assert method != "rk4" or runs in found["conservation"].figures


# ------------------------------------------------------------------------------------------ the command


def test_the_command_prints_in_eighty_columns_and_says_by_its_code_whether_anything_failed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Scripts read the code; a table that is broken over lines is not read at all."""
    monkeypatch.setenv("COLUMNS", "80")
    monkeypatch.chdir(tmp_path)
    (tmp_path / "made.xmile").write_text(SOUND, encoding="utf-8")
    found = CliRunner().invoke(app, ["validate", "made.xmile", "--members", "8", "--json", "v.json", "--out", "v.md"])
    assert found.exit_code == 0, found.stderr
    assert max(map(len, found.stdout.splitlines())) <= 80
    assert "made.xmile: " in found.stderr
    assert (tmp_path / "v.md").read_text("utf-8").startswith("<!-- Written by `egovsim validate made.xmile --out v.md`")
    assert json.loads((tmp_path / "v.json").read_text("utf-8"))["model"] == "made.xmile"
    (tmp_path / "made.declarations.toml").write_text('never_falling = ["Tank"]\n', encoding="utf-8")
    found = CliRunner().invoke(app, ["validate", "made.xmile", "--members", "8"])
    assert found.exit_code == 1
    assert "FAILED" in found.stdout


def test_members_seed_data_and_progress_do_what_they_say(tmp_path: Path) -> None:
    """An option without an effect is a promise that is broken."""
    path = tmp_path / "made.mdl"
    clock = "INITIAL TIME = 0 ~~|\nFINAL TIME = 10 ~~|\nTIME STEP = 0.125 ~~|\nSAVEPER = 1 ~~|\n"
    equations = "given :INTERPOLATE: ~~|\nx = INTEG(given - x / life, 0) ~~|\nlife = 2 ~ years [1,3] ~ |\n"
    path.write_text(f"{{UTF-8}}\n{equations}{clock}", encoding="utf-8")
    (tmp_path / "x.dat").write_text("given\n0\t1\n10\t2\n", encoding="utf-8")
    steps: list[tuple[int, int]] = []
    with pytest.raises(InputError, match="given"):
        egovsim.validate(path)
    found = egovsim.validate(
        path, members=7, data=[tmp_path / "x.dat"], progress=lambda done, total: steps.append((done, total))
    )
    assert found["everything is a number"].figures.startswith("8 runs, 0 with")
    assert steps[-1] == (len(steps), len(steps))
    model = egovsim.read_model(path, data=[tmp_path / "x.dat"])
    draws = [random_members(Subject(model, default_declarations(model), members=7, seed=seed)) for seed in (0, 1, 0)]
    rows = [draw.rows() for draw in draws if draw is not None]
    assert (rows[0] == rows[2]).all()
    assert (rows[0] != rows[1]).any()
    assert rows[0].min() >= 1.0
    assert rows[0].max() <= 3.0
    with pytest.raises(ValueRangeError, match=r"^members is 0; at least 1 is needed\.$"):
        egovsim.validate(model, members=0)


def test_members_of_another_version_of_the_model_rank_nothing() -> None:
    """Their ranking would be that of a model which is no more; the reader is told what to run."""
    model = egovsim.read_model("egov")
    profile = egovsim.read_profile("south-sumatra")
    changed = replace(model, clock=replace(model.clock, stop=2046.0))
    with pytest.raises(DataError, match="run `egovsim match`") as raised:
        accepted_members(changed, profile)
    said = Declarations(ranking=RankingClaim("Real use index", 2045.0))
    (verdict,) = ranking_verdicts(Subject(changed, said, profile, why_none_accepted=str(raised.value)))
    assert (verdict.result, verdict.remedy) == ("not automatic", str(raised.value))


def test_an_extreme_must_hold_for_other_constants_too(validate: Validate) -> None:
    """With the constants of the file alone, a consequence may hold by chance."""
    spring = (flow("Spring", "MAX(0, Depth - 3)"), auxiliary("Depth", 2.0, inside=bounds(0.0, 9.0)))
    text = xmile(stock("Tank", 10.0, inflows=["Filling", "Spring"], outflows=["Draining"]), *TANK[1:], *spring)
    shut = '[[extreme]]\nname = "shut"\nset = { Tap = 0.0 }\nnever_rising = ["Tank"]'
    found = validate(text, shut)["declared extremes"]
    assert found.result == "failed"
    assert found.remedy.startswith('in "shut", "Tank" rises in random member ')


def test_elements_of_an_input_keep_their_own_values_while_another_is_at_its_extreme(tmp_path: Path) -> None:
    """Else the runs at extremes would be those of some other base."""
    path = tmp_path / "made.mdl"
    clock = "INITIAL TIME = 0 ~~|\nFINAL TIME = 10 ~~|\nTIME STEP = 0.125 ~~|\nSAVEPER = 1 ~~|\n"
    arrays = "Area: town, country ~~|\nstaff[Area] = 4, 5 ~~|\nfew[town] = 1 ~~|\nfew[country] = 2 ~~|\nk = 3 ~~|\n"
    path.write_text(f"{{UTF-8}}\n{arrays}s = INTEG(SUM(staff[Area!] * few[Area!]) - k, 7) ~~|\n{clock}", "utf-8")
    model = egovsim.read_model(path)
    profile = egovsim.Profile("p", constants={"few[town]": 9.0, "k": 6.0})
    subject = Subject(model, default_declarations(model), profile)
    assert [subject.values_of(model[name]) for name in ("staff", "few", "k", "s")] == [[4, 5], [9, 2], [6], [7]]
    design, cases = one_at_a_time(subject, [model["staff"], model["k"]])
    assert cases == [("staff", 0.0), ("staff", 50.0), ("k", 0.0), ("k", 60.0)]
    assert dict(zip(design.names, design.rows().T.tolist(), strict=True)) == {
        "staff[town]": [0, 50, 4, 4],
        "staff[country]": [0, 50, 5, 5],
        "k": [6, 6, 0, 60],
    }


def test_a_verdict_is_found_by_the_name_of_its_test(egov: Validation) -> None:
    """A misspelt name must not look like a test that was not made."""
    with pytest.raises(
        UnknownNameError, match=r'"conservatin" is not a test of this validation; nearest: "conservation"'
    ):
        egov["conservatin"]


def test_the_shipped_declarations_are_read() -> None:
    """They are shipped as examples; a renamed variable would leave them behind."""
    for name in ("egov", "capacity"):
        assert read_declarations(ROOT / "models" / f"{name}.declarations.toml", egovsim.read_model(name)).loops
