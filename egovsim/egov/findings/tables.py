"""All tables of the page on the findings, worked out from the shipped members."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date
from pathlib import Path

from egovsim.analysis.sobol import SobolIndices
from egovsim.egov.findings.barrier_tables import (
    binding_table,
    money_tables,
    pair_table,
    removal_tables,
    spent_table,
)
from egovsim.egov.findings.cells import Table, figures, pivoted
from egovsim.egov.findings.evidence_tables import gap_items_table, hold_out_table, paper_table
from egovsim.egov.findings.influence_chart import draw_influence
from egovsim.egov.findings.influence_tables import influence, influence_table
from egovsim.egov.findings.panel_tables import coverage_table, error_table, panel_tests
from egovsim.egov.findings.path_outcomes import PathOutcomes
from egovsim.egov.findings.path_tables import (
    band_table,
    best_table,
    members_table,
    path_table,
    reach_table,
    single_table,
)
from egovsim.egov.findings.people_tables import left_out_table, people_table
from egovsim.egov.findings.study import SEEDS, Study
from egovsim.egov.findings.summary import summary_table
from egovsim.egov.findings.verdicts import verdict_table
from egovsim.egov.influence import equal_money, proportional
from egovsim.egov.panel.defaults import MEMBERS
from egovsim.progress import Progress
from egovsim.provenance import own_version

OFTEN = 5.0
"""Per cent of the members in which a path or a barrier must be best somewhere, to be shown."""
_POINTS = 1024
"""Base points of the Sobol indices."""


def findings_tables(
    study: Study,
    *,
    left_out: int = 0,
    chart: Path | None = None,
    points: int = _POINTS,
    panel_members: int = MEMBERS,
    progress: Progress | None = None,
) -> dict[str, Table]:
    """Work out every table of the page.

    Parameters
    ----------
    study : Study
        The shipped members.
    left_out : int
        How many members to search without each of the checks that matter, for the table "left-out", which is not made
        without.
    chart : Path, optional
        The picture to draw.
    points : int
        Base points of the Sobol indices, a power of 2.
    panel_members : int
        How many members predict a panel's place, of each kind.
    progress : callable, optional
        Called with (done, total) while members are searched.

    Returns
    -------
    dict of str to list of list of str
        By the table's name on the page.
    """
    tables = dict(_barrier_tables(study))
    tables |= _influence_tables(study, chart, points)
    tables |= _path_tables(study)
    tables["gap"] = pivoted(gap_items_table(study), ("outcome", "item"))
    tables["hold-out"] = pivoted(hold_out_table(study), ("year",))
    tests = panel_tests(study, panel_members)
    tables |= {"panel-coverage": coverage_table(tests), "panel-errors": error_table(tests)}
    if left_out:
        tables["left-out"] = left_out_table(study, left_out, progress=progress)
    tables["verdicts"] = verdict_table(tables, study.structures)
    tables["summary"] = summary_table(tables, study.structures)
    return tables


def made_sentence(study: Study, day: date) -> str:
    """Return what the page says of how its tables were made.

    Parameters
    ----------
    study : Study
        The members that they were worked out from.
    day : date
        When.

    Returns
    -------
    str
        Without figures that the tables have.
    """
    structures = ", ".join(f"`{name}`" for name in study.structures)
    members = sum(map(len, study.matches.values()))
    return (
        f"*The tables were worked out on {day:%Y-%m-%d} with egovsim {own_version()}, from {members:,} accepted\n"
        f"members, in {len(SEEDS)} sets for each structure: {structures}.*"
    )


def _barrier_tables(study: Study) -> Iterator[tuple[str, Table]]:
    yield "members", pivoted(members_table(study), ("accepted of tried",))
    for measure, worked_out in (("relief", money_tables(study)), ("removal", removal_tables(study))):
        for outcome, (_, table) in zip(("real", "index", "citizens"), worked_out, strict=True):
            yield f"{measure}-{outcome}", pivoted(table, ("when", "barrier"))
    yield "spent", pivoted(spent_table(study), ("barrier",))
    yield "pairs", pivoted(pair_table(study), ("pair",), only=("by 2045",))
    yield "binding", _often(pivoted(binding_table(study), ("barrier", "term")))


def _influence_tables(study: Study, chart: Path | None, points: int) -> Iterator[tuple[str, Table]]:
    questions: dict[str, Callable[..., SobolIndices]] = {"equal": equal_money, "percent": proportional}
    for name, ask in questions.items():
        found = influence(study, ask, points)
        yield f"sobol-{name}", pivoted(influence_table(found), ("outcome", "factor"))
        if ask is equal_money and chart is not None:
            draw_influence(found, chart)


def _path_tables(study: Study) -> Iterator[tuple[str, Table]]:
    paths = {name: [PathOutcomes(study, match) for match in study.sets(name)] for name in study.structures}
    changed = path_table(paths)
    for name, measure in zip(("paths-real-2035", "paths-real-2045", "paths-index"), changed[0][2:], strict=True):
        yield name, pivoted(changed, ("path",), only=(measure,))
    yield "best", _often(pivoted(best_table(paths), ("outcome", "money path")))
    yield "single", _often(pivoted(single_table(paths), ("outcome", "path with one emphasis")))
    yield "bands", pivoted(band_table(paths), ("in 2035", "outcome"))
    yield "people", pivoted(people_table(study, paths), ("when", "question"))
    yield "paper", pivoted(paper_table(study, paths), ("asked",))
    yield "reach", pivoted(reach_table(paths), ("outcome", "path"))


def _often(table: Table) -> Table:
    """Return the rows in which some structure and set has more than a few members."""
    heads, *rows = table
    return [heads, *(row for row in rows if max(max(figures(each)) for each in row[2:]) >= OFTEN)]
