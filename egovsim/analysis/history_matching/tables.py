"""Reports of history matching, as tables for a terminal and as CSV."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

import numpy as np

from egovsim.analysis.history_matching.diagnostics import Band, CheckDiagnostics, ConstantDiagnostics, Verdict
from egovsim.analysis.history_matching.rejection import Search
from egovsim.analysis.history_matching.report import MatchReport
from egovsim.analysis.measures import Spread
from egovsim.terminal import escaped

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table

Row = Mapping[str, object]
_VERDICTS: Mapping[Verdict, str] = {
    "moved": "the evidence moved them",
    "somewhat": "it moved them somewhat",
    "untouched": "it says nothing of them",
}


def report_tables(report: MatchReport) -> Iterator[RenderableType]:
    """Yield everything that is printed of one match: counts, checks, constants, bands.

    Parameters
    ----------
    report : MatchReport
        The match.

    Yields
    ------
    RenderableType
        Lines and tables, for 80 columns.
    """
    from rich.text import Text

    match = report.match
    yield Text(f"{report.structure.label['en']}, seed {match.seed}", style="bold")
    if match.upstream is not None and match.benchmark.upstream is not None:
        yield Text(_counts(f'block "{match.benchmark.upstream.name}" alone', match.upstream))
    yield Text(_counts("whole members", match.search))
    if match.downstream is not None and match.benchmark.downstream is not None:
        yield Text(_counts(f'tries of block "{match.benchmark.downstream.name}"', match.downstream))
        most = int(np.unique(match.draws.members(match.accepted), return_counts=True)[1].max())
        yield Text(f"they are tries of {match.distinct:,} distinct members, at most {most:,} of one")
    near = match.last.borderline
    if near:
        yield Text(f"so near a bound that another processor may decide otherwise: {', '.join(map(str, near))}")
    yield Text()
    yield _check_table(report.checks)
    yield Text(
        "first: rejected as the first check failed, of those that came to it. alone: would reject, whatever the others "
        "say. left out: of what is accepted without it, the share that passes it. accepted: median (5–95 %).",
        style="dim",
    )
    yield Text()
    yield from _constants(report.constants)
    if report.bands:
        yield Text()
        yield _band_table(report.bands, report.wider)


def _counts(what: str, search: Search) -> str:
    rate = search.acceptance
    often = f"{rate:.1%}" if rate >= 0.01 else f"{1e6 * rate:.3g} in a million"
    return f"{what}: {len(search.accepted):,} accepted of {search.tried:,} tried ({often})"


def _check_table(diagnostics: Sequence[CheckDiagnostics]) -> Table:
    table = _table("check", 22, "first", "alone", "left out", "accepted")
    for diagnostic in diagnostics:
        if diagnostic.counts is None or diagnostic.search is None:
            told = ("", "", f"{diagnostic.passing:.0%} pass")
        else:
            left_out = diagnostic.passing_when_left_out
            told = (
                _share(diagnostic.counts.failed_first, diagnostic.search.came_to(diagnostic.counts)),
                _share(diagnostic.counts.failed_at_all, diagnostic.search.screened),
                "–" if np.isnan(left_out) else f"{left_out:.0%}",
            )
        table.add_row(escaped(diagnostic.check.name), *told, _spread(diagnostic.values))
    return table


def _table(first: str, width: int, *heads: str) -> Table:
    """Return a table whose first column is wrapped at a width that leaves room for figures on 80 columns."""
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(box=SIMPLE_HEAD, pad_edge=False)
    table.add_column(first, width=width)
    for head in heads:
        table.add_column(head, justify="right", no_wrap=True)
    return table


def _constants(diagnostics: Sequence[ConstantDiagnostics]) -> Iterator[RenderableType]:
    from rich.text import Text

    for verdict, words in _VERDICTS.items():
        found = [diagnostic for diagnostic in diagnostics if diagnostic.verdict == verdict]
        yield Text(f"{len(found)} of {len(diagnostics)} constants: {words}", style="bold")
        if verdict == "moved":
            yield _constant_table(found)
        elif found:
            yield Text(", ".join(map(_titled, found)))


def _constant_table(diagnostics: Sequence[ConstantDiagnostics]) -> Table:
    table = _table("constant", 24, "drawn from", "accepted", "distance")
    for diagnostic in diagnostics:
        drawn = f"{_number(diagnostic.range.low)}–{_number(diagnostic.range.high)}"
        table.add_row(escaped(_titled(diagnostic)), drawn, _spread(diagnostic.values), f"{diagnostic.distance:.2f}")
    return table


def _band_table(bands: Sequence[Band], wider: Sequence[Band]) -> Table:
    table = _table("history, then business as usual", 31, "accepted", *(["tolerances doubled"] if wider else []))
    beside = {(band.place, band.outcome, band.year): band for band in wider}
    for band in bands:
        other = beside.get((band.place, band.outcome, band.year))
        name = f"{band.place} {band.year:g}: {band.outcome}"
        table.add_row(escaped(name), _spread(band.values), *([_spread(other.values)] if other else []))
    return table


def report_files(reports: Sequence[MatchReport]) -> dict[str, bytes]:
    """Return the CSV files of some matches.

    Parameters
    ----------
    reports : sequence of MatchReport
        The matches, in the order of the rows.

    Returns
    -------
    dict of str to bytes
        ``checks.csv``, ``constants.csv`` and ``bands.csv``, by their names; none without a row.
    """
    found = {
        "checks.csv": [_of(report, _check_row(row)) for report in reports for row in report.checks],
        "constants.csv": [_of(report, _constant_row(row)) for report in reports for row in report.constants],
        "bands.csv": [_of(report, row) for report in reports for row in _band_rows(report)],
    }
    return {name: _csv(table) for name, table in found.items() if table}


def _of(report: MatchReport, row: Row) -> Row:
    return {"structure": report.structure.name, "seed": report.match.seed, **row}


def _check_row(diagnostic: CheckDiagnostics) -> Row:
    counts, search = diagnostic.counts, diagnostic.search
    return {
        "check": diagnostic.check.name,
        "place": diagnostic.check.place,
        "action": diagnostic.check.action,
        "low": diagnostic.check.low,
        "high": diagnostic.check.high,
        "observed": diagnostic.check.observed,
        **_parts("accepted", diagnostic.values),
        "accepted_share_passing": diagnostic.passing,
        "came_to_it": search.came_to(counts) if counts and search else None,
        "rejected_as_first": counts.failed_first if counts else None,
        "screened": search.screened if search else None,
        "rejected_alone": counts.failed_at_all if counts else None,
        "followed": search.followed if search else None,
        "followed_accepted": search.followed_accepted if search else None,
        "rejected_as_last": counts.failed_only if counts else None,
        "share_passing_when_left_out": diagnostic.passing_when_left_out,
        "grade": diagnostic.check.grade,
        "evidence": "; ".join(diagnostic.check.evidence),
    }


def _constant_row(diagnostic: ConstantDiagnostics) -> Row:
    drawn = diagnostic.range
    return {
        "constant": drawn.name,
        "place": diagnostic.place,
        "low": drawn.low,
        "high": drawn.high,
        "scale": drawn.scale,
        **_parts("accepted", diagnostic.values),
        "distance": diagnostic.distance,
        "verdict": diagnostic.verdict,
    }


def _band_rows(report: MatchReport) -> Iterator[Row]:
    for tolerance, bands in ((1, report.bands), (2, report.wider)):
        for band in bands:
            named = {"place": band.place, "outcome": band.outcome, "year": band.year, "tolerance": tolerance}
            yield {**named, **_parts("accepted", band.values)}


def _parts(head: str, values: Spread) -> Row:
    return {f"{head}_p05": values.p05, f"{head}_p50": values.p50, f"{head}_p95": values.p95}


def _csv(rows: Sequence[Row]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]), lineterminator="\n")
    writer.writeheader()
    writer.writerows({key: _cell(value) for key, value in row.items()} for row in rows)
    return text.getvalue().encode()


def _cell(value: object) -> object:
    if isinstance(value, float):
        return f"{value:.6g}" if np.isfinite(value) else ""
    return value


def _titled(diagnostic: ConstantDiagnostics) -> str:
    return f"{diagnostic.range.name} ({diagnostic.place})" if diagnostic.place else diagnostic.range.name


def _share(part: int, whole: int) -> str:
    return f"{part / whole:.0%}" if whole else "–"


def _spread(values: Spread) -> str:
    return f"{_number(values.p50)} ({_number(values.p05)}–{_number(values.p95)})"


def _number(value: float) -> str:
    return f"{value:.3g}"
