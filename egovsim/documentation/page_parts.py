"""What the pages of a model share: names of files and marks, links, and how a variable's parts are written."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from egovsim.documentation.diagrams.layout import views_of
from egovsim.documentation.diagrams.sectors import Sector, neighbours, sectors_of
from egovsim.documentation.sidecar_files import SidecarFiles
from egovsim.markdown import plain
from egovsim.model.model import Model
from egovsim.model.variable import Equation, Variable, plain_number
from egovsim.model.views import View
from egovsim.names import canonical

_TAKEN = ("index", "loops", "parameters")
_BASES = ("source", "assumption")


@dataclass(frozen=True)
class ModelPages:
    """A model with what lies beside it, ready to be written down.

    Parameters
    ----------
    model : Model
        What the pages are about.
    sidecar_files : SidecarFiles
        What is told with it.
    """

    model: Model
    sidecar_files: SidecarFiles = field(default_factory=SidecarFiles)

    @cached_property
    def sectors(self) -> tuple[Sector, ...]:
        """The sectors of the model, a page each."""
        return sectors_of(self.model)

    @cached_property
    def files(self) -> Mapping[str, str]:
        """Names of the sectors' pages, without suffix, by sector."""
        return _distinct((sector.name for sector in self.sectors), _TAKEN)

    @cached_property
    def anchors(self) -> Mapping[str, str]:
        """Marks of the variables, by id."""
        return _distinct(variable.id for variable in self.model)

    @cached_property
    def homes(self) -> Mapping[str, str]:
        """The page of each variable, by its id."""
        return {variable.id: self.files[sector.name] for sector in self.sectors for variable in sector.variables}

    @cached_property
    def neighbours(self) -> Mapping[str, tuple[list[str], list[str]]]:
        """The ids that each variable is made from, and those that are made from it, by its id."""
        return neighbours(self.model)

    @cached_property
    def views(self) -> Mapping[str, View]:
        """The picture of each sector, by its name."""
        return {view.name: view for view in views_of(self.model)}

    def link(self, name: str) -> str:
        """Return a link to a variable.

        Parameters
        ----------
        name : str
            Of the variable, or of an element of it.

        Returns
        -------
        str
            In Markdown.
        """
        variable = self.model.variable_of(name)
        return f"[{plain(name)}]({self.homes[variable.id]}.md#{self.anchors[variable.id]})"


def page(lines: Iterable[str]) -> str:
    """Return a page, with its first line saying where it comes from.

    Parameters
    ----------
    lines : iterable of str
        Without their ends.

    Returns
    -------
    str
        In Markdown.
    """
    return "\n".join(["<!-- Written by `egovsim document`; write it anew after a change of the model. -->", *lines, ""])


def note_of(variable: Variable) -> tuple[str, str, str]:
    """Return the note of a variable, and what it rests on.

    Parameters
    ----------
    variable : Variable
        Of the model.

    Returns
    -------
    tuple of three str
        The note; where its last line says so ``source`` or ``assumption``; and which. Empty where there is none.
    """
    lines = variable.note.splitlines()
    kind, _, said = (lines[-1] if lines else "").partition(": ")
    if kind in _BASES:
        return " ".join(lines[:-1]), kind, said
    return " ".join(lines), "", ""


def heading(name: str, labels: Mapping[str, str]) -> str:
    """Return a name with its Indonesian label.

    Parameters
    ----------
    name : str
        Of a sector or of a loop.
    labels : mapping of str to str
        By language.

    Returns
    -------
    str
        In Markdown.
    """
    return f"{plain(name)} · {plain(labels['id'])}" if labels.get("id") else plain(name)


def _distinct(names: Iterable[str], taken: Iterable[str] = ()) -> dict[str, str]:
    """Return a text for file names and marks for each name, no two alike."""
    used = set(taken)
    found: dict[str, str] = {}
    for name in names:
        base = re.sub(r"[^\w]+", "-", name.casefold()).strip("-") or "x"
        mark, number = base, 1
        while mark in used:
            number += 1
            mark = f"{base}-{number}"
        used.add(mark)
        found[name] = mark
    return found


def subscripts(model: Model, variable: Variable, equation: Equation) -> list[str]:
    """Return an equation's elements as the file names them.

    Parameters
    ----------
    model : Model
        Whose dimensions are looked at.
    variable, equation : Variable, Equation
        An array, and one of its equations.

    Returns
    -------
    list of str
        One a dimension: an element, a part of the dimension, or the dimension where the equation is for all of it.
    """
    found: list[str] = []
    for name, id in zip(variable.dimensions, equation.elements, strict=False):
        dimension = model.dimension_by_id[canonical(name)]
        part = model.dimension_by_id.get(id)
        found.append(dimension.element_names.get(id) or (part.name if part else name))
    return found


def range_of(variable: Variable) -> str:
    """Write the range in the model's file.

    Parameters
    ----------
    variable : Variable
        Of the model.

    Returns
    -------
    str
        Its ends in the variable's unit; an open end is a dash.
    """
    low, high = ("–" if end is None else number(end) for end in (variable.bounds.low, variable.bounds.high))
    return f"{low} to {high}"


def unit_of(pages: ModelPages, variable: Variable) -> str:
    """Write the unit of a variable.

    Parameters
    ----------
    pages : ModelPages
        Knows what units are called in both languages.
    variable : Variable
        Of the model.

    Returns
    -------
    str
        In Markdown, with both names where they are known.
    """
    known = pages.sidecar_files.units.get(variable.unit)
    if not variable.unit:
        return "not given"
    if known is None:
        return plain(variable.unit)
    return f"{plain(variable.unit)} ({plain(known['en'])}; {plain(known['id'])})"


def number(value: float) -> str:
    """Write a number in full, with blanks between thousands.

    Parameters
    ----------
    value : float
        Any number.

    Returns
    -------
    str
        Of ten digits or fewer.
    """
    return f"{value:,.10g}".replace(",", " ") if abs(value) < 1e15 else f"{value:g}"


def values_of(model: Model, variable: Variable) -> str:
    """Write the value of a constant, or of each of its elements.

    Parameters
    ----------
    model : Model
        Whose dimensions are looked at.
    variable : Variable
        A constant.

    Returns
    -------
    str
        In its own unit; empty where it is no plain number.
    """
    found: list[str] = []
    for equation in variable.equations:
        value = plain_number(equation.expression)
        if value is not None:
            named = ", ".join(subscripts(model, variable, equation))
            found.append(f"{named}: {number(value)}" if named else number(value))
    return "; ".join(found)
