"""What validation found: a table for a terminal, a page in Markdown, and JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from egovsim.markdown import plain, table
from egovsim.validation.verdicts import FAMILIES, RESULTS, Family, Outcome, Validation, Verdict

if TYPE_CHECKING:
    from rich.console import RenderableType

_TITLES: Mapping[Family, str] = {
    "structure": "Structure: the equations alone",
    "structure and behaviour": "Structure that shows in behaviour",
    "behaviour": "Behaviour",
    "policy": "Policies",
}
_SHORT: Mapping[Outcome, tuple[str, str]] = {
    "passed": ("passed", "green"),
    "failed": ("FAILED", "bold red"),
    "not automatic": ("not automatic", "yellow"),
}
_WIDEST_WORD, _WIDEST_TEST = 13, 20
_READING = """\
*Passed* and *failed* are verdicts of the program. *Not automatic* is what no program can judge, or what nobody has
declared: the last column then says what a person must do. A model is not valid because nothing failed; it has
withstood these tests."""


def validation_tables(validation: Validation) -> Iterator[RenderableType]:
    """Write verdicts for a terminal of 80 columns or more.

    Parameters
    ----------
    validation : Validation
        From `validate`.

    Yields
    ------
    RenderableType
        For each family of tests a title, a table of its verdicts, and an empty line.
    """
    from rich import box
    from rich.table import Table
    from rich.text import Text

    for family in FAMILIES:
        verdicts = [verdict for verdict in validation.verdicts if verdict.family == family]
        if not verdicts:
            continue
        yield Text(_TITLES[family], style="bold")
        rows = Table(box=box.SIMPLE, show_header=False, show_edge=False, pad_edge=False, padding=(0, 1, 0, 0))
        rows.add_column(width=_WIDEST_WORD)
        rows.add_column(width=_WIDEST_TEST, overflow="fold")
        rows.add_column(overflow="fold")
        for verdict in verdicts:
            word, style = _SHORT[verdict.result]
            said = Text(verdict.figures)
            if verdict.remedy:
                said.append(
                    ("\n" if verdict.figures else "") + f"→ {verdict.remedy}", style="dim" if style == "yellow" else ""
                )
            rows.add_row(Text(word, style=style), Text(verdict.test), said)
        yield rows
        yield Text()


def validation_page(validation: Validation, *, command: str) -> str:
    """Return a page in Markdown.

    Parameters
    ----------
    validation : Validation
        From `validate`.
    command : str
        What makes the page again, for its first line.

    Returns
    -------
    str
        The same validation gives the same text.
    """
    lines = [
        f"<!-- Written by `{command}`; write it anew after a change of the model. -->",
        f"# Validation of {plain(validation.model)}",
        "",
        f"{_counts(validation)}.",
        "",
        _READING,
    ]
    for family in FAMILIES:
        verdicts = [verdict for verdict in validation.verdicts if verdict.family == family]
        if verdicts:
            lines += [
                "",
                f"## {_TITLES[family]}",
                "",
                *table(("test", "verdict", "seen", "what to do"), map(_row, verdicts)),
            ]
    return "\n".join([*lines, ""])


def _counts(validation: Validation) -> str:
    passed, failed, others = (len(validation.with_result(result)) for result in RESULTS)
    return f"{passed} tests passed, {failed} failed, {others} not automatic"


def _row(verdict: Verdict) -> tuple[str, str, str, str]:
    word = f"**{verdict.result}**" if verdict.result == "failed" else _SHORT[verdict.result][0]
    return plain(verdict.test), word, plain(verdict.figures), plain(verdict.remedy)


def validation_json(validation: Validation) -> str:
    """Return the verdicts as JSON.

    Parameters
    ----------
    validation : Validation
        From `validate`.

    Returns
    -------
    str
        The model, and of each test its name, family, verdict, figures, remedy and numbers. Numbers that are infinite
        or none are null.
    """
    tests = [
        {
            "test": verdict.test,
            "family": verdict.family,
            "verdict": verdict.result,
            "figures": verdict.figures,
            "remedy": verdict.remedy,
            "numbers": {name: value if abs(value) < float("inf") else None for name, value in verdict.numbers.items()},
        }
        for verdict in validation.verdicts
    ]
    return json.dumps({"model": validation.model, "tests": tests}, indent=1, ensure_ascii=False) + "\n"
