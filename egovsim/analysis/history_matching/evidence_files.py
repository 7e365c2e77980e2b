"""Evidence, checks, rival structures and ranges from their files, as one benchmark."""

from __future__ import annotations

import csv
import io
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import MappingProxyType
from typing import cast

import numpy as np

from egovsim import library
from egovsim.analysis.history_matching.evidence import (
    AS_WRITTEN,
    Action,
    Benchmark,
    CheckKind,
    Evidence,
    EvidenceCheck,
    Grade,
    Structure,
)
from egovsim.analysis.history_matching.evidence_blocks import check_blocks, read_blocks
from egovsim.analysis.history_matching.evidence_places import read_places
from egovsim.errors import DataError, UnknownNameError, ValueRangeError, unknown_name
from egovsim.model.model import Model
from egovsim.public import set_module
from egovsim.simulation.files import label_of, note_of, read_ranges
from egovsim.simulation.input_checks import check_profile, check_ranges
from egovsim.toml import Table, read_table

_CHECK_KEYS = (
    "name", "outcome", "place", "kind", "at", "mean_over", "over_at", "minus_place", "minus_outcome",
    "series", "low", "high", "observed", "measurement", "discrepancy", "evidence", "grade", "action", "block", "note",
)  # fmt: skip
_COLUMNS = ("place", "indicator", "unit", "year", "value", "grade", "source_title", "source_url")
_INSTANT_KEYS: Mapping[CheckKind, tuple[str, ...]] = MappingProxyType(
    {"band": ("at", "mean_over"), "difference": ("at", "mean_over"), "ratio": ("at",), "rmse": ("series",)}
)


@set_module("egovsim.analysis")
def read_evidence(path: str | Path | None = None) -> tuple[Evidence, ...]:
    """Read graded figures from a CSV file.

    Parameters
    ----------
    path : str or Path, optional
        By default the shipped figures.

    Returns
    -------
    tuple of Evidence
        In the order of the file.

    Raises
    ------
    DataError
        With the file and line of a row that lacks a column, a number or a grade, or of what is not UTF-8.
    """
    file = library.find("evidence", "evidence" if path is None else path)
    label = library.label(file)
    rows = csv.DictReader(io.StringIO(library.text_of(library.read_bytes(file), label)))
    if tuple(rows.fieldnames or ()) != _COLUMNS:
        raise DataError(f"{label}, line 1: the columns must be {', '.join(_COLUMNS)}.")
    return tuple(_evidence(row, f"{label}, line {rows.line_num}") for row in rows)


def _evidence(row: Mapping[str, str | None], where: str) -> Evidence:
    texts = {name: row.get(name) or "" for name in _COLUMNS}
    grade = texts["grade"]
    if grade not in ("A", "B", "C"):
        raise DataError(f'{where}: the grade must be A, B or C, not "{grade}".')
    try:
        value = float(texts["value"])
    except ValueError as cause:
        raise DataError(f'{where}: "{texts["value"]}" is not a number; write 4.49, with a point.') from cause
    return Evidence(
        texts["place"], texts["indicator"], texts["unit"], texts["year"], value,
        grade, texts["source_title"], texts["source_url"],
    )  # fmt: skip


@set_module("egovsim.analysis")
def read_checks(path: str | Path) -> tuple[EvidenceCheck, ...]:
    """Read evidence checks from a TOML file of ``[[check]]`` entries.

    Parameters
    ----------
    path : str or Path
        A file, or the name of a shipped one.

    Returns
    -------
    tuple of EvidenceCheck
        In the order of the file.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        With the file, the full key path, and what to write instead.
    """
    root, _ = read_table(library.find("evidence", path))
    root.only(("check",), what="a file of evidence checks")
    checks = tuple(_check(table) for table in root.tables("check"))
    if not checks:
        raise DataError(f"{root.file}: there is no [[check]] in this file.")
    seen: set[str] = set()
    for check in checks:
        if check.name in seen:
            raise DataError(f'{root.file}: two checks are called "{check.name}"; give each its own name.')
        seen.add(check.name)
    return checks


def _check(table: Table) -> EvidenceCheck:
    table.only(_CHECK_KEYS, what="an evidence check")
    kind = cast(CheckKind, table.one_of("kind", tuple(_INSTANT_KEYS)))
    given = [key for key in _INSTANT_KEYS[kind] if key in table.values]
    if len(given) != 1:
        raise DataError(f"{table.place()}: a {kind} needs exactly one of: {', '.join(_INSTANT_KEYS[kind])}.")
    if kind == "difference" and not ({"minus_place", "minus_outcome"} & set(table.values)):
        raise DataError(f"{table.place()}: a difference needs minus_place or minus_outcome.")
    low, high = (
        table.number(key) if key in table.values else open_end for key, open_end in (("low", -np.inf), ("high", np.inf))
    )
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
        grade=cast(Grade, table.one_of("grade", ("A", "B", "C"), "B")),
        action=cast(Action, table.one_of("action", ("reject", "report"), "reject")),
        block=table.text("block", ""),
        note=table.text("note", ""),
    )


def _span(table: Table) -> tuple[float, float]:
    span = table.values["mean_over"]
    given = cast("list[object]", span) if isinstance(span, list) else []
    years = [float(year) for year in given if isinstance(year, int | float)]
    if len(given) != 2 or len(years) != 2:
        raise DataError(f"{table.place('mean_over')} must be a pair of years, such as [2023, 2024].")
    first, last = years
    if first >= last:
        raise DataError(f"{table.place('mean_over')}: the first year must lie before the second.")
    return first, last


@set_module("egovsim")
def read_benchmark(*, folder: str | Path | None = None, profiles: Sequence[str | Path] = ()) -> Benchmark:
    """Read checks, the profiles that they name, the shared ranges, and the rival structures.

    Parameters
    ----------
    folder : str or Path, optional
        A folder with ``checks.toml`` and ``ranges.toml`` and, if findings are to be told under rival structures,
        ``structures.toml``; with an ``evidence.csv`` of its own, or the shipped one is cited. By default the
        shipped evidence.
    profiles : sequence of str or Path
        Profiles, shipped names or files, that stand for the places of their names.

    Returns
    -------
    Benchmark
        For `compare` and `history_match`; the places that its checks speak of are shipped profiles, profile files that
        are named from the folder of the checks, or `profiles`.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        With the file, the full key path, and what to write instead.
    """

    def file(name: str) -> Path:
        return library.find("evidence", name if folder is None else Path(folder) / f"{name}.toml")

    checks = read_checks(file("checks"))
    where = library.label(file("checks"))
    own = Path(folder) / "evidence.csv" if folder is not None else None
    figures = own if own is not None and own.is_file() else library.find("evidence", "evidence")
    evidence = read_evidence(figures)
    _check_keys(checks, evidence, where)
    root, record = read_table(file("ranges"))
    root.only(("ranges", "block"), what="a file of ranges")
    upstream, downstream = read_blocks(root)
    places = read_places(checks, file("checks"), profiles)
    checks, blocks = places.checks, [block.name for block in (upstream, downstream) if block is not None]
    for check in checks:
        if check.block and check.block not in blocks:
            raise unknown_name(
                check.block, blocks, what="a block of ranges.toml", where=f'{where}: check "{check.name}"'
            )
    files = [library.record(file("checks")), record, library.record(figures)]
    files += map(library.record, places.files)
    structures: tuple[Structure, ...] = (AS_WRITTEN,)
    if folder is None or (Path(folder) / "structures.toml").is_file():
        structures = read_structures(file("structures"))
        files.append(library.record(file("structures")))
    ranges = read_ranges(root.table("ranges"))
    return Benchmark(
        checks, MappingProxyType(places.profiles), ranges, upstream, downstream, structures, tuple(files), evidence
    )


def _check_keys(checks: tuple[EvidenceCheck, ...], evidence: tuple[Evidence, ...], where: str) -> None:
    """Refuse a check that cites a figure which is not there, or one of grade C."""
    known = {figure.key: figure.grade for figure in evidence}
    for check in checks:
        for key in check.evidence:
            if key not in known:
                raise unknown_name(key, known, what="a key of evidence.csv", where=f'{where}: check "{check.name}"')
            if known[key] == "C":
                raise DataError(f'{where}: check "{check.name}" cites "{key}", which is of grade C: not verified.')


@set_module("egovsim.analysis")
def read_structures(path: str | Path) -> tuple[Structure, ...]:
    """Read rival structures from a TOML file of ``[[structure]]`` entries.

    Parameters
    ----------
    path : str or Path
        A file, or the name of a shipped one.

    Returns
    -------
    tuple of Structure
        In the order of the file.

    Raises
    ------
    DataError, ValueRangeError
        With the file, the full key path, and what to write instead.
    """
    root, _ = read_table(library.find("evidence", path))
    root.only(("structure",), what="a file of structures")
    found: list[Structure] = []
    for table in root.tables("structure"):
        table.only(("name", "label", "note", "constants"), what="a structure")
        name, constants = table.text("name"), table.table("constants")
        if name in (other.name for other in found):
            raise DataError(f'{root.file}: two structures are called "{name}"; give each its own name.')
        values = {key: constants.number(key) for key in constants.values}
        found.append(Structure(name, values, label_of(table, name), note_of(table)))
    if not found:
        raise DataError(f"{root.file}: there is no [[structure]] in this file.")
    return tuple(found)


def check_benchmark(benchmark: Benchmark, model: Model) -> None:
    """Check that a benchmark's outcomes, ranges and profiles fit a model.

    Parameters
    ----------
    benchmark : Benchmark
        The evidence.
    model : Model
        The model that it is to speak of.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        With the check, range, block, structure or profile in question.
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
    check_blocks(benchmark, model)
    for structure in benchmark.structures:
        for name in structure.constants:
            _known(model, name, f'structure "{structure.name}"')
    for profile in benchmark.profiles.values():
        check_profile(profile, model)


def _known(model: Model, name: str, where: str) -> None:
    try:
        model[name]
    except UnknownNameError as cause:
        raise UnknownNameError(f"{where}: {cause}") from cause
