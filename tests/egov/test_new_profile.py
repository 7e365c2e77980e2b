"""A profile of one's own region: numbers as people write them, what is assumed, and that it reaches a run."""

from __future__ import annotations

import os
import re
import select
import signal
import subprocess
import sys
import time
import tomllib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

import egovsim
from egovsim import library
from egovsim.cli import main
from egovsim.egov.regions.answers import Answer, gather, read_answer
from egovsim.egov.regions.new_profile import NewProfile, make_profile, template_answers, write_profile
from egovsim.egov.regions.numbers import read_number
from egovsim.egov.regions.questionnaire import read_questionnaire
from egovsim.errors import DataError, InputError, OutputError, UnknownNameError, ValueRangeError
from egovsim.model.inputs import PublishedFigure

MODEL = egovsim.read_model("egov")
ENGLISH = read_questionnaire(MODEL)
INDONESIAN = read_questionnaire(MODEL, "id")
EVERYTHING = {
    "name": "Palembang",
    "staff": "12500; BPS 2025, table 3.1",
    "budget": "4800",
    "population": "1.700.000",
    "urban": "92",
    "online": "80,4",
    "ict_share": "0.9",
    "applications": "8",
    "skilled": "18",
    "spbe": "3.2",
    "documents": "90",
    "documents_since": "2016",
    "mandate": "45",
    "mandate_since": "2020",
    "leadership": "strong",
    "leadership_since": "2021",
}


def answers(**texts: str) -> dict[str, Answer]:
    return {key: read_answer(ENGLISH, ENGLISH.question(key), text) for key, text in texts.items()}


def made(**texts: str) -> NewProfile:
    return make_profile(answers(**texts), model=MODEL, questionnaire=ENGLISH)


def content(profile: NewProfile) -> dict[str, Any]:
    return tomllib.loads(profile.text)


def read_back(folder: Path, profile: NewProfile, name: str = "mine.toml") -> egovsim.Profile:
    path = folder / name
    write_profile(profile, path, questionnaire=ENGLISH, overwrite=True)
    return egovsim.read_profile(path, model=MODEL)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("12500", 12500.0),
        ("36.1", 36.1),
        ("36,1", 36.1),
        ("0.361", 0.361),
        ("0,361", 0.361),
        ("1.234,5", 1234.5),
        ("1,234.5", 1234.5),
        ("1.234.567", 1234567.0),
        ("1,234,567", 1234567.0),
        ("1 234 567", 1234567.0),
        ("1.2340", 1.234),
        ("36,1 %", 36.1),
        ("1.234,567", 1234.567),
    ],
)
def test_a_number_with_one_meaning_is_taken_in_either_notation(text: str, value: float) -> None:
    """An Indonesian writes 1.234,5 and must not be told that this is no number, nor be misread."""
    assert read_number(ENGLISH, ENGLISH.question("urban"), text) == value


@pytest.mark.parametrize(
    ("key", "text", "value"),
    [
        ("budget", "9,8 triliun", 9800.0),
        ("budget", "9.8 trillion", 9800.0),
        ("budget", "9,8T", 9800.0),
        ("budget", "Rp 9,8 triliun rupiah", 9800.0),
        ("budget", "9.800.000.000.000 rupiah", 9800.0),
        ("budget", "Rp9.800.000.000.000", 9800.0),
        ("budget", "9800", 9800.0),
        ("budget", "9800 miliar", 9800.0),
        ("budget", "Rp. 9800 milyar", 9800.0),
        ("budget", "4 800 000 juta", 4800.0),
        ("population", "8,5 juta", 8500000.0),
        ("population", "8.5 million people", 8500000.0),
        ("population", "1.700.000 jiwa", 1700000.0),
        ("staff", "12,5 ribu orang", 12500.0),
        ("staff", "12,5 rb", 12500.0),
        ("urban", "36,1 persen", 36.1),
        ("urban", "36,1%", 36.1),
    ],
)
def test_large_figures_may_be_written_with_their_word(key: str, text: str, value: float) -> None:
    """A budget office says 9,8 triliun; read as 9.8 billion the region would have no money at all."""
    for questionnaire in (ENGLISH, INDONESIAN):
        assert read_answer(questionnaire, questionnaire.question(key), text) == Answer(value)


@given(
    st.integers(min_value=700, max_value=32000), st.sampled_from([("triliun", 1e3), ("miliar", 1.0), ("juta", 1e-3)])
)
def test_any_budget_reads_the_same_in_every_word(billion: int, word: tuple[str, float]) -> None:
    name, size = word
    digits = f"{billion / size:.10f}".rstrip("0").rstrip(".").replace(".", ",")
    if re.fullmatch(r"[1-9]\d{0,2},\d{3}", digits):
        digits += "0"  # 9,812 could be thousands
    found = read_answer(INDONESIAN, INDONESIAN.question("budget"), f"{digits} {name}")
    assert found.value == pytest.approx(billion)


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("budget", "9,812 triliun", 'budget: "9,812 triliun" dapat dibaca sebagai 9812 triliun atau 9,812 triliun; '
         "tulis 9812 triliun atau 9,8120 triliun."),
        ("budget", "500 M", 'budget: "500 M" dapat berarti juta atau miliar; tulis katanya.'),
        ("budget", "Rp 9.800", 'budget: "Rp 9.800" dapat dibaca sebagai 9800 atau 9,8; tulis 9800 atau 9,8000.'),
        ("budget", "1,5", "budget: 1,5 tidak mungkin di sini; harus 3 sampai 42000 miliar rupiah."),
        ("urban", "36 juta", 'urban: "36 juta" bukan angka; tulis angka saja, misalnya 12500 atau 36,1.'),
        ("urban", "Rp 36", 'urban: "Rp 36" bukan angka; tulis angka saja, misalnya 12500 atau 36,1.'),
        ("staff", "50 %", 'staff: "50 %" bukan angka; tulis angka saja, misalnya 12500 atau 36,1.'),
        ("staff", "50", "staff: 50 tidak mungkin di sini; harus 100 sampai 200000 orang."),
        ("mandate_since", "2020,5", "mandate_since: 2020,5 bukan tahun yang utuh."),
        ("mandate_since", "2 ribu", 'mandate_since: "2 ribu" bukan angka; tulis angka saja, misalnya 12500 atau 36,1.'),
        ("leadership", "kuatt", 'leadership: "kuatt" bukan salah satu kata yang tersedia; pilihannya: biasa, berminat, '
         "kuat, penggerak."),
        ("name", " ", "name: kosong; isi dengan sebuah nama."),
    ],
)  # fmt: skip
def test_messages_are_in_the_language_of_the_questions(key: str, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        read_answer(INDONESIAN, INDONESIAN.question(key), text)
    assert str(caught.value) == message


def test_options_and_places_are_refused_in_the_language_of_the_questions(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "ada.toml").write_text("", "utf-8")
    for arguments, message in (
        (["--set", "staf=12500"], '"staf" bukan pertanyaan `egovsim profile new`; yang terdekat: "staff".'),
        (["--set", "staff 12500"], '--set "staff 12500": tulis kuncinya, =, lalu jawabannya, misalnya staff=12500.'),
        (["--set", "staff=12500", "--set", "staff=12600"], "staff dijawab dua kali; pakai salah satu."),
        (["--set", "staff=120000"], "staff: 120000 di luar rentang yang wajar, 1000 sampai 80000 orang; bila memang "
         "benar, tambahkan --accept staff."),
        (["--out", "ada.toml"], "ada.toml: sudah ada; pilih nama lain, atau tambahkan --force untuk menggantinya."),
        (["--out", "ada"], "ada: nama profil berakhiran .toml; tulis ada.toml."),
        (["--out", "tak/ada.toml"], "tak/ada.toml: berada di folder yang tidak ada; pilih tempat lain."),
    ):  # fmt: skip
        assert run_command(tmp_path, "--lang", "id", *arguments, monkeypatch=monkeypatch) == 1
        assert capsys.readouterr().err == f"egovsim: {message}\n"


def test_both_languages_say_the_same_things() -> None:
    """A text that one language lacks would end in a fault."""
    gaps = [
        {key: set(re.findall(r"{(\w+)}", text)) for key, text in questionnaire.words.items()}
        for questionnaire in (ENGLISH, INDONESIAN)
    ]
    assert gaps[0] == gaps[1]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("1.234", '"1.234" can be read as 1234 or as 1.234; write 1234 or 1.2340.'),
        ("30,588", '"30,588" can be read as 30588 or as 30.588; write 30588 or 30.5880.'),
        ("1.23.456", '"1.23.456" is not a number; write digits alone, such as 12500 or 36.1.'),
        ("12 5", '"12 5" is not a number; write digits alone, such as 12500 or 36.1.'),
        ("many", '"many" is not a number; write digits alone, such as 12500 or 36.1.'),
        ("nan", '"nan" is not a number; write digits alone, such as 12500 or 36.1.'),
        ("", '"" is not a number; write digits alone, such as 12500 or 36.1.'),
    ],
)
def test_a_number_with_two_meanings_or_none_is_refused(text: str, message: str) -> None:
    """A staff of 30 instead of 30 thousand would run, and mislead."""
    with pytest.raises(DataError) as caught:
        read_number(ENGLISH, ENGLISH.question("urban"), text)
    assert str(caught.value) == message


@pytest.mark.parametrize(
    ("key", "text", "message"),
    [
        ("staff", "50", "staff: 50 is impossible here; it must be 100 to 200000 persons."),
        ("urban", "101", "urban: 101 is impossible here; it must be 0 to 100 percent."),
        ("ict_share", "7", "ict_share: 7 is impossible here; it must be 0 to 6 percent."),
        ("spbe", "0.5", "spbe: 0.5 is impossible here; it must be 1 to 5 points."),
        ("mandate_since", "2020.5", "mandate_since: 2020.5 is not a whole year."),
        ("mandate_since", "2026", "mandate_since: 2026 is impossible here; it must be 2003 to 2025."),
        ("staff", "12x", 'staff: "12x" is not a number; write digits alone, such as 12500 or 36.1.'),
        ("name", "  ", "name: is empty."),
    ],
)
def test_an_impossible_answer_names_the_range(key: str, text: str, message: str) -> None:
    """The range is the model's own: beyond it the file would be refused when it is used."""
    with pytest.raises(InputError) as caught:
        read_answer(ENGLISH, ENGLISH.question(key), text)
    assert str(caught.value) == message


def test_an_unusual_answer_is_named_with_its_range_and_how_to_keep_it() -> None:
    """A slip of the pen is caught; a region that is unusual can still be written down."""
    given = list(answers(staff="120000").items())
    with pytest.raises(ValueRangeError) as caught:
        gather(ENGLISH, given)
    assert str(caught.value) == (
        "staff: 120000 is outside what is plausible, 1000 to 80000 persons; if it is right, add --accept staff."
    )
    assert gather(ENGLISH, given, ["staff"])["staff"].value == 120000.0


def test_the_ends_of_every_possible_range_make_a_profile_that_the_model_takes() -> None:
    """Else an answer would be taken, and the file refused afterwards."""
    for question in ENGLISH.questions:
        if question.kind == "number":
            assert question.possible is not None, question.key
            assert question.plausible is not None, question.key
            assert question.possible[0] <= question.plausible[0] < question.plausible[1] <= question.possible[1]
            for end in question.possible:
                make_profile({question.key: Answer(end)}, model=MODEL, questionnaire=ENGLISH)


def test_both_languages_ask_the_same_questions() -> None:
    """A question that is missing in one language would be assumed there without a word."""
    assert ENGLISH.keys == INDONESIAN.keys
    assert set(ENGLISH.words) == set(INDONESIAN.words)
    for question, other in zip(ENGLISH.questions, INDONESIAN.questions, strict=True):
        assert question.ask != other.ask
        assert question.where != other.where
        assert sorted(question.words.values()) == sorted(other.words.values())
        assert question.possible == other.possible


def test_nothing_known_is_the_template_with_every_reason_an_assumption(tmp_path: Path) -> None:
    """A copied figure with the template's source would say that South Sumatra's staff is this region's staff."""
    profile = made(name="Nowhere")
    template = egovsim.read_profile("south-sumatra")
    found = read_back(tmp_path, profile)
    assert found.constants == template.constants
    assert found.ranges == template.ranges
    assert found.levers == template.levers
    assert found.multipliers == template.multipliers
    assert found.published == {}
    assert profile.given == ("name",)
    assert profile.assumed == tuple(key for key in ENGLISH.keys if key not in ("name", "skilled", "spbe"))
    for section in ("constants", "ranges", "levers"):
        for name, entry in content(profile)[section].items():
            assert entry["assumption"].startswith("as in South Sumatra Province: "), name
            assert "source" not in entry, name


def test_every_answer_reaches_the_profile(tmp_path: Path) -> None:
    """A figure that a planner looked up and typed in must not be dropped."""
    profile = made(**EVERYTHING)
    found = read_back(tmp_path, profile)
    assert profile.assumed == ()
    assert found.label == {"en": "Palembang", "id": "Palembang"}
    assert found.constants["Staff at start"] == 12500.0
    assert found.constants["Population"] == 1_700_000.0
    assert found.constants["Urban share of population"] == 0.92
    assert found.constants["Live applications at start"] == 8.0
    assert found.levers["Share of budget for digital government"].values == (0.009,)
    assert found.published["HR capacity"] == PublishedFigure(0.18, 2023.0)
    assert found.published["SPBE-like index"] == PublishedFigure(3.2, 2023.0)
    assert found.published["Internet penetration"] == PublishedFigure(0.804, 2023.0)
    staff = content(profile)["constants"]["Staff at start"]
    assert staff == {"value": 12500, "source": "BPS 2025, table 3.1"}


def test_the_budget_of_2024_is_the_figure_given(tmp_path: Path) -> None:
    """Every cost and every share of it follows from this figure."""
    found = read_back(tmp_path, made(budget="4800"))
    result = egovsim.run(MODEL, profile=found, outputs=["Regional budget"], until=2024)
    assert result.values("Regional budget")[0, 0, 0, -1] == pytest.approx(4800.0, rel=0.003)


def test_the_share_online_moves_by_as_much_as_the_figure_differs_from_the_templates(tmp_path: Path) -> None:
    """Kept members agree with the template's figure, so a region with more people online must come out higher."""
    template = egovsim.read_profile("south-sumatra")
    metric = egovsim.mean_over("Internet penetration", 2023.0, 2024.0)
    found = [
        egovsim.run(MODEL, profile=profile, metrics=[metric]).metric_values(metric.label).item()
        for profile in (template, read_back(tmp_path, made(online="71.66")))
    ]
    assert found[1] - found[0] == pytest.approx(0.05, abs=0.001)
    with_template = made(online="66.66")
    factor = content(with_template)["constants"]["Rural access factor"]["value"]
    assert factor == pytest.approx(template.constants["Rural access factor"], rel=0.02)


def test_a_share_online_out_of_reach_is_said_to_be_so() -> None:
    entry = content(made(online="95", urban="20"))["constants"]["Rural access factor"]
    assert entry["value"] == 3.0
    assert entry["assumption"] == "the nearest that the model allows to 95 percent of residents online in 2023"


def test_a_city_without_villages_has_no_rural_factor_and_no_rural_priority() -> None:
    """Public access for villages that do not exist would be money for nobody."""
    city = content(made(urban="100", online="85"))
    assert city["constants"]["Rural priority"]["value"] == 0
    assert "Rural access factor" not in {**city["constants"], **city["ranges"]}


@pytest.mark.parametrize(
    ("texts", "steps"),
    [
        ({"mandate": "60"}, [[2003, 0.04], [2017.875, 0.3], [2021, 0.6]]),
        ({"mandate_since": "2015"}, [[2003, 0.02], [2015, 0.15], [2021, 0.3]]),
        ({"mandate_since": "2019"}, [[2003, 0.02], [2019, 0.15], [2021, 0.3]]),
        ({"mandate_since": "2021"}, [[2003, 0.02], [2021, 0.3]]),
        ({"mandate_since": "2003"}, [[2003, 0.15], [2021, 0.3]]),
        ({"mandate": "60", "mandate_since": "2024"}, [[2003, 0.04], [2024, 0.6]]),
        ({"mandate": "0"}, [[2003, 0]]),
    ],
)
def test_a_history_is_the_templates_bent_to_level_and_beginning(texts: dict[str, str], steps: list) -> None:
    """The steps are hand-made from those of the template: 0.02, 0.15 from late 2017, 0.3 from 2021."""
    lever = content(made(**texts))["levers"]["Mandate scope"]
    assert lever["steps"] == steps


@pytest.mark.parametrize(
    ("texts", "ends"),
    [
        ({"mandate": "60"}, (0.8, 1.2)),
        ({"mandate": "95"}, (0.8, 1.05263)),
        ({"mandate": "100"}, (0.8, 1.0)),
        ({"mandate_since": "2015"}, (0.3, 1.3)),
    ],
)
def test_a_stated_level_is_sampled_more_closely_than_an_assumed_one(texts: dict[str, str], ends: tuple) -> None:
    """Counted is not guessed; and no share goes beyond all."""
    one = content(made(**texts))["ranges"]["Mandate multiplier"]
    assert (one["low"], one["high"]) == ends


def test_a_level_of_nothing_has_no_multiplier() -> None:
    found = content(made(mandate="0"))
    assert "Mandate multiplier" not in found["ranges"]
    assert "multiplier" not in found["levers"]["Mandate scope"]


def test_the_values_that_enter_takes_are_those_of_the_template() -> None:
    """The question names the value; typed in, it must make nearly the same profile."""
    template = egovsim.read_profile("south-sumatra")
    taken = template_answers(template, MODEL, ENGLISH)
    assert taken == {
        "staff": 30588.0, "budget": 11251.0, "population": 8_500_000.0, "urban": 36.1, "online": 66.66,
        "ict_share": 1.5, "applications": 3.0, "documents": 35.0, "documents_since": 2017.0,
        "mandate": 30.0, "mandate_since": 2017.0, "leadership_since": 2018.0,
    }  # fmt: skip
    found = content(made(**{key: f"{value:.12g}" for key, value in taken.items()}))
    for name, value in template.constants.items():
        assert found["constants"][name]["value"] == pytest.approx(value, rel=0.02), name


def test_every_template_that_covers_all_serves() -> None:
    for name in library.names("profile"):
        given = answers(**{key: text for key, text in EVERYTHING.items() if key != "online"})
        if egovsim.read_profile(name).covers == "all":
            assert make_profile(given, model=MODEL, questionnaire=ENGLISH, template=name).assumed == ("online",)
        else:
            with pytest.raises(DataError) as caught:
                make_profile(given, model=MODEL, questionnaire=ENGLISH, template=name)
            assert str(caught.value) == (
                f"profiles/{name}.toml: this profile covers access to the internet only; choose one that covers all."
            )


def test_a_template_without_a_history_says_so(tmp_path: Path) -> None:
    bare = tmp_path / "bare.toml"
    bare.write_text("[constants]\n", encoding="utf-8")
    with pytest.raises(DataError) as caught:
        make_profile(answers(mandate="50"), model=MODEL, questionnaire=ENGLISH, template=bare)
    assert str(caught.value) == (
        'bare: levers."Mandate scope" is no history in two steps or more that ends above zero, '
        "so mandate cannot be bent to an answer; choose another template."
    )


def test_any_name_makes_a_file_that_reads_back(tmp_path: Path) -> None:
    """Quotation marks, backslashes and line breaks in a name must not break out of the text."""
    name = 'Kota "Tua" \\ \n[levers] \x7f é'
    found = make_profile({"name": Answer(name)}, model=MODEL, questionnaire=ENGLISH)
    assert read_back(tmp_path, found).label["en"] == name


def run_command(folder: Path, *arguments: str, monkeypatch: pytest.MonkeyPatch) -> int:
    monkeypatch.chdir(folder)
    return main(["profile", "new", *arguments])


def test_the_command_writes_says_what_was_assumed_and_how_to_go_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A planner must learn from the command alone which figures are not the region's own."""
    code = run_command(tmp_path, "--name", "Kota Baru", "--set", "staff=12500; BKD", monkeypatch=monkeypatch)
    said = capsys.readouterr().out.splitlines()
    assert code == 0
    assert said[0] == "Written to kota-baru.toml: 1 given, 12 assumed as in South Sumatra Province."
    assert said[1].startswith("Assumed: budget, population, urban, ")
    assert said[2] == "Compare with it:  egovsim compare --profile kota-baru.toml"
    assert egovsim.read_profile(tmp_path / "kota-baru.toml", model=MODEL).constants["Staff at start"] == 12500.0


def test_nothing_is_replaced_without_force(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place = tmp_path / "mine.toml"
    place.write_text("mine", encoding="utf-8")
    assert run_command(tmp_path, "--out", "mine.toml", monkeypatch=monkeypatch) == 1
    assert capsys.readouterr().err == (
        "egovsim: mine.toml: is there already; choose another name, or add --force to replace it.\n"
    )
    assert place.read_text(encoding="utf-8") == "mine"
    assert run_command(tmp_path, "--out", "mine.toml", "--force", monkeypatch=monkeypatch) == 0
    egovsim.read_profile(place, model=MODEL)
    assert [path.name for path in tmp_path.iterdir()] == ["mine.toml"]


@pytest.mark.parametrize(
    ("place", "message"),
    [
        ("mine.txt", "mine.txt: a profile's name ends in .toml; write mine.toml."),
        ("no/mine.toml", "no/mine.toml: lies in a folder that does not exist; choose another place."),
        ("dir.toml", "dir.toml: is a folder; choose another place."),
    ],
)
def test_a_place_that_cannot_be_written_to_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, message: str
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "dir.toml").mkdir()
    with pytest.raises(OutputError) as caught:
        write_profile(made(), Path(place), questionnaire=ENGLISH)
    assert str(caught.value) == message


def test_a_place_without_a_name_is_no_fault_of_the_program(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["profile", "new", "--out", "", "--no-ask"]) == 1
    assert (
        capsys.readouterr().err == "egovsim: .: is a folder; give the name of a file in it, such as my-region.toml.\n"
    )
    assert main(["profile", "new", "--answers", ".", "--no-ask"]) == 1
    assert capsys.readouterr().err == "egovsim: .: this is a folder; give the file itself.\n"


def test_answers_from_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A script must be able to say everything that a person can."""
    (tmp_path / "a.toml").write_text(
        'name = "Desa"\naccept = ["staff"]\nstaff = { value = 120000, source = "BKD" }\nmandate = "45,5"\n'
        'leadership = "strong"\n',
        encoding="utf-8",
    )
    assert run_command(tmp_path, "--answers", "a.toml", monkeypatch=monkeypatch) == 0
    found = tomllib.loads((tmp_path / "desa.toml").read_text(encoding="utf-8"))
    assert found["constants"]["Staff at start"] == {"value": 120000, "source": "BKD"}
    assert found["levers"]["Mandate scope"]["steps"][-1] == [2021, 0.455]
    assert found["levers"]["Champion leadership"]["steps"][-1] == [2018, 0.6]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("staf = 12", 'a.toml: staf is not a key of a file of answers; nearest: "staff".'),
        ("staff = 50", "a.toml: staff: 50 is impossible here; it must be 100 to 200000 persons."),
        ("staff = true", "a.toml: staff.value must be a number or text."),
        ("staff = { valu = 3 }", 'a.toml: staff.valu is not a key of an answer; nearest: "value".'),
        (
            "staff = 120000",
            "staff: 120000 is outside what is plausible, 1000 to 80000 persons; if it is right, add --accept staff.",
        ),
        ('accept = ["staf"]', '"staf" is not a question of `egovsim profile new`; nearest: "staff".'),
    ],
)
def test_a_wrong_file_of_answers_is_named_and_nothing_written(
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    text: str,
    message: str,
) -> None:
    (tmp_path / "a.toml").write_text(text, encoding="utf-8")
    assert run_command(tmp_path, "--answers", "a.toml", "--out", "mine.toml", monkeypatch=monkeypatch) == 1
    assert capsys.readouterr().err == f"egovsim: {message}\n"
    assert not (tmp_path / "mine.toml").exists()


def test_wrong_options_are_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_command(tmp_path, "--set", "staff 12", monkeypatch=monkeypatch) == 1
    assert capsys.readouterr().err == (
        'egovsim: --set "staff 12": write the key, =, and the answer, such as staff=12500.\n'
    )
    assert run_command(tmp_path, "--set", "staff=1200", "--set", "staff=1300", monkeypatch=monkeypatch) == 1
    assert capsys.readouterr().err == "egovsim: staff is answered twice; keep one of them.\n"
    with pytest.raises(UnknownNameError, match='"fr" is not a language of egovsim'):
        read_questionnaire(MODEL, "fr")
    assert list(tmp_path.iterdir()) == []


class Terminal:
    """The command in a terminal of its own, as a person has it."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        import pty

        self.master, child = pty.openpty()
        self.process = subprocess.Popen(
            [sys.executable, "-m", "egovsim", "profile", "new", *arguments],
            cwd=folder, stdin=child, stdout=child, stderr=child, close_fds=True, start_new_session=True,
        )  # fmt: skip
        os.close(child)
        self.unread = ""

    def until(self, text: str, seconds: float = 30.0) -> str:
        """What stands up to and with ``text``; what came after it in one piece is kept for the next call."""
        end = time.monotonic() + seconds
        while text not in self.unread and time.monotonic() < end:
            if select.select([self.master], [], [], 0.1)[0]:
                try:
                    self.unread += os.read(self.master, 4096).decode("utf-8", "replace")
                except OSError:
                    break
        before, found, self.unread = self.unread.partition(text)
        assert found, before
        return before + found

    def type(self, text: str) -> None:
        os.write(self.master, text.encode())

    def interrupt(self) -> None:
        """Press the key until something is said: between the prompt and the wait for an answer Python may miss it."""
        for _ in range(15):
            self.process.send_signal(signal.SIGINT)
            if select.select([self.master], [], [], 2.0)[0]:
                return

    def ended(self) -> int:
        code = self.process.wait(timeout=30)
        os.close(self.master)
        return code


posix = pytest.mark.skipif(os.name != "posix", reason="needs a pseudo-terminal")


@posix
def test_a_person_is_asked_and_enter_means_not_known(tmp_path: Path) -> None:
    """The way that planners use it: a doubtful and an impossible figure are asked again, Enter leaves it open."""
    terminal = Terminal(tmp_path, "--out", "kita.toml", "--lang", "id", "--name", "Kita")
    assert "1/15" in terminal.until("> ")
    terminal.type("30,588\n")
    assert "dapat dibaca sebagai 30588 atau 30,588; tulis 30588 atau 30,5880." in terminal.until("\n> ")
    terminal.type("120000\n")
    assert "di luar rentang yang wajar, 1000 sampai 80000 orang" in terminal.until("\n> ")
    terminal.type("120000; BKD 2025\n")
    for _ in range(14):
        terminal.until("\n> ")
        terminal.type("\n")
    said = terminal.until("profile check")
    assert "1 diberikan, 12 diasumsikan seperti Provinsi Sumatera Selatan" in said
    assert terminal.ended() == 0
    found = tomllib.loads((tmp_path / "kita.toml").read_text(encoding="utf-8"))
    assert found["constants"]["Staff at start"] == {"value": 120000, "source": "BKD 2025"}


@posix
def test_a_person_can_go_back_a_question(tmp_path: Path) -> None:
    """A slip is seen when the next question is already there; the answer before is shown, and Enter drops it."""
    terminal = Terminal(tmp_path, "--out", "kita.toml", "--lang", "id", "--set", "name=Kita")
    assert "Ketik < untuk kembali" in terminal.until("\n> ")
    terminal.type("<\n")
    assert "Ini pertanyaan pertama." in terminal.until("\n> ")
    terminal.type("12500\n")
    terminal.until("2/15")
    terminal.until("\n> ")
    terminal.type("9,8 triliun\n")
    terminal.until("3/15")
    terminal.until("\n> ")
    terminal.type("<\n")
    again = terminal.until("\n> ")
    assert "2/15" in again
    assert "sebelumnya: 9800" in again
    terminal.type("8,9 triliun\n")
    assert "3/15" in terminal.until("\n> ")
    for _ in range(13):
        terminal.type("\n")
        terminal.until("\n")
    assert "2 diberikan" in terminal.until("profile check")
    assert terminal.ended() == 0
    found = tomllib.loads((tmp_path / "kita.toml").read_text(encoding="utf-8"))
    assert found["constants"]["Staff at start"]["value"] == 12500
    assert "8900 miliar rupiah" in found["constants"]["Regional budget at start"]["note"]


@posix
@pytest.mark.parametrize("key", ["interrupt", "end of input"])
def test_stopping_in_the_middle_writes_nothing(tmp_path: Path, key: str) -> None:
    terminal = Terminal(tmp_path, "--out", "mine.toml", "--name", "Kita")
    terminal.until("> ")
    terminal.type("12500\n")
    terminal.until("\n> ")
    if key == "interrupt":
        terminal.interrupt()
    else:
        terminal.type("\x04")
    assert "interrupted" in terminal.until("nothing was half written")
    assert terminal.ended() == 130
    assert list(tmp_path.iterdir()) == []


def test_the_numbers_reach_a_comparison(tmp_path: Path) -> None:
    """The file is for `compare`: what was typed must be what was run, in every member."""
    path = tmp_path / "kita.toml"
    write_profile(made(**EVERYTHING), path, questionnaire=ENGLISH)
    seen = ["Staff", "Regional budget", "Internet penetration"]
    comparison = egovsim.compare(profile=path, policies=["people-first"], members=8, until=2030, outcomes=seen)
    assert comparison.profile.label["en"] == "Palembang"
    assert comparison.time[[0, 21]].tolist() == [2003.0, 2024.0]
    staff, budget, online = (comparison.trajectories[name][0, 0] for name in seen)
    np.testing.assert_allclose(staff[:, 0], 12500.0, rtol=1e-12)
    np.testing.assert_allclose(budget[:, 21], 4800.0, rtol=0.003)
    assert np.median(online[:, 20:22].mean(axis=1)) == pytest.approx(0.804, abs=0.06)


def test_profile_check_shows_published_beside_simulated(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """A planner must see when the assumed histories do not give the region's own index."""
    monkeypatch.chdir(tmp_path)
    write_profile(made(**EVERYTHING), Path("kita.toml"), questionnaire=ENGLISH)
    assert main(["profile", "check", "kita.toml"]) == 0
    said = capsys.readouterr().out
    assert said.startswith("Palembang: every name and value fits egov.xmile.\n")
    for outcome, published in (("SPBE-like index", "3.20"), ("Internet penetration", "0.80")):
        line = next(line for line in said.splitlines() if outcome in line)
        assert published in line
        assert " .. " in line
    write_profile(made(), Path("bare.toml"), questionnaire=ENGLISH)
    assert main(["profile", "check", "bare.toml", "--lang", "id"]) == 0
    assert "Tidak ada angka terbit" in capsys.readouterr().out
