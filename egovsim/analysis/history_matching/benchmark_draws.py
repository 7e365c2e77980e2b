"""The draws that a benchmark's ranges and blocks ask for: of its upstream block, of members, and of their tries."""

from __future__ import annotations

from egovsim.analysis.history_matching.draws import BlockMembers, BlockTries, Draws, Integers, named_seed
from egovsim.analysis.history_matching.evidence import Benchmark, Block
from egovsim.model.inputs import Range
from egovsim.names import canonical


def upstream_draws(benchmark: Benchmark, block: Block, seed: int) -> Draws:
    """Return the draws of the constants of the block that is matched first.

    Parameters
    ----------
    benchmark : Benchmark
        The ranges.
    block : Block
        Its upstream block.
    seed : int
        Every draw follows from it.

    Returns
    -------
    Draws
        Of these constants alone.
    """
    names = _canonical(block)
    return Draws(_among(benchmark, names), named_seed(seed, block.name), only=names)


def member_draws(benchmark: Benchmark, seed: int, upstream: Integers | None, *, tried: bool) -> Draws:
    """Return the draws of whole members.

    Parameters
    ----------
    benchmark : Benchmark
        The ranges and blocks.
    seed : int
        Every draw follows from it.
    upstream : int64, shape (member of the block,), or None
        Numbers of the accepted members of the block that is matched first.
    tried : bool
        Whether numbers are of tries, with the constants of the block that is matched last; otherwise they are of
        members, without these.

    Returns
    -------
    Draws
        Of all constants, where no block is matched last.
    """
    first, last, members, tries = benchmark.upstream, benchmark.downstream, None, None
    if first is not None and upstream is not None:
        members = BlockMembers(upstream_draws(benchmark, first, seed), upstream, _canonical(first))
    late = _canonical(last) if last is not None else frozenset[str]()
    if last is not None and tried:
        tries = BlockTries(last.name, _among(benchmark, late), late, last.tries)
    ranges = tuple(drawn for drawn in benchmark.ranges if canonical(drawn.name) not in late)
    return Draws(ranges, seed, members, without=frozenset[str]() if tried else late, block_tries=tries)


def _canonical(block: Block) -> frozenset[str]:
    return frozenset(map(canonical, block.constants))


def _among(benchmark: Benchmark, names: frozenset[str]) -> tuple[Range, ...]:
    return tuple(drawn for drawn in benchmark.ranges if canonical(drawn.name) in names)
