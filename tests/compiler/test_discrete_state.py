"""What moves only when a whole step is over: pipelines, sampled and previous values, Vensim's discrete chains."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from small_models import auxiliary, flow, mdl, read, stock, xmile

import egovsim
from egovsim.compiler import kernel as kernels

STEP = 0.125
TIMES = np.arange(81) * STEP


def _frame(folder: Path, text: str, **options):
    return egovsim.run(read(folder, text), **options).to_frame()


def _shifted(values: np.ndarray, steps: int, initial: float) -> np.ndarray:
    return np.concatenate([np.full(min(steps, len(values)), initial), values])[: len(values)]


# ---------------------------------------------------------------------------------------------------------------
# Fixed delays


STEPS = {1.0: 8, 0.125: 1, 0.0: 1, -3.0: 1, 0.18: 1, 0.1875: 2, 0.3: 2, 2.5: 20, 10.0: 80, 99.0: 792}
"""Delay times, and the steps they come to."""


@pytest.mark.parametrize("dialect", ["xmile", "vensim"])
def test_a_fixed_delay_gives_its_input_so_many_steps_later(tmp_path: Path, dialect: str) -> None:
    """One step too early or too late, the wrong rounding, or a delay shorter than a step that shows the present."""
    if dialect == "xmile":
        delays = [auxiliary(f"y{n}", f"DELAY(x, {delay}, 7.0)") for n, delay in enumerate(STEPS)]
        text = xmile(auxiliary("x", "SIN(TIME)"), *delays)
    else:
        text = mdl({"x": "SIN(Time)", **{f"y{n}": f"DELAY FIXED(x, {delay}, 7)" for n, delay in enumerate(STEPS)}})
    frame = _frame(tmp_path, text)
    for number, steps in enumerate(STEPS.values()):
        np.testing.assert_array_equal(frame[f"y{number}"], _shifted(frame["x"].to_numpy(), steps, 7.0))


def test_the_length_of_a_fixed_delay_is_that_of_the_start_and_its_input_may_be_a_stock(tmp_path: Path) -> None:
    """A delay whose time moves would lose or repeat what is under way."""
    text = xmile(
        auxiliary("lag", "1.0 + STEP(3.0, 2.0)"),
        stock("s", "4.0", inflows=["f"]),
        flow("f", "0.5 * late"),
        auxiliary("late", "DELAY(s, lag)"),
    )
    frame = _frame(tmp_path, text)
    np.testing.assert_array_equal(frame["late"], _shifted(frame["s"].to_numpy(), 8, 4.0))
    np.testing.assert_allclose(np.diff(frame["s"]), 0.5 * STEP * frame["late"].to_numpy()[:-1], rtol=1e-13)


def test_every_member_has_a_delay_of_its_own(tmp_path: Path) -> None:
    """Members of one vector would all wait as long as the first of them."""
    model = read(
        tmp_path, xmile(auxiliary("lag", "1.0"), auxiliary("x", "TIME"), auxiliary("y", "DELAY(x, lag, -1.0)"))
    )
    lags = np.array([0.125, 1.0, 3.0, 9.75, 0.5, 20.0, 0.25])
    result = egovsim.run(model, design=egovsim.Design.of({"lag": lags}), outputs=["y"])
    for member, lag in enumerate(lags):
        wanted = _shifted(TIMES, round(lag / STEP), -1.0)
        np.testing.assert_array_equal(result.values("y")[0, 0, member], wanted)


@pytest.mark.parametrize("method", ["rk2", "midpoint", "rk4"])
def test_a_fixed_delay_stands_still_within_a_step(tmp_path: Path, method: str) -> None:
    """Vensim's delays are discrete; one that moved with the stages would give its stock another rate."""
    text = xmile(
        auxiliary("x", "EXP(TIME / 5.0)"),
        auxiliary("late", "DELAY(x, 0.5, 1.0)"),
        stock("s", "0.0", inflows=["f"]),
        flow("f", "late"),
        method="rk4",
    )
    frame = _frame(tmp_path, text, method=method)
    np.testing.assert_array_equal(frame["late"], _shifted(frame["x"].to_numpy(), 4, 1.0))
    np.testing.assert_allclose(np.diff(frame["s"]), STEP * frame["late"].to_numpy()[:-1], rtol=1e-12)


# ---------------------------------------------------------------------------------------------------------------
# Delays whose time changes


def _information(x: np.ndarray, delays: np.ndarray, initial: float) -> np.ndarray:
    """The newest of all that has arrived, written the obvious way."""
    shown = np.full(len(x), initial)
    for now in range(1, len(x)):
        arrived = [entered for entered in range(now) if entered + delays[entered] <= now]
        if arrived:
            shown[now] = x[max(arrived)]
    return shown


def _material(x: np.ndarray, delays: np.ndarray, initial: float, missing: np.ndarray) -> np.ndarray:
    """The sum of what arrives in each step, the first content among it."""
    shown = np.full(len(x), initial)
    for now in range(1, len(x)):
        arriving = [x[entered] for entered in range(now) if entered + delays[entered] == now]
        if now < delays[0]:
            arriving.append(initial)
        shown[now] = sum(arriving) if arriving else missing[now - 1]
    return shown


CHANGING = {
    "longer": ("1 + STEP(1.5, 4)", 1.0 + 1.5 * (TIMES >= 4)),
    "shorter": ("3 - STEP(2.25, 4)", 3.0 - 2.25 * (TIMES >= 4)),
    "back and forth": ("1.5 + SIN(2*Time)", 1.5 + np.sin(2 * TIMES)),
}


@pytest.mark.parametrize("case", CHANGING)
@pytest.mark.parametrize("method", ["euler", "rk4"])
def test_pipelines_follow_their_delay_as_it_changes(tmp_path: Path, case: str, method: str) -> None:
    """An information delay that lets the old overtake the new, or a material one that loses or invents."""
    text, delays = CHANGING[case]
    frame = _frame(
        tmp_path,
        mdl(
            {
                "x": "COS(Time)",
                "none": "100 + Time",
                "delay time": text,
                "seen": "DELAY INFORMATION(x, delay time, 5)",
                "came": "DELAY MATERIAL(x, delay time, 5, none)",
            }
        ),
        method=method,
    )
    x, steps = frame["x"].to_numpy(), np.maximum(np.floor(delays / STEP + 0.5), 1.0)
    np.testing.assert_array_equal(frame["seen"], _information(x, steps, 5.0))
    np.testing.assert_allclose(frame["came"], _material(x, steps, 5.0, 100.0 + TIMES), rtol=1e-13, atol=1e-13)


def test_with_a_constant_delay_all_pipelines_are_one(tmp_path: Path) -> None:
    """Vensim's manual says so; a shift of one step in either would show here."""
    functions = {
        "f": "DELAY FIXED(x, 1.5, 2)",
        "i": "DELAY INFORMATION(x, 1.5, 2)",
        "m": "DELAY MATERIAL(x, 1.5, 2, 0)",
    }
    frame = _frame(tmp_path, mdl({"x": "SIN(Time)", **functions}))
    for name in functions:
        np.testing.assert_array_equal(frame[name], _shifted(frame["x"].to_numpy(), 12, 2.0))


@settings(max_examples=20, deadline=None)
@given(st.lists(st.floats(0.0, 4.0), min_size=11, max_size=11), st.floats(-5.0, 5.0))
def test_a_material_delay_conserves(material, heights: list[float], initial: float) -> None:
    """All that goes in comes out or is still to come, whatever the delay does meanwhile."""
    series = egovsim.Series(tuple(map(float, range(11))), tuple(heights), "points")
    constants = {"delay time": series, "initial": initial}
    frame = egovsim.run(material, constants=constants, until=20.0).to_frame()
    out = frame["came"].sum()
    first = max(np.floor(heights[0] / STEP + 0.5), 1.0)
    assert out == pytest.approx(frame["x"].sum() + first * initial, rel=1e-9, abs=1e-9)


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> egovsim.Model:
    equations = {
        "initial": "1",
        "delay time": "1",
        "x": "STEP(1, 1) - STEP(1, 8) + 3*PULSE(5, 0.5)",
        "came": "DELAY MATERIAL(x, delay time, initial, 0)",
    }
    return read(tmp_path_factory.mktemp("material"), mdl(equations))


# ---------------------------------------------------------------------------------------------------------------
# Previous and sampled values


def test_previous_is_the_value_one_step_ago_and_breaks_a_circle(tmp_path: Path) -> None:
    """Fibonacci by PREVIOUS alone: a value read too late repeats itself, one read too early is a circle."""
    text = xmile(
        auxiliary("a", "before + PREVIOUS(before, 0.0)"),
        auxiliary("before", "PREVIOUS(a, 1.0)"),
        auxiliary("count", "PREVIOUS(count, -1.0) + 1.0"),
        stop=20,
        dt=1.0,
    )
    frame = _frame(tmp_path, text)
    wanted = [1.0, 2.0]
    while len(wanted) < 21:
        wanted.append(wanted[-1] + wanted[-2])
    np.testing.assert_array_equal(frame["a"], wanted)
    np.testing.assert_array_equal(frame["count"], np.arange(21))


def test_self_is_the_variable_itself_element_by_element(tmp_path: Path) -> None:
    """XMILE's PREVIOUS(SELF, ...): taken for a variable of that name, the file would be refused."""
    numbers = "".join(f'<element subscript="{a}"><eqn>{v}</eqn></element>' for a, v in (("urban", 2.5), ("rural", 4.0)))
    area = '<dimensions><dim name="Area"/></dimensions>'
    text = xmile(
        f'<aux name="k">{area}{numbers}</aux>',
        f'<aux name="so far">{area}<eqn>PREVIOUS(SELF, 1.0) + k</eqn></aux>',
        stop=10,
        dt=1.0,
        dimensions={"Area": ("urban", "rural")},
    )
    frame = _frame(tmp_path, text)
    for name, step in (("urban", 2.5), ("rural", 4.0)):
        np.testing.assert_array_equal(frame[f"so far[{name}]"], 1.0 + step * np.arange(1, 12))


def test_previous_reads_before_anything_moves(tmp_path: Path) -> None:
    """What all discrete states read is those of the instant: two that swap must swap, not copy."""
    text = xmile(auxiliary("a", "PREVIOUS(b, 1.0)"), auxiliary("b", "PREVIOUS(a, 2.0)"), stop=4, dt=1.0)
    frame = _frame(tmp_path, text)
    assert frame["a"].tolist() == [1.0, 2.0, 1.0, 2.0, 1.0]
    assert frame["b"].tolist() == [2.0, 1.0, 2.0, 1.0, 2.0]


def test_a_peak_is_a_sample_that_names_itself(tmp_path: Path) -> None:
    """Of an equation that is more than the sample, what it was last is not what the sample was."""
    equations = {
        "x": "10 * SIN(Time)",
        "peak": "SAMPLE IF TRUE(x > peak, x, x)",
        "low": "SAMPLE IF TRUE(x<low, x, low0)",
    }
    frame = egovsim.run(read(tmp_path, mdl({**equations, "low0": "3"}))).to_frame()
    assert frame["peak"].tolist() == np.maximum.accumulate(frame["x"]).tolist()
    assert frame["low"].tolist() == np.minimum(np.minimum.accumulate(frame["x"]), 3).tolist()
    model = read(tmp_path, mdl({"x": "Time", "more": "1 + SAMPLE IF TRUE(x > more, x, x)"}))
    with pytest.raises(egovsim.ModelError, match="an algebraic loop"):
        egovsim.run(model)


@pytest.mark.parametrize("method", ["euler", "rk4"])
def test_a_sample_is_taken_at_once_and_kept(tmp_path: Path, method: str) -> None:
    """One step of delay, a sample that is lost, or the initial value shown although the condition holds."""
    equations = {
        "x": "Time*Time",
        "high": "SAMPLE IF TRUE(SIN(3*Time) > 0.5, x, 42)",
        "at once": "SAMPLE IF TRUE(COS(3*Time) > 0.5, x + 1, 42)",
        "never": "SAMPLE IF TRUE(Time > 99, x, 42)",
    }
    frame = _frame(tmp_path, mdl(equations), method=method)
    for name, wave, extra in (("high", np.sin, 0.0), ("at once", np.cos, 1.0)):
        kept, wanted = 42.0, []
        for time in TIMES:
            if wave(3 * time) > 0.5:
                kept = time * time + extra
            wanted.append(kept)
        np.testing.assert_array_equal(frame[name], wanted)
    assert (frame["never"] == 42.0).all()


# ---------------------------------------------------------------------------------------------------------------
# Chains of Vensim's DELAY N and SMOOTH N


def _vensim_chain(order: int, times: np.ndarray, x: np.ndarray, initial: float, *, material: bool) -> np.ndarray:
    """Plain loops: fewer stages where one would be shorter than a step; the last goes by the time before."""
    order = max(1, min(order, int(times[0] / STEP + 1e-9)))
    stages = [initial * (times[0] / order if material else 1.0)] * order
    before, shown = times[0] / order, []
    for now, time in enumerate(times):
        own = time / order
        if material:
            out = [stage / (before if place == order - 1 else own) for place, stage in enumerate(stages)]
            moves = [a - b for a, b in zip([x[now], *out[:-1]], out, strict=True)]
        else:
            out = stages
            moves = [(a - b) / own for a, b in zip([x[now], *out[:-1]], out, strict=True)]
        shown.append(out[-1])
        stages = [stage + STEP * move for stage, move in zip(stages, moves, strict=True)]
        before = own
    return np.array(shown)


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("times", ["2", "2 + STEP(1, 4)", "0.375", "0.125"])
@pytest.mark.parametrize("method", ["euler", "rk4"])
def test_vensims_chains_are_discrete_and_drop_stages_shorter_than_a_step(
    tmp_path: Path, order: int, times: str, method: str
) -> None:
    """A recorded run of DELAY N with 2.5 steps and order 3 shows order 2; under RK4 they take Euler's step."""
    equations = {
        "x": "SIN(Time)",
        "delay time": times,
        "d": f"DELAY N(x, delay time, 3, {order})",
        "s": f"SMOOTH N(x, delay time, 3, {order})",
    }
    frame = _frame(tmp_path, mdl(equations), method=method)
    trajectory = 2.0 + (TIMES >= 4) * 1.0 if "STEP" in times else np.full(81, float(times))
    for name, material in (("d", True), ("s", False)):
        wanted = _vensim_chain(order, trajectory, frame["x"].to_numpy(), 3.0, material=material)
        np.testing.assert_allclose(frame[name], wanted, rtol=1e-12, atol=1e-14)


ORDERS = {
    "a number": ("3", {}),
    "a constant": ("n", {"n": "3"}),
    "arithmetic": ("2*n - 1", {"n": "2"}),
    "a test input at the start": ("n", {"n": "m + STEP(5, 4)", "m": "3"}),
    "the larger": ("MAX(n, 1)", {"n": "3"}),
}


@pytest.mark.parametrize("case", ORDERS)
def test_an_order_may_be_made_of_constants(tmp_path: Path, case: str) -> None:
    """Vensim takes the order from the start; a file with a named order would be refused or run with another."""
    order, more = ORDERS[case]
    frame = _frame(
        tmp_path, mdl({"x": "STEP(1, 1)", "y": f"DELAY N(x, 3, 0, {order})", "z": "DELAY3I(x, 3, 0)", **more})
    )
    np.testing.assert_allclose(frame["y"], frame["z"], rtol=1e-13, atol=1e-15)


def test_in_xmile_too(tmp_path: Path) -> None:
    """SMTHN and DELAYN of a named order."""
    parts = [auxiliary("n", "4.0"), auxiliary("x", "SIN(TIME)")]
    parts += [auxiliary("a", "SMTHN(x, 3.0, n)"), auxiliary("b", "SMTHN(x, 3.0, 4)")]
    frame = _frame(tmp_path, xmile(*parts))
    np.testing.assert_array_equal(frame["a"], frame["b"])


def test_a_constant_that_is_an_order_cannot_be_set_for_a_run(tmp_path: Path) -> None:
    """The order shapes the compiled model; a new value would be taken and ignored."""
    model = read(tmp_path, mdl({"n": "3", "x": "Time", "y": "DELAY N(x, 3, 0, n)"}))
    text = '"n" is the order of a delay in "y", which is fixed when the model is compiled; change it in the file.'
    with pytest.raises(egovsim.InputError, match=text):
        egovsim.run(model, constants={"n": 2.0})


@pytest.mark.parametrize("order", ["x", "2.5", "0", "TIME STEP", "RANDOM UNIFORM(1, 3, 0)"])
def test_an_order_that_is_no_whole_number_at_the_start_is_refused(tmp_path: Path, order: str) -> None:
    """It says where and what to do, and the check comes before the run."""
    text = mdl({"x": "INTEG(1, 2)", "y": f"DELAY N(x, 3, 0, {order})"})
    with pytest.raises(
        egovsim.ModelError, match=r'"y": the order of DELAY N must be a whole number.*; write the number'
    ):
        _frame(tmp_path, text)


def test_the_check_says_that_a_chain_is_too_fast_for_the_step(tmp_path: Path) -> None:
    """A chain of other order than written, or one that oscillates, is nothing to find out from a picture."""
    equations = {"n": "3", "x": "Time", "y": "DELAY N(x, 0.3125, 0, n)", "z": "SMOOTH N(x, 0.375, 0, 3)"}
    found = [
        note for note in egovsim.check(read(tmp_path, mdl(equations))) if "shorter than the time step" in note.text
    ]
    assert [(note.severity, note.variable) for note in found] == [("warning", "y")]


def test_a_chain_of_a_million_stages_is_refused(tmp_path: Path) -> None:
    """A slip in a number would fill the memory with stocks."""
    with pytest.raises(egovsim.ModelError, match=r"the order of DELAY N is 1e\+06, above 1000"):
        _frame(tmp_path, mdl({"x": "Time", "y": "DELAY N(x, 3, 0, 1000000)"}))


# ---------------------------------------------------------------------------------------------------------------
# Streams of money


@pytest.mark.parametrize(
    ("function", "weight"),
    [
        ("NPV(x, 0.07, 10, 2)", lambda k, rate: (1 + rate * STEP) ** -k),
        ("NPVE(x, 0.07, 10, 2)", lambda k, rate: (1 + rate * STEP) ** -(k + 1.0)),
    ],
)
def test_present_values_are_discounted_sums(tmp_path: Path, function: str, weight: Callable) -> None:
    """The present step counts in, undiscounted at its begin (NPV) or discounted at its end (NPVE)."""
    frame = _frame(tmp_path, mdl({"x": "1 + SIN(Time)", "v": function}))
    terms = frame["x"].to_numpy() * STEP * weight(np.arange(81.0), 0.07)
    np.testing.assert_allclose(frame["v"], 2.0 * (10.0 + np.cumsum(terms)), rtol=1e-12)


def test_a_forecast_may_start_on_a_trend(tmp_path: Path) -> None:
    """XMILE's fourth argument: started on the growth there is, the forecast is right from the first instant."""
    text = xmile(
        stock("x", "3.0", inflows=["growth"]),
        flow("growth", "0.04 * x"),
        auxiliary("f", "FORCST(x, 5.0, 10.0, 0.04)"),
    )
    frame = _frame(tmp_path, text)
    np.testing.assert_allclose(frame["f"], frame["x"] * 1.4, rtol=1e-12)


def test_the_forecast_of_a_falling_negative_value_goes_on_falling(tmp_path: Path) -> None:
    """Vensim's FORECAST divides by the mean itself, TREND by its size; mixed up, the sign turns."""
    frame = _frame(tmp_path, mdl({"x": "-10 - Time", "f": "FORECAST(x, 2, 3)", "t": "TREND(x, 2, 0)"}))
    assert (frame["f"].to_numpy()[8:] < frame["x"].to_numpy()[8:]).all()
    assert (frame["t"].to_numpy()[8:] < 0.0).all()


# ---------------------------------------------------------------------------------------------------------------
# Members, lanes, failure

MIXED = mdl(
    {
        "lag": "1",
        "level": "1",
        "x": "SIN(Time*level) + level",
        "f": "DELAY FIXED(x, lag, level)",
        "i": "DELAY INFORMATION(x, lag + SIN(Time), level)",
        "m": "DELAY MATERIAL(x, lag + COS(Time), level, 0)",
        "s": "SAMPLE IF TRUE(x > f, i, level)",
        "n": "DELAY N(m, lag*2, level, 3)",
        "stock": "INTEG(s - 0.1*stock + n, level)",
    }
)
OUTPUTS = ("f", "i", "m", "s", "n", "stock")


@pytest.mark.parametrize("method", ["euler", "rk4"])
def test_members_are_the_same_in_every_lane_chunk_and_thread(
    tmp_path: Path, method: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What a pipeline kept for one member must never reach another."""
    rng = np.random.default_rng(5)
    design = egovsim.Design.of({"lag": rng.uniform(0.0, 4.0, 21), "level": rng.uniform(-2.0, 2.0, 21)})
    alone = []
    for member in range(21):
        row = design.rows(member, member + 1)[0]
        single = egovsim.run(
            read(tmp_path, MIXED), constants=dict(zip(design.names, row, strict=True)), outputs=OUTPUTS, method=method
        )
        alone.append(single.trajectories[0, 0, 0])
    for lanes in (1, 2, 4):
        monkeypatch.setattr(kernels, "native_lanes", lambda lanes=lanes: lanes)
        for workers in (1, 3):
            result = egovsim.run(read(tmp_path, MIXED), design=design, outputs=OUTPUTS, method=method, workers=workers)
            np.testing.assert_array_equal(result.trajectories[0, 0], alone)


def test_a_memory_that_is_not_a_number_is_a_failure_of_its_member_alone(tmp_path: Path) -> None:
    """A failed pipeline must be noticed and named, and not pass for the initial value."""
    model = read(
        tmp_path, xmile(auxiliary("d", "1.0"), auxiliary("x", "TIME / d"), auxiliary("late", "DELAY(x, 1.0, 0.0)"))
    )
    result = egovsim.run(model, design=egovsim.Design.of({"d": np.array([1.0, 0.0, 2.0])}), outputs=["late"])
    np.testing.assert_array_equal(np.isnan(result.status.failed_at[0, 0]), [True, False, True])
    assert result.status.failed_at[0, 0, 1] == 1.0
    assert np.isnan(result.values("late")[0, 0, 1, 8:]).all()
    assert np.isfinite(result.values("late")[0, 0, [0, 2]]).all()


def test_memories_of_a_model_that_is_cut_into_pieces(tmp_path: Path) -> None:
    """A memory may be read in one function of the machine code and its input computed in another."""
    chain = {f"a{number}": f"DELAY FIXED(a{number - 1} + 1, 0.125, 0)" for number in range(1, 301)}
    frame = _frame(tmp_path, mdl({"a0": "Time", **chain}, stop=2))
    for number in (1, 2, 150, 300):
        wanted = [k if k < number else number + STEP * (k - number) for k in range(17)]
        np.testing.assert_allclose(frame[f"a{number}"], wanted, atol=1e-12)
