"""Tables that commands about models print: what `check` and `crosscheck` found, and what is shipped."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from egovsim.egov.labels import Labels
from egovsim.model.checking import Finding, Severity
from egovsim.terminal import escaped, plain_table
from egovsim.validation.pysd_comparison import Crosscheck

if TYPE_CHECKING:
    from rich.console import RenderableType


def findings_table(findings: Sequence[Finding]) -> RenderableType:
    """Return what `check` found, a line each.

    Parameters
    ----------
    findings : sequence of Finding
        From `check`.

    Returns
    -------
    RenderableType
        A table.
    """
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


def findings_summary(findings: Sequence[Finding]) -> str:
    """Return how many errors, warnings and notes there are.

    Parameters
    ----------
    findings : sequence of Finding
        From `check`.

    Returns
    -------
    str
        ``1 error, 0 warnings, 2 notes``.
    """
    severities: tuple[Severity, ...] = ("error", "warning", "note")
    counts = {severity: sum(finding.severity == severity for finding in findings) for severity in severities}
    return ", ".join(f"{count} {severity}{'' if count == 1 else 's'}" for severity, count in counts.items())


def crosscheck_table(result: Crosscheck, *, count: int) -> RenderableType:
    """Return the variables in which two engines differ most, beyond rounding.

    Parameters
    ----------
    result : Crosscheck
        From `crosscheck`.
    count : int
        How many variables are shown, at most.

    Returns
    -------
    RenderableType
        A table, or a line that says that there are none.
    """
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


def listing_table(rows: Sequence[tuple[str, str, str]], labels: Labels) -> RenderableType:
    """Return what is shipped of one kind.

    Parameters
    ----------
    rows : sequence of (str, str, str)
        Name, label and note of each.
    labels : Labels
        The language.

    Returns
    -------
    RenderableType
        A table without the columns that are empty.
    """
    table = plain_table()
    heads = ("name", "label", "note")
    shown = [column for column in range(len(heads)) if any(row[column] for row in rows)]
    for column in shown:
        table.add_column(labels.text(f"shipped {heads[column]}"), no_wrap=heads[column] == "name")
    for row in rows:
        table.add_row(*(escaped(row[column]) for column in shown))
    return table
