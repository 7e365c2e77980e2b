"""The instants of a run whose clock changes meanwhile."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class UnevenSteps:
    """The instants of a run whose steps or saving interval change meanwhile.

    Parameters
    ----------
    times : tuple of float
        Every instant.
    lengths : tuple of float
        How long the step from each instant is; the last is not made.
    saved : tuple of int
        The numbers of the instants that are saved, from 0.
    """

    times: tuple[float, ...]
    lengths: tuple[float, ...]
    saved: tuple[int, ...]
