"""Documents and the index, what makes the gap to the benchmark, and the place that filtered nothing, as tables."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from egovsim.analysis.comparison.gap import GapItem, gap_table
from egovsim.analysis.history_matching.evidence_files import read_benchmark
from egovsim.analysis.history_matching.matching import Match, check_values
from egovsim.egov.defaults import BASELINE, BENCHMARK
from egovsim.egov.findings.cells import Table, changes, interval, medians
from egovsim.egov.findings.path_outcomes import PAPER
from egovsim.egov.findings.path_tables import ByStructure
from egovsim.egov.findings.study import Study
from egovsim.egov.outcomes import GAP_YEAR, INDEX, REAL_USE
from egovsim.model.inputs import Floats, Profile, Series
from egovsim.model.metrics import mean_over
from egovsim.simulation.files import read_profile
from egovsim.simulation.run import run

HOLD_OUT = {f"SPBE of South Sulawesi, {year} (hold-out)": f"{year}" for year in (2021, 2022, 2023, 2024)}
"""Checks that reject no member, of a place that has no part in the match, by name, with their year."""
_DOCUMENTS, _DOCUMENTS_ONLY = "Document target", "documents-only"
_BOUGHT_SINCE = 2017.0
"""Documents after this year were made for the index of 2018."""
_SHOWN_ITEMS = 4


def paper_table(study: Study, paths: ByStructure) -> Table:
    """Return what documents do to the index and to real use, and how far the two lie apart.

    Parameters
    ----------
    study : Study
        The members.
    paths : mapping of str to sequence of PathOutcomes
        Of these members, by structure.

    Returns
    -------
    list of list of str
        A row a structure.
    """
    rows: Table = [
        ["structure", "index minus real use, 2025", "what documents after 2017 add", "documents only, by 2035"]
    ]
    for name, sets in paths.items():
        here = medians([paths.at(BASELINE, PAPER, 2025) for paths in sets])
        there = medians([paths.benchmark(PAPER)[:, paths.place(2025)] for paths in sets])
        added = [_documents_added(study, match) for match in study.sets(name)]
        only = [
            {outcome: paths.change(_DOCUMENTS_ONLY, outcome, 2035) for outcome in (INDEX, REAL_USE)} for paths in sets
        ]
        rows.append([name, f"South Sumatra {here}; Surabaya {there}", _both_indices(added), _both_indices(only)])
    return rows


def _documents_added(study: Study, match: Match) -> dict[str, Floats]:
    """Return what the documents of late years add to both indices of 2023, shape (member,)."""
    levers = {**study.profile.levers, _DOCUMENTS: _until(study.profile.levers[_DOCUMENTS], _BOUGHT_SINCE)}
    now, without = (
        run(
            study.model,
            profile=profile,
            constants=match.constants,
            design=match.design(study.profile),
            metrics=[mean_over(outcome, 2023, 2024, name=outcome) for outcome in (INDEX, REAL_USE)],
            until=2024,
        )
        for profile in (study.profile, replace(study.profile, levers=levers))
    )
    return {
        outcome: now.metric_values(outcome)[0, 0] - without.metric_values(outcome)[0, 0]
        for outcome in (INDEX, REAL_USE)
    }


def _until(series: Series, year: float) -> Series:
    """Return a series that stays as it is from a year on."""
    pairs = [(time, value) for time, value in zip(series.times, series.values, strict=True) if time <= year]
    return Series(tuple(time for time, _ in pairs), tuple(value for _, value in pairs), series.kind)


def _both_indices(sets: Sequence[Mapping[str, Floats]]) -> str:
    heads = {INDEX: "index", REAL_USE: "real use"}
    return "; ".join(f"{head} {changes([found[name] for found in sets])}" for name, head in heads.items())


def gap_items_table(study: Study) -> Table:
    """Return the profile items that close most of the gap to the benchmark in 2023.

    Parameters
    ----------
    study : Study
        The members.

    Returns
    -------
    list of list of str
        A row a structure and item: those that are among the first four in any structure, by the first set.
    """
    benchmark: Profile = read_profile(BENCHMARK)
    found = {
        name: [
            gap_table(study.model, study.profile, benchmark, match, outcomes=[REAL_USE, INDEX], year=GAP_YEAR)
            for match in study.sets(name)
        ]
        for name in study.structures
    }
    firsts = [[item.items for item in sets[0] if not item.whole][:_SHOWN_ITEMS] for sets in found.values()]
    rows: Table = [["structure", "item", "real use", "SPBE-like"]]
    for name, sets in found.items():
        by_items = [{item.items: item for item in table} for table in sets]
        for items in dict.fromkeys(itertools.chain.from_iterable(firsts)):
            both = [table[items] for table in by_items]
            cells = [" and ".join(_closed_and_lost(item, outcome) for item in both) for outcome in (REAL_USE, INDEX)]
            rows.append([name, ", ".join(items), *cells])
    return rows


def _closed_and_lost(item: GapItem, outcome: str) -> str:
    closed, lost = item.closed[outcome], item.lost[outcome]
    if closed is None or lost is None:
        return "-"
    return f"{100 * closed.p50:.0f} / {100 * lost.p50:.0f} %"


def hold_out_table(study: Study) -> Table:
    """Return what members say of South Sulawesi, which filtered nothing.

    Parameters
    ----------
    study : Study
        The members.

    Returns
    -------
    list of list of str
        What was published, then a row a structure.
    """
    checks = [check for check in read_benchmark().checks if check.name in HOLD_OUT]
    rows: Table = [
        ["structure", *(HOLD_OUT[check.name] for check in checks)],
        ["published", *(f"{check.observed:.2f}" for check in checks)],
    ]
    for name in study.structures:
        found = [check_values(study.model, match, checks) for match in study.sets(name)]
        cells = [[values[check.name] for values in found] for check in checks]
        rows.append([name, *(f"{medians(sets)} ({interval(np.concatenate(sets))})" for sets in cells)])
    return rows
