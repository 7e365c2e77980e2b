"""One model of an XMILE file, or one macro: its variables as they are written, and what names mean there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from egovsim.errors import ModelError, suggestion
from egovsim.model.variable import Kind
from egovsim.names import canonical
from egovsim.readers.expressions.context import Names
from egovsim.readers.xmile.specs import display_name
from egovsim.readers.xmile.structure import XmileFile
from egovsim.readers.xmile.xml import Document, Element

VARIABLES: Mapping[str, Kind] = {"stock": "stock", "flow": "flow", "aux": "auxiliary", "gf": "lookup"}
"""The elements that are variables, and what each is."""


@dataclass(frozen=True)
class VariableElement:
    """A variable as it is written.

    Parameters
    ----------
    tag : str
        What kind of element it is, a key of `VARIABLES`.
    name : str
        As one writes it.
    element : Element
        The element.
    children : mapping of str to list of Element
        What stands in it, by name.
    """

    tag: str
    name: str
    element: Element
    children: Mapping[str, list[Element]]

    @property
    def is_input(self) -> bool:
        """Whether it stands for what another model, or a call, gives (``access``, XMILE 1.0, section 4.1.1).

        Stella marks with ``throughput`` what a module is given and gives on.
        """
        is_given = (self.element.get("access") or "").strip().lower() == "input"
        return is_given or (self.element.get("throughput") or "").strip().lower() == "true"

    def first(self, name: str) -> Element | None:
        """Return the first child of a name.

        Parameters
        ----------
        name : str
            Of the child.

        Returns
        -------
        Element or None
            None where there is none.
        """
        return self.children.get(name, [None])[0]


@dataclass(frozen=True)
class Scope:
    """One ``<model>`` or ``<macro>``.

    Parameters
    ----------
    file : XmileFile
        The file that it stands in.
    place : Element
        Its element.
    containers : tuple of Element
        Where variables are: ``<variables>``, or the model itself in files older than the standard.
    modules : tuple of tuple of str and Element
        The modules in it, by name.
    variables : mapping of str to VariableElement
        By id, in the order of the file.
    names : Names
        What names in its equations mean; a variable that only repeats the clock is none.
    """

    file: XmileFile
    place: Element
    containers: tuple[Element, ...]
    modules: tuple[tuple[str, Element], ...]
    variables: Mapping[str, VariableElement]
    names: Names

    @property
    def document(self) -> Document:
        """The file as XML."""
        return self.file.document

    def message_place(self, element: Element, owner: str) -> str:
        """Return what a message about a variable begins with.

        Parameters
        ----------
        element : Element
            Where the fault is.
        owner : str
            The name of the variable.

        Returns
        -------
        str
            ``egov.xmile, line 212, "Completion rate"``.
        """
        return f'{self.document.where(element)}, "{owner}"'

    def unknown(self, element: Element, owner: str, name: str) -> ModelError:
        """Build the error for a name that no variable bears.

        Parameters
        ----------
        element : Element
            What names it.
        owner : str
            The name of the variable or group that names it.
        name : str
            The name.

        Returns
        -------
        ModelError
            For the caller to raise.
        """
        known = [variable.name for variable in self.variables.values()]
        return ModelError(
            f'{self.message_place(element, owner)}: "{display_name(name)}" is not a variable of this model'
            f"{suggestion(name, known)}."
        )


def scope_of(file: XmileFile, place: Element, inputs: tuple[str, ...] = ()) -> Scope:
    """Find the variables of a model or macro.

    Its equations can name those of the modules in it. The variables that Stella writes into a macro for its arguments,
    for their names and units to stand somewhere, are left out: a call gives their values.

    Parameters
    ----------
    file : XmileFile
        The file.
    place : Element
        A ``<model>`` or ``<macro>`` of it.
    inputs : tuple of str, optional
        Names of the arguments of a macro.

    Returns
    -------
    Scope
        No equation is read yet.

    Raises
    ------
    ModelError
        A variable or module has no name, or the name of another.
    """
    document = file.document
    containers = _containers(document, place)
    modules = tuple(
        (display_name(module.get("name") or ""), module)
        for container in containers
        for module in document.named(container, "module")
    )
    _refuse_equal_names(document, modules)
    beyond: dict[str, tuple[str, ...]] = {}
    for name, _ in modules:
        inside = file.modules.get(canonical(name))
        if inside is not None:
            variables = _variables_in(document, _containers(document, inside))
            beyond |= {f"{canonical(name)}.{id}": _axes(document, variable) for id, variable in variables.items()}
    given = frozenset(map(canonical, inputs))
    beyond |= dict.fromkeys(given, ())
    variables = {
        id: variable
        for id, variable in _variables_in(document, containers).items()
        if id not in given or not variable.is_input
    }
    own = {
        id: _axes(document, variable) for id, variable in variables.items() if not _repeats_clock(file, id, variable)
    }
    macros = frozenset(id for id, _ in file.macros)
    names = Names({**beyond, **own}, macros, subscripts=file.subscript_ids, element_numbers=file.element_numbers)
    return Scope(file, place, containers, modules, variables, names)


def _refuse_equal_names(document: Document, modules: tuple[tuple[str, Element], ...]) -> None:
    found: dict[str, Element] = {}
    for name, module in modules:
        other = found.setdefault(canonical(name), module)
        if other is not module:
            raise ModelError(
                f'{document.where(module)}, "{name}": line {document.where(other).line} has a module of this name '
                "already; rename one."
            )


def _containers(document: Document, place: Element) -> tuple[Element, ...]:
    return tuple(document.named(place, "variables") or [place])


def _variables_in(document: Document, containers: tuple[Element, ...]) -> dict[str, VariableElement]:
    """Return every variable by its id, in the order of the file."""
    found: dict[str, VariableElement] = {}
    for container in containers:
        for tag, element in document.children(container):
            if tag not in VARIABLES:
                continue
            name = display_name(element.get("name") or "")
            if not name:
                raise ModelError(f"{document.where(element)}: a <{tag}> has no name; give it one.")
            if (id := canonical(name)) in found:
                other = document.where(found[id].element).line
                raise ModelError(
                    f'{document.where(element)}, "{name}": line {other} has a variable of this name already; '
                    "rename one."
                )
            children: dict[str, list[Element]] = {}
            for child_tag, child in document.children(element):
                children.setdefault(child_tag, []).append(child)
            found[id] = VariableElement(tag, name, element, children)
    return found


def _axes(document: Document, variable: VariableElement) -> tuple[str, ...]:
    """Return the ids of a variable's dimensions as the file names them, whether they exist or not."""
    blocks = variable.children.get("dimensions", ())
    return tuple(canonical(dim.get("name") or "") for block in blocks for dim in document.named(block, "dim"))


def _repeats_clock(file: XmileFile, id: str, variable: VariableElement) -> bool:
    """Tell whether a variable only repeats the clock, as translators from Vensim write it."""
    clock = file.clock
    value = {"time step": clock.time_step, "initial time": clock.start, "final time": clock.stop}.get(id)
    if value is None:
        return False
    texts = [file.document.span(equation).text.strip() for equation in variable.children.get("eqn", ())]
    return len(texts) == 1 and _is_number(texts[0], value)


def _is_number(text: str, value: float) -> bool:
    try:
        return float(text) == value
    except ValueError:
        return False
