"""The page on the study's findings: its tables are those of the shipped members, its sentences those of its tables.

If one of these fails, a planning office reads a finding that the model does not make.
"""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import egovsim
from egovsim.analysis.history_matching.matching import Match
from egovsim.egov.barriers import BARRIERS
from egovsim.egov.extra_money import extra_money_effects
from egovsim.egov.findings.barrier_tables import binding_table, money_tables, order_table, spent_table
from egovsim.egov.findings.cells import changes, interval, medians, shares
from egovsim.egov.findings.evidence_tables import gap_items_table, hold_out_table, paper_table
from egovsim.egov.findings.page import (
    fingerprint,
    read_page_table,
    refreshed_page,
    stated_fingerprint,
    table_names,
    with_fingerprint,
    with_table,
)
from egovsim.egov.findings.path_outcomes import PathOutcomes
from egovsim.egov.findings.path_tables import (
    band_table,
    best_table,
    members_table,
    path_table,
    reach_table,
    single_table,
)
from egovsim.egov.findings.people_tables import people_table
from egovsim.egov.findings.study import Study
from egovsim.egov.influence import equal_money, proportional
from egovsim.errors import InputError

PAGE = Path(__file__).resolve().parents[2] / "docs" / "findings.md"
TEXT = PAGE.read_text("utf-8")
REFRESH = "run `.ci/refresh-findings --left-out 200`, and read the page again"
STUDY = ["Human resources", "Security", "Digital divide", "Culture", "Budget"]


def pair(cell: str) -> list[float]:
    """Return the figures of both sets of a cell such as ``0.19 / 0.18 (0.1 to 0.3)`` or ``71 / 73 %``."""
    found = re.match(r"([+-]?[\d.]+) / ([+-]?[\d.]+)", cell)
    assert found, f'"{cell}" does not give two sets'
    return [float(group) for group in found.groups()]


def cells(name: str, *row: str) -> list[str]:
    """Return the cells that follow the given first cells of a row."""
    found = [result for result in read_page_table(TEXT, name) if result[: len(row)] == list(row)]
    assert len(found) == 1, f"{name}: {row}"
    return found[0][len(row) :]


def orders(structure: str, outcome: str) -> list[list[str]]:
    """Return the orders of the barriers in both years and both sets."""
    rows = [row for row in read_page_table(TEXT, "order") if row[:2] == [structure, outcome]]
    assert len(rows) == 2
    return [cell.split(", ") for row in rows for cell in row[3:]]


def test_the_tables_are_those_of_the_shipped_members() -> None:
    """Members or paths have changed since; every figure of the page may be another now."""
    assert stated_fingerprint(TEXT) == fingerprint(), REFRESH


def test_every_table_is_filled_and_tells_both_structures() -> None:
    """A finding is told under both readings and for both sets, or it is none."""
    names = table_names(TEXT)
    assert len(names) == len(set(names)) >= 18
    for name in names:
        rows = read_page_table(TEXT, name)
        assert len(rows) > 2, f"{name} is empty; {REFRESH}"
        assert len({len(row) for row in rows}) == 1
        if name not in ("left-out", "summary"):
            assert {row[0] for row in rows[1:]} - {"published"} == {"skill", "interest"}


def test_people_before_infrastructure_only_under_skill() -> None:
    """The page confirms the study under one reading and contradicts it under the other."""
    for what in ("people first or infrastructure first", "20 billion a year, training with places"):
        assert min(pair(cells("people", "skill", what)[0])) > 85
        assert max(pair(cells("people", "interest", what)[0])) < 50
    beside = [
        row for row in read_page_table(TEXT, "people") if row[0] == "skill" and row[1].startswith("both beside: ")
    ]
    assert len(beside) == 4
    assert min(min(pair(row[2])) for row in beside) > 85
    unplaced = "20 billion a year, training without more places"
    assert max(pair(cells("people", "skill", unplaced)[0])) < 80
    left_out = {row[0]: pair(row[1]) for row in read_page_table(TEXT, "left-out")[1:]}
    assert min(min(shares) for shares in left_out.values()) > 80
    assert min(left_out, key=lambda name: max(left_out[name])) == "Paper share of work, Surabaya, 2025"


def test_the_order_of_the_study_does_not_come_out() -> None:
    """In no structure, set, year or outcome."""
    rows = read_page_table(TEXT, "order")[1:]
    assert len(rows) == 12
    assert STUDY not in [cell.split(", ") for row in rows for cell in row[3:]]


def test_what_both_sets_agree_on() -> None:
    """The list under the tables of equal money."""
    use, citizens, index = "real use index", "share of citizens online who use the services", "SPBE-like index"
    for outcome in (use, citizens):
        assert [order[:2] for order in orders("skill", outcome)[::2]] == [["Human resources", "Culture"]] * 2
    for outcome in (use, citizens, index):
        assert {order[0] for order in orders("interest", outcome)} == {"Culture"}
        assert {order[-1] for structure in ("skill", "interest") for order in orders(structure, outcome)} == {
            "Digital divide"
        }
        assert "Budget" not in {order[0] for structure in ("skill", "interest") for order in orders(structure, outcome)}
    assert {order[0] for order in orders("skill", index)} == {"Culture"}
    assert {barrier for order in orders("skill", use) for barrier in order[:2]} == {"Human resources", "Culture"}
    for barrier in ("Human resources", "Digital divide"):
        assert max(pair(cells("relief-real", "interest", barrier)[1])) < 5


def test_security_matters_late() -> None:
    """Several times as much by 2045 as by 2035."""
    for structure in ("skill", "interest"):
        row = cells("relief-real", structure, "Security")
        assert min(np.divide(pair(row[2]), pair(row[0]))) > 2.0


def test_the_binding_barrier_moves_under_skill_alone() -> None:
    """From human resources to culture; under interest it is culture throughout."""
    terms = ("2026-2030", "2030-2034", "2034-2038", "2038-2042")
    people, culture = (np.array([pair(cells("binding", "skill", term)[column]) for term in terms]) for column in (0, 3))
    assert np.all(np.diff(people, axis=0) < 0)
    assert np.all(people[0] > culture[0])
    assert np.all(people[-1] < culture[-1])
    assert min(min(pair(cells("binding", "interest", term)[3])) for term in terms) > 80


def test_budget_is_the_most_influential_by_percentages_alone() -> None:
    """By equal money it never is."""
    for structure in ("skill", "interest"):
        for column in range(3):
            for name, wins in (("sobol-equal", False), ("sobol-percent", True)):
                rows = {barrier: pair(cells(name, structure, barrier)[column]) for barrier in STUDY}
                others = np.max([rows[barrier] for barrier in STUDY[:-1]], axis=0)
                assert np.all((np.array(rows["Budget"]) > others) == wins), (structure, column, name)
            assert min(pair(cells("sobol-equal", structure, "all uncertain constants")[column])) > 0.7


def test_paths_without_a_price_do_more_than_money() -> None:
    """Mandate and Surabaya's sequence beat every money path, and extra money for any barrier."""
    for structure in ("skill", "interest"):
        rows = [row for row in read_page_table(TEXT, "paths") if row[0] == structure and "as usual" not in row[2]]
        free = ("Champion", "Documents only", "Mandate", "Sharing reform", "Surabaya's sequence")
        money = [pair(row[2]) for row in rows if row[1] not in free]
        extra = [pair(cells("relief-real", structure, barrier)[0]) for barrier in STUDY]
        assert len(money) == 8
        assert np.all(np.array(pair(cells("paths", structure, "Mandate")[0])) > np.max([*money, *extra], axis=0))


def test_the_best_path_depends_on_the_reading() -> None:
    """Staged under skill, culture first under interest; for the index of 2030 no path is best in most members."""
    assert min(pair(cells("best", "skill", "Staged")[0])) > 50
    assert min(pair(cells("best", "interest", "Culture first")[0])) > 50
    assert min(pair(cells("single", "skill", "People first")[0])) > 50
    for structure in ("skill", "interest"):
        rows = [row for row in read_page_table(TEXT, "best") if row[0] == structure]
        assert max(max(pair(row[4])) for row in rows) < 60
        band = cells("bands", structure, "Real use index")
        assert min(pair(band[2])) > 90
        assert np.all(np.array(pair(band[1])) > 2.0 * np.array(pair(band[0])))


def test_documents_move_the_index_and_not_use() -> None:
    """Paper maturity follows from what the index reads."""
    for structure in ("skill", "interest"):
        row = cells("paths", structure, "Documents only")
        assert min(pair(row[2])) > 5.0 * max(pair(row[0])) > 0.0
        added = re.findall(r"index (\S+ / \S+) .*real use (\S+ / \S+) ", cells("paper", structure)[1])[0]
        assert min(pair(added[0])) > 0.4
        assert max(pair(added[1])) < 0.05


def test_three_assumed_paths_make_the_distance() -> None:
    """Documents for the index, mandate and leadership for real use."""
    rows = read_page_table(TEXT, "gap")[1:]
    for structure in ("skill", "interest"):
        mine = {row[1]: row for row in rows if row[0] == structure}
        closed = {name: [float(figure) for figure in re.findall(r"(\d+) / ", row[2])] for name, row in mine.items()}
        index = {name: [float(figure) for figure in re.findall(r"(\d+) / ", row[3])] for name, row in mine.items()}
        assert max(index, key=lambda name: min(index[name])) == "Document target"
        assert set(sorted(closed, key=lambda name: -min(closed[name]))[:2]) == {"Mandate scope", "Champion leadership"}


def test_reach_and_the_place_kept_out() -> None:
    """Real use gets there as usual in most members, the index in none; South Sulawesi starts too high, ends too low."""
    for structure in ("skill", "interest"):
        usual = cells("reach", structure, "Business as usual")
        assert min(pair(usual[0])) > 50
        assert max(pair(usual[2])) < 5
        assert min(pair(cells("reach", structure, "Surabaya's sequence")[2])) > 90
        published = [float(cell) for cell in cells("hold-out", "published")]
        found = [pair(cell) for cell in cells("hold-out", structure)]
        assert min(found[0]) > published[0]
        assert max(found[-1]) < published[-1]


@pytest.fixture(scope="module")
def few() -> Study:
    """The shipped members, a few of each set."""
    return Study.shipped(16)


def shipped(structure: str, members: int) -> tuple[egovsim.Model, egovsim.Profile, Match]:
    study = Study.shipped(members)
    return study.model, study.profile, study.sets(structure)[0]


def test_the_tables_are_those_that_the_library_makes(few: Study) -> None:
    """Headings and rows come out as they stand on the page, whatever the members: no row is forgotten or misnamed."""
    paths = {name: [PathOutcomes(few, match) for match in few.sets(name)] for name in few.structures}
    real_use, index, citizens = (table for _, table in money_tables(few))
    made = {
        "members": members_table(few), "relief-real": real_use, "relief-index": index, "relief-citizens": citizens,
        "order": order_table(few), "spent": spent_table(few), "binding": binding_table(few),
        "paths": path_table(paths), "best": best_table(paths), "single": single_table(paths),
        "bands": band_table(paths), "people": people_table(few, paths), "paper": paper_table(few, paths),
        "reach": reach_table(paths), "hold-out": hold_out_table(few),
    }  # fmt: skip
    for name, table in made.items():
        stated = read_page_table(TEXT, name)
        assert table[0] == stated[0], name
        keys = {"order": 3, "members": 1, "spent": 1, "paper": 1, "hold-out": 1}.get(name, 2)
        assert [row[:keys] for row in table] == [row[:keys] for row in stated], name
        assert {len(row) for row in table} == {len(stated[0])}, name
    assert gap_items_table(few)[0] == read_page_table(TEXT, "gap")[0]


def test_cells_are_written_as_the_page_says() -> None:
    """A median that rounds to nothing has no sign, and both sets stand in their order."""
    sets = [np.array([0.1, 0.2, 0.3]), np.array([-0.004, -0.001, 0.001])]
    assert medians(sets) == "0.20 / 0.00"
    assert medians(sets, decimals=3, sign="+") == "+0.200 / -0.001"
    assert interval(np.array([0.0, 1.0])) == "0.05 to 0.95"
    assert changes(sets) == "+0.20 / +0.00 (0.00 to 0.28)"
    assert shares([0.714, 0.5]) == "71 / 50 %"


@pytest.mark.parametrize("structure", ["skill", "interest"])
def test_a_few_members_say_the_same_again(structure: str) -> None:
    """The page was not written by hand: the tables' medians come out anew, as near as some members can tell."""
    found = extra_money_effects(*shipped(structure, 64), outcomes=["Real use index"], years=[2035])
    for number, barrier in enumerate(BARRIERS):
        stated = cells("relief-real", structure, barrier.label["en"])[0]
        middle = pair(stated)[0]
        low, high = map(float, re.findall(r"\(([\d.-]+) to ([\d.-]+)\)", stated)[0])
        assert np.median(found.changes[number, 0, 0]) == pytest.approx(middle, abs=0.02 + 0.25 * (high - low))


def test_the_two_definitions_of_influence_differ_again() -> None:
    """The same few members name another barrier first, depending only on how the question is put."""
    study, ask = shipped("skill", 64), {"outcomes": [("Real use index", 2035.0)], "points": 128}
    names = [barrier.name for barrier in BARRIERS]
    assert equal_money(*study, **ask).order("Real use index in 2035", among=names)[0] == "hr"
    assert proportional(*study, **ask).order("Real use index in 2035", among=names)[0] == "budget"


def test_tables_are_replaced_where_they_stand() -> None:
    """A table that is written over its neighbour, or a page without a table that is worked out, is refused."""
    page = "a\n<!-- table: x -->\nold\n<!-- end -->\nb\n<!-- table: y -->\n<!-- end -->\n<!-- worked out from: 0 -->"
    new = with_fingerprint(with_table(page, "x", [["h", "i"], ["1", "2"]]), "abc")
    assert new == (
        "a\n<!-- table: x -->\n\n| h | i |\n| --- | --- |\n| 1 | 2 |\n\n<!-- end -->\nb\n"
        "<!-- table: y -->\n<!-- end -->\n<!-- worked out from: abc -->"
    )
    assert read_page_table(new, "x") == [["h", "i"], ["1", "2"]]
    assert stated_fingerprint(new) == "abc"
    with pytest.raises(InputError, match='has no table "z"'):
        with_table(page, "z", [["h"]])
    assert stated_fingerprint(refreshed_page(page, {})) == fingerprint()
