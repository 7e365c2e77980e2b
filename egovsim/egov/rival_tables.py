"""What the rival structures say: where every path stands under them, and whether another one is first."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from egovsim.analysis.comparison.ranking import PathResult, winners
from egovsim.egov.comparison import Comparison
from egovsim.egov.headed_table import headed_table
from egovsim.egov.labels import Labels
from egovsim.terminal import escaped, natural_width

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_RIVAL_PARTS = (
    ("rank here", "rank there", "change here", "change there", "range", "holds there"),
    ("rank here", "rank there", "change here", "change there", "holds there"),
    ("rank here", "rank there", "change there", "holds there"),
)
"""Columns of the table of a rival, fewer where figures are large."""


def rival_report(comparison: Comparison, labels: Labels, *, width: int) -> Iterator[RenderableType]:
    """Yield, for each rival structure, where every path stands under it and whether another is first.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    labels : Labels
        The language.
    width : int
        Columns of the place it is printed to.

    Yields
    ------
    RenderableType
        Lines and tables; nothing without a rival.
    """
    from rich.text import Text

    for rival in comparison.rivals.values():
        yield Text()
        yield Text(labels.text("rival", structure=labels.structure(rival.structure)), style="bold")
        for number, scenario in enumerate(comparison.scenarios):
            yield from [Text()] if number else []
            if len(comparison.scenarios) > 1:
                yield Text(labels.text("scenario", scenario=labels.label(scenario)) + ".")
            yield _rival_table(comparison, rival, scenario.name, labels, width)
            for sentence in disagreements(comparison, rival, scenario.name, labels):
                yield Text(sentence, style="bold")
    if comparison.rivals:
        yield Text(labels.text("undecided"), style="dim")


def disagreements(comparison: Comparison, rival: Comparison, scenario: str, labels: Labels) -> Iterator[str]:
    """Yield a sentence for each family in which another path is first under the rival structure.

    Parameters
    ----------
    comparison, rival : Comparison
        Under the first structure, and under another.
    scenario : str
        Name of one that both have.
    labels : Labels
        The language.

    Yields
    ------
    str
        A sentence.
    """
    here, there = winners(comparison.ranking, scenario), winners(rival.ranking, scenario)
    names = {policy.name: labels.label(policy) for policy in comparison.policies}
    for family, first in here.items():
        if there[family].policy != first.policy:
            yield labels.text(
                "disagree",
                family=labels.family(family),
                first=names[first.policy],
                other=names[there[family].policy],
                structure=labels.structure(comparison.structure),
                rival=labels.structure(rival.structure),
            )


def _rival_table(comparison: Comparison, rival: Comparison, scenario: str, labels: Labels, width: int) -> Table:
    """Return the first table that fits the width: large figures leave no room for the range or for both changes."""
    tables = [_rival_cells(comparison, rival, scenario, labels, parts) for parts in _RIVAL_PARTS]
    return next((table for table in tables if natural_width(table) <= width), tables[-1])


def _rival_cells(
    comparison: Comparison, rival: Comparison, scenario: str, labels: Labels, parts: Sequence[str]
) -> Table:
    names = {policy.name: labels.label(policy) for policy in comparison.policies}
    rows = {(row.family, row.policy): row for row in rival.ranking if row.scenario == scenario and row.rank}
    table = headed_table([labels.text("path")], [labels.text(key) for key in parts])
    for family in comparison.families:
        table.add_row(f"[bold]{labels.family(family)}")
        for row in comparison.ranking:
            if (row.scenario, row.family) == (scenario, family) and row.rank is not None:
                cells = _beside(row, rows[family, row.policy], comparison.by, labels)
                table.add_row(escaped(names[row.policy]), *(cells[key] for key in parts))
    return table


def _beside(here: PathResult, there: PathResult, by: str, labels: Labels) -> dict[str, str]:
    change = there.changes[by]
    return {
        "rank here": str(here.rank),
        "rank there": str(there.rank),
        "change here": labels.signed(here.changes[by].p50),
        "change there": labels.signed(change.p50),
        "range": f"{labels.signed(change.p05)} .. {labels.signed(change.p95)}",
        "holds there": labels.percent(there.rank_share or 0.0),
    }
