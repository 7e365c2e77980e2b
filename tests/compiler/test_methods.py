"""Euler's method and the three of Runge and Kutta: which formula each name means, and what stands still in a step."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from scipy.integrate import solve_ivp
from small_models import auxiliary, flow, mdl, read, stock, xmile

import egovsim

STEP = 0.125
TIMES = np.arange(81) * STEP
METHODS = ("euler", "rk2", "midpoint", "rk4")


def _one_step(method: str, rate, time: float, state: np.ndarray, step: float) -> np.ndarray:
    """Textbook formulas, written out."""
    first = rate(time, state)
    if method == "euler":
        return state + step * first
    if method == "rk2":
        return state + step * (first + rate(time + step, state + step * first)) / 2.0
    second = rate(time + step / 2.0, state + step / 2.0 * first)
    if method == "midpoint":
        return state + step * second
    third = rate(time + step / 2.0, state + step / 2.0 * second)
    fourth = rate(time + step, state + step * third)
    return state + step * (first + 2.0 * second + 2.0 * third + fourth) / 6.0


def _pendulum(time: float, state: np.ndarray) -> np.ndarray:
    angle, speed = state
    return np.array([speed, -np.sin(angle) - 0.2 * speed**3 + 0.3 * np.cos(time)])


PENDULUM = (
    stock("angle", "0.7", inflows=["turning"]),
    stock("speed", "-0.2", inflows=["pull"]),
    flow("turning", "speed"),
    flow("pull", "-SIN(angle) - 0.2 * speed ^ 3.0 + 0.3 * COS(TIME)"),
)


@pytest.mark.parametrize("method", METHODS)
def test_every_method_is_its_textbook_formula(tmp_path: Path, method: str) -> None:
    """A wrong weight, a stage at a wrong time, or the one RK2 in place of the other."""
    frame = egovsim.run(read(tmp_path, xmile(*PENDULUM)), method=method).to_frame()
    state, wanted = np.array([0.7, -0.2]), []
    for time in TIMES:
        wanted.append(state)
        state = _one_step(method, _pendulum, time, state, STEP)
    np.testing.assert_allclose(frame[["angle", "speed"]], wanted, rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize(("method", "order"), [("euler", 1.0), ("rk2", 2.0), ("midpoint", 2.0), ("rk4", 4.0)])
def test_every_method_converges_with_its_order(tmp_path: Path, method: str, order: float) -> None:
    """Halving the step must pay what the method promises, against an independent solver."""
    exact = solve_ivp(_pendulum, (0.0, 5.0), [0.7, -0.2], method="DOP853", rtol=1e-12, atol=1e-13).y[0, -1]
    model = read(tmp_path, xmile(*PENDULUM, stop=5))
    errors = []
    for count in (80, 160, 320):
        result = egovsim.run(model, method=method, time_step=5.0 / count, outputs=["angle"], save_every=5.0)
        errors.append(abs(result.values("angle")[0, 0, 0, -1] - exact))
    observed = np.log2(np.array(errors[:-1]) / errors[1:])
    np.testing.assert_allclose(observed, order, atol=0.3)


@pytest.mark.parametrize(
    ("method", "area"),
    [
        ("euler", lambda t, h: h * t**2),
        ("rk2", lambda t, h: h * (t**2 + (t + h) ** 2) / 2.0),
        ("midpoint", lambda t, h: h * (t + h / 2.0) ** 2),
        ("rk4", lambda t, h: ((t + h) ** 3 - t**3) / 3.0),
    ],
)
def test_the_two_methods_called_rk2_differ_as_their_makers_say(tmp_path: Path, method: str, area) -> None:
    """Stella takes the mean of both ends, Vensim the middle; on a parabola each misses on its own side."""
    frame = egovsim.run(read(tmp_path, mdl({"s": "INTEG(Time*Time, 0)"})), method=method).to_frame()
    np.testing.assert_allclose(np.diff(frame["s"]), area(TIMES[:-1], STEP), rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("method", ["euler", "rk2", "rk4"])
def test_the_method_of_an_xmile_file_is_used(tmp_path: Path, method: str) -> None:
    """A method that is read and ignored."""
    said = egovsim.run(read(tmp_path, xmile(*PENDULUM, method=method))).to_frame()
    given = egovsim.run(read(tmp_path, xmile(*PENDULUM)), method=method).to_frame()
    np.testing.assert_array_equal(said, given)


@pytest.mark.parametrize("method", METHODS)
def test_what_comes_from_outside_stands_still_within_a_step(tmp_path: Path, method: str) -> None:
    """Vensim holds test inputs over a step; a STEP or PULSE that leaked into it would act half a step early."""
    inputs = {
        "stepped": "STEP(3, 2)",
        "ramped": "RAMP(2, 1, 5)",
        "pulsed": "PULSE(2, 0)",
        "train": "PULSE TRAIN(1, 0.25, 1, 9)",
        "led": "lever",
    }
    stocks = {f"sum of {name}": f"INTEG({name}, 0)" for name in inputs}
    model = read(tmp_path, mdl({"lever": "0", **inputs, **stocks}))
    series = egovsim.Series((0.0, 2.5), (1.0, 4.0), "steps")
    frame = egovsim.run(model, method=method, constants={"lever": series}).to_frame()
    for name in inputs:
        moved = np.diff(frame[f"sum of {name}"])
        np.testing.assert_allclose(moved, STEP * frame[name].to_numpy()[:-1], rtol=1e-12, atol=1e-13, err_msg=name)


@pytest.mark.parametrize("method", METHODS)
def test_time_itself_moves_within_a_step(tmp_path: Path, method: str) -> None:
    """What is written with TIME is part of the equation, not an input, and is seen by every stage."""
    frame = egovsim.run(read(tmp_path, mdl({"s": "INTEG(COS(Time), 0)"})), method=method).to_frame()
    wanted = {
        "euler": STEP * np.cos(TIMES[:-1]),
        "rk2": STEP * (np.cos(TIMES[:-1]) + np.cos(TIMES[1:])) / 2.0,
        "midpoint": STEP * np.cos(TIMES[:-1] + STEP / 2.0),
        "rk4": STEP * (np.cos(TIMES[:-1]) + 4.0 * np.cos(TIMES[:-1] + STEP / 2.0) + np.cos(TIMES[1:])) / 6.0,
    }
    np.testing.assert_allclose(np.diff(frame["s"]), wanted[method], rtol=1e-11, atol=1e-13)


@pytest.mark.parametrize("method", METHODS)
def test_chains_of_stocks_are_integrated_with_the_method(tmp_path: Path, method: str) -> None:
    """SMOOTH and DELAY of first and third order are stocks like any other; here against stocks written out."""
    hidden = xmile(auxiliary("x", "SIN(TIME)"), auxiliary("y", "SMTH1(x, 2.0, 5.0)"), auxiliary("z", "DELAY1(x, 2.0)"))
    shown = xmile(
        auxiliary("x", "SIN(TIME)"),
        stock("y", "5.0", inflows=["dy"]),
        flow("dy", "(x - y) / 2.0"),
        stock("store", "0.0", inflows=["dz"]),
        flow("dz", "x - z"),
        auxiliary("z", "store / 2.0"),
    )
    frames = [egovsim.run(read(tmp_path, text), method=method).to_frame() for text in (hidden, shown)]
    np.testing.assert_allclose(frames[0][["y", "z"]], frames[1][["y", "z"]], rtol=1e-12, atol=1e-14)


@pytest.mark.parametrize("method", ["rk2", "midpoint", "rk4"])
def test_members_are_the_same_in_every_lane(tmp_path: Path, method: str) -> None:
    """Stages share rows of one memory block; a member must not see another's."""
    model = read(tmp_path, xmile(*PENDULUM, auxiliary("k", "1.0"), stock("e", "k", inflows=["g"]), flow("g", "-k * e")))
    rates = np.linspace(0.1, 3.0, 9)
    batch = egovsim.run(model, design=egovsim.Design.of({"k": rates}), outputs=["e"], method=method)
    for member, rate in enumerate(rates):
        alone = egovsim.run(model, constants={"k": rate}, outputs=["e"], method=method)
        np.testing.assert_array_equal(batch.trajectories[0, 0, member], alone.trajectories[0, 0, 0])
