"""Parts of an XMILE file that are not read: those that could change numbers are refused, all others are counted."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
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


def refused_parts(file: XmileFile, places: Sequence[Place]) -> list[Variable]:
    """Return a variable that cannot be run for each part of the file that could change numbers.

    Parameters
    ----------
    file : XmileFile
        The file.
    places : sequence of Place
        The whole model and its modules.

    Returns
    -------
    list of Variable
        Each is named by the part's element.
    """
    document = file.document
    found = [
        _refused(document, name, element)
        for name, element in document.children(document.root)
        if not _is_display(name) and name not in _READ
    ]
    used = [place.scope.place for place in places]
    unused = "no module is made of this model; name it in a <module>, or take it out"
    found += [_refused(document, "model", model, unused) for model in file.models if model not in used]
    for place in places:
        found += [replace(part, name=f"{place.prefix}{part.name}") for part in _refused_in(place)]
    return found


def display_parts(file: XmileFile, places: Sequence[Place]) -> Counter[str]:
    """Count the parts of the file that cannot change a number.

    Parameters
    ----------
    file : XmileFile
        The file.
    places : sequence of Place
        The whole model and its modules.

    Returns
    -------
    Counter of str
        By the name of the element.
    """
    names = [name for name, _ in file.document.children(file.document.root)]
    names += [name for place in places for name, _ in _children(place.scope)]
    return Counter(filter(_is_display, names))


def _is_display(name: str) -> bool:
    return name in _NO_NUMBERS or ":" in name


def _children(scope: Scope) -> Iterator[tuple[str, Element]]:
    """Yield what stands in a model and in its ``<variables>``, the diagrams of the whole model left out."""
    for place in dict.fromkeys((scope.place, *scope.containers)):
        for name, element in scope.document.children(place):
            if name != "views" or place is not scope.file.root:
                yield name, element


def _refused_in(place: Place) -> Iterator[Variable]:
    scope = place.scope
    for name, element in _children(scope):
        if not _is_display(name) and name not in VARIABLES and name not in _READ:
            yield _refused(scope.document, name, element)
    for name, module in scope.modules:
        if canonical(name) not in scope.file.modules:
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
