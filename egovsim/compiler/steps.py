"""When a kernel computes, and what moves its inputs meanwhile."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from egovsim.model.inputs import Floats
from egovsim.model.uneven_steps import UnevenSteps

_SLACK = 1e-6
"""Of a step; sums of steps are rounded."""


@dataclass(frozen=True, slots=True)
class Schedule:
    """Series for a run, as the kernel reads them.

    Parameters
    ----------
    slots : int64, shape (series,)
        The place of each series' input among the program's inputs.
    first : int64, shape (series,)
        The first instant at which it holds.
    values : float64, shape (instant, series)
        Its values, each in the input's own unit.
    moves : int8, shape (instant,)
        Whether any value differs from the instant before.
    """

    slots: np.ndarray[Any, np.dtype[np.int64]]
    first: np.ndarray[Any, np.dtype[np.int64]]
    values: Floats
    moves: np.ndarray[Any, np.dtype[np.int8]]


@dataclass(frozen=True, slots=True)
class Steps:
    """The clock of a run.

    Parameters
    ----------
    start, time_step : float
        In the model's time unit.
    count : int
        How many steps are made.
    save_every : int
        How many steps lie between two instants that are saved.
    uneven : UnevenSteps, optional
        The instants, where the steps or what lies between two that are saved change; `time_step` is then the shortest
        step, and `save_every` without meaning.
    """

    start: float
    time_step: float
    count: int
    save_every: int
    uneven: UnevenSteps | None = None

    @property
    def times(self) -> Floats:
        """Every instant, each start + number x step, never a sum that drifts."""
        if self.uneven is not None:
            return np.array(self.uneven.times)
        return self.start + np.arange(self.count + 1, dtype=np.float64) * self.time_step

    @property
    def lengths(self) -> Floats:
        """How long the step from every instant is, that from the last one as if there were one."""
        if self.uneven is not None:
            return np.array(self.uneven.lengths)
        return np.full(self.count + 1, self.time_step)

    @property
    def is_even(self) -> bool:
        """Whether all steps are of one length, whatever is saved."""
        return self.uneven is None or len(set(self.uneven.lengths)) == 1

    @property
    def saved_instants(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The numbers of the instants that are saved."""
        if self.uneven is not None:
            return np.array(self.uneven.saved, dtype=np.int64)
        return np.arange(0, self.count + 1, self.save_every, dtype=np.int64)

    @property
    def saved_rows(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        """The row that each instant is saved in, or -1."""
        rows = np.full(self.count + 1, -1, dtype=np.int64)
        rows[self.saved_instants] = np.arange(self.saved)
        return rows

    @property
    def saved_times(self) -> Floats:
        """The instants that are saved."""
        return self.times[self.saved_instants]

    @property
    def saved(self) -> int:
        """How many instants are saved."""
        return len(self.saved_instants)

    @property
    def stop(self) -> float:
        """The last instant."""
        return self.start + self.count * self.time_step if self.uneven is None else self.uneven.times[-1]

    def first_from(self, time: float) -> int:
        """Return the first instant that is not before a time, by a slack for the rounding of sums.

        Parameters
        ----------
        time : float
            In the model's time unit.

        Returns
        -------
        int
            Its number; one more than there are where there is none.
        """
        if self.uneven is not None:
            return int(np.searchsorted(self.times, time - _SLACK * self.time_step))
        return max(math.ceil((time - self.start) / self.time_step - _SLACK), 0)

    def nearest(self, time: float) -> int:
        """Return the instant that is nearest to a time within the run.

        Parameters
        ----------
        time : float
            In the model's time unit.

        Returns
        -------
        int
            Its number.
        """
        if self.uneven is not None:
            return int(np.abs(self.times - time).argmin())
        return round((time - self.start) / self.time_step)

    def up_to(self, count: int) -> Steps:
        """Return the first steps alone, with every instant saved.

        Parameters
        ----------
        count : int
            How many.

        Returns
        -------
        Steps
            From the same start.
        """
        uneven = self.uneven
        if uneven is not None:
            times, lengths = uneven.times[: count + 1], uneven.lengths[: count + 1]
            uneven = UnevenSteps(times, lengths, tuple(range(count + 1)))
        return replace(self, count=count, save_every=1, uneven=uneven)
