"""Whatever moves an input lies within the time that is run: nothing is set in silence without an effect."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from small_models import auxiliary, flow, read, stock, xmile

import egovsim
from egovsim import PolicyPath, Profile, Scenario, Series

STEPS, POINTS = "steps", "points"


@pytest.fixture(scope="module")
def weeks(tmp_path_factory: pytest.TempPathFactory) -> egovsim.Model:
    """Return a model of weeks 0 to 104, as the guide for researchers has one."""
    text = xmile(
        auxiliary("lever", "1.0"), stock("sum", "0.0", inflows=["flow"]), flow("flow", "lever"), stop=104, dt=1.0
    ).replace('time_units="years"', 'time_units="weeks"')
    return read(tmp_path_factory.mktemp("weeks"), text)


@pytest.fixture(scope="module")
def small_years(tmp_path_factory: pytest.TempPathFactory) -> egovsim.Model:
    """Return a model of the years 2003 to 2045."""
    text = xmile(
        auxiliary("lever", "1.0"), stock("sum", "0.0", inflows=["flow"]), flow("flow", "lever"),
        start=2003, stop=2045, dt=1.0,
    )  # fmt: skip
    return read(tmp_path_factory.mktemp("years"), text)


def lever_of(model: egovsim.Model, **options) -> np.ndarray:
    return egovsim.run(model, outputs=["lever"], **options).values("lever")[0, 0, 0]


def test_a_path_without_a_start_begins_with_the_run(weeks: egovsim.Model) -> None:
    """A start of 2026 would leave a model in weeks as it is, and nobody would be told."""
    bold = {"lever": Series.constant(5.0)}
    for options in ({"policies": [PolicyPath("bold", bold)]}, {"scenarios": [Scenario("bold", bold)]}):
        np.testing.assert_array_equal(lever_of(weeks, **options), np.full(105, 5.0))


def test_a_file_without_a_start_begins_with_the_run(weeks: egovsim.Model, tmp_path: Path) -> None:
    (tmp_path / "bold.toml").write_text("[levers]\nlever = { steps = [[0, 5.0], [52, 6.0]] }\n", "utf-8")
    path = egovsim.read_policy(tmp_path / "bold.toml", model=weeks)
    assert path.start is None
    np.testing.assert_array_equal(lever_of(weeks, policies=[path]), np.where(np.arange(105) < 52, 5.0, 6.0))


@pytest.mark.parametrize("start", [2026.0, -1.0, 104.0])
def test_a_start_outside_the_run_is_refused(weeks: egovsim.Model, start: float) -> None:
    values = {"lever": Series.constant(5.0)}
    for what, options in (
        ("policy", {"policies": [PolicyPath("bold", values, start)]}),
        ("scenario", {"scenarios": [Scenario("bold", values, start)]}),
    ):
        with pytest.raises(egovsim.ValueRangeError) as caught:
            egovsim.run(weeks, outputs=["lever"], **options)
        assert str(caught.value) == (
            f"{what} bold: its start, {start:g}, lies outside the run, 0 to 104 weeks; choose one from 0 on and before "
            "104, or leave it out to begin with the run."
        )


def test_the_run_that_counts_is_the_one_that_is_made(weeks: egovsim.Model) -> None:
    """A path that begins after `until` would do nothing; one that begins before a later end does something."""
    bold = PolicyPath("bold", {"lever": Series.constant(5.0)}, 60.0)
    assert lever_of(weeks, policies=[bold], until=61.0)[-1] == 5.0
    with pytest.raises(egovsim.ValueRangeError, match="its start, 60, lies outside the run, 0 to 60 weeks"):
        lever_of(weeks, policies=[bold], until=60.0)
    late = PolicyPath("late", {"lever": Series.constant(5.0)}, 150.0)
    assert lever_of(weeks, policies=[late], until=200.0)[-1] == 5.0


def test_what_sets_nothing_may_start_at_any_time(weeks: egovsim.Model) -> None:
    assert lever_of(weeks, policies=[PolicyPath("usual", start=2026.0)], scenarios=[Scenario("calm", start=2026.0)])[0]
    assert lever_of(weeks, policies=[PolicyPath("usual", start=0.0)], until=0.0).tolist() == [1.0]


FINE = [
    (Series((0.0, 104.0), (1.0, 2.0), POINTS), None),
    (Series((0.0, 104.0), (1.0, 2.0), STEPS), None),
    (Series((50.0, 200.0), (1.0, 2.0), POINTS), None),  # the line to 200 begins within the run
    (Series((-50.0, 50.0), (1.0, 2.0), POINTS), None),
    (Series((-50.0, 50.0), (1.0, 2.0), STEPS), None),
    (Series((-50.0,), (1.0,), STEPS), None),  # holds from then on, so also at the start
    (Series((0.0, 80.0), (1.0, 2.0), STEPS), 40.0),  # the run ends before the point; the model does not
    (Series((0.0, 150.0), (1.0, 2.0), STEPS), 200.0),
]
WRONG = [
    (Series((0.0, 150.0), (1.0, 2.0), STEPS), None, 150.0, "0 to 104"),
    (Series((0.0, 150.0, 200.0), (1.0, 2.0, 3.0), POINTS), None, 200.0, "0 to 104"),
    (Series((0.0, 104.0, 150.0), (1.0, 2.0, 3.0), POINTS), None, 150.0, "0 to 104"),
    (Series((2026.0,), (1.0,), STEPS), None, 2026.0, "0 to 104"),
    (Series((2026.0, 2030.0), (1.0, 2.0), POINTS), None, 2026.0, "0 to 104"),
    (Series((-50.0, -20.0, 5.0), (1.0, 2.0, 3.0), POINTS), None, -50.0, "0 to 104"),
    (Series((-50.0, 0.0), (1.0, 2.0), STEPS), None, -50.0, "0 to 104"),
    (Series((0.0, 250.0), (1.0, 2.0), STEPS), 200.0, 250.0, "0 to 200"),
]


def setters(series: Series) -> dict[str, dict]:
    return {
        "policy p": {"policies": [PolicyPath("p", {"lever": series})]},
        "scenario s": {"scenarios": [Scenario("s", {"lever": series})]},
        "constants": {"constants": {"lever": series}},
        "profile r": {"profile": Profile("r", levers={"lever": series})},
    }


@pytest.mark.parametrize(("series", "until"), FINE)
def test_a_point_that_can_be_reached_is_taken_as_written(
    weeks: egovsim.Model, series: Series, until: float | None
) -> None:
    for options in setters(series).values():
        time = np.arange((until or 104.0) + 1.0)
        np.testing.assert_array_equal(lever_of(weeks, until=until, **options), series.at(time))


@pytest.mark.parametrize(("series", "until", "instant", "span"), WRONG)
def test_a_point_that_no_run_reaches_is_refused(
    weeks: egovsim.Model, series: Series, until: float | None, instant: float, span: str
) -> None:
    for source, options in setters(series).items():
        if source == "profile r" and instant < 0.0:  # what was so before the model begins is not wrong
            assert np.isfinite(lever_of(weeks, until=until, **options)).all()
            continue
        with pytest.raises(egovsim.ValueRangeError) as caught:
            lever_of(weeks, until=until, **options)
        assert str(caught.value) == (
            f'{source}: "lever": its point at {instant:g} lies outside the time of the model, {span} weeks, and can '
            f"have no effect; leave it out, or move it to {'0 or later' if instant < 0 else f'{span[5:]} or earlier'}."
        )


def test_a_year_of_two_digits_is_told_how_to_be_written(small_years: egovsim.Model) -> None:
    """Nobody means the year 27; the message shows the year that the model has."""
    values = {"lever": Series.constant(5.0)}
    with pytest.raises(egovsim.ValueRangeError) as start:
        lever_of(small_years, policies=[PolicyPath("bold", values, 27.0)])
    assert str(start.value) == (
        "policy bold: its start, 27, lies outside the run, 2003 to 2045 years (write 2027 in full); choose one from "
        "2003 on and before 2045, or leave it out to begin with the run."
    )
    with pytest.raises(egovsim.ValueRangeError) as point:
        lever_of(small_years, policies=[PolicyPath("bold", {"lever": Series((26.0, 27.0), (1.0, 2.0), STEPS)})])
    assert str(point.value) == (
        'policy bold: "lever": its point at 26 lies outside the time of the model, 2003 to 2045 years (write 2026 in '
        "full), and can have no effect; leave it out, or move it to 2003 or later."
    )
    with pytest.raises(egovsim.ValueRangeError) as other:
        lever_of(small_years, policies=[PolicyPath("bold", values, 99.0)])
    assert "in full" not in str(other.value)


@pytest.mark.parametrize(
    ("reader", "table", "text", "message"),
    [
        ("policy", "levers", "start = 2026", "its start, 2026, lies outside the run, 0 to 104 weeks; choose one"),
        ("scenario", "inputs", "start = 104", "its start, 104, lies outside the run, 0 to 104 weeks; choose one"),
        ("policy", "levers", "", "levers.lever: its point at 2030 lies outside the time of the model, 0 to 104 weeks,"),
        ("scenario", "inputs", "", "inputs.lever: its point at 2030 lies outside the time of the model"),
        ("profile", "levers", "", "levers.lever: its point at 2030 lies outside the time of the model"),
    ],
)
def test_a_file_for_another_time_is_refused_with_its_name(
    weeks: egovsim.Model, tmp_path: Path, reader: str, table: str, text: str, message: str
) -> None:
    """A policy in calendar years is no policy for a model in weeks."""
    file = tmp_path / "mine.toml"
    file.write_text(f"{text}\n[{table}]\nlever = {{ steps = [[2030, 1.0]] }}\n", "utf-8")
    read_file = {"policy": egovsim.read_policy, "scenario": egovsim.read_scenario, "profile": egovsim.read_profile}
    with pytest.raises(egovsim.ValueRangeError) as caught:
        read_file[reader](file, model=weeks)
    assert str(caught.value).startswith(f"{file}: {message}")
    assert read_file[reader](file)  # without a model there is nothing to hold it against


def test_a_run_that_ends_later_takes_a_file_for_it(weeks: egovsim.Model, tmp_path: Path) -> None:
    file = tmp_path / "late.toml"
    file.write_text("start = 150\n[levers]\nlever = { steps = [[160, 3.0]] }\n", "utf-8")
    path = egovsim.read_policy(file, model=weeks, until=200.0)
    assert lever_of(weeks, policies=[path], until=200.0)[-1] == 3.0


@pytest.mark.parametrize("kind", [POINTS, STEPS])
def test_a_series_since_an_instant_has_the_same_values_from_then_on(kind: str) -> None:
    series = Series((0.0, 1.0, 2.0, 5.0), (1.0, 3.0, 2.0, 9.0), kind)
    for time in (-1.0, 0.0, 0.5, 1.0, 4.0, 5.0, 7.0):
        later = np.linspace(time, 8.0, 33)
        np.testing.assert_allclose(series.since(time).at(later), series.at(later), rtol=1e-15)
    assert series.since(1.5).times == (1.0, 2.0, 5.0)
