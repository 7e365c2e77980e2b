"""Which part of the variation each barrier accounts for, as a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from egovsim.analysis.sobol import SobolIndices
from egovsim.egov.barriers import BARRIERS
from egovsim.egov.findings.cells import Table
from egovsim.egov.findings.study import OUTCOMES, SEEDS, YEARS, Study
from egovsim.egov.influence import MEMBER


def influence(study: Study, ask: Callable[..., SobolIndices], points: int) -> dict[str, list[SobolIndices]]:
    """Return the Sobol indices of both sets.

    Parameters
    ----------
    study : Study
        The members.
    ask : callable
        `equal_money` or `proportional`.
    points : int
        Base points, a power of 2.

    Returns
    -------
    dict of str to list of SobolIndices
        By structure, one a set.
    """
    outcomes = [(name, year) for name in OUTCOMES for year in YEARS]
    return {
        name: [
            ask(study.model, study.profile, match, outcomes=outcomes, points=points, seed=seed)
            for seed, match in zip(SEEDS, study.sets(name), strict=True)
        ]
        for name in study.structures
    }


def influence_table(found: Mapping[str, Sequence[SobolIndices]], year: float = YEARS[0]) -> Table:
    """Return the total indices of both sets; how sure they are is in the chart.

    Parameters
    ----------
    found : mapping of str to sequence of SobolIndices
        From `influence`.
    year : float
        When the outcomes are read.

    Returns
    -------
    list of list of str
        A row a structure and factor.
    """
    labels = {barrier.name: barrier.label["en"] for barrier in BARRIERS} | {MEMBER: "all uncertain constants"}
    rows: Table = [["structure", "factor", *OUTCOMES.values()]]
    for name, sets in found.items():
        for number, factor in enumerate(sets[0].factors):
            cells = [
                " / ".join(
                    f"{indices.total[indices.outcomes.index(f'{outcome} in {year:g}'), number]:.3f}" for indices in sets
                )
                for outcome in OUTCOMES
            ]
            rows.append([name, labels[factor], *cells])
    return rows
