"""exp, ln and powers are our own, in vectors: accurate, special cases as in C, and the same in any lane width."""

from __future__ import annotations

import math
from collections.abc import Callable

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings

import egovsim
from egovsim.compiler.codegen.machine_code import make_code
from egovsim.compiler.kernel import Kernel
from egovsim.compiler.program import build_program
from egovsim.compiler.steps import Schedule, Steps
from egovsim.model.expression import Binary, Call, Number, Reference
from egovsim.model.model import Clock
from egovsim.model.variable import Equation, Variable

X, Y = Reference("x", "x"), Reference("y", "y")
EXPRESSIONS = {"exp": Call("exp", (X,)), "ln": Call("ln", (X,)), "power": Binary("^", X, Y)}
NO_SERIES = Schedule(np.zeros(0, np.int64), np.zeros(0, np.int64), np.zeros((1, 0)), np.zeros(1, np.int8))
INSTANT = Steps(0.0, 1.0, 0, 1)

Evaluate = Callable[[str, np.ndarray, np.ndarray], np.ndarray]
pytestmark = pytest.mark.skipif(np.finfo(np.longdouble).nmant < 63, reason="exact values need 80-bit numbers")


def _kernel(lanes: int) -> Kernel:
    inputs = [Variable(name, "auxiliary", (Equation(Number(1.0)),)) for name in ("x", "y")]
    made = [Variable(name, "auxiliary", (Equation(expression),)) for name, expression in EXPRESSIONS.items()]
    model = egovsim.Model("elementary", Clock(0.0, 1.0, 1.0), (), (*inputs, *made))
    return Kernel(make_code(build_program(model, tuple(EXPRESSIONS), (), "euler"), lanes))


@pytest.fixture(scope="module")
def kernels() -> dict[int, Kernel]:
    return {lanes: _kernel(lanes) for lanes in (1, 2, 4, 8)}


@pytest.fixture(scope="module")
def evaluate(kernels: dict[int, Kernel]) -> Evaluate:
    """Compute a function of arrays, and insist on the same bits in every lane width."""

    def work(name: str, x: np.ndarray, y: np.ndarray) -> np.ndarray:
        inputs = np.column_stack([x, y])
        found = [
            kernel(inputs, NO_SERIES, INSTANT, np.zeros((0, 2), np.int64), np.zeros(0))[0][:, 0]
            for kernel in kernels.values()
        ]
        place = list(EXPRESSIONS).index(name)
        for other in found[1:]:
            same = (found[0].view(np.int64) == other.view(np.int64)) | np.isnan(found[0]) & np.isnan(other)
            assert same.all()
        return np.ascontiguousarray(found[0][:, place])

    return work


def units_in_the_last_place(got: np.ndarray, exact: np.ndarray) -> np.ndarray:
    """How far numbers are from exact ones, in spacings of the exact one."""
    with np.errstate(over="ignore"):
        near = exact.astype(np.float64)
    finite = np.isfinite(near)
    np.testing.assert_array_equal(got[~finite], near[~finite])
    spacing = np.spacing(np.abs(near[finite]))
    return np.abs((got[finite].astype(np.longdouble) - exact[finite]) / spacing).astype(np.float64)


@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1e-300, 1e-9, 0.1, 1.0, 30.0, 700.0]))
@settings(max_examples=30)
def test_exp_is_right_to_the_last_place(evaluate: Evaluate, seed: int, scale: float) -> None:
    """Every decay and every learning curve would be off."""
    x = np.random.default_rng(seed).normal(0.0, scale, 2000)
    with np.errstate(over="ignore", under="ignore"):
        exact = np.exp(x.astype(np.longdouble))
    assert units_in_the_last_place(evaluate("exp", x, x), exact).max() < 0.8


@given(seed=st.integers(0, 2**32 - 1), scale=st.sampled_from([1e-12, 1e-3, 1.0, 50.0, 700.0]))
@settings(max_examples=30)
def test_ln_is_right_to_the_last_place(evaluate: Evaluate, seed: int, scale: float) -> None:
    """Also next to 1, where digits are easily lost."""
    x = np.exp(np.random.default_rng(seed).uniform(-scale, scale, 2000))
    assert units_in_the_last_place(evaluate("ln", x, x), np.log(x.astype(np.longdouble))).max() < 0.6


@given(seed=st.integers(0, 2**32 - 1), width=st.sampled_from([1e-9, 0.1, 3.0, 50.0]), reach=st.floats(1e-3, 720.0))
@settings(max_examples=30)
def test_powers_are_right_to_the_last_place(evaluate: Evaluate, seed: int, width: float, reach: float) -> None:
    """From a share to the power of a half up to where powers overflow."""
    random = np.random.default_rng(seed)
    x = np.exp(random.uniform(-width, width, 2000))
    y = random.uniform(-reach, reach, 2000) / np.maximum(np.abs(np.log(x)), 1e-12)
    with np.errstate(over="ignore", under="ignore"):
        exact = x.astype(np.longdouble) ** y.astype(np.longdouble)
    assert units_in_the_last_place(evaluate("power", x, y), exact).max() < 0.9


SPECIAL = (0.0, -0.0, 1.0, -1.0, 2.0, -2.0, 3.0, 0.5, -0.5, 5e-324, 2.0**-1022, 1e308, -1e308, 1e-308)


def test_special_arguments_are_those_of_c(evaluate: Evaluate) -> None:
    """A model that runs into 0, infinity or nothing at all must fail or go on as it would anywhere else."""
    pairs = np.array([(x, y) for x in SPECIAL for y in SPECIAL])
    with np.errstate(all="ignore"):
        wanted = {
            "exp": np.exp(pairs[:, 0]),
            "ln": np.log(pairs[:, 0]),
            "power": np.array([_power(x, y) for x, y in pairs]),
        }
    for name, one in wanted.items():
        got = evaluate(name, pairs[:, 0], pairs[:, 1])
        np.testing.assert_allclose(got, one, rtol=3e-16, atol=0.0, err_msg=name)
        np.testing.assert_array_equal(np.signbit(got[got == 0.0]), np.signbit(one[got == 0.0]), err_msg=name)


def _power(x: float, y: float) -> float:
    return float(np.float64(x) ** np.float64(y))


def test_infinity_and_what_is_not_a_number(evaluate: Evaluate) -> None:
    """A failed member must stay failed."""
    x = np.array([math.inf, -math.inf, math.nan])
    np.testing.assert_array_equal(evaluate("exp", x, x), [math.inf, 0.0, math.nan])
    np.testing.assert_array_equal(evaluate("ln", x, x), [math.inf, math.nan, math.nan])
    two = np.full(3, 2.0)
    np.testing.assert_array_equal(evaluate("power", x, two), [math.inf, math.inf, math.nan])
    np.testing.assert_array_equal(evaluate("power", two, x), [math.inf, 0.0, math.nan])


def test_whole_numbers_give_whole_powers(evaluate: Evaluate) -> None:
    """1024 compared with 2 to the power of 10 must be equal."""
    x, y = (grid.ravel().astype(float) for grid in np.meshgrid(np.arange(1, 40), np.arange(0, 10)))
    np.testing.assert_array_equal(evaluate("power", x, y), x**y)
