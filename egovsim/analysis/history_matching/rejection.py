"""The search by rejection: members are tried in the order of their numbers until enough pass every check."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from egovsim.analysis.history_matching.check_evaluation import CheckEvaluator, CheckGroup, CheckResults, grouped_checks
from egovsim.analysis.history_matching.draws import Draws, Integers
from egovsim.analysis.history_matching.evidence import EvidenceCheck
from egovsim.errors import InputError
from egovsim.progress import Progress
from egovsim.public import set_module

FOLLOWED = 2**20
"""Members that are followed past their first failed check, to see which check alone keeps them out."""
SCREENED = 2**13
"""Members on which every check is evaluated, whatever the others say of them."""
_SMALLEST_CHUNK, _LARGEST_CHUNK = 2**11, 2**15


@set_module("egovsim.analysis")
@dataclass(frozen=True, slots=True)
class CheckCounts:
    """How many members one rejecting check rejects.

    Parameters
    ----------
    check : str
        Its name.
    failed_first : int
        Of the members tried, those that passed every check before it in the file and failed it.
    failed_at_all : int
        Of the members screened, those that failed it, whatever the other checks said.
    failed_only : int
        Of the members followed, those that passed every other check and failed it.
    """

    check: str
    failed_first: int
    failed_at_all: int
    failed_only: int


@set_module("egovsim.analysis")
@dataclass(frozen=True)
class Search:
    """One search by rejection: what was tried, what was accepted, and what the checks did.

    Parameters
    ----------
    accepted : int64, shape (member,)
        Numbers of the accepted members, ascending.
    tried : int
        Members tried up to and with the last that was accepted.
    followed, followed_accepted : int
        Members followed past their first failed check, and how many of them were accepted.
    screened : int
        Members on which every check was evaluated.
    check_counts : tuple of CheckCounts
        One for each check, in the order in which members meet them.
    borderline : tuple of int
        Members so near to a bound that another processor may decide otherwise.
    """

    accepted: Integers
    tried: int
    followed: int
    followed_accepted: int
    screened: int
    check_counts: tuple[CheckCounts, ...]
    borderline: tuple[int, ...] = ()

    @property
    def acceptance(self) -> float:
        """Share of the members tried that were accepted."""
        return len(self.accepted) / self.tried

    def came_to(self, counts: CheckCounts) -> int:
        """Return how many members came to a check without having failed one before it.

        Parameters
        ----------
        counts : CheckCounts
            One of `check_counts`.

        Returns
        -------
        int
            Of the members tried.
        """
        before = self.check_counts[: self.check_counts.index(counts)]
        return self.tried - sum(earlier.failed_first for earlier in before)

    def passing_when_left_out(self, counts: CheckCounts) -> float:
        """Return the share that would pass a check of those that are accepted when it is left out.

        Parameters
        ----------
        counts : CheckCounts
            One of `check_counts`.

        Returns
        -------
        float
            Of the members followed; NaN where none would be accepted without it.
        """
        among = self.followed_accepted + counts.failed_only
        return self.followed_accepted / among if among else math.nan


@dataclass
class _Tally:
    """What a search has counted so far; `firsts` has one place more than there are checks, for those that pass."""

    firsts: Integers
    onlys: Integers
    accepted: list[Integers] = field(default_factory=list[Integers])
    borderline: list[int] = field(default_factory=list[int])
    tried: int = 0
    count: int = 0
    followed: int = 0
    followed_accepted: int = 0

    def add(self, indices: Integers, results: CheckResults, members: int) -> None:
        """Count a chunk up to the member that makes the number full."""
        passed = results.passed[: members - self.count]
        through = int(passed[-1]) + 1 if self.count + len(passed) == members else len(indices)
        following = self.tried < FOLLOWED
        self.firsts += np.bincount(results.first_failed()[:through], minlength=len(self.firsts))
        self.borderline += indices[:through][results.near[:through]].tolist()
        self.accepted.append(indices[passed])
        self.count, self.tried = self.count + len(passed), self.tried + through
        if following:
            self.onlys += results.only_failed(through)
            self.followed, self.followed_accepted = self.tried, self.count


def search_members(
    evaluator: CheckEvaluator,
    checks: tuple[EvidenceCheck, ...],
    draws: Draws,
    *,
    members: int,
    limit: int,
    progress: Progress | None = None,
) -> Search:
    """Try members in the order of their numbers until enough have passed.

    Parameters
    ----------
    evaluator : CheckEvaluator
        The model under the places.
    checks : tuple of EvidenceCheck
        In the order in which members meet them.
    draws : Draws
        The constants of every member.
    members : int
        How many to accept.
    limit : int
        How many to try at most.
    progress : callable, optional
        Called with (done, total).

    Returns
    -------
    Search
        The first members that pass.

    Raises
    ------
    InputError
        When too few pass; it names the check that rejects most.
    """
    groups = grouped_checks(checks)
    tally = _Tally(np.zeros(len(checks) + 1, dtype=np.int64), np.zeros(len(checks), dtype=np.int64))
    for chunk in _chunks():
        if tally.count >= members or tally.tried >= limit:
            break
        indices = np.arange(tally.tried, min(tally.tried + chunk, limit), dtype=np.int64)
        tally.add(indices, evaluator.evaluate(groups, draws, indices, 1 if tally.tried < FOLLOWED else 0), members)
        if progress is not None:
            progress(tally.count, members)
    screened = min(SCREENED, tally.tried)
    counts = _check_counts(evaluator, groups, draws, screened, tally)
    if tally.count < members:
        raise InputError(_too_few(tally.count, members, tally.tried, counts, screened))
    return Search(
        np.concatenate(tally.accepted),
        tally.tried,
        tally.followed,
        tally.followed_accepted,
        screened,
        counts,
        tuple(tally.borderline),
    )


def _chunks() -> Iterator[int]:
    """Yield how many members to try at once: few at first, for a search may be over soon."""
    chunk = _SMALLEST_CHUNK
    while True:
        yield chunk
        chunk = min(2 * chunk, _LARGEST_CHUNK)


def _check_counts(
    evaluator: CheckEvaluator, groups: tuple[CheckGroup, ...], draws: Draws, screened: int, tally: _Tally
) -> tuple[CheckCounts, ...]:
    results = evaluator.evaluate(groups, draws, np.arange(screened, dtype=np.int64), np.inf)
    at_all = results.fails.sum(axis=1)
    checks = [check for group in groups for check in group.checks]
    return tuple(
        CheckCounts(check.name, int(tally.firsts[number]), int(at_all[number]), int(tally.onlys[number]))
        for number, check in enumerate(checks)
    )


def _too_few(count: int, members: int, tried: int, check_counts: tuple[CheckCounts, ...], screened: int) -> str:
    worst = max(check_counts, key=lambda counts: counts.failed_at_all)
    return (
        f"{count} of {tried:,} members tried pass all evidence checks, and {members:,} were asked for; "
        f'the check that rejects most is "{worst.check}" ({worst.failed_at_all / screened:.0%} on its own). '
        "Widen its bounds in checks.toml or the ranges in ranges.toml, or ask for fewer members."
    )
