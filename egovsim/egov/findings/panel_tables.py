"""The test on the panel as tables of the page: how often intervals cover, and errors beside simple predictors."""

from __future__ import annotations

from collections.abc import Sequence

from egovsim.egov.findings.cells import DASH, Table, shares
from egovsim.egov.findings.study import SEEDS, Study
from egovsim.egov.panel.panel_test import PanelTest, panel_test
from egovsim.egov.panel.predictors import PREDICTORS
from egovsim.egov.panel.rows import read_panel


def panel_tests(study: Study, members: int) -> list[PanelTest]:
    """Predict the shipped places with each set of members.

    Parameters
    ----------
    study : Study
        The members.
    members : int
        Of each kind of place, of all structures together.

    Returns
    -------
    list of PanelTest
        One a set.
    """
    panel = read_panel()
    return [
        panel_test(
            study.model,
            panel,
            members=members,
            matches={structure: study.sets(structure)[number] for structure in study.structures},
        )
        for number in range(len(SEEDS))
    ]


def coverage_table(tests: Sequence[PanelTest]) -> Table:
    """Return which share of published scores lies in the intervals.

    Parameters
    ----------
    tests : sequence of PanelTest
        One a set.

    Returns
    -------
    list of list of str
        A row a year and quantity.
    """
    rows: Table = [["year", "quantity", "50 %, all", "90 %, all", "50 %, held out", "90 %, held out"]]
    halves = [[test.scores(held_out=held_out) for test in tests] for held_out in (False, True)]
    for number, score in enumerate(halves[0][0]):
        year, quantity = score.cell
        cells: list[str] = []
        for half in halves:
            both = [scores[number] for scores in half]
            cells += [shares([each.coverage_50 for each in both]), shares([each.coverage_90 for each in both])]
        rows.append([f"{year}", quantity, *cells])
    return rows


def error_table(tests: Sequence[PanelTest]) -> Table:
    """Return mean absolute errors beside those of simple predictors, over the places that nothing was fitted on.

    Parameters
    ----------
    tests : sequence of PanelTest
        One a set.

    Returns
    -------
    list of list of str
        A row a year and quantity; the last column is by how much the best simple predictor is better, or worse.
    """
    rows: Table = [["year", "quantity", "bias", "error", *PREDICTORS, "error beyond the best of them"]]
    for both in zip(*(test.scores(held_out=True) for test in tests), strict=True):
        first = both[0]
        year, quantity = first.cell
        simple = [f"{first.simple_errors[name]:.2f}" if name in first.simple_errors else DASH for name in PREDICTORS]
        model = [" / ".join(f"{score.bias:+.2f}" for score in both), " / ".join(f"{score.error:.2f}" for score in both)]
        beyond = " / ".join(f"{round(score.error - score.best_simple, 2) + 0.0:+.2f}" for score in both)
        rows.append([f"{year}", quantity, *model, *simple, beyond])
    return rows
