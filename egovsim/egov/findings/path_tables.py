"""What the shipped paths change, which of them is best, and which reaches the benchmark, as tables."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from egovsim.egov.defaults import BASELINE
from egovsim.egov.findings.cells import DASH, Table, changes, interval, medians, shares
from egovsim.egov.findings.path_outcomes import PathOutcomes
from egovsim.egov.findings.study import SEEDS, Study
from egovsim.egov.outcomes import INDEX, REAL_USE
from egovsim.model.inputs import Floats

ByStructure = Mapping[str, Sequence[PathOutcomes]]
"""Both sets of members, by structure."""
_REACHING = (BASELINE, "people-first", "culture-first", "staged", "mandate", "surabaya-sequence")


def members_table(study: Study) -> Table:
    """Return how many members were accepted of how many tried, and how many of these differ in more than the index.

    Parameters
    ----------
    study : Study
        The members.

    Returns
    -------
    list of list of str
        A row a structure.
    """
    rows: Table = [["structure", *(f"set {seed}" for seed in SEEDS)]]
    for name in study.structures:
        cells = [f"{len(match):,} of {match.search.tried:,}; {match.distinct:,} distinct" for match in study.sets(name)]
        rows.append([name, *cells])
    return rows


def path_table(paths: ByStructure) -> Table:
    """Return what each path changes by 2035 and 2045.

    Parameters
    ----------
    paths : mapping of str to sequence of PathOutcomes
        Both sets, by structure.

    Returns
    -------
    list of list of str
        A row a structure and path.
    """
    rows: Table = [["structure", "path", "real use by 2035", "real use by 2045", "SPBE-like by 2035"]]
    asked = ((REAL_USE, 2035), (REAL_USE, 2045), (INDEX, 2035))
    for name, sets in paths.items():
        for policy in sets[0].policies:
            if policy.baseline:
                cells = [f"{_levels(sets, outcome, year)} as usual" for outcome, year in asked]
            else:
                cells = [changes([paths.change(policy.name, *what) for paths in sets]) for what in asked]
            rows.append([name, policy.label["en"], *cells])
    return rows


def _levels(sets: Sequence[PathOutcomes], outcome: str, year: int) -> str:
    levels = [paths.at(BASELINE, outcome, year) for paths in sets]
    return f"{medians(levels)} ({interval(np.concatenate(levels))})"


def best_table(paths: ByStructure) -> Table:
    """Return in which share of members each money path is the best.

    Parameters
    ----------
    paths : mapping of str to sequence of PathOutcomes
        Both sets, by structure.

    Returns
    -------
    list of list of str
        A row a structure and path.
    """
    asked = ((REAL_USE, 2035), (REAL_USE, 2045), (INDEX, 2030), (INDEX, 2045))
    rows: Table = [["structure", "money path", "real use 2035", "real use 2045", "SPBE-like 2030", "SPBE-like 2045"]]
    for name, sets in paths.items():
        rows += _best_rows(name, sets, asked, sets[0].money)
    return rows


def single_table(paths: ByStructure) -> Table:
    """Return in which share of members each path with one emphasis is the best of these.

    Parameters
    ----------
    paths : mapping of str to sequence of PathOutcomes
        Both sets, by structure.

    Returns
    -------
    list of list of str
        A row a structure and path.
    """
    rows: Table = [["structure", "path with one emphasis", "real use 2035", "real use 2045"]]
    for name, sets in paths.items():
        single = [path for path in sets[0].money if path.endswith("-first")]
        rows += _best_rows(name, sets, ((REAL_USE, 2035), (REAL_USE, 2045)), single)
    return rows


def _best_rows(
    structure: str, sets: Sequence[PathOutcomes], asked: Sequence[tuple[str, int]], among: Sequence[str]
) -> Table:
    found = [[paths.best(outcome, year, among=among) for paths in sets] for outcome, year in asked]
    return [
        [structure, policy.label["en"], *(shares([best[policy.name] for best in column]) for column in found)]
        for policy in sets[0].policies
        if policy.name in among
    ]


def band_table(paths: ByStructure) -> Table:
    """Return how far money paths lie apart, beside how far the members do.

    Parameters
    ----------
    paths : mapping of str to sequence of PathOutcomes
        Both sets, by structure.

    Returns
    -------
    list of list of str
        A row a structure and index.
    """
    rows: Table = [
        ["structure", "outcome in 2035", "best minus worst money path", "band of the members", "sign is the same in"]
    ]
    for name, sets in paths.items():
        for outcome in (REAL_USE, INDEX):
            apart, band, same = zip(*(_distances(paths, outcome) for paths in sets), strict=True)
            rows.append([name, outcome, _numbers(apart), _numbers(band), shares(same)])
    return rows


def _distances(paths: PathOutcomes, outcome: str) -> tuple[float, float, float]:
    """Return best minus worst money path, the band of the members, and in which share the best one is better."""
    middle = [np.median(paths.change(path, outcome, 2035)) for path in paths.money]
    best, worst = (paths.money[int(place)] for place in (np.argmax(middle), np.argmin(middle)))
    band = np.ptp(np.quantile(paths.at(BASELINE, outcome, 2035), (0.05, 0.95)))
    same = np.mean(paths.at(best, outcome, 2035) > paths.at(worst, outcome, 2035))
    return float(np.ptp(middle)), float(band), float(same)


def _numbers(values: Sequence[float]) -> str:
    return " / ".join(f"{value:.2f}" for value in values)


def reach_table(paths: ByStructure) -> Table:
    """Return in which share of members a path reaches by 2045 what the benchmark had in 2023, and when.

    Parameters
    ----------
    paths : mapping of str to sequence of PathOutcomes
        Both sets, by structure.

    Returns
    -------
    list of list of str
        A row a structure and path.
    """
    rows: Table = [["structure", "path", "real use", "SPBE-like"]]
    for name, sets in paths.items():
        for policy in sets[0].policies:
            if policy.name not in _REACHING:
                continue
            cells: list[str] = []
            for outcome in (REAL_USE, INDEX):
                years = [_first_years(paths, policy.name, outcome) for paths in sets]
                reached = shares([float(np.mean(np.isfinite(year))) for year in years])
                cells.append(f"{reached}; {' / '.join(map(_median_year, years))}")
            rows.append([name, policy.label["en"], *cells])
    return rows


def _first_years(paths: PathOutcomes, policy: str, outcome: str) -> Floats:
    """Return for each member the first year in which a path is where the benchmark was in mid-2023, or NaN."""
    level = paths.benchmark(outcome)[:, paths.place(2023) : paths.place(2025)].mean(axis=1)
    reached = paths.trajectories(policy, outcome) >= level[:, np.newaxis]
    start = float(-paths.place(0))
    return np.where(reached.any(axis=1), start + reached.argmax(axis=1), np.nan)


def _median_year(years: Floats) -> str:
    """Return the year by which half of all members are there, or a dash where fewer ever are."""
    middle = np.median(np.where(np.isfinite(years), years, np.inf))
    return f"{middle:.0f}" if np.isfinite(middle) else DASH
