"""History matching: members that agree with the evidence, by rejection and nothing else.

Every uncertain constant is drawn from its range, member by member, and a member is accepted when it passes all
rejecting checks. No walk from what was accepted: accepted members owe nothing to each other. What makes that affordable
is order. A block of the model that runs almost on its own is matched first, and its constants are then taken
from the block's accepted members; of the other checks those come first that reject most for their price, no run is
longer than its checks need, and a place is run only for members that passed what came before. A block that reaches no
check but its own is matched last, by several tries of each member that passed everything else (see `rejection`).
Member *k* is the same whichever chunk or thread computes it, so the accepted ones are the first that pass, in the order
of their numbers, and memory stays flat however many are tried.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import numpy as np

from egovsim.analysis.history_matching.benchmark_draws import member_draws, upstream_draws
from egovsim.analysis.history_matching.check_evaluation import CheckEvaluator, grouped_checks
from egovsim.analysis.history_matching.defaults import MEMBERS, MOST_TRIES, SEED
from egovsim.analysis.history_matching.draws import Draws, Integers, Redrawn
from egovsim.analysis.history_matching.evidence import Benchmark, EvidenceCheck
from egovsim.analysis.history_matching.evidence_files import check_benchmark
from egovsim.analysis.history_matching.rejection import CheckCounts, LastStage, Search, search_members
from egovsim.errors import ValueRangeError
from egovsim.model.argument_checks import whole_number
from egovsim.model.inputs import Design, Floats, Profile
from egovsim.model.model import Model
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
    upstream : Search or None
        The search for members of the block that was matched before.
    downstream : Search or None
        The search for tries of the block that was matched last; its members are those of `search` that have one.
    redrawn : Redrawn or None
        Of members conditioned on a region's own values, the region, and how often its constants were drawn anew.
    """

    benchmark: Benchmark
    seed: int
    search: Search
    upstream: Search | None = None
    constants: Mapping[str, float] = field(default_factory=dict[str, float])
    downstream: Search | None = None
    redrawn: Redrawn | None = None

    def __len__(self) -> int:
        return len(self.accepted)

    def __repr__(self) -> str:
        return f"<Match: {len(self)} accepted of {self.search.tried:,} tried, seed {self.seed}>"

    @property
    def last(self) -> Search:
        """The search that decided last who is accepted."""
        return self.search if self.downstream is None else self.downstream

    @property
    def accepted(self) -> Integers:
        """Numbers of the accepted members as `draws` takes them; int64, shape (member,)."""
        return self.last.accepted

    @property
    def distinct(self) -> int:
        """How many of the accepted members differ in more than the block that was matched last."""
        return len(np.unique(self.draws.members(self.accepted)))

    @cached_property
    def check_counts(self) -> Mapping[str, CheckCounts]:
        """What each rejecting check did, by its name; of the first block's, what it did to whole members it met."""
        return {counts.check: counts for search in self.searches for counts in search.check_counts}

    @property
    def searches(self) -> tuple[Search, ...]:
        """The searches, in their order."""
        return tuple(search for search in (self.upstream, self.search, self.downstream) if search is not None)

    @cached_property
    def draws(self) -> Draws:
        """The values of the constants of every member."""
        upstream = self.upstream.accepted if self.upstream else None
        drawn = member_draws(self.benchmark, self.seed, upstream, tried=self.downstream is not None)
        return replace(drawn, redrawn=self.redrawn)

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
        drawn = self.draws.rows(profile, self.accepted)
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
        cut = replace(self.last, accepted=self.accepted[:members])
        return replace(self, search=cut) if self.downstream is None else replace(self, downstream=cut)


@set_module("egovsim")
def history_match(
    model: Model,
    benchmark: Benchmark,
    *,
    members: int = MEMBERS,
    seed: int = SEED,
    constants: Mapping[str, float] | None = None,
    limit: int = MOST_TRIES,
    upstream: Search | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Match:
    """Draw members until enough of them pass every rejecting check.

    Parameters
    ----------
    model : Model
        The model that the checks speak of.
    benchmark : Benchmark
        Checks, profiles and shared ranges, from `read_benchmark`. Checks of its upstream block are passed first, by the
        block's constants alone; then every check by whole members, each with one of the block's accepted members; then
        those of its downstream block, by several draws of that block's constants for each member.
    members : int
        How many to accept, of the block's as well.
    seed : int
        Every draw follows from it. A finding is one only when it holds in two.
    constants : mapping of str to float, optional
        Constants set for all members, such as the switches of a rival structure.
    limit : int
        How many members to try at most, in each search.
    upstream : Search, optional
        What `match_upstream` found with the same model, evidence, seed and number, so that several structures share it.
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
    whole_number(members, "members", least=None)
    whole_number(seed, "seed", least=None)
    if members < 1:
        raise ValueRangeError(f"members is {members}; at least 1 is needed.")
    if seed < 0:
        raise ValueRangeError(f"seed is {seed}; it must be 0 or above.")
    check_benchmark(benchmark, model)
    if upstream is None:
        upstream = match_upstream(
            model,
            benchmark,
            members=members,
            seed=seed,
            limit=limit,
            workers=workers,
            progress=portion(progress, 0.0, 0.3),
        )
        progress = portion(progress, 0.3, 1.0) if upstream is not None else progress
    accepted = upstream.accepted if upstream is not None else None
    last = benchmark.downstream
    search, downstream = search_members(
        CheckEvaluator(model, benchmark, dict(constants or {}), workers),
        undecided_checks(benchmark),
        member_draws(benchmark, seed, accepted, tried=False),
        members=members,
        limit=limit,
        last=last and LastStage(
            tuple(check for check in benchmark.rejecting if check.block == last.name),
            member_draws(benchmark, seed, accepted, tried=True),
            last.tries,
        ),
        progress=progress,
    )  # fmt: skip
    return Match(benchmark, seed, search, upstream, dict(constants or {}), downstream)


@set_module("egovsim.analysis")
def match_upstream(
    model: Model,
    benchmark: Benchmark,
    *,
    members: int = MEMBERS,
    seed: int = SEED,
    limit: int = MOST_TRIES,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Search | None:
    """Match the upstream block of a benchmark, under its first structure whatever structure is matched then.

    The block runs almost on its own, and where the rest of the model reaches it whole members meet its checks again,
    under their own structure. So the structures of a seed share what is found here.

    Parameters
    ----------
    model : Model
        The model that the checks speak of.
    benchmark : Benchmark
        From `read_benchmark`.
    members : int
        How many sets of the block's constants to accept.
    seed : int
        Every draw follows from it.
    limit : int
        How many to try at most.
    workers : int, optional
        Threads; the result does not depend on it.
    progress : callable, optional
        Called with (done, total).

    Returns
    -------
    Search or None
        None where no block is matched first.

    Raises
    ------
    InputError
        When too few pass; it names the check that rejects most.
    """
    block = benchmark.upstream
    if block is None:
        return None
    found, _ = search_members(
        CheckEvaluator(model, benchmark, benchmark.structures[0].constants, workers),
        tuple(check for check in benchmark.rejecting if check.block == block.name),
        upstream_draws(benchmark, block, seed),
        members=members,
        limit=limit,
        progress=progress,
    )
    return found


def undecided_checks(benchmark: Benchmark) -> tuple[EvidenceCheck, ...]:
    """Return the checks that whole members meet: all but those that a block alone has decided, or will decide.

    Parameters
    ----------
    benchmark : Benchmark
        The checks and the profiles of their places.

    Returns
    -------
    tuple of EvidenceCheck
        In the order of the file.
    """

    last = benchmark.downstream

    def decided(check: EvidenceCheck) -> bool:
        if last is not None and check.block == last.name:
            return True
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
        By the check's name, in the order of `checks`, each in the unit of the check.
    """
    evaluator = CheckEvaluator(model, match.benchmark, match.constants, workers)
    found = {
        check.name: value
        for group in grouped_checks(checks)
        for check, value in zip(group.checks, evaluator.values(group, match.draws, match.accepted), strict=True)
    }
    return {check.name: found[check.name] for check in checks}
