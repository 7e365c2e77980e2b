"""What the variables of modules are connected to (XMILE 1.0, section 4.7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from egovsim.errors import ModelError, suggestion
from egovsim.model.expression import Reference, Unsupported
from egovsim.model.model import LeftOut
from egovsim.model.variable import Equation, Variable
from egovsim.names import canonical
from egovsim.readers.xmile.modules import Place
from egovsim.readers.xmile.xml import Element

_CONNECT = ("connect", "connect2")
"""Stella writes every connection twice, the second time with the name of the module in front; they say the same."""


@dataclass
class Connections:
    """What is connected to what, by ids of the whole model.

    Parameters
    ----------
    sources : dict of str to Reference
        What each variable takes its value from.
    nowhere : dict of str to Unsupported
        Why a variable has no value whose connection comes from what does not exist.
    left_out : list of LeftOut
        Connections that go to what does not exist.
    """

    sources: dict[str, Reference] = field(default_factory=dict[str, Reference])
    nowhere: dict[str, Unsupported] = field(default_factory=dict[str, Unsupported])
    left_out: list[LeftOut] = field(default_factory=list[LeftOut])

    @property
    def fed(self) -> frozenset[str]:
        """The variables that something is connected to."""
        return frozenset((*self.sources, *self.nowhere))


def connections_of(places: Sequence[Place], names: Mapping[str, str]) -> Connections:
    """Find what the variables of modules are connected to.

    A connection stands in either module that it concerns, or in both. Where the outermost model has a name the file is
    a module's own, read alone, and connections to and from other modules are left to the whole model.

    Parameters
    ----------
    places : sequence of Place
        The whole model and its modules.
    names : mapping of str to str
        Of all variables by id, both in the whole model.

    Returns
    -------
    Connections
        All in full names.

    Raises
    ------
    ModelError
        A connection lacks an end, or a variable is connected twice.
    """
    found, ends = Connections(), _Ends(places, names)
    for place, name, module in _modules_of(places):
        for tag, connect in place.scope.document.children(module):
            if tag in _CONNECT:
                _add(found, place, name, connect, ends)
    for id in found.sources:
        found.nowhere.pop(id, None)
    return found


def _add(found: Connections, place: Place, name: str, element: Element, ends: _Ends) -> None:
    """Keep what one ``<connect>`` says."""
    where = place.scope.document.where(element)
    written = [(element.get(end) or "").strip() for end in ("to", "from")]
    if not all(written):
        raise ModelError(f'{where}, "{name}": a <connect> needs "to" and "from"; give both.')
    to, source = (canonical(end.replace('"', "")) for end in written)
    fed, given = ends.of(place, canonical(name), to, source)
    if ends.is_piece and (fed is None or given is None):
        return  # to or from another piece of the whole model: the input is as if nothing were connected to it
    if fed is None:
        text = f'the connection to "{to}" leads nowhere{ends.near(place, to)}; it is left out'
        found.left_out.append(LeftOut(name, text, where))
    elif given is None:
        reason = f'it is connected to "{source}", which is no variable{ends.near(place, source)}; connect it anew'
        found.nowhere.setdefault(fed, Unsupported(written[1], reason, where))
    else:
        reference = Reference(ends.names[given], given, (), where)
        other = found.sources.setdefault(fed, reference)
        if other != reference:
            raise ModelError(
                f'{where}, "{name}": "{ends.names[fed]}" is connected to "{other.name}" and to "{reference.name}"; '
                "leave one."
            )


class _Ends:
    """Finds the variables that a connection names.

    A name is one of the module that the connection stands in, of the model around it, or of the whole model. It may
    begin with a dot, and is then the whole model's (section 4.7.1), or with the name of any module, however deep
    that one stands: Stella has no two modules of one name.
    """

    def __init__(self, places: Sequence[Place], names: Mapping[str, str]) -> None:
        self.names = names
        self.is_piece = bool(places[0].module)
        self._begins: dict[str, list[str]] = {}
        for place in places:
            self._begins.setdefault(place.module, []).append(place.begin)

    def of(self, place: Place, module: str, to: str, source: str) -> tuple[str | None, str | None]:
        """Return what is fed, and what it is given; None for what does not exist.

        A name alone that a module could give as well as take is the model's around it where what is given stands in
        that module.
        """
        outside, inside = place.begin, f"{place.begin}{module}."
        given = self._first((outside, "", inside), source, outside)
        goes_out = given is not None and given.startswith(inside)
        begins = (outside, "", inside) if goes_out and "." not in to else (inside, outside, "")
        return self._first(begins, to, outside), given

    def near(self, place: Place, written: str) -> str:
        """Name the nearest variables."""
        return suggestion(f"{place.begin}{written}", self.names.values())

    def _first(self, begins: Sequence[str], written: str, outside: str) -> str | None:
        if written.startswith("."):
            return written[1:] if written[1:] in self.names else None
        module, _, rest = written.partition(".")
        deep = [begin for begin in self._begins.get(module, ()) if rest]
        deep.sort(key=lambda begin: not begin.startswith(outside))
        candidates = (*(f"{begin}{written}" for begin in begins), *(f"{begin}{rest}" for begin in deep))
        return next((candidate for candidate in candidates if candidate in self.names), None)


def _modules_of(places: Sequence[Place]) -> Iterator[tuple[Place, str, Element]]:
    """Yield every module whose model is known, with the place that it stands in and its name."""
    known = {place.begin for place in places}
    for place in places:
        for name, module in place.scope.modules:
            if f"{place.begin}{canonical(name)}." in known:
                yield place, name, module


def unconnected_inputs(places: Sequence[Place], fed: Collection[str]) -> list[LeftOut]:
    """Say which inputs of modules nothing is connected to, so that their own equations hold.

    Parameters
    ----------
    places : sequence of Place
        The whole model and its modules.
    fed : collection of str
        Ids, in the whole model, of the variables that something is connected to, and of those that have no equation.

    Returns
    -------
    list of LeftOut
        For `check` to warn of.
    """
    text = "nothing is connected to this input of the module, so its own equation holds"
    return [
        LeftOut(f"{place.prefix}{variable.name}", text, place.scope.document.where(variable.element))
        for place in places
        if place.prefix
        for id, variable in place.scope.variables.items()
        if variable.is_input and f"{place.begin}{id}" not in fed
    ]


def other_children(places: Sequence[Place]) -> Counter[str]:
    """Count what stands in modules beside their connections.

    Parameters
    ----------
    places : sequence of Place
        The whole model and its modules.

    Returns
    -------
    Counter of str
        By the name of the element.
    """
    return Counter(
        tag
        for place, _, module in _modules_of(places)
        for tag, _ in place.scope.document.children(module)
        if tag not in (*_CONNECT, "doc", "units")
    )


def connected(variables: Sequence[Variable], connections: Connections) -> list[Variable]:
    """Give the variables that are connected the values of what they are connected to.

    Parameters
    ----------
    variables : sequence of Variable
        Of all places, in the names of the whole model.
    connections : Connections
        From `connections_of`.

    Returns
    -------
    list of Variable
        One that has no dimensions of its own has those of its source.
    """
    by_id = {variable.id: variable for variable in variables}

    def value_of(variable: Variable) -> Variable:
        source = connections.sources.get(variable.id)
        if source is None:
            nowhere = connections.nowhere.get(variable.id)
            return variable if nowhere is None else replace(variable, equations=(Equation(nowhere),))
        dimensions = variable.dimensions or _dimensions(source, connections.sources, by_id)
        subscripts = tuple(canonical(dimension) for dimension in dimensions)
        return replace(variable, dimensions=dimensions, equations=(Equation(replace(source, subscripts=subscripts)),))

    return [value_of(variable) for variable in variables]


def _dimensions(source: Reference, sources: Mapping[str, Reference], by_id: Mapping[str, Variable]) -> tuple[str, ...]:
    """Return the dimensions of what a variable is connected to, through connections that declare none."""
    seen: set[str] = set()
    id = source.id
    while not by_id[id].dimensions and id in sources and id not in seen:
        seen.add(id)
        id = sources[id].id
    return by_id[id].dimensions
