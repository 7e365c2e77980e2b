"""A comparison as a spreadsheet to read: the answer with charts first, then tables in words, then notes."""

# xlsxwriter and pandas bring no type stubs, so what they return is unknown to the type checker.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import io
import math
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from functools import cache
from typing import TYPE_CHECKING, Any

from egovsim.egov.answer_sheet import write_answer
from egovsim.egov.comparison import Comparison
from egovsim.egov.labels import Labels
from egovsim.egov.outcomes import INDEX, REAL_USE
from egovsim.egov.rival_tables import disagreements
from egovsim.egov.sheet_tables import (
    BY_SIZE,
    SheetColumn,
    by_size,
    frame_columns,
    outcome_columns,
    ranking_columns,
    yearly_columns,
)
from egovsim.provenance import own_version

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.format import Format
    from xlsxwriter.worksheet import Worksheet

_WIDEST, _NARROWEST = 60, 9
_FROZEN = 5
"""Columns to the left that stay in sight, at most: those of texts that tell rows apart."""
_WRITTEN = datetime(1980, 1, 1)
"""The time of writing would differ at every run."""


def comparison_workbook(comparison: Comparison, labels: Labels) -> bytes:
    """Return a comparison as an .xlsx file.

    The first sheet says what was asked and answered, with charts of the two main outcomes; the others hold the
    tables with heads in words. Tidy tables for programs are the CSV files. The same comparison always gives the
    same bytes.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    labels : Labels
        The language.

    Returns
    -------
    bytes
        The content of the file.
    """
    from xlsxwriter import Workbook

    buffer = io.BytesIO()
    with Workbook(buffer, {"in_memory": True, "nan_inf_to_errors": True}) as book:
        book.set_properties({"created": _WRITTEN})
        answer = book.add_worksheet(labels.text("sheet answer"))
        for title, columns in _tables(comparison, labels):
            if columns and columns[0].values:
                _fill(book, title, columns)
        _about(book, comparison, labels)
        write_answer(book, answer, comparison, labels)
    return buffer.getvalue()


def _tables(comparison: Comparison, labels: Labels) -> Iterator[tuple[str, list[SheetColumn]]]:
    yield labels.text("sheet ranking"), ranking_columns(comparison, labels)
    for outcome in (REAL_USE, INDEX):
        yield labels.outcome(outcome), outcome_columns(comparison, outcome, labels)
    yield labels.text("sheet years"), yearly_columns(comparison, labels)
    for key, frame in (
        ("sheet why", comparison.why_frame()),
        ("sheet worth", comparison.barrier_frame()),
        ("sheet scenarios", comparison.scenario_frame()),
        ("sheet barriers", comparison.binding_frame()),
        ("sheet gap", comparison.gap_frame()),
        ("sheet checks", comparison.evidence_frame()),
        ("sheet figures", comparison.figures_frame()),
    ):
        if len(frame):
            yield labels.text(key), frame_columns(comparison, frame, labels)


def _fill(book: Workbook, title: str, columns: Sequence[SheetColumn]) -> None:
    """Write a table with a bold, frozen head, a filter, and columns as wide as what they hold."""
    sheet = book.add_worksheet(title)
    head = book.add_format({"bold": True, "text_wrap": True, "valign": "top", "bottom": 1, "bg_color": "#EEF2F6"})

    @cache
    def shown(number_format: str) -> Format:
        return book.add_format({"num_format": number_format} if number_format else {"valign": "top"})

    for number, column in enumerate(columns):
        sheet.set_column(number, number, _width(column))
        sheet.write_string(0, number, column.head, head)
        for row, value in enumerate(column.values, start=1):
            _write(sheet, row, number, value, column.number_format, shown)
    texts = next((number for number, column in enumerate(columns) if column.number_format), len(columns))
    sheet.freeze_panes(1, min(max(texts, 1), _FROZEN))
    sheet.autofilter(0, 0, len(columns[0].values), len(columns) - 1)
    _printed(sheet)
    sheet.repeat_rows(0)


def _printed(sheet: Worksheet) -> None:
    """Print a sheet as wide as a page lying down."""
    sheet.set_landscape()
    sheet.set_paper(9)  # A4
    sheet.fit_to_pages(1, 0)


def _width(column: SheetColumn) -> int:
    """Return a width that holds every word of the head and every value."""
    longest = max(map(len, column.head.split()), default=0)
    if not column.number_format:
        longest = max([longest, *(len(str(value)) for value in set(column.values) if value is not None)])
    return min(max(longest + 3, _NARROWEST), _WIDEST)


def _write(sheet: Worksheet, row: int, column: int, value: object, number_format: str, shown: Any) -> None:
    """Write a value as a spreadsheet shows it well: numbers to nine digits, texts never as formulas."""
    match value:
        case None | "":
            pass
        case bool():
            sheet.write_boolean(row, column, value)
        case int() | float() if math.isfinite(value):
            looks = by_size(value) if number_format == BY_SIZE else number_format
            sheet.write_number(row, column, float(f"{value:.9g}"), shown(looks))
        case int() | float():
            pass  # a price that no member's gain bears has no number
        case _:
            sheet.write_string(row, column, str(value), shown(""))


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
    _printed(sheet)


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
