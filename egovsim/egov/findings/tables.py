"""All tables of the page on the findings, worked out from the shipped members."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

from egovsim.analysis.sobol import SobolIndices
from egovsim.egov.findings.barrier_tables import binding_table, money_tables, order_table, pair_table, spent_table
from egovsim.egov.findings.cells import Table
from egovsim.egov.findings.evidence_tables import gap_items_table, hold_out_table, paper_table
from egovsim.egov.findings.influence_chart import draw_influence
from egovsim.egov.findings.influence_tables import influence, influence_table
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
from egovsim.egov.findings.study import Study
from egovsim.egov.findings.summary import summary_table
from egovsim.egov.influence import equal_money, proportional
from egovsim.progress import Progress

_POINTS = 2048
"""Base points of the Sobol indices."""


def findings_tables(
    study: Study, *, left_out: int = 0, chart: Path | None = None, progress: Progress | None = None
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
    progress : callable, optional
        Called with (done, total) while members are searched.

    Returns
    -------
    dict of str to list of list of str
        By the table's name on the page.
    """
    tables = dict(_barrier_tables(study))
    tables |= _influence_tables(study, chart)
    tables |= _path_tables(study)
    tables["gap"] = gap_items_table(study)
    tables["hold-out"] = hold_out_table(study)
    if left_out:
        tables["left-out"] = left_out_table(study, left_out, progress=progress)
    tables["summary"] = summary_table(tables, study.structures)
    return tables


def _barrier_tables(study: Study) -> Iterator[tuple[str, Table]]:
    yield "members", members_table(study)
    by_outcome = (table for _, table in money_tables(study))
    yield from zip(("relief-real", "relief-index", "relief-citizens"), by_outcome, strict=True)
    yield "order", order_table(study)
    yield "spent", spent_table(study)
    yield "pairs", pair_table(study)
    yield "binding", binding_table(study)


def _influence_tables(study: Study, chart: Path | None) -> Iterator[tuple[str, Table]]:
    questions: dict[str, Callable[..., SobolIndices]] = {"equal": equal_money, "percent": proportional}
    for name, ask in questions.items():
        found = influence(study, ask, _POINTS)
        yield f"sobol-{name}", influence_table(found)
        if ask is equal_money and chart is not None:
            draw_influence(found, chart)


def _path_tables(study: Study) -> Iterator[tuple[str, Table]]:
    paths = {name: [PathOutcomes(study, match) for match in study.sets(name)] for name in study.structures}
    yield "paths", path_table(paths)
    yield "best", best_table(paths)
    yield "single", single_table(paths)
    yield "bands", band_table(paths)
    yield "people", people_table(study, paths)
    yield "paper", paper_table(study, paths)
    yield "reach", reach_table(paths)
