"""Comparing paths: what the figures mean, by hand on a small region, and whole on the shipped model."""

from __future__ import annotations

import dataclasses
import functools
import math
import re
from itertools import pairwise
from pathlib import Path

import numpy as np
import pandas
import pytest
from hypothesis import given
from hypothesis import strategies as st
from small_region import HERE, THERE, USUAL, path, rival_benchmark, shipped_comparison, small_model, speed_benchmark

from egovsim import library
from egovsim.analysis.comparison.ranking import rank_paths, winners
from egovsim.analysis.history_matching.evidence import Benchmark
from egovsim.analysis.history_matching.match_files import write_match
from egovsim.analysis.history_matching.matching import history_match
from egovsim.analysis.measures import Lag, cost_per_point, discounted, lag, order, regret, share_reaching
from egovsim.egov.compare import compare
from egovsim.egov.comparison import Comparison
from egovsim.egov.outcomes import INDEX, REAL_USE, SPENDING
from egovsim.egov.ranking import ranking_criteria
from egovsim.errors import DataError, InputError, UnknownNameError, ValueRangeError
from egovsim.model.inputs import PolicyPath, Profile, Range, Scenario, Series
from egovsim.model.model import Model

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
    rows = {(row.family, row.policy): row for row in exact.ranking}
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
    """Winning a political path costs nothing in the model: ranked as equals they would bury the money paths."""
    order_of = [(row.family, row.rank, row.policy) for row in exact.ranking]
    assert order_of == [
        ("money", None, "usual"),
        ("money", 1, "fast"),
        ("money", 2, "dear"),
        ("money", 3, "slow"),
        ("political", None, "usual"),
        ("political", 1, "push"),
    ]


def test_equal_levels_are_ranked_by_cost_and_the_dearer_path_regrets_nothing(exact: Comparison) -> None:
    rows = {row.policy: row for row in exact.ranking}
    assert rows["fast"].levels == rows["dear"].levels
    assert rows["fast"].cost.p50 < rows["dear"].cost.p50
    assert rows["dear"].regret is not None
    assert rows["dear"].regret.p95 == 0.0
    assert rows["fast"].rank_share == 1.0


def test_extra_cost_is_discounted_spending_above_business_as_usual(exact: Comparison) -> None:
    """Ten billion a year more from 2026 to 2045, at 5 %, each year's counted at its middle."""
    expected = sum(10 * 1.05 ** -(year + 0.5) for year in range(19))
    rows = {row.policy: row for row in exact.ranking}
    assert rows["fast"].cost.p50 == pytest.approx(expected)
    assert rows["slow"].cost.p50 == 0.0
    closed = rows["fast"].changes["Real use index"].p50
    assert rows["fast"].cost_per_point.p50 == pytest.approx(expected / closed)
    assert math.isinf(rows["slow"].cost_per_point.p05)


def test_share_before_the_next_path_counts_members_with_that_order(exact: Comparison) -> None:
    """Fast and dear are equal, so the cheaper is before the other everywhere; the last has no next."""
    shares = {row.policy: row.ahead_share for row in exact.ranking if row.rank is not None}
    assert shares == {"fast": 1.0, "dear": 1.0, "slow": None, "push": None}


def test_ranks_of_members_that_disagree_give_the_share_of_their_order() -> None:
    """In one of four members the second path is ahead of the first."""
    levels = np.array([[1.0, 1.0, 1.0, 1.0], [3.0, 3.0, 3.0, 1.5], [2.0, 2.0, 2.0, 2.0]])
    trajectories = np.repeat(levels[:, :, np.newaxis], 2, axis=2)
    found = {INDEX: trajectories, REAL_USE: trajectories, SPENDING: np.zeros_like(trajectories)}
    beside = {name: values[0] for name, values in found.items()}
    criteria = ranking_criteria(REAL_USE, np.array([2026.0, 2027.0]), 2026.0, 0.05)
    rows = rank_paths("reference", ["usual", "a", "b"], ["", "money", "money"], found, beside, criteria)
    assert [(row.policy, row.ahead_share) for row in rows] == [("usual", None), ("a", 0.75), ("b", None)]


def test_shares_count_members_that_reach_a_predicate_by_a_year(exact: Comparison) -> None:
    rows = {row.policy: row for row in exact.ranking}
    assert rows["usual"].shares_reaching == {
        ("Baik", 2029.0): 0.0, ("Sangat Baik", 2029.0): 0.0, ("Memuaskan", 2029.0): 0.0,
        ("Baik", 2045.0): 1.0, ("Sangat Baik", 2045.0): 0.0, ("Memuaskan", 2045.0): 0.0,
    }  # fmt: skip
    assert rows["fast"].shares_reaching["Memuaskan", 2045.0] == 1.0
    assert rows["push"].shares_reaching["Baik", 2029.0] == 1.0


def test_lower_is_better_for_the_divide(small: Model) -> None:
    """Ranked by the digital divide, the path that lowers it most must come first."""
    result = small_comparison(small, path("fast", Effort=3.0), path("slow", Effort=0.5), by="digital divide")
    ranks = {row.policy: row.rank for row in result.ranking}
    assert (result.by, ranks) == ("Digital divide", {"usual": None, "fast": 1, "slow": 2})


def test_paths_are_compared_on_the_same_members(small: Model) -> None:
    """Differences are taken member by member: a path that changes nothing differs by exactly nothing."""
    result = small_comparison(small, path("same", Effort=1.0), path("fast", Effort=2.0))
    same = next(row for row in result.ranking if row.policy == "same")
    assert (same.changes["Real use index"].p05, same.changes["Real use index"].p95) == (0.0, 0.0)
    speeds = result.members.design(HERE).rows()[:, 0]
    fast = result.trajectories["Real use index"][0, 2, :, -1] - result.trajectories["Real use index"][0, 0, :, -1]
    assert fast == pytest.approx(speeds * 19)


def test_horizon_discount_seed_members_and_outcomes_do_what_they_say(small: Model) -> None:
    fast = path("fast", Effort=3.0, Money=2.0)
    near = small_comparison(small, fast, until=2030, outcomes=["Digital divide"], members=8, seed=4, discount=0.0)
    assert (near.time[0], near.time[-1], len(near.time)) == (2003.0, 2030.0, 28)
    assert list(near.outcomes) == ["Digital divide"]
    assert (len(near.members), near.seed) == (8, 4)
    row = next(row for row in near.ranking if row.policy == "fast")
    assert row.cost.p50 == pytest.approx(40.0)
    assert {year for _, year in row.shares_reaching} == {2029.0, 2030.0}
    other = small_comparison(small, fast, until=2030, members=8, seed=5)
    assert other.members.search.accepted.tolist() != near.members.search.accepted.tolist()


def test_a_scenario_tells_what_it_changes_in_business_as_usual(small: Model) -> None:
    """Effort of 0.5 from 2035 on costs 10 years of half the gain, whether the reference is asked for or not."""
    fixed = dataclasses.replace(speed_benchmark(), ranges=(Range("Speed", 0.05, 0.05),))
    tired = Scenario("tired", {"Effort": Series.constant(0.5), "Money": Series.constant(0.5)}, 2035.0)
    for scenarios in ([tired], [REFERENCE, tired]):
        found = small_comparison(small, path("fast", Effort=3.0), scenarios=scenarios, evidence=fixed)
        effects = {effect.outcome: effect for effect in found.scenario_effects}
        assert {effect.scenario for effect in found.scenario_effects} == {"tired"}
        assert effects["Real use index"].reference.p50 == pytest.approx(1.0 + 42 * 0.05)
        assert effects["Real use index"].change.p50 == pytest.approx(-10 * 0.025)
        assert effects["Cumulative spending"].change.p50 == pytest.approx(-10 * 5.0)
        assert list(found.scenario_frame()["change_p95"]) == [effect.change.p95 for effect in found.scenario_effects]


def test_without_a_shock_there_is_nothing_to_tell_of_scenarios(small: Model) -> None:
    found = small_comparison(small, path("fast", Effort=3.0))
    assert found.scenario_effects == ()
    assert found.scenario_frame().empty


def test_only_an_outcome_can_rank(small: Model) -> None:
    """A lever or constant has no direction in which more is better, and no page that says what it is."""
    with pytest.raises(UnknownNameError) as failure:
        small_comparison(small, path("fast", Effort=3.0), by="Money")
    assert str(failure.value) == (
        '"Money" is no outcome of small.xmile; rank by one of: '
        "SPBE-like index, Real use index, Digital divide, Cumulative spending."
    )


def test_each_scenario_has_a_ranking_and_the_benchmark_stays_the_same(small: Model) -> None:
    weak = Scenario("weak", {"Speed": Series.constant(0.01)}, 2026.0)
    fast = path("fast", Effort=3.0)
    both = small_comparison(small, fast, scenarios=[REFERENCE, weak])
    assert [(row.scenario, row.policy) for row in both.ranking] == [
        ("reference", "usual"), ("reference", "fast"), ("weak", "usual"), ("weak", "fast"),
    ]  # fmt: skip
    levels = [row.levels["Real use index"].p50 for row in both.ranking]
    assert levels[3] < levels[1]
    alone = small_comparison(small, fast)
    assert np.array_equal(both.benchmark_trajectories["Real use index"], alone.benchmark_trajectories["Real use index"])


def test_policies_start_when_they_say(small: Model) -> None:
    result = small_comparison(small, path("late", start=2035.0, Effort=3.0))
    late, usual = result.trajectories["Real use index"][0, 1], result.trajectories["Real use index"][0, 0]
    assert result.start == 2035.0
    assert np.array_equal(late[:, :33], usual[:, :33])
    assert np.all(late[:, 33:] > usual[:, 33:])


def test_frame_is_tidy(exact: Comparison) -> None:
    """What a reader loads into another tool: one row an outcome and year, figures beside the benchmark's."""
    frame = exact.to_frame()
    assert list(frame.columns) == [
        "structure", "scenario", "policy", "outcome", "unit", "year", "p05", "p50", "p95",
        "benchmark", "benchmark_p05", "benchmark_p50", "benchmark_p95", "note",
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
    model = dataclasses.replace(small, variables=tuple(_open(variable) for variable in small.variables))
    result = small_comparison(model, path("fast", Effort=20.0), profile=wild, evidence=benchmark)
    assert 0 < len(result.failures) < 20
    assert result.trajectories["Real use index"].shape[2] == 20 - len(result.failures)
    assert 'fails under "fast" in ' in result.failures[0]
    assert np.isfinite(result.trajectories["Real use index"]).all()


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
        '"Real us index" is no outcome of small.xmile; nearest: "Real use index"; rank by one of: '
        "SPBE-like index, Real use index, Digital divide, Cumulative spending.",
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
        "10,000,000 members of 2 paths would take 28 GB of memory under each structure; ask for fewer members, "
        "paths, scenarios or outcomes.",
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
        monkeypatch.setattr("egovsim.analysis.history_matching.member_selection.history_match", never)
    with pytest.raises(InputError) as caught:
        small_comparison(small, path("fast", Effort=2.0), **options)
    if message is not None:
        assert (type(caught.value), str(caught.value)) == (error, message)


# Rival structures ---------------------------------------------------------------------------------------------


@pytest.fixture
def both(small: Model) -> Comparison:
    """Two structures with speed 0.05: under the rival, effort harms as much as it helps under the first."""
    fixed = dataclasses.replace(rival_benchmark(), ranges=(Range("Speed", 0.05, 0.05),))
    return small_comparison(small, path("fast", Effort=3.0), path("slow", Effort=0.5), evidence=fixed)


def test_rival_structure_has_a_ranking_of_its_own(both: Comparison) -> None:
    """A planner who saw one structure alone would take its first path for a finding."""
    assert list(both.rivals) == ["harms"]
    rival = both.rivals["harms"]
    assert (both.structure.name, rival.structure.name, rival.rivals) == ("helps", "harms", {})
    assert winners(both.ranking, "reference")["money"].policy == "fast"
    first = winners(rival.ranking, "reference")["money"]
    assert first.policy == "slow"
    assert first.changes["Real use index"].p50 == pytest.approx((0.05 * 1.5 - 0.05) * 19)
    beside = rival.benchmark_trajectories["Real use index"][0, -1]
    assert beside == pytest.approx(1.0)  # the benchmark's effort of 2 comes to nothing there


def test_tables_hold_every_structure(both: Comparison) -> None:
    for frame in (both.ranking_frame(), both.to_frame(), both.gap_frame(), both.evidence_frame()):
        assert frame.columns[0] == "structure"
        assert frame["structure"].unique().tolist() == ["helps", "harms"]
    assert both.yearly_frame()["structure"].unique().tolist() == ["helps"]


def test_one_structure_can_be_asked_for(small: Model) -> None:
    alone = small_comparison(small, path("fast", Effort=3.0), evidence=rival_benchmark(), structure="harms")
    assert (alone.structure.name, alone.rivals) == ("harms", {})
    with pytest.raises(UnknownNameError) as caught:
        small_comparison(small, path("fast", Effort=3.0), evidence=rival_benchmark(), structure="harm")
    assert str(caught.value) == '"harm" is not a structure of this evidence; nearest: "harms".'


# Which members ------------------------------------------------------------------------------------------------


@pytest.fixture
def accepted(small: Model, tmp_path: Path) -> Path:
    """A folder with thirty members of each structure, as `egovsim match` leaves it."""
    benchmark, folder = rival_benchmark(), tmp_path / "kept"
    folder.mkdir()
    for structure in benchmark.structures:
        found = history_match(small, benchmark, members=30, seed=3, constants=structure.constants)
        write_match(found, small, structure, folder / f"{structure.name}-3.json")
    return folder


def from_folder(small: Model, accepted: Path, **options: object) -> Comparison:
    settings: dict[str, object] = {"evidence": rival_benchmark(), "matches": accepted, "seed": 3, "members": None}
    return small_comparison(small, path("fast", Effort=3.0), **{**settings, **options})


def test_members_of_a_folder_are_its_first_and_nothing_is_searched(
    small: Model, accepted: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Searching again would cost minutes, and other members would answer another question."""
    searched = small_comparison(small, path("fast", Effort=3.0), evidence=rival_benchmark(), seed=3)
    monkeypatch.delattr("egovsim.analysis.history_matching.member_selection.history_match")
    few = from_folder(small, accepted, members=20)
    assert few.to_frame().equals(searched.to_frame())
    assert [len(structure.members) for structure in from_folder(small, accepted).structures] == [30, 30]
    assert few.tried == few.members.search.accepted[-1] + 1
    assert {file.label for file in few.files} >= {str(accepted / "helps-3.json"), str(accepted / "harms-3.json")}


def test_matches_bring_their_evidence_and_seed(small: Model) -> None:
    benchmark = rival_benchmark()
    found = [
        history_match(small, benchmark, members=9, seed=5, constants=structure.constants)
        for structure in benchmark.structures
    ]
    result = from_folder(small, Path(), matches=found, evidence=None, seed=0)
    assert [(structure.structure.name, structure.seed, len(structure.members)) for structure in result.structures] == [
        ("helps", 5, 9), ("harms", 5, 9),
    ]  # fmt: skip
    alone = from_folder(small, Path(), matches=found[1:], evidence=None)
    assert [structure.structure.name for structure in alone.structures] == ["harms"]


def test_two_matches_of_one_structure_are_refused(small: Model) -> None:
    """Tables tell structures apart by name; one of the two would vanish or be counted for the other."""
    twice = [history_match(small, speed_benchmark(), members=9, seed=seed) for seed in (0, 1)]
    with pytest.raises(DataError) as refused:
        from_folder(small, Path(), matches=twice, evidence=None)
    assert str(refused.value) == (
        f'{twice[1]!r} is the second match of the structure "model"; give one for each structure.'
    )


def narrower() -> Benchmark:
    return dataclasses.replace(rival_benchmark(), checks=speed_benchmark(0.046).checks)


WITHOUT_MEMBERS = [
    (
        {"seed": 7},
        '{folder}/helps-7.json: there is no such file; accepted members in "{folder}": harms-3, helps-3; run '
        "`egovsim match --seed 7 --out FOLDER` and give --match FOLDER.",
    ),
    (
        {"members": 31},
        "members is 31, and {folder}/helps-3.json holds 30; ask for at most that many, or run "
        "`egovsim match --seed 3 --members 31 --out FOLDER` and give --match FOLDER.",
    ),
    (
        {"evidence": narrower()},
        "{folder}/helps-3.json: these members were accepted with other evidence checks, ranges or profiles; run "
        "`egovsim match` with the model and evidence of now, and give its folder as --match.",
    ),
    (
        {"matches": Path("nowhere")},
        "nowhere: there is no such folder of accepted members; run `egovsim match --seed 3 --out FOLDER` and give "
        "--match FOLDER.",
    ),
    ({"matches": ()}, "matches is empty; leave it out for the members that are shipped."),
]


@pytest.mark.parametrize(("options", "message"), WITHOUT_MEMBERS, ids=[str(list(row[0])) for row in WITHOUT_MEMBERS])
def test_members_that_are_not_there_are_said_with_the_command_that_makes_them(
    small: Model, accepted: Path, options: dict[str, object], message: str
) -> None:
    """Else a planner stands before a closed door, or compares on members that never met this evidence."""
    with pytest.raises(InputError) as caught:
        from_folder(small, accepted, **options)
    assert str(caught.value) == message.format(folder=accepted)


def test_seed_that_is_not_shipped_is_said_before_anything_runs() -> None:
    with pytest.raises(InputError) as caught:
        compare("egov", seed=7)
    assert str(caught.value) == (
        "seed is 7, and members are shipped for the seeds 0 and 1; run `egovsim match --seed 7 --out FOLDER` and give "
        "--match FOLDER."
    )


def test_model_of_ones_own_has_no_shipped_members(small: Model) -> None:
    """The shipped members agree with the evidence under the shipped equations alone."""
    with pytest.raises(UnknownNameError) as caught:
        small_comparison(small, path("fast", Effort=3.0), evidence=None)
    assert str(caught.value).startswith('evidence check "Internet diffusion of Indonesia, 2003-2023": ')


def test_contradictory_checks_keep_nobody_and_name_the_check(small: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """One check wants the level above 0.57, another below 0.45: no member can pass both."""
    low, high = (dataclasses.replace(speed_benchmark(*band).checks[0], name=name) for name, band in
                 (("low", (0.0, 0.045)), ("high", (0.057, 1.0))))  # fmt: skip
    contradictory = dataclasses.replace(speed_benchmark(), checks=(low, high))
    monkeypatch.setattr(
        "egovsim.analysis.history_matching.member_selection.history_match", functools.partial(history_match, limit=4096)
    )
    with pytest.raises(InputError) as caught:
        small_comparison(small, path("fast", Effort=3.0), evidence=contradictory)
    share = re.search(r"\((\d+)%", str(caught.value))
    assert share is not None
    assert str(caught.value) == (
        "0 of 4,096 members tried pass all evidence checks, and 20 were asked for; the check that rejects most is "
        f'"high" ({share[1]}% on its own). Widen its bounds in checks.toml or the ranges in ranges.toml, or ask for '
        "fewer members."
    )


# The swap table -----------------------------------------------------------------------------------------------


def swapped(small: Model, here: Profile, there: Profile) -> dict[str, tuple[float, float]]:
    result = small_comparison(small, path("fast", Effort=3.0), profile=here, benchmark=there)
    return {
        "all" if item.whole else "+".join(item.items): (
            item.closed["Real use index"].p50,  # pyright: ignore[reportOptionalMemberAccess]
            item.lost["Real use index"].p50,  # pyright: ignore[reportOptionalMemberAccess]
        )
        for item in result.gap_items
    }


def test_swap_table_gives_the_shares_computed_by_hand(small: Model) -> None:
    """The level goes as speed times effort: 0.05 here, 0.2 there, and 0.1 with one of the two swapped either way."""
    here = dataclasses.replace(HERE, constants={"Speed": 0.05})
    there = dataclasses.replace(THERE, constants={"Speed": 0.1})
    third = pytest.approx((1 / 3, 2 / 3))
    assert swapped(small, here, there) == {"Effort": third, "Speed": third, "all": pytest.approx((1.0, 1.0))}


def test_drawn_constants_are_swapped_member_by_member(small: Model) -> None:
    """Speed is drawn here and there; with every item swapped one place must be the other, in every member."""
    there = dataclasses.replace(THERE, ranges=(Range("Speed", 0.1, 0.3),))
    found = swapped(small, HERE, there)
    assert list(found) == ["Speed", "Effort", "all"]
    assert found["all"] == pytest.approx((1.0, 1.0))


def test_height_of_an_assumed_history_goes_with_its_lever(small: Model) -> None:
    """Speed multiplies effort here: as its height it is no item of its own."""
    multipliers = {"Effort": "Speed"}
    here = dataclasses.replace(HERE, levers={"Effort": Series.constant(1.0)}, multipliers=multipliers)
    there = dataclasses.replace(THERE, ranges=(Range("Speed", 0.1, 0.3),), multipliers=multipliers)
    assert swapped(small, here, there) == {name: pytest.approx((1.0, 1.0)) for name in ("Effort", "all")}


def test_places_that_do_not_differ_have_no_swap_table(small: Model) -> None:
    assert swapped(small, HERE, HERE) == {}


def test_shipped_swap_table_closes_all_and_shows_the_assumed_histories_together(shipped: Comparison) -> None:
    """Readers must see that what nobody measured makes most of the gap."""
    for structure in shipped.structures:
        whole, together = structure.gap_items[-1], structure.gap_items[-2]
        assert set(together.items) == {"Document target", "Mandate scope", "Champion leadership"}
        for spreads in (whole.closed, whole.lost):
            for found in spreads.values():
                assert found is not None
                assert (found.p05, found.p95) == (pytest.approx(1.0), pytest.approx(1.0))
        assert together.size("SPBE-like index") > 0.7
        sizes = [max(row.size(name) for name in row.closed) for row in structure.gap_items[:-2]]
        assert sizes == sorted(sizes, reverse=True)


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
def test_lag_is_never_negative_nor_longer_than_the_run(trajectory: list[float], level: float) -> None:
    found = lag(level, np.array(trajectory), np.arange(float(len(trajectory))))
    assert found.bound == "ahead" or 0.0 <= found.years <= len(trajectory) - 1


def test_discounting_counts_nothing_before_the_start() -> None:
    cumulative = np.array([0.0, 100.0, 110.0, 120.0])
    assert discounted(cumulative, np.arange(4.0), start=1.0, rate=0.0) == pytest.approx(20.0)
    assert discounted(cumulative, np.arange(4.0), start=1.0, rate=0.1) == pytest.approx(10 * 1.1**-0.5 + 10 * 1.1**-1.5)


def test_share_counts_what_was_reached_and_lost_again() -> None:
    trajectories = np.array([[1.0, 3.0, 2.0], [1.0, 2.0, 2.5], [1.0, 1.0, 1.0]])
    assert share_reaching(trajectories, np.arange(3.0), threshold=3.0, year=2.0) == pytest.approx(1 / 3)
    assert share_reaching(trajectories, np.arange(3.0), threshold=2.5, year=1.0) == pytest.approx(1 / 3)
    assert share_reaching(trajectories, np.arange(3.0), threshold=2.5, year=2.0) == pytest.approx(2 / 3)


def test_cost_per_point_is_taken_member_by_member() -> None:
    found = cost_per_point(np.full(101, 100.0), np.linspace(0.5, 1.5, 101))
    assert (found.p05, found.p50, found.p95) == pytest.approx((100 / 1.45, 100.0, 100 / 0.55))


def test_member_that_gains_next_to_nothing_buys_no_point_at_any_price() -> None:
    """Dividing by a tiny gain, or by a loss, would give a price of which nothing is true."""
    assert cost_per_point(np.array([100.0]), np.array([0.05])).p50 == pytest.approx(2000.0)
    assert math.isinf(cost_per_point(np.array([100.0]), np.array([0.049])).p50)
    assert math.isinf(cost_per_point(np.array([-100.0]), np.array([-1.0])).p05)
    half = cost_per_point(np.full(100, 10.0), np.where(np.arange(100) < 90, 1.0, 0.0))
    assert (half.p50, half.p95) == (10.0, math.inf)


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
    """The main job, under every structure: every path in its family, every outcome, all checks passed by all."""
    assert [structure.structure.name for structure in shipped.structures] == [
        *("skill", "skill-for-capacity", "skill-for-culture", "interest"),
    ]
    for structure in shipped.structures:
        check_complete(structure)


def check_complete(shipped: Comparison) -> None:
    ranks = {family: [row.rank for row in shipped.ranking if row.family == family] for family in ("money", "political")}
    assert ranks == {family: [None, *range(1, len(found))] for family, found in ranks.items()}
    assert sum(map(len, ranks.values())) == len(shipped.policies) + 1
    assert len(shipped.members) == 24
    assert not shipped.failures
    assert all(diagnostic.passing == 1.0 for diagnostic in shipped.evidence if diagnostic.check.action == "reject")
    assert all(np.isfinite(values).all() for values in shipped.trajectories.values())
    best = {row.family: row.policy for row in shipped.ranking if row.rank == 1}
    bound = [(period.policy, period.first) for period in shipped.binding]
    assert bound == [
        (path, year)
        for path in (policy.name for policy in shipped.policies if policy.baseline or policy.name in best.values())
        for year in (2026.0, 2030.0, 2034.0, 2038.0)
    ]


def test_shipped_comparison_is_the_same_again_whatever_the_threads(egov: Model, shipped: Comparison) -> None:
    """Same inputs and seed, same bytes: a planner's figures can be checked by another."""
    again = compare(egov, members=24, workers=1)
    for frame, other in zip(frames(again), frames(shipped), strict=True):
        assert frame.to_csv() == other.to_csv()


def frames(comparison: Comparison) -> tuple[pandas.DataFrame, ...]:
    return (
        comparison.ranking_frame(),
        comparison.to_frame(),
        comparison.binding_frame(),
        comparison.gap_frame(),
        comparison.evidence_frame(),
        comparison.figures_frame(),
    )


def test_all_stands_for_the_shipped_paths_beside_ones_own(egov: Model, tmp_path: Path) -> None:
    mine = tmp_path / "mine.toml"
    mine.write_text('family = "money"\n[levers]\n"HR share" = 0.4\n', encoding="utf-8")
    result = compare(egov, policies=["all", mine], members=2, until=2030)
    assert "mine" in [row.policy for row in result.ranking if row.family == "money"]
    assert len(result.policies) == len(library.names("policy")) + 1
    assert str(mine) in {file.label for file in result.files}
    alone = compare(egov, policies=[mine], members=2, until=2030)
    assert [policy.name for policy in alone.policies] == ["business-as-usual", "mine"]
