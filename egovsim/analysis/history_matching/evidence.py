"""Evidence, the checks that rest on it, and the benchmark that they make together."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import MappingProxyType
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from egovsim.errors import unknown_name
from egovsim.model.inputs import Floats, Profile, Range
from egovsim.model.metrics import Metric, mean_over, value_at
from egovsim.provenance import FileRecord
from egovsim.public import set_module

CheckKind = Literal["band", "ratio", "difference", "rmse"]
Action = Literal["reject", "report"]
Grade = Literal["A", "B", "C"]
Found = Mapping[tuple[str, str], Floats]
"""Values of metrics by (place, label of the metric), float64, shape (member,)."""


@set_module("egovsim.analysis")
@dataclass(frozen=True, slots=True)
class Evidence:
    """One published figure: where it is from and how well it was seen (grade A, B or C)."""

    place: str
    indicator: str
    unit: str
    year: str
    value: float
    grade: Grade
    source_title: str
    source_url: str

    @property
    def key(self) -> str:
        """How other files cite it: ``place/indicator/year``."""
        return f"{self.place}/{self.indicator}/{self.year}"


@set_module("egovsim.analysis")
@dataclass(frozen=True)
class EvidenceCheck:
    """A bound that the model's members must keep, or that is reported beside them.

    Parameters
    ----------
    name : str
        How tables call it.
    outcome, place : str
        A scalar variable or element of the model, and the profile it is read under.
    kind : {"band", "ratio", "difference", "rmse"}
        What is compared with the bounds: the value; the value over its value at `over_at`; the value
        minus that of `minus_place` or `minus_outcome`; the root mean square of value minus `series`.
    at : float or None
        The instant, in years.
    mean_over : tuple of float or None
        First and last instant of a mean, the last left out.
    low, high : float
        Bounds, in the unit of the outcome; infinite where one-sided.
    observed : float or None
        What was published.
    measurement, discrepancy : float
        What the tolerance is made of: error of the figure, and of the model as such.
    evidence : tuple of str
        Keys of the evidence.
    grade : {"A", "B", "C"}
        The weakest grade among them.
    action : {"reject", "report"}
        Whether members that fail it are dropped.
    block : str
        The block of the model that it speaks of alone, which is then matched before or after the rest; see `Block`.
    """

    name: str
    outcome: str
    place: str
    kind: CheckKind
    low: float
    high: float
    at: float | None = None
    mean_over: tuple[float, float] | None = None
    over_at: float | None = None
    minus_place: str = ""
    minus_outcome: str = ""
    series: tuple[tuple[float, float], ...] = ()
    observed: float | None = None
    measurement: float = 0.0
    discrepancy: float = 0.0
    evidence: tuple[str, ...] = ()
    grade: Grade = "B"
    action: Action = "reject"
    block: str = ""
    note: str = ""

    def widened(self, factor: float) -> EvidenceCheck:
        """Return the check with another tolerance.

        Parameters
        ----------
        factor : float
            What error of the figure and of the model are multiplied by.

        Returns
        -------
        EvidenceCheck
            With bounds further apart, or nearer where `factor` is below 1.
        """
        added = (factor - 1.0) * (self.measurement + self.discrepancy)
        return replace(self, low=self.low - added, high=self.high + added)

    @property
    def places(self) -> tuple[str, ...]:
        """The profiles that must be run for it."""
        return (self.place, self.minus_place) if self.minus_place else (self.place,)

    @cached_property
    def needs(self) -> tuple[tuple[str, Metric], ...]:
        """The metrics that it is computed from, each with its place."""
        first = (self.place, self._metric(self.outcome))
        match self.kind:
            case "band":
                return (first,)
            case "ratio":
                return (first, (self.place, value_at(self.outcome, cast(float, self.over_at))))
            case "difference":
                other = self._metric(self.minus_outcome or self.outcome)
                return (first, (self.minus_place or self.place, other))
            case "rmse":
                return tuple((self.place, value_at(self.outcome, time)) for time, _ in self.series)

    def value(self, found: Found) -> Floats:
        """Return what is compared with the bounds.

        Parameters
        ----------
        found : mapping of (str, str) to float64, shape (member,)
            Values of the metrics that it `needs`, by place and label.

        Returns
        -------
        float64, shape (member,)
            In the unit of the bounds; NaN where a run failed.
        """
        values = [found[place, metric.label] for place, metric in self.needs]
        with np.errstate(divide="ignore", invalid="ignore"):
            return _COMBINED[self.kind](values, self)

    def passes(self, value: Floats) -> NDArray[np.bool_]:
        """Return which members keep the bounds.

        Parameters
        ----------
        value : float64, shape (member,)
            From `value`.

        Returns
        -------
        bool, shape (member,)
            False for a value that is not a number.
        """
        return (value >= self.low) & (value <= self.high)

    def _metric(self, variable: str) -> Metric:
        if self.mean_over is not None:
            return mean_over(variable, *self.mean_over)
        return value_at(variable, cast(float, self.at))


def _rmse(values: list[Floats], check: EvidenceCheck) -> Floats:
    errors = [value - observed for value, (_, observed) in zip(values, check.series, strict=True)]
    return np.sqrt(np.mean(np.square(errors), axis=0))


_COMBINED: Mapping[CheckKind, Callable[[list[Floats], EvidenceCheck], Floats]] = MappingProxyType(
    {
        "band": lambda values, check: values[0],
        "ratio": lambda values, check: values[0] / values[1],
        "difference": lambda values, check: values[0] - values[1],
        "rmse": _rmse,
    }
)


@set_module("egovsim.analysis")
@dataclass(frozen=True)
class Block:
    """A part of the model that is matched to its evidence on its own: before the rest of the model, or after it.

    Parameters
    ----------
    name : str
        What checks and profiles call it.
    constants : tuple of str
        Its uncertain constants, shared ones and those of places.
    held : tuple of str
        Of an upstream block, the variables through which the rest of the model reaches it. Under a profile that covers
        this block alone they are held still, and the rest of the model need not be run.
    tries : int
        Of a downstream block, whose constants reach no check but its own: how many draws of them a member gets that
        passed all other checks. 0 for an upstream block, which is matched first.
    """

    name: str
    constants: tuple[str, ...]
    held: tuple[str, ...] = ()
    tries: int = 0


@set_module("egovsim.analysis")
@dataclass(frozen=True)
class Structure:
    """A way the model could be built that the evidence does not decide on: some constants, set for all members.

    Parameters
    ----------
    name : str
        What files and options call it.
    constants : mapping of str to float
        The constants it sets; none for the model as it is written.
    label : mapping of str to str
        By language.
    note : mapping of str to str
        What it says.
    """

    name: str
    constants: Mapping[str, float] = field(default_factory=dict[str, float])
    label: Mapping[str, str] = field(default_factory=dict[str, str])
    note: Mapping[str, str] = field(default_factory=dict[str, str])


AS_WRITTEN = Structure("model", {}, {"en": "The model as it is written", "id": "Model sebagaimana ditulis"})
"""The structure of a benchmark that names none."""


@set_module("egovsim")
@dataclass(frozen=True)
class Benchmark:
    """What is known from outside: checks, the profiles they are read under, and the shared ranges.

    Parameters
    ----------
    checks : tuple of EvidenceCheck
        In the order of the file: that is the order in which members meet them.
    profiles : mapping of str to Profile
        The places that the checks speak of.
    ranges : tuple of Range
        The shared uncertain constants.
    upstream : Block, optional
        A part of the model that is matched first.
    downstream : Block, optional
        A part of the model that is matched last.
    structures : tuple of Structure
        What a finding must be told under; the first is the one that is shown first.
    files : tuple of FileRecord
        What all of it was read from.
    evidence : tuple of Evidence
        The figures that the checks may cite.
    """

    checks: tuple[EvidenceCheck, ...]
    profiles: Mapping[str, Profile]
    ranges: tuple[Range, ...]
    upstream: Block | None = None
    downstream: Block | None = None
    structures: tuple[Structure, ...] = (AS_WRITTEN,)
    files: tuple[FileRecord, ...] = ()
    evidence: tuple[Evidence, ...] = ()

    def structure(self, name: str) -> Structure:
        """Return a structure by its name.

        Parameters
        ----------
        name : str
            As the evidence calls it.

        Returns
        -------
        Structure
            One of `structures`.

        Raises
        ------
        UnknownNameError
            When there is none of that name.
        """
        for structure in self.structures:
            if structure.name == name:
                return structure
        raise unknown_name(name, (structure.name for structure in self.structures), what="a structure of this evidence")

    def widened(self, factor: float) -> Benchmark:
        """Return the benchmark with other tolerances.

        Parameters
        ----------
        factor : float
            What every tolerance is multiplied by.

        Returns
        -------
        Benchmark
            With the checks that `EvidenceCheck.widened` returns.
        """
        return replace(self, checks=tuple(check.widened(factor) for check in self.checks))

    @property
    def rejecting(self) -> tuple[EvidenceCheck, ...]:
        """The checks that drop members, in the order of the file."""
        return tuple(check for check in self.checks if check.action == "reject")
