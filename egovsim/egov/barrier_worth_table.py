"""What the next money for each barrier is worth, and its full removal, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from egovsim.analysis.measures import Spread
from egovsim.egov.barrier_worth import BarrierWorth, barriers_within
from egovsim.egov.barriers import barrier
from egovsim.egov.comparison import Comparison
from egovsim.egov.headed_table import headed_table
from egovsim.egov.labels import Labels
from egovsim.terminal import escaped

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


def barrier_worth_report(comparison: Comparison, labels: Labels) -> Iterator[RenderableType]:
    """Yield what each barrier is worth under business as usual, under every structure.

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

    rows = comparison.barriers
    if not rows:
        return
    yield Text()
    yield Text(labels.text("worth"), style="bold")
    amount = labels.number(rows[0].amount, 0)
    span = {"amount": amount, "start": f"{comparison.start:g}", "year": f"{rows[0].year:g}"}
    yield Text(labels.text("worth how", path=labels.label(comparison.policies[0]), **span))
    for outcome in dict.fromkeys(row.outcome for row in rows):
        yield Text(labels.outcome(outcome))
        yield _table(comparison, outcome, labels)
    for sentence in [*_parts(comparison, labels), *unspent(comparison, labels)]:
        yield Text(sentence, style="dim")


def _table(comparison: Comparison, outcome: str, labels: Labels) -> Table:
    heads = ["worth money", "worth range", "worth removal", "worth range"]
    amount = labels.number(comparison.barriers[0].amount, 0)
    table = headed_table([labels.text("worth barrier")], [labels.text(key, amount=amount) for key in heads])
    usual = comparison.policies[0].name
    for structure in comparison.structures:
        if comparison.rivals:
            table.add_row(f"[bold]{escaped(labels.structure(structure.structure))}")
        for row in structure.barriers:
            if (row.policy, row.outcome) == (usual, outcome):
                name = barrier(row.barrier).label[labels.language] + (" *" if row.is_part else "")
                table.add_row(name, *_cells(row.money, labels), *_cells(row.removal, labels))
    return table


def _cells(change: Spread, labels: Labels) -> tuple[str, str]:
    return labels.signed(change.p50), f"{labels.signed(change.p05)} .. {labels.signed(change.p95)}"


def _parts(comparison: Comparison, labels: Labels) -> Iterator[str]:
    """Yield a sentence on each outcome that barriers are a part of by definition."""
    for outcome in dict.fromkeys(row.outcome for row in comparison.barriers):
        within = barriers_within(comparison.barriers, outcome)
        if within:
            names = ", ".join(known.label[labels.language] for known in within)
            yield labels.text("worth part", outcome=labels.outcome(outcome), barriers=names)


def unspent(comparison: Comparison, labels: Labels) -> Iterator[str]:
    """Yield a sentence for each path and barrier for which not all of the extra money can be spent.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    labels : Labels
        The language.

    Yields
    ------
    str
        With the least that can be spent in any period, or until the horizon, under any structure.
    """
    least: dict[tuple[str, str], float] = {}
    amounts: dict[str, float] = {}
    for structure in comparison.structures:
        for row in structure.barriers:
            amounts[row.barrier] = row.amount
            key = row.policy, row.barrier
            least[key] = min(least.get(key, row.amount), row.spendable, *_in_periods(structure, row))
    names = {policy.name: labels.label(policy) for policy in comparison.policies}
    for (policy, name), most in least.items():
        if most < amounts[name]:
            yield labels.text(
                "worth unspent",
                path=names[policy],
                barrier=barrier(name).label[labels.language],
                amount=labels.number(amounts[name], 0),
                most=labels.number(most, 1),
            )


def _in_periods(structure: Comparison, row: BarrierWorth) -> Iterator[float]:
    return (period.spendable[row.barrier] for period in structure.binding if period.policy == row.policy)
