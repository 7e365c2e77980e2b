"""Which barrier binds when, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from egovsim.egov.barriers import AMOUNT
from egovsim.egov.binding import BindingPeriod
from egovsim.egov.comparison import Comparison
from egovsim.egov.headed_table import headed_table
from egovsim.egov.labels import Labels
from egovsim.terminal import escaped

if TYPE_CHECKING:
    from rich.console import RenderableType


def binding_report(comparison: Comparison, labels: Labels) -> Iterator[RenderableType]:
    """Yield which barrier's extra money helps most, period after period, under every structure.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    labels : Labels
        The language.

    Yields
    ------
    RenderableType
        Lines and a table; nothing where no barrier was tried.
    """
    from rich.text import Text

    if not comparison.binding:
        return
    yield Text()
    yield Text(labels.text("binding"), style="bold")
    amount = labels.number(AMOUNT, 0)
    yield Text(labels.text("binding how", amount=amount, outcome=labels.outcome(comparison.by)))
    years = dict.fromkeys((period.first, period.last) for period in comparison.binding)
    table = headed_table([labels.text("path")], [f"{first:g}-{last:g}" for first, last in years])
    names = {policy.name: labels.label(policy) for policy in comparison.policies}
    for structure in comparison.structures:
        if comparison.rivals:
            table.add_row(f"[bold]{escaped(labels.structure(structure.structure))}")
        for policy in dict.fromkeys(period.policy for period in structure.binding):
            cells = [
                _most_binding(period, labels, structure.complete)
                for period in structure.binding
                if period.policy == policy
            ]
            table.add_row(escaped(names[policy]), *cells)
    yield table


def _most_binding(period: BindingPeriod, labels: Labels, members: int) -> str:
    """Return the barrier that binds in most members, with their share."""
    barrier = period.barrier
    if barrier is None:
        return labels.text("none")
    return f"{labels.text(f'barrier {barrier.name}')} {labels.members_share(period.best[barrier.name], members)}"
