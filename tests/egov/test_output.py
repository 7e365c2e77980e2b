"""Tables, pictures and files of a comparison: readable, complete, the same again, and honest."""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import math
import re
import string
import tomllib
from collections.abc import Iterator
from importlib import resources
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis.strategies import floats, integers, lists
from matplotlib.backends.backend_agg import FigureCanvasAgg
from openpyxl import load_workbook
from rich.console import Console
from small_region import HERE, THERE, USUAL, path, rival_benchmark, shipped_comparison, small_model

import egovsim
from egovsim import library
from egovsim.analysis.comparison.ranking import PathResult, rank_paths
from egovsim.analysis.measures import Lag, Spread
from egovsim.egov.barriers import BARRIERS
from egovsim.egov.charts import comparison_chart, comparison_figure, path_styles
from egovsim.egov.compare import compare
from egovsim.egov.comparison import Comparison
from egovsim.egov.comparison_files import write_comparison
from egovsim.egov.comparison_tables import comparison_report, lag_text
from egovsim.egov.labels import Labels, read_labels
from egovsim.egov.listing import shipped_sections
from egovsim.egov.meeting_chart import meeting_chart, meeting_figure, spread_out
from egovsim.egov.outcomes import SCALE
from egovsim.egov.ranking import main_paths, not_separable, ranking_criteria, rounded_share
from egovsim.egov.rival_tables import disagreements
from egovsim.egov.scenario_effects import ScenarioEffect
from egovsim.egov.sheet_tables import LEFT_OUT
from egovsim.egov.spreadsheet import comparison_workbook
from egovsim.errors import OutputError, UnknownNameError
from egovsim.model.inputs import PolicyPath, Scenario
from egovsim.output import check_writable

ROOT = Path(egovsim.__file__).parent.parent
WORDS = tomllib.loads(resources.files("egovsim.egov").joinpath("texts.toml").read_text("utf-8"))
BARRIER_NAMES = {barrier.name: barrier.label for barrier in BARRIERS}
TABLES = ("ranking.csv", "comparison.csv", "binding.csv", "barriers.csv", "gap.csv", "checks.csv", "evidence.csv")
OUTPUTS = {*TABLES, "comparison.xlsx", "comparison.png", "outcomes.png", "manifest.json"}
SMALL_OUTPUTS = OUTPUTS - {"binding.csv", "barriers.csv", "evidence.csv"}
"""A model without the barriers of the study, and evidence without figures."""


@pytest.fixture(scope="module", params=["en", "id"])
def labels(request: pytest.FixtureRequest) -> Labels:
    return read_labels(request.param)


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Comparison:
    """Two families, two scenarios and two structures of the small region."""
    worlds = [Scenario("reference", label={"en": "Reference", "id": "Acuan"}), Scenario("other")]
    paths = [USUAL, path("fast", Effort=3.0, Money=2.0), path("push", family="political", Effort=5.0)]
    return compare(
        small_model(tmp_path_factory.mktemp("small")),
        profile=HERE,
        benchmark=THERE,
        policies=paths,
        scenarios=worlds,
        members=20,
        evidence=rival_benchmark(),
    )


def printed(comparison: Comparison, labels: Labels, width: int) -> str:
    """Return the report as it leaves through a pipe."""
    console = Console(file=io.StringIO(), width=width)
    for part in comparison_report(comparison, labels, width=width):
        console.print(part)
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


def lines_of(lines: list[str], name: str) -> list[int]:
    """Return where rows of a table with a name begin, be it whole or wrapped at a word to the next line."""
    words, found = name.split(), []
    for number, line in enumerate(lines):
        for count in range(len(words), 0, -1):
            first, rest = " ".join(words[:count]), " ".join(words[count:])
            begin = re.match(rf"(?: *\d* +)?(?={re.escape(first)}( |$))", line)
            following = f"{lines[number + 1]} " if number + 1 < len(lines) else ""
            if begin and (not rest or following.startswith(" " * begin.end() + rest + " ")):
                found.append(number)
                break
    return found


# Words and numbers -------------------------------------------------------------------------------------------


def gaps(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


def test_every_text_exists_in_both_languages_with_the_same_gaps() -> None:
    """A missing gap would drop a figure for one language's readers only."""
    for entry in (*WORDS["texts"].values(), *WORDS["columns"].values(), *WORDS["caveats"]):
        assert set(entry) == {"en", "id"}
        assert gaps(entry["en"]) == gaps(entry["id"])


ASKED_BY_NAME = ("family ", "barrier ", "shipped ", "model ", "evidence ", "action ")
"""Texts whose keys are put together from a name."""


def test_every_text_is_used() -> None:
    sources = "".join(file.read_text("utf-8") for file in (Path(egovsim.__file__).parent).rglob("*.py"))
    for key in WORDS["texts"]:
        assert key in sources.replace("'", '"').split('"') or key.startswith(ASKED_BY_NAME), key


def test_numbers_are_written_as_each_language_does() -> None:
    english, indonesian = read_labels("en"), read_labels("id")
    assert (english.number(1234.5), indonesian.number(1234.5)) == ("1,234.50", "1.234,50")
    assert (english.signed(0.05), indonesian.signed(-1234.5, 1)) == ("+0.05", "-1.234,5")
    assert (english.signed(-0.001), english.number(-0.2, 0)) == ("0.00", "0")
    assert (english.percent(0.5), indonesian.percent(0.055, 1)) == ("50 %", "5,5 %")


@pytest.mark.parametrize(
    ("share", "members", "shown"),
    [
        (0.7734, 256, "75 %"),
        (1.0, 256, "100 %"),
        (0.996, 256, "> 95 %"),
        (0.974, 256, "95 %"),
        (0.004, 256, "< 5 %"),
        (0.0, 256, "0 %"),
        (0.7734, 100, "75 %"),
        (0.7734, 99, "80 %"),
        (0.7734, 24, "80 %"),
        (0.95, 24, "> 80 %"),
    ],
)
def test_share_of_members_is_no_finer_than_their_number(share: float, members: int, shown: str) -> None:
    """77.3 % of 256 draws from assumed ranges is 75 %; and none is said to be all."""
    assert read_labels("en").members_share(share, members) == shown


@given(members=integers(1, 100_000), counted=floats(0.0, 1.0))
def test_rounding_a_share_moves_it_by_its_sampling_error_at_most(members: int, counted: float) -> None:
    """Half a step is no more than one standard error of a half, until so few are left that a step is a fifth."""
    step = max(0.05, min(0.2, 2 * 0.5 / math.sqrt(members)))
    assert abs(rounded_share(counted, members) - counted) <= step / 2 + 1e-9


def test_money_is_written_to_two_figures() -> None:
    english = read_labels("en")
    shown = [english.two_figures(value) for value in (1236.0, -780.4, 46.8, 4.4, 0.0, 99.6, math.inf)]
    assert shown == ["1,200", "-780", "47", "4", "0", "100", "-"]


def test_lag_is_written_so_that_a_reader_knows_what_is_meant() -> None:
    english, indonesian = read_labels("en"), read_labels("id")
    assert lag_text(Lag(12.34, "exact"), indonesian) == "12,3"
    assert lag_text(Lag(42.0, "more than"), english) == "> 42"
    assert lag_text(Lag(float("nan"), "ahead"), english) == "ahead"
    assert lag_text(Lag(float("nan"), "ahead"), indonesian) == "unggul"


def test_unknown_language_is_named() -> None:
    with pytest.raises(UnknownNameError) as caught:
        read_labels("de")
    assert str(caught.value) == '"de" is not a language of egovsim; there are: "en", "id".'


def test_every_outcome_has_a_label_and_a_unit_in_both_languages(egov: egovsim.Model) -> None:
    for language in ("en", "id"):
        known = read_labels(language)
        for name in egov.groups["Outcomes"]:
            assert known.outcome(name), name
            assert name.casefold() in known.outcomes, name
            assert known.unit(name, egov[name].unit), name


# The printed report ------------------------------------------------------------------------------------------


@pytest.mark.parametrize("width", [80, 100, 120, 160])
def test_report_fits_the_width_and_truncates_nothing(labels: Labels, width: int) -> None:
    """Were it broken, a planner on a plain terminal or a pipe could not read the table."""
    comparison = shipped_comparison()
    text = printed(comparison, labels, width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    flat = " ".join(text.split())
    for caveat in labels.caveats_of(comparison):
        assert caveat in flat
    rankings = text.partition(labels.text("other structures"))[0].splitlines()
    for policy in comparison.policies:
        assert lines_of(rankings, labels.label(policy)), policy.name


@pytest.mark.parametrize("width", [80, 120, 160])
def test_every_path_stands_on_one_line_with_its_figures(labels: Labels, width: int) -> None:
    comparison = shipped_comparison()
    lines = printed(comparison, labels, width).splitlines()
    names = {policy.name: labels.label(policy) for policy in comparison.policies}
    for row in comparison.ranking:
        if row.rank is None:
            continue
        level = labels.number(row.levels["Real use index"].p50)
        own = [lines[number] for number in lines_of(lines, names[row.policy])]
        found = [line for line in own if re.match(rf" *{row.rank} ", line)]
        with_level = [line for line in found if level in line]
        assert len(with_level) == 1, row.policy
        assert labels.signed(row.changes["Real use index"].p50) in with_level[0]
        assert any(lag_text(row.lag, labels) in line for line in found)


def test_report_is_one_table_a_family_where_it_is_wide_and_two_or_three_where_it_is_not() -> None:
    english, comparison = read_labels("en"), shipped_comparison()
    for width, tables in ((80, 6), (100, 4), (160, 2)):
        rankings = printed(comparison, english, width).partition("\nchange: ")[0]
        assert len(re.findall("─{20}\n", rankings)) == tables


def test_report_says_how_members_were_accepted_and_what_the_scale_is(labels: Labels) -> None:
    comparison = shipped_comparison()
    text = " ".join(printed(comparison, labels, 80).split())
    tried = labels.number(comparison.tried, 0)
    accepted = {
        "en": f"24 members accepted of {tried} tried",
        "id": f"24 kombinasi parameter diterima dari {tried} yang",
    }
    assert text.startswith(accepted[labels.language])
    assert labels.structure(comparison.structure) in text
    assert "PermenPANRB 59/2020" in text
    assert labels.label(comparison.benchmark) in text
    assert labels.label(comparison.benchmark) != "Surabaya"  # the benchmark is not the city itself
    assert {"en": "Rp billion", "id": "Rp miliar"}[labels.language] in text
    for predicate in ("Baik", "Sangat Baik", "Memuaskan"):
        assert predicate in text


def test_families_are_never_mixed(small: Comparison) -> None:
    """Winning a political path has no price in the model; one table with both would mislead."""
    text = printed(small, read_labels("en"), 80).partition("\nchange: ")[0]
    places = [text.index(part) for part in ("Money paths", " Fast ", "Political paths", " Push ")]
    assert places == sorted(places)
    assert text.count("As usual") == 8  # heads both tables of both families in both scenarios


def ranked_by(comparison: Comparison, by: str) -> Comparison:
    """Return the comparison ranked by another outcome, under every structure."""
    criteria = ranking_criteria(by, comparison.time, comparison.start, comparison.discount)
    names = [policy.name for policy in comparison.policies]
    families = [policy.family for policy in comparison.policies]
    trajectories = {name: values[0] for name, values in comparison.trajectories.items()}
    rows = rank_paths("reference", names, families, trajectories, comparison.benchmark_trajectories, criteria)
    rivals = {name: ranked_by(rival, by) for name, rival in comparison.rivals.items()}
    return dataclasses.replace(comparison, by=by, ranking=rows, rivals=rivals)


@pytest.mark.parametrize("by", ["Citizen trust", "Paper maturity", "Cumulative citizen time saved"])
@pytest.mark.parametrize("width", [80, 100, 160])
def test_report_ranked_by_another_outcome_shows_it_and_fits(labels: Labels, by: str, width: int) -> None:
    """One more pair of columns must not squeeze the paths' names to letters."""
    comparison = shipped_comparison()
    ranked = ranked_by(comparison, by)
    text = printed(ranked, labels, width)
    assert labels.text("ranked", outcome=labels.outcome(by), year="2045") in " ".join(text.split())
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    for policy in comparison.policies:
        for word in labels.label(policy).split():
            assert re.search(rf"(^| ){re.escape(word)} ", text), policy.name
    best = next(row for row in ranked.ranking if row.rank == 1)
    assert labels.number(best.levels[by].p50) in text


def test_worth_of_barriers_is_told_under_every_structure_and_says_what_it_contains(labels: Labels) -> None:
    """The two figures of a barrier stand side by side, and the reader sees where one is large by definition."""
    comparison = shipped_comparison()
    report = printed(comparison, labels, 100).partition(labels.text("worth"))[2].partition(labels.text("binding"))[0]
    usual = comparison.policies[0].name
    for structure in comparison.structures:
        for row in structure.barriers:
            if row.policy == usual:
                name = BARRIER_NAMES[row.barrier][labels.language] + (" *" if row.is_part else "")
                cells = [
                    part
                    for change in (row.money, row.removal)
                    for part in (
                        labels.signed(change.p50),
                        f"{labels.signed(change.p05)} .. {labels.signed(change.p95)}",
                    )
                ]
                assert re.search(r"\s+".join(map(re.escape, [name, *cells])), report), (structure, row)
    joined = " ".join(report.split())
    assert f"* {labels.outcome('Real use index')} " in joined
    assert f"({BARRIER_NAMES['culture'][labels.language]})" in joined
    paths = {period.policy for structure in comparison.structures for period in structure.binding}
    assert set(comparison.barrier_frame()["policy"]) == paths


def test_money_that_cannot_be_spent_is_said(labels: Labels) -> None:
    comparison = shipped_comparison()
    text = " ".join(printed(comparison, labels, 80).split())
    sentence = labels.text("worth unspent", path="X", barrier="Y", amount="20", most="7").partition(":")[2][:20]
    assert sentence not in text
    rows = tuple(
        dataclasses.replace(row, spendable=7.25) if row.barrier == "hr" else row for row in comparison.barriers
    )
    text = " ".join(printed(dataclasses.replace(comparison, barriers=rows), labels, 80).split())
    usual = labels.label(comparison.policies[0])
    barrier = BARRIER_NAMES["hr"][labels.language]
    assert labels.text("worth unspent", path=usual, barrier=barrier, amount="20", most=labels.number(7.25, 1)) in text


def test_what_a_scenario_itself_changes_is_told(small: Comparison, labels: Labels) -> None:
    """Without it nobody sees whether a budget cut costs much or little, only that the order stays."""
    assert labels.text("scenario costs") not in printed(small, labels, 80)
    change = Spread(-0.31, -0.21, -0.11)
    effect = ScenarioEffect("other", "Real use index", Spread(2.0, 2.5, 3.0), change)
    told = dataclasses.replace(small, scenario_effects=(effect,))
    figures = [labels.number(2.5), labels.signed(-0.21), f"{labels.signed(-0.31)} .. {labels.signed(-0.11)}"]
    row = [labels.label(small.scenarios[1]), *figures]
    assert re.search(r".*\s+".join(map(re.escape, row)), printed(told, labels, 100))
    assert list(told.scenario_frame()["change_p50"]) == [-0.21]


def test_the_interval_stands_beside_the_outcome_that_ranks(labels: Labels) -> None:
    """Beside another's change it would be read as that one's."""
    comparison = shipped_comparison()
    for by, number in (("SPBE-like index", 0), ("Real use index", 1)):
        ranked = ranked_by(comparison, by)
        best = next(row for row in ranked.ranking if row.rank == 1)
        changes = [labels.signed(best.changes[name].p50) for name in ("SPBE-like index", "Real use index")]
        ends = best.changes[by]
        beside = rf"{re.escape(changes[number])}\s+{re.escape(labels.signed(ends.p05))} \.\. "
        assert re.search(beside, printed(ranked, labels, 160)), by


def test_members_left_out_are_said(small: Comparison) -> None:
    broken = dataclasses.replace(small, failures=('member 3 fails under "fast" in 2030 through "Level"',))
    text = " ".join(printed(broken, read_labels("en"), 80).split())
    assert '1 accepted members are left out, because a run of theirs failed: member 3 fails under "fast"' in text


def test_long_labels_of_a_user_wrap_at_words(small: Comparison) -> None:
    label = "A path with a name that somebody thought about for a long time"
    paths = tuple(
        dataclasses.replace(policy, label={"en": label}) if policy.name == "fast" else policy
        for policy in small.policies
    )
    text = printed(dataclasses.replace(small, policies=tuple(paths)), read_labels("en"), 80)
    assert max(map(len, text.splitlines())) <= 80
    for word in label.split():
        assert re.search(rf"\b{word}\b", text), word


def ranked_with(small: Comparison, *shares: float | None) -> list[PathResult]:
    """Return a family's ranking in which each path stands before the next in so many of the members."""
    usual, first, *_ = small.ranking
    places = [dataclasses.replace(first, rank=rank, ahead_share=share) for rank, share in enumerate(shares, start=1)]
    return [usual, *places]


def test_neighbours_that_change_places_too_often_are_not_separable(small: Comparison) -> None:
    """The bar is met as it is printed: 0.88 of 256 members is 90 %."""
    assert not_separable(ranked_with(small, 0.95, 0.91, 0.9, None), 256) == []
    assert not_separable(ranked_with(small, 0.95, 0.6, 0.7, 0.99, 0.5, None), 256) == [(2, 4), (5, 6)]
    assert not_separable(ranked_with(small, 0.88, 0.87, None), 256) == [(2, 3)]


def test_report_says_which_ranks_are_not_separable(labels: Labels) -> None:
    comparison = shipped_comparison()
    text = " ".join(printed(comparison, labels, 100).split())
    for family in comparison.families:
        rows = [row for row in comparison.ranking if row.family == family]
        for first, last in not_separable(rows, comparison.complete):
            assert labels.text("ranks", first=first, last=last) in text
    assert labels.text("not separable", groups="", bar=labels.percent(0.9)).partition("{")[0].split(":")[0] in text


def test_nothing_that_is_printed_or_written_is_called_a_chance(labels: Labels, tmp_path: Path) -> None:
    """A share of draws from assumed ranges is no probability of what will come."""
    comparison = shipped_comparison()
    text = printed(comparison, labels, 100)
    denied = {"en": "not chances", "id": "bukan peluang"}[labels.language]
    assert denied in " ".join(text.split())
    assert len(re.findall(r"\bchances?\b|\bprobab|\bpeluang\b", text)) == 1
    assert not [head for head in comparison.ranking_frame().columns if "chance" in head]
    assert "Rank holds" not in text


def test_predicates_are_counted_in_members(labels: Labels) -> None:
    comparison = shipped_comparison()
    text = printed(comparison, labels, 160)
    for row in comparison.ranking:
        counts = [round(share * 24) for (_, year), share in row.shares_reaching.items() if year == 2045.0]
        assert "/".join(map(str, counts)) in text


# What stands under the rankings -------------------------------------------------------------------------------


@pytest.mark.parametrize(("width", "tables"), [(60, 2), (100, 1)])
def test_four_structures_stand_side_by_side(labels: Labels, width: int, tables: int) -> None:
    """Without them a planner would report an order that another reading of the same evidence turns round."""
    comparison = shipped_comparison()
    assert len(comparison.structures) == 4
    text = printed(comparison, labels, width).partition(f"\n{labels.text('other structures')}\n")[2]
    text = text.partition(f"\n{labels.text('worth')}\n")[0]
    assert len(re.findall("─{20}\n", text)) == tables
    assert max(map(len, text.splitlines())) <= width
    names = {policy.name: labels.label(policy) for policy in comparison.policies}
    rows = [
        {row.policy: row for row in structure.ranking if row.rank is not None} for structure in comparison.structures
    ]
    for policy in rows[0]:
        lines = text.splitlines()
        found_lines = [lines[number] for number in lines_of(lines, names[policy])]
        cells = " ".join(line.partition("  ")[2] for line in found_lines).split()  # sentences have no second space
        expected = [
            cell
            for found in rows
            for cell in (str(found[policy].rank), labels.signed(found[policy].changes["Real use index"].p50))
        ]
        assert cells == expected, policy


def test_disagreement_on_the_first_path_is_said_and_agreement_is_not(small: Comparison) -> None:
    english = read_labels("en")
    rival = small.rivals["harms"]
    assert list(disagreements(small, "reference", english)) == []
    slow = dataclasses.replace(rival.ranking[1], policy="usual")
    turned = dataclasses.replace(rival, ranking=(slow, *rival.ranking[2:]))
    assert list(disagreements(dataclasses.replace(small, rivals={"harms": turned}), "reference", english)) == [
        "Money paths: which path comes first depends on the structure: Fast (Effort helps); As usual (Effort harms). "
        "Do not report any of them as the first."
    ]


def test_barrier_that_binds_is_printed_for_each_path_and_term(labels: Labels) -> None:
    """A planner must see that the barrier changes as time goes by, and with the structure."""
    comparison = shipped_comparison()
    lines = printed(comparison, labels, 100).partition(labels.text("binding"))[2].splitlines()
    names = {policy.name: labels.label(policy) for policy in comparison.policies}
    place = 0
    for structure in comparison.structures:
        place = next(number for number in lines_of(lines, labels.structure(structure.structure)) if number > place)
        for policy in dict.fromkeys(period.policy for period in structure.binding):
            place = next(number for number in lines_of(lines, names[policy]) if number > place)
            line = lines[place]
            for period in structure.binding:
                if period.policy == policy:
                    name, share = max(period.best.items(), key=lambda item: item[1])
                    assert f"{labels.text(f'barrier {name}')} {labels.members_share(share, structure.complete)}" in line


def test_swap_table_stands_beside_the_benchmark_with_the_largest_items_and_all(labels: Labels) -> None:
    comparison = shipped_comparison()
    text = printed(comparison, labels, 80)
    part = text.partition(f"\n{labels.label(comparison.benchmark)}\n")[2]
    shown = [labels.outcome(item.items[0]) for item in comparison.gap_items[:5]]
    places = [part.index(f"\n{name} ") for name in shown]
    assert places == sorted(places)
    assert re.search(rf"{labels.text('all items')} +100 % +100 % +100 % +100 %", part)
    level = np.quantile(comparison.benchmark_trajectories["SPBE-like index"][:, -1], (0.5, 0.05, 0.95))
    middle, low, high = map(labels.number, level.tolist())
    assert labels.text("with range", middle=middle, low=low, high=high) in " ".join(part.split())


PAGES = tuple((ROOT / "docs").glob("*.md"))
LATENT = r"HR|human resource|skill|securit|cultur|SDM|keterampilan|keamanan|budaya"


def everything_said(tmp_path: Path) -> Iterator[tuple[str, str]]:
    """Yield every text that a reader is given: screen, files, sheets, pages."""
    whole = shipped_comparison()
    comparison = dataclasses.replace(whole, outcomes={"SPBE-like index": "dmnl"}, rivals={})  # the words are the same
    for language in ("en", "id"):
        yield f"screen, {language}", printed(whole, read_labels(language), 100)
        write_comparison(comparison, tmp_path / language, language=language)
        for name in TABLES:
            yield name, (tmp_path / language / name).read_text("utf-8")
        book = load_workbook(tmp_path / language / "comparison.xlsx", read_only=True)
        for sheet in book:
            yield sheet.title, "\n".join(str(cell) for row in sheet.iter_rows(values_only=True) for cell in row if cell)
    for page in (*PAGES, ROOT / "README.md", *library.root().rglob("*.toml"), *library.root().glob("*.xmile")):
        if page.is_file():
            yield page.name, page.read_text("utf-8")


def test_nothing_latent_is_said_to_be_calibrated(tmp_path: Path) -> None:
    """Skill, security and culture have no local series; a reader must not be told that they were fitted to one."""
    for where, text in everything_said(tmp_path):
        for found in re.finditer(r"calibrat|kalibrasi", text, flags=re.IGNORECASE):
            around = text[max(0, found.start() - 200) : found.end() + 200]
            denied = re.search(r"\b(not|never|no|nothing|bukan|tidak|tanpa)\b", around, flags=re.IGNORECASE)
            assert denied or not re.search(LATENT, around, flags=re.IGNORECASE), f"{where}: {around}"


def test_scale_of_the_index_stands_by_each_of_its_figures(labels: Labels, tmp_path: Path) -> None:
    """The official scale ended with 2025: a figure of 2045 on it must say what it is."""
    comparison = shipped_comparison()
    assert read_labels("en").text("scale") == SCALE
    assert labels.text("scale") in " ".join(printed(comparison, labels, 80).split())
    frames = comparison.ranking_frame(), comparison.to_frame(), comparison.gap_frame()
    for frame in frames:
        rows = frame[frame["outcome"] == "SPBE-like index"] if "outcome" in frame else frame
        assert set(rows["note"]) == {SCALE}
    words = " ".join(" ".join(text.get_text() for text in comparison_figure(comparison, labels).texts).split())
    assert labels.text("scale") in words


def test_benchmark_is_never_called_by_the_citys_bare_name(labels: Labels) -> None:
    """The line in the tables is a simulated place."""
    comparison = shipped_comparison()
    names = {"en": "Surabaya-like (stylised)", "id": "Setara Surabaya (disederhanakan)"}
    assert labels.label(comparison.benchmark) == names[labels.language]
    for frame in (comparison.ranking_frame(), comparison.to_frame(), comparison.gap_frame()):
        assert set(frame["benchmark"]) == {"Surabaya-like (stylised)"}


def test_every_figure_behind_a_check_is_given_with_grade_and_source() -> None:
    """What the benchmark rests on must be one step away from it."""
    comparison = shipped_comparison()
    figures = comparison.figures_frame()
    keys = set(figures.place + "/" + figures.indicator + "/" + figures.year)
    assert keys == {key for diagnostic in comparison.evidence for key in diagnostic.check.evidence}
    assert set(figures.grade) <= {"A", "B"}
    assert figures.source_url.str.startswith("http").all()
    assert (figures.check != "").all()


# Pictures ----------------------------------------------------------------------------------------------------


def test_every_line_of_the_picture_can_be_told_apart() -> None:
    """Were two lines alike, the reader would take one path's future for another's."""
    policies = shipped_comparison().policies
    styles = path_styles(policies)
    looks = {(style.colour, str(style.dashes), style.marker) for style in styles.values()}
    assert len(looks) == len(policies)
    for policy in policies[1:]:
        assert (styles[policy.name].dashes == "-") == (policy.family == "money"), policy.name


def test_many_paths_of_ones_own_can_be_told_apart_too() -> None:
    policies = tuple(PolicyPath(f"p{i}", family="own") for i in range(40))
    styles = path_styles(policies)
    assert len({(style.colour, style.marker) for style in styles.values()}) == 40


def test_picture_has_a_panel_an_outcome_with_band_lines_rule_and_units(small: Comparison) -> None:
    english = read_labels("en")
    figure = comparison_figure(small, english)
    panels = [axis for axis in figure.axes if axis.get_visible()]
    titles = {" ".join(axis.get_title(loc="left").split()) for axis in panels}
    assert titles == {english.outcome(name) for name in small.outcomes}
    for axis in panels:
        names = {line.get_gid() for line in axis.lines if line.get_gid()}
        assert names == {policy.name for policy in small.policies}
        assert len(axis.collections) == 1
        rules = [line for line in axis.lines if set(line.get_xdata()) == {2026.0}]
        assert len(rules) == 1
    spending = next(axis for axis in panels if axis.get_title(loc="left") == english.outcome("Cumulative spending"))
    assert english.unit("Cumulative spending", "billion rupiah") in spending.get_ylabel()
    words = " ".join(" ".join(text.get_text() for text in figure.texts).split())
    assert english.text("scale") in words
    assert english.text("latent") in words


def test_titles_of_panels_are_not_cut(labels: Labels) -> None:
    """A long Indonesian label must wrap, or the picture's edge swallows half of it."""
    figure = comparison_figure(shipped_comparison(), labels)
    FigureCanvasAgg(figure).draw()
    edge = figure.bbox.x1
    for axis in figure.axes:
        for text in (axis.title, axis._left_title, axis.yaxis.label):
            assert text.get_window_extent().x1 <= edge, text.get_text()
            assert text.get_window_extent().x0 >= 0.0, text.get_text()
    for text in figure.texts:
        assert text.get_window_extent().x1 <= edge, text.get_text()


def test_lines_show_the_medians(small: Comparison) -> None:
    figure = comparison_figure(small, read_labels("en"), scenario=1)
    title = read_labels("en").outcome("Real use index")
    axis = next(axis for axis in figure.axes if axis.get_title(loc="left") == title)
    line = next(line for line in axis.lines if line.get_gid() == "fast")
    expected = np.median(small.trajectories["Real use index"][1, 1], axis=0)
    years = small.time >= line.get_xdata()[0]
    assert np.asarray(line.get_ydata()) == pytest.approx(expected[years])
    assert line.get_xdata()[0] == 2026.0


def test_picture_is_the_same_again(small: Comparison, labels: Labels) -> None:
    first = comparison_chart(small, labels)
    assert first.startswith(b"\x89PNG")
    assert comparison_chart(small, labels) == first


def test_meeting_page_shows_two_outcomes_with_predicates_and_the_few_paths_that_matter(small: Comparison) -> None:
    """Fourteen lines in sixteen panels are nothing to decide on."""
    english = read_labels("en")
    figure = meeting_figure(small, english)
    assert [axis.get_title(loc="left").partition(",")[0] for axis in figure.axes] == [
        english.outcome("Real use index"), english.outcome("SPBE-like index")
    ]  # fmt: skip
    for axis in figure.axes:
        lines = {str(line.get_gid()) for line in axis.lines}
        assert {"usual", "fast", "push"} <= lines
        assert len(axis.collections) == 2  # the benchmark's band, and that of the path that the page is about
    limits = [line.get_ydata()[0] for line in figure.axes[1].lines if str(line.get_gid()).startswith("predicate")]
    assert limits == [2.6, 3.5, 4.2]
    assert not [line for line in figure.axes[0].lines if str(line.get_gid()).startswith("predicate")]


def test_meeting_page_is_about_ones_own_path_where_there_is_one(small: Comparison) -> None:
    mine = dataclasses.replace(small.policies[2], family="own")
    rows = tuple(dataclasses.replace(row, family="own") if row.family == "political" else row for row in small.ranking)
    own = dataclasses.replace(small, policies=(*small.policies[:2], mine), ranking=rows)
    assert [policy.name for policy in main_paths(own, "reference")] == ["push", "fast", "usual"]
    words = " ".join(" ".join(text.get_text() for text in meeting_figure(own, read_labels("en")).texts).split())
    assert "Coloured band: 5 to 95 % of Push" in words


def test_names_at_line_ends_do_not_overlap_and_are_not_cut(labels: Labels) -> None:
    figure = meeting_figure(shipped_comparison(), labels)
    FigureCanvasAgg(figure).draw()
    edges = figure.axes[1].bbox.x0, figure.bbox.x1
    for axis, edge in zip(figure.axes, edges, strict=True):
        boxes = [text.get_window_extent() for text in axis.texts if "  " in text.get_text()]
        assert len(boxes) == 4
        assert max(box.x1 for box in boxes) < edge
        ends = sorted((box.y0, box.y1) for box in boxes)
        assert all(below[1] <= above[0] for below, above in pairwise(ends))
    assert max(text.get_window_extent().x1 for text in figure.texts) <= figure.bbox.x1


@given(values=lists(floats(1.0, 5.0), min_size=1, max_size=8), gap=floats(0.01, 0.5))
def test_names_keep_their_distance_and_their_order(values: list[float], gap: float) -> None:
    """A name that passes another would be taken for that line's."""
    places = spread_out(values, gap)
    order = sorted(range(len(values)), key=lambda number: (values[number], places[number]))
    assert all(places[above] - places[below] >= gap - 1e-9 for below, above in pairwise(order))
    assert sum(places) == pytest.approx(sum(values))
    if all(values[above] - values[below] >= gap + 1e-9 for below, above in pairwise(order)):
        assert places == pytest.approx(values)


def test_meeting_page_is_the_same_again(small: Comparison, labels: Labels) -> None:
    assert meeting_chart(small, labels) == meeting_chart(small, labels)


# The spreadsheet ---------------------------------------------------------------------------------------------


def test_spreadsheet_holds_what_the_tables_hold(small: Comparison, labels: Labels) -> None:
    book = load_workbook(io.BytesIO(comparison_workbook(small, labels)))
    about, years = labels.text("sheet about"), labels.text("sheet years")
    tables = [labels.text("sheet ranking"), labels.outcome("Real use index"), labels.outcome("SPBE-like index"), years]
    tables += [labels.text("sheet gap"), labels.text("sheet checks")]
    assert book.sheetnames == [labels.text("sheet answer"), *tables, about]
    head, *rows = book[years].iter_rows(values_only=True)
    assert len(rows) == len(small.scenarios) * len(small.outcomes) * len(small.time)
    frame = small.yearly_frame()
    for policy in small.policies:
        column = [row[head.index(labels.label(policy))] for row in rows]
        assert column == pytest.approx(frame[frame["policy"] == policy.name]["p50"].tolist(), rel=1e-8), policy.name
    for name in tables:
        assert re.fullmatch("[A-F]2", str(book[name].freeze_panes)), name
        assert book[name].auto_filter.ref.startswith("A1:"), name
    cells = [str(row[1]) for row in book[about].iter_rows(values_only=True)]
    for caveat in labels.caveats_of(small):
        assert caveat in cells
    for structure in small.structures:
        assert labels.members_sentence(structure) in cells


def test_spreadsheet_is_the_same_again(small: Comparison) -> None:
    english = read_labels("en")
    assert comparison_workbook(small, english) == comparison_workbook(small, english)


def test_spreadsheet_leaves_what_is_not_a_number_empty(small: Comparison) -> None:
    english = read_labels("en")
    sheet = load_workbook(io.BytesIO(comparison_workbook(small, english)))["Ranking"]
    head, usual, *_ = sheet.iter_rows(values_only=True)
    assert usual[head.index("Rank")] is None
    assert all(
        cell not in ("nan", "inf", "#DIV/0!", "#NUM!") for row in sheet.iter_rows(values_only=True) for cell in row
    )


def test_first_sheet_says_what_was_asked_and_answered_with_a_chart_of_each_main_outcome(labels: Labels) -> None:
    """Who opens the file must not have to look for the answer."""
    comparison = shipped_comparison()
    book = load_workbook(io.BytesIO(comparison_workbook(comparison, labels)))
    sheet = book.worksheets[0]
    assert book.active is sheet
    cells = [cell for row in sheet.iter_rows(values_only=True) for cell in row if cell is not None]
    assert str(cells[0]).startswith(labels.label(comparison.profile))
    for sentence in disagreements(comparison, "reference", labels):
        assert sentence in cells
    rows = {row[1]: row for row in sheet.iter_rows(values_only=True)}
    names = {policy.name: labels.label(policy) for policy in comparison.policies}
    for row in comparison.ranking:
        if row.rank is not None:
            found = rows[names[row.policy]]
            assert found[0] == row.rank
            assert found[4:8] == pytest.approx(
                [row.levels["Real use index"].p50, *(getattr(row.changes["Real use index"], q) for q in PERCENTILES)],
                rel=1e-12,
            )
    assert len(sheet._charts) == 2
    for chart, outcome in zip(sheet._charts, ("Real use index", "SPBE-like index"), strict=True):
        lines = [series.val if hasattr(series, "val") and series.val else series.yVal for series in chart.series]
        assert all(f"'{labels.outcome(outcome)}'!" in line.numRef.f for line in lines)
        assert len(lines) == len(main_paths(comparison, "reference")) + 1


PERCENTILES = ("p50", "p05", "p95")


def test_sheets_are_in_words_with_formats_and_widths_that_show_them(labels: Labels) -> None:
    """No name of a program, no long row of decimals, no cut number."""
    book = load_workbook(io.BytesIO(comparison_workbook(shipped_comparison(), labels)))
    for sheet in book.worksheets[1:-1]:
        for column in sheet.iter_cols():
            head, *cells = column
            assert "_" not in str(head.value), (sheet.title, head.value)
            width = next(size.width for size in sheet.column_dimensions.values() if size.min <= head.column <= size.max)
            assert width >= max(map(len, str(head.value).split())), (sheet.title, head.value)
            numbers = [cell for cell in cells if isinstance(cell.value, float) and not cell.value.is_integer()]
            assert all(cell.number_format != "General" for cell in numbers), (sheet.title, head.value)


def test_small_figures_keep_their_digits_and_shares_of_members_do_not() -> None:
    """A bound of 0.025 shown as 0.03 would be another bound; 62.5 % of 24 members is 60 %."""
    book = load_workbook(io.BytesIO(comparison_workbook(shipped_comparison(), read_labels("en"))))
    head, first, *_ = book["Checks"].iter_rows()
    cells = dict(zip([cell.value for cell in head], first, strict=True))
    assert (cells["At most"].value, cells["At most"].number_format) == (0.025, "0.000")
    binding = book["Binding barriers"]
    heads = [cell.value for cell in next(binding.iter_rows())]
    place = heads.index("Members in which it helps most")
    shares = {row[place] for row in binding.iter_rows(min_row=2, values_only=True)}
    assert shares <= {0.0, 0.2, 0.4, 0.6, 0.8, 1.0}


def test_every_column_of_the_sheets_has_words_in_both_languages() -> None:
    """A head that is missing would stand there as the program's name."""
    comparison = shipped_comparison()
    frames = (
        comparison.binding_frame(), comparison.gap_frame(), comparison.evidence_frame(), comparison.figures_frame()
    )  # fmt: skip
    heads = {str(name) for frame in frames for name in frame.columns} - set(LEFT_OUT)
    heads = {re.sub(r"_p(05|50|95)$", "", head) for head in heads}
    assert heads - set(WORDS["columns"]) == set()


# Files -------------------------------------------------------------------------------------------------------


OTHER_PICTURES = {"comparison-other.png", "outcomes-other.png"}


def test_all_outputs_are_written_and_others_are_left_alone(small: Comparison, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "out"
    folder.mkdir(parents=True)
    (folder / "my notes.txt").write_text("keep", encoding="utf-8")
    paths = write_comparison(small, folder)
    assert {file.name for file in paths} == SMALL_OUTPUTS | OTHER_PICTURES
    assert {file.name for file in folder.iterdir()} == SMALL_OUTPUTS | OTHER_PICTURES | {"my notes.txt"}
    assert (folder / "my notes.txt").read_text(encoding="utf-8") == "keep"


def test_same_comparison_gives_the_same_bytes(small: Comparison, tmp_path: Path) -> None:
    first, second = (write_comparison(small, tmp_path / name) for name in ("a", "b"))
    for one, other in zip(first, second, strict=True):
        if one.name != "manifest.json":
            assert one.read_bytes() == other.read_bytes(), one.name
    manifests = [json.loads((tmp_path / name / "manifest.json").read_text("utf-8")) for name in ("a", "b")]
    for manifest in manifests:
        del manifest["written"]
    assert manifests[0] == manifests[1]


def test_tables_keep_the_models_names_in_any_language(small: Comparison, tmp_path: Path) -> None:
    """A script that reads the tables must not break when a colleague writes Indonesian."""
    english = write_comparison(small, tmp_path / "en", language="en")
    indonesian = write_comparison(small, tmp_path / "id", language="id")
    for one, other in zip(english[:4], indonesian[:4], strict=True):
        assert one.suffix == ".csv"
        assert one.read_bytes() == other.read_bytes()
    head = english[1].read_text("utf-8").splitlines()[0]
    assert head == (
        "structure,scenario,policy,outcome,unit,year,p05,p50,p95,benchmark,benchmark_p05,benchmark_p50,benchmark_p95,note"
    )


def test_manifest_lets_another_repeat_the_comparison(tmp_path: Path) -> None:
    """Every file that was read, by what the user typed or the library's name, with its hash; nobody's home."""
    comparison = shipped_comparison()
    write_comparison(comparison, tmp_path, options={"members": 24, "by": comparison.by})
    text = (tmp_path / "manifest.json").read_text("utf-8")
    manifest = json.loads(text)
    hashes = {record["file"]: record["sha256"] for record in manifest["files"]}
    needed = {
        "egov.xmile", "evidence/checks.toml", "evidence/ranges.toml", "profiles/south-sumatra.toml",
        "profiles/surabaya.toml", "profiles/indonesia.toml", "policies/people-first.toml",
        "scenarios/reference.toml", "benchmark/skill-0.json", "benchmark/interest-0.json",
    }  # fmt: skip
    assert needed <= set(hashes)
    root = library.root()
    for label in needed:
        content = (root / label).read_bytes()
        assert hashes[label] == hashlib.sha256(content).hexdigest(), label
    assert str(root) not in text
    assert str(Path.home()) not in text
    assert (manifest["seed"], manifest["options"]) == (0, {"members": 24, "by": "Real use index"})
    assert manifest["results"] == {
        structure.structure.name: {"accepted": 24, "tried": structure.tried} for structure in comparison.structures
    }
    assert {"egovsim", "python", "numpy", "llvmlite"} <= set(manifest["versions"])
    written = {record["file"]: record["sha256"] for record in manifest["outputs"]}
    for name in OUTPUTS - {"manifest.json"}:
        assert written[name] == hashlib.sha256((tmp_path / name).read_bytes()).hexdigest()


def test_folder_that_cannot_be_written_is_named(small: Comparison, tmp_path: Path) -> None:
    file = tmp_path / "taken"
    file.write_text("mine", encoding="utf-8")
    with pytest.raises(OutputError) as caught:
        check_writable(file)
    assert str(caught.value) == f"{file}: this is a file, not a folder; choose another name for the output."
    below = file / "deeper"
    with pytest.raises(OutputError) as caught:
        write_comparison(small, below)
    assert str(caught.value) == f"{below}: cannot be written to (Not a directory); choose another folder with --out."
    assert file.read_text(encoding="utf-8") == "mine"


def test_looking_whether_a_folder_can_be_written_leaves_nothing(tmp_path: Path) -> None:
    check_writable(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []


def test_failure_half_way_leaves_no_half_written_output(
    small: Comparison, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Old results must survive a failed attempt whole, and no new file may stand beside them."""
    write_comparison(small, tmp_path)
    before = {file.name: file.read_bytes() for file in tmp_path.iterdir()}
    genuine, count = Path.write_bytes, 0

    def full_disk(self: Path, data: bytes) -> int:
        nonlocal count
        count += 1
        if count == 3:
            raise OSError(28, "No space left on device")
        return genuine(self, data)

    monkeypatch.setattr(Path, "write_bytes", full_disk)
    with pytest.raises(OutputError, match="No space left on device"):
        write_comparison(dataclasses.replace(small, discount=0.99), tmp_path)
    monkeypatch.undo()
    assert {file.name: file.read_bytes() for file in tmp_path.iterdir()} == before


# Listing -----------------------------------------------------------------------------------------------------


def test_listing_shows_everything_that_is_shipped_with_a_label(labels: Labels) -> None:
    sections = dict(shipped_sections(None, labels))
    kinds = ("models", "profiles", "policies", "scenarios", "evidence", "matches")
    assert list(sections) == [labels.text(f"shipped {kind}") for kind in kinds]
    shown = dict(zip(kinds, sections.values(), strict=True))
    accepted = {name: note for name, _, note in shown["matches"]}
    words = {"en": "accepted members of structure", "id": "kombinasi parameter yang diterima, struktur"}
    number = {"en": "seed 0", "id": "benih acak 0"}
    assert re.fullmatch(rf'[\d,.]+ {words[labels.language]} "skill", {number[labels.language]}', accepted["skill-0"])
    for kind in ("profiles", "policies", "scenarios"):
        assert all(label and note for _, label, note in shown[kind]), kind
    assert [name for name, _, _ in shown["models"]] == ["capacity", "egov"]


@pytest.mark.parametrize("kind", ["policies", "scenarios"])
def test_notes_of_paths_and_scenarios_are_in_the_readers_language(kind: str) -> None:
    """An office reads them in its own language, or not at all."""
    english, indonesian = (dict(shipped_sections(kind, read_labels(language))) for language in ("en", "id"))
    for (name, label, note), (_, own_label, own_note) in zip(
        *(rows for sections in (english, indonesian) for rows in sections.values()), strict=True
    ):
        assert own_label != label, name
        assert own_note != note, name


def test_listing_of_an_unknown_kind_names_the_kinds() -> None:
    with pytest.raises(UnknownNameError) as caught:
        list(shipped_sections("policy", read_labels("en")))
    assert str(caught.value) == '"policy" is not a kind of shipped file; nearest: "policies".'
