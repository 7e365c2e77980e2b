"""History matching: who is kept, in which order, with which block, and how it is kept on disk.

The model is small enough to be solved by hand: `Level` grows by ``Speed + Help * Push`` a year, `Push` is the rest
of the model, and under the profile that covers the block alone no help comes.
"""

from __future__ import annotations

import csv
import dataclasses
import json
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from egovsim import library
from egovsim.analysis.history_matching import rejection
from egovsim.analysis.history_matching.benchmark_draws import upstream_draws
from egovsim.analysis.history_matching.check_evaluation import CheckEvaluator, grouped_checks
from egovsim.analysis.history_matching.diagnostics import check_diagnostics, constant_diagnostics, outcome_bands
from egovsim.analysis.history_matching.draws import Draws
from egovsim.analysis.history_matching.evidence import Benchmark, Block, EvidenceCheck, Structure
from egovsim.analysis.history_matching.evidence_files import read_benchmark
from egovsim.analysis.history_matching.match_files import (
    evidence_fingerprint,
    model_fingerprint,
    read_match,
    write_match,
)
from egovsim.analysis.history_matching.matching import (
    Match,
    check_values,
    history_match,
    undecided_checks,
)
from egovsim.errors import DataError, InputError, OutputError, ValueRangeError
from egovsim.model.inputs import Profile, Range, Series
from egovsim.model.model import Model
from egovsim.readers.read_model import read_model

XMILE = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<header><vendor>test</vendor><product version="1.0">test</product><name>Two parts</name></header>
<sim_specs method="euler" time_units="years"><start>2003</start><stop>2023</stop><dt>0.25</dt></sim_specs>
<model><variables>
<aux name="Speed"><eqn>0.05</eqn><doc>how fast</doc></aux>
<aux name="Push"><eqn>0.01</eqn></aux>
<aux name="Idle"><eqn>0.5</eqn></aux>
<aux name="Aid"><eqn>1</eqn></aux>
<aux name="Help"><eqn>Aid*Push</eqn></aux>
<stock name="Level"><eqn>0</eqn><inflow>Gain</inflow></stock>
<flow name="Gain"><eqn>Speed+Help</eqn></flow>
<aux name="Double"><eqn>2*Level</eqn></aux>
</variables></model></xmile>
"""
NATION = Profile("nation", levers={"Aid": Series.constant(0.0)}, covers="access")
REGION = Profile("region", ranges=(Range("Idle", 0.0, 1.0),))
COMMON = {"outcome": "Level", "kind": "band", "at": 2013.0, "measurement": 0.05, "discrepancy": 0.05}
IN_NATION = EvidenceCheck("nation", place="nation", low=0.4, high=0.6, block="access", **COMMON)
IN_REGION = EvidenceCheck("region", place="region", low=0.5, high=0.7, **COMMON)
REPORTED = EvidenceCheck("reported", place="region", low=0.0, high=0.6, action="report", **COMMON)
BENCHMARK = Benchmark(
    (IN_NATION, IN_REGION, REPORTED),
    {"nation": NATION, "region": REGION},
    (Range("Speed", 0.0, 0.1), Range("Push", 0.0, 0.04)),
    Block("access", ("Speed",), ("Help",)),
)
PLAIN = dataclasses.replace(BENCHMARK, checks=(IN_REGION, REPORTED), upstream=None)


@pytest.fixture
def model(tmp_path: Path) -> Model:
    return written(tmp_path, XMILE)


def written(folder: Path, text: str) -> Model:
    path = folder / "two.xmile"
    path.write_text(text, encoding="utf-8")
    return read_model(path)


def columns(match: Match, place: Profile, indices: np.ndarray | None = None) -> dict[str, np.ndarray]:
    wanted = match.accepted if indices is None else indices
    design = match.draws.rows(place, wanted)
    return dict(zip(design.names, design.rows().T, strict=True))


def test_kept_members_are_exactly_the_first_inside_the_bounds(model: Model) -> None:
    """Were it broken, paths would be compared on members that the evidence excludes."""
    found = history_match(model, PLAIN, members=150, seed=3)
    every = columns(found, REGION, np.arange(found.search.tried))
    level = 10.0 * (every["Speed"] + every["Push"])
    assert found.search.accepted.tolist() == np.flatnonzero((level >= 0.5) & (level <= 0.7)).tolist()
    assert found.search.tried == found.search.accepted[-1] + 1


def test_block_is_matched_alone_and_then_picked_whole(model: Model) -> None:
    """A member whose access was never matched would pass for one that agrees with national diffusion."""
    found = history_match(model, BENCHMARK, members=80, seed=1)
    assert found.upstream is not None
    alone = upstream_draws(BENCHMARK, BENCHMARK.upstream, 1).rows(NATION, np.arange(found.upstream.tried)).rows()[:, 0]
    passing = np.flatnonzero((10.0 * alone >= 0.4) & (10.0 * alone <= 0.6))
    assert found.upstream.accepted.tolist() == passing.tolist()
    accepted, every = columns(found, REGION), columns(found, REGION, np.arange(found.search.tried))
    assert set(accepted["Speed"]) <= set(alone[passing])
    assert len(set(accepted["Speed"])) > 30
    level = 10.0 * (every["Speed"] + every["Push"])
    assert found.search.accepted.tolist() == np.flatnonzero((level >= 0.5) & (level <= 0.7)).tolist()
    assert np.abs(np.corrcoef(every["Speed"], every["Push"])[0, 1]) < 0.15, "picks and draws must be independent"


def test_block_alone_gives_what_the_whole_model_gives(model: Model) -> None:
    """The short cut of cutting the block off must not change what is checked."""
    evaluator = CheckEvaluator(model, BENCHMARK, {}, 1)
    draws, indices = upstream_draws(BENCHMARK, BENCHMARK.upstream, 0), np.arange(40)
    short = evaluator.values(grouped_checks((IN_NATION,))[0], draws, indices)
    whole = {**BENCHMARK.profiles, "nation": dataclasses.replace(NATION, covers="all")}
    full = CheckEvaluator(model, dataclasses.replace(BENCHMARK, profiles=whole), {}, 1)
    assert short.tolist() == full.values(grouped_checks((IN_NATION,))[0], draws, indices).tolist()


def test_shipped_block_alone_gives_what_the_whole_model_gives(egov: Model) -> None:
    """If public money reached the access block in the nation's profile, its match would be of another model."""
    benchmark = read_benchmark()
    checks = tuple(check for check in benchmark.rejecting if check.places == ("indonesia",))
    draws, indices = upstream_draws(benchmark, benchmark.upstream, 0), np.arange(64)
    group = grouped_checks(checks)[0]
    whole = {place: dataclasses.replace(profile, covers="all") for place, profile in benchmark.profiles.items()}
    short = CheckEvaluator(egov, benchmark, {}, 1).values(group, draws, indices)
    full = CheckEvaluator(egov, dataclasses.replace(benchmark, profiles=whole), {}, 1).values(group, draws, indices)
    assert short.tolist() == full.tolist()


def test_members_do_not_depend_on_chunks_or_threads(model: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same seed must give the same members on any machine, or a finding cannot be repeated."""

    def summary(match: Match) -> tuple[object, ...]:
        return match.accepted.tolist(), match.search.tried, match.search.check_counts, match.search.followed

    whole = summary(history_match(model, BENCHMARK, members=60, seed=1, workers=1))
    monkeypatch.setattr(rejection, "_SMALLEST_CHUNK", 7)
    monkeypatch.setattr(rejection, "_LARGEST_CHUNK", 100)
    assert summary(history_match(model, BENCHMARK, members=60, seed=1, workers=2)) == whole
    assert summary(history_match(model, BENCHMARK, members=60, seed=2))[0] != whole[0]


def test_fewer_members_are_the_first_of_more(model: Model) -> None:
    more, fewer = (history_match(model, PLAIN, members=count, seed=0) for count in (50, 20))
    assert (
        fewer.search.accepted.tolist() == more.search.accepted[:20].tolist() == more.first(20).search.accepted.tolist()
    )


@given(
    st.lists(st.integers(0, 2**40), min_size=1, max_size=30, unique=True),
    st.integers(0, 2**31),
)
def test_a_member_is_the_same_whoever_is_drawn_with_it(numbers: list[int], seed: int) -> None:
    """Were it broken, the members read from a file would not be those that were kept."""
    draws = Draws(BENCHMARK.ranges, seed)
    indices = np.array(numbers, dtype=np.int64)
    together = draws.rows(REGION, indices).rows()
    for place, number in enumerate(indices):
        assert draws.rows(REGION, np.array([number])).rows()[0].tolist() == together[place].tolist()


def test_draws_fill_their_ranges_evenly_and_apart() -> None:
    """A stream shared between two constants, places or seeds would tie what is independent."""
    from scipy.stats import kstest

    indices = np.arange(20_000)
    first, second = (Draws(BENCHMARK.ranges, seed).rows(REGION, indices).rows() for seed in (0, 1))
    other = Draws(BENCHMARK.ranges, 0).rows(dataclasses.replace(REGION, name="elsewhere"), indices).rows()
    unit = [first[:, 0] / 0.1, first[:, 1] / 0.04, first[:, 2], second[:, 0] / 0.1, other[:, 2]]
    assert min(kstest(column, "uniform").pvalue for column in unit) > 1e-3
    assert np.abs(np.corrcoef(unit) - np.eye(5)).max() < 0.03


def test_profile_fixes_a_shared_constant_and_its_own_range_replaces_it() -> None:
    """A constant that a region knows must not be drawn at random for it."""
    own = Profile("a", {"speed": 0.05}, (Range("Push", 7.0, 7.0),))
    design = Draws(BENCHMARK.ranges, 0).rows(own, np.arange(5))
    assert (design.names, set(design.rows()[:, 0])) == (("Push",), {7.0})


def test_hurdles_count_first_alone_and_last(model: Model) -> None:
    """The report must let a reader see which check decides."""
    wide = dataclasses.replace(IN_REGION, name="wide", low=0.0, high=9.0)
    low = dataclasses.replace(IN_REGION, name="low", low=0.0, high=0.6)
    found = history_match(model, dataclasses.replace(PLAIN, checks=(wide, IN_REGION, low)), members=90, seed=0)
    every = columns(found, REGION, np.arange(found.search.tried))
    level = 10.0 * (every["Speed"] + every["Push"])
    inside, below = (level >= 0.5) & (level <= 0.7), level <= 0.6
    rows = found.check_counts
    assert found.search.followed == found.search.tried
    screened = columns(found, REGION, np.arange(found.search.screened))
    level_screened = 10.0 * (screened["Speed"] + screened["Push"])
    inside_screened = (level_screened >= 0.5) & (level_screened <= 0.7)
    assert (rows["wide"].failed_first, rows["wide"].failed_at_all, rows["wide"].failed_only) == (0, 0, 0)
    assert (rows["region"].failed_at_all, rows["region"].failed_only) == (
        int((~inside_screened).sum()),
        int((~inside & below).sum()),
    )
    assert (rows["low"].failed_at_all, rows["low"].failed_only) == (
        int((level_screened > 0.6).sum()),
        int((~below & inside).sum()),
    )
    assert rows["region"].failed_first + rows["low"].failed_first == found.search.tried - 90
    assert found.search.came_to(rows["low"]) == found.search.tried - rows["region"].failed_first
    left_out = found.search.passing_when_left_out(rows["low"])
    assert left_out == pytest.approx((inside & below).sum() / inside.sum())


def test_wider_tolerance_moves_both_bounds_by_the_tolerance() -> None:
    wider = BENCHMARK.widened(2.0).checks[0]
    assert (wider.low, wider.high) == pytest.approx((0.3, 0.7))


def test_a_value_on_the_bound_is_named_as_borderline(model: Model) -> None:
    """Another processor may round the other way: whoever makes the members again must know of it."""
    first = history_match(model, PLAIN, members=5, seed=0)
    level = check_values(model, first, [IN_REGION])["region"]
    edge = dataclasses.replace(IN_REGION, low=float(level[2]), high=9.0)
    found = history_match(model, dataclasses.replace(PLAIN, checks=(edge,)), members=5, seed=0)
    assert int(first.search.accepted[2]) in found.search.borderline


def test_constants_of_a_structure_hold_in_every_run(model: Model) -> None:
    """A rival structure that is not applied would agree with everything."""
    found = history_match(model, PLAIN, members=20, seed=0, constants={"Aid": 0.0})
    speeds = columns(found, REGION)["Speed"]
    assert (10 * speeds).min() >= 0.5
    assert check_values(model, found, [IN_REGION])["region"] == pytest.approx(10 * speeds)


WRONG = [
    ({"members": 0}, ValueRangeError, "members is 0; at least 1 is needed."),
    ({"seed": -1}, ValueRangeError, "seed is -1; it must be 0 or above."),
]


@pytest.mark.parametrize(("options", "error", "message"), WRONG)
def test_impossible_options_are_named(
    model: Model, options: dict[str, int], error: type[Exception], message: str
) -> None:
    with pytest.raises(error) as caught:
        history_match(model, PLAIN, **options)
    assert str(caught.value) == message


def test_contradictory_checks_name_the_one_that_rejects_most(model: Model) -> None:
    apart = dataclasses.replace(IN_REGION, name="apart", low=1.3, high=1.35)
    with pytest.raises(InputError) as caught:
        history_match(model, dataclasses.replace(PLAIN, checks=(IN_REGION, apart)), members=10, limit=3000)
    assert str(caught.value).startswith("0 of 3,000 members tried pass all evidence checks, and 10 were asked for; ")
    assert 'the check that rejects most is "apart" (' in str(caught.value)
    assert str(caught.value).endswith(
        "Widen its bounds in checks.toml or the ranges in ranges.toml, or ask for fewer members."
    )


def test_kept_members_come_back_from_their_file(model: Model, tmp_path: Path) -> None:
    structure = Structure("aided", {"Aid": 1.0})
    found = history_match(model, BENCHMARK, members=30, seed=4, constants=structure.constants)
    write_match(found, model, structure, tmp_path / "aided-4.json")
    again = read_match(tmp_path / "aided-4.json", model, BENCHMARK, structure)
    assert columns(again, REGION)["Speed"].tolist() == columns(found, REGION)["Speed"].tolist()
    assert columns(again, REGION)["Idle"].tolist() == columns(found, REGION)["Idle"].tolist()
    assert (again.search.check_counts, again.search.tried) == (found.search.check_counts, found.search.tried)
    assert dict(again.constants) == dict(structure.constants)


def stale(what: str, path: Path) -> str:
    return (
        f"{path}: these members were accepted with {what}; run `egovsim match` with the model and evidence of now, "
        "and give its folder as --match."
    )


def test_members_of_another_model_or_other_evidence_are_refused(model: Model, tmp_path: Path) -> None:
    """Members that passed other checks of another model are members of nothing."""
    path, structure = tmp_path / "a-0.json", Structure("a")
    write_match(history_match(model, BENCHMARK, members=3), model, structure, path)
    other = written(tmp_path, XMILE.replace("2*Level", "3*Level"))
    noted = written(tmp_path, XMILE.replace("how fast", "how quickly it goes"))
    narrower = dataclasses.replace(BENCHMARK, ranges=(Range("Speed", 0.0, 0.09), BENCHMARK.ranges[1]))
    assert len(read_match(path, noted, BENCHMARK, structure)) == 3, "a note is not a number"
    with pytest.raises(DataError) as caught:
        read_match(path, other, BENCHMARK, structure)
    assert str(caught.value) == stale("another version of two.xmile", path)
    with pytest.raises(DataError) as caught:
        read_match(path, model, narrower, structure)
    assert str(caught.value) == stale("other evidence checks, ranges or profiles", path)
    with pytest.raises(DataError) as caught:
        read_match(path, model, BENCHMARK, Structure("a", {"Aid": 0.0}))
    assert str(caught.value) == stale('other constants of the structure "a"', path)


def test_what_is_no_file_of_members_is_said_to_be_none(model: Model, tmp_path: Path) -> None:
    path = tmp_path / "a-0.json"
    for text, message in (
        ("{", "is not a file of accepted members (Expecting property name"),
        ("[]", "is not a file of accepted members; `egovsim match` writes one."),
        ('{"seed": 0}', "is not a file of accepted members; `egovsim match` writes one."),
    ):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(DataError) as caught:
            read_match(path, model, BENCHMARK, Structure("a"))
        assert str(caught.value).startswith(f"{path}: {message}")
    write_match(history_match(model, BENCHMARK, members=3), model, Structure("a"), path)
    content = json.loads(path.read_text("utf-8"))
    del content["search"]["tried"]
    path.write_text(json.dumps(content), encoding="utf-8")
    with pytest.raises(DataError, match=r"is damaged \('tried'\); `egovsim match` writes it again"):
        read_match(path, model, BENCHMARK, Structure("a"))
    with pytest.raises(OutputError, match="there is no such folder; make it first"):
        write_match(history_match(model, PLAIN, members=3), model, Structure("a"), tmp_path / "no" / "a.json")


def test_fingerprints_change_with_what_decides_and_with_nothing_else(model: Model, tmp_path: Path) -> None:
    noted = written(tmp_path, XMILE.replace("how fast", "how quickly"))
    faster = written(tmp_path, XMILE.replace("0.05", "0.06"))
    assert model_fingerprint(noted) == model_fingerprint(model) != model_fingerprint(faster)
    reported = dataclasses.replace(REPORTED, high=0.5)
    told = dataclasses.replace(BENCHMARK, checks=(IN_NATION, IN_REGION, reported))
    assert evidence_fingerprint(told) == evidence_fingerprint(BENCHMARK)
    assert evidence_fingerprint(BENCHMARK.widened(2.0)) != evidence_fingerprint(BENCHMARK)


def test_lessons_say_what_the_evidence_moved(model: Model) -> None:
    """Which constants the evidence says nothing of is part of the result."""
    found = history_match(model, BENCHMARK, members=400, seed=0)
    diagnostics = {diagnostic.range.name: diagnostic for diagnostic in constant_diagnostics(found)}
    assert (diagnostics["Speed"].verdict, diagnostics["Idle"].verdict) == ("moved", "untouched")
    assert (diagnostics["Speed"].place, diagnostics["Idle"].place) == ("", "region")
    assert diagnostics["Speed"].values.p05 >= 0.04
    checks = {diagnostic.check.name: diagnostic for diagnostic in check_diagnostics(model, found)}
    levels = check_values(model, found, [REPORTED])["reported"]
    assert checks["reported"].counts is None
    assert checks["reported"].passing == pytest.approx(np.mean(levels <= 0.6))
    assert checks["nation"].search is found.upstream
    band = next(iter(outcome_bands(model, found, ["Double"], [REGION], [2013.0])))
    assert band.values.p50 == pytest.approx(2 * np.median(levels))


SHIPPED = [f"{structure.name}-{seed}" for structure in read_benchmark().structures for seed in (0, 1)]


@pytest.mark.parametrize("name", SHIPPED)
def test_shipped_members_belong_to_the_shipped_model_and_pass_every_check(egov: Model, name: str) -> None:
    """If this fails, the model or the evidence was changed and `egovsim match` has to be run again."""
    benchmark = read_benchmark()
    structure = benchmark.structure(name.rpartition("-")[0])
    found = read_match(library.find("match", name), egov, benchmark, structure)
    values = check_values(egov, found, benchmark.rejecting)
    failing = {check.name for check in benchmark.rejecting if not check.passes(values[check.name]).all()}
    near = set(found.search.borderline) & set(found.search.accepted.tolist())
    assert not failing or near, f"{failing} fail, and no member is borderline"
    assert len(found) >= 1000


def test_shipped_tables_are_those_of_the_shipped_members(egov: Model) -> None:
    """The pages quote these tables; left behind by new members they would tell of others."""
    benchmark, folder = read_benchmark(), library.root() / "benchmark"
    found = read_match(library.find("match", "skill-1"), egov, benchmark, benchmark.structure("skill"))
    with (folder / "constants.csv").open(encoding="utf-8", newline="") as file:
        rows = [row for row in csv.DictReader(file) if (row["structure"], row["seed"]) == ("skill", "1")]
    told = {(row["constant"], row["place"]): (row["verdict"], float(row["distance"])) for row in rows}
    diagnostics = {(diagnostic.range.name, diagnostic.place): diagnostic for diagnostic in constant_diagnostics(found)}
    assert told.keys() == diagnostics.keys()
    for name, (verdict, distance) in told.items():
        assert (verdict, distance) == (diagnostics[name].verdict, pytest.approx(diagnostics[name].distance, abs=1e-5))


def test_first_shipped_members_are_found_again(egov: Model) -> None:
    """The shipped members must come from the command that is said to make them, not from anywhere else."""
    benchmark = read_benchmark()
    structure = benchmark.structures[0]
    shipped = read_match(library.find("match", f"{structure.name}-0"), egov, benchmark, structure)
    assert shipped.upstream is not None
    last = int(shipped.accepted[2])
    evaluator = CheckEvaluator(egov, benchmark, structure.constants, None)
    assert benchmark.downstream is not None
    last_block = [check for check in benchmark.rejecting if check.block == benchmark.downstream.name]
    groups = grouped_checks((*undecided_checks(benchmark), *last_block))
    around = np.arange(max(last - 1500, 0), last + 1)
    passed = around[evaluator.evaluate(groups, shipped.draws, around, 0).passed]
    accepted = shipped.accepted[(around[0] <= shipped.accepted) & (shipped.accepted <= last)]
    unsure = set(shipped.search.borderline)
    found, known = (
        {int(number) for number in numbers if int(shipped.draws.members(number)) not in unsure}
        for numbers in (passed, accepted)
    )
    assert known
    assert found == known
