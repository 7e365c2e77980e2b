"""Tables that commands about models print: what `check` and `crosscheck` found, and what is shipped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from egovsim.model.checking import Finding
from egovsim.terminal import escaped, plain_table
from egovsim.validation.pysd_comparison import Crosscheck

if TYPE_CHECKING:
    from rich.console import RenderableType


def findings_table(findings: Sequence[Finding]) -> RenderableType:
    """Return what `check` found, a line each."""
    table = plain_table()
    for head in ("severity", "where", "variable", "what"):
        table.add_column(head, overflow="fold")
    colours = {"error": "red", "warning": "yellow", "note": "dim"}
    for finding in findings:
        table.add_row(
            f"[{colours[finding.severity]}]{finding.severity}",
            str(finding.where),
            escaped(finding.variable),
            escaped(finding.text),
        )
    return table


def crosscheck_table(result: Crosscheck, *, count: int) -> RenderableType:
    """Return the variables in which two engines differ most, or say that they differ by rounding alone."""
    if not result.beyond_rounding:
        return "No variable differs by more than rounding."
    table = plain_table()
    for head in ("variable", "difference", "relative", "at", "egovsim", result.engine):
        table.add_column(head, justify="left" if head == "variable" else "right", overflow="fold")
    for row in result.beyond_rounding[:count]:
        table.add_row(
            escaped(row.variable), f"{row.absolute:.3g}", f"{row.relative:.3g}", f"{row.time:g}",
            f"{row.ours:.9g}", f"{row.theirs:.9g}",
        )  # fmt: skip
    return table


def listing_table(rows: Sequence[tuple[str, str, str]]) -> RenderableType:
    """Return shipped things: name, label, note."""
    table = plain_table()
    heads = ("name", "label", "note")
    shown = [i for i in range(len(heads)) if any(row[i] for row in rows)]
    for i in shown:
        table.add_column(heads[i], no_wrap=heads[i] == "name")
    for row in rows:
        table.add_row(*(escaped(row[i]) for i in shown))
    return table
