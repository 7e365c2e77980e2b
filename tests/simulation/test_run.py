"""`run`: who sets a value, from when on; failures as data; one clear message for what cannot be run."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_models import auxiliary, bounds, flow, mdl, over, read, stock, xmile

import egovsim
from egovsim import Design, PolicyPath, Profile, Scenario, Series

LEVERS = xmile(
    auxiliary("lever", "1.0", inside=bounds(0.0, 100.0)),
    auxiliary("other", "5.0"),
    auxiliary("seen", "lever * 10.0"),
    stock("gathered", "2.0", inflows=["flow"]),
    flow("flow", "lever"),
    auxiliary("doubled", "gathered * 2.0"),
    f'<aux name="k">{over("Area")}<element subscript="urban"><eqn>1.0</eqn></element>'
    '<element subscript="rural"><eqn>2.0</eqn></element></aux>',
    stop=10,
    dt=0.5,
    dimensions={"Area": ("urban", "rural")},
)


@pytest.fixture(scope="module")
def levers(tmp_path_factory: pytest.TempPathFactory) -> egovsim.Model:
    return read(tmp_path_factory.mktemp("levers"), LEVERS)


def lever_of(model: egovsim.Model, **options) -> np.ndarray:
    return egovsim.run(model, outputs=["lever"], **options).values("lever")[0, 0, 0]


TIME = np.arange(21) * 0.5
SERIES = Series((0.0, 10.0), (20.0, 30.0))
LAYERS = {
    "profile": {"profile": Profile("p", {"lever": 2.0})},
    "history": {"profile": Profile("p", {"lever": 2.0}, levers={"lever": SERIES})},
    "constants": {"constants": {"lever": 3.0}},
    "design": {"design": Design.of({"lever": np.array([4.0])})},
    "scenario": {"scenarios": [Scenario("s", {"lever": Series.constant(5.0)}, 4.0)]},
    "policy": {"policies": [PolicyPath("p", {"lever": Series.constant(6.0)}, 6.0)]},
}


@pytest.mark.parametrize(
    ("layers", "wanted"),
    [
        ((), np.full(21, 1.0)),
        (("profile",), np.full(21, 2.0)),
        (("history",), 20.0 + TIME),
        (("history", "constants"), np.full(21, 3.0)),
        (("profile", "constants", "design"), np.full(21, 4.0)),
        (("history", "design"), np.full(21, 4.0)),
        (("history", "scenario"), np.where(TIME < 4.0, 20.0 + TIME, 5.0)),
        (("constants", "design", "scenario"), np.where(TIME < 4.0, 4.0, 5.0)),
        (("history", "policy"), np.where(TIME < 6.0, 20.0 + TIME, 6.0)),
        (
            ("history", "scenario", "policy"),
            np.where(TIME < 4.0, 20.0 + TIME, np.where(TIME < 6.0, 5.0, 6.0)),
        ),
    ],
    ids=lambda value: "+".join(value) if isinstance(value, tuple) else "",
)
def test_later_layers_override_earlier_ones(levers: egovsim.Model, layers: tuple[str, ...], wanted: np.ndarray) -> None:
    """file < profile < constants < design < scenario < policy, each from its start: else a policy does nothing."""
    options = {key: value for layer in layers for key, value in LAYERS[layer].items()}
    np.testing.assert_array_equal(lever_of(levers, **options), wanted)


@pytest.mark.parametrize(
    ("series", "wanted"),
    [
        (Series.constant(7.0), np.full(21, 7.0)),
        (Series((2.0, 4.0), (1.0, 3.0)), np.interp(TIME, [2.0, 4.0], [1.0, 3.0])),
        (Series((2.0, 4.0), (1.0, 3.0), "steps"), np.where(TIME < 4.0, 1.0, 3.0)),
        (Series((2.0, 4.1), (1.0, 3.0), "steps"), np.where(TIME < 4.1, 1.0, 3.0)),
    ],
)
def test_points_are_linear_steps_jump_and_both_hold_at_both_ends(
    levers: egovsim.Model, series: Series, wanted: np.ndarray
) -> None:
    """A path written in a policy file would be another path in the run."""
    np.testing.assert_allclose(lever_of(levers, constants={"lever": series}), wanted, rtol=1e-15)
    np.testing.assert_allclose(series.at(TIME), wanted, rtol=1e-15)


def test_a_jump_on_a_decimal_grid_is_neither_late_nor_early(tmp_path: Path) -> None:
    """2.1 is 3 x 0.7 to a person and 2.0999999999999996 to a processor, and 0.3 is 0.30000000000000004."""
    for step, count, instant in ((0.7, 3, 2.1), (0.1, 3, 0.3)):
        model = read(tmp_path, xmile(auxiliary("lever", "0.0"), dt=step, stop=7))
        for options in (
            {"constants": {"lever": Series((0.0, instant), (0.0, 1.0), "steps")}},
            {"policies": [PolicyPath("p", {"lever": Series.constant(1.0)}, instant)]},
        ):
            got = lever_of(model, **options)
            np.testing.assert_array_equal(got, np.arange(len(got)) >= count)


def test_a_policy_and_a_scenario_do_nothing_before_their_start(levers: egovsim.Model) -> None:
    """What a region decides in the future would rewrite its past, the past in stocks too."""
    usual = PolicyPath("usual")
    bold = PolicyPath("bold", {"lever": Series((0.0, 8.0), (50.0, 90.0))}, 8.0)
    crisis = Scenario("crisis", {"other": Series.constant(0.0)}, 3.0)
    result = egovsim.run(
        levers, policies=[usual, bold], scenarios=[Scenario("calm"), crisis], outputs=["gathered", "seen", "other"]
    )
    before = result.time < 8.0
    for name in ("gathered", "seen"):
        values = result.values(name)[0, :, 0]
        np.testing.assert_array_equal(values[0][before], values[1][before])
    assert result.values("seen")[0, 1, 0][~before].tolist() == [900.0] * 5
    np.testing.assert_array_equal(result.values("other")[1, 0, 0], np.where(result.time < 3.0, 5.0, 0.0))
    assert (result.scenarios, result.policies) == (("calm", "crisis"), ("usual", "bold"))


def test_every_pair_of_scenario_and_policy_is_a_run_of_its_own(levers: egovsim.Model) -> None:
    """A value that one run set must not be seen by the next, in whichever order they come."""
    policies = [PolicyPath(str(n), {"lever": Series.constant(float(n))}, 2.0 * n) for n in (3, 1, 2)]
    policies.append(PolicyPath("none"))
    design = Design.of({"other": np.array([1.0, 2.0, 3.0])})
    together = egovsim.run(levers, policies=policies, design=design, outputs=["gathered", "other"])
    for place, policy in enumerate(policies):
        alone = egovsim.run(levers, policies=[policy], design=design, outputs=["gathered", "other"])
        np.testing.assert_array_equal(together.trajectories[:, place], alone.trajectories[:, 0])


def test_elements_and_initial_values_can_be_set(levers: egovsim.Model) -> None:
    """Any plain number of the file is an input, by any spelling of its name; a whole array at once too."""
    result = egovsim.run(levers, constants={"K[ Rural ]": 9.0, "GATHERED": 100.0}, until=0.0)
    assert result.values("k").ravel().tolist() == [1.0, 9.0]
    assert result.values("gathered").ravel().tolist() == [100.0]
    result = egovsim.run(levers, constants={"k": 7.0}, until=0.0)
    assert result.values("k").ravel().tolist() == [7.0, 7.0]
    design = Design.of({"k[urban]": np.array([1.0, 3.0]), "gathered": np.array([0.0, 8.0])})
    result = egovsim.run(levers, design=design, outputs=["k", "gathered"], until=0.5)
    assert result.values("k")[0, 0, :, 0].tolist() == [[1.0, 2.0], [3.0, 2.0]]
    assert result.values("gathered")[0, 0].tolist() == [[0.0, 0.5], [8.0, 8.5]]


def test_what_is_saved_is_every_so_many_steps_from_the_start(levers: egovsim.Model) -> None:
    """Saving less often must not change what is saved."""
    every = egovsim.run(levers, outputs=["gathered"])
    some = egovsim.run(levers, outputs=["gathered"], save_every=1.5, until=8.0)
    assert some.time.tolist() == [0.0, 1.5, 3.0, 4.5, 6.0, 7.5]
    np.testing.assert_array_equal(some.values("gathered")[0, 0, 0], every.values("gathered")[0, 0, 0][:16:3])


def test_a_saving_interval_of_the_file_that_is_no_multiple_is_kept_at_the_nearest_step(tmp_path: Path) -> None:
    """Vensim files with 0.3 on a step of 1/8 exist and must run; `check` says what was done."""
    model = read(tmp_path, mdl({"s": "INTEG(1, 0)"}, stop=2).replace("SAVEPER = TIME STEP", "SAVEPER = 0.3"))
    assert egovsim.run(model).time.tolist() == [n * 0.25 for n in range(9)]
    said = [str(one) for one in egovsim.check(model) if one.severity == "warning"]
    text = "the saving interval 0.3 is not a multiple of the time step 0.125; every 0.25 is saved, 2 steps apart"
    assert said == [f"warning: model.mdl: {text}"]


def test_progress_counts_every_run_once(levers: egovsim.Model) -> None:
    """A bar that stops short or runs past its end."""
    told: list[tuple[int, int]] = []
    design = Design.of({"lever": np.linspace(0.0, 1.0, 5000)})
    egovsim.run(
        levers,
        design=design,
        policies=[PolicyPath("a"), PolicyPath("b")],
        metrics=[egovsim.final("gathered")],
        progress=lambda done, total: told.append((done, total)),
    )
    assert told[-1] == (10000, 10000)
    assert [done for done, _ in told] == sorted({done for done, _ in told})
    assert len(told) > 2


# ---------------------------------------------------------------------------------------------------------------
# A run that fails

FRAGILE = xmile(
    auxiliary("rate", "0.1"),
    stock("s", "1.0", inflows=["growth"]),
    flow("growth", "s * s * rate"),
    stock("calm", "1.0", inflows=["rest"]),
    flow("rest", "calm * 0.01"),
    auxiliary("high", "IF s > 2.0 THEN 1 ELSE 0"),
    stop=20,
    dt=0.25,
)
OUTPUTS = ["s", "growth", "calm", "high"]


@pytest.fixture(scope="module")
def fragile(tmp_path_factory: pytest.TempPathFactory) -> egovsim.Model:
    return read(tmp_path_factory.mktemp("fragile"), FRAGILE)


def test_a_member_that_overflows_is_marked_and_leaves_the_others_alone(fragile: egovsim.Model) -> None:
    """One bad member would spoil its lane, its chunk or its study, or pass for a sound one."""
    rates = np.array([0.01, 0.02, 5.0, 0.03, 0.01, 0.02, 8.0])
    metrics = [egovsim.final("calm"), egovsim.Metric("s", "maximum"), egovsim.first_at_or_above("s", 1.1)]
    batch = egovsim.run(fragile, design=Design.of({"rate": rates}), outputs=OUTPUTS, metrics=metrics)
    good = rates < 1.0
    only = egovsim.run(fragile, design=Design.of({"rate": rates[good]}), outputs=OUTPUTS, metrics=metrics)
    np.testing.assert_array_equal(batch.trajectories[0, 0, good], only.trajectories[0, 0])
    np.testing.assert_array_equal(batch.metric_table[0, 0, good], only.metric_table[0, 0])
    failed_at = batch.status.failed_at[0, 0]
    np.testing.assert_array_equal(np.isnan(failed_at), good)
    assert batch.status.failures == 2
    for member in np.flatnonzero(~good):
        gone = batch.time >= failed_at[member]
        assert np.isnan(batch.trajectories[0, 0, member][gone]).all()  # the flag "high" and the calm stock too
        assert np.isfinite(batch.trajectories[0, 0, member][~gone, 0]).all()
        assert np.isnan(batch.metric_table[0, 0, member]).all()
        assert batch.status.variable[0, 0, member] in ("growth", "s")
    assert str(batch.status).startswith("7 runs, 2 failed, the first at ")


@pytest.mark.parametrize("method", ["euler", "rk4"])
@pytest.mark.parametrize("every", [0.25, 1.0])
def test_the_instant_of_a_failure_is_the_first_at_which_a_stock_is_not_finite(
    fragile: egovsim.Model, method: str, every: float
) -> None:
    """Status, course and saving interval must tell the same story."""
    result = egovsim.run(fragile, constants={"rate": 5.0}, method=method, outputs=OUTPUTS, save_every=every)
    plain = [1.0]
    while np.isfinite(plain[-1]) and method == "euler":
        plain.append(plain[-1] + plain[-1] * plain[-1] * 5.0 * 0.25)
    (failed_at,) = result.status.failed_at.ravel()
    if method == "euler":
        assert failed_at == (len(plain) - 1) * 0.25
    gone = np.isnan(result.trajectories[0, 0, 0]).all(axis=1)
    np.testing.assert_array_equal(gone, result.time >= failed_at)


def test_the_variable_named_is_the_one_that_went_wrong(tmp_path: Path) -> None:
    """A message that names a bystander sends the modeller to the wrong equation."""
    model = read(
        tmp_path,
        xmile(
            stock("calm", "1.0", inflows=["rest"]),
            flow("rest", "calm * 0.01"),
            stock("s", "1e308", inflows=["huge"]),
            flow("huge", "1e308"),
            stock("t", "1.0", inflows=["broken"]),
            flow("broken", "SQRT(3.0 - TIME)"),
        ),
    )
    assert egovsim.run(model, outputs=["calm", "s"]).status.variable.ravel().tolist() == ["s"]
    assert egovsim.run(model, outputs=["t"]).status.variable.ravel().tolist() == ["broken"]


def test_on_failure_raise_says_what_the_status_says(fragile: egovsim.Model) -> None:
    """A script that must not go on with a failed run."""
    with pytest.raises(egovsim.SimulationError, match=r"^model\.xmile: 1 runs?, 1 failed, the first at .*\.$"):
        egovsim.run(fragile, constants={"rate": 5.0}, on_failure="raise")
    egovsim.run(fragile, constants={"rate": 0.01}, on_failure="raise")


# ---------------------------------------------------------------------------------------------------------------
# Input that cannot be used: the message is the interface

WRONG_CALLS = [
    ({"outputs": ["Levr"]}, '"Levr" is not a variable of model.xmile; nearest: "lever".'),
    ({"outputs": ["k[south]"]}, '"south" is not an element of "k"; there are: "urban", "rural".'),
    ({"outputs": "lever"}, 'outputs must be a list of names, not one text; write ["lever"].'),
    ({"constants": {"levr": 1.0}}, 'constants: "levr" is not a variable of model.xmile; nearest: "lever".'),
    (
        {"constants": {"seen": 1.0}},
        'constants: "seen" is computed by the model, so it takes no value; to fix it, use hold(model, "seen").',
    ),
    (
        {"design": Design.of({"seen": np.array([1.0])})},
        'design: "seen" is computed by the model, so it takes no value; to fix it, use hold(model, "seen").',
    ),
    (
        {"constants": {"lever": float("nan")}},
        'constants: "lever" is nan, not a finite number; give a number.',
    ),
    (
        {"design": Design.of({"lever": np.array([1.0, np.inf])}), "outputs": ["seen"]},
        'design: "lever" is inf, not a finite number; give a number.',
    ),
    (
        {"constants": {"lever": "much"}},
        'constants: "lever" is "much", not a number; give a number or a Series.',
    ),
    (
        {"constants": {"lever": 101.0}},
        'constants: "lever" is 101, outside its range 0 to 100 in model.xmile; choose a value inside.',
    ),
    (
        {"design": Design.of({"lever": np.array([1.0, -2.0])}), "outputs": ["seen"]},
        'design: "lever" is -2, outside its range 0 to 100 in model.xmile; choose a value inside.',
    ),
    (
        {"profile": Profile("south", levers={"lever": Series.constant(500.0)})},
        'profile south: "lever" is 500, outside its range 0 to 100 in model.xmile; choose a value inside.',
    ),
    (
        {"policies": [PolicyPath("bold", {"leever": Series.constant(1.0)})]},
        'policy bold: "leever" is not a variable of model.xmile; nearest: "lever".',
    ),
    (
        {"scenarios": [Scenario("crisis", {"lever": Series((0.0, 1.0), (1.0, 200.0))})]},
        'scenario crisis: "lever" is 200, outside its range 0 to 100 in model.xmile; choose a value inside.',
    ),
    (
        {"constants": {"gathered": SERIES}},
        'constants: "gathered" is a stock: a series cannot move it; give its initial value as a plain number in '
        "the constants.",
    ),
    (
        {"time_step": 0.3},
        "the time step 0.3 does not divide the horizon 0 to 10; the nearest that does is 0.303030303.",
    ),
    ({"time_step": 0.0}, "the time step 0 must be above 0."),
    ({"time_step": -1.0}, "the time step -1 must be above 0."),
    ({"until": 3.3}, "the time step 0.5 does not divide the horizon 0 to 3.3; the nearest that does is 0.4714285714."),
    ({"until": -1.0}, "until -1 lies before the model's start, 0; choose a later end."),
    ({"until": float("nan")}, "until is nan, not a finite number; give a number."),
    ({"save_every": 0.7}, "save_every 0.7 is not a multiple of the time step 0.5; the nearest is 0.5."),
    ({"save_every": 0.0}, "save_every 0 is not a multiple of the time step 0.5; the nearest is 0.5."),
    ({"method": "rk3"}, '"rk3" is not a way to integrate; nearest: "rk4", "rk2".'),
    ({"workers": 0}, "workers is 0; give 1 or more, or leave it out for one a processor."),
    (
        {"on_failure": "x"},
        'on_failure: "x" is not a way to meet a failed run; there are: "record", "raise".',
    ),
    (
        {"design": Design.of({"lever": np.array([1.0, 2.0])})},
        "2 runs with all variables would fill the memory; name outputs or metrics.",
    ),
    (
        {"policies": [PolicyPath("a"), PolicyPath("b")], "scenarios": [Scenario("x"), Scenario("y")]},
        "4 runs with all variables would fill the memory; name outputs or metrics.",
    ),
]


@pytest.mark.parametrize(("options", "message"), WRONG_CALLS, ids=[message[:50] for _, message in WRONG_CALLS])
def test_a_wrong_call_is_told_where_what_and_what_next(levers: egovsim.Model, options: dict, message: str) -> None:
    """A wrong value would be ignored, or end in a traceback that helps nobody."""
    with pytest.raises(egovsim.InputError) as caught:
        egovsim.run(levers, **options)
    assert str(caught.value) == message


def test_a_stock_that_starts_from_other_variables_takes_no_value(tmp_path: Path) -> None:
    """Setting it would be ignored: what it starts from is what can be set."""
    model = read(tmp_path, xmile(auxiliary("k", "2.0"), stock("s", "k * 3.0")))
    with pytest.raises(egovsim.InputError) as caught:
        egovsim.run(model, constants={"s": 1.0})
    wanted = 'constants: "s" starts from other variables, so it takes no value; to fix it, use hold(model, "s").'
    assert str(caught.value) == wanted


WRONG_MODELS = [
    (
        xmile(auxiliary("a", "b + 1.0"), auxiliary("b", "c * 2.0"), auxiliary("c", "a")),
        'model.xmile: an algebraic loop: "a" -> "c" -> "b" -> "a"; put a stock, or a delay with an initial value, '
        "somewhere in the circle.",
    ),
    (
        xmile(auxiliary("a", "a + 1.0")),
        'model.xmile: an algebraic loop: "a" -> "a"; put a stock, or a delay with an initial value, somewhere in '
        "the circle.",
    ),
    (
        xmile(stock("s", "b"), auxiliary("b", "s * 2.0")),
        'model.xmile: initial values depend on each other in a circle: "s" -> "b" -> "s"; put a stock, or a delay '
        "with an initial value, somewhere in the circle.",
    ),
    (
        xmile(auxiliary("k", "1.0"), dt=0.3),
        "model.xmile: the time step 0.3 does not divide the horizon 0 to 10; the nearest that does is 0.303030303.",
    ),
    (
        xmile(auxiliary("k", "1.0"), auxiliary("y", "k + missing")),
        'model.xmile, line 8, "y": "missing" is not a variable of model.xmile; there are: "k", "y".',
    ),
]


@pytest.mark.parametrize(("text", "message"), WRONG_MODELS, ids=[message[:45] for _, message in WRONG_MODELS])
def test_a_model_that_cannot_run_says_why(tmp_path: Path, text: str, message: str) -> None:
    """A circle, a name that is not there or an endless expression must not end in a traceback."""
    with pytest.raises(egovsim.InputError) as caught:
        egovsim.run(read(tmp_path, text))
    assert str(caught.value) == message


def test_a_circle_through_elements_is_one_only_where_elements_meet(tmp_path: Path) -> None:
    """x[b] may read x[a]: the order of evaluation is that of elements, not of variables."""
    chain = (
        f'<aux name="x">{over("D")}<element subscript="a"><eqn>x[b] + 1.0</eqn></element>'
        '<element subscript="b"><eqn>%s</eqn></element></aux>'
    )
    model = read(tmp_path, xmile(chain % "5.0", dimensions={"D": ("a", "b")}))
    assert egovsim.run(model, until=0.0).values("x").ravel().tolist() == [6.0, 5.0]
    with pytest.raises(egovsim.ModelError, match=r'an algebraic loop: "x\[a\]" -> "x\[b\]" -> "x\[a\]"'):
        egovsim.run(read(tmp_path, xmile(chain % "x[a]", dimensions={"D": ("a", "b")})))


def test_all_that_cannot_be_run_is_listed_at_once(tmp_path: Path) -> None:
    """A modeller who has to mend three things hears of three."""
    text = mdl({"x": "DELAY BATCH(Time, 3, 0, 0, 0)", "y": "QUEUE AGE AVERAGE(Time)", "ok": "Time"})
    with pytest.raises(egovsim.UnsupportedError) as caught:
        egovsim.run(read(tmp_path, text))
    head, *lines = str(caught.value).splitlines()
    assert head == "model.mdl uses what this version cannot run:"
    assert [line.split(": ")[0] for line in lines] == ['  model.mdl, line 2, "x"', '  model.mdl, line 7, "y"']
    assert "DELAY BATCH" in lines[0]
    assert "QUEUE AGE AVERAGE" in lines[1]
