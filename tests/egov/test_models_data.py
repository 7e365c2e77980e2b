"""The shipped data beside the model: profiles, policies, scenarios, checks, labels; and that they fit each other."""

from __future__ import annotations

import csv
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

import numpy as np
import pytest

import egovsim
from egovsim import library
from egovsim.analysis.history_matching.evidence_files import read_benchmark, read_evidence
from egovsim.names import canonical

MODEL = egovsim.read_model("egov")
FOLDER = library.find("model", "egov").parent
KEYS = {figure.key: figure.grade for figure in read_evidence()}
PROFILES, POLICIES, SCENARIOS = (library.names(kind) for kind in ("profile", "policy", "scenario"))
GROUPS = MODEL.groups


def table(*parts: str) -> dict[str, Any]:
    return tomllib.loads(FOLDER.joinpath(*parts).read_text(encoding="utf-8"))


def cited(value: object) -> Iterator[tuple[str, str]]:
    """Yield every ``source`` and ``assumption`` anywhere in a table."""
    if isinstance(value, Mapping):
        for key, inside in value.items():
            if key in ("source", "assumption"):
                yield key, inside
            else:
                yield from cited(inside)


FILES = [
    *(("profiles", f"{name}.toml") for name in PROFILES),
    *(("policies", f"{name}.toml") for name in POLICIES),
    *(("scenarios", f"{name}.toml") for name in SCENARIOS),
]


@pytest.mark.parametrize("parts", FILES, ids=lambda parts: parts[1])
def test_every_citation_exists_and_every_assumption_says_why(parts: tuple[str, str]) -> None:
    """A number from an unverified figure, or from nowhere, must not slip in through a profile or a scenario."""
    for kind, said in cited(table(*parts)):
        if kind == "source":
            assert KEYS.get(said) in ("A", "B"), said
        else:
            assert len(said.split()) >= 3, said


@pytest.mark.parametrize("name", PROFILES)
def test_profile_says_where_each_of_its_values_is_from(name: str) -> None:
    """Paths that make most of the distance between the places are guesses, and must be marked so."""
    read = table("profiles", f"{name}.toml")
    for section in ("constants", "ranges", "levers", "published"):
        for variable, value in read.get(section, {}).items():
            assert isinstance(value, Mapping), variable
            assert len(set(value) & {"source", "assumption"}) == 1, f"{variable}: one of source and assumption"


@pytest.mark.parametrize("name", PROFILES)
def test_a_cited_number_is_the_published_one_or_a_note_says_how_it_follows(name: str) -> None:
    """A key that leads to another number than the one used would lend a guess the look of a fact."""
    published = {figure.key: figure.value for figure in read_evidence()}
    read = table("profiles", f"{name}.toml")
    for section in ("constants", "published"):
        for variable, entry in read.get(section, {}).items():
            if "source" in entry and "note" not in entry:
                scaled = [published[entry["source"]] * factor for factor in (1.0, 0.01, 1000.0)]
                assert any(entry["value"] == pytest.approx(value, rel=1e-9) for value in scaled), variable


@pytest.mark.parametrize("name", [name for name in PROFILES if egovsim.read_profile(name).covers == "all"])
def test_the_multipliers_of_guessed_histories_are_sampled(name: str) -> None:
    """Mandate, leadership and documents make most of the distance between the places: their sizes must be open."""
    profile = egovsim.read_profile(name)
    shared = {drawn.name: drawn for drawn in read_benchmark().ranges}
    sampled = shared | {drawn.name: drawn for drawn in profile.ranges}
    assert set(profile.multipliers) == {"Mandate scope", "Champion leadership", "Document target", "Access share"}
    for lever, multiplier in profile.multipliers.items():
        drawn = sampled[multiplier]
        assert drawn.low < 1.0 <= drawn.high, "the history as it is written must be possible"
        assert drawn.low * max(profile.levers[lever].values) <= 1.0, lever


@pytest.mark.parametrize("name", PROFILES)
def test_profile_fits_the_model_and_ends_with_2025(name: str) -> None:
    """A history that reached past 2025 would be overwritten by a path, or overwrite it."""
    profile = egovsim.read_profile(name)
    assert all(max(series.times) < 2026.0 for series in profile.levers.values())
    assert all(series.times[0] == 2003.0 for series in profile.levers.values())
    for instant in (time for series in profile.levers.values() for time in series.times):
        assert (instant / MODEL.clock.time_step) % 1.0 == 0.0, "an event between two steps is seen early or late"
    for drawn in profile.ranges:
        bounds = MODEL[drawn.name].bounds
        assert bounds.low is not None
        assert bounds.high is not None
        assert bounds.low <= drawn.low < drawn.high <= bounds.high, drawn.name


def test_the_families_of_paths_are_complete() -> None:
    """Money paths share one total and are ranked; what political paths need first cannot be bought: ranked apart."""
    paths = [egovsim.read_policy(name) for name in POLICIES]
    families = {family: {path.name for path in paths if path.family == family} for family in ("money", "political")}
    items = ("people", "security", "access", "culture", "infrastructure", "services")
    money = {"business-as-usual", "balanced", "staged", "consolidation", "learning-from-surabaya"}
    assert families["money"] == {*money, "people-first-same-places", *(f"{item}-first" for item in items)}
    sequence = {"mandate", "champion", "sharing-reform", "documents-only", "surabaya-sequence", "digital-recruitment"}
    assert families["political"] == sequence
    assert [path.name for path in paths if path.baseline] == ["business-as-usual"]


BOUGHT = {"Training places", "Consolidation target", "Learning from a reference"}
"""What money paths may change beside the division of the money: its price is paid from the same total."""


def test_money_paths_divide_the_same_total_and_touch_no_political_lever() -> None:
    """Else a path could win because it was given more, or because its leader was better."""
    division = {name for name in GROUPS["Budget shares"] if name.endswith(("share", "priority"))}
    years = np.arange(2026.0, 2045.0)
    for path in map(egovsim.read_policy, POLICIES):
        if path.family != "money" or path.baseline:
            continue
        assert set(path.levers) - division <= BOUGHT, path.name
        shares = [name for name in path.levers if name.endswith("share")]
        assert len(shares) in (0, 6), path.name
        if shares:
            np.testing.assert_allclose(sum(path.levers[name].at(years) for name in shares), 1.0, atol=1e-9)
        priorities = sum(path.levers[name].at(years) for name in path.levers if name.endswith("priority"))
        assert np.all(np.asarray(priorities) <= 1.0), path.name


def test_paths_that_put_one_item_first_set_the_same_part_of_the_money_aside() -> None:
    """A comparison of items is fair only if each gets the same push."""
    lead = {"people-first": "HR priority", "people-first-same-places": "HR priority"} | {
        f"{item}-first": f"{item.capitalize()} priority"
        for item in ("security", "access", "culture", "infrastructure", "services")
    }
    for name, priority in lead.items():
        levers = egovsim.read_policy(name).levers
        assert set(levers[priority].values) == {0.25}, name
        assert [lever for lever in levers if lever.endswith(("share", "priority"))] == [priority], name


@pytest.mark.parametrize("name", [policy for policy in POLICIES if policy != "business-as-usual"])
def test_every_path_changes_real_use(name: str) -> None:
    """A path that moves nothing is not a choice."""
    profile = egovsim.read_profile("south-sumatra")
    paths = [egovsim.read_policy("business-as-usual"), egovsim.read_policy(name, profile=profile)]
    found = egovsim.run(MODEL, profile=profile, policies=paths, outputs=["Real use index"], save_every=1.0)
    usual, tried = found.values("Real use index")[0, :, 0]
    assert np.abs(tried - usual).max() > 0.005


@pytest.mark.parametrize("name", [scenario for scenario in SCENARIOS if scenario != "reference"])
def test_every_scenario_moves_an_index_and_the_reference_none(name: str) -> None:
    """A stress that stresses nothing would make every path look robust."""
    profile = egovsim.read_profile("south-sumatra")
    scenarios = [egovsim.read_scenario("reference"), egovsim.read_scenario(name)]
    metrics = [egovsim.value_at(index, 2035.0) for index in ("SPBE-like index", "Real use index")]
    result = egovsim.run(MODEL, profile=profile, scenarios=scenarios, metrics=metrics)
    plain = egovsim.run(MODEL, profile=profile, metrics=metrics)
    found = np.array([result.metric_values(metric.label)[:, 0, 0] for metric in metrics])
    assert np.abs(found[:, 1] / found[:, 0] - 1.0).max() > 0.001
    assert [plain.metric_values(metric.label).item() for metric in metrics] == found[:, 0].tolist()


def test_scenarios_and_paths_stay_out_of_each_others_rooms() -> None:
    """What a region decides and what befalls it are different questions."""
    decided = {*GROUPS["Levers"], *GROUPS["Budget shares"], *GROUPS["Extra money"]}
    for path in map(egovsim.read_policy, POLICIES):
        assert set(path.levers) <= decided, path.name
        assert path.start == 2026.0, path.name
    for scenario in map(egovsim.read_scenario, SCENARIOS):
        assert set(scenario.inputs) <= {*GROUPS["Scenario inputs"], *GROUPS["Extra money"]}, scenario.name


def test_checks_rest_on_graded_figures_and_hold_what_was_observed() -> None:
    """A check that its own observation fails, or that cites nothing, would reject members for no reason."""
    for check in read_benchmark().checks:
        assert check.evidence, check.name
        grades = {KEYS.get(key) for key in check.evidence}
        assert grades <= {"A", "B"}, check.name
        assert check.grade == max(str(grade) for grade in grades), check.name
        if check.observed is not None:
            assert check.low <= check.observed <= check.high, check.name


def test_every_outcome_lever_and_file_has_labels_in_both_languages() -> None:
    """A planner reads Indonesian; a missing label would show the file's English name instead."""
    labels = table("labels.toml")
    for section, wanted in (
        ("outcomes", GROUPS["Outcomes"]),
        ("levers", (*GROUPS["Levers"], *GROUPS["Budget shares"])),
        ("inputs", (*GROUPS["Scenario inputs"], *GROUPS["Extra money"])),
    ):
        assert {canonical(name) for name in wanted} == {canonical(name) for name in labels[section]}
        for name, entry in labels[section].items():
            assert set(entry) == {"en", "id", "unit_en", "unit_id"}, name
            assert entry["en"], name
            assert entry["id"], name
    named = [
        *(table(*parts)["label"] for parts in FILES),
        *(loop["label"] for loop in table("loops.toml")["loop"]),
    ]
    assert all(label["en"] and label["id"] for label in named)


def panel_changes(quantity: str) -> np.ndarray:
    """Return by how much each region of the shipped panel changed from 2023 to 2024."""
    with (FOLDER / "evidence" / "panel.csv").open(encoding="utf-8") as lines:
        rows = list(csv.DictReader(lines))
    years = [{row["place"]: float(row[quantity]) for row in rows if row["year"] == year} for year in ("2023", "2024")]
    return np.array([years[1][place] - years[0][place] for place in years[0].keys() & years[1].keys()])


@pytest.mark.parametrize("quantity", ["index", "policy", "governance", "management", "services"])
def test_the_measurement_error_of_a_score_is_its_scatter_among_regions(quantity: str) -> None:
    """A tolerance without a reason could be drawn round whatever the model says."""
    outcome = "SPBE-like index" if quantity == "index" else f"SPBE {quantity} domain"
    scatter = panel_changes(quantity).std(ddof=1) / np.sqrt(2.0)
    found = {check.measurement for check in read_benchmark().checks if check.outcome == outcome}
    assert len(found) == 1
    assert found.pop() == pytest.approx(scatter, abs=0.03)


def test_the_accepted_members_surround_what_was_observed() -> None:
    """Members that hug the edge of a check agree with its tolerance, not with what was published."""
    with (FOLDER / "benchmark" / "checks.csv").open(encoding="utf-8") as lines:
        rows = [row for row in csv.DictReader(lines) if row["action"] == "reject" and row["observed"]]
    assert len(rows) > 100
    outside = [
        (row["structure"], row["seed"], row["check"])
        for row in rows
        if not float(row["accepted_p05"]) <= float(row["observed"]) <= float(row["accepted_p95"])
    ]
    assert outside == []
