"""The clock of an XMILE file: ``<sim_specs>`` (XMILE 1.0, section 2.3), its numbers written out or named."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass

from egovsim.errors import ModelError
from egovsim.model.expression import Expression
from egovsim.model.model import Clock, LeftOut, Method
from egovsim.names import canonical
from egovsim.readers.constant_values import constant_value
from egovsim.readers.expressions.parser import parse
from egovsim.readers.xmile.specs import is_true, number_in, number_of
from egovsim.readers.xmile.xml import Document, Element

_NAMES = re.compile(r"[^\W\d]")
"""What tells a name from a number such as ``1/16``."""

_METHODS: dict[str, Method] = {"euler": "euler", "rk2": "rk2", "rk4": "rk4"}


@dataclass(frozen=True)
class _Specs:
    """The ``<sim_specs>`` of a file, and the equations of constants that its numbers may name."""

    document: Document
    element: Element
    parts: Mapping[str, Element]
    equations: Mapping[str, Element]


def clock_of(document: Document, root: Element) -> Clock:
    """Read ``<sim_specs>``.

    Start, stop and time step may name a constant of the whole model, or be computed from several. They are worked out
    here, once: to set those constants for a run does not move the clock.

    Parameters
    ----------
    document : Document
        The file.
    root : Element
        The whole model.

    Returns
    -------
    Clock
        With a time step of 1 where the file gives none.

    Raises
    ------
    ModelError
        Start or stop is missing, a value makes no run, or the integration method is not known.
    """
    element = _element(document)
    specs = _Specs(document, element, dict(document.children(element)), _equations(document, root))
    for name in ("start", "stop"):
        if name not in specs.parts:
            raise ModelError(f"{document.where(element)}: <sim_specs> has no <{name}>; add it.")
    start, stop = (_value(specs, name) for name in ("start", "stop"))
    time_step = _time_step(specs)
    if stop <= start:
        raise ModelError(f"{document.where(specs.parts['stop'])}: <stop> is not after <start>; give a later time.")
    method = (element.get("method") or "euler").strip().lower()
    if method not in _METHODS:
        raise ModelError(
            f"{document.where(element)}: the integration method '{element.get('method')}' cannot be run; "
            "there are: " + ", ".join(_METHODS) + "."
        )
    return Clock(start, stop, time_step, _save_every(specs), _METHODS[method], element.get("time_units") or "")


def named_values(document: Document) -> tuple[LeftOut, ...]:
    """Say which numbers of the clock are made of constants of the model.

    Parameters
    ----------
    document : Document
        The file.

    Returns
    -------
    tuple of LeftOut
        For `check` to warn of, since to set such a constant for a run does not move the clock.
    """
    element = _element(document)
    return tuple(
        LeftOut(f"<{name}>", f"it is worked out once, of {text}: to set that for a run does not move the clock", where)
        for name, part in document.children(element)
        if name in ("start", "stop", "dt")
        for text, where in [(document.span(part).text.strip(), document.where(part))]
        if _NAMES.search(text) and not _is_number(text)
    )


def _element(document: Document) -> Element:
    places = [document.root, *document.named(document.root, "model")]
    for place in places:
        for specs in document.named(place, "sim_specs"):
            return specs
    raise ModelError(f"{document.where(document.root)}: there is no <sim_specs>; add start, stop and dt.")


def _equations(document: Document, root: Element) -> dict[str, Element]:
    """Return the equations of the scalar auxiliaries of the whole model by id."""
    containers = document.named(root, "variables") or [root]
    auxiliaries = (element for container in containers for element in document.named(container, "aux"))
    return {
        canonical(element.get("name") or ""): document.named(element, "eqn")[0]
        for element in auxiliaries
        if document.named(element, "eqn") and not document.named(element, "dimensions")
    }


def _value(specs: _Specs, name: str) -> float:
    """Return a number of the clock, worked out where it is no plain one."""
    document, element = specs.document, specs.parts[name]
    text = document.span(element).text
    if not text.strip() or _is_number(text) or re.match(r"\s*[-+]?(?:nan|inf)", text, re.IGNORECASE):
        return number_of(document, element, f"<{name}>")
    value = constant_value("", lambda id: _equation(specs, id, element, name))
    if value is None or not math.isfinite(value):
        raise ModelError(
            f"{document.where(element)}: <{name}> is '{text.strip()}', which is not made of constants of the model "
            "alone; write a plain number, or the name of a constant."
        )
    return value


def _equation(specs: _Specs, id: str, element: Element, name: str) -> Expression | None:
    """Return the equation of a constant; of no name, that of the clock's own element."""
    found = specs.equations.get(id) if id else element
    return None if found is None else parse(specs.document.span(found), dialect="xmile", owner=id or f"<{name}>")


def _time_step(specs: _Specs) -> float:
    element = specs.parts.get("dt")
    if element is None:
        return 1.0
    value = _value(specs, "dt")
    if value <= 0:
        raise ModelError(f"{specs.document.where(element)}: <dt> is {value:g}; the time step must be above 0.")
    return 1.0 / value if is_true(element.get("reciprocal")) else value


def _save_every(specs: _Specs) -> float | None:
    for name in ("savestep", "save_step"):
        if name in specs.parts:
            element = specs.parts[name]
            return _positive(specs.document, element, specs.document.span(element).text)
    for name, text in specs.element.attrib.items():
        if re.split("[}:]", str(name))[-1] == "save_interval":
            return _positive(specs.document, specs.element, str(text))
    return None


def _positive(document: Document, element: Element, text: str) -> float | None:
    """Read a save interval; 0 is how Stella writes "every step"."""
    value = number_in(document, element, text, "the save interval")
    return value if value > 0 else None


def _is_number(text: str) -> bool:
    try:
        float(text)
    except ValueError:
        return False
    return True
