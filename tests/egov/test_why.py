"""What carries the effect of each path: figures by hand on the small region, sentences, files and options."""

from __future__ import annotations

import csv
import dataclasses
import io
import json
from pathlib import Path

import numpy as np
import pytest
from openpyxl import load_workbook
from rich.console import Console
from small_region import HERE, THERE, USUAL, path, rival_benchmark, small_model

from egovsim.analysis import Channel, ChannelEffects
from egovsim.cli import main
from egovsim.egov.compare import compare
from egovsim.egov.comparison import Comparison
from egovsim.egov.comparison_files import write_comparison
from egovsim.egov.comparison_tables import comparison_report
from egovsim.egov.labels import read_labels
from egovsim.egov.why_chart import why_chart, why_figure
from egovsim.egov.why_sentences import why_sentence
from egovsim.errors import InputError, UnknownNameError
from egovsim.model.inputs import PolicyPath, Range, Scenario, Series

GAIN = Channel("gain", ("Gain",), {"en": "what is gained", "id": "tambahan"})
SPENDING = Channel("money", ("Spending",), {"en": "money spent", "id": "belanja"})
PATHS = (path("fast", Effort=3.0, Money=2.0), path("slow", Effort=0.5), path("push", family="political", Effort=5.0))


def small_comparison(folder: Path, **options: object) -> Comparison:
    """Compare paths of the small region, in which every member has speed 0.05."""
    fixed = dataclasses.replace(rival_benchmark(), ranges=(Range("Speed", 0.05, 0.05),))
    settings: dict[str, object] = {
        "profile": HERE,
        "benchmark": THERE,
        "policies": [USUAL, *PATHS],
        "scenarios": [Scenario("reference", label={"en": "Reference", "id": "Acuan"})],
        "members": 20,
        "evidence": fixed,
        "channels": (GAIN, SPENDING),
    }
    return compare(small_model(folder), **{**settings, **options})


@pytest.fixture
def asked(tmp_path: Path) -> Comparison:
    return small_comparison(tmp_path)


def rows(comparison: Comparison, structure: str = "helps") -> dict[tuple[str, str], dict[str, object]]:
    table = comparison.why_frame().to_dict("records")
    return {(row["policy"], row["channel"]): row for row in table if row["structure"] == structure}


def test_what_is_carried_is_that_computed_by_hand_under_each_structure(asked: Comparison) -> None:
    """The index gains 0.05 for each unit of effort and year, from 2026 on; money gains nothing."""
    for structure, sign in (("helps", 1.0), ("harms", -1.0)):
        found = rows(asked, structure)
        assert list(found)[:3] == [("fast", "gain"), ("fast", "money"), ("fast", "all channels")]
        for policy, more in (("fast", 2.0), ("slow", -0.5), ("push", 4.0)):
            for channel, share in (("gain", 1.0), ("money", 0.0), ("all channels", 1.0)):
                row = found[policy, channel]
                assert row["effect_p50"] == pytest.approx(sign * 0.05 * 19.0 * more, rel=1e-9)
                assert row["carried_p95"] == pytest.approx(share * sign * 0.05 * 19.0 * more, abs=1e-9)
                assert row["share"] == pytest.approx(share, abs=1e-9)
                assert (row["against"], row["outcome"], row["year"]) == ("usual", "Real use index", 2045)
                assert row["members"] == 20


def test_effects_are_those_of_the_ranking(asked: Comparison) -> None:
    """Two figures for one thing on one page would be one too many."""
    for result in asked.ranking:
        if result.rank is not None:
            assert rows(asked)[result.policy, "gain"]["effect_p50"] == result.changes[asked.by].p50


def test_effects_can_be_counted_from_another_path(tmp_path: Path) -> None:
    """The difference of two paths, one of which starts later and is none of those that are ranked."""
    late = PolicyPath("late", {"Effort": Series.constant(9.0)}, 2041.0)
    for against, gained in (("slow", {"fast": 2.5, "push": 4.5}), (late, {"fast": 2.0, "slow": -0.5, "push": 4.0})):
        found = rows(small_comparison(tmp_path, against=against))
        minus = 0.0 if against == "slow" else 8.0 * 4.0
        assert {policy for policy, _ in found} == set(gained)
        for policy, more in gained.items():
            wanted = 0.05 * (19.0 * more - minus)
            assert found[policy, "gain"]["carried_p50"] == pytest.approx(wanted, rel=1e-9)
            assert found[policy, "gain"]["against"] == (against if isinstance(against, str) else "late")


def test_nothing_is_told_that_nobody_asked(tmp_path: Path) -> None:
    """Every path would run a dozen times more."""
    comparison = small_comparison(tmp_path, channels=None)
    assert comparison.why is None
    assert comparison.why_frame().empty
    names = {file.name for file in write_comparison(comparison, tmp_path / "out")}
    assert not {"why.csv", "why.png"} & names


def test_shipped_channels_are_refused_by_a_model_that_has_other_variables(tmp_path: Path) -> None:
    with pytest.raises(UnknownNameError) as caught:
        small_comparison(tmp_path, channels=None, why=True)
    said = 'channels.toml: channel[1].variables: "HR capacity" is not a variable of small.xmile; there are: "Effort", '
    assert str(caught.value).startswith(said)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"policies": [USUAL, PATHS[0]], "against": "fast"},
            'there is no path to set against "fast"; give another policy.',
        ),
        (
            {"against": path("wrong", Efort=1.0)},
            'policy "wrong": levers.Efort is not a lever of small.xmile; nearest: "Effort".',
        ),
    ],
)
def test_a_path_that_cannot_be_set_against_is_refused(tmp_path: Path, options: dict[str, object], message: str) -> None:
    with pytest.raises(InputError) as caught:
        small_comparison(tmp_path, **options)
    assert str(caught.value) == message


# ------------------------------------------------------------------------------------------------------ sentences


def effects(effect: tuple[float, float], **carried: tuple[float, float]) -> ChannelEffects:
    """Return an effect and what is carried, each evenly spread over 101 members."""
    values = {name: np.linspace(*ends, 101) for name, ends in carried.items()}
    return ChannelEffects("p", "usual", "y", 2045.0, np.linspace(*effect, 101), values, np.linspace(*effect, 101) * 0.9)


NAMES = {"a": "skill", "b": "money", "c": "trust", "d": "law", "e": "peers"}


@pytest.mark.parametrize(
    ("found", "english", "indonesian"),
    [
        (
            effects((-0.20, -0.12), a=(-0.12, -0.10), b=(0.03, 0.05), c=(-0.1, 0.1)),
            "P lowers it by 0.16; of this 0.11 through skill. Working against it: 0.04 through money. "
            "All together: 0.14.",
            "P menurunkannya sebesar 0,16; dari jumlah itu 0,11 melalui skill. Yang melawannya: 0,04 melalui money. "
            "Semuanya bersama: 0,14.",
        ),
        (
            effects((0.5, 1.5), a=(0.2, 0.4), b=(0.5, 0.7), c=(0.1, 0.3), d=(0.09, 0.11), e=(0.01, 0.02)),
            "P raises it by 1.00; of this 0.60 through money, 0.30 through skill, 0.20 through trust. "
            "All together: 0.90.",
            "P menaikkannya sebesar 1,00; dari jumlah itu 0,60 melalui money, 0,30 melalui skill, 0,20 melalui trust. "
            "Semuanya bersama: 0,90.",
        ),
        (
            effects((-1.0, 1.2), a=(0.2, 0.4), b=(-0.3, -0.1)),
            "P: the direction differs from member to member, +0.10 (-0.89 to +1.09); +0.30 through skill, "
            "-0.20 through money.",
            "P: arahnya berbeda antarkombinasi parameter, +0,10 (-0,89 s.d. +1,09); +0,30 melalui skill, "
            "-0,20 melalui money.",
        ),
        (
            effects((0.0, 0.0), a=(0.0, 0.0)),
            "P: the direction differs from member to member, 0.00 (0.00 to 0.00).",
            "P: arahnya berbeda antarkombinasi parameter, 0,00 (0,00 s.d. 0,00).",
        ),
        (
            effects((0.1, 0.3), a=(-0.1, 0.2)),
            "P raises it by 0.20; nothing that is looked at carries a part whose direction is the same in nearly all "
            "members. All together: 0.18.",
            "P menaikkannya sebesar 0,20; tidak ada hal yang ditinjau yang membawa bagian dengan arah yang "
            "sama pada hampir semua kombinasi parameter. "
            "Semuanya bersama: 0,18.",
        ),
    ],
)
def test_a_sentence_is_right_for_gain_loss_and_what_is_open(
    found: ChannelEffects, english: str, indonesian: str
) -> None:
    """A loss told as a gain, or a part of either sign told at all, is a wrong answer to the first question."""
    assert why_sentence(found, "P", NAMES, read_labels("en")) == english
    assert why_sentence(found, "P", NAMES, read_labels("id")) == indonesian


@pytest.mark.parametrize("language", ["en", "id"])
def test_the_report_answers_why_in_the_order_of_the_ranking(asked: Comparison, language: str) -> None:
    """In eighty columns, with nothing cut."""
    labels, screen = read_labels(language), Console(width=80, file=io.StringIO(), record=True)
    for part in comparison_report(asked, labels, width=80):
        screen.print(part)
    text = screen.export_text()
    words = {"en": "raises it by 1.90; of this 1.90 through what is gained", "id": "menaikkannya sebesar 1,90"}
    flat = " ".join(text.split())
    assert words[language] in flat
    assert [flat.index(f"* {name} ") for name in ("Fast", "Slow", "Push")] == sorted(
        flat.index(f"* {name} ") for name in ("Fast", "Slow", "Push")
    )
    assert "…" not in text


# ------------------------------------------------------------------------------------------------------ files


def test_table_sheet_and_chart_are_written(asked: Comparison, tmp_path: Path) -> None:
    files = {file.name: file for file in write_comparison(asked, tmp_path / "out")}
    table = list(csv.DictReader(io.StringIO(files["why.csv"].read_text("utf-8"))))
    assert len(table) == 2 * 3 * 3
    assert list(table[0]) == [
        *("structure", "policy", "against", "outcome", "year", "channel"),
        *("effect_p05", "effect_p50", "effect_p95", "carried_p05", "carried_p50", "carried_p95", "share", "members"),
    ]
    sheet = load_workbook(files["comparison.xlsx"])["Why"]
    assert sheet.max_row == 1 + len(table)
    column = [cell.value for cell in sheet[1]].index("Through") + 1
    told = {sheet.cell(row, column).value for row in range(2, sheet.max_row + 1)}
    assert told == {"what is gained", "money spent", "all together"}
    assert files["why.png"].read_bytes().startswith(b"\x89PNG")
    outputs = {entry["file"] for entry in json.loads(files["manifest.json"].read_text("utf-8"))["outputs"]}
    assert {"why.csv", "why.png"} <= outputs


def test_the_chart_has_a_panel_a_path_with_a_bar_a_channel_and_is_the_same_again(asked: Comparison) -> None:
    """Bars are medians; the whole effect is the dashed line."""
    labels, why = read_labels("en"), asked.why
    assert why is not None
    figure = why_figure(asked, why, labels)
    shown = [axis for axis in figure.axes if axis.get_visible()]
    assert [axis.get_title("left") for axis in shown] == ["Fast +1.90", "Slow -0.47", "Push +3.80"]
    for axis, more in zip(shown, (2.0, -0.5, 4.0), strict=True):
        widths = [patch.get_width() for patch in axis.patches]
        assert widths == pytest.approx([0.05 * 19.0 * more, 0.0, 0.05 * 19.0 * more], abs=1e-9)
    names = [label.get_text() for label in shown[0].get_yticklabels()]
    assert names == ["what is gained", "money spent", "all together"]
    assert why_chart(asked, why, labels) == why_chart(asked, why, labels)


CHANNELS = """
[[channel]]
name = "gain"
label = { en = "what is gained", id = "tambahan" }
role = "barrier"
variables = ["Gain"]
"""


def test_every_option_of_why_has_its_effect(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Rule: a flag that is parsed and does nothing is a lie to the user."""
    monkeypatch.chdir(tmp_path)
    common = ("people-first", "mandate", "--members", "4", "--structure", "skill", "--until", "2030")
    assert main(["compare", *common, "--why"]) == 0
    said = capsys.readouterr()
    assert "Why: what carries the effect of each path on Real use index in 2030" in " ".join(said.out.split())
    assert "why.csv" in said.err
    assert main(["compare", *common, "--against", "mandate", "--out", "against"]) == 0
    table = list(csv.DictReader(io.StringIO(Path("against/why.csv").read_text("utf-8"))))
    assert {(row["policy"], row["against"]) for row in table} == {("people-first", "mandate")}
    own = CHANNELS.replace("Gain", "HR capacity")
    Path("own.toml").write_text(own, encoding="utf-8")
    assert main(["compare", *common, "--channels", "own.toml", "--out", "own"]) == 0
    table = list(csv.DictReader(io.StringIO(Path("own/why.csv").read_text("utf-8"))))
    assert {row["channel"] for row in table} == {"gain", "all channels"}
    read = [entry["file"] for entry in json.loads(Path("own/manifest.json").read_text("utf-8"))["files"]]
    assert any(name.endswith("own.toml") for name in read)
    assert main(["compare", *common, "--against", "manate"]) == 1
    assert 'nearest: "mandate"' in capsys.readouterr().err
