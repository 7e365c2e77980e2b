"""A comparison as a spreadsheet: rankings, yearly figures, evidence checks, and what to keep in mind."""

# xlsxwriter and pandas bring no type stubs, so what they return is unknown to the type checker.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import TYPE_CHECKING, Any

from egovsim.egov.comparison import Comparison
from egovsim.egov.labels import Labels
from egovsim.egov.rival_tables import disagreements
from egovsim.provenance import own_version

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

Frame = Any  # a pandas data frame, which only the comparison itself makes
_WIDEST = 60
_WRITTEN = datetime(1980, 1, 1)
"""The time of writing would differ at every run."""


def comparison_workbook(comparison: Comparison, labels: Labels) -> bytes:
    """Return a comparison as an .xlsx file.

    Sheet and column heads of the tables keep the model's names, so that formulas survive a change of
    language; the sheet about the comparison is in the reader's. The same comparison always gives the
    same bytes.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    labels : Labels
        The language of the sheet about the comparison.

    Returns
    -------
    bytes
        The content of the file.
    """
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    with Workbook(buffer, {"in_memory": True, "nan_inf_to_errors": True}) as book:
        book.set_properties({"created": _WRITTEN})
        for title, frame in _tables(comparison):
            if not frame.empty:
                _fill(book, title, frame)
        _about(book, comparison, labels)
    return buffer.getvalue()


def _tables(comparison: Comparison) -> Iterable[tuple[str, Frame]]:
    yield "ranking", comparison.ranking_frame()
    # rivals by year are in comparison.csv: a sheet twice as long would take twice as long
    yield "comparison", comparison.yearly_frame().drop(columns=["structure", "benchmark"])
    yield "binding barriers", comparison.binding_frame()
    yield "gap", comparison.gap_frame()
    yield "evidence checks", comparison.evidence_frame()
    yield "evidence", comparison.figures_frame()


def _fill(book: Workbook, title: str, frame: Frame) -> None:
    """Write a table with a bold, frozen head, a filter, and columns as wide as what they hold."""
    sheet = book.add_worksheet(title)
    bold = book.add_format({"bold": True, "text_wrap": True, "valign": "top"})
    heads = [str(column) for column in frame.columns]
    for number, head in enumerate(heads):
        column = frame[head]
        texts = [str(value) for value in column.unique()] if column.dtype.kind not in "fi" else []
        longest = max([*(len(word) for word in head.split("_")), *map(len, texts), 9])
        sheet.set_column(number, number, min(longest + 3, _WIDEST))
        sheet.write_string(0, number, head.replace("_", " "), bold)
        for row, (value, missing) in enumerate(zip(column.tolist(), column.isna().tolist(), strict=True), start=1):
            _write(sheet, row, number, None if missing else value)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, len(frame), len(heads) - 1)


def _write(sheet: Worksheet, row: int, column: int, value: object) -> None:
    """Write a value as a spreadsheet shows it well: numbers to nine digits, texts never as formulas."""
    match value:
        case None | "":
            pass
        case bool():
            sheet.write_boolean(row, column, value)
        case int() | float():
            sheet.write_number(row, column, float(f"{value:.9g}"))
        case _:
            sheet.write_string(row, column, str(value))


def _about(book: Workbook, comparison: Comparison, labels: Labels) -> None:
    sheet = book.add_worksheet(labels.text("sheet about"))
    looks = {"text_wrap": True, "valign": "top"}
    bold, plain = book.add_format({"bold": True, **looks}), book.add_format(looks)
    sheet.set_column(0, 0, 28)
    sheet.set_column(1, 1, 100)
    for row, (head, value) in enumerate(_facts(comparison, labels)):
        if head:
            sheet.write_string(row, 0, head, bold)
        sheet.write_string(row, 1, value, plain)


def _facts(comparison: Comparison, labels: Labels) -> Iterable[tuple[str, str]]:
    yield labels.text("model"), comparison.model
    yield labels.text("profile"), labels.label(comparison.profile)
    yield labels.text("benchmark"), labels.label(comparison.benchmark)
    for structure in comparison.structures:
        yield labels.text("members"), labels.members_sentence(structure)
    yield labels.text("start"), f"{comparison.start:g}"
    yield labels.text("horizon"), f"{comparison.horizon:g}"
    yield labels.text("discount"), labels.percent(comparison.discount, 1)
    yield labels.text("ranked by"), labels.outcome(comparison.by)
    yield labels.text("scenarios"), _listed(comparison.scenarios, labels)
    yield labels.text("policies"), _listed(comparison.policies, labels)
    yield labels.text("version"), own_version()
    for scenario in comparison.scenarios:
        for sentence in disagreements(comparison, scenario.name, labels):
            yield labels.text("other structures"), sentence
    for failure in comparison.failures:
        yield "", failure
    for number, caveat in enumerate(labels.caveats_of(comparison)):
        yield labels.text("caveats") if number == 0 else "", caveat


def _listed(items: Sequence[Any], labels: Labels) -> str:
    return ", ".join(f"{labels.label(item)} ({item.name})" for item in items)
