"""The order in which members meet checks: what rejects most for its price first, in runs no longer than it must be."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray

from egovsim.analysis.history_matching.check_evaluation import CheckGroup, last_instant
from egovsim.analysis.history_matching.evidence import EvidenceCheck

_DRAWING_YEARS = 6.0
"""Drawing a member's constants and handing them over costs as much as running it for about so many years (measured with
the e-government model: 6 of 12 microseconds a member for a run of 8.6 years)."""


def staged_checks(checks: Sequence[EvidenceCheck], fails: NDArray[np.bool_], *, begin: float) -> tuple[CheckGroup, ...]:
    """Put checks into groups, each one run of its places up to the last instant that it needs, the best buys first.

    A group takes all checks of its places that are known by its end. Which group is next is decided by the members that
    have passed the groups before it: the share of them that it rejects, over the price of running it. The order decides
    about the cost alone; who passes everything passes it in any order.

    Parameters
    ----------
    checks : sequence of EvidenceCheck
        In the order of the file.
    fails : bool, shape (check, member)
        What each of them says of a sample of members.
    begin : float
        The instant at which runs begin, in years.

    Returns
    -------
    tuple of CheckGroup
        In the order in which members should meet them.
    """
    remaining: list[int] = list(range(len(checks)))
    passing = np.ones(fails.shape[1], dtype=np.bool_)
    groups: list[CheckGroup] = []
    while remaining:
        best = max(_candidates(checks, remaining), key=lambda rows: _worth(checks, rows, fails[:, passing], begin))
        groups.append(CheckGroup(checks[best[0]].places, tuple(checks[row] for row in best)))
        passing &= ~fails[best].any(axis=0)
        remaining = [row for row in remaining if row not in best]
    return tuple(groups)


def _candidates(checks: Sequence[EvidenceCheck], remaining: list[int]) -> Iterator[list[int]]:
    """Yield what could be met next: of some places, all remaining checks that are known by one of their ends."""
    ends = dict.fromkeys((checks[row].places, last_instant(checks[row])) for row in remaining)
    for places, end in ends:
        yield [row for row in remaining if checks[row].places == places and last_instant(checks[row]) <= end]


def _worth(
    checks: Sequence[EvidenceCheck], rows: list[int], fails: NDArray[np.bool_], begin: float
) -> tuple[float, int]:
    """Return the share of members rejected for the price; where nobody is, the most checks come first."""
    years = max(last_instant(checks[row]) for row in rows) - begin
    rejected = float(np.mean(fails[rows].any(axis=0))) if fails.shape[1] else 0.0
    return rejected / (len(checks[rows[0]].places) * (years + _DRAWING_YEARS)), len(rows)
