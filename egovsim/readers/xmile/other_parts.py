"""Parts of an XMILE file that are not read: those that could change numbers are refused, all others are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace

from egovsim.model.expression import Unsupported
from egovsim.model.variable import Equation, Variable
from egovsim.names import canonical
from egovsim.readers.xmile.modules import Place
from egovsim.readers.xmile.scope import VARIABLES, Scope
from egovsim.readers.xmile.specs import display_name
from egovsim.readers.xmile.structure import XmileFile
from egovsim.readers.xmile.xml import Document, Element

_NO_NUMBERS = frozenset(
    {"style", "views", "view", "interface", "display", "equation_prefs", "default_format", "ai_information"}
)
"""Parts of a file or model that cannot change a number."""

_READ = frozenset(
    {"header", "sim_specs", "model_units", "dimensions", "behavior", "model", "macro", "module", "variables", "group"}
)
"""Parts of a file or model that are read for what they are."""


def refused_parts(files: Sequence[XmileFile], places: Sequence[Place]) -> list[Variable]:
    """Return a variable that cannot be run for each part of the files that could change numbers.

    Parameters
    ----------
    files : sequence of XmileFile
        The file of the whole model, and those of its modules.
    places : sequence of Place
        The whole model and its modules.

    Returns
    -------
    list of Variable
        Each is named by the part's element.
    """
    found = [
        _refused(file.document, name, element)
        for file in files
        for name, element in file.document.children(file.document.root)
        if not _is_display(name) and name not in _READ and name != "data"
    ]
    used = {place.scope.place for place in places}
    unused = "no module is made of this model; name it in a <module>, or take it out"
    found += [
        _refused(file.document, "model", model, unused) for file in files for model in file.models if model not in used
    ]
    known = {place.begin for place in places}
    for place in places:
        found += [replace(part, name=f"{place.prefix}{part.name}") for part in _refused_in(place, known)]
    return found


def display_parts(files: Sequence[XmileFile], places: Sequence[Place]) -> Counter[str]:
    """Count the parts of the files that cannot change a number.

    Parameters
    ----------
    files : sequence of XmileFile
        The file of the whole model, and those of its modules, whose own clocks are not used.
    places : sequence of Place
        The whole model and its modules.

    Returns
    -------
    Counter of str
        By the name of the element.
    """
    names = [name for file in files for name, _ in file.document.children(file.document.root)]
    names += [name for place in places for name, _ in _children(place.scope, files[0].root)]
    found = Counter(filter(_is_display, names))
    if clocks := sum(len(file.document.named(file.document.root, "sim_specs")) for file in files[1:]):
        found["sim_specs of modules' files"] = clocks
    return found


def _is_display(name: str) -> bool:
    return name in _NO_NUMBERS or ":" in name


def _children(scope: Scope, whole: Element) -> Iterator[tuple[str, Element]]:
    """Yield what stands in a model and in its ``<variables>``, the diagrams of the whole model left out."""
    for place in dict.fromkeys((scope.place, *scope.containers)):
        for name, element in scope.document.children(place):
            if name != "views" or place is not whole:
                yield name, element


def _refused_in(place: Place, known: Collection[str]) -> Iterator[Variable]:
    """Yield what of a place cannot be run; `known` is what the ids of the variables of all places begin with."""
    scope = place.scope
    for name, element in _children(scope, scope.place):
        if not _is_display(name) and name not in VARIABLES and name not in _READ:
            yield _refused(scope.document, name, element)
    for name, module in scope.modules:
        if f"{place.begin}{canonical(name)}." not in known:
            reason = f'there is no <model name="{name}"> in this file; put the module\'s model in it'
            yield _refused(scope.document, "module", module, reason)
    for specs in scope.document.named(scope.place, "sim_specs") if place.prefix else ():
        reason = "a module that runs by a clock of its own cannot be run yet"
        yield _refused(scope.document, "sim_specs", specs, reason)


def _refused(document: Document, tag: str, element: Element, reason: str = "") -> Variable:
    where, name = document.where(element), display_name(element.get("name") or "")
    shown = f"<{tag} {name}>" if name else f"<{tag}>"
    unsupported = Unsupported(shown, reason or f"<{tag}> cannot be run yet", where)
    return Variable(shown, "auxiliary", (Equation(unsupported),), where=where)
