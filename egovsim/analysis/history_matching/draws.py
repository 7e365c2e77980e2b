"""The values that uncertain constants have in each member, made when asked for.

Member *k* is the same whichever members are asked for with it. With a block that was matched on its own before,
a member takes the block's constants from one of the members that were accepted there. A block that is matched last,
and the constants of a region that is conditioned on its own values, are drawn several times for one member.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
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
class BlockTries:
    """A block that is matched last: its shared constants, its canonical names, and how many draws a member gets."""

    name: str
    ranges: tuple[Range, ...]
    names: frozenset[str]
    tries: int


@dataclass(frozen=True)
class Redrawn:
    """A place whose own constants are drawn anew, so many times for every member."""

    place: str
    times: int


@dataclass(frozen=True)
class Draws:
    """The values of all uncertain constants: the shared ones, and those of each place.

    Everything is asked for by number. With `block_tries` the number of a try is ``member * tries + try``, and with
    `redrawn` that of a draw of a place's constants is ``try * times + draw``: one number says all, and is small.

    Parameters
    ----------
    ranges : tuple of Range
        The shared constants, without those of `block_tries`.
    seed : int
        Every draw follows from it and the member's number.
    block_members : BlockMembers, optional
        The block whose constants are not drawn but taken from its accepted members.
    only : frozenset of str, optional
        Canonical names of the constants of places that are drawn; by default all.
    without : frozenset of str
        Canonical names of those that are not.
    block_tries : BlockTries, optional
        The block whose constants are drawn several times for a member.
    redrawn : Redrawn, optional
        The place whose own constants are drawn several times for a member, or for a try.
    """

    ranges: tuple[Range, ...]
    seed: int
    block_members: BlockMembers | None = None
    only: frozenset[str] | None = None
    without: frozenset[str] = frozenset()
    block_tries: BlockTries | None = None
    redrawn: Redrawn | None = None

    def rows(self, profile: Profile, indices: Integers) -> Design:
        """Return the constants of some members under a profile.

        A constant that the profile fixes keeps the profile's value, and a range of the profile's own
        replaces the shared one.

        Parameters
        ----------
        profile : Profile
            The place.
        indices : int64, shape (member,)
            Numbers of the members, of their tries where there are any, or of their draws where a place is redrawn.

        Returns
        -------
        Design
            One row a member, in the order of `indices`.
        """
        taken = {canonical(name) for name in (*profile.constants, *(drawn.name for drawn in profile.ranges))}
        parts = tuple(self._parts(profile, taken))
        ranges = tuple(drawn for part in parts for drawn in part.ranges)
        names = tuple(drawn.name for drawn in ranges)
        from_block, scale = self._block_columns(profile, names), _scaling(ranges)

        def make(first: int, last: int) -> Floats:
            drawn = [part.uniforms(indices[first:last]) for part in parts]
            table = scale(np.hstack([unit[:, part.columns] for part, unit in zip(parts, drawn, strict=True)]))
            if from_block is not None:
                taken_rows = np.floor(drawn[0][:, -1] * len(from_block.rows)).astype(np.int64)
                table[:, from_block.targets] = from_block.rows[taken_rows][:, from_block.sources]
            return table

        return Design(names, len(indices), make)

    def members(self, indices: Integers) -> Integers:
        """Return the numbers of the members that some numbers stand for.

        Parameters
        ----------
        indices : int64, shape (member,)
            As in `rows`.

        Returns
        -------
        int64, shape (member,)
            The same where there are neither tries nor redrawn constants.
        """
        return indices // (self._times * self._tries)

    @property
    def _times(self) -> int:
        return self.redrawn.times if self.redrawn is not None else 1

    @property
    def _tries(self) -> int:
        return self.block_tries.tries if self.block_tries is not None else 1

    def _parts(self, profile: Profile, taken: set[str]) -> Iterator[_Part]:
        """Yield the streams that a row is put together from: shared ones, the place's, and those of the last block.

        The first has one number more than there are ranges: which accepted member of the first block is taken.
        """
        whole = self._times * self._tries
        yield _Part(self.ranges, self.seed, whole, _free(self.ranges, taken), extra=1)
        own = [drawn for drawn in profile.ranges if self.only is None or canonical(drawn.name) in self.only]
        tried = self.block_tries.names if self.block_tries is not None else frozenset[str]()
        early = tuple(drawn for drawn in own if canonical(drawn.name) not in tried | self.without)
        late = tuple(drawn for drawn in own if canonical(drawn.name) in tried)
        if self.redrawn is not None and self.redrawn.place == profile.name:
            yield _Part.all_of((*early, *late), named_seed(self.seed, f"{profile.name} redrawn"), 1)
        else:
            yield _Part.all_of(early, named_seed(self.seed, profile.name), whole)
        if self.block_tries is not None:
            seed, shared = named_seed(self.seed, self.block_tries.name), self.block_tries.ranges
            yield _Part(shared, seed, self._times, _free(shared, taken))
            if self.redrawn is None or self.redrawn.place != profile.name:
                yield _Part.all_of(late, named_seed(seed, profile.name), self._times)

    def _block_columns(self, profile: Profile, names: tuple[str, ...]) -> _BlockColumns | None:
        """Return which columns come from the block's accepted members instead."""
        if self.block_members is None:
            return None
        taken = self.block_members.names
        if self.redrawn is not None and self.redrawn.place == profile.name:
            taken -= {canonical(drawn.name) for drawn in profile.ranges}
        block_names, rows = self.block_members.under(profile)
        place = {canonical(name): number for number, name in enumerate(block_names)}
        targets = [number for number, name in enumerate(names) if canonical(name) in taken]
        return _BlockColumns(targets, [place[canonical(names[number])] for number in targets], rows)


@dataclass(frozen=True)
class _Part:
    """Some columns of a row, from a stream of their own, in which `share` numbers that follow each other are one row.

    A row of the stream has `extra` numbers more than there are ranges.
    """

    all_ranges: tuple[Range, ...]
    seed: int
    share: int
    columns: tuple[int, ...]
    extra: int = 0

    @classmethod
    def all_of(cls, ranges: tuple[Range, ...], seed: int, share: int) -> _Part:
        return cls(ranges, seed, share, tuple(range(len(ranges))))

    @property
    def ranges(self) -> tuple[Range, ...]:
        return tuple(self.all_ranges[column] for column in self.columns)

    def uniforms(self, indices: Integers) -> Floats:
        width = len(self.all_ranges) + self.extra
        if self.share == 1:
            return uniforms(self.seed, indices, width)
        rows, place = np.unique(indices // self.share, return_inverse=True)
        return uniforms(self.seed, rows, width)[place]


def _free(ranges: tuple[Range, ...], taken: set[str]) -> tuple[int, ...]:
    """Return the columns of ranges that a profile neither fixes nor replaces."""
    return tuple(number for number, drawn in enumerate(ranges) if canonical(drawn.name) not in taken)


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
    runs = np.split(indices, np.flatnonzero(np.diff(indices) != 1) + 1)
    return np.concatenate([counted_uniforms(seed, int(run[0]), int(run[-1]) + 1, columns) for run in runs])


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
