"""Tables for a terminal or a pipe, 80 columns or wider."""

from __future__ import annotations

import textwrap
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from egovsim.analysis.comparison.ranking import PathResult
from egovsim.analysis.measures import SMALLEST_GAP_CLOSED, Lag
from egovsim.egov.barrier_worth_table import barrier_worth_report
from egovsim.egov.benchmark_tables import benchmark_report
from egovsim.egov.binding_table import binding_report
from egovsim.egov.comparison import Comparison
from egovsim.egov.labels import Labels
from egovsim.egov.origin import origin_lines
from egovsim.egov.outcomes import INDEX, REAL_USE
from egovsim.egov.rival_tables import rival_report
from egovsim.egov.scenario_table import scenario_report
from egovsim.egov.why_sentences import why_report
from egovsim.model.inputs import Scenario
from egovsim.terminal import bullet, escaped, natural_width, plain_table

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table


_PATH_WIDTHS = (28, 24, 20)
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
    yield Text(
        labels.text(
            "question",
            profile=labels.label(comparison.profile),
            benchmark=labels.label(comparison.benchmark),
            start=f"{comparison.start:g}",
            horizon=f"{comparison.horizon:g}",
        )
    )
    if comparison.failures:
        count = len(comparison.failures)
        yield Text(labels.text("left out", count=count, first=comparison.failures[0]), style="red")
    for scenario in comparison.scenarios:
        for family in comparison.families:
            rows = [row for row in comparison.ranking if (row.scenario, row.family) == (scenario.name, family)]
            yield Text()
            yield Text(labels.text(f"family {family}"), style="bold")
            yield Text(_ranked(comparison, labels, scenario))
            yield from _ranking(comparison, rows, labels, width)
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


def _ranked(comparison: Comparison, labels: Labels, scenario: Scenario) -> str:
    future = labels.text("scenario", scenario=labels.label(scenario))
    ranked = labels.text("ranked", outcome=labels.outcome(comparison.by), year=f"{comparison.horizon:g}")
    return f"{future}. {ranked}"


def _legend(comparison: Comparison, labels: Labels) -> str:
    return labels.text(
        "legend",
        year=f"{comparison.horizon:g}",
        start=f"{comparison.start:g}",
        discount=labels.percent(comparison.discount, 1),
        outcome=labels.outcome(comparison.by),
        least=labels.number(SMALLEST_GAP_CLOSED),
        predicates=labels.predicates(),
    )


def _ranking(
    comparison: Comparison, rows: Sequence[PathResult], labels: Labels, width: int
) -> Iterator[RenderableType]:
    names = {policy.name: labels.label(policy) for policy in comparison.policies}
    rank = Column("#", lambda row: "" if row.rank is None else str(row.rank))

    def front(path_width: int) -> list[Column]:
        beside = labels.label(comparison.benchmark)
        return [rank, Column(labels.text("path"), lambda row: names[row.policy], beside, path_width)]

    groups = [_level_columns(comparison, labels), _cost_columns(rows, labels)]
    for number, columns in enumerate(_layout(front, groups, rows, width)):
        yield from [""] if number else []
        yield _table(columns, rows)


def _layout(
    front: Callable[[int], list[Column]], groups: list[list[Column]], rows: Sequence[PathResult], width: int
) -> list[list[Column]]:
    """Return the columns of as few tables as fit the width: one, one a group with shorter names, or more."""
    whole = [*front(_PATH_WIDTHS[0]), *(column for group in groups for column in group)]
    if natural_width(_table(whole, rows)) <= width:
        return [whole]
    for path_width in _PATH_WIDTHS:
        tables = [[*front(path_width), *group] for group in groups]
        if all(natural_width(_table(table, rows)) <= width for table in tables):
            return tables
    first = front(_PATH_WIDTHS[-1])
    return [[*first, *part] for group in groups for part in _packed(first, group, rows, width)]


def _packed(
    front: list[Column], columns: list[Column], rows: Sequence[PathResult], width: int
) -> Iterator[list[Column]]:
    """Cut columns into as few tables as fit the width, each beginning with the same columns."""
    part: list[Column] = []
    for column in columns:
        if part and natural_width(_table([*front, *part, column], rows)) > width:
            yield part
            part = []
        part.append(column)
    yield part


def _level_columns(comparison: Comparison, labels: Labels) -> list[Column]:
    """Levels at the horizon and their differences from business as usual, then the lag."""
    heads = {INDEX: labels.text("index"), REAL_USE: labels.text("real use")}
    shown = tuple(dict.fromkeys((INDEX, REAL_USE, comparison.by)))
    columns: list[Column] = []
    for outcome in shown:
        beside = comparison.benchmark_trajectories[outcome][:, -1]
        columns.append(_level(heads.get(outcome, _head(outcome, labels)), outcome, float(np.median(beside)), labels))
        columns.append(_change(outcome, labels))
        if outcome == comparison.by:  # beside its own figures: an interval that stands elsewhere is read as another's
            columns.append(_range(outcome, labels))
    columns.append(Column(labels.text("lag"), lambda row: lag_text(row.lag, labels)))
    return columns


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


def _cost_columns(rows: Sequence[PathResult], labels: Labels) -> list[Column]:
    """Cost, chances, and how sure the rank is."""

    def shares_reaching(year: float) -> Column:
        def cell(row: PathResult) -> str:
            return "/".join(
                labels.number(100 * share, 0) for (_, when), share in row.shares_reaching.items() if when == year
            )

        return Column(labels.text("chance", year=f"{year:g}"), cell)

    years = dict.fromkeys(year for _, year in rows[0].shares_reaching)
    return [
        Column(labels.text("extra cost"), lambda row: "" if row.rank is None else labels.number(row.cost.p50, 0)),
        Column(labels.text("per point"), lambda row: _per_point(row, labels)),
        *(shares_reaching(year) for year in years),
        Column(labels.text("holds"), lambda row: "" if row.rank_share is None else labels.percent(row.rank_share)),
    ]


def _per_point(row: PathResult, labels: Labels) -> str:
    if row.rank is None:
        return ""
    return "-" if row.cost_per_point is None else labels.number(row.cost_per_point, 0)


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
