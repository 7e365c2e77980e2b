"""Values for named inputs: series, profiles, policy paths, scenarios, ranges and designs; pure data."""

from __future__ import annotations

import math
from bisect import bisect_right
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from numbers import Real
from typing import Literal, get_args

import numpy as np
from numpy.typing import NDArray

from egovsim.errors import InputError, ValueRangeError, unknown_name
from egovsim.model.argument_checks import (
    check_path,
    column_of,
    list_of,
    numbers_of,
    shown,
    table_of,
    text_of,
    values_by_name,
    whole_number,
)
from egovsim.public import set_module

Floats = NDArray[np.float64]
SeriesKind = Literal["constant", "points", "steps"]
Scale = Literal["linear", "log"]

START = "_START"
"""Ends the id of an input that is the initial value of a stock, as `made_id` would end it."""


@set_module("egovsim")
@dataclass(frozen=True, slots=True)
class Series:
    """A value over time.

    Parameters
    ----------
    times, values : tuple of float
        Instants, ascending, in the model's time unit, and the value at each; a constant has one of each. Where they
        may lie is said in `egovsim.simulation.horizon`.
    kind : {"constant", "points", "steps"}
        ``points`` is linear between instants, ``steps`` jumps at them; both hold at both ends.
    """

    times: tuple[float, ...]
    values: tuple[float, ...]
    kind: SeriesKind = "points"

    def __post_init__(self) -> None:
        if self.kind not in get_args(SeriesKind):
            raise unknown_name(f"{self.kind}", get_args(SeriesKind), what="a kind of series")
        for name in ("times", "values"):
            object.__setattr__(self, name, numbers_of(getattr(self, name)))
        if not self.times or len(self.times) != len(self.values):
            raise ValueRangeError("a series needs one value for each instant, and at least one.")
        if not all(map(math.isfinite, (*self.times, *self.values))):
            raise ValueRangeError("a series has an instant or a value that is not a finite number.")
        if any(a >= b for a, b in zip(self.times, self.times[1:], strict=False)):
            raise ValueRangeError("the instants of a series must ascend, each later than the one before.")

    @classmethod
    def constant(cls, value: float) -> Series:
        """Return a series that always has one value.

        Parameters
        ----------
        value : float
            The value.

        Returns
        -------
        Series
            Of kind ``"constant"``.
        """
        return cls((0.0,), (value,), "constant")

    def at(self, time: Floats) -> Floats:
        """Return the values at given instants.

        Parameters
        ----------
        time : float64, any shape
            In the model's time unit.

        Returns
        -------
        float64, shape as `time`
            In the unit of what the series is of.
        """
        times, values = np.asarray(self.times), np.asarray(self.values)
        if self.kind == "points":
            return np.interp(time, times, values)
        place = np.searchsorted(times, time, side="right") - 1
        return values[np.clip(place, 0, len(values) - 1)]

    def since(self, time: float) -> Series:
        """Return the series without the points that matter only before an instant.

        Parameters
        ----------
        time : float
            In the model's time unit.

        Returns
        -------
        Series
            With the same values from `time` on.
        """
        first = max(0, bisect_right(self.times, time) - 1)
        return Series(self.times[first:], self.values[first:], self.kind)


@set_module("egovsim")
@dataclass(frozen=True, slots=True)
class Range:
    """The range that an uncertain constant is sampled from.

    Parameters
    ----------
    name : str
        The constant.
    low, high : float
        The ends, in the constant's own unit.
    scale : {"linear", "log"}
        Whether draws are even in the value or in its logarithm.
    """

    name: str
    low: float
    high: float
    scale: Scale = "linear"

    def __post_init__(self) -> None:
        text_of(self.name, "a range is of", remedy="give the name of a constant")
        if self.scale not in get_args(Scale):
            raise unknown_name(f"{self.scale}", get_args(Scale), what="a scale", where=f'the range of "{self.name}"')
        for end in (self.low, self.high):
            if not isinstance(end, Real):
                raise InputError(f'the range of "{self.name}" has {shown(end)} as an end; give a number.')
        if not (math.isfinite(self.low) and math.isfinite(self.high)):
            raise ValueRangeError(f'the range of "{self.name}" has an end that is not a finite number.')
        if self.low > self.high:
            raise ValueRangeError(f'the range of "{self.name}" has low {self.low:g} above high {self.high:g}.')
        if self.scale == "log" and self.low <= 0.0:
            raise ValueRangeError(f'the range of "{self.name}" is on a log scale, so low must be above 0.')

    def scaled(self, unit: Floats) -> Floats:
        """Map numbers in [0, 1] into the range.

        Parameters
        ----------
        unit : float64, any shape
            Numbers in [0, 1].

        Returns
        -------
        float64, shape as `unit`
            In the constant's own unit.
        """
        if self.scale == "log":
            return np.exp(np.log(self.low) + unit * (np.log(self.high) - np.log(self.low)))
        return self.low + unit * (self.high - self.low)

    def unit(self, values: Floats) -> Floats:
        """Map values of the range into [0, 1], which undoes `scaled`.

        Parameters
        ----------
        values : float64, any shape
            In the constant's own unit.

        Returns
        -------
        float64, shape as `values`
            Numbers in [0, 1].
        """
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

    def __post_init__(self) -> None:
        list_of(self.names, str, "the names of a design", remedy="give names of constants")
        whole_number(self.members, "members")

    @classmethod
    def of(cls, values: Mapping[str, Floats]) -> Design:
        """Return the design whose columns are given.

        Parameters
        ----------
        values : mapping of str to float64, shape (member,)
            The values of each constant.

        Returns
        -------
        Design
            As many members as each array has values.

        Raises
        ------
        InputError
            When an array has more than one dimension or another length than the first, or holds no numbers.
        """
        given = values_by_name(values, "the values of a design")
        columns = [column_of(name, column) for name, column in given.items()]
        if not columns or not len(columns[0]):
            raise InputError("a design needs at least one constant and one member.")
        for name, column in zip(given, columns, strict=True):
            if len(column) != len(columns[0]):
                text = f'"{name}" has {len(column)} values in the design, "{next(iter(given))}" has {len(columns[0])}'
                raise InputError(f"{text}; give each one a member.")
        table = np.column_stack(columns)
        return cls(tuple(given), len(table), lambda first, last: table[first:last])

    def rows(self, first: int = 0, last: int | None = None) -> Floats:
        """Return the values of some members.

        Parameters
        ----------
        first : int
            The number of the first.
        last : int, optional
            The number after the last; by default all members from `first` on.

        Returns
        -------
        float64, shape (member, constant)
            In each constant's own unit.

        Raises
        ------
        InputError
            When there are no such members, or what makes the design makes other columns.
        """
        whole_number(first, "the first member")
        stop = self.members if last is None else min(last, self.members)
        if first > stop:
            raise InputError(f"a design of {self.members} members has none from {first} to {last}; count from 0.")
        rows = table_of(self.make(first, stop))
        if rows.shape != (stop - first, len(self.names)):
            wanted = f"{stop - first} members and {len(self.names)} constants"
            raise InputError(f"what makes this design gave an array of shape {rows.shape} for {wanted}.")
        return rows

    def __len__(self) -> int:
        return self.members


@dataclass(frozen=True, slots=True)
class PublishedFigure:
    """A published figure of an outcome, to look at a run beside it: no run reads it.

    Parameters
    ----------
    value : float
        In the outcome's own unit.
    year : float
        When it was so.
    """

    value: float
    year: float


@set_module("egovsim")
@dataclass(frozen=True)
class Profile:
    """A region: its constants, its uncertain constants, and the history of its levers.

    Parameters
    ----------
    name : str
        What messages call it.
    constants : mapping of str to float
        Values of inputs.
    ranges : tuple of Range
        The uncertain constants.
    levers : mapping of str to Series
        What was decided; a history may begin before the model does.
    multipliers : mapping of str to str
        For a lever whose history is assumed, the constant that multiplies it; a policy that sets the lever holds as
        written, so the constant is 1 from the policy's start on.
    published : mapping of str to PublishedFigure
        Figures of outcomes, to be shown beside a run.
    label : mapping of str to str
        What tables call it, by language.
    covers : {"all", "access"}
        What of the region the profile describes.
    note : mapping of str to str
        Where it comes from, by language.
    """

    name: str
    constants: Mapping[str, float] = field(default_factory=dict[str, float])
    ranges: tuple[Range, ...] = ()
    levers: Mapping[str, Series] = field(default_factory=dict[str, Series])
    multipliers: Mapping[str, str] = field(default_factory=dict[str, str])
    published: Mapping[str, PublishedFigure] = field(default_factory=dict[str, PublishedFigure])
    label: Mapping[str, str] = field(default_factory=dict[str, str])
    covers: Literal["all", "access"] = "all"
    note: Mapping[str, str] = field(default_factory=dict[str, str])


@set_module("egovsim")
@dataclass(frozen=True)
class PolicyPath:
    """What a region decides.

    Parameters
    ----------
    name : str
        What results call it.
    levers : mapping of str to Series
        Inputs of the model, from `start` on.
    start : float, optional
        In the model's time unit, within the run; by default the model's start.
    family : str
        Which paths it is ranked among.
    baseline : bool
        Whether it is business as usual, which the others are compared with.
    label : mapping of str to str
        What tables call it, by language.
    note : mapping of str to str
        Why it is as it is, by language.
    joined : tuple of PolicyPath
        What is decided as well, each from its own start; of these the levers and the start alone count.
    """

    name: str
    levers: Mapping[str, Series] = field(default_factory=dict[str, Series])
    start: float | None = None
    family: str = ""
    baseline: bool = field(default=False, kw_only=True)
    label: Mapping[str, str] = field(default_factory=dict[str, str])
    note: Mapping[str, str] = field(default_factory=dict[str, str])
    joined: tuple[PolicyPath, ...] = field(default=(), kw_only=True)

    def __post_init__(self) -> None:
        check_path("policy", self.name, self.levers, self.start)
        list_of(self.joined, PolicyPath, f'what is joined to policy "{self.name}"', remedy="give paths")


@set_module("egovsim")
@dataclass(frozen=True)
class Scenario:
    """What a region does not decide.

    Parameters
    ----------
    name : str
        What results call it.
    inputs : mapping of str to Series
        Inputs of the model, from `start` on.
    start : float, optional
        In the model's time unit, within the run; by default the model's start.
    label : mapping of str to str
        What tables call it, by language.
    note : mapping of str to str
        Why it is as it is, by language.
    """

    name: str
    inputs: Mapping[str, Series] = field(default_factory=dict[str, Series])
    start: float | None = None
    label: Mapping[str, str] = field(default_factory=dict[str, str])
    note: Mapping[str, str] = field(default_factory=dict[str, str])

    def __post_init__(self) -> None:
        check_path("scenario", self.name, self.inputs, self.start)
