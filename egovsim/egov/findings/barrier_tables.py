"""What the same extra money for each of the five barriers changes, as tables."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import combinations

import numpy as np

from egovsim.analysis.history_matching.draws import Integers
from egovsim.analysis.history_matching.matching import Match
from egovsim.egov.barrier_worth import parts_by_definition, without_barriers
from egovsim.egov.barriers import AMOUNT, BARRIERS, FIRST_YEAR, Barrier
from egovsim.egov.binding import binding_barriers
from egovsim.egov.defaults import BASELINE
from egovsim.egov.extra_money import ExtraMoneyEffects, extra_money_effects
from egovsim.egov.findings.cells import Table, interval, medians, shares
from egovsim.egov.findings.study import OUTCOMES, YEARS, Study
from egovsim.egov.outcomes import REAL_USE, SPENDING
from egovsim.egov.region_runs import RegionRuns
from egovsim.model.inputs import Floats
from egovsim.model.metrics import Metric, value_at
from egovsim.names import canonical
from egovsim.simulation.files import read_policy

SINGLES = [(barrier,) for barrier in BARRIERS]
PAIRS = list(combinations(BARRIERS, 2))
LABELS = [barrier.label["en"] for barrier in BARRIERS]


def money_tables(study: Study) -> Iterator[tuple[str, Table]]:
    """Yield one table an outcome: what the same extra money for each barrier changes.

    Parameters
    ----------
    study : Study
        The members.

    Yields
    ------
    str, list of list of str
        A heading, and the table.
    """
    effects = {name: [_effects(study, match, SINGLES) for match in study.sets(name)] for name in study.structures}
    for outcome, label in OUTCOMES.items():
        rows: Table = [["structure", "barrier", *(f"by {year:.0f}" for year in YEARS)]]
        for name, sets in effects.items():
            columns = [_money_column(sets, outcome, year) for year in YEARS]
            rows += [[name, *cells] for cells in zip(LABELS, *columns, strict=True)]
        yield f"Change of the {label}", rows


def removal_tables(study: Study) -> Iterator[tuple[str, Table]]:
    """Yield one table an outcome: what the full removal of each barrier changes under business as usual.

    Parameters
    ----------
    study : Study
        The members.

    Yields
    ------
    str, list of list of str
        A heading, and the table; a star marks a barrier whose state the outcome contains by definition.
    """
    metrics = [value_at(name, year, name=f"{name} in {year:g}") for name in OUTCOMES for year in YEARS]
    gone = {name: [_removed(study, match, metrics) for match in study.sets(name)] for name in study.structures}
    for place, (outcome, label) in enumerate(OUTCOMES.items()):
        parts = parts_by_definition(study.model, outcome)
        names = [barrier.label["en"] + (" *" if canonical(barrier.state) in parts else "") for barrier in BARRIERS]
        rows: Table = [["structure", "barrier", *(f"by {year:.0f}" for year in YEARS)]]
        for structure, sets in gone.items():
            for number, name in enumerate(names):
                columns = range(place * len(YEARS), (place + 1) * len(YEARS))
                cells = [[changes[number, column] for changes in sets] for column in columns]
                rows.append([structure, name, *map(_with_interval, cells)])
        yield f"Change of the {label} by full removal", rows


def _with_interval(sets: Sequence[Floats]) -> str:
    return f"{medians(sets, decimals=3)} ({interval(np.concatenate(sets))})"


def _removed(study: Study, match: Match, metrics: Sequence[Metric]) -> Floats:
    """Return what the removal of each barrier changes, shape (barrier, metric, member)."""
    usual = (read_policy(BASELINE),)
    runs = RegionRuns.of(study.model, study.profile, match, usual, FIRST_YEAR, AMOUNT, None)
    base = runs.without_extra_money(metrics, YEARS[-1])
    return (without_barriers(runs, metrics, FIRST_YEAR, YEARS[-1]) - base)[:, 0]


def _effects(study: Study, match: Match, relieved: Sequence[tuple[Barrier, ...]]) -> ExtraMoneyEffects:
    return extra_money_effects(
        study.model, study.profile, match, combinations=relieved, outcomes=tuple(OUTCOMES), years=YEARS
    )


def _money_column(effects: Sequence[ExtraMoneyEffects], outcome: str, year: float) -> list[str]:
    """Return the medians of both sets with the range of all members, and the shares in which each barrier is best."""
    changes = [np.stack([effect.of(barrier, outcome, year) for barrier in SINGLES]) for effect in effects]
    won = zip(*(_shares_won(change.argmax(axis=0)) for change in changes), strict=True)
    return [
        f"{_with_interval([change[number] for change in changes])}; {shares(both)} best"
        for number, both in enumerate(won)
    ]


def _shares_won(winners: Integers) -> list[float]:
    """Return the share of members in which each barrier is best, of the number of the best in each member."""
    return (np.bincount(winners, minlength=len(SINGLES)) / len(winners)).tolist()


def pair_table(study: Study) -> Table:
    """Return what two barriers relieved together give, and how much of it neither gives alone.

    Parameters
    ----------
    study : Study
        The members.

    Returns
    -------
    list of list of str
        A row a structure and pair.
    """
    rows: Table = [["structure", "pair", *(f"by {year:.0f}" for year in YEARS)]]
    labels = [" + ".join(barrier.label["en"] for barrier in pair) for pair in PAIRS]
    for name in study.structures:
        effects = [_effects(study, match, [*SINGLES, *PAIRS]) for match in study.sets(name)]
        columns = [_pair_column(effects, year) for year in YEARS]
        rows += [[name, *cells] for cells in zip(labels, *columns, strict=True)]
    return rows


def _pair_column(effects: Sequence[ExtraMoneyEffects], year: float) -> list[str]:
    """Return for each pair the medians of its change, and of what is beyond the sum of its barriers' own."""
    column: list[str] = []
    for pair in PAIRS:
        whole = [effect.of(pair, REAL_USE, year) for effect in effects]
        apart = [sum(effect.of((barrier,), REAL_USE, year) for barrier in pair) for effect in effects]
        beyond = [both - each for both, each in zip(whole, apart, strict=True)]
        column.append(f"{medians(whole, decimals=3)}; {medians(beyond, decimals=3, sign='+')}")
    return column


def binding_table(study: Study) -> Table:
    """Return in which share of members each barrier's relief helps most, every four years, under business as usual.

    Parameters
    ----------
    study : Study
        The members.

    Returns
    -------
    list of list of str
        A row a structure and period.
    """
    usual = [read_policy(BASELINE)]
    rows: Table = [["structure", "term", *LABELS]]
    for name in study.structures:
        found = [
            binding_barriers(study.model, study.profile, match, policies=usual, by=REAL_USE, until=YEARS[-1])
            for match in study.sets(name)
        ]
        for periods in zip(*found, strict=True):
            cells = [shares([period.best[barrier.name] for period in periods]) for barrier in BARRIERS]
            rows.append([name, f"{periods[0].first:.0f}-{periods[0].last:.0f}", *cells])
    return rows


def spent_table(study: Study) -> Table:
    """Return how much of the extra money is spent by 2035; the rest finds no places or developers and returns.

    Parameters
    ----------
    study : Study
        The members.

    Returns
    -------
    list of list of str
        A row a structure, in per cent.
    """
    year = YEARS[0]
    given = AMOUNT * (year - FIRST_YEAR)
    rows: Table = [["structure", *LABELS]]
    for name in study.structures:
        found = [
            extra_money_effects(study.model, study.profile, match, outcomes=[SPENDING], years=[year]).changes[:, 0, 0]
            for match in study.sets(name)
        ]
        cells: list[str] = []
        for number in range(len(BARRIERS)):
            parts = [100.0 * spent[number] / given for spent in found]
            low, high = np.quantile(np.concatenate(parts), (0.05, 0.95))
            cells.append(f"{medians(parts, decimals=0)} % ({low:.0f} to {high:.0f})")
        rows.append([name, *cells])
    return rows
