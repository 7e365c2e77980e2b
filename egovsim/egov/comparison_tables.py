"""Tables for a terminal or a pipe, 80 columns or wider."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from egovsim.analysis.comparison.ranking import PathResult
from egovsim.analysis.measures import SMALLEST_GAP_CLOSED, Lag, Spread
from egovsim.egov.barrier_worth_table import barrier_worth_report
from egovsim.egov.benchmark_tables import benchmark_report
from egovsim.egov.binding_table import binding_report
from egovsim.egov.comparison import Comparison
from egovsim.egov.labels import Labels
from egovsim.egov.origin import origin_lines
from egovsim.egov.outcomes import INDEX, REAL_USE
from egovsim.egov.ranking import SEPARABLE, not_separable, share_step
from egovsim.egov.rival_tables import rival_report
from egovsim.egov.scenario_table import scenario_report
from egovsim.egov.why_sentences import why_report
from egovsim.model.inputs import Scenario
from egovsim.terminal import bullet, escaped, natural_width, plain_table

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


_PATH_WIDTHS = (30, 24)
"""Longer labels of paths are wrapped at their words, the sooner the less room there is."""
_HEAD_WIDTH = 10


@dataclass(frozen=True)
class Column:
    """A column of a ranking: its head, and its text for a path and for the benchmark's own line.

    Text of a given width is wrapped and stands to the left, figures to the right.
    """

    head: str
    cell: Callable[[PathResult], str]
    benchmark: str = ""
    text_width: int | None = None


def comparison_report(comparison: Comparison, labels: Labels, *, width: int) -> Iterator[RenderableType]:
    """Yield everything that is printed of a comparison: heading, rankings, legend, caveats.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    labels : Labels
        The language.
    width : int
        Columns of the place it is printed to; 80 is enough. Where a ranking does not fit as one table, it is
        printed as two under each other.

    Yields
    ------
    RenderableType
        Lines and tables.
    """
    from rich.text import Text

    yield Text(labels.members_sentence(comparison), style="bold")
    yield Text(question(comparison, labels))
    if comparison.failures:
        count = len(comparison.failures)
        yield Text(labels.text("left out", count=count, first=comparison.failures[0]), style="red")
    for scenario in comparison.scenarios:
        for family in comparison.families:
            rows = [row for row in comparison.ranking if (row.scenario, row.family) == (scenario.name, family)]
            yield Text()
            yield Text(labels.text(f"family {family}"), style="bold")
            yield Text(ranked_by(comparison, labels, scenario))
            yield from _ranking(comparison, rows, labels, width)
            if len(rows) > 2:
                yield Text(separability(rows, labels, comparison.complete), style="bold")
    yield Text()
    yield Text(_legend(comparison, labels), style="dim")
    for line in origin_lines(comparison.profile, comparison.members, labels):
        yield Text(line, style="dim")
    yield from why_report(comparison, labels)
    yield from rival_report(comparison, labels, width=width)
    yield from scenario_report(comparison, labels)
    yield from barrier_worth_report(comparison, labels)
    yield from binding_report(comparison, labels)
    yield from benchmark_report(comparison, labels)
    yield Text()
    yield Text(labels.text("caveats"), style="bold")
    for caveat in labels.caveats_of(comparison):
        yield bullet(caveat)


def question(comparison: Comparison, labels: Labels) -> str:
    """Say what is compared with what, and over which years.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    labels : Labels
        The language.

    Returns
    -------
    str
        A line.
    """
    return labels.text(
        "question",
        profile=labels.label(comparison.profile),
        benchmark=labels.label(comparison.benchmark),
        start=f"{comparison.start:g}",
        horizon=f"{comparison.horizon:g}",
    )


def ranked_by(comparison: Comparison, labels: Labels, scenario: Scenario) -> str:
    """Say under which scenario, and by which outcome, paths are ranked.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    labels : Labels
        The language.
    scenario : Scenario
        One of its scenarios.

    Returns
    -------
    str
        A line.
    """
    future = labels.text("scenario", scenario=labels.label(scenario))
    ranked = labels.text("ranked", outcome=labels.outcome(comparison.by), year=f"{comparison.horizon:g}")
    return f"{future}. {ranked}"


def separability(rows: Sequence[PathResult], labels: Labels, members: int) -> str:
    """Say which places of a ranking can be told from each other.

    Parameters
    ----------
    rows : sequence of PathResult
        Of one family under one scenario, by rank.
    labels : Labels
        The language.
    members : int
        How many there are.

    Returns
    -------
    str
        A line.
    """
    groups = [labels.text("ranks", first=first, last=last) for first, last in not_separable(rows, members)]
    key = "not separable" if groups else "separable"
    return labels.text(key, groups="; ".join(groups), bar=labels.percent(SEPARABLE))


def _legend(comparison: Comparison, labels: Labels) -> str:
    return labels.text(
        "legend",
        year=f"{comparison.horizon:g}",
        start=f"{comparison.start:g}",
        discount=labels.percent(comparison.discount, 1),
        outcome=labels.outcome(comparison.by),
        least=labels.number(SMALLEST_GAP_CLOSED),
        predicates=labels.predicates(),
        members=labels.number(comparison.complete, 0),
        step=labels.percent(share_step(comparison.complete)),
    )


def _ranking(
    comparison: Comparison, rows: Sequence[PathResult], labels: Labels, width: int
) -> Iterator[RenderableType]:
    names = {policy.name: labels.label(policy) for policy in comparison.policies}
    rank = Column("#", lambda row: "" if row.rank is None else str(row.rank))

    def front(path_width: int) -> list[Column]:
        beside = labels.label(comparison.benchmark)
        return [rank, Column(labels.text("path"), lambda row: names[row.policy], beside, path_width)]

    members = comparison.complete
    groups = [
        *_level_columns(comparison, labels),
        _standing_columns(rows, labels, members),
        _cost_columns(labels),
        _predicate_columns(rows, labels, members),
    ]
    for number, columns in enumerate(_layout(front, groups, rows, width)):
        yield from [""] if number else []
        yield _table(columns, rows)


def _layout(
    front: Callable[[int], list[Column]], groups: list[list[Column]], rows: Sequence[PathResult], width: int
) -> list[list[Column]]:
    """Return the columns of as few tables as fit the width, with names of paths as wide as that allows."""
    layouts = [list(_stacked(front(path_width), groups, rows, width)) for path_width in _PATH_WIDTHS]
    return min(layouts, key=len)


def _stacked(
    front: list[Column], groups: list[list[Column]], rows: Sequence[PathResult], width: int
) -> Iterator[list[Column]]:
    """Put groups side by side as long as they fit, each table beginning with the same columns; cut a wider group."""
    table: list[Column] = []

    def fits(columns: Sequence[Column]) -> bool:
        return natural_width(_table([*front, *columns], rows)) <= width

    for group in groups:
        for part in [group] if fits(group) else [[column] for column in group]:
            if table and not fits([*table, *part]):
                yield [*front, *table]
                table = []
            table += part
    yield [*front, *table]


def _level_columns(comparison: Comparison, labels: Labels) -> Iterator[list[Column]]:
    """Yield, for each outcome, levels at the horizon and their differences from business as usual."""
    heads = {INDEX: labels.text("index"), REAL_USE: labels.text("real use")}
    for outcome in dict.fromkeys((INDEX, REAL_USE, comparison.by)):
        beside = float(np.median(comparison.benchmark_trajectories[outcome][:, -1]))
        columns = [_level(heads.get(outcome, _head(outcome, labels)), outcome, beside, labels)]
        columns.append(_change(outcome, labels))
        if outcome == comparison.by:  # beside its own figures: an interval that stands elsewhere is read as another's
            columns.append(_range(outcome, labels))
        yield columns


def _standing_columns(rows: Sequence[PathResult], labels: Labels, members: int) -> list[Column]:
    """How far behind the benchmark a path is, and in which share of members it stands before the next."""
    columns = [Column(labels.text("lag"), lambda row: lag_text(row.lag, labels))]
    if any(row.ahead_share is not None for row in rows):
        columns.append(Column(labels.text("before next"), lambda row: _before_next(row, labels, members)))
    return columns


def _before_next(row: PathResult, labels: Labels, members: int) -> str:
    return "" if row.ahead_share is None else labels.members_share(row.ahead_share, members)


def _head(outcome: str, labels: Labels) -> str:
    """Return an outcome's label in short lines, without what stands in brackets."""
    return "\n".join(textwrap.wrap(labels.outcome(outcome).partition(" (")[0], _HEAD_WIDTH, break_long_words=False))


def _level(head: str, outcome: str, beside: float, labels: Labels) -> Column:
    return Column(head, lambda row: labels.number(row.levels[outcome].p50), labels.number(beside))


def _change(outcome: str, labels: Labels) -> Column:
    def cell(row: PathResult) -> str:
        return "" if row.rank is None else labels.signed(row.changes[outcome].p50)

    return Column(labels.text("change"), cell)


def _range(outcome: str, labels: Labels) -> Column:
    def cell(row: PathResult) -> str:
        change = row.changes[outcome]
        return "" if row.rank is None else f"{labels.signed(change.p05)} .. {labels.signed(change.p95)}"

    return Column(labels.text("range"), cell)


def _cost_columns(labels: Labels) -> list[Column]:
    """Extra cost, and what a point costs, with its range."""

    def money(key: str, text: Callable[[PathResult], str]) -> Column:
        return Column(labels.text(key), lambda row: "" if row.rank is None else text(row))

    return [
        money("extra cost", lambda row: labels.two_figures(row.cost.p50)),
        money("per point", lambda row: labels.two_figures(row.cost_per_point.p50)),
        money("price range", lambda row: _price_range(row.cost_per_point, labels)),
    ]


def _predicate_columns(rows: Sequence[PathResult], labels: Labels, members: int) -> list[Column]:
    """In how many members each predicate is reached by a year."""

    def reached(year: float) -> Column:
        def cell(row: PathResult) -> str:
            shares = (share for (_, when), share in row.shares_reaching.items() if when == year)
            return "/".join(labels.number(share * members, 0) for share in shares)

        return Column(labels.text("reached", year=f"{year:g}", members=labels.number(members, 0)), cell)

    return [reached(year) for year in dict.fromkeys(year for _, year in rows[0].shares_reaching)]


def _price_range(price: Spread, labels: Labels) -> str:
    """Write the range of a cost per point; nothing where it is not told."""
    if not math.isfinite(price.p50):
        return ""
    return f"{labels.two_figures(price.p05)} .. {labels.two_figures(price.p95)}"


def lag_text(lag: Lag, labels: Labels) -> str:
    """Write a lag.

    Parameters
    ----------
    lag : Lag
        In years.
    labels : Labels
        The language.

    Returns
    -------
    str
        ``12.3``, ``> 42``, or that the path is ahead.
    """
    match lag.bound:
        case "exact":
            return labels.number(lag.years, 1)
        case "more than":
            return f"> {labels.number(lag.years, 0)}"
        case "ahead":
            return labels.text("ahead")


def _table(columns: Sequence[Column], rows: Sequence[PathResult]) -> Table:
    table = plain_table()
    height = max(column.head.count("\n") for column in columns)
    for column in columns:
        head = "\n" * (height - column.head.count("\n")) + escaped(column.head)
        text = column.text_width is not None
        table.add_column(head, justify="left" if text else "right", no_wrap=not text, max_width=column.text_width)
    for row in rows:
        table.add_row(*(escaped(column.cell(row)) for column in columns), style="dim" if row.rank is None else None)
    if any(column.benchmark for column in columns if column.text_width is None):
        table.add_row(*(escaped(column.benchmark) for column in columns), style="dim")
    return table
