"""The engine against a slow, obvious evaluator, on random models; and what must not matter to any model.

If one of these fails, the compiler makes another model of a file than the file says.
"""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from slow_evaluator import slow_run
from small_models import auxiliary, mdl, read, xmile

import egovsim
from egovsim.compiler import kernel as kernels
from egovsim.model.conveyors import AGE_COUNT
from egovsim.model.functions import FUNCTIONS, Function
from egovsim.names import element_name
from egovsim.testing.random_models import RandomModel, random_models

LANES = (1, 2, 4)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("random")


def trajectories(result: egovsim.Result, model: egovsim.Model) -> dict[str, np.ndarray]:
    """Return the trajectory of every element of the first member, by its canonical name."""
    found: dict[str, np.ndarray] = {}
    for variable in model.variables:
        if variable.kind != "lookup":
            values = result.values(variable.name)[0, 0, 0]
            columns = values.reshape(values.shape[0], -1).T
            for ids, column in zip(model.elements_of(variable.name), columns, strict=True):
                found[element_name(variable.id, ids)] = column
    return found


def assert_same_bits(one: dict[str, np.ndarray], other: dict[str, np.ndarray]) -> None:
    assert one.keys() == other.keys()
    for name, values in one.items():
        assert values.tobytes() == other[name].tobytes(), name


@given(drawn=random_models())
@settings(max_examples=15)
def test_the_engine_agrees_with_the_slow_evaluator(drawn: RandomModel, folder: Path) -> None:
    """To 1e-12 of the value, or of the largest in its trajectory; and with the same bits however wide the lanes."""
    model = read(folder, drawn.text())
    slow = slow_run(model)
    first: dict[str, np.ndarray] | None = None
    for lanes in LANES:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(kernels, "native_lanes", lambda lanes=lanes: lanes)
            result = egovsim.run(read(folder, drawn.text()))
        assert not result.status.failures
        fast = trajectories(result, model)
        if first is None:
            first = fast
            assert fast.keys() == slow.keys()
            for name, values in fast.items():
                wanted = np.array(slow[name])
                scale = np.abs(wanted).max()
                np.testing.assert_allclose(values, wanted, rtol=1e-12, atol=1e-12 * scale, err_msg=name)
        assert_same_bits(first, fast)


@given(drawn=random_models(), order=st.randoms(use_true_random=False))
@settings(max_examples=10)
def test_the_order_of_definitions_does_not_matter(drawn: RandomModel, order: object, folder: Path) -> None:
    """Equations are no program: any order of them is the same model, bit for bit."""
    places = list(range(len(drawn.variables)))
    order.shuffle(places)  # type: ignore[attr-defined]
    model, moved = read(folder, drawn.text()), read(folder, drawn.text(places))
    assert_same_bits(trajectories(egovsim.run(model), model), trajectories(egovsim.run(moved), moved))


@given(drawn=random_models())
@settings(max_examples=5)
def test_a_member_of_a_batch_runs_as_it_does_alone(drawn: RandomModel, folder: Path) -> None:
    """What a member holds in its delays and discrete states is its own."""
    model = read(folder, drawn.text())
    names = [variable.name for variable in model.variables if variable.kind != "lookup"]
    values = np.array([0.5, -1.25, 3.0, 0.0, 2.0])
    batch = egovsim.run(model, design=egovsim.Design.of({"c0": values}), outputs=names)
    for member, value in enumerate(values):
        alone = egovsim.run(model, constants={"c0": float(value)}, outputs=names)
        for name in names:
            assert batch.values(name)[:, :, member].tobytes() == alone.values(name)[:, :, 0].tobytes(), name


# Every function that keeps something


SPECIAL: dict[tuple[str, int], str] = {
    ("sample if true", 3): "MODULO(Time, 3) < 1, c0 * Time, 2",
    ("sinteg", 7): "c0 + 1.5 * Time, 2, 0, 99, :NA:, :NA:, :NA:",
    ("random 0 1", 0): "",
    ("random uniform", 3): "c0, 99, 0",
    ("random normal", 5): "-99, 99, c0, 2, 0",
    ("random exponential", 5): "-99, 99, c0, 2, 0",
    ("random gamma", 6): "-99, 99, 2, c0, 2, 0",
    ("random weibull", 6): "-99, 99, 2, c0, 2, 0",
    ("random poisson", 6): "-99, 99, 4, c0, 2, 0",
    ("random beta", 7): "-99, 99, 2, 3, c0, 2, 0",
    ("random binomial", 7): "-99, 99, 0.4, 9, c0, 2, 0",
    ("random negative binomial", 7): "-99, 99, 0.4, 3, c0, 2, 0",
    ("random triangular", 6): "-99, 99, c0, 80, 90, 0",
    ("triangular", 3): "c0, 80, 90",
    ("triangular", 4): "c0, 80, 90, 7",
    ("random pink noise", 4): "c0, 2, 3, 0",
    ("normal", 5): "c0, 2, 7, -99, 99",
    ("poisson", 4): "ABS(c0) + 1, 7, 0, 99",
    ("exprnd", 1): "ABS(c0) + 1",
    ("binomial", 2): "9, 0.4",
    ("binomial", 3): "9, 0.4, 7",
}
"""Arguments of functions for which a growing input and twos do not do."""

KEEPING = [
    function
    for function in FUNCTIONS.values()
    if function.role not in ("pure", "array", "test input") and function.name != AGE_COUNT  # that needs a conveyor
]


def model_of(row: Function, arity: int, folder: Path) -> egovsim.Model:
    """Return a model with one call of a function, in the notation of a format that has it."""
    given = SPECIAL.get((row.name, arity), ", ".join(["c0 + 1.5 * Time", *(["2"] * (arity - 1))]))
    if row.xmile:
        name = row.xmile[0].upper().replace(" ", "_")
        return read(folder, xmile(auxiliary("c0", "0.5"), auxiliary("x", f"{name}({given})"), dt=0.25))
    return read(folder, mdl({"c0": "0.5", "x": f"{row.vensim[0].upper()}({given})"}, step=0.25))


@pytest.mark.parametrize(
    ("row", "arity"),
    [(row, arity) for row in KEEPING for arity in row.arity],
    ids=lambda value: value.name if isinstance(value, Function) else str(value),
)
def test_running_twice_is_running_once(row: Function, arity: int, tmp_path: Path) -> None:
    """Nothing of a run is left for the next, whoever ran in between; members in one batch do not share it either."""
    model = model_of(row, arity, tmp_path)
    once = egovsim.run(model, outputs=["x"]).values("x")
    assert np.isfinite(once).all()
    egovsim.run(model, constants={"c0": 77.0}, outputs=["x"])
    assert egovsim.run(model, outputs=["x"]).values("x").tobytes() == once.tobytes()
    batch = egovsim.run(model, design=egovsim.Design.of({"c0": np.array([77.0, 0.5, -3.0])}), outputs=["x"])
    again = egovsim.run(model, design=egovsim.Design.of({"c0": np.array([77.0, 0.5, -3.0])}), outputs=["x"])
    assert again.values("x").tobytes() == batch.values("x").tobytes()
