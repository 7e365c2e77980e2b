"""The study's question about the barriers, put to the shipped members: all its tables, and its chart."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from egovsim.egov.findings.barrier_tables import binding_table, money_tables, pair_table, removal_tables
from egovsim.egov.findings.cells import Table
from egovsim.egov.findings.influence_chart import draw_influence
from egovsim.egov.findings.influence_tables import influence, influence_table
from egovsim.egov.findings.study import YEARS, Study
from egovsim.egov.influence import equal_money, proportional
from egovsim.errors import ValueRangeError
from egovsim.public import set_module

_FEW_POINTS, _ALL_POINTS = 128, 2048


@set_module("egovsim")
def barrier_findings(
    *, members: int | None = None, full: bool = False, chart: Path | None = None
) -> Iterator[tuple[str, Table]]:
    """Weigh the five barriers by equal money and by removal in South Sumatra, by structure, for both sets of members.

    Parameters
    ----------
    members : int, optional
        How many of each set, the first ones; by default all.
    full : bool
        Also pairs of barriers, and money by the same percentage; Sobol indices from more points.
    chart : Path, optional
        Where to draw the parts of the variation by equal money.

    Yields
    ------
    str, list of list of str
        A title, and a table with its headings in the first row. A figure such as ``0.19 / 0.18`` stands for the two
        sets.

    Raises
    ------
    ValueRangeError
        When `members` is below 1.
    """
    if members is not None and members < 1:
        raise ValueRangeError(f"members is {members}; at least 1 is needed.")
    study, points = Study.shipped(members), _ALL_POINTS if full else _FEW_POINTS
    yield from money_tables(study)
    yield from removal_tables(study)
    if full:
        yield "Change of the real use index by pairs", pair_table(study)
    yield "Best relief in each term of four years, real use index", binding_table(study)
    equal = influence(study, equal_money, points)
    if chart is not None:
        draw_influence(equal, chart)
    yield f"Share of the variation in {YEARS[0]:.0f}, by equal money", influence_table(equal)
    if full:
        percent = influence(study, proportional, points)
        yield f"Share of the variation in {YEARS[0]:.0f}, by the same percentage", influence_table(percent)
