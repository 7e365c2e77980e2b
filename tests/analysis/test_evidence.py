"""Evidence and evidence checks: what their files say, and what is said of a wrong one."""

from __future__ import annotations

import dataclasses
import tomllib
from pathlib import Path

import numpy as np
import pytest
from small_region import HERE, THERE, small_model, speed_benchmark

from egovsim import library
from egovsim.analysis.history_matching.evidence import Benchmark, EvidenceCheck
from egovsim.analysis.history_matching.evidence_files import check_benchmark, read_benchmark, read_checks, read_evidence
from egovsim.analysis.history_matching.matching import check_values, history_match
from egovsim.errors import DataError, InputError, UnknownNameError, ValueRangeError
from egovsim.model.inputs import Range
from egovsim.model.model import Model


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
    found = check_values(small, history_match(small, benchmark, members=3, seed=0), checks)
    # a mean over a year of quarter steps takes the four quarters' beginnings
    expected = [1.0, 1.0 + 0.1 * 0.375, 2.0, 0.5, -1.0, np.sqrt((0.3**2 + 0.4**2) / 2)]
    for value, wanted in zip(found.values(), expected, strict=True):
        assert value == pytest.approx([wanted] * 3, abs=1e-12)


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


def test_evidence_that_is_not_utf_8_is_said_with_its_line(tmp_path: Path) -> None:
    """A spreadsheet program on Windows saves such files, and a traceback says nothing to a planner."""
    path = tmp_path / "evidence.csv"
    path.write_bytes("place,indicator\nSurabaya,Rp 12 – 14\n".encode("cp1252"))
    with pytest.raises(DataError) as caught:
        read_evidence(path)
    assert str(caught.value) == f"{path}, line 2: the file is not UTF-8 text; save it as UTF-8."


def test_every_shipped_check_rests_on_evidence_of_its_grade() -> None:
    """A check that rejects must not rest on a figure that nobody has seen."""
    grades: dict[str, set[str]] = {}
    for figure in read_evidence():
        grades.setdefault(figure.key, set()).add(figure.grade)
    for check in read_benchmark().checks:
        assert check.evidence, check.name
        for key in check.evidence:
            assert grades.get(key, set()) & {"A", "B"}, f"{check.name}: {key}"
        assert check.grade in ("A", "B"), check.name


def test_shipped_ranges_are_read_whole() -> None:
    text = library.find("evidence", "ranges").read_text(encoding="utf-8")
    assert len(read_benchmark().ranges) == len(tomllib.loads(text)["ranges"]) > 0
