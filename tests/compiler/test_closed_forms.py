"""Small models whose trajectory can be written down, where the recorded runs of other tools are silent.

Each says in closed form what the numbers must be; if one fails, a rule of time, of logic or of stocks is broken.
"""

from __future__ import annotations

from itertools import product
from math import comb
from pathlib import Path

import numpy as np
import pytest
from small_models import auxiliary, flow, mdl, over, read, stock, xmile

import egovsim

METHODS = ("euler", "rk2", "rk4")


def trajectory(model: egovsim.Model, name: str, **options: object) -> np.ndarray:
    return egovsim.run(model, **options).values(name)[0, 0, 0]  # type: ignore[arg-type]


# Test inputs within a step


@pytest.mark.parametrize("method", ["rk2", "rk4"])
def test_a_test_input_stands_still_within_a_step(method: str, tmp_path: Path) -> None:
    """Vensim holds RAMP still while a step is taken, and lets Time go on; one integrates as a sum, one exactly."""
    model = read(tmp_path, mdl({"held": "INTEG(RAMP(1, 0, 99), 0)", "moving": "INTEG(Time, 0)"}, step=0.5))
    steps = np.arange(21)
    np.testing.assert_allclose(trajectory(model, "held", method=method), 0.25 * steps * (steps - 1) / 2, rtol=1e-14)
    np.testing.assert_allclose(trajectory(model, "moving", method=method), (0.5 * steps) ** 2 / 2, rtol=1e-14)


def test_rk4_with_a_pulse_is_the_method_itself(tmp_path: Path) -> None:
    """x' = u - c x: a step of RK4 multiplies by 1 - z + z^2/2 - z^3/6 + z^4/24 towards u / c."""
    model = read(tmp_path, mdl({"x": "INTEG(3 * PULSE(2, 1.5) - 0.8 * x, 5)"}, step=0.25))
    z = 0.8 * 0.25
    factor = 1 - z + z**2 / 2 - z**3 / 6 + z**4 / 24
    wanted = [5.0]
    for step in range(40):
        goal = 3 / 0.8 if 2 <= 0.25 * step < 3.5 else 0.0
        wanted.append(goal + (wanted[-1] - goal) * factor)
    np.testing.assert_allclose(trajectory(model, "x", method="rk4"), wanted, rtol=1e-12)


@pytest.mark.parametrize("width", [0, 0.1, 0.25])
@pytest.mark.parametrize("method", METHODS)
def test_a_pulse_of_no_width_lasts_a_step(width: float, method: str, tmp_path: Path) -> None:
    """A width of 0 or less than a step is one step: an event that somebody wrote down does not vanish."""
    equations = {
        "once": f"PULSE(3, {width})",
        "train": f"PULSE TRAIN(1, {width}, 2, 8)",
        "area": "INTEG(once + train, 0)",
    }
    model = read(tmp_path, mdl(equations, step=0.25))
    times = 0.25 * np.arange(41)
    np.testing.assert_array_equal(trajectory(model, "once", method=method), times == 3)
    np.testing.assert_array_equal(trajectory(model, "train", method=method), np.isin(times, [1, 3, 5, 7]))
    np.testing.assert_allclose(trajectory(model, "area", method=method)[-1], 5 * 0.25, rtol=1e-14)


def test_an_xmile_pulse_carries_its_magnitude_whatever_the_step(tmp_path: Path) -> None:
    """XMILE's PULSE is a volume: magnitude / DT for one step, on the step nearest to its time."""
    for dt in (0.5, 0.1, 1 / 3):
        model = read(tmp_path, xmile(flow("f", "PULSE(7, 2.04, 3)"), stock("S", 0, inflows=["f"]), dt=dt))
        np.testing.assert_allclose(trajectory(model, "S")[-1], 21.0, rtol=1e-12)


# Logic


@pytest.mark.parametrize("dialect", ["xmile", "vensim"])
def test_and_binds_tighter_than_or(dialect: str, tmp_path: Path) -> None:
    """Every truth table of mixed AND, OR and NOT without parentheses, in both notations."""
    rows = {
        "a AND b OR c": lambda a, b, c: (a and b) or c,
        "a OR b AND c": lambda a, b, c: a or (b and c),
        "a OR b AND NOT c OR c AND b": lambda a, b, c: a or (b and not c) or (c and b),
        "NOT a AND b OR c": lambda a, b, c: (not a and b) or c,
        "a = b AND b = c OR a > c": lambda a, b, c: (a == b and b == c) or a > c,
    }
    for text, meaning in rows.items():
        if dialect == "xmile":
            parts = [auxiliary(name, 0.0) for name in "abc"]
            model = read(tmp_path, xmile(*parts, auxiliary("x", f"IF {text} THEN 1 ELSE 0"), stop=1, dt=1))
        else:
            written = text.replace("AND", ":AND:").replace("NOT", ":NOT:").replace(" OR ", " :OR: ")
            model = read(tmp_path, mdl({**dict.fromkeys("abc", "0"), "x": f"IF THEN ELSE({written}, 1, 0)"}, stop=1))
        for values in product((0.0, 1.0), repeat=3):
            given = dict(zip("abc", values, strict=True))
            assert trajectory(model, "x", constants=given, until=0)[0] == float(bool(meaning(*values))), (text, given)


# Arrays


def test_each_element_has_its_own_graphical_function(tmp_path: Path) -> None:
    """PySD takes the first for all; here each is its own, of its own kind, and may be called by name."""
    points = {"a": ((0, 1, 4), (0, 2, -1)), "b": ((0, 2), (5, 5.5)), "c": ((1, 3), (1, 3))}
    kinds = {"a": "continuous", "b": "discrete", "c": "extrapolate"}
    parts = "".join(
        f'<element subscript="{one}"><eqn>TIME * 0.5</eqn><gf type="{kinds[one]}">'
        f"<xpts>{','.join(map(str, x))}</xpts><ypts>{','.join(map(str, y))}</ypts></gf></element>"
        for one, (x, y) in points.items()
    )
    array = f'<aux name="effect">{over("Kind")}{parts}</aux>'
    model = read(tmp_path, xmile(array, auxiliary("one", "effect[b] + 1"), dimensions={"Kind": list(points)}))
    x = 0.5 * 0.125 * np.arange(81)
    values = trajectory(model, "effect")
    np.testing.assert_allclose(values[:, 0], np.interp(x, *points["a"]), rtol=1e-13, atol=1e-13)
    np.testing.assert_array_equal(values[:, 1], np.where(x < 2, 5, 5.5))
    np.testing.assert_allclose(values[:, 2], x, rtol=1e-13, atol=1e-13)
    np.testing.assert_array_equal(trajectory(model, "one"), values[:, 1] + 1)


# Time


@pytest.mark.parametrize(("dt", "steps"), [(0.1, 100_000), (1 / 3, 9_000), (1 / 12, 12_000), (0.7, 1_000)])
def test_time_does_not_drift(dt: float, steps: int, tmp_path: Path) -> None:
    """Time is start + i dt from a counter; adding 0.1 a hundred thousand times is off by 2e-8."""
    text = xmile(auxiliary("now", "TIME"), start=2000, stop=2000 + steps * dt, dt=dt)
    result = egovsim.run(read(tmp_path, text))
    wanted = 2000 + np.arange(steps + 1) * dt
    np.testing.assert_array_equal(result.time, wanted)
    np.testing.assert_array_equal(result.values("now")[0, 0, 0], wanted)


def test_an_instant_off_the_binary_grid_is_met_once(tmp_path: Path) -> None:
    """With a step of 0.1, Time = 3 happens, and once; so does a STEP at 0.3."""
    model = read(
        tmp_path, xmile(auxiliary("at 3", "IF TIME = 3 THEN 1 ELSE 0"), auxiliary("s", "STEP(1, 0.3)"), dt=0.1)
    )
    assert np.flatnonzero(trajectory(model, "at 3")).tolist() == [30]
    assert np.flatnonzero(trajectory(model, "s"))[0] == 3


@pytest.mark.parametrize(("save", "every"), [("0.5", 5), ("0.1", 1), ("2", 20), ("0.25", 2)])
def test_a_saving_interval_thins_and_changes_nothing(save: str, every: int, tmp_path: Path) -> None:
    """What is saved is what was computed at every step; an interval off the steps (0.25) falls on the nearest."""
    text = xmile(flow("f", "0.1 * S"), stock("S", 1, inflows=["f"]), dt=0.1)
    whole = trajectory(read(tmp_path, text), "S")
    model = read(tmp_path, text.replace("<dt>", f"<savestep>{save}</savestep><dt>"))
    result = egovsim.run(model)
    np.testing.assert_array_equal(result.values("S")[0, 0, 0], whole[::every])
    np.testing.assert_array_equal(result.time, (np.arange(101) * 0.1)[::every])


# Discrete states


@pytest.mark.parametrize("method", METHODS)
def test_previous_and_fixed_delay_look_back_by_steps(method: str, tmp_path: Path) -> None:
    """PREVIOUS is one step back, DELAY is T back, whatever method integrates in between."""
    parts = (auxiliary("last", "PREVIOUS(TIME * 2, -1)"), auxiliary("late", "DELAY(TIME * 3, 1.5, 8)"))
    model = read(tmp_path, xmile(*parts, dt=0.5, method=method))
    times = 0.5 * np.arange(21)
    np.testing.assert_array_equal(trajectory(model, "last"), np.where(times == 0, -1, 2 * (times - 0.5)))
    np.testing.assert_array_equal(trajectory(model, "late"), np.where(times < 1.5, 8, 3 * (times - 1.5)))


@pytest.mark.parametrize("order", [1, 2, 3, 5])
@pytest.mark.parametrize("function", ["SMTHN", "DELAYN"])
def test_a_chain_answers_a_step_as_waiting_times_do(function: str, order: int, tmp_path: Path) -> None:
    """With p = n dt / T, the answer after k steps is the chance of n or more successes in k tries."""
    model = read(tmp_path, xmile(auxiliary("x", f"{function}(STEP(1, 0), 4, {order}, 0)"), dt=0.125))
    p = order * 0.125 / 4
    wanted = [
        1 - sum(comb(k, hits) * p**hits * (1 - p) ** (k - hits) for hits in range(min(order, k + 1))) for k in range(81)
    ]
    np.testing.assert_allclose(trajectory(model, "x"), wanted, rtol=0, atol=1e-12)


# Stocks that do not fall below nothing


@pytest.mark.parametrize("method", METHODS)
def test_what_leaves_a_non_negative_stock_arrives(method: str, tmp_path: Path) -> None:
    """Three stocks in a row, each emptied faster than it can be: nothing is lost, nothing is made."""
    model = read(
        tmp_path,
        xmile(
            flow("f", "30 + 5 * TIME"),
            flow("g", "B * 3 + 1"),
            stock("A", 100, outflows=["f"], inside="<non_negative/>"),
            stock("B", 0, inflows=["f"], outflows=["g"], inside="<non_negative/>"),
            stock("C", 0, inflows=["g"], inside="<non_negative/>"),
            dt=0.5,
            method=method,
        ),
    )
    a, b, c = (trajectory(model, name) for name in "ABC")
    np.testing.assert_allclose(a + b + c, 100.0, rtol=1e-14)
    for stock_values in (a, b, c):
        assert stock_values.min() >= -1e-12
    assert a[-1] == pytest.approx(0.0, abs=1e-12 if method == "euler" else 1e-3)


def test_outflows_are_served_in_the_order_of_the_file(tmp_path: Path) -> None:
    """XMILE 1.0, section 4.2: what there is goes to the first outflow, then to the next."""
    parts = (flow("first", 8.0), flow("second", 5.0), flow("inwards", "STEP(3, 2)"))
    tank = stock("A", 10, inflows=["inwards"], outflows=["second", "first"], inside="<non_negative/>")
    model = read(tmp_path, xmile(*parts, tank, stop=5, dt=1))
    np.testing.assert_array_equal(trajectory(model, "A"), [10, 0, 0, 0, 0, 0])
    np.testing.assert_array_equal(trajectory(model, "second"), [5, 0, 3, 3, 3, 3])
    np.testing.assert_array_equal(trajectory(model, "first"), [5, 0, 0, 0, 0, 0])
