"""The values that uncertain constants have in each member, made when asked for.

Member *k* is the same whichever members are asked for with it. With a block that was matched on its own before,
a member takes the block's constants from one of the members that were accepted there.
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
    block_members : BlockMembers, optional
        The block whose constants are not drawn but taken from its accepted members.
    only : frozenset of str, optional
        Canonical names of the constants of places that are drawn; by default all.
    """

    ranges: tuple[Range, ...]
    seed: int
    block_members: BlockMembers | None = None
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
        own = tuple(drawn for drawn in profile.ranges if self.only is None or canonical(drawn.name) in self.only)
        taken = {canonical(name) for name in (*profile.constants, *(drawn.name for drawn in profile.ranges))}
        columns = [number for number, drawn in enumerate(self.ranges) if canonical(drawn.name) not in taken]
        ranges = (*(self.ranges[number] for number in columns), *own)
        names = tuple(drawn.name for drawn in ranges)
        from_block, scale = self._block_columns(profile, names), _scaling(ranges)

        def make(first: int, last: int) -> Floats:
            wanted = indices[first:last]
            shared = uniforms(self.seed, wanted, len(self.ranges) + 1)
            placed = uniforms(named_seed(self.seed, profile.name), wanted, len(own))
            table = scale(np.hstack([shared[:, columns], placed]))
            if from_block is not None:
                table[:, from_block.targets] = from_block.rows[self._block_rows(shared)][:, from_block.sources]
            return table

        return Design(names, len(indices), make)

    def _block_rows(self, shared: Floats) -> Integers:
        """Return which of the block's accepted members each member takes, by the last of its shared numbers."""
        count = len(self.block_members.accepted) if self.block_members is not None else 0
        return np.floor(shared[:, -1] * count).astype(np.int64)

    def _block_columns(self, profile: Profile, names: tuple[str, ...]) -> _BlockColumns | None:
        """Return which columns come from the block's accepted members instead."""
        if self.block_members is None:
            return None
        block_names, rows = self.block_members.under(profile)
        place = {canonical(name): number for number, name in enumerate(block_names)}
        targets = [number for number, name in enumerate(names) if canonical(name) in self.block_members.names]
        return _BlockColumns(targets, [place[canonical(names[number])] for number in targets], rows)


@dataclass(frozen=True)
class BlockMembers:
    """The accepted members of a block: its draws, their numbers, and the canonical names of its constants."""

    draws: Draws
    accepted: Integers
    names: frozenset[str]
    _under: dict[str, tuple[Profile, tuple[str, ...], Floats]] = field(
        default_factory=dict[str, tuple[Profile, tuple[str, ...], Floats]], repr=False, compare=False
    )

    def under(self, profile: Profile) -> tuple[tuple[str, ...], Floats]:
        """Return the names and accepted values of the block's constants under a profile; worked out once for each.

        Parameters
        ----------
        profile : Profile
            The place.

        Returns
        -------
        tuple of str, float64 of shape (member of the block, constant)
            Each constant in the model's own unit.
        """
        known = self._under.get(profile.name)
        if known is None or known[0] != profile:
            design = self.draws.rows(profile, self.accepted)
            known = self._under[profile.name] = (profile, design.names, design.rows())
        return known[1:]


@dataclass(frozen=True)
class _BlockColumns:
    """Columns of a table, `targets`, that are taken from columns `sources` of the block's accepted `rows`."""

    targets: list[int]
    sources: list[int]
    rows: Floats


def _scaling(ranges: tuple[Range, ...]) -> Callable[[Floats], Floats]:
    """Return what maps rows of numbers in [0, 1] into some ranges: `Range.scaled` for all columns at once."""
    logs = [number for number, drawn in enumerate(ranges) if drawn.scale == "log"]
    ends = np.array([(drawn.low, drawn.high) for drawn in ranges]).reshape(-1, 2)
    ends[logs] = np.log(ends[logs])
    low, width = ends[:, 0], ends[:, 1] - ends[:, 0]

    def scale(unit: Floats) -> Floats:
        unit *= width
        unit += low
        unit[:, logs] = np.exp(unit[:, logs])
        return unit

    return scale


def uniforms(seed: int, indices: Integers, columns: int) -> Floats:
    """Return the rows of some members of a table of uniform numbers.

    Parameters
    ----------
    seed : int
        Every number follows from it, the member's number and the column.
    indices : int64, shape (member,)
        Numbers of the members.
    columns : int
        How many numbers a member has.

    Returns
    -------
    float64, shape (member, column)
        In [0, 1).
    """
    if not len(indices) or not columns:
        return np.empty((len(indices), columns))
    first, last = int(indices.min()), int(indices.max()) + 1
    if last - first <= _DENSE * len(indices):
        return counted_uniforms(seed, first, last, columns)[indices - first]
    return np.concatenate([counted_uniforms(seed, index, index + 1, columns) for index in indices.tolist()])


def named_seed(seed: int, name: str) -> int:
    """Return a seed of a name's own, so that what two names draw has nothing to do with each other.

    Parameters
    ----------
    seed : int
        The seed that all follow from.
    name : str
        Of a place or a block.

    Returns
    -------
    int
        From 0 to 2**64 - 1.
    """
    return int.from_bytes(hashlib.sha256(f"{seed}/{name}".encode()).digest()[:8], "big")
