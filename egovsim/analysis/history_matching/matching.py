"""History matching: members that agree with the evidence, by plain rejection and nothing else.

Every uncertain constant is drawn from its range, member by member, and a member is accepted when it passes all
rejecting checks. No walk from what was accepted: accepted members owe nothing to each other. What makes that affordable
is order. A block of the model that runs almost on its own is matched first, and its constants are then taken
from the block's accepted members; checks come in the order of the file, and a place is run only for members that
passed the places before it. Member *k* is the same whichever chunk or thread computes it, so the accepted ones are
the first that pass, in the order of their numbers, and memory stays flat however many are tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

from egovsim.analysis.history_matching.check_evaluation import CheckEvaluator, grouped_checks
from egovsim.analysis.history_matching.defaults import MEMBERS, MOST_TRIES, SEED
from egovsim.analysis.history_matching.draws import BlockMembers, Draws, Integers, named_seed
from egovsim.analysis.history_matching.evidence import Benchmark, EvidenceCheck
from egovsim.analysis.history_matching.evidence_files import check_benchmark
from egovsim.analysis.history_matching.rejection import CheckCounts, Search, search_members
from egovsim.errors import ValueRangeError
from egovsim.model.inputs import Design, Floats, Profile
from egovsim.model.model import Model
from egovsim.names import canonical
from egovsim.progress import Progress, portion
from egovsim.public import set_module


@set_module("egovsim")
@dataclass(frozen=True)
class Match:
    """Members that pass every rejecting check of a benchmark, and how they were found.

    Parameters
    ----------
    benchmark : Benchmark
        The checks, profiles and ranges.
    seed : int
        Every draw follows from it.
    constants : mapping of str to float
        Constants that were set for all members: a rival structure.
    search : Search
        The search for whole members.
    block : Search or None
        The search for members of the block that was matched before.
    """

    benchmark: Benchmark
    seed: int
    search: Search
    block: Search | None = None
    constants: Mapping[str, float] = field(default_factory=dict[str, float])

    def __len__(self) -> int:
        return len(self.search.accepted)

    def __repr__(self) -> str:
        return f"<Match: {len(self)} accepted of {self.search.tried:,} tried, seed {self.seed}>"

    @cached_property
    def check_counts(self) -> Mapping[str, CheckCounts]:
        """What each rejecting check did, by its name; of the block's, what it did to whole members if it met them."""
        met = (*(self.block.check_counts if self.block else ()), *self.search.check_counts)
        return {counts.check: counts for counts in met}

    @cached_property
    def draws(self) -> Draws:
        """The values of the constants of every member."""
        return draws_of(self.benchmark, self.seed, self.block.accepted if self.block else None)

    def design(self, profile: Profile) -> Design:
        """Return the constants of the accepted members under a profile, drawn once.

        Parameters
        ----------
        profile : Profile
            The place.

        Returns
        -------
        Design
            One row a member.
        """
        for known, design in self._designs:
            if known is profile:
                return design
        drawn = self.draws.rows(profile, self.search.accepted)
        table = drawn.rows()
        made = Design(drawn.names, len(table), lambda first, last: table[first:last])
        self._designs.append((profile, made))
        return made

    @cached_property
    def _designs(self) -> list[tuple[Profile, Design]]:
        """What `design` has drawn: scattered members are dear to draw, and a comparison asks for them often."""
        return []

    def first(self, members: int) -> Match:
        """Return the match with the first members alone.

        Parameters
        ----------
        members : int
            How many; all where there are fewer.

        Returns
        -------
        Match
            What the searches counted stays.
        """
        return replace(self, search=replace(self.search, accepted=self.search.accepted[:members]))


def draws_of(benchmark: Benchmark, seed: int, block_accepted: Integers | None) -> Draws:
    """Return the draws of a seed: those of the block, or with its accepted members, those of whole members.

    Parameters
    ----------
    benchmark : Benchmark
        The ranges, and the block if there is one.
    seed : int
        Every draw follows from it.
    block_accepted : int64, shape (member of the block,), or None
        Numbers of the block's accepted members.

    Returns
    -------
    Draws
        Without a block, those of whole members in either case.
    """
    block = benchmark.block
    if block is None:
        return Draws(benchmark.ranges, seed)
    names = frozenset(map(canonical, block.constants))
    block_ranges = tuple(drawn for drawn in benchmark.ranges if canonical(drawn.name) in names)
    block_draws = Draws(block_ranges, named_seed(seed, block.name), only=names)
    if block_accepted is None:
        return block_draws
    return Draws(benchmark.ranges, seed, BlockMembers(block_draws, block_accepted, names))


@set_module("egovsim")
def history_match(
    model: Model,
    benchmark: Benchmark,
    *,
    members: int = MEMBERS,
    seed: int = SEED,
    constants: Mapping[str, float] | None = None,
    limit: int = MOST_TRIES,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Match:
    """Draw members until enough of them pass every rejecting check.

    Parameters
    ----------
    model : Model
        The model that the checks speak of.
    benchmark : Benchmark
        Checks, profiles and shared ranges, from `read_benchmark`. Checks of its block are passed first, by the
        block's constants alone; then every check by whole members, each with one of the block's accepted members.
    members : int
        How many to accept, of the block's as well.
    seed : int
        Every draw follows from it. A finding is one only when it holds in two.
    constants : mapping of str to float, optional
        Constants set for all members, such as the switches of a rival structure.
    limit : int
        How many to try at most, in each of the two searches.
    workers : int, optional
        Threads; the result does not depend on it.
    progress : callable, optional
        Called with (done, total).

    Returns
    -------
    Match
        The first members that pass, in the order of their numbers.

    Raises
    ------
    ValueRangeError
        When `members` is below 1, or `seed` below 0.
    UnknownNameError, DataError
        When a check, range or profile does not fit the model.
    InputError
        When too few pass; it names the check that rejects most.
    """
    if members < 1:
        raise ValueRangeError(f"members is {members}; at least 1 is needed.")
    if seed < 0:
        raise ValueRangeError(f"seed is {seed}; it must be 0 or above.")
    check_benchmark(benchmark, model)
    evaluator = CheckEvaluator(model, benchmark, dict(constants or {}), workers)
    block, block_accepted = None, None
    if benchmark.block is not None:
        block = search_members(
            evaluator,
            tuple(check for check in benchmark.rejecting if check.block == benchmark.block.name),
            draws_of(benchmark, seed, None),
            members=members,
            limit=limit,
            progress=portion(progress, 0.0, 0.3),
        )
        block_accepted = block.accepted
    search = search_members(
        evaluator,
        undecided_checks(benchmark),
        draws_of(benchmark, seed, block_accepted),
        members=members,
        limit=limit,
        progress=portion(progress, 0.3, 1.0),
    )
    return Match(benchmark, seed, search, block, dict(constants or {}))


def undecided_checks(benchmark: Benchmark) -> tuple[EvidenceCheck, ...]:
    """Return the checks that whole members must meet: all but those that the block alone has already decided.

    Parameters
    ----------
    benchmark : Benchmark
        The checks and the profiles of their places.

    Returns
    -------
    tuple of EvidenceCheck
        In the order of the file.
    """

    def decided(check: EvidenceCheck) -> bool:
        return bool(check.block) and all(benchmark.profiles[place].covers == check.block for place in check.places)

    return tuple(check for check in benchmark.rejecting if not decided(check))


@set_module("egovsim.analysis")
def check_values(
    model: Model, match: Match, checks: Sequence[EvidenceCheck], *, workers: int | None = None
) -> dict[str, Floats]:
    """Return what each check compares with its bounds, for the accepted members.

    Parameters
    ----------
    model : Model
        The model that the members were accepted with.
    match : Match
        The members.
    checks : sequence of EvidenceCheck
        Of places that the match's benchmark has.
    workers : int, optional
        Threads; no value depends on it.

    Returns
    -------
    dict of str to float64, shape (member,)
        By the check's name, in the unit of the check.
    """
    evaluator = CheckEvaluator(model, match.benchmark, match.constants, workers)
    return {
        check.name: value
        for group in grouped_checks(checks)
        for check, value in zip(group.checks, evaluator.values(group, match.draws, match.search.accepted), strict=True)
    }
