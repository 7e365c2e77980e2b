"""People first against infrastructure first: for the accepted members, before any check, and for equal money."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from egovsim.analysis.history_matching.evidence_files import read_benchmark
from egovsim.analysis.history_matching.matching import Match, history_match
from egovsim.egov.barriers import HR, INFRASTRUCTURE, Barrier
from egovsim.egov.extra_money import extra_money_effects
from egovsim.egov.findings.cells import Table, changes, shares
from egovsim.egov.findings.path_outcomes import PathOutcomes
from egovsim.egov.findings.path_tables import ByStructure
from egovsim.egov.findings.study import SEEDS, YEARS, Study
from egovsim.egov.outcomes import REAL_USE
from egovsim.model.inputs import Floats, PolicyPath
from egovsim.progress import Progress, portion
from egovsim.simulation.files import read_policy
from egovsim.simulation.run import run

PEOPLE, INFRASTRUCTURE_PATH = "people-first", "infrastructure-first"
PATHS = "people first or infrastructure first"
EQUAL, UNPLACED = "20 billion a year, training with places", "20 billion a year, training without more places"
LEFT_OUT = (
    "In use over installed, Surabaya, 2011",
    "Digitally skilled share, South Sumatra, 2020",
    "Paper share of work, Surabaya, 2025",
    "SPBE of Surabaya, 2023",
)
"""The evidence checks whose leaving out might turn the answer."""
_UNFILTERED = 1000
"""Members that no check has filtered, for comparison with those that were accepted."""
_BESIDE = ("mandate", "champion", "documents-only", "surabaya-sequence")


def people_table(study: Study, paths: ByStructure) -> Table:
    """Return how often people first beats infrastructure first, each way that the question is put.

    Parameters
    ----------
    study : Study
        The members.
    paths : mapping of str to sequence of PathOutcomes
        Of these members, by structure.

    Returns
    -------
    list of list of str
        A row a structure and question.
    """
    rows: Table = [["structure", "question", *(f"by {year:.0f}" for year in YEARS)]]
    for name, sets in paths.items():
        matches = study.sets(name)
        rows.append([name, PATHS, *_people_cells(sets)])
        for other in map(read_policy, _BESIDE):
            found = [_beside(study, match, other) for match in matches]
            rows.append([name, f"both beside: {other.label['en']}", *_cells(found)])
        free = [PathOutcomes(study, _unfiltered(match)) for match in matches]
        rows.append([name, "the same, before any check", *_people_cells(free)])
        unplaced = replace(HR, name="hr money", needs_places=False)
        for question, people in ((EQUAL, HR), (UNPLACED, unplaced)):
            rows.append([name, question, *_cells([_equal_money(study, match, people) for match in matches])])
    return rows


def left_out_table(study: Study, members: int, *, progress: Progress | None = None) -> Table:
    """Return how often people first beats infrastructure first when one check is not asked for.

    Parameters
    ----------
    study : Study
        The model and the region; members are searched anew, under the first structure.
    members : int
        How many, for each check and seed.
    progress : callable, optional
        Called with (done, total).

    Returns
    -------
    list of list of str
        A row a check.
    """
    rows: Table = [["check left out", *(f"by {year:.0f}" for year in YEARS)]]
    for number, name in enumerate(LEFT_OUT):
        share = portion(progress, number / len(LEFT_OUT), (number + 1) / len(LEFT_OUT))
        rows.append(
            [name, *_people_cells([PathOutcomes(study, match) for match in _without(study, name, members, share)])]
        )
    return rows


def _without(study: Study, name: str, members: int, progress: Progress | None) -> Iterator[Match]:
    """Yield members that were accepted without a check, for each seed."""
    benchmark = read_benchmark()
    checks = tuple(replace(check, action="report") if check.name == name else check for check in benchmark.checks)
    for number, seed in enumerate(SEEDS):
        yield history_match(
            study.model,
            replace(benchmark, checks=checks),
            members=members,
            seed=seed,
            constants=benchmark.structures[0].constants,
            progress=portion(progress, number / len(SEEDS), (number + 1) / len(SEEDS)),
        )


def _equal_money(study: Study, match: Match, people: Barrier) -> Floats:
    """Return money for people minus the same for infrastructure, shape (year, member)."""
    effects = extra_money_effects(
        study.model,
        study.profile,
        match,
        combinations=[(people,), (INFRASTRUCTURE,)],
        outcomes=[REAL_USE],
        years=YEARS,
    )
    return effects.changes[0, 0] - effects.changes[1, 0]


def _beside(study: Study, match: Match, other: PolicyPath) -> Floats:
    """Return people first minus infrastructure first when either goes with another path, shape (year, member)."""
    paths = [read_policy(name) for name in (PEOPLE, INFRASTRUCTURE_PATH)]
    result = run(
        study.model,
        profile=study.profile,
        policies=[replace(path, levers={**path.levers, **other.levers}) for path in paths],
        constants=match.constants,
        design=match.design(study.profile),
        outputs=[REAL_USE],
        save_every=1.0,
    )
    people, infrastructure = result.values(REAL_USE)[0]
    places = [int(year - result.time[0]) for year in YEARS]
    return (people - infrastructure)[:, places].T


def _people_cells(sets: Sequence[PathOutcomes]) -> list[str]:
    years = [int(year) for year in YEARS]
    return _cells(
        [
            np.stack(
                [paths.at(PEOPLE, REAL_USE, year) - paths.at(INFRASTRUCTURE_PATH, REAL_USE, year) for year in years]
            )
            for paths in sets
        ]
    )


def _cells(differences: Sequence[Floats]) -> list[str]:
    """Return a cell a year for differences of shape (year, member), one array a set: how often people win, by what."""
    cells: list[str] = []
    for year in range(len(YEARS)):
        sets: list[Floats] = [difference[year] for difference in differences]
        cells.append(f"{shares([float(np.mean(each > 0.0)) for each in sets])}; {changes(sets)}")
    return cells


def _unfiltered(match: Match) -> Match:
    """Return members as they are drawn, before any check but those of the block; of their tries, the first."""
    numbers = np.arange(_UNFILTERED, dtype=np.int64)
    if match.downstream is None or match.benchmark.downstream is None:
        return replace(match, search=replace(match.search, accepted=numbers))
    tries = numbers * match.benchmark.downstream.tries
    return replace(match, downstream=replace(match.downstream, accepted=tries))
