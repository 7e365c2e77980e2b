"""Designs: which values the members of a study have."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import Literal

import numpy as np

from egovsim.errors import InputError
from egovsim.model.inputs import Design, Floats, Range

SampleMethod = Literal["sobol", "random"]
_BLOCK = 1024


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
        When there is no range, no member, two ranges of one name, or an unknown method.
    """
    if not ranges or members < 1:
        raise InputError("a sample needs at least one range and one member.")
    names = tuple(one.name for one in ranges)
    if len(set(names)) < len(names):
        twice = next(name for name in names if names.count(name) > 1)
        raise InputError(f'"{twice}" has two ranges; keep one.')
    makers: dict[str, Callable[[int, int], Floats]] = {
        "sobol": _Sobol(len(ranges), seed).rows,
        "random": lambda first, last: _random(len(ranges), seed, first, last),
    }
    if method not in makers:
        raise InputError(f'"{method}" is not a way to sample; there are: "sobol", "random".')

    def make(first: int, last: int) -> Floats:
        unit = makers[method](first, last)
        return np.column_stack([one.scaled(unit[:, place]) for place, one in enumerate(ranges)])

    return Design(names, members, make)


class _Sobol:
    """A scrambled Sobol sequence whose rows may be asked for in any order."""

    def __init__(self, dimensions: int, seed: int) -> None:
        self._dimensions, self._seed = dimensions, seed

    @cached_property
    def _fresh(self):
        from scipy.stats import qmc

        return lambda: qmc.Sobol(self._dimensions, scramble=True, rng=np.random.default_rng(self._seed))

    def rows(self, first: int, last: int) -> Floats:
        engine = self._fresh()
        if first:
            engine.fast_forward(first)
        count = last - first
        return engine.random(1 << max(count - 1, 0).bit_length())[:count]  # SciPy warns of any other number


def _random(dimensions: int, seed: int, first: int, last: int) -> Floats:
    """Return rows of independent numbers; every block of rows has a generator of its own, keyed by its number."""
    blocks = range(first // _BLOCK, -(-last // _BLOCK))
    drawn = [
        np.random.Generator(np.random.Philox(key=[np.uint64(seed % 2**64), np.uint64(block)])).random(
            (_BLOCK, dimensions)
        )
        for block in blocks
    ]
    start = first - blocks.start * _BLOCK if drawn else 0
    table = np.concatenate(drawn) if drawn else np.empty((0, dimensions))
    return table[start : start + last - first]
