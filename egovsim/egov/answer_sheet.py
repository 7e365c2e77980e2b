"""The first sheet of a comparison: what was asked, what the answer is, and charts of the two main outcomes."""

# xlsxwriter brings no type stubs.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from egovsim.analysis.comparison.ranking import PathResult
from egovsim.egov.comparison import Comparison
from egovsim.egov.comparison_tables import question, ranked_by, separability
from egovsim.egov.labels import Labels
from egovsim.egov.outcomes import INDEX, REAL_USE
from egovsim.egov.ranking import main_paths, rounded_share, two_figures
from egovsim.egov.rival_tables import disagreements
from egovsim.egov.sheet_tables import MONEY, POINTS, SHARE, SIGNED

if TYPE_CHECKING:
    from xlsxwriter import Workbook
    from xlsxwriter.worksheet import Worksheet

_WIDTHS = (5, 30, 13, 11, 13, 11, 11, 11, 13, 16)
"""Of the columns, in characters."""
_LINE_HEIGHT = 15
_CHART_ROWS = 23
_COLOURS = ("#CC6677", "#332288", "#117733", "#DDAA33", "#44AA99", "#882255")


def write_answer(book: Workbook, sheet: Worksheet, comparison: Comparison, labels: Labels) -> None:
    """Write the answer into a sheet, with charts of sheets that are there.

    Parameters
    ----------
    book : xlsxwriter.Workbook
        With the sheets of the two main outcomes.
    sheet : xlsxwriter.worksheet.Worksheet
        An empty one of it.
    comparison : Comparison
        From `compare`.
    labels : Labels
        The language.
    """
    page = _Page(book, sheet)
    for number, width in enumerate(_WIDTHS):
        page.sheet.set_column(number, number, width)
    page.line(question(comparison, labels), bold=True, font_size=14)
    page.line(labels.members_sentence(comparison))
    for scenario in comparison.scenarios:
        for family in comparison.families:
            rows = [found for found in comparison.ranking if (found.scenario, found.family) == (scenario.name, family)]
            page.row += 1
            page.line(labels.text(f"family {family}"), bold=True)
            page.line(ranked_by(comparison, labels, scenario))
            page.table(comparison, rows, labels)
            if len(rows) > 2:
                page.line(separability(rows, labels, comparison.complete), bold=True)
        for sentence in disagreements(comparison, scenario.name, labels):
            page.line(sentence, bold=True)
    page.row += 1
    page.line(_where_to_read_on(comparison, labels))
    for number, outcome in enumerate((REAL_USE, INDEX)):
        chart = _chart(book, comparison, outcome, labels)
        page.sheet.insert_chart(1 + number * _CHART_ROWS, len(_WIDTHS) + 1, chart)
    page.sheet.hide_gridlines(2)
    page.sheet.set_landscape()
    page.sheet.set_paper(9)  # A4
    page.sheet.fit_to_pages(1, 1)
    page.sheet.activate()


@dataclass
class _Page:
    """A sheet that is written from above, and the row that is next."""

    book: Workbook
    sheet: Worksheet
    row: int = 0

    def line(self, text: str, **looks: object) -> None:
        """Write a sentence across the table's width, in as many lines as it needs."""
        shown = self.book.add_format({"text_wrap": True, "valign": "top", **looks})
        self.sheet.merge_range(self.row, 0, self.row, len(_WIDTHS) - 1, text, shown)
        lines = math.ceil(len(text) * (1.3 if "font_size" in looks else 1.05) / sum(_WIDTHS))
        self.sheet.set_row(self.row, (20 if "font_size" in looks else _LINE_HEIGHT) * lines)
        self.row += 1

    def table(self, comparison: Comparison, rows: Sequence[PathResult], labels: Labels) -> None:
        """Write a family's ranking."""
        looks = {"bold": True, "text_wrap": True, "bottom": 1, "bg_color": "#EEF2F6", "valign": "top"}
        head = self.book.add_format(looks)
        for column, text in enumerate(_heads(comparison, labels)):
            self.sheet.write_string(self.row, column, text, head)
        names = {policy.name: labels.label(policy) for policy in comparison.policies}
        for number, row in enumerate(rows, start=self.row + 1):
            for column, (value, number_format) in enumerate(_cells(row, names[row.policy], comparison)):
                if value is not None:
                    self.sheet.write(number, column, value, self.book.add_format({"num_format": number_format}))
        self.row += 1 + len(rows)


def _where_to_read_on(comparison: Comparison, labels: Labels) -> str:
    sheets = {"ranking": labels.text("sheet ranking"), "about": labels.text("sheet about")}
    return labels.text("answer how", structure=labels.structure(comparison.structure), **sheets)


def _heads(comparison: Comparison, labels: Labels) -> Iterator[str]:
    yield "#"
    yield labels.column("policy")
    for outcome in _shown(comparison):
        yield f"{labels.outcome(outcome)}, {comparison.horizon:g}"
        yield f"{labels.column('change')}, {labels.text('p50')}"
    for quantile in ("p05", "p95"):
        yield f"{labels.column('change')}, {labels.text(quantile)}"
    yield labels.column("extra_cost")
    yield labels.column("ahead_of_next_share")


def _shown(comparison: Comparison) -> tuple[str, str]:
    """Return the index, or what people really use, and the outcome that ranks."""
    return (REAL_USE if comparison.by == INDEX else INDEX), comparison.by


def _cells(row: PathResult, name: str, comparison: Comparison) -> Iterator[tuple[object, str]]:
    """Yield values and their number formats; business as usual has levels alone."""
    ranked = row.rank is not None
    yield row.rank, "0"
    yield name, ""
    for outcome in _shown(comparison):
        yield row.levels[outcome].p50, POINTS
        yield (row.changes[outcome].p50 if ranked else None), SIGNED
    for value in (row.changes[comparison.by].p05, row.changes[comparison.by].p95):
        yield (value if ranked else None), SIGNED
    yield (two_figures(row.cost.p50) if ranked else None), MONEY
    share = row.ahead_share
    yield (None if share is None else rounded_share(share, comparison.complete)), SHARE


def _chart(book: Workbook, comparison: Comparison, outcome: str, labels: Labels) -> Any:
    """Return a chart of the medians of the main paths and the benchmark, drawn from the outcome's own sheet."""
    name, last = labels.outcome(outcome), len(comparison.time)
    chart: Any = book.add_chart({"type": "scatter", "subtype": "straight"})
    columns = {policy.name: number for number, policy in enumerate(comparison.policies, start=1)}
    shown = main_paths(comparison, comparison.scenarios[0].name)
    lines = [(columns[path.name], "#000000" if path.baseline else _COLOURS[n % 6]) for n, path in enumerate(shown)]
    for column, colour in [*lines, (len(comparison.policies) + 1, "#999999")]:
        chart.add_series(
            {
                "name": [name, 0, column],
                "categories": [name, 1, 0, last, 0],
                "values": [name, 1, column, last, column],
                "line": {"color": colour, "width": 2.0},
            }
        )
    chart.set_title({"name": name, "name_font": {"size": 12}})
    first, final = comparison.time[0].item(), comparison.time[-1].item()
    chart.set_x_axis({"min": first, "max": final, "num_format": "0", "major_gridlines": {"visible": False}})
    chart.set_y_axis({"min": 1, "num_format": "0.0", "major_gridlines": {"visible": True}})
    chart.set_legend({"position": "bottom"})
    chart.set_size({"width": 640, "height": 440})
    return chart
