"""A model as pages to read: an index, a page and a picture a sector, its constants and its feedback loops.

The same model gives the same bytes. Pages are Markdown with links between variables.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator
from typing import Literal

from egovsim.documentation.diagrams.sectors import Sector
from egovsim.documentation.diagrams.svg import diagram
from egovsim.documentation.model_tables import loops_page, parameters_page
from egovsim.documentation.page_parts import (
    ModelPages,
    heading,
    note_of,
    page,
    range_of,
    subscripts,
    unit_of,
)
from egovsim.documentation.sidecar_files import SidecarFiles
from egovsim.markdown import plain, table
from egovsim.model.model import Model
from egovsim.model.notation import show
from egovsim.model.variable import Variable
from egovsim.names import element_name

Part = Literal["Stocks", "Flows", "Auxiliaries", "Constants"]

_PARTS: tuple[Part, ...] = ("Stocks", "Flows", "Auxiliaries", "Constants")
_WIDTH = 110
_READING = """\
*Stocks* are what is there at an instant. *Flows* change them. *Auxiliaries* are computed from both at every instant.
*Constants* are plain numbers, which a profile, a policy path or a scenario may set.

In the pictures a stock is a box, a flow is a pipe with a round valve, and a cloud is where a flow comes from or goes to
outside the model. An arrow says that one variable is used in the equation of another. Below a name stand, *slanted*,
the constants of its equation and, between ‹ ›, what it takes from other places of the model. Whatever is used in the
starting value of a stock is shown in the same way.

In equations a name's blanks are written `_`; `MIN` and `MAX` are the smaller and the larger of two numbers, `EXP` is
the exponential function, and `IF … THEN … ELSE …` chooses. A name with `[ ]` is an array, with a number an element.
"""


def model_pages(model: Model, sidecar_files: SidecarFiles | None = None) -> dict[str, str]:
    """Return all pages and pictures of a model.

    Parameters
    ----------
    model : Model
        Any model; one without groups gets one page of equations.
    sidecar_files : SidecarFiles, optional
        What is known beside it.

    Returns
    -------
    dict of str to str
        Contents by file name: ``index.md``, ``parameters.md``, ``loops.md`` where loops are named, and a page and a
        picture a sector.
    """
    pages = ModelPages(model, sidecar_files or SidecarFiles())
    found = {"index.md": _index(pages), "parameters.md": parameters_page(pages)}
    if pages.sidecar_files.loops:
        found["loops.md"] = loops_page(pages)
    for sector in pages.sectors:
        file = pages.files[sector.name]
        picture = _picture(pages, sector)
        if picture:
            found[f"{file}.svg"] = picture
        found[f"{file}.md"] = _sector_page(pages, sector, pictured=bool(picture))
    return found


def _part_of(variable: Variable) -> Part:
    """Return under which heading a variable stands."""
    if variable.kind == "stock":
        return "Stocks"
    if variable.kind == "lookup" or variable.is_input:
        return "Constants"
    return "Flows" if variable.kind == "flow" else "Auxiliaries"


def _picture(pages: ModelPages, sector: Sector) -> str:
    """Draw a sector; a list of constants that nothing in it uses makes no picture."""
    view = pages.views[sector.name]
    joined = any(item.kind in ("connector", "flow") for item in view.items)
    return diagram(pages.model, view) if joined else ""


def _index(pages: ModelPages) -> str:
    model, clock = pages.model, pages.model.clock
    lines = [f"# {plain(model.name)}", ""]
    span = f"From {clock.start:g} to {clock.stop:g} in steps of {clock.time_step:g} {plain(clock.unit)}".rstrip()
    lines += [f"{len(model.stocks)} stocks, {len(model)} variables. {span}.", ""]
    lines.append("- [Constants: value, range, unit, and where each number is from](parameters.md)")
    if pages.sidecar_files.loops:
        lines.append(f"- [The {len(pages.sidecar_files.loops)} named feedback loops](loops.md)")
    lines += ["", "## Sectors", ""]
    rows: list[list[str]] = []
    for sector in pages.sectors:
        stocks = ", ".join(pages.link(variable.name) for variable in sector.variables if variable.kind == "stock")
        indonesian = plain(pages.sidecar_files.sectors.get(sector.name, {}).get("id", ""))
        rows.append(
            [f"[{plain(sector.name)}]({pages.files[sector.name]}.md)", indonesian, str(len(sector.variables)), stocks]
        )
    lines += table(("sector", "in Indonesian", "variables", "stocks"), rows)
    return page([*lines, "", "## How to read the pages", "", _READING.rstrip()])


def _sector_page(pages: ModelPages, sector: Sector, *, pictured: bool) -> str:
    name = heading(sector.name, pages.sidecar_files.sectors.get(sector.name, {}))
    others = ["[all sectors](index.md)", "[constants](parameters.md)"]
    others += ["[feedback loops](loops.md)"] if pages.sidecar_files.loops else []
    lines = [f"# {name}", "", " · ".join(others), ""]
    if pictured:
        file = f"{pages.files[sector.name]}.svg"
        lines += [f"[![Stocks, flows and causes: {plain(sector.name)}]({file})]({file})", ""]
    for part in _PARTS:
        members = [variable for variable in sector.variables if _part_of(variable) == part]
        if members:
            lines += [f"## {part}", "", *(line for member in members for line in _entry(pages, member))]
    return page(lines).rstrip("\n") + "\n"


def _entry(pages: ModelPages, variable: Variable) -> Iterator[str]:
    """Write a variable: note, equations, labels, unit, and links to what it is made from and used in."""
    note, kind, said = note_of(variable)
    yield f'### <a id="{pages.anchors[variable.id]}"></a>{plain(variable.name)}'
    yield ""
    if note:
        yield from (plain(note), "")
    yield from ("```", *_equations(pages.model, variable), "```", "")
    if kind:
        yield f"- {kind}: {plain(said)}"
    if variable.bounds.low is not None or variable.bounds.high is not None:
        yield f"- range: {range_of(variable)}"
    yield f"- unit: {unit_of(pages, variable)}"
    labels = pages.sidecar_files.labels.get(variable.id, {})
    if labels:
        yield f"- in English: {plain(labels.get('en', variable.name))}; in Indonesian: {plain(labels.get('id', ''))}"
    causes, effects = pages.neighbours[variable.id]
    for title, ids in (("made from", causes), ("used in", effects)):
        if ids:
            yield f"- {title}: {', '.join(pages.link(pages.model.by_id[id].name) for id in ids)}"
    yield ""


def _equations(model: Model, variable: Variable) -> Iterator[str]:
    for equation in variable.equations:
        subject = element_name("_".join(variable.name.split()), subscripts(model, variable, equation))
        if equation.table is not None:
            points = ", ".join(f"({x:g}, {y:g})" for x, y in zip(equation.table.x, equation.table.y, strict=True))
            yield from _wrapped(f"{subject}: {points}")
        if equation.expression is not None:
            first = ", at first" if variable.kind == "stock" else ""
            yield from _wrapped(f"{subject}{first} = {show(equation.expression)}")
        if equation.rate is not None:
            yield from _wrapped(f"{subject}, rate of change = {show(equation.rate)}")


def _wrapped(text: str) -> list[str]:
    return textwrap.wrap(text, _WIDTH, subsequent_indent="    ", break_long_words=False, break_on_hyphens=False)
