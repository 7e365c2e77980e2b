"""Tests outside the sample: published scores as they are read, predictions that know one number, and the command.

If this fails, the model is praised or blamed for predictions that it did not make, or that had seen the answer.
"""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from egovsim.cli import main
from egovsim.egov.outcomes import DOMAIN_WEIGHTS
from egovsim.egov.panel.forecast import FEWEST, Members, calibrated_discrepancies, forecast, panel_members
from egovsim.egov.panel.panel_files import panel_csv
from egovsim.egov.panel.panel_test import PanelTest, panel_test
from egovsim.egov.panel.predictors import NATIONAL_GAIN, simple_predictions
from egovsim.egov.panel.quantities import CELLS, DISCREPANCIES, PROFILES, QUANTITIES
from egovsim.egov.panel.rows import PanelPlace, read_panel
from egovsim.errors import DataError, InputError, UnknownNameError, ValueRangeError
from egovsim.model.model import Model
from egovsim.readers.read_model import read_model

HEAD = "place,level,province,year,index,policy,governance,management,services,source,grade"
ROWS = (
    "Kab. Baru,kabupaten,Jawa,2023,2.62,2.70,2.00,1.09,3.48,report,B",
    "Kab. Baru,kabupaten,Jawa,2024,3.00,2.70,3.00,1.18,3.75,report,B",
    "Kota Tua,kota,Jawa,2023,4.49,5.00,4.20,3.09,5.00,report,B",
    "Kota Tua,kota,Jawa,2024,4.54,5.00,4.60,2.82,5.00,report,B",
)
SMALL = 240
"""Members of a kind that are enough to see that a thing holds."""


@pytest.fixture(scope="module")
def egov() -> Model:
    return read_model("egov")


@pytest.fixture(scope="module")
def shipped_test(egov: Model) -> PanelTest:
    return panel_test(egov, read_panel(), members=SMALL)


@pytest.fixture
def panel(tmp_path: Path) -> Path:
    return written(tmp_path, ROWS)


def written(folder: Path, rows: Sequence[str], head: str = HEAD) -> Path:
    path = folder / "mine.csv"
    path.write_text("\n".join((head, *rows)) + "\n", encoding="utf-8")
    return path


def message(path: Path) -> str:
    with pytest.raises(InputError) as caught:
        read_panel(path)
    return str(caught.value).replace(str(path), "mine.csv")


# ------------------------------------------------------------------------------------------------ the shipped rows


def shipped_rows() -> list[dict[str, str]]:
    path = Path(__file__).resolve().parents[2] / "models" / "evidence" / "panel.csv"
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def test_every_shipped_row_agrees_with_itself() -> None:
    """A slip of the transcription would pass for a place that the model cannot predict."""
    rows = shipped_rows()
    assert len(rows) == 535
    for row in rows:
        scores = {quantity: float(row[quantity]) for quantity in QUANTITIES}
        weighted = sum(weight * scores[domain] for domain, weight in DOMAIN_WEIGHTS.items())
        assert weighted == pytest.approx(scores["index"], abs=0.0150001), row
        assert row["level"] in PROFILES
        assert row["year"] in ("2023", "2024")
        assert row["grade"] in ("A", "B")
        assert row["source"]
        assert all(0.0 <= value <= 5.0 for value in scores.values())


def test_shipped_rows_are_one_a_place_and_year() -> None:
    """A place that stands twice would count twice."""
    keys = [(row["place"], row["level"], row["year"]) for row in shipped_rows()]
    assert len(set(keys)) == len(keys)


def test_shipped_panel_says_what_it_does_not_use() -> None:
    """261 of 274 governments have both years; the others must not vanish."""
    found = read_panel()
    assert len(found.places) == 261
    assert found.notices == (
        "Not used: places without index and four domains for both years (13): Kab. Deiyai, Kab. Labuhanbatu, "
        "Kab. Mappi, Kab. Maybrat, Kab. Nduga and 8 more.",
        "Used, and to be checked: scores below 1, outside the scale of 1 to 5 (1): line 30, services 0.3.",
    )


def test_the_lot_halves_the_shipped_panel() -> None:
    """Discrepancies are fitted on one half; the other shows whether they hold."""
    halves = [place.in_calibration_half for place in read_panel().places]
    assert 0.4 < np.mean(halves) < 0.6


# ------------------------------------------------------------------------------------------------- reading a panel


def test_columns_may_stand_in_any_order_with_others_beside_them(tmp_path: Path) -> None:
    """A panel of one's own has neither source nor province."""
    head = "Year,place,note,services,management,governance,policy,index,level"
    rows = (
        "2023,Kab. Baru,x,3.48,1.09,2.00,2.70,2.62,Kabupaten",
        "2024, Kab.  baru ,,3.75,1.18,3.00,2.70,3.00,kabupaten",
    )
    (place,) = read_panel(written(tmp_path, rows, head)).places
    assert (place.name, place.level, place.given) == ("Kab. Baru", "kabupaten", 2.62)
    assert place.scores[2024, "services"] == 3.75


def test_what_is_not_used_is_counted(tmp_path: Path) -> None:
    """Other years, grade D, one year alone and blank cells: each would otherwise shrink the panel in silence."""
    more = (
        "Kab. Baru,kabupaten,Jawa,2019,3.40,,,,,x,B",
        "Kab. Satu,kabupaten,Jawa,2023,2.62,2.70,2.00,1.09,3.48,x,B",
        "Kota Kosong,kota,Jawa,2023,2.62,2.70,2.00,1.09,3.48,x,B",
        "Kota Kosong,kota,Jawa,2024,2.62,,2.00,1.09,3.48,x,B",
        "Kota Ragu,kota,Jawa,2023,2.62,2.70,2.00,1.09,3.48,x,D",
        "",
    )
    found = read_panel(written(tmp_path, (*ROWS, *more)))
    assert [place.name for place in found.places] == ["Kab. Baru", "Kota Tua"]
    assert found.notices == (
        "Not used: rows of other years than 2023 and 2024 (1).",
        "Not used: rows of grade D (1).",
        "Not used: places without index and four domains for both years (2): Kab. Satu, Kota Kosong.",
    )


def test_a_row_that_contradicts_itself_is_named(tmp_path: Path) -> None:
    """Swapped columns give numbers in range."""
    swapped = ROWS[0].replace("1.09,3.48", "3.48,1.09")
    assert read_panel(written(tmp_path, (swapped, *ROWS[1:]))).notices == (
        "Used, and to be checked: rows whose index is not 13/25/16.5/45.5 % of its domains within 0.015 (1): line 2.",
    )


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        (
            "2.70,2.00,1.09",
            "abc,2.00,1.09",
            'mine.csv, line 2, "policy": "abc" is not a number; a score is written with a point, as 2.62, and a cell '
            "without one is left empty.",
        ),
        (
            ",2.62,",
            ',"2,62",',
            'mine.csv, line 2, "index": "2,62" is not a number; a score is written with a point, as 2.62, and a cell '
            "without one is left empty.",
        ),
        (
            "1.09,3.48",
            "1.09,nan",
            'mine.csv, line 2, "services": "nan" is not a number; a score is written with a point, as 2.62, and a cell '
            "without one is left empty.",
        ),
        (
            "1.09,3.48",
            "1.09,34.8",
            'mine.csv, line 2, "services": 34.8 is outside 1 to 5, the scale of index and domains; correct it, or '
            "leave the cell empty.",
        ),
        (
            ",2.62,",
            ",-2.62,",
            'mine.csv, line 2, "index": -2.62 is outside 1 to 5, the scale of index and domains; correct it, or leave '
            "the cell empty.",
        ),
        (
            "kabupaten",
            "desa",
            'mine.csv, line 2, "level": "desa" is not a level of government; there are: "provinsi", "kabupaten", '
            '"kota".',
        ),
        ("2023", "last year", 'mine.csv, line 2, "year": "last year" is not a number; a year is written as 2023.'),
        (
            "Kab. Baru",
            "",
            'mine.csv, line 2, "place": is empty; write the name of the place, such as "Kab. Sleman".',
        ),
        (
            "Jawa",
            "Jawa, tengah",
            "mine.csv, line 2: has 12 cells under 11 columns; put a text that has a comma in quotes.",
        ),
        (
            "2023",
            "2024",
            "mine.csv, line 3: a second row of Kab. Baru for 2024, after line 2; keep the one that is right.",
        ),
    ],
)
def test_a_bad_row_is_refused_with_its_line(tmp_path: Path, old: str, new: str, expected: str) -> None:
    """A row that cannot be understood is neither guessed nor dropped."""
    assert message(written(tmp_path, (ROWS[0].replace(old, new, 1), *ROWS[1:]))) == expected


def test_a_file_that_is_no_panel_is_refused(tmp_path: Path) -> None:
    """Empty, without columns, or without a place that can be predicted."""
    columns = "place, level, year, index, policy, governance, management, services"
    empty = tmp_path / "mine.csv"
    empty.write_text("\n\n", encoding="utf-8")
    assert message(empty) == f"mine.csv: is empty; a panel has the columns {columns}."
    head = HEAD.replace("policy,", "").replace("level,", "")
    assert message(written(tmp_path, (), head)) == (
        f'mine.csv, line 1: there are no columns "level", "policy"; a panel has the columns {columns}, with commas '
        "between them."
    )
    twice = message(written(tmp_path, (), HEAD.replace("province", "Index")))
    assert twice == 'mine.csv, line 1: the column "index" stands twice; keep the one that is right.'
    assert message(written(tmp_path, ("x" * 200_000,))) == (
        "mine.csv, line 2: is not a row of a CSV file (field larger than field limit (131072))."
    )
    assert message(written(tmp_path, ROWS[:1])) == (
        "mine.csv: no place has its index and four domains for both 2023 and 2024; there is nothing to compare a "
        "prediction with."
    )
    with pytest.raises(DataError, match="there is no such file"):
        read_panel(tmp_path / "none.csv")


# ---------------------------------------------------------------------------------------------- simple predictors


def invented(name: str, given: float, slope: float = 0.5) -> PanelPlace:
    scores = dict.fromkeys(CELLS, slope * given + 1.0)
    return PanelPlace(name, "kota", {**scores, (2023, "index"): given})


def test_the_line_is_found_again_and_the_gain_is_added() -> None:
    """Without a right rival the model's error says nothing."""
    reference = [invented(f"Kota {number}", 1.5 + number / 10) for number in range(20)]
    found = simple_predictions([invented("Kota X", 3.0)], reference)
    assert found["line"][0] == pytest.approx(2.5)
    index = CELLS.index((2024, "index"))
    assert found["mean gain"][0, index] == pytest.approx(3.0 + NATIONAL_GAIN)
    assert np.isnan(np.delete(found["mean gain"][0], index)).all()
    assert np.isnan(found["mean offsets"][0, index])
    mean = np.mean([1.0 - 0.5 * place.given for place in reference])
    assert found["mean offsets"][0, CELLS.index((2023, "policy"))] == pytest.approx(3.0 + mean)
    assert found["mean offsets"][0, CELLS.index((2024, "services"))] == pytest.approx(3.0 + NATIONAL_GAIN + 0.71)


def test_a_place_does_not_see_itself() -> None:
    """A line that has met the answer is no rival, it is an echo."""
    reference = [invented(f"Kota {number}", 1.5 + number / 10, slope=0.3 + number / 50) for number in range(20)]
    changed = [*reference[:-1], invented("Kota 19", 3.4, slope=0.1)]
    before, after = (simple_predictions(places[-2:], places) for places in (reference, changed))
    for predictor in ("line", "mean offsets"):
        np.testing.assert_array_equal(before[predictor][1], after[predictor][1])
        cell = CELLS.index((2023, "policy"))
        assert before[predictor][0, cell] != after[predictor][0, cell]


# ---------------------------------------------------------------------------------------------- the model's word


def test_a_prediction_reads_the_index_of_the_first_year_alone(egov: Model, shipped_test: PanelTest) -> None:
    """Anything else that it read would be the answer."""
    places = shipped_test.panel.places[:40]
    blind = tuple(
        replace(place, name="?", scores={**dict.fromkeys(place.scores, 1.0), (2023, "index"): place.given})
        for place in places
    )
    found = panel_test(egov, replace(shipped_test.panel, places=blind), members=SMALL)
    np.testing.assert_array_equal(found.forecast.quantiles, shipped_test.forecast.quantiles[:40])


def test_quantiles_ascend_on_the_scale(shipped_test: PanelTest) -> None:
    quantiles = shipped_test.forecast.quantiles
    assert np.isfinite(quantiles).all()
    assert (np.diff(quantiles, axis=-1) >= 0.0).all()
    assert quantiles.min() >= 1.0
    assert quantiles.max() <= 5.0


def test_every_structure_has_an_equal_part(egov: Model, shipped_test: PanelTest) -> None:
    """A structure with more accepted members is not the likelier one."""
    assert len(set(shipped_test.members.values())) == 1
    structures = len(shipped_test.accepted)
    assert set(shipped_test.members.values()) == {-(-SMALL // structures) * structures}


def test_members_of_a_small_match_are_other_places_each_time(egov: Model, shipped_test: PanelTest) -> None:
    """More members than were accepted must not be the same runs over again."""
    from egovsim.egov.panel.panel_test import _shipped_matches  # pyright: ignore[reportPrivateUsage]

    few = {name: match.first(5) for name, match in _shipped_matches(egov, 0).items()}
    scores = panel_members(egov, few, ["kota"], members=50)["kota"][2023, "index"]
    assert len(np.unique(scores)) == len(scores)


def invented_members(low: float, high: float) -> Members:
    """Return members whose every score is the same number, from `low` to `high`."""
    values = np.linspace(low, high, 400)
    return {level: dict.fromkeys([(2023, "index"), *CELLS], values) for level in PROFILES}


def test_a_place_that_no_member_comes_near_is_told() -> None:
    """Its prediction is that of other places."""
    found = forecast([invented("Kota A", 2.0), invented("Kota B", 4.8)], invented_members(1.5, 3.0))
    assert found.far.tolist() == [False, True]
    median = found.quantiles[:, CELLS.index((2024, "index")), 2]
    assert median == pytest.approx([2.0, 3.0], abs=0.06)


def test_scores_are_those_of_the_definitions(shipped_test: PanelTest) -> None:
    """Coverage counts both ends of an interval, and bias has the sign of the prediction."""
    cell = CELLS.index((2024, "index"))
    score = shipped_test.scores()[cell]
    places = shipped_test.panel.places
    rows = list(zip(places, shipped_test.forecast.quantiles[:, cell], strict=True))
    inside = [low <= place.scores[2024, "index"] <= high for place, (low, _, _, _, high) in rows]
    errors = [median - place.scores[2024, "index"] for place, (_, _, median, _, _) in rows]
    assert score.coverage_90 == pytest.approx(np.mean(inside))
    assert score.bias == pytest.approx(np.mean(errors))
    assert score.error == pytest.approx(np.mean(np.abs(errors)))
    gain = [min(5.0, place.given + NATIONAL_GAIN) - place.scores[2024, "index"] for place in places]
    assert score.simple_errors["mean gain"] == pytest.approx(np.mean(np.abs(gain)))
    assert set(score.simple_errors) == {"mean gain", "line"}


def test_held_out_scores_leave_the_calibration_half_out(shipped_test: PanelTest) -> None:
    cell = CELLS.index((2024, "index"))
    errors = [
        abs(quantiles[cell, 2] - place.scores[2024, "index"])
        for place, quantiles in zip(shipped_test.panel.places, shipped_test.forecast.quantiles, strict=True)
        if not place.in_calibration_half
    ]
    assert shipped_test.scores(held_out=True)[cell].error == pytest.approx(np.mean(errors))


def test_discrepancies_are_those_of_the_calibration_half(egov: Model) -> None:
    """The table in `quantities.py` belongs to the members of now: with others, write there what this prints."""
    from egovsim.egov.panel.panel_test import _shipped_matches  # pyright: ignore[reportPrivateUsage]

    members = panel_members(egov, _shipped_matches(egov, 0), list(PROFILES), members=4000)
    found = calibrated_discrepancies([place for place in read_panel().places if place.in_calibration_half], members)
    table = "\n".join(f'        ({year}, "{quantity}"): {value:.2f},' for (year, quantity), value in found.items())
    assert found == pytest.approx(dict(DISCREPANCIES), rel=0.12), f"\n{table}"


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"members": FEWEST - 1}, "members is 19; at least 20 are needed for each kind of place."),
        ({"seed": -1}, "seed is -1; it must be 0 or above."),
    ],
)
def test_options_out_of_range_are_refused(egov: Model, options: dict[str, int], expected: str) -> None:
    with pytest.raises(ValueRangeError) as caught:
        panel_test(egov, read_panel(), **options)  # pyright: ignore[reportArgumentType]
    assert str(caught.value) == expected


def test_a_model_without_the_index_is_refused() -> None:
    """The test is one of the e-government model."""
    with pytest.raises(UnknownNameError, match="A test on a panel needs this variable"):
        panel_test(read_model("capacity"), read_panel())


# --------------------------------------------------------------------------------------------------- the command


def command(*arguments: str) -> int:
    return main(["validate", "egov", "--members", str(SMALL), *arguments])


def test_the_command_prints_and_writes(tmp_path: Path, panel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """`egovsim validate egov --panel FILE --out FOLDER` with rows that are not the shipped ones."""
    assert command("--panel", str(panel), "--out", str(tmp_path / "out")) == 0
    printed = capsys.readouterr()
    assert "2 places, predicted from the index of 2023 alone" in printed.out
    assert "No place is one of the shipped panel" in printed.out
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == ["manifest.json", "panel.csv", "panel.png"]
    assert (tmp_path / "out" / "panel.png").read_bytes().startswith(b"\x89PNG")
    with (tmp_path / "out" / "panel.csv").open(encoding="utf-8", newline="") as file:
        head, *rows = csv.reader(file)
    assert head == ["place", "year", "quantity", "given", "observed", "p05", "p25", "p50", "p75", "p95"]
    assert [row[:5] for row in rows[:9]] == [
        ["Kab. Baru", "2023", "policy", "2.62", "2.7"],
        ["Kab. Baru", "2023", "governance", "2.62", "2"],
        ["Kab. Baru", "2023", "management", "2.62", "1.09"],
        ["Kab. Baru", "2023", "services", "2.62", "3.48"],
        ["Kab. Baru", "2024", "index", "2.62", "3"],
        ["Kab. Baru", "2024", "policy", "2.62", "2.7"],
        ["Kab. Baru", "2024", "governance", "2.62", "3"],
        ["Kab. Baru", "2024", "management", "2.62", "1.18"],
        ["Kab. Baru", "2024", "services", "2.62", "3.75"],
    ]
    assert len(rows) == 18
    manifest = json.loads((tmp_path / "out" / "manifest.json").read_text("utf-8"))
    assert manifest["results"]["places"] == 2
    assert manifest["options"]["panel"] == str(panel)
    assert {file["file"] for file in manifest["files"]} == {
        "egov.xmile",
        str(panel),
        "evidence/panel.csv",
        "profiles/generic-regency.toml",
        "profiles/generic-city.toml",
    }


def test_the_command_says_what_the_shipped_rows_have_seen(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """In sample, an error flatters."""
    monkeypatch.setenv("COLUMNS", "1000")
    assert command("--panel", "shipped") == 0
    printed = capsys.readouterr().out
    calibrated = sum(place.in_calibration_half for place in read_panel().places)
    assert "261 of 261 places are in the shipped panel, in sample for line and offsets: each is left out" in printed
    assert f"discrepancies were calibrated on {calibrated} of them" in printed
    assert f"The {261 - calibrated} places that nothing was calibrated on:" in printed
    assert printed.count("mean offsets") == 2


@pytest.mark.parametrize("option", ["--json", "--declarations", "--data"])
def test_options_of_the_other_tests_are_refused(panel: Path, option: str, capsys: pytest.CaptureFixture[str]) -> None:
    """An option that does nothing would be taken for one that did something."""
    assert command("--panel", str(panel), option, "x") == 2
    said = " ".join(capsys.readouterr().err.replace("│", " ").split())
    assert f"{option} has no use with --panel; leave out one of the two." in said


def test_a_seed_without_members_is_refused(panel: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert command("--panel", str(panel), "--seed", "7") == 1
    assert "seed is 7, and members are shipped for" in capsys.readouterr().err


def test_the_same_question_gives_the_same_bytes(egov: Model, shipped_test: PanelTest) -> None:
    again = panel_test(egov, read_panel(), members=SMALL, workers=1)
    assert panel_csv(again) == panel_csv(shipped_test)


def test_a_place_has_the_same_prediction_whoever_stands_beside_it(egov: Model, panel: Path) -> None:
    """A prediction is of a place and its index, not of the file that it came in."""
    both = panel_test(egov, read_panel(panel), members=SMALL)
    one = panel_test(egov, replace(both.panel, places=both.panel.places[1:]), members=SMALL)
    rows = list(csv.reader(io.StringIO(panel_csv(both).decode())))
    assert rows[10:] == list(csv.reader(io.StringIO(panel_csv(one).decode())))[1:]
