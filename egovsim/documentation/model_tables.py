"""Two pages of a model in tables and lists: its constants, and its feedback loops."""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

from egovsim.analysis.history_matching.evidence import Evidence
from egovsim.documentation.page_parts import (
    ModelPages,
    heading,
    note_of,
    number,
    page,
    range_of,
    unit_of,
    values_of,
)
from egovsim.markdown import plain, table
from egovsim.model.variable import Variable
from egovsim.names import canonical
from egovsim.validation.declarations import Loop

_KINDS = {"R": "reinforcing (R)", "B": "balancing (B)"}


def parameters_page(pages: ModelPages) -> str:
    """Write every number that may be set, by sector: value, range, unit, where it is from, and who sets it.

    Parameters
    ----------
    pages : ModelPages
        The model, with what lies beside it.

    Returns
    -------
    str
        A page in Markdown.
    """
    lines = ["# Constants", "", "[all sectors](index.md)", ""]
    lines += [
        "Every number of the model that may be set, with the value of the file. Numbers in equations have no others."
    ]
    if pages.sidecar_files.evidence:
        lines += [
            "A *source* is a published figure with its grade: A seen in an official text, B second-hand. An",
            "*assumption* says why. The last column names the profiles that set another value, a range, or a series",
            "over time.",
        ]
    for sector in pages.sectors:
        inputs = [variable for variable in sector.variables if variable.is_input]
        if inputs:
            name = heading(sector.name, pages.sidecar_files.sectors.get(sector.name, {}))
            lines += ["", f"## {name}", ""]
            rows = [_constant(pages, variable) for variable in inputs]
            lines += table(("constant", "value", "range", "unit", "where it is from", "profiles"), rows)
    return page(lines)


def _constant(pages: ModelPages, variable: Variable) -> list[str]:
    _, kind, said = note_of(variable)
    known = pages.sidecar_files.evidence.get(said) if kind == "source" else None
    basis = _cited(known) if known else f"{kind}: {plain(said)}" if kind else "not given"
    return [
        pages.link(variable.name),
        values_of(pages.model, variable),
        range_of(variable),
        unit_of(pages, variable),
        basis,
        "; ".join(_setters(pages, variable)),
    ]


def _cited(known: Evidence) -> str:
    """Write a published figure: key, value, unit, grade and title, with a link where there is one."""
    title = plain(known.source_title)
    if known.source_url.startswith("http"):
        title = f"[{title}]({quote(known.source_url.split()[0].rstrip(';,'), safe=':/?&=%#+~@!$,;.-_')})"
    return f"source: {plain(known.key)} = {number(known.value)} {plain(known.unit)}, grade {known.grade}; {title}"


def _setters(pages: ModelPages, variable: Variable) -> Iterator[str]:
    """Yield the profiles that set a constant, and to what."""
    for profile in pages.sidecar_files.profiles:
        for name, value in profile.constants.items():
            if canonical(name) == variable.id:
                yield f"{plain(profile.name)}: {number(value)}"
        for drawn in profile.ranges:
            if canonical(drawn.name) == variable.id:
                yield f"{plain(profile.name)}: {number(drawn.low)} to {number(drawn.high)}"
        if variable.id in map(canonical, profile.levers):
            yield f"{plain(profile.name)}: a series over time"


def loops_page(pages: ModelPages) -> str:
    """Write every named loop: what it says, its circle in causal order, and what cuts it.

    Parameters
    ----------
    pages : ModelPages
        The model, with the loops that lie beside it.

    Returns
    -------
    str
        A page in Markdown.
    """
    lines = ["# Feedback loops", "", "[all sectors](index.md)", ""]
    lines += [
        "A *reinforcing* loop (R) makes a change larger, a *balancing* loop (B) works against it. Each variable is",
        "used in the equation of the next, or in the flows of it, and the last in that of the first.",
    ]
    return page([*lines, *(line for loop in pages.sidecar_files.loops for line in _loop(pages, loop))])


def _loop(pages: ModelPages, loop: Loop) -> Iterator[str]:
    yield from ("", f"## {heading(loop.label.get('en', loop.name), loop.label)}", "")
    yield from (f"`{loop.name}`, {_KINDS[loop.polarity]}. {plain(loop.note)}".rstrip(), "")
    circle = [*loop.variables, loop.variables[0]] if loop.variables else []
    yield " → ".join(pages.link(name) for name in circle)
    if loop.hold:
        yield ""
        yield f"Held, {pages.link(loop.hold)} cuts this loop."
