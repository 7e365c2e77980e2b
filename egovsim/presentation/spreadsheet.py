"""A comparison as a spreadsheet: rankings, yearly figures, evidence checks, and what to keep in mind."""

from __future__ import annotations

import io
import re
import zipfile
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

from egovsim.policy.comparison import Comparison
from egovsim.presentation.labels import Labels
from egovsim.provenance import own_version

if TYPE_CHECKING:
    from openpyxl import Workbook

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

    book = Workbook(write_only=True)  # half the time for tens of thousands of cells
    _fill(book, "ranking", comparison.ranking_frame())
    _fill(book, "comparison", comparison.to_frame())
    _fill(book, "evidence checks", comparison.evidence_frame())
    _about(book, comparison, labels)
    buffer = io.BytesIO()
    book.save(buffer)
    return _without_time(buffer.getvalue())


def _fill(book: Workbook, title: str, frame: Frame) -> None:
    """Write a table with a bold, frozen head, a filter, and columns as wide as what they hold."""
    from openpyxl.utils import get_column_letter

    sheet = book.create_sheet(title)
    heads = [str(one) for one in frame.columns]
    for number, head in enumerate(heads, start=1):
        column = frame[head]
        texts = [str(one) for one in column.unique()] if column.dtype.kind not in "fi" else []
        longest = max([*(len(word) for word in head.split("_")), *map(len, texts), 9])
        sheet.column_dimensions[get_column_letter(number)].width = min(longest + 3, _WIDEST)
    sheet.freeze_panes = "A2"
    sheet.auto_filter.ref = f"A1:{get_column_letter(len(heads))}{len(frame) + 1}"
    sheet.append([_styled(sheet, head.replace("_", " "), bold=True) for head in heads])
    columns = (frame[head].astype(object).where(frame[head].notna(), None) for head in heads)
    for row in zip(*columns, strict=True):
        sheet.append([_plain(one) for one in row])


def _styled(sheet: Any, text: str, *, bold: bool = False) -> Any:
    from openpyxl.cell import WriteOnlyCell
    from openpyxl.styles import Alignment, Font

    cell = WriteOnlyCell(sheet, text)
    cell.font = Font(bold=bold)
    cell.alignment = Alignment(wrap_text=True, vertical="top")
    return cell


def _plain(value: Any) -> Any:
    """Return a value as a spreadsheet shows it well: numbers to nine digits."""
    return float(f"{value:.9g}") if isinstance(value, float) else value


def _about(book: Workbook, comparison: Comparison, labels: Labels) -> None:
    sheet = book.create_sheet(labels.text("sheet about"))
    sheet.column_dimensions["A"].width = 28
    sheet.column_dimensions["B"].width = 100
    for head, value in _facts(comparison, labels):
        sheet.append([_styled(sheet, head, bold=True), _styled(sheet, value)])


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
