"""What an XMILE file consists of: clock, dimensions, models and macros (OASIS XMILE 1.0, section 2)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from egovsim.errors import ModelError
from egovsim.model.model import Clock, Dimension
from egovsim.names import canonical
from egovsim.readers.xmile.clock import clock_of
from egovsim.readers.xmile.specs import dimensions_of, display_name
from egovsim.readers.xmile.xml import Document, Element


@dataclass(frozen=True)
class XmileFile:
    """The parts of a file.

    Parameters
    ----------
    path : Path
        Where it is.
    document : Document
        The file as XML.
    models : tuple of Element
        Every ``<model>``.
    root : Element
        The whole model: the one without a name, wherever it stands, or else the first.
    modules : mapping of str to Element
        The models that can be modules, by the id of their name.
    clock : Clock
        When the model runs; of a file with a module of another one, that of the other.
    dimensions : mapping of str to Dimension
        By id.
    macros : tuple of tuple of str and Element
        Every ``<macro>`` with the id of its name; two may bear one name.
    """

    path: Path
    document: Document
    models: tuple[Element, ...]
    root: Element
    modules: Mapping[str, Element]
    clock: Clock
    dimensions: Mapping[str, Dimension]
    macros: tuple[tuple[str, Element], ...]

    @cached_property
    def element_numbers(self) -> Mapping[str, int]:
        """The number of each element in its dimension, from 1, by ``dimension.element``."""
        return {
            f"{dimension.id}.{element}": number
            for dimension in self.dimensions.values()
            for number, element in enumerate(dimension.element_ids, start=1)
        }

    @cached_property
    def subscript_ids(self) -> frozenset[str]:
        """Ids of all dimensions and elements."""
        return frozenset(id for dimension in self.dimensions.values() for id in (dimension.id, *dimension.element_ids))


def structure_of(path: Path, document: Document, known: Sequence[XmileFile] = ()) -> XmileFile:
    """Find the parts of a file.

    Parameters
    ----------
    path : Path
        Where it is.
    document : Document
        The file as XML.
    known : sequence of XmileFile, optional
        The files that this one holds a module for, that of the whole model first: the clock is the whole model's.

    Returns
    -------
    XmileFile
        Clock and dimensions are read, models and macros are not.

    Raises
    ------
    ModelError
        There is no model, no clock that makes a run, or a dimension lacks its elements or has others than in `known`.
    """
    models = document.named(document.root, "model")
    if not models:
        raise ModelError(f"{document.where(document.root)}: the file has no <model>; add one.")
    root = next((model for model in models if not model.get("name")), models[0])
    dimensions = {dimension.id: dimension for dimension in dimensions_of(document)}
    for other in known:
        _refuse_other_elements(document, dimensions, other)
    return XmileFile(
        path,
        document,
        tuple(models),
        root,
        {canonical(model.get("name") or ""): model for model in models if model is not root},
        known[0].clock if known else clock_of(document, root),
        dimensions,
        tuple(
            (canonical(display_name(macro.get("name") or "")), macro)
            for macro in document.named(document.root, "macro")
        ),
    )


def _refuse_other_elements(document: Document, dimensions: Mapping[str, Dimension], other: XmileFile) -> None:
    """Raise an error where a dimension has other elements in the file of a module than in another file."""
    for id, dimension in dimensions.items():
        known = other.dimensions.get(id, dimension)
        if known.element_ids != dimension.element_ids:
            raise ModelError(
                f'{document.source.file}: the dimension "{dimension.name}" has {_elements(dimension)} here and '
                f"{_elements(known)} in {other.path.name}; make them the same."
            )


def _elements(dimension: Dimension) -> str:
    count = len(dimension.elements)
    return f"the elements {', '.join(dimension.elements)}" if count <= 5 else f"{count} elements"


def name_of(document: Document) -> str:
    """Return the name that a file gives its model.

    Parameters
    ----------
    document : Document
        The file as XML.

    Returns
    -------
    str
        The file's own name where it gives none.
    """
    for header in document.named(document.root, "header"):
        for name in document.named(header, "name"):
            return document.span(name).text.strip() or document.source.file
    return document.source.file


def outside_is_no_number(document: Document) -> bool:
    """Tell whether an element that does not exist is not a number, and not 0 (``<uses_arrays>``, section 2.2.1).

    Parameters
    ----------
    document : Document
        The file as XML.

    Returns
    -------
    bool
        False where the file does not say.
    """
    headers = document.named(document.root, "header")
    options = [option for header in headers for option in document.named(header, "options")]
    arrays = [array for option in options for array in document.named(option, "uses_arrays")]
    return any((array.get("invalid_index_value") or "").strip().lower() == "nan" for array in arrays)
