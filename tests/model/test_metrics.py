"""Metrics are what NumPy computes from the stored course."""

from __future__ import annotations

from pathlib import Path

import hypothesis.strategies as st
import numpy as np
import pytest
from hypothesis import given, settings
from small_models import auxiliary, flow, over, read, stock, xmile

import egovsim

WAVE = (
    auxiliary("speed", "1.0"),
    auxiliary("push", "0.1"),
    stock("p", "1.0", inflows=["dp"]),
    stock("v", "0.0", inflows=["dv"]),
    flow("dp", "v"),
    flow("dv", "push - speed * p"),
    auxiliary("rounded", "ROUND(p * 4.0)"),
)
STEPS, STEP, START = 40, 0.25, 3.0
VARIABLES = ("p", "v", "rounded")


def by_numpy(metric: egovsim.Metric, time: np.ndarray, trajectory: np.ndarray) -> float:
    """Compute a metric from a course by its definition; sums in the order of time."""
    start = time[0] if metric.start is None else metric.start
    stop = time[-1] if metric.stop is None else metric.stop
    inside = (time >= start) & (time <= stop)
    begun = (time >= start) & (time < stop)
    match metric.kind:
        case "at":
            return trajectory[inside][-1]
        case "first_at_or_above":
            reached = inside & (trajectory >= metric.threshold)
            return time[reached][0] if reached.any() else np.nan
        case "integral":
            return np.cumsum(trajectory[begun])[-1] * STEP if begun.any() else 0.0
        case "mean":
            return np.cumsum(trajectory[begun])[-1] / begun.sum()
        case "minimum":
            return trajectory[inside].min()
        case "maximum":
            return trajectory[inside].max()


@st.composite
def windowed(draw: st.DrawFn) -> tuple[float | None, float | None]:
    first, last = sorted((draw(st.integers(0, STEPS)), draw(st.integers(0, STEPS))))
    start = draw(st.sampled_from([None, START + first * STEP]))
    stop = draw(st.sampled_from([None, START + last * STEP]))
    return start, stop


@pytest.fixture(scope="module")
def wave(tmp_path_factory: pytest.TempPathFactory) -> egovsim.Model:
    return read(tmp_path_factory.mktemp("wave"), xmile(*WAVE, start=START, stop=START + STEPS * STEP, dt=STEP))


@given(
    windows=st.lists(windowed(), min_size=6, max_size=6),
    variable=st.sampled_from(VARIABLES),
    threshold=st.floats(-2.0, 2.0),
    drawn=st.lists(st.tuples(st.floats(0.0, 4.0), st.floats(-1.0, 1.0)), min_size=1, max_size=9),
)
@settings(max_examples=60)
def test_every_kind_over_every_window_is_what_numpy_finds(
    wave: egovsim.Model,
    windows: list[tuple[float | None, float | None]],
    variable: str,
    threshold: float,
    drawn: list[tuple[float, float]],
) -> None:
    """Rankings, evidence checks and lags are made of metrics: one instant more or less changes who is accepted."""
    kinds = ("at", "first_at_or_above", "integral", "mean", "minimum", "maximum")
    metrics = [
        egovsim.Metric(variable, kind, *window, threshold, name=kind)
        for kind, window in zip(kinds, windows, strict=True)
        if kind != "mean" or _lasts(window)
    ]
    design = egovsim.Design.of({"speed": np.array([a for a, _ in drawn]), "push": np.array([b for _, b in drawn])})
    result = egovsim.run(wave, design=design, outputs=[variable], metrics=metrics)
    for member in range(len(drawn)):
        trajectory = result.values(variable)[0, 0, member]
        for metric in metrics:
            got = result.metric_values(metric.label)[0, 0, member]
            np.testing.assert_array_equal(got, by_numpy(metric, result.time, trajectory), err_msg=metric.kind)


def _lasts(window: tuple[float | None, float | None]) -> bool:
    """Whether a window holds a step."""
    end = START + STEPS * STEP
    return (START if window[0] is None else window[0]) < (end if window[1] is None else window[1])


def test_the_short_forms_mean_what_they_say(wave: egovsim.Model) -> None:
    """`final`, `value_at`, `mean_over` and `first_at_or_above` are what users write."""
    metrics = [
        egovsim.final("p"),
        egovsim.value_at("p", 5.0),
        egovsim.mean_over("p", 4.0, 5.0),
        egovsim.first_at_or_above("v", 0.3),
        egovsim.final("p", name="the end"),
    ]
    result = egovsim.run(wave, outputs=["p", "v"], metrics=metrics)
    p, v = (result.values(name)[0, 0, 0] for name in ("p", "v"))
    wanted = [p[-1], p[8], p[4:8].mean(), result.time[v >= 0.3][0], p[-1]]
    np.testing.assert_allclose(result.metric_table[0, 0, 0], wanted, rtol=1e-14)
    names = ("p: at", "p: at 5..5", "p: mean 4..5", "v: first_at_or_above 0.3", "the end")
    assert result.metric_names == names
    assert result.metrics["the end"].dims == ("scenario", "policy", "member")


def test_a_metric_does_not_depend_on_what_is_saved(wave: egovsim.Model) -> None:
    """Metrics see every step, not only the saved ones."""
    metric = egovsim.Metric("p", "minimum")
    fine, coarse = (
        egovsim.run(wave, outputs=["p"], metrics=[metric], save_every=every).metric_table for every in (STEP, 5.0)
    )
    np.testing.assert_array_equal(fine, coarse)


def test_a_window_off_the_grid_is_that_of_the_nearest_instants(wave: egovsim.Model) -> None:
    """A check at 2011.5 in a model with another step must not fail or be dropped."""
    metrics = [egovsim.value_at("p", 5.1, name="off"), egovsim.value_at("p", 5.0, name="on")]
    table = egovsim.run(wave, metrics=metrics).metric_table
    assert table[0, 0, 0, 0] == table[0, 0, 0, 1]


WRONG = [
    (
        egovsim.Metric("p", "at", start=2.0),
        'metric "p: at 2.." covers 2 to 13, the run 3 to 13; choose a window inside the run.',
    ),
    (
        egovsim.value_at("p", 14.0),
        'metric "p: at 14..14" covers 14 to 14, the run 3 to 13; choose a window inside the run.',
    ),
    (
        egovsim.Metric("p", "maximum", start=8.0, stop=5.0),
        'metric "p: maximum 8..5" covers 8 to 5, the run 3 to 13; choose a window inside the run.',
    ),
    (
        egovsim.mean_over("p", 5.0, 5.0),
        'metric "p: mean 5..5" is a mean over no step; choose a window of a step or more.',
    ),
    (
        egovsim.final("q"),
        '"q" is not a variable of model.xmile; there are: "speed", "push", "p", "v", "dp", "dv", "rounded".',
    ),
    (
        egovsim.Metric("p", "average"),  # pyright: ignore[reportArgumentType]
        '"average" is not a kind of metric; there are: "at", "first_at_or_above", "integral", "mean", "minimum", '
        '"maximum".',
    ),
]


@pytest.mark.parametrize(("metric", "message"), WRONG)
def test_a_metric_that_cannot_be_computed_is_refused(wave: egovsim.Model, metric: egovsim.Metric, message: str) -> None:
    """A check over a window outside the run would quietly be a check of nothing."""
    with pytest.raises(egovsim.InputError) as caught:
        egovsim.run(wave, metrics=[metric])
    assert str(caught.value) == message


def test_two_metrics_may_not_share_a_name(wave: egovsim.Model) -> None:
    """One of the two could never be asked for."""
    with pytest.raises(egovsim.InputError) as caught:
        egovsim.run(wave, metrics=[egovsim.final("p", name="end"), egovsim.final("v", name="end")])
    assert str(caught.value) == 'two metrics are called "end"; give each a name of its own.'


def test_a_metric_of_an_array_names_its_element(tmp_path: Path) -> None:
    """A metric is one number a run."""
    model = read(
        tmp_path,
        xmile(
            f'<aux name="k">{over("D")}<element subscript="x"><eqn>1.0</eqn></element>'
            '<element subscript="y"><eqn>2.0</eqn></element></aux>',
            dimensions={"D": ("x", "y")},
        ),
    )
    assert egovsim.run(model, metrics=[egovsim.final("K[Y]")]).metric_table.ravel() == [2.0]
    with pytest.raises(egovsim.InputError) as caught:
        egovsim.run(model, metrics=[egovsim.final("k")])
    assert str(caught.value) == 'a metric needs one element of "k": k[x], k[y].'
