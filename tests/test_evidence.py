"""Evidence, evidence checks, and the members that agree with them."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import numpy as np
import pytest
from small_region import HERE, THERE, small_model, speed_benchmark

from egovsim import library
from egovsim.errors import DataError, InputError, UnknownNameError, ValueRangeError
from egovsim.model.inputs import Profile, Range
from egovsim.model.model import Model
from egovsim.policy.evidence import (
    Benchmark,
    EvidenceCheck,
    check_benchmark,
    read_benchmark,
    read_checks,
    read_evidence,
)
from egovsim.policy.members import Draws, Members, check_values, select_members, stages_of


@pytest.fixture
def small(tmp_path: Path) -> Model:
    return small_model(tmp_path)


def one_check(folder: Path, text: str) -> EvidenceCheck:
    path = folder / "checks.toml"
    path.write_text("[[check]]\n" + text, encoding="utf-8")
    return read_checks(path)[0]


BAND = 'name = "n"\noutcome = "Level"\nplace = "here"\nkind = "band"\nat = 2013\nlow = 0.4\nhigh = 0.6\n'


def test_check_file_says_what_it_says(tmp_path: Path) -> None:
    """Were it broken, members would be dropped by another bound than the one that is written."""
    check = one_check(
        tmp_path,
        'name = "n"\noutcome = "Level"\nplace = "a"\nminus_place = "b"\nkind = "difference"\n'
        "mean_over = [2023, 2024]\nlow = -0.05\nhigh = 0.05\nobserved = 0.01\nmeasurement = 0.02\n"
        'discrepancy = 0.03\nevidence = ["p/i/2023"]\ngrade = "A"\naction = "report"\nnote = "so"\n',
    )
    assert (check.places, check.mean_over, check.observed) == (("a", "b"), (2023.0, 2024.0), 0.01)
    assert (check.measurement, check.discrepancy, check.grade, check.action) == (0.02, 0.03, "A", "report")
    assert [place for place, _ in check.needs] == ["a", "b"]


def test_one_sided_bound_leaves_the_other_side_open(tmp_path: Path) -> None:
    check = one_check(tmp_path, BAND.replace("low = 0.4\n", ""))
    assert check.passes(np.array([-9.0, 0.6, 0.7, np.nan])).tolist() == [True, True, False, False]


WRONG = [
    (DataError, BAND.replace('kind = "band"\n', ""), "check[1].kind is missing; it has no default."),
    (UnknownNameError, BAND.replace("band", "bend"),
     'check[1].kind: "bend" is not a possible value; nearest: "band".'),
    (DataError, BAND.replace("at = 2013\n", ""), 'check[1]: a band needs exactly one of: at, mean_over.'),
    (DataError, BAND.replace("band", "ratio"), 'check[1].over_at is missing; it has no default.'),
    (DataError, BAND.replace("band", "difference"),
     'check[1]: a difference needs minus_place or minus_outcome.'),
    (DataError, BAND.replace("band", "rmse"), 'check[1]: a rmse needs exactly one of: series.'),
    (ValueRangeError, BAND.replace("0.4", "0.7"), 'check[1]: low 0.7 and high 0.6 bound nothing.'),
    (ValueRangeError, BAND.replace("low = 0.4\nhigh = 0.6\n", ""),
     'check[1]: low -inf and high inf bound nothing.'),
    (ValueRangeError, BAND.replace("0.4", "nan"), 'check[1].low is nan; it must be a finite number.'),
    (DataError, BAND.replace("at = 2013", "mean_over = [2013]"),
     'check[1].mean_over must be a pair of years, such as [2023, 2024].'),
    (DataError, BAND.replace("at = 2013", "mean_over = [2014, 2013]"),
     'check[1].mean_over: the first year must lie before the second.'),
    (UnknownNameError, BAND + 'grad = "A"\n',
     'check[1].grad is not a key of an evidence check; nearest: "grade".'),
]  # fmt: skip


@pytest.mark.parametrize(("error", "text", "message"), WRONG, ids=[row[2][:45] for row in WRONG])
def test_wrong_check_is_named_with_its_place(tmp_path: Path, error: type[InputError], text: str, message: str) -> None:
    with pytest.raises(error) as caught:
        one_check(tmp_path, text)
    assert str(caught.value) == f"{tmp_path / 'checks.toml'}: {message}"


def test_two_checks_of_one_name_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match='two checks are called "n"; give each its own name'):
        one_check(tmp_path, BAND + "[[check]]\n" + BAND)


def test_kinds_compute_what_they_are_called(small: Model) -> None:
    """Level is speed * (t - 2003) here and twice that there, so every kind has a value by hand."""
    places = {"here": HERE, "there": THERE}
    benchmark = Benchmark((), places, (Range("Speed", 0.05, 0.05),))
    common = {"outcome": "Level", "place": "there", "low": 0.0, "high": 9.0}
    checks = (
        EvidenceCheck("band", kind="band", at=2013.0, **common),
        EvidenceCheck("mean", kind="band", mean_over=(2013.0, 2014.0), **common),
        EvidenceCheck("ratio", kind="ratio", at=2023.0, over_at=2013.0, **common),
        EvidenceCheck("place", kind="difference", at=2013.0, minus_place="here", **common),
        EvidenceCheck("outcome", kind="difference", at=2013.0, minus_outcome="Real use index", **common),
        EvidenceCheck("rmse", kind="rmse", series=((2003.0, 0.3), (2013.0, 0.6)), **common),
    )
    draws, indices = Draws(benchmark.ranges, 0, 3), np.arange(3)
    found = [value for stage in stages_of(checks) for value in check_values(small, benchmark, stage, draws, indices)]
    # a mean over a year of quarter steps takes the four quarters' beginnings
    expected = [1.0, 1.0 + 0.1 * 0.375, 2.0, 0.5, -1.0, np.sqrt((0.3**2 + 0.4**2) / 2)]
    for value, wanted in zip(found, expected, strict=True):
        assert value == pytest.approx([wanted] * 3, abs=1e-12)


def test_kept_members_are_exactly_those_inside_the_band(small: Model) -> None:
    """Were it broken, paths would be compared on members that the evidence excludes."""
    kept = select_members(small, speed_benchmark(), members=100, seed=3)
    every = kept.draws.rows(HERE, np.arange(kept.tried)).rows()[:, 0]
    inside = (every >= 0.045) & (every <= 0.055)
    assert kept.indices.tolist() == np.flatnonzero(inside).tolist()
    assert kept.design(HERE).rows()[:, 0].tolist() == every[inside].tolist()
    assert kept.tried == kept.indices[-1] + 1
    assert kept.hurdles[0].first == kept.tried - 100


def test_members_do_not_depend_on_chunks_or_threads(small: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    """The same seed must give the same members on any machine, or a finding cannot be repeated."""

    def summary(members: Members) -> tuple[list[int], int, tuple[object, ...]]:
        return members.indices.tolist(), members.tried, members.hurdles

    whole = summary(select_members(small, speed_benchmark(), members=60, seed=1, workers=1))
    monkeypatch.setattr("egovsim.policy.members.CHUNK", 7)
    assert summary(select_members(small, speed_benchmark(), members=60, seed=1, workers=2)) == whole
    assert summary(select_members(small, speed_benchmark(), members=60, seed=2))[0] != whole[0]


def test_fewer_members_are_the_first_of_more(small: Model) -> None:
    more = select_members(small, speed_benchmark(), members=50, seed=0)
    fewer = select_members(small, speed_benchmark(), members=20, seed=0)
    assert fewer.indices.tolist() == more.indices[:20].tolist()


def test_hurdles_count_first_alone_and_last(small: Model) -> None:
    """The report must let a reader see which check decides."""
    wide, narrow = speed_benchmark(0.0, 1.0).checks[0], speed_benchmark().checks[0]
    low = dataclasses.replace(narrow, name="low", low=0.0, high=0.5)
    checks = (dataclasses.replace(wide, name="wide"), dataclasses.replace(narrow, name="narrow"), low)
    kept = select_members(small, dataclasses.replace(speed_benchmark(), checks=checks), members=40, seed=0)
    rows = {one.check: one for one in kept.hurdles}
    speeds = kept.draws.rows(HERE, np.arange(kept.surveyed)).rows()[:, 0]
    inside, below = (speeds >= 0.045) & (speeds <= 0.055), speeds <= 0.05
    assert (rows["wide"].first, rows["wide"].alone, rows["wide"].last) == (0, 0, 0)
    assert (rows["narrow"].alone, rows["narrow"].last) == (int((~inside).sum()), int((~inside & below).sum()))
    assert (rows["low"].alone, rows["low"].last) == (int((~below).sum()), int((~below & inside).sum()))
    assert rows["narrow"].first + rows["low"].first == kept.tried - 40


def test_no_member_kept_names_the_check_that_rejects_most(small: Model) -> None:
    narrow = speed_benchmark(0.5, 0.6).checks[0]
    mild = dataclasses.replace(speed_benchmark().checks[0], name="mild")
    benchmark = dataclasses.replace(speed_benchmark(), checks=(mild, narrow))
    with pytest.raises(InputError) as caught:
        select_members(small, benchmark, members=10, seed=0, limit=3000)
    assert str(caught.value) == (
        "0 of 3,000 members tried pass all evidence checks, and 10 were asked for; the check that rejects "
        'most is "level in 2013" (100% on its own). Widen its bounds in checks.toml or the ranges in '
        "ranges.toml, or ask for fewer members."
    )


def test_profile_fixes_a_shared_constant_and_its_own_range_replaces_it() -> None:
    """A constant that a region knows must not be drawn at random for it."""
    draws = Draws((Range("Speed", 0.1, 0.2), Range("Pace", 0.3, 0.4)), 0, 10)
    fixed = Profile("a", constants={"speed": 0.15})
    own = Profile("b", ranges=(Range("Speed", 0.5, 0.6),))
    assert draws.rows(fixed, np.arange(3)).names == ("Pace",)
    mixed = draws.rows(own, np.arange(10))
    assert mixed.names == ("Pace", "Speed")
    assert mixed.rows()[:, 1].min() >= 0.5
    assert mixed.rows()[:, 0].tolist() == draws.rows(fixed, np.arange(10)).rows()[:, 0].tolist()


def test_rows_of_scattered_members_are_those_of_all(small: Model) -> None:
    draws = Draws((Range("Speed", 0.0, 1.0), Range("Money", 0.0, 1.0)), 5, 5000)
    wanted = np.array([0, 3, 1023, 1024, 2500, 4999])
    assert draws.rows(HERE, wanted).rows().tolist() == draws.rows(HERE, np.arange(5000)).rows()[wanted].tolist()


def test_check_of_an_unknown_outcome_is_named(small: Model) -> None:
    benchmark = speed_benchmark()
    wrong = dataclasses.replace(benchmark.checks[0], outcome="Levle")
    with pytest.raises(UnknownNameError) as caught:
        check_benchmark(dataclasses.replace(benchmark, checks=(wrong,)), small)
    assert str(caught.value) == (
        'evidence check "level in 2013": "Levle" is not a variable of small.xmile; nearest: "Level".'
    )


def test_range_of_an_unknown_constant_is_named(small: Model) -> None:
    benchmark = dataclasses.replace(speed_benchmark(), ranges=(Range("Sped", 0.0, 1.0),))
    with pytest.raises(UnknownNameError) as caught:
        check_benchmark(benchmark, small)
    assert str(caught.value) == 'ranges.toml: ranges.Sped is not an input of small.xmile; nearest: "Speed".'


def test_check_of_a_place_without_a_profile_is_named(tmp_path: Path) -> None:
    (tmp_path / "ranges.toml").write_text("[ranges]\n", encoding="utf-8")
    (tmp_path / "checks.toml").write_text("[[check]]\n" + BAND.replace("here", "surabya"), encoding="utf-8")
    with pytest.raises(UnknownNameError) as caught:
        read_benchmark(folder=tmp_path)
    place = tmp_path / "checks.toml"
    assert str(caught.value) == f'{place}: "surabya" is not a shipped profile; nearest: "surabaya".'


def test_evidence_row_without_number_or_grade_is_named(tmp_path: Path) -> None:
    head = "place,indicator,unit,year,value,grade,source_title,source_url\n"
    path = tmp_path / "evidence.csv"
    for row, message in (
        ("a,b,c,2020,4;49,A,t,u\n", 'line 2: "4;49" is not a number; write 4.49, with a point.'),
        ("a,b,c,2020,4.49,D,t,u\n", 'line 2: the grade must be A, B or C, not "D".'),
    ):
        path.write_text(head + row, encoding="utf-8")
        with pytest.raises(DataError) as caught:
            read_evidence(path)
        assert str(caught.value) == f"{path}, {message}"
    path.write_text("place,value\n", encoding="utf-8")
    with pytest.raises(DataError, match="line 1: the columns must be place, indicator, unit, year"):
        read_evidence(path)


def test_every_shipped_check_rests_on_evidence_of_its_grade() -> None:
    """A check that rejects must not rest on a figure that nobody has seen."""
    grades: dict[str, set[str]] = {}
    for one in read_evidence():
        grades.setdefault(one.key, set()).add(one.grade)
    for check in read_benchmark().checks:
        assert check.evidence, check.name
        for key in check.evidence:
            assert grades.get(key, set()) & {"A", "B"}, f"{check.name}: {key}"
        assert check.grade in ("A", "B"), check.name


def test_shipped_ranges_are_read_whole() -> None:
    text = library.find("evidence", "ranges").read_text(encoding="utf-8")
    assert len(read_benchmark().ranges) == len(tomllib.loads(text)["ranges"]) > 0
