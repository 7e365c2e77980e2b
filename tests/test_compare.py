"""Comparing paths: what the figures mean, by hand on a small region, and whole on the shipped model."""

from __future__ import annotations

import dataclasses
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_region import HERE, THERE, USUAL, path, shipped_comparison, small_model, speed_benchmark

from egovsim.errors import DataError, InputError, UnknownNameError, ValueRangeError
from egovsim.model.inputs import PolicyPath, Range, Scenario, Series
from egovsim.model.model import Model
from egovsim.policy.compare import compare
from egovsim.policy.comparison import Comparison
from egovsim.policy.evidence import Benchmark
from egovsim.policy.measures import Lag, chance, cost_per_point, discounted, lag, order, regret

REFERENCE = Scenario("reference", label={"en": "Reference", "id": "Acuan"})
YEARS = np.arange(2003.0, 2046.0)


def small_comparison(model: Model, *policies: PolicyPath, **options: object) -> Comparison:
    """Compare paths of the small region, business as usual among them."""
    settings: dict[str, object] = {
        "profile": HERE,
        "benchmark": THERE,
        "policies": [USUAL, *policies],
        "scenarios": [REFERENCE],
        "members": 20,
        "evidence": speed_benchmark(),
    }
    return compare(model, **{**settings, **options})


@pytest.fixture
def small(tmp_path: Path) -> Model:
    return small_model(tmp_path)


@pytest.fixture
def exact(small: Model) -> Comparison:
    """Every member has speed 0.05: as usual the level is 0.05 (t - 2003), there it is twice that."""
    fixed = dataclasses.replace(speed_benchmark(), ranges=(Range("Speed", 0.05, 0.05),))
    paths = [path("fast", Effort=3.0, Money=2.0), path("slow", Effort=0.5), path("dear", Effort=3.0, Money=3.0)]
    return small_comparison(small, *paths, path("push", family="political", Effort=5.0), evidence=fixed)


def test_levels_changes_gap_and_lag_are_those_computed_by_hand(exact: Comparison) -> None:
    rows = {(one.family, one.policy): one for one in exact.ranking}
    fast = rows["money", "fast"]
    usual_2045, fast_2045, there_2045 = 3.1, 1 + 0.05 * 23 + 0.15 * 19, 1 + 0.1 * 42
    assert fast.levels["Real use index"].p50 == pytest.approx(fast_2045)
    assert fast.changes["Real use index"].p50 == pytest.approx(fast_2045 - usual_2045)
    assert fast.gap == pytest.approx(there_2045 - fast_2045)
    assert (fast.lag.bound, fast.lag.years) == ("exact", pytest.approx(2045 - (2003 + (fast_2045 - 1) / 0.1)))
    usual = rows["money", "usual"]
    assert (usual.rank, usual.rank_share, usual.regret) == (None, None, None)
    assert usual.changes["SPBE-like index"].p95 == 0.0


def test_families_are_ranked_apart_and_each_is_headed_by_business_as_usual(exact: Comparison) -> None:
    """Political paths cost nothing in the model: ranked as equals they would bury the money paths."""
    order_of = [(one.family, one.rank, one.policy) for one in exact.ranking]
    assert order_of == [
        ("money", None, "usual"),
        ("money", 1, "fast"),
        ("money", 2, "dear"),
        ("money", 3, "slow"),
        ("political", None, "usual"),
        ("political", 1, "push"),
    ]


def test_equal_levels_are_ranked_by_cost_and_the_dearer_path_regrets_nothing(exact: Comparison) -> None:
    rows = {one.policy: one for one in exact.ranking}
    assert rows["fast"].levels == rows["dear"].levels
    assert rows["fast"].cost.p50 < rows["dear"].cost.p50
    assert rows["dear"].regret is not None
    assert rows["dear"].regret.p95 == 0.0
    assert rows["fast"].rank_share == 1.0


def test_extra_cost_is_discounted_spending_above_business_as_usual(exact: Comparison) -> None:
    """Ten billion a year more from 2026 to 2045, at 5 %, each year's counted at its middle."""
    expected = sum(10 * 1.05 ** -(year + 0.5) for year in range(19))
    rows = {one.policy: one for one in exact.ranking}
    assert rows["fast"].cost.p50 == pytest.approx(expected)
    assert rows["slow"].cost.p50 == 0.0
    closed = rows["fast"].changes["Real use index"].p50
    assert rows["fast"].cost_per_point == pytest.approx(expected / closed)
    assert rows["slow"].cost_per_point is None


def test_chances_count_members_that_reach_a_predicate_by_a_year(exact: Comparison) -> None:
    rows = {one.policy: one for one in exact.ranking}
    assert rows["usual"].chances == {
        ("Baik", 2029.0): 0.0, ("Sangat Baik", 2029.0): 0.0, ("Memuaskan", 2029.0): 0.0,
        ("Baik", 2045.0): 1.0, ("Sangat Baik", 2045.0): 0.0, ("Memuaskan", 2045.0): 0.0,
    }  # fmt: skip
    assert rows["fast"].chances["Memuaskan", 2045.0] == 1.0
    assert rows["push"].chances["Baik", 2029.0] == 1.0


def test_lower_is_better_for_the_divide(small: Model) -> None:
    """Ranked by the digital divide, the path that lowers it most must come first."""
    result = small_comparison(small, path("fast", Effort=3.0), path("slow", Effort=0.5), by="digital divide")
    ranks = {one.policy: one.rank for one in result.ranking}
    assert (result.by, ranks) == ("Digital divide", {"usual": None, "fast": 1, "slow": 2})


def test_paths_are_compared_on_the_same_members(small: Model) -> None:
    """Differences are taken member by member: a path that changes nothing differs by exactly nothing."""
    result = small_comparison(small, path("same", Effort=1.0), path("fast", Effort=2.0))
    same = next(one for one in result.ranking if one.policy == "same")
    assert (same.changes["Real use index"].p05, same.changes["Real use index"].p95) == (0.0, 0.0)
    speeds = result.members.design(HERE).rows()[:, 0]
    fast = result.courses["Real use index"][0, 2, :, -1] - result.courses["Real use index"][0, 0, :, -1]
    assert fast == pytest.approx(speeds * 19)


def test_horizon_discount_seed_members_and_outcomes_do_what_they_say(small: Model) -> None:
    fast = path("fast", Effort=3.0, Money=2.0)
    near = small_comparison(small, fast, until=2030, outcomes=["Digital divide"], members=8, seed=4, discount=0.0)
    assert (near.time[0], near.time[-1], len(near.time)) == (2003.0, 2030.0, 28)
    assert list(near.outcomes) == ["Digital divide"]
    assert (len(near.members), near.members.draws.seed) == (8, 4)
    row = next(one for one in near.ranking if one.policy == "fast")
    assert row.cost.p50 == pytest.approx(40.0)
    assert {year for _, year in row.chances} == {2029.0, 2030.0}
    other = small_comparison(small, fast, until=2030, members=8, seed=5)
    assert other.members.indices.tolist() != near.members.indices.tolist()


def test_each_scenario_has_a_ranking_and_the_benchmark_stays_the_same(small: Model) -> None:
    weak = Scenario("weak", {"Speed": Series((2026.0,), (0.01,), "steps")})
    fast = path("fast", Effort=3.0)
    both = small_comparison(small, fast, scenarios=[REFERENCE, weak])
    assert [(one.scenario, one.policy) for one in both.ranking] == [
        ("reference", "usual"), ("reference", "fast"), ("weak", "usual"), ("weak", "fast"),
    ]  # fmt: skip
    levels = [one.levels["Real use index"].p50 for one in both.ranking]
    assert levels[3] < levels[1]
    alone = small_comparison(small, fast)
    assert np.array_equal(both.benchmark_courses["Real use index"], alone.benchmark_courses["Real use index"])


def test_policies_start_when_they_say(small: Model) -> None:
    result = small_comparison(small, path("late", start=2035.0, Effort=3.0))
    late, usual = result.courses["Real use index"][0, 1], result.courses["Real use index"][0, 0]
    assert result.start == 2035.0
    assert np.array_equal(late[:, :33], usual[:, :33])
    assert np.all(late[:, 33:] > usual[:, 33:])


def test_frame_is_tidy(exact: Comparison) -> None:
    """What a reader loads into another tool: one row an outcome and year, figures beside the benchmark's."""
    frame = exact.to_frame()
    assert list(frame.columns) == [
        "scenario", "policy", "outcome", "unit", "year", "p05", "p50", "p95",
        "benchmark_p05", "benchmark_p50", "benchmark_p95",
    ]  # fmt: skip
    assert len(frame) == 5 * 4 * 43
    row = frame[(frame.policy == "fast") & (frame.outcome == "Real use index") & (frame.year == 2027)].iloc[0]
    assert (row.p50, row.benchmark_p50, row.unit) == (pytest.approx(2.3), pytest.approx(3.4), "dmnl")


@pytest.mark.filterwarnings("ignore:overflow encountered")
def test_member_that_fails_is_left_out_and_said(small: Model) -> None:
    """A failed run is data: it may not turn every median into not-a-number, nor vanish silently."""
    ranges = (Range("Speed", 0.0, 4e306),)  # the level overflows for the faster members once effort is 20
    benchmark = Benchmark((), {}, ranges)
    wild = dataclasses.replace(HERE, name="wild")
    model = dataclasses.replace(small, variables=tuple(_open(one) for one in small.variables))
    result = small_comparison(model, path("fast", Effort=20.0), profile=wild, evidence=benchmark)
    assert 0 < len(result.failures) < 20
    assert result.courses["Real use index"].shape[2] == 20 - len(result.failures)
    assert 'fails under "fast" in ' in result.failures[0]
    assert np.isfinite(result.courses["Real use index"]).all()


def _open(variable):
    return dataclasses.replace(variable, bounds=type(variable.bounds)()) if variable.name == "Speed" else variable


WRONG = [
    (ValueRangeError, {"until": 2030.5}, "until is 2030.5; it must be a whole year after the policies' start in 2026."),
    (ValueRangeError, {"until": 2020}, "until is 2020; it must be a whole year after the policies' start in 2026."),
    (ValueRangeError, {"until": 2050}, "until is 2050; small.xmile is written for years up to 2045."),
    (
        ValueRangeError,
        {"discount": 5},
        "discount is 5; it must be at least 0 and below 1: 0.05 is 5 % a year.",
    ),
    (ValueRangeError, {"members": 0}, "members is 0; at least 1 is needed."),
    (ValueRangeError, {"seed": -1}, "seed is -1; it must be 0 or above."),
    (
        UnknownNameError,
        {"by": "Real us index"},
        '"Real us index" is not a variable of small.xmile; nearest: "Real use index".',
    ),
    (
        UnknownNameError,
        {"outcomes": ["Divide"]},
        '"Divide" is not a variable of small.xmile; nearest: "Digital divide".',
    ),
    (InputError, {"scenarios": []}, 'no scenario is given; "reference" is the one without shocks.'),
    (InputError, {"policies": [USUAL]}, 'there is nothing to compare with "usual"; give another policy.'),
    (
        DataError,
        {"policies": [USUAL, path("a", Effort=1.0), path("a", Effort=2.0)]},
        'two policies are called "a"; give one of the files another name.',
    ),
    (
        DataError,
        {"policies": [USUAL, dataclasses.replace(USUAL, name="other"), path("a", Effort=1.0)]},
        '"usual", "other" are all marked as the baseline; keep baseline = true in one of them.',
    ),
    (
        UnknownNameError,
        {"policies": [USUAL, path("a", Efort=1.0)]},
        'policy "a": levers.Efort is not a lever of small.xmile; nearest: "Effort".',
    ),
    (
        ValueRangeError,
        {"policies": [USUAL, path("a", Effort=21.0)]},
        'policy "a": levers.Effort: 21 is outside the range of "Effort", 0 to 20.',
    ),
    (
        DataError,
        {"profile": "indonesia"},
        None,
    ),
    (InputError, {"policies": "mandate"}, 'policies must be a list of names, not one text; write ["mandate"].'),
    (InputError, {"scenarios": "reference"}, 'scenarios must be a list of names, not one text; write ["reference"].'),
    (InputError, {"outcomes": "Level"}, 'outcomes must be a list of names, not one text; write ["Level"].'),
    (
        InputError,
        {"members": 10_000_000},
        "10,000,000 members of 2 paths would take 28 GB of memory; ask for fewer members, paths, scenarios or "
        "outcomes.",
    ),
    (InputError, {"policies": [USUAL, 5]}, "a policy must be a name, a path or a PolicyPath, not int."),
]  # fmt: skip


@pytest.mark.parametrize(("error", "options", "message"), WRONG, ids=[str(row[1])[:40] for row in WRONG])
def test_wrong_question_is_refused_before_anything_runs(
    small: Model,
    monkeypatch: pytest.MonkeyPatch,
    error: type[InputError],
    options: dict[str, object],
    message: str | None,
) -> None:
    def never(*_: object, **__: object) -> None:
        raise AssertionError("something ran before the question was checked")

    if options.get("members") != 0:
        monkeypatch.setattr("egovsim.policy.compare.select_members", never)
    with pytest.raises(InputError) as caught:
        small_comparison(small, path("fast", Effort=2.0), **options)
    if message is not None:
        assert (type(caught.value), str(caught.value)) == (error, message)


# Measures ----------------------------------------------------------------------------------------------------


def test_lag_reads_the_benchmark_backwards() -> None:
    """A lag of n years says: n years ago the benchmark stood where the path stands now."""
    steady = 1.0 + 0.1 * (YEARS - 2003.0)
    assert lag(3.05, steady, YEARS) == Lag(pytest.approx(2045 - 2023.5), "exact")
    assert lag(1.0, steady, YEARS) == Lag(42.0, "more than")
    assert lag(0.2, steady, YEARS) == Lag(42.0, "more than")
    assert lag(9.0, steady, YEARS).bound == "ahead"
    assert lag(float(steady[-1]), steady, YEARS) == Lag(pytest.approx(0.0), "exact")
    assert lag(0.4, 1.0 - 0.02 * (YEARS - 2003.0), YEARS, better=-1.0) == Lag(pytest.approx(12.0), "exact")


def test_lag_counts_from_the_first_time_that_the_benchmark_held_the_level() -> None:
    up_and_down = np.array([1.0, 3.0, 1.0, 3.0])
    assert lag(2.0, up_and_down, np.arange(4.0)) == Lag(2.5, "exact")


@given(st.lists(st.floats(-5, 5), min_size=2, max_size=20), st.floats(-5, 5))
def test_lag_is_never_negative_nor_longer_than_the_run(course: list[float], level: float) -> None:
    found = lag(level, np.array(course), np.arange(float(len(course))))
    assert found.bound == "ahead" or 0.0 <= found.years <= len(course) - 1


def test_discounting_counts_nothing_before_the_start() -> None:
    cumulative = np.array([0.0, 100.0, 110.0, 120.0])
    assert discounted(cumulative, np.arange(4.0), start=1.0, rate=0.0) == pytest.approx(20.0)
    assert discounted(cumulative, np.arange(4.0), start=1.0, rate=0.1) == pytest.approx(10 * 1.1**-0.5 + 10 * 1.1**-1.5)


def test_chance_counts_what_was_reached_and_lost_again() -> None:
    courses = np.array([[1.0, 3.0, 2.0], [1.0, 2.0, 2.5], [1.0, 1.0, 1.0]])
    assert chance(courses, np.arange(3.0), threshold=3.0, year=2.0) == pytest.approx(1 / 3)
    assert chance(courses, np.arange(3.0), threshold=2.5, year=1.0) == pytest.approx(1 / 3)
    assert chance(courses, np.arange(3.0), threshold=2.5, year=2.0) == pytest.approx(2 / 3)


def test_cost_per_point_says_nothing_about_a_tiny_gain() -> None:
    assert cost_per_point(100.0, 0.05) == pytest.approx(2000.0)
    assert cost_per_point(100.0, 0.049) is None
    assert cost_per_point(100.0, -1.0) is None


@given(st.lists(st.tuples(st.floats(1, 5), st.floats(-9, 9)), min_size=1, max_size=8))
def test_ranks_are_a_permutation_that_follows_level_then_cost(paths: list[tuple[float, float]]) -> None:
    levels, costs = (np.array(part) for part in zip(*paths, strict=True))
    ranks = order(levels, costs)
    assert sorted(ranks) == list(range(len(paths)))
    placed = sorted(range(len(paths)), key=lambda i: ranks[i])
    for better, worse in pairwise(placed):
        gain = round(levels[better], 9) - round(levels[worse], 9)
        assert gain > 0 or (gain == 0 and costs[better] <= costs[worse])


def test_regret_is_nothing_for_the_best_path_of_each_member() -> None:
    levels = np.array([[1.0, 5.0], [3.0, 4.0]])
    assert regret(levels).tolist() == [[2.0, 0.0], [0.0, 1.0]]
    assert regret(levels, better=-1.0).tolist() == [[0.0, 1.0], [2.0, 0.0]]


# The shipped model -------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def shipped() -> Comparison:
    return shipped_comparison()


def test_shipped_comparison_is_complete(shipped: Comparison) -> None:
    """The main job: every bundled path in its family, every outcome, every check passed by every kept member."""
    ranks = {family: [one.rank for one in shipped.ranking if one.family == family] for family in ("money", "political")}
    assert ranks == {family: [None, *range(1, len(found))] for family, found in ranks.items()}
    assert sum(map(len, ranks.values())) == len(shipped.policies) + 1
    assert len(shipped.members) == 24
    assert not shipped.failures
    assert all(one.passing == 1.0 for one in shipped.evidence if one.check.action == "reject")
    assert all(np.isfinite(values).all() for values in shipped.courses.values())


def test_shipped_comparison_is_the_same_again_whatever_the_threads(egov: Model, shipped: Comparison) -> None:
    """Same inputs and seed, same bytes: a planner's figures can be checked by another."""
    again = compare(egov, members=24, workers=1)
    assert again.ranking_frame().to_csv() == shipped.ranking_frame().to_csv()
    assert again.to_frame().to_csv() == shipped.to_frame().to_csv()


def test_all_stands_for_the_shipped_paths_beside_ones_own(egov: Model, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('family = "money"\n[levers]\n"HR share" = 0.4\n', encoding="utf-8")
    result = compare(egov, policies=["all", mine], members=2, until=2030)
    assert "mine" in [one.policy for one in result.ranking if one.family == "money"]
    assert len(result.policies) == 15
    assert str(mine) in {one.label for one in result.files}
    alone = compare(egov, policies=[mine], members=2, until=2030)
    assert [one.name for one in alone.policies] == ["business-as-usual", "mine"]
