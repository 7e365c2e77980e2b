"""A comparison as a spreadsheet: rankings, yearly figures, evidence checks, and what to keep in mind."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from egovsim.policy.comparison import Comparison
from egovsim.presentation.labels import Labels
from egovsim.provenance import own_version

if TYPE_CHECKING:
    from openpyxl import Workbook
    from openpyxl.worksheet.worksheet import Worksheet

Frame = Any  # a pandas data frame, which only the comparison itself makes
_WIDEST = 60
_EPOCH = (1980, 1, 1, 0, 0, 0)
_STAMP = re.compile(rb"(<dcterms:(?:created|modified)[^>]*>)[^<]*(<)")


def comparison_workbook(comparison: Comparison, labels: Labels) -> bytes:
    """Return a comparison as an .xlsx file.

    Sheet and column heads of the tables keep the model's names, so that formulas survive a change of
    language; the sheet about the comparison is in the reader's. The same comparison always gives the
    same bytes.
    """
    from openpyxl import Workbook

    book = Workbook()
    sheets = (
        ("ranking", comparison.ranking_frame()),
        ("comparison", comparison.to_frame()),
        ("evidence checks", comparison.evidence_frame()),
    )
    book.remove(book.worksheets[0])
    for title, frame in sheets:
        _fill(book.create_sheet(title), frame)
    _about(book, comparison, labels)
    buffer = io.BytesIO()
    book.save(buffer)
    return _without_time(buffer.getvalue())


def _fill(sheet: Worksheet, frame: Frame) -> None:
    """Write a table with a bold, frozen head, a filter, and columns as wide as what they hold."""
    from openpyxl.styles import Alignment, Font
    from openpyxl.utils import get_column_letter

    heads = [str(one) for one in frame.columns]
    sheet.append(heads)
    for row in frame.itertuples(index=False):
        sheet.append([_plain(one) for one in row])
    for cell in sheet[1]:
        cell.font = Font(bold=True)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = sheet.dimensions
    for number, head in enumerate(heads, start=1):
        column = frame[head]
        texts = [str(one) for one in column.unique()] if column.dtype.kind not in "fi" else []
        longest = max([*(len(word) for word in head.split()), *map(len, texts), 10])
        sheet.column_dimensions[get_column_letter(number)].width = min(longest + 2, _WIDEST)
        for cell in sheet[get_column_letter(number)][1:]:
            if isinstance(cell.value, float):
                cell.number_format = "#,##0.000"


def _plain(value: Any) -> Any:
    """Return a value as a spreadsheet can hold it; what is not a number becomes an empty cell."""
    if value is None or (isinstance(value, float | np.floating) and not np.isfinite(value)):
        return None
    return value.item() if isinstance(value, np.generic) else value


def _about(book: Workbook, comparison: Comparison, labels: Labels) -> None:
    from openpyxl.styles import Alignment, Font

    sheet = book.create_sheet(labels.text("sheet about"))
    for number, (head, value) in enumerate(_facts(comparison, labels), start=1):
        sheet.cell(number, 1, head).font = Font(bold=True)
        cell = sheet.cell(number, 2, value)
        cell.alignment = Alignment(wrap_text=True, vertical="top")
        sheet.cell(number, 1).alignment = Alignment(vertical="top")
    sheet.column_dimensions["A"].width = 28
    sheet.column_dimensions["B"].width = 100


def _facts(comparison: Comparison, labels: Labels) -> Iterable[tuple[str, str]]:
    kept, tried = (labels.number(n, 0) for n in (len(comparison.members), comparison.members.tried))
    yield labels.text("model"), comparison.model
    yield labels.text("profile"), labels.label(comparison.profile)
    yield labels.text("benchmark"), labels.label(comparison.benchmark)
    yield labels.text("members"), labels.text("kept", kept=kept, tried=tried, seed=comparison.seed)
    yield labels.text("start"), f"{comparison.start:g}"
    yield labels.text("horizon"), f"{comparison.horizon:g}"
    yield labels.text("discount"), labels.percent(comparison.discount, 1)
    yield labels.text("ranked by"), labels.outcome(comparison.by)
    yield labels.text("scenarios"), _listed(comparison.scenarios, labels)
    yield labels.text("policies"), _listed(comparison.policies, labels)
    yield labels.text("version"), own_version()
    for failure in comparison.failures:
        yield "", failure
    for number, caveat in enumerate(labels.caveats_of(comparison)):
        yield labels.text("caveats") if number == 0 else "", caveat


def _listed(items: Sequence[Any], labels: Labels) -> str:
    return ", ".join(f"{labels.label(one)} ({one.name})" for one in items)


def _without_time(content: bytes) -> bytes:
    """Take the time of writing out of an .xlsx file, which else differs at every run."""
    buffer = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(content)) as old,
        zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for entry in old.infolist():
            data = old.read(entry.filename)
            if entry.filename == "docProps/core.xml":
                data = _STAMP.sub(rb"\g<1>1980-01-01T00:00:00Z\g<2>", data)
            fresh = zipfile.ZipInfo(entry.filename, _EPOCH)
            fresh.compress_type = zipfile.ZIP_DEFLATED
            new.writestr(fresh, data)
    return buffer.getvalue()
