"""The search by rejection: members are tried in the order of their numbers until enough pass every check.

Where a block is matched last, a member that passed all other checks gets a fixed number of tries at it, and every try
that passes is accepted. Pairs of member and try are then accepted with the probability that plain rejection gives them,
since each try is a draw of its own: a member with twice the chance to pass has twice the tries accepted. Accepting at
most one try a member would weigh it by the chance that any passes. One try of each member, or one accepted try in
proportion to how many passed, would be independent members, at a price of as many more members as there are tries:
where one try in a hundred passes, a thousand accepted members would take hundreds of millions of draws. So tries of one
member stand beside each other instead, and the search says how many distinct members there are. More tries make a
search cheaper and its members less distinct; the number wanted cuts the last member's tries, which shifts shares by
less than one member's.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from egovsim.analysis.history_matching.check_evaluation import CheckEvaluator, CheckGroup, CheckResults, grouped_checks
from egovsim.analysis.history_matching.draws import Draws, Integers
from egovsim.analysis.history_matching.evidence import EvidenceCheck
from egovsim.analysis.history_matching.stages import staged_checks
from egovsim.errors import InputError
from egovsim.progress import Progress
from egovsim.public import set_module

FOLLOWED = 2**18
"""Members that are followed past their first failed check, to see which check alone keeps them out."""
SCREENED = 2**13
"""Members on which every check is evaluated, whatever the others say of them."""
_SMALLEST_CHUNK, _LARGEST_CHUNK = 2**11, 2**16
_TRIES_AT_ONCE = 2**15


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
        Numbers of the accepted members, ascending; of a search for tries, ``member * tries + try``.
    tried : int
        Members, or tries, up to and with the last that was accepted.
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


@dataclass(frozen=True)
class LastStage:
    """The block that is matched last: its checks, the draws with tries, and how many tries a member gets."""

    checks: tuple[EvidenceCheck, ...]
    draws: Draws
    tries: int


@dataclass
class _Sieve:
    """Checks in the order in which members meet them, and what they have done so far.

    `firsts` has one place more than there are checks, for members that pass.
    """

    evaluator: CheckEvaluator
    groups: tuple[CheckGroup, ...]
    draws: Draws
    at_all: Integers
    screened: int = 0
    accepted: list[Integers] = field(default_factory=list[Integers])
    borderline: list[int] = field(default_factory=list[int])
    tried: int = 0
    count: int = 0
    followed: int = 0
    followed_accepted: int = 0

    def __post_init__(self) -> None:
        checks = len(self.at_all)
        self.firsts, self.onlys = np.zeros(checks + 1, dtype=np.int64), np.zeros(checks, dtype=np.int64)

    def meet(self, indices: Integers, *, allowed: float) -> CheckResults:
        return self.evaluator.evaluate(self.groups, self.draws, indices, allowed)

    def add(self, indices: Integers, results: CheckResults, *, following: bool) -> None:
        """Count some members, all of them."""
        self.firsts += np.bincount(results.first_failed(), minlength=len(self.firsts))
        self.borderline += indices[results.near].tolist()
        self.accepted.append(indices[results.passed])
        self.count, self.tried = self.count + len(results.passed), self.tried + len(indices)
        if following:
            self.onlys += results.only_failed()
            self.followed, self.followed_accepted = self.tried, self.count

    def check_counts(self) -> tuple[CheckCounts, ...]:
        names = [check.name for group in self.groups for check in group.checks]
        counted = zip(names, self.firsts.tolist(), self.at_all.tolist(), self.onlys.tolist(), strict=False)
        return tuple(CheckCounts(*counts) for counts in counted)

    def search(self) -> Search:
        return Search(
            np.concatenate([np.empty(0, dtype=np.int64), *self.accepted]),
            self.tried,
            self.followed,
            self.followed_accepted,
            self.screened,
            self.check_counts(),
            tuple(self.borderline),
        )


def search_members(
    evaluator: CheckEvaluator,
    checks: tuple[EvidenceCheck, ...],
    draws: Draws,
    *,
    members: int,
    limit: int,
    last: LastStage | None = None,
    progress: Progress | None = None,
) -> tuple[Search, Search | None]:
    """Try members in the order of their numbers until enough have passed.

    Parameters
    ----------
    evaluator : CheckEvaluator
        The model under the places.
    checks : tuple of EvidenceCheck
        What members must pass, but for the checks of the last stage; met in the order that is cheapest.
    draws : Draws
        The constants of every member.
    members : int
        How many to accept, or how many tries of the last stage.
    limit : int
        How many members to try at most.
    last : LastStage, optional
        The block that is matched last.
    progress : callable, optional
        Called with (done, total).

    Returns
    -------
    Search
        The first members that pass.
    Search or None
        The first of their tries that pass.

    Raises
    ------
    InputError
        When too few pass; it names the check that rejects most.
    """
    sieve = _screened(evaluator, checks, draws, min(SCREENED, limit))
    groups = grouped_checks(last.checks) if last is not None else ()
    tries = _Sieve(evaluator, groups, last.draws, np.zeros(len(last.checks), dtype=np.int64)) if last else None
    final = sieve if tries is None else tries
    for chunk in _chunks():
        if final.count >= members or sieve.tried >= limit:
            break
        indices = np.arange(sieve.tried, min(sieve.tried + chunk, limit), dtype=np.int64)
        following = sieve.tried < FOLLOWED
        results = sieve.meet(indices, allowed=1 if following else 0)
        if tries is None or last is None:
            through = _through(results.passed, members - sieve.count, len(indices))
        else:
            through = _try(tries, indices, results.passed, last.tries, members)
        sieve.add(indices[:through], results.first(through), following=following)
        if progress is not None:
            progress(final.count, members)
    if final.count < members:
        raise InputError(_too_few(sieve, tries, members))
    return sieve.search(), tries.search() if tries is not None else None


def _screened(evaluator: CheckEvaluator, checks: tuple[EvidenceCheck, ...], draws: Draws, screened: int) -> _Sieve:
    """Evaluate every check on some members, and put checks into the order that rejects them at the lowest price."""
    groups = grouped_checks(checks)
    results = evaluator.evaluate(groups, draws, np.arange(screened, dtype=np.int64), np.inf)
    fails = {check.name: row for check, row in zip(_flat(groups), results.fails, strict=True)}
    table = np.array([fails[check.name] for check in checks]).reshape(-1, screened)
    staged = staged_checks(checks, table, begin=evaluator.model.clock.start)
    at_all = np.array([fails[check.name].sum() for check in _flat(staged)], dtype=np.int64)
    return _Sieve(evaluator, staged, draws, at_all, screened)


def _flat(groups: tuple[CheckGroup, ...]) -> list[EvidenceCheck]:
    return [check for group in groups for check in group.checks]


def _through(passed: Integers, wanted: int, count: int) -> int:
    """Return how many of `count` members are needed for as many to pass as are wanted."""
    return int(passed[wanted - 1]) + 1 if len(passed) >= wanted else count


def _try(tries: _Sieve, indices: Integers, survivors: Integers, each: int, members: int) -> int:
    """Give every surviving member its tries until enough have passed; return how many of the members were needed."""
    at_once = max(1, _TRIES_AT_ONCE // each)
    for first in range(0, len(survivors), at_once):
        numbers = indices[survivors[first : first + at_once]]
        pairs = (numbers[:, np.newaxis] * each + np.arange(each)).ravel()
        results = tries.meet(pairs, allowed=np.inf)
        through = _through(results.passed, members - tries.count, len(pairs))
        counted = results.first(through)
        tries.add(pairs[:through], counted, following=True)
        tries.at_all += counted.fails.sum(axis=1)
        tries.screened = tries.tried
        if tries.count >= members:
            return int(pairs[through - 1] // each - indices[0]) + 1
    return len(indices)


def _chunks() -> Iterator[int]:
    """Yield how many members to try at once: few at first, for a search may be over soon."""
    chunk = _SMALLEST_CHUNK
    while True:
        yield chunk
        chunk = min(2 * chunk, _LARGEST_CHUNK)


def _too_few(sieve: _Sieve, tries: _Sieve | None, members: int) -> str:
    if tries is not None and tries.tried:
        last = tries
        found = (
            f"{tries.count} of {tries.tried:,} tries of the {sieve.count:,} members that pass all other checks, of "
            f"{sieve.tried:,} tried, pass the checks of the last block, and {members:,} were asked for"
        )
    else:
        last = sieve
        found = (
            f"{sieve.count} of {sieve.tried:,} members tried pass all "
            f"{'evidence checks' if tries is None else 'checks before the last block'}, and {members:,} were asked for"
        )
    worst = max(last.check_counts(), key=lambda counts: counts.failed_at_all)
    return (
        f"{found}; "
        f'the check that rejects most is "{worst.check}" ({worst.failed_at_all / last.screened:.0%} on its own). '
        "Widen its bounds in checks.toml or the ranges in ranges.toml, or ask for fewer members."
    )
