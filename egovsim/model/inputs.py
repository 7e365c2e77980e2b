"""Values for named inputs: series, profiles, policy paths, scenarios, ranges and designs; pure data."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from egovsim.errors import ValueRangeError
from egovsim.public import set_module

Floats = NDArray[np.float64]
SeriesKind = Literal["constant", "points", "steps"]
Scale = Literal["linear", "log"]

START = "@start"
"""Ends the id of an input that is the initial value of a stock."""


@set_module("egovsim")
@dataclass(frozen=True, slots=True)
class Series:
    """A value over time.

    Parameters
    ----------
    times, values : tuple of float
        Instants, ascending, and the value at each; a constant has one of each.
    kind : {"constant", "points", "steps"}
        ``points`` is linear between instants, ``steps`` jumps at them; both hold at both ends.
    """

    times: tuple[float, ...]
    values: tuple[float, ...]
    kind: SeriesKind = "points"

    def __post_init__(self) -> None:
        if not self.times or len(self.times) != len(self.values):
            raise ValueRangeError("a series needs one value for each instant, and at least one.")
        if not all(map(math.isfinite, (*self.times, *self.values))):
            raise ValueRangeError("a series has an instant or a value that is not a finite number.")
        if any(a >= b for a, b in zip(self.times, self.times[1:], strict=False)):
            raise ValueRangeError("the instants of a series must ascend, each later than the one before.")

    @classmethod
    def constant(cls, value: float) -> Series:
        """Return a series that always has one value."""
        return cls((0.0,), (float(value),), "constant")

    def at(self, time: Floats) -> Floats:
        """Return the values at given instants, shape as `time`."""
        times, values = np.asarray(self.times), np.asarray(self.values)
        if self.kind == "points":
            return np.interp(time, times, values)
        place = np.searchsorted(times, time, side="right") - 1
        return values[np.clip(place, 0, len(values) - 1)]


@set_module("egovsim")
@dataclass(frozen=True, slots=True)
class Range:
    """The range that an uncertain constant is sampled from."""

    name: str
    low: float
    high: float
    scale: Scale = "linear"

    def __post_init__(self) -> None:
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            raise ValueRangeError(f'the range of "{self.name}" has an end that is not a finite number.')
        if self.low > self.high:
            raise ValueRangeError(f'the range of "{self.name}" has low {self.low:g} above high {self.high:g}.')
        if self.scale == "log" and self.low <= 0.0:
            raise ValueRangeError(f'the range of "{self.name}" is on a log scale, so low must be above 0.')

    def scaled(self, unit: Floats) -> Floats:
        """Map numbers in [0, 1] into the range."""
        if self.scale == "log":
            return np.exp(np.log(self.low) + unit * (np.log(self.high) - np.log(self.low)))
        return self.low + unit * (self.high - self.low)

    def unit(self, values: Floats) -> Floats:
        """Map values of the range into [0, 1], which undoes `scaled`."""
        if self.scale == "log":
            return (np.log(values) - np.log(self.low)) / (np.log(self.high) - np.log(self.low))
        return (values - self.low) / (self.high - self.low)


@set_module("egovsim")
@dataclass(frozen=True)
class Design:
    """Values of named constants for many members, made when asked for.

    Parameters
    ----------
    names : tuple of str
        The constants.
    members : int
        How many members there are.
    make : callable
        ``make(first, last)`` returns float64 values, shape (last - first, len(names)); the same rows
        always give the same bits.
    """

    names: tuple[str, ...]
    members: int
    make: Callable[[int, int], Floats]

    @classmethod
    def of(cls, values: Mapping[str, Floats]) -> Design:
        """Return the design whose columns are given: one array, shape (member,), for each name."""
        names = tuple(values)
        table = np.column_stack([np.asarray(values[name], dtype=np.float64) for name in names])
        return cls(names, len(table), lambda first, last: table[first:last])

    def rows(self, first: int = 0, last: int | None = None) -> Floats:
        """Return the values of members `first` up to `last`, shape (member, constant)."""
        return self.make(first, self.members if last is None else min(last, self.members))

    def __len__(self) -> int:
        return self.members


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """A published figure of an outcome, in the model's unit, to look at a run beside it: no run reads it."""

    value: float
    year: float


@set_module("egovsim")
@dataclass(frozen=True)
class Profile:
    """A region: its constants, its uncertain constants, and the history of its levers.

    `multipliers` names, for a lever whose history is assumed, the constant that multiplies it; a policy that
    sets the lever holds as written, so the constant is 1 from the policy's start on.
    """

    name: str
    constants: Mapping[str, float] = field(default_factory=dict[str, float])
    ranges: tuple[Range, ...] = ()
    levers: Mapping[str, Series] = field(default_factory=dict[str, Series])
    multipliers: Mapping[str, str] = field(default_factory=dict[str, str])
    published: Mapping[str, PublishedFigure] = field(default_factory=dict[str, PublishedFigure])
    label: Mapping[str, str] = field(default_factory=dict[str, str])
    covers: Literal["all", "access"] = "all"
    note: str = ""


@set_module("egovsim")
@dataclass(frozen=True)
class PolicyPath:
    """What a region decides: levers from `start` on. `baseline` marks business as usual."""

    name: str
    levers: Mapping[str, Series] = field(default_factory=dict[str, Series])
    start: float = 2026.0
    family: str = ""
    baseline: Literal["yes", "no"] = "no"
    label: Mapping[str, str] = field(default_factory=dict[str, str])
    note: str = ""


@set_module("egovsim")
@dataclass(frozen=True)
class Scenario:
    """What a region does not decide: inputs from `start` on."""

    name: str
    inputs: Mapping[str, Series] = field(default_factory=dict[str, Series])
    start: float = 2026.0
    label: Mapping[str, str] = field(default_factory=dict[str, str])
    note: str = ""
