"""Designs: which values the members of an ensemble have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from threading import Lock
from typing import Literal, Protocol, cast

import numpy as np

from egovsim.errors import InputError
from egovsim.model.argument_checks import list_of, whole_number
from egovsim.model.inputs import Design, Floats, Range
from egovsim.names import canonical
from egovsim.public import set_module

SampleMethod = Literal["sobol", "random"]
_NUMBERS_A_COUNT = 4
"""Philox makes four numbers of every value of its counter."""
_SOBOL_BLOCK = 4096  # a power of two: SciPy warns of any other number
_SOBOL_BLOCKS_HELD = 4


@set_module("egovsim")
def sample(ranges: Sequence[Range], *, members: int, seed: int, method: SampleMethod = "sobol") -> Design:
    """Draw members from ranges.

    Parameters
    ----------
    ranges : sequence of Range
        The uncertain constants; a range on a log scale is drawn evenly in its logarithm.
    members : int
        How many to draw.
    seed : int
        The same seed gives the same members, whatever part of the design is asked for first.
    method : {"sobol", "random"}
        A scrambled Sobol sequence (SciPy's), which fills the box evenly, or independent draws from a
        counter-based generator (NumPy's Philox), which may be cut anywhere.

    Returns
    -------
    Design
        ``design.rows(a, b)`` has float64 values, shape (b - a, constant).

    Raises
    ------
    InputError
        When there is no range, no member, two ranges of one name, an unknown method, or a seed or number of members
        that is no whole number.
    """
    ranges = list_of(ranges, Range, "ranges", remedy="make each with Range")
    seed, members = whole_number(seed, "seed"), whole_number(members, "members")
    if not ranges or members < 1:
        raise InputError("a sample needs at least one range and one member.")
    names = tuple(range_.name for range_ in ranges)
    ids = [canonical(name) for name in names]
    for name, id in zip(names, ids, strict=True):
        if ids.count(id) > 1:
            raise InputError(f'"{name}" has two ranges; keep one.')
    makers: dict[str, Callable[[int, int], Floats]] = {
        "sobol": _Sobol(len(ranges), seed).rows,
        "random": lambda first, last: counted_uniforms(seed, first, last, len(ranges)),
    }
    if method not in tuple(makers):
        raise InputError(f'"{method}" is not a way to sample; there are: "sobol", "random".')

    def make(first: int, last: int) -> Floats:
        unit = makers[method](first, last)
        return np.column_stack([range_.scaled(unit[:, place]) for place, range_ in enumerate(ranges)])

    return Design(names, members, make)


class _Engine(Protocol):
    """SciPy's generator of a Sobol sequence, which has no types."""

    num_generated: int

    def fast_forward(self, n: int) -> object: ...

    def random(self, n: int) -> Floats: ...


class _Sobol:
    """A scrambled Sobol sequence whose rows may be asked for in any order, by several threads.

    The sequence is made block after block, and the blocks last made are held: chunks in about ascending order
    cost each block once, and no more memory for more members.
    """

    def __init__(self, dimensions: int, seed: int) -> None:
        self._dimensions, self._seed = dimensions, seed
        self._making = Lock()
        self._engine: _Engine | None = None
        self._blocks: dict[int, Floats] = {}

    def rows(self, first: int, last: int) -> Floats:
        blocks = range(first // _SOBOL_BLOCK, -(-last // _SOBOL_BLOCK))
        if not blocks:
            return np.empty((0, self._dimensions))
        begin = first - blocks.start * _SOBOL_BLOCK
        parts = [self._block(block) for block in blocks]
        whole = parts[0] if len(parts) == 1 else np.concatenate(parts)
        return whole[begin : begin + last - first]

    def _block(self, number: int) -> Floats:
        with self._making:
            if number not in self._blocks:
                made = self._made(number)
                while len(self._blocks) >= _SOBOL_BLOCKS_HELD:
                    del self._blocks[min(self._blocks)]
                self._blocks[number] = made
            return self._blocks[number]

    def _made(self, number: int) -> Floats:
        from scipy.stats import qmc  # pyright: ignore[reportMissingTypeStubs]

        engine, begin = self._engine, number * _SOBOL_BLOCK
        if engine is None or engine.num_generated > begin:
            made = qmc.Sobol(self._dimensions, scramble=True, rng=np.random.default_rng(self._seed))
            engine = cast("_Engine", made)
        if begin > engine.num_generated:
            engine.fast_forward(begin - engine.num_generated)
        self._engine = engine
        return engine.random(_SOBOL_BLOCK)


def counted_uniforms(seed: int, first: int, last: int, columns: int) -> Floats:
    """Return rows of independent uniform numbers, each row at a place of its own in one sequence.

    Row *k* is the same whatever rows are asked for with it, and costs the same wherever it stands: the
    generator (Philox) is a function of a counter, so that no row before it has to be made.

    Parameters
    ----------
    seed : int
        The key of the sequence, 0 or above.
    first, last : int
        The rows, `last` left out.
    columns : int
        Numbers a row.

    Returns
    -------
    float64, shape (last - first, columns)
        In [0, 1).
    """
    blocks = -(-columns // _NUMBERS_A_COUNT)
    generator = np.random.Generator(np.random.Philox(key=seed % 2**128, counter=first * blocks))
    return generator.random((last - first, blocks * _NUMBERS_A_COUNT))[:, :columns]
