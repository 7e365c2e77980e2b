"""A member is the same, bit for bit, alone and in a batch, in any chunk, thread and lane."""

from __future__ import annotations

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from small_models import auxiliary, flow, read, stock, xmile
from strategies import Circumstances, circumstances, members

import egovsim
from egovsim.compiler import kernel as kernels
from egovsim.simulation import chunks
from egovsim.simulation.kernels import Kernels

LANES = (1, 2, 4, 8)
TABLE = "<gf><xpts>{}</xpts><ypts>{}</ypts></gf>"
SHORT = TABLE.format("0.0,1.0,2.0,4.0", "0.1,0.7,0.4,0.9")
LONG = TABLE.format(",".join(f"{n}.0" for n in range(20)), ",".join(f"{(n * 7) % 5}.25" for n in range(20)))
MIXED = xmile(
    auxiliary("a", "1.0"),
    auxiliary("b", "0.5"),
    auxiliary("lever", "0.3"),
    stock("x", "1.0 + a", inflows=["gain"], outflows=["loss"]),
    stock("y", "b", inflows=["drive"]),
    flow("gain", "EXP(-x * b) + lever * a ^ b"),
    flow("loss", "x * (0.1 + 0.2 * short_curve)"),
    flow("drive", "SMTH3(x, 2.0) * LN(1.0 + x ^ 1.7) - y * (TIME MOD 2.3) / 7.0"),
    auxiliary("short curve", "x * a", inside=SHORT),
    auxiliary("long curve", "x * 9.0 + SIN(y)", inside=LONG),
    auxiliary("chosen", "IF (x > y) AND (NOT (long_curve > 2)) THEN TAN(b) ELSE MIN(x, SQRT(a))"),
)
METRIC_KINDS = ("at", "first_at_or_above", "integral", "mean", "minimum", "maximum")


class Bench:
    """One model compiled for each lane width, with the same outputs and metrics."""

    def __init__(self, make, outputs: tuple[str, ...], method: str) -> None:
        self.outputs, self.method = outputs, method
        self.metrics = [egovsim.Metric(outputs[0], kind, threshold=0.4) for kind in METRIC_KINDS]
        self.models = {lanes: make() for lanes in LANES}
        for lanes, model in self.models.items():
            with pytest.MonkeyPatch.context() as patch:
                patch.setattr(kernels, "native_lanes", lambda lanes=lanes: lanes)
                self.run(lanes, None)
            (kernel,) = model.derived(Kernels).by_request.values()
            assert kernel.code.lanes == lanes

    def run(self, lanes: int, design: egovsim.Design | None, **options) -> egovsim.Result:
        return egovsim.run(
            self.models[lanes],
            design=design,
            outputs=self.outputs,
            metrics=self.metrics,
            method=self.method,
            **options,
        )


@pytest.fixture(scope="module", params=["euler", "rk4"])
def mixed(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Bench:
    folder = tmp_path_factory.mktemp("mixed")
    return Bench(lambda: read(folder, MIXED), ("x", "y", "long curve", "chosen", "gain"), request.param)


@pytest.fixture(scope="module")
def egov_bench(egov: egovsim.Model) -> Bench:
    names = ("Real use index", "SPBE-like index", *(variable.name for variable in egov.stocks))
    return Bench(lambda: egovsim.read_model("egov"), names, "euler")


def assert_same_bits(one: egovsim.Result, other: egovsim.Result) -> None:
    assert np.array_equal(one.trajectories.view(np.int64), other.trajectories.view(np.int64))
    assert np.array_equal(one.metric_table.view(np.int64), other.metric_table.view(np.int64))
    np.testing.assert_array_equal(one.status.failed_at, other.status.failed_at)


def _part(design: egovsim.Design, first: int, last: int) -> egovsim.Design:
    return egovsim.Design(design.names, last - first, lambda a, b: design.rows(first + a, first + b))


def check_every_way(bench: Bench, design: egovsim.Design, chunk: int, workers: int, options: dict) -> None:
    """Compare every lane width, cut and thread count, and every member alone, with one reference."""
    reference = bench.run(4, design, workers=1, **options)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(chunks, "_CHUNK_MEMBERS", chunk)
        for lanes in LANES:
            assert_same_bits(bench.run(lanes, design, workers=workers, **options), reference)
    for lanes in (1, 8):
        for k in range(0, len(design), 3):
            alone = bench.run(lanes, _part(design, k, k + 1), workers=1, **options)
            np.testing.assert_array_equal(
                alone.trajectories[:, :, 0].view(np.int64), reference.trajectories[:, :, k].view(np.int64)
            )
            np.testing.assert_array_equal(
                alone.metric_table[:, :, 0].view(np.int64), reference.metric_table[:, :, k].view(np.int64)
            )


@given(seed=st.integers(0, 9999), count=st.integers(1, 23), chunk=st.integers(1, 30), workers=st.integers(1, 4))
@settings(max_examples=10)
def test_members_of_a_model_with_the_maths_library(
    mixed: Bench, seed: int, count: int, chunk: int, workers: int
) -> None:
    """Results would depend on the number of threads or members, and no figure could be reproduced."""
    random = np.random.default_rng(seed)
    design = egovsim.Design.of({"a": random.uniform(0.1, 3.0, count), "b": random.uniform(-1.0, 2.0, count)})
    lever = egovsim.Series((0.0, 3.0, 7.0), tuple(random.uniform(0.0, 1.0, 3)))
    check_every_way(mixed, design, chunk, workers, {"policies": [egovsim.PolicyPath("p", {"lever": lever}, 2.0)]})


@given(
    seed=st.integers(0, 9999),
    count=st.integers(1, 12),
    chunk=st.integers(1, 16),
    workers=st.integers(1, 3),
    around=circumstances(egovsim.read_model("egov")),
)
@settings(max_examples=6)
def test_members_of_the_shipped_model(
    egov_bench: Bench, seed: int, count: int, chunk: int, workers: int, around: Circumstances
) -> None:
    """The same for what planners are shown, under any policy and scenario."""
    design = members(egov_bench.models[1], seed, count)
    as_usual = egovsim.PolicyPath("usual")
    options = {"policies": [as_usual, around.policy], "scenarios": [around.scenario], "save_every": 1.0}
    check_every_way(egov_bench, design, chunk, workers, options)


def test_metrics_do_not_depend_on_outputs_nor_outputs_on_metrics(egov: egovsim.Model) -> None:
    """A study that keeps only metrics must be the study that was looked at in full."""
    design = members(egov, 0, 9)
    metric = [egovsim.final("Real use index"), egovsim.mean_over("SPBE-like index", 2023.0, 2024.0)]
    both = egovsim.run(egov, design=design, outputs=["Real use index", "Citizen trust"], metrics=metric)
    only = egovsim.run(egov, design=design, metrics=metric)
    series = egovsim.run(egov, design=design, outputs=["Real use index", "Citizen trust"])
    np.testing.assert_array_equal(both.metric_table, only.metric_table)
    np.testing.assert_array_equal(both.trajectories, series.trajectories)
