"""What the other structures say: where every path stands under each, and whether another one is first."""

from __future__ import annotations

import textwrap
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

_HEAD_WIDTH = 14


def rival_report(comparison: Comparison, labels: Labels, *, width: int) -> Iterator[RenderableType]:
    """Yield rank and change of every path under each structure, and whether the first path depends on it.

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

    if not comparison.rivals:
        return
    yield Text()
    yield Text(labels.text("other structures"), style="bold")
    for number, scenario in enumerate(comparison.scenarios):
        yield from [Text()] if number else []
        if len(comparison.scenarios) > 1:
            yield Text(labels.text("scenario", scenario=labels.label(scenario)) + ".")
        yield from _tables(comparison, scenario.name, labels, width)
        for sentence in disagreements(comparison, scenario.name, labels):
            yield Text(sentence, style="bold")
    yield Text(labels.text("undecided", outcome=labels.outcome(comparison.by)), style="dim")


def disagreements(comparison: Comparison, scenario: str, labels: Labels) -> Iterator[str]:
    """Yield a sentence for each family in which the first path is not the same under every structure.

    Parameters
    ----------
    comparison : Comparison
        With its rivals.
    scenario : str
        Name of one that all have.
    labels : Labels
        The language.

    Yields
    ------
    str
        A sentence that names the structures under which each path comes first.
    """
    names = {policy.name: labels.label(policy) for policy in comparison.policies}
    for family in comparison.families:
        firsts: dict[str, list[str]] = {}
        for structure in comparison.structures:
            first = winners(structure.ranking, scenario)[family].policy
            firsts.setdefault(first, []).append(labels.structure(structure.structure))
        if len(firsts) > 1:
            told = "; ".join(f"{names[first]} ({', '.join(where)})" for first, where in firsts.items())
            yield labels.text("disagree", family=labels.family(family), firsts=told)


def _tables(comparison: Comparison, scenario: str, labels: Labels, width: int) -> Iterator[Table]:
    """Yield the structures side by side, in as few tables as fit the width."""
    part: list[Comparison] = []
    for structure in comparison.structures:
        if part and natural_width(_table(comparison, [*part, structure], scenario, labels)) > width:
            yield _table(comparison, part, scenario, labels)
            part = []
        part.append(structure)
    yield _table(comparison, part, scenario, labels)


def _table(comparison: Comparison, structures: Sequence[Comparison], scenario: str, labels: Labels) -> Table:
    names = {policy.name: labels.label(policy) for policy in comparison.policies}
    heads = [textwrap.fill(escaped(labels.structure(part.structure)), _HEAD_WIDTH) for part in structures]
    rows = [_rows(structure, scenario) for structure in structures]
    table = headed_table([labels.text("path")], heads)
    for family in comparison.families:
        table.add_row(f"[bold]{labels.family(family)}")
        for row in comparison.ranking:
            if (row.scenario, row.family) == (scenario, family) and row.rank is not None:
                cells = (_cell(found[family, row.policy], comparison.by, labels) for found in rows)
                table.add_row(escaped(names[row.policy]), *cells)
    return table


def _rows(comparison: Comparison, scenario: str) -> dict[tuple[str, str], PathResult]:
    return {(row.family, row.policy): row for row in comparison.ranking if row.scenario == scenario and row.rank}


def _cell(row: PathResult, by: str, labels: Labels) -> str:
    return f"{row.rank}  {labels.signed(row.changes[by].p50)}"
