"""Members in chunks over threads."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

Chunk = tuple[int, int]
"""The first member of a chunk, and the one after its last."""

_CHUNK_MEMBERS = 1024
_CHUNK_NUMBERS = 400_000  # what the kernel writes is still in the processor's cache when it is put in order


def chunks_of(members: int, *, lanes: int, numbers_a_member: int, workers: int) -> list[Chunk]:
    """Cut members so that every thread has work and no chunk's outputs fill the memory.

    Parameters
    ----------
    members : int
        How many there are.
    lanes : int
        How many one vector holds; a chunk fills whole vectors.
    numbers_a_member : int
        How many numbers a run writes.
    workers : int
        How many threads there are.

    Returns
    -------
    list of tuple of int
        Without gaps, in ascending order.
    """
    fair = -(-members // workers)
    size = max(1, min(_CHUNK_MEMBERS, fair, _CHUNK_NUMBERS // max(1, numbers_a_member)))
    size = -(-size // lanes) * lanes
    return [(first, min(first + size, members)) for first in range(0, members, size)]


def over_chunks(chunks: Sequence[Chunk], work: Callable[[int, int], int], *, workers: int) -> Iterator[int]:
    """Do a piece of work for every chunk; an interruption stops what has not begun.

    Parameters
    ----------
    chunks : sequence of tuple of int
        From `chunks_of`.
    work : callable
        ``work(first, last)``, called by several threads at once.
    workers : int
        How many threads there are.

    Yields
    ------
    int
        What `work` returns, in the order in which chunks are finished.
    """
    if len(chunks) == 1 or workers == 1:
        yield from (work(*chunk) for chunk in chunks)
        return
    from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

    with ThreadPoolExecutor(workers) as pool:
        waiting = {pool.submit(work, *chunk) for chunk in chunks}
        try:
            while waiting:
                finished, waiting = wait(waiting, return_when=FIRST_COMPLETED)
                yield from (future.result() for future in finished)
        except BaseException:
            for future in waiting:
                future.cancel()
            raise
