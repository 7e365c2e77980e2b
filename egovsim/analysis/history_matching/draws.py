"""The values that uncertain constants have in each member, made when asked for.

Member *k* is the same whichever members are asked for with it. With a block that was matched on its own before,
a member takes the block's constants from one of the tuples that were kept there.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from egovsim.model.inputs import Design, Floats, Profile, Range
from egovsim.names import canonical
from egovsim.simulation.sampling import counted_uniforms

Integers = NDArray[np.int64]

_DENSE = 16
"""Numbers that lie closer than this on average are cheaper to draw with all those between them."""


@dataclass(frozen=True)
class Draws:
    """The values of all uncertain constants: the shared ones, and those of each place.

    Parameters
    ----------
    ranges : tuple of Range
        The shared constants.
    seed : int
        Every draw follows from it and the member's number.
    block_sample : Picked, optional
        The block whose constants are not drawn but picked from what was kept of it.
    only : frozenset of str, optional
        Canonical names of the constants of places that are drawn; by default all.
    """

    ranges: tuple[Range, ...]
    seed: int
    block_sample: BlockSample | None = None
    only: frozenset[str] | None = None

    def rows(self, profile: Profile, indices: Integers) -> Design:
        """Return the constants of some members under a profile.

        A constant that the profile fixes keeps the profile's value, and a range of the profile's own
        replaces the shared one.

        Parameters
        ----------
        profile : Profile
            The place.
        indices : int64, shape (member,)
            Numbers of the members.

        Returns
        -------
        Design
            One row a member, in the order of `indices`.
        """
        taken = {canonical(one) for one in (*profile.constants, *(one.name for one in profile.ranges))}
        columns = [number for number, one in enumerate(self.ranges) if canonical(one.name) not in taken]
        own = tuple(one for one in profile.ranges if self.only is None or canonical(one.name) in self.only)
        ranges = (*(self.ranges[number] for number in columns), *own)
        names = tuple(one.name for one in ranges)
        gap_items, scale = self._block_columns(profile, names), _scaling(ranges)

        def make(first: int, last: int) -> Floats:
            wanted = indices[first:last]
            shared = uniforms(self.seed, wanted, len(self.ranges) + 1)
            placed = uniforms(named_seed(self.seed, profile.name), wanted, len(own))
            table = scale(np.hstack([shared[:, columns], placed]))
            if gap_items is not None:
                table[:, gap_items.here] = gap_items.rows[self._tuple(shared)][:, gap_items.there]
            return table

        return Design(names, len(indices), make)

    def _tuple(self, shared: Floats) -> Integers:
        """Return the tuples that members pick by the last of their shared numbers."""
        count = len(self.block_sample.accepted) if self.block_sample is not None else 0
        return np.floor(shared[:, -1] * count).astype(np.int64)

    def _block_columns(self, profile: Profile, names: tuple[str, ...]) -> _BlockColumns | None:
        """Return which columns come from the block's kept tuples instead."""
        if self.block_sample is None:
            return None
        there, rows = self.block_sample.under(profile)
        place = {canonical(name): number for number, name in enumerate(there)}
        here = [number for number, name in enumerate(names) if canonical(name) in self.block_sample.names]
        return _BlockColumns(here, [place[canonical(names[number])] for number in here], rows)


@dataclass(frozen=True)
class BlockSample:
    """What was kept of a block: its draws, the numbers of those that were kept, and its constants' canonical names."""

    draws: Draws
    accepted: Integers
    names: frozenset[str]
    _under: dict[str, tuple[Profile, tuple[str, ...], Floats]] = field(
        default_factory=dict[str, tuple[Profile, tuple[str, ...], Floats]], repr=False, compare=False
    )

    def under(self, profile: Profile) -> tuple[tuple[str, ...], Floats]:
        """Return the names and kept values of the block's constants under a profile; worked out once for each."""
        known = self._under.get(profile.name)
        if known is None or known[0] != profile:
            design = self.draws.rows(profile, self.accepted)
            known = self._under[profile.name] = (profile, design.names, design.rows())
        return known[1:]


@dataclass(frozen=True)
class _BlockColumns:
    """Columns of a table, `here`, that are taken from columns `there` of the block's kept `rows`."""

    here: list[int]
    there: list[int]
    rows: Floats


def _scaling(ranges: tuple[Range, ...]) -> Callable[[Floats], Floats]:
    """Return what maps rows of numbers in [0, 1] into some ranges: `Range.scaled` for all columns at once."""
    logs = [number for number, one in enumerate(ranges) if one.scale == "log"]
    ends = np.array([(one.low, one.high) for one in ranges]).reshape(-1, 2)
    ends[logs] = np.log(ends[logs])
    low, width = ends[:, 0], ends[:, 1] - ends[:, 0]

    def scale(unit: Floats) -> Floats:
        unit *= width
        unit += low
        unit[:, logs] = np.exp(unit[:, logs])
        return unit

    return scale


def uniforms(seed: int, indices: Integers, columns: int) -> Floats:
    """Return the rows of some members of a table of uniform numbers, shape (member, columns)."""
    if not len(indices) or not columns:
        return np.empty((len(indices), columns))
    first, last = int(indices.min()), int(indices.max()) + 1
    if last - first <= _DENSE * len(indices):
        return counted_uniforms(seed, first, last, columns)[indices - first]
    return np.concatenate([counted_uniforms(seed, one, one + 1, columns) for one in indices.tolist()])


def named_seed(seed: int, name: str) -> int:
    """Return a seed of a name's own, so that what two names draw has nothing to do with each other."""
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8], "big")
