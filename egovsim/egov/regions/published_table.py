"""Published figures of a region beside what the model makes of it, as a table."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from egovsim.egov.labels import Labels
from egovsim.egov.regions.published_figures import PublishedRow

if TYPE_CHECKING:
    from rich.table import Table


def published_table(rows: Sequence[PublishedRow], labels: Labels, *, members: int) -> Table:
    """Return published figures beside what accepted members give.

    Parameters
    ----------
    rows : sequence of PublishedRow
        From `published_rows`.
    labels : Labels
        The language.
    members : int
        How many members there are.

    Returns
    -------
    rich.table.Table
        A row a figure: outcome, year, published, simulated median, 5 to 95 percent of the members.
    """
    from rich import box
    from rich.table import Table

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False, caption=labels.text("published caption", members=members))
    table.caption_justify = "left"
    for key in ("published outcome", "published year", "published published", "published simulated", "published range"):
        table.add_column(labels.text(key), justify="left" if key == "published outcome" else "right")
    for row in rows:
        shown = [labels.number(value, 2) for value in (row.published.value, row.simulated.p50)]
        ends = " .. ".join(labels.number(value, 2) for value in (row.simulated.p05, row.simulated.p95))
        table.add_row(labels.outcome(row.outcome), f"{row.published.year:.0f}", *shown, ends)
    return table
