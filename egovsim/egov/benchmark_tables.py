"""The benchmark's own figures, and the gap items: which item of the profiles makes the gap to it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from egovsim.analysis.comparison.gap import GapItem
from egovsim.analysis.measures import Spread, spread
from egovsim.egov.comparison import Comparison
from egovsim.egov.headed_table import headed_table
from egovsim.egov.labels import Labels
from egovsim.egov.outcomes import INDEX, REAL_USE
from egovsim.terminal import escaped

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

_SHOWN_ITEMS = 5
"""Gap items that are printed; the files hold all."""
_WAYS = ("closed", "lost")
"""Both directions of an exchange: in the region, and in the benchmark."""


def benchmark_report(comparison: Comparison, labels: Labels) -> Iterator[RenderableType]:
    """Yield the benchmark's own figures, and which item of the profiles makes the gap to it.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    labels : Labels
        The language.

    Yields
    ------
    RenderableType
        Lines and a table.
    """
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
    return "; ".join(f"{labels.outcome(name)} {_with_range(values, labels)}" for name, values in found.items())


def _with_range(values: Spread, labels: Labels) -> str:
    low, middle, high = (labels.number(value) for value in (values.p05, values.p50, values.p95))
    return labels.text("with range", middle=middle, low=low, high=high)


def _gap_table(comparison: Comparison, labels: Labels) -> Table:
    heads = [
        f"{labels.text(short)}\n{labels.text(way)}" for short in ("index short", "real use short") for way in _WAYS
    ]
    table = headed_table([labels.text("item")], heads)
    single = [item for item in comparison.gap_items if len(item.items) == 1 and not item.whole]
    for item in (*single[:_SHOWN_ITEMS], *(other for other in comparison.gap_items if other not in single)):
        table.add_row(escaped(_titled(item, labels)), *_shares(item, labels))
    return table


def _titled(item: GapItem, labels: Labels) -> str:
    return labels.text("all items") if item.whole else " + ".join(map(labels.outcome, item.items))


def _shares(item: GapItem, labels: Labels) -> Iterator[str]:
    for outcome in (INDEX, REAL_USE):
        for share in (item.closed[outcome], item.lost[outcome]):
            yield labels.percent(share.p50) if share is not None else "-"
