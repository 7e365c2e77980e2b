"""What the sheets of a comparison hold: columns with heads in words and number formats, by structure and year."""

# pandas brings no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from egovsim.analysis.comparison.ranking import PathResult
from egovsim.analysis.measures import Spread
from egovsim.egov.comparison import Comparison, bands
from egovsim.egov.labels import Labels
from egovsim.egov.outcomes import INDEX, REAL_USE
from egovsim.egov.ranking import rounded_share
from egovsim.egov.why_sentences import channel_labels

Frame = Any  # a pandas data frame, which only the comparison itself makes
POINTS, SHARE, WHOLE, MONEY, YEAR = "0.00", "0 %", "#,##0", "#,##0;-#,##0", "0"
"""Number formats, which a spreadsheet shows in its user's own notation."""
BY_SIZE = "by size"
"""In place of a number format: one for each figure, see `by_size`."""
SIGNED = f"+{POINTS};-{POINTS};{POINTS}"
_LARGE = 100.0
"""An outcome that comes to this is shown without decimals."""
_QUANTILES = ("p05", "p50", "p95")
LEFT_OUT = (
    "note", "kind", "measurement", "discrepancy", "came_to_it", "rejected_as_first", "screened", "rejected_alone",
    "share_passing_when_left_out", "profile", "benchmark",
)  # fmt: skip
"""Columns of the CSV files that a reader of the spreadsheet can do without."""


@dataclass(frozen=True)
class SheetColumn:
    """A column: its head, its values from above, and how numbers in it are shown.

    Parameters
    ----------
    head : str
        In words.
    values : sequence of object
        Texts, numbers or None.
    number_format : str
        As spreadsheets write it; "" for texts.
    """

    head: str
    values: Sequence[object]
    number_format: str = ""


def ranking_columns(comparison: Comparison, labels: Labels) -> list[SheetColumn]:
    """Return the rankings under every structure, a row a path.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    labels : Labels
        The language.

    Returns
    -------
    list of SheetColumn
        Place, levels, changes, lag, costs and members that reach each predicate.
    """
    rows = [(structure, row) for structure in comparison.structures for row in structure.ranking]
    results = [row for _, row in rows]
    names = {item.name: labels.label(item) for item in (*comparison.policies, *comparison.scenarios)}

    def column(key: str, value: Callable[[PathResult], object], number_format: str = "") -> SheetColumn:
        return SheetColumn(labels.column(key), [value(row) for row in results], number_format)

    structures = [labels.structure(structure.structure) for structure, _ in rows]
    return [
        SheetColumn(labels.column("structure"), structures),
        column("scenario", lambda row: names[row.scenario]),
        column("family", lambda row: labels.family(row.family)),
        column("policy", lambda row: names[row.policy]),
        column("rank", lambda row: row.rank, WHOLE),
        *_level_columns(comparison, results, labels),
        column("lag_years", lambda row: row.lag.years if row.lag.bound == "exact" else None, "0.0"),
        _share_column("rank_share", [(row.rank_share, part.complete) for part, row in rows], labels),
        _share_column("ahead_of_next_share", [(row.ahead_share, part.complete) for part, row in rows], labels),
        *_spread_columns("extra_cost", [row.cost if row.rank else None for row in results], MONEY, labels),
        *_spread_columns(
            "cost_per_point", [row.cost_per_point if row.rank else None for row in results], MONEY, labels
        ),
        *_spread_columns("regret", [row.regret for row in results], POINTS, labels),
        *_reached_columns(rows, labels),
    ]


def _share_column(key: str, shares: Sequence[tuple[float | None, int]], labels: Labels) -> SheetColumn:
    """Return shares of members, no finer than the number of members allows."""
    told = [None if share is None else rounded_share(share, members) for share, members in shares]
    return SheetColumn(labels.column(key), told, SHARE)


def _level_columns(comparison: Comparison, results: Sequence[PathResult], labels: Labels) -> Iterator[SheetColumn]:
    """Yield level and change of both indices and of the outcome that ranks."""
    year = f"{comparison.horizon:g}"
    for outcome in dict.fromkeys((INDEX, REAL_USE, comparison.by)):
        levels = [row.levels[outcome] for row in results]
        changes = [row.changes[outcome] if row.rank else None for row in results]
        name, shown = labels.outcome(outcome), _number_format([level.p95 for level in levels])
        yield SheetColumn(f"{name}, {year}", [level.p50 for level in levels], shown)
        for quantile in _QUANTILES:
            head = labels.text("change of", outcome=name, quantile=labels.text(quantile))
            yield SheetColumn(head, _parts(changes, quantile), SIGNED if shown == POINTS else shown)


def _spread_columns(
    key: str, spreads: Sequence[Spread | None], number_format: str, labels: Labels
) -> Iterator[SheetColumn]:
    for quantile in _QUANTILES:
        head = f"{labels.column(key)}, {labels.text(quantile)}"
        yield SheetColumn(head, _parts(spreads, quantile), number_format)


def _parts(spreads: Sequence[Spread | None], quantile: str) -> list[object]:
    return [None if values is None else getattr(values, quantile) for values in spreads]


def _reached_columns(rows: Sequence[tuple[Comparison, PathResult]], labels: Labels) -> Iterator[SheetColumn]:
    """Yield, for each predicate and year, in how many members it is reached."""
    yield SheetColumn(labels.column("members"), [structure.complete for structure, _ in rows], WHOLE)
    for name, year in rows[0][1].shares_reaching:
        counts = [round(row.shares_reaching[name, year] * structure.complete) for structure, row in rows]
        yield SheetColumn(labels.text("members reaching", predicate=name, year=f"{year:g}"), counts, WHOLE)


def yearly_columns(comparison: Comparison, labels: Labels) -> list[SheetColumn]:
    """Return the median of every outcome by year, a column a path, and the benchmark beside them.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    labels : Labels
        The language.

    Returns
    -------
    list of SheetColumn
        Of the first structure, for all scenarios; percentiles and other structures are in comparison.csv.
    """
    outcomes, years = list(comparison.outcomes), comparison.time.astype(np.int64).tolist()
    units = [labels.unit(name, comparison.outcomes[name]) for name in outcomes]
    scenarios = [labels.label(scenario) for scenario in comparison.scenarios]
    times = len(years)
    medians = {name: np.median(comparison.trajectories[name], axis=2) for name in outcomes}
    benchmark = {name: bands(comparison.benchmark_trajectories[name]) for name in outcomes}
    place = labels.label(comparison.benchmark)

    def beside(number: int) -> list[object]:
        column = [value for name in outcomes for value in benchmark[name][number].tolist()]
        return column * len(scenarios)

    paths = [
        [value for s in range(len(scenarios)) for name in outcomes for value in medians[name][s, p].tolist()]
        for p in range(len(comparison.policies))
    ]
    return [
        SheetColumn(labels.column("scenario"), [name for name in scenarios for _ in range(len(outcomes) * times)]),
        SheetColumn(labels.column("outcome"), [labels.outcome(o) for o in outcomes for _ in years] * len(scenarios)),
        SheetColumn(labels.column("unit"), [unit for unit in units for _ in years] * len(scenarios)),
        SheetColumn(labels.column("year"), years * len(outcomes) * len(scenarios), YEAR),
        *(SheetColumn(labels.label(comparison.policies[p]), column, BY_SIZE) for p, column in enumerate(paths)),
        *(SheetColumn(f"{place}, {labels.text(q)}", beside(n), BY_SIZE) for n, q in enumerate(_QUANTILES)),
    ]


def outcome_columns(comparison: Comparison, outcome: str, labels: Labels) -> list[SheetColumn]:
    """Return one outcome by year under the first scenario: medians of all paths, and the benchmark.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    outcome : str
        Its name.
    labels : Labels
        The language.

    Returns
    -------
    list of SheetColumn
        Years first, then a column a path in their order, then the benchmark's median and its 5 and 95 percent.
    """
    medians = np.median(comparison.trajectories[outcome][0], axis=1)
    low, middle, high = bands(comparison.benchmark_trajectories[outcome]).tolist()
    shown = _number_format([float(np.abs(medians).max()), *map(abs, high)])
    place = labels.label(comparison.benchmark)
    return [
        SheetColumn(labels.column("year"), comparison.time.astype(np.int64).tolist(), YEAR),
        *(
            SheetColumn(labels.label(policy), values.tolist(), shown)
            for policy, values in zip(comparison.policies, medians, strict=True)
        ),
        SheetColumn(place, middle, shown),
        SheetColumn(f"{place}, {labels.text('p05')}", low, shown),
        SheetColumn(f"{place}, {labels.text('p95')}", high, shown),
    ]


def frame_columns(comparison: Comparison, frame: Frame, labels: Labels) -> list[SheetColumn]:
    """Return the columns of a tidy table in words.

    Parameters
    ----------
    comparison : Comparison
        That the table is of.
    frame : pandas.DataFrame
        One of its tables, as the CSV files hold it.
    labels : Labels
        The language.

    Returns
    -------
    list of SheetColumn
        Without what only a program needs.
    """
    tellers = _tellers(comparison, labels)
    found: list[SheetColumn] = []
    for name in frame.columns:
        if name in LEFT_OUT:
            continue
        values = [None if missing else value for value, missing in zip(frame[name], frame[name].isna(), strict=True)]
        tell = tellers.get(name, str)
        told = [tell(value) if isinstance(value, str) else value for value in values]
        if "share_of_members" in name:
            told = [rounded_share(float(value), comparison.complete) for value in frame[name]]
        found.append(SheetColumn(labels.column(name), told, _format_of(name, values)))
    return found


def _tellers(comparison: Comparison, labels: Labels) -> Mapping[str, Callable[[str], str]]:
    """Return what tells a name of a table in words, by column."""
    structures = {part.structure.name: labels.structure(part.structure) for part in comparison.structures}
    policies = {policy.name: labels.label(policy) for policy in comparison.policies}
    scenarios = {scenario.name: labels.label(scenario) for scenario in comparison.scenarios}
    channels = channel_labels(comparison.why, labels) if comparison.why else {}
    places = {name: labels.label(place) for name, place in comparison.members.benchmark.profiles.items()}
    return {
        "structure": structures.__getitem__,
        "policy": policies.__getitem__,
        "against": policies.__getitem__,
        "scenario": scenarios.__getitem__,
        "outcome": labels.outcome,
        "items": lambda items: labels.text("all items") if items == "all" else _items(items, labels),
        "place": lambda place: places.get(place, place),
        "barrier": lambda name: labels.text(f"barrier {name}"),
        "channel": lambda name: channels.get(name, labels.text("all channels")),
        "action": lambda action: labels.text(f"action {action}"),
    }


def _items(items: str, labels: Labels) -> str:
    return " + ".join(map(labels.outcome, items.split("; ")))


def _format_of(name: str, values: Sequence[object]) -> str:
    """Return how a column of a tidy table is shown."""
    numbers = [float(value) for value in values if isinstance(value, int | float)]
    if not numbers:
        return ""
    if name in ("year", "first", "last"):
        return YEAR
    if "share" in name or name.startswith(("closed", "lost")):
        return SHARE
    return BY_SIZE


def _number_format(values: Sequence[float]) -> str:
    return WHOLE if max((abs(value) for value in values if math.isfinite(value)), default=0.0) >= _LARGE else POINTS


def by_size(value: float) -> str:
    """Return the number format of a figure that stands among others of many units.

    Parameters
    ----------
    value : float
        In any unit.

    Returns
    -------
    str
        Without decimals from 100 on, with three below one.
    """
    return "0.000" if abs(value) < 1.0 else _number_format([value])
