"""Evidence, the checks that rest on it, and the benchmark that they make together."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from types import MappingProxyType
from typing import Literal, cast

import numpy as np
from numpy.typing import NDArray

from egovsim import library
from egovsim.errors import DataError, UnknownNameError, ValueRangeError, unknown_name
from egovsim.model.inputs import Floats, Profile, Range
from egovsim.model.metrics import Metric, mean_over, value_at
from egovsim.model.model import Model
from egovsim.policy.checking import check_profile, check_ranges
from egovsim.policy.files import read_profile, read_ranges
from egovsim.policy.tables import Table, read_table
from egovsim.provenance import FileRecord

CheckKind = Literal["band", "ratio", "difference", "rmse"]
Action = Literal["reject", "report"]
Grade = Literal["A", "B", "C"]
Found = Mapping[tuple[str, str], Floats]
"""Values of metrics by (place, label of the metric), float64, shape (member,)."""

_CHECK_KEYS = (
    "name", "outcome", "place", "kind", "at", "mean_over", "over_at", "minus_place", "minus_outcome",
    "series", "low", "high", "observed", "measurement", "discrepancy", "evidence", "grade", "action", "note",
)  # fmt: skip
_COLUMNS = ("place", "indicator", "unit", "year", "value", "grade", "source_title", "source_url")
_INSTANT_KEYS: Mapping[CheckKind, tuple[str, ...]] = MappingProxyType(
    {"band": ("at", "mean_over"), "difference": ("at", "mean_over"), "ratio": ("at",), "rmse": ("series",)}
)


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
    note: str = ""

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
        """Return what is compared with the bounds, float64, shape (member,); NaN where a run failed."""
        values = [found[place, metric.label] for place, metric in self.needs]
        with np.errstate(divide="ignore", invalid="ignore"):
            return _COMBINED[self.kind](values, self)

    def passes(self, value: Floats) -> NDArray[np.bool_]:
        """Return which members keep the bounds; a value that is not a number does not."""
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


@dataclass(frozen=True)
class Benchmark:
    """What is known from outside: checks, the profiles they are read under, and the shared ranges."""

    checks: tuple[EvidenceCheck, ...]
    profiles: Mapping[str, Profile]
    ranges: tuple[Range, ...]
    files: tuple[FileRecord, ...] = ()

    @property
    def rejecting(self) -> tuple[EvidenceCheck, ...]:
        """The checks that drop members, in the order of the file."""
        return tuple(one for one in self.checks if one.action == "reject")


def read_evidence(path: str | Path | None = None) -> tuple[Evidence, ...]:
    """Read graded figures from a CSV file, by default the shipped ones.

    Raises
    ------
    DataError
        With the file and line of a row that lacks a column, a number or a grade.
    """
    file = library.find("evidence", "evidence" if path is None else path)
    label = library.label(file)
    rows = csv.DictReader(io.StringIO(library.read_bytes(file).decode("utf-8-sig")))
    if tuple(rows.fieldnames or ()) != _COLUMNS:
        raise DataError(f"{label}, line 1: the columns must be {', '.join(_COLUMNS)}.")
    return tuple(_evidence(row, f"{label}, line {rows.line_num}") for row in rows)


def _evidence(row: Mapping[str, str | None], where: str) -> Evidence:
    texts = {name: row.get(name) or "" for name in _COLUMNS}
    if texts["grade"] not in ("A", "B", "C"):
        raise DataError(f'{where}: the grade must be A, B or C, not "{texts["grade"]}".')
    try:
        value = float(texts["value"])
    except ValueError as cause:
        raise DataError(f'{where}: "{texts["value"]}" is not a number; write 4.49, with a point.') from cause
    return Evidence(
        texts["place"], texts["indicator"], texts["unit"], texts["year"], value,
        cast(Grade, texts["grade"]), texts["source_title"], texts["source_url"],
    )  # fmt: skip


def read_checks(path: str | Path) -> tuple[EvidenceCheck, ...]:
    """Read evidence checks from a TOML file of ``[[check]]`` entries.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        With the file, the full key path, and what to write instead.
    """
    root, _ = read_table(library.find("evidence", path))
    root.only(("check",), what="a file of evidence checks")
    checks = tuple(_check(one) for one in root.tables("check"))
    if not checks:
        raise DataError(f"{root.file}: there is no [[check]] in this file.")
    seen: set[str] = set()
    for one in checks:
        if one.name in seen:
            raise DataError(f'{root.file}: two checks are called "{one.name}"; give each its own name.')
        seen.add(one.name)
    return checks


def _check(table: Table) -> EvidenceCheck:
    table.only(_CHECK_KEYS, what="an evidence check")
    kind = cast(CheckKind, table.choice("kind", tuple(_INSTANT_KEYS)))
    given = [key for key in _INSTANT_KEYS[kind] if key in table.values]
    if len(given) != 1:
        raise DataError(f"{table.place()}: a {kind} needs exactly one of: {', '.join(_INSTANT_KEYS[kind])}.")
    if kind == "difference" and not ({"minus_place", "minus_outcome"} & set(table.values)):
        raise DataError(f"{table.place()}: a difference needs minus_place or minus_outcome.")
    low, high = table.number("low", -np.inf) if "low" in table.values else -np.inf, _upper(table)
    if low > high or (np.isinf(low) and np.isinf(high)):
        raise ValueRangeError(f"{table.place()}: low {low:g} and high {high:g} bound nothing.")
    return EvidenceCheck(
        name=table.text("name"),
        outcome=table.text("outcome"),
        place=table.text("place"),
        kind=kind,
        low=low,
        high=high,
        at=table.number("at") if "at" in given else None,
        mean_over=_span(table) if "mean_over" in given else None,
        over_at=table.number("over_at") if kind == "ratio" else None,
        minus_place=table.text("minus_place", ""),
        minus_outcome=table.text("minus_outcome", ""),
        series=table.pairs("series") if kind == "rmse" else (),
        observed=table.optional_number("observed"),
        measurement=table.number("measurement", 0.0),
        discrepancy=table.number("discrepancy", 0.0),
        evidence=table.texts("evidence"),
        grade=cast(Grade, table.choice("grade", ("A", "B", "C"), "B")),
        action=cast(Action, table.choice("action", ("reject", "report"), "reject")),
        note=table.text("note", ""),
    )


def _upper(table: Table) -> float:
    return table.number("high") if "high" in table.values else np.inf


def _span(table: Table) -> tuple[float, float]:
    span = table.values["mean_over"]
    if not isinstance(span, list) or len(span) != 2 or not all(isinstance(one, int | float) for one in span):
        raise DataError(f"{table.place('mean_over')} must be a pair of years, such as [2023, 2024].")
    if span[0] >= span[1]:
        raise DataError(f"{table.place('mean_over')}: the first year must lie before the second.")
    return float(span[0]), float(span[1])


def read_benchmark(*, folder: str | Path | None = None) -> Benchmark:
    """Read checks, the profiles that they name, and the shared ranges.

    Parameters
    ----------
    folder : str or Path, optional
        A folder with ``checks.toml`` and ``ranges.toml``; by default the shipped evidence.

    Returns
    -------
    Benchmark
        For `compare`; the places that its checks speak of are shipped profiles.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        With the file, the full key path, and what to write instead.
    """

    def file(name: str) -> Path:
        return library.find("evidence", name if folder is None else Path(folder) / f"{name}.toml")

    checks = read_checks(file("checks"))
    root, record = read_table(file("ranges"))
    root.only(("ranges",), what="a file of ranges")
    places = dict.fromkeys(place for one in checks for place in one.places)
    known = library.names("profile")
    for place in places:
        if place not in known:
            where = library.label(file("checks"))
            raise unknown_name(place, known, what="a shipped profile", where=where)
    profiles = {place: read_profile(place) for place in places}
    read = [library.record(file("checks")), record]
    read += [library.record(library.find("profile", place)) for place in places]
    return Benchmark(checks, MappingProxyType(profiles), read_ranges(root.table("ranges")), tuple(read))


def check_benchmark(benchmark: Benchmark, model: Model) -> None:
    """Check that a benchmark's outcomes, ranges and profiles fit a model.

    Raises
    ------
    UnknownNameError, ValueRangeError
        With the check, range or profile in question.
    """
    for check in benchmark.checks:
        for _, metric in check.needs:
            try:
                elements = model.elements_of(metric.variable)
            except UnknownNameError as cause:
                raise UnknownNameError(f'evidence check "{check.name}": {cause}') from cause
            if len(elements) > 1:
                raise DataError(
                    f'evidence check "{check.name}": "{metric.variable}" is an array; name one element of it.'
                )
    check_ranges(benchmark.ranges, model, where="ranges.toml")
    for profile in benchmark.profiles.values():
        check_profile(profile, model)
