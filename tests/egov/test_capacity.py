"""The tutorial's model against SciPy's integrator, its equations written out by hand a second time."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
from hypothesis import given, settings
from scipy.integrate import solve_ivp

import egovsim

MODEL = egovsim.read_model("capacity")
STOCKS = ("Budget", "HR capacity", "Security maturity", "Internet penetration", "Cultural change", "Use")
CONSTANTS = tuple(variable.name for variable in MODEL.inputs if variable.kind != "stock")


def rates(time: float, state: np.ndarray, k: dict[str, float]) -> list[float]:
    """The six equations of the tutorial: money, skill, protection, access, culture, use."""
    budget, skill, safe, online, digital, use = state
    wanted = k["Full budget"] * (k["Budget floor"] + (1 - k["Budget floor"]) * use)
    return [
        (wanted - budget) / k["Budget adjustment time"],
        k["Training power"] * budget * (1 - skill) - k["Skill fade rate"] * skill * (1 - digital),
        k["Protection power"] * budget * skill * (1 - safe) - k["Security ageing rate"] * safe,
        k["Imitation"] * online * (1 - online),
        k["Change rate"] * skill * (1 - digital) - k["Relapse rate"] * digital * (1 - safe),
        k["Uptake rate"] * digital * (online - use) - k["Lapse rate"] * use * (1 - safe),
    ]


def exact(constants: dict[str, float], start: np.ndarray, time: np.ndarray) -> np.ndarray:
    span = (time[0], time[-1])
    solved = solve_ivp(rates, span, start, "DOP853", time, args=(constants,), rtol=1e-11, atol=1e-13)
    return solved.y


def values(result: egovsim.Result) -> np.ndarray:
    return np.stack([result.values(name)[0, 0, 0] for name in STOCKS])


def default(name: str) -> float:
    return MODEL[name].equations[0].expression.value


def test_it_has_six_stocks_and_a_dozen_constants() -> None:
    """Somebody reads it in five minutes."""
    assert tuple(stock.name for stock in MODEL.stocks) == STOCKS
    assert len(CONSTANTS) == 12
    assert (MODEL.clock.start, MODEL.clock.stop, MODEL.clock.method) == (2003.0, 2045.0, "euler")


@given(seed=st.integers(0, 9999))
@settings(max_examples=10)
def test_runge_and_kutta_agree_with_scipy(seed: int) -> None:
    """Constants from a quarter to twice their value: a wrong sign or flow differs in the first digits."""
    random = np.random.default_rng(seed)
    constants = {name: default(name) * random.uniform(0.25, 2.0) for name in CONSTANTS}
    start = np.array([random.uniform(1.0, 200.0), *random.uniform(0.0, 0.9, 5)])
    given_values = {**constants, **dict(zip(STOCKS, start.tolist(), strict=True))}
    step = {"method": "rk4", "time_step": 0.015625, "save_every": 1.0}
    result = egovsim.run(MODEL, constants=given_values, outputs=STOCKS, **step)
    wanted = exact(constants, start, result.time)
    scale = np.abs(wanted).max(axis=1, keepdims=True)
    assert (np.abs(values(result) - wanted) <= 1e-7 * scale).all()


def test_eulers_method_comes_nearer_with_the_step() -> None:
    """The file's own run is off by its step alone: halved, the error halves."""
    constants = {name: default(name) for name in CONSTANTS}
    start = np.array([default(name) for name in STOCKS])
    errors = []
    for step in (0.0625, 0.03125, 0.015625):
        result = egovsim.run(MODEL, time_step=step, save_every=1.0, outputs=STOCKS)
        errors.append(np.abs(values(result) - exact(constants, start, result.time)).max(axis=1))
    np.testing.assert_allclose(np.array(errors[:-1]) / errors[1:], 2.0, rtol=0.05)
