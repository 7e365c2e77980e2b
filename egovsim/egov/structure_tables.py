"""What stands under the rankings: the rival structures, which barrier binds when, the benchmark and the swap table."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from egovsim.analysis.measures import Spread, spread
from egovsim.egov.barriers import AMOUNT, Term
from egovsim.egov.comparison import INDEX, REAL_USE, Comparison, PathResult, winners
from egovsim.egov.gap import GapItem
from egovsim.egov.labels import Labels
from egovsim.terminal import escaped, natural_width, plain_table

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

SHOWN_GAP_ITEMS = 5
"""Items of the swap table that are printed; the files hold all."""
_NAME_WIDTH = 28
_RIVAL_PARTS = (
    ("rank here", "rank there", "change here", "change there", "range", "holds there"),
    ("rank here", "rank there", "change here", "change there", "holds there"),
    ("rank here", "rank there", "change there", "holds there"),
)
"""Columns of the table of a rival, fewer where figures are large."""
_WAYS = ("closed", "lost")
"""Both directions of a swap: to the region, and away from the benchmark."""


def rival_report(comparison: Comparison, labels: Labels, *, width: int) -> Iterator[RenderableType]:
    """Yield, for each rival structure, where every path stands under it and whether another is first."""
    from rich.text import Text

    for rival in comparison.rivals:
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
    """Yield a sentence for each family in which another path is first under the rival structure."""
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
    rows = {(one.family, one.policy): one for one in rival.ranking if one.scenario == scenario and one.rank}
    table = _table([labels.text("path")], [labels.text(key) for key in parts])
    for family in comparison.families:
        table.add_row(f"[bold]{labels.family(family)}")
        for one in comparison.ranking:
            if (one.scenario, one.family) == (scenario, family) and one.rank is not None:
                cells = _beside(one, rows[family, one.policy], comparison.by, labels)
                table.add_row(escaped(names[one.policy]), *(cells[key] for key in parts))
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


def binding_report(comparison: Comparison, labels: Labels) -> Iterator[RenderableType]:
    """Yield which barrier's extra money helps most, term after term, under every structure."""
    from rich.text import Text

    if not comparison.binding:
        return
    yield Text()
    yield Text(labels.text("binding"), style="bold")
    amount = labels.number(AMOUNT, 0)
    yield Text(labels.text("binding how", amount=amount, outcome=labels.outcome(comparison.by)))
    terms = list(dict.fromkeys((one.first, one.last) for one in comparison.binding))
    table = _table([labels.text("path")], [f"{first:g}-{last:g}" for first, last in terms])
    names = {one.name: labels.label(one) for one in comparison.policies}
    for structure in comparison.structures:
        if comparison.rivals:
            table.add_row(f"[bold]{escaped(labels.structure(structure.structure))}")
        for policy in dict.fromkeys(term.policy for term in structure.binding):
            cells = [_bound(term, labels) for term in structure.binding if term.policy == policy]
            table.add_row(escaped(names[policy]), *cells)
    yield table


def _bound(term: Term, labels: Labels) -> str:
    """Return the barrier that binds in most members, with their share."""
    found = term.binding
    if found is None:
        return labels.text("none")
    return f"{labels.text(f'barrier {found.name}')} {labels.percent(term.best[found.name])}"


def benchmark_report(comparison: Comparison, labels: Labels) -> Iterator[RenderableType]:
    """Yield the benchmark's own figures and the swap table: which item of the profiles makes the gap to it."""
    from rich.text import Text

    benchmark = labels.label(comparison.benchmark)
    yield Text()
    yield Text(benchmark, style="bold")
    for year in dict.fromkeys((comparison.start - 1.0, comparison.horizon)):
        yield Text(labels.text("benchmark in", year=f"{year:g}", levels=_levels(comparison, year, labels)))
    yield Text(labels.text("sources"))
    if not comparison.gap_items:
        return
    yield Text()
    region = labels.label(comparison.profile)
    yield Text(labels.text("gap", region=region, benchmark=benchmark), style="bold")
    yield Text(labels.text("gap how", region=region, benchmark=benchmark))
    yield _gap_table(comparison, labels)


def _levels(comparison: Comparison, year: float, labels: Labels) -> str:
    shown = dict.fromkeys((INDEX, REAL_USE, comparison.by))
    place = int(year - comparison.time[0])
    found = {name: spread(comparison.benchmark_trajectories[name][:, place]) for name in shown}
    return "; ".join(f"{labels.outcome(name)} {_with_range(one, labels)}" for name, one in found.items())


def _with_range(one: Spread, labels: Labels) -> str:
    low, middle, high = (labels.number(value) for value in (one.p05, one.p50, one.p95))
    return labels.text("with range", middle=middle, low=low, high=high)


def _gap_table(comparison: Comparison, labels: Labels) -> Table:
    heads = [
        f"{labels.text(short)}\n{labels.text(way)}" for short in ("index short", "real use short") for way in _WAYS
    ]
    table = _table([labels.text("item")], heads)
    single = [item for item in comparison.gap_items if len(item.items) == 1 and not item.whole]
    for one in (*single[:SHOWN_GAP_ITEMS], *(item for item in comparison.gap_items if item not in single)):
        table.add_row(escaped(_titled(one, labels)), *_shares(one, labels))
    return table


def _titled(one: GapItem, labels: Labels) -> str:
    return labels.text("all items") if one.whole else " + ".join(map(labels.outcome, one.items))


def _shares(one: GapItem, labels: Labels) -> Iterator[str]:
    for outcome in (INDEX, REAL_USE):
        for found in (one.closed[outcome], one.lost[outcome]):
            yield labels.percent(found.p50) if found is not None else "-"


def _table(left: Sequence[str], right: Sequence[str]) -> Table:
    table = plain_table()
    height = max(head.count("\n") for head in (*left, *right))
    for head in left:
        table.add_column("\n" * (height - head.count("\n")) + head, max_width=_NAME_WIDTH)
    for head in right:
        table.add_column("\n" * (height - head.count("\n")) + head, justify="right", no_wrap=True)
    return table
