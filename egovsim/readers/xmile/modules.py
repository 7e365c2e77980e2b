"""The modules of an XMILE file: where each stands, and what its variables are connected to (XMILE 1.0, section 4.7)."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from egovsim.errors import ModelError, suggestion
from egovsim.model.expression import Expression, LookupCall, Reference, Where, rewrite, walk
from egovsim.model.variable import Equation, Variable
from egovsim.names import canonical
from egovsim.readers.instances import Instance
from egovsim.readers.macros import DEEPEST, LARGEST
from egovsim.readers.variable_expressions import with_expressions
from egovsim.readers.xmile.scope import Scope, scope_of
from egovsim.readers.xmile.structure import XmileFile
from egovsim.readers.xmile.variables import read_variables
from egovsim.readers.xmile.xml import Document, Element

Sources = Mapping[str, Reference]
"""What each variable is connected to, by its id; both in the names of the whole model."""


@dataclass(frozen=True)
class Place:
    """A model where it stands.

    Parameters
    ----------
    prefix : str
        What the names of its variables begin with: nothing in the whole model, ``module.`` in a module.
    scope : Scope
        Its variables.
    """

    prefix: str
    scope: Scope

    def connected(self, sources: Sources) -> frozenset[str]:
        """Return the variables that take their value from another place.

        Parameters
        ----------
        sources : mapping of str to Reference
            What each variable of the file is connected to.

        Returns
        -------
        frozenset of str
            Their ids within the place.
        """
        begin = canonical(self.prefix)
        return frozenset(id for id in self.scope.variables if f"{begin}{id}" in sources)


class _Within(Mapping[str, str]):
    """Full names by the ids they have in a place."""

    def __init__(self, begin: str, names: Mapping[str, str]) -> None:
        self._begin, self._names = begin, names

    def __getitem__(self, id: str) -> str:
        return self._names[f"{self._begin}{id}"]

    def __iter__(self) -> Iterator[str]:
        return (name.removeprefix(self._begin) for name in self._names if name.startswith(self._begin))

    def __len__(self) -> int:
        return sum(1 for _ in self)


@dataclass(frozen=True)
class _Waiting:
    """A model that is to stand somewhere: its element, its prefix, the modules that it is in, and its own place."""

    model: Element
    prefix: str = ""
    chain: tuple[str, ...] = ()
    where: str = ""


def places_of(file: XmileFile) -> list[Place]:
    """Return the whole model and every module in it, each module behind the model that it is a part of.

    Parameters
    ----------
    file : XmileFile
        The file.

    Returns
    -------
    list of Place
        A model that is a module twice stands there twice.

    Raises
    ------
    ModelError
        A module is a part of itself, modules are nested too deep or are too many, or a name is borne twice.
    """
    found: list[Place] = []
    scopes: dict[Element, Scope] = {}
    waiting = [_Waiting(file.root)]
    while waiting:
        current = waiting.pop()
        if current.chain and current.chain[-1] in current.chain[:-1]:
            raise ModelError(f"{current.where}: this module is a part of itself; take it out.")
        if len(current.chain) > DEEPEST or len(found) > LARGEST:
            raise ModelError(
                f"{current.where}: modules are nested more than {DEEPEST} deep, or are more than {LARGEST:,}; "
                "take some out."
            )
        if current.model not in scopes:
            scopes[current.model] = scope_of(file, current.model)
        scope = scopes[current.model]
        found.append(Place(current.prefix, scope))
        waiting += reversed(list(_modules_in(scope, current)))
    return found


def _modules_in(scope: Scope, outer: _Waiting) -> Iterator[_Waiting]:
    """Yield the modules of a place whose models are in the file."""
    for name, module in scope.modules:
        model = scope.file.modules.get(canonical(name))
        if model is not None:
            where = scope.message_place(module, name)
            yield _Waiting(model, f"{outer.prefix}{name}.", (*outer.chain, canonical(name)), where)


def full_names(places: Sequence[Place]) -> dict[str, str]:
    """Return the names of all variables of all places.

    Parameters
    ----------
    places : sequence of Place
        The whole model and its modules.

    Returns
    -------
    dict of str to str
        Names by id, both in the whole model.
    """
    names = (f"{place.prefix}{variable.name}" for place in places for variable in place.scope.variables.values())
    return {canonical(name): name for name in names}


def sources_of(places: Sequence[Place], names: Mapping[str, str]) -> dict[str, Reference]:
    """Return, for each variable that is connected, what it is connected to; both in full names.

    A connection stands in either module that it concerns, or in both; ``to`` is the name in the module, or
    begins with a module's name, or with a dot when it is a variable of the whole model (section 4.7.1).

    Parameters
    ----------
    places : sequence of Place
        The whole model and its modules.
    names : mapping of str to str
        From `full_names`.

    Returns
    -------
    dict of str to Reference
        By the id of what is fed.

    Raises
    ------
    ModelError
        A connection names what does not exist, or a variable is connected twice.
    """
    found: dict[str, Reference] = {}
    for place, name, module in _modules_of(places):
        document = place.scope.document
        for connect in document.named(module, "connect"):
            to, source = _connection(document, place.prefix, name, connect, names)
            if found.setdefault(to, source) != source:
                raise ModelError(
                    f'{source.where}, "{name}": "{names[to]}" is connected to "{names[found[to].id]}" '
                    f'and to "{names[source.id]}"; leave one.'
                )
    return found


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
        if tag not in ("connect", "doc", "units")
    )


def _modules_of(places: Sequence[Place]) -> Iterator[tuple[Place, str, Element]]:
    """Yield every module whose model is in the file, with the place that it stands in and its name."""
    for place in places:
        for name, module in place.scope.modules:
            if canonical(name) in place.scope.file.modules:
                yield place, name, module


def _connection(
    document: Document, prefix: str, name: str, element: Element, names: Mapping[str, str]
) -> tuple[str, Reference]:
    """Return the id of what a ``<connect>`` feeds, and its source."""
    where = document.where(element)
    to, source = (canonical((element.get(end) or "").replace('"', "")) for end in ("to", "from"))
    if not to or not source:
        raise ModelError(f'{where}, "{name}": a <connect> needs "to" and "from"; give both.')
    outside, inside = canonical(prefix), canonical(f"{prefix}{name}.")
    fed = _first((f"{inside}{to}", f"{outside}{to}", to), to, name, where, names)
    given = _first((f"{outside}{source}", source, f"{inside}{source}"), source, name, where, names)
    return fed, Reference(names[given], given, (), where)


def _first(candidates: Sequence[str], written: str, name: str, where: Where, names: Mapping[str, str]) -> str:
    """Return the first id that a variable bears; of one that begins with a dot the rest is the whole name."""
    for candidate in (written[1:],) if written.startswith(".") else candidates:
        if candidate in names:
            return candidate
    near = suggestion(candidates[0], names.values())
    raise ModelError(f'{where}, "{name}": "{written}" is not a variable that can be connected{near}.')


def variables_in(place: Place, names: Mapping[str, str], sources: Sources) -> list[Variable]:
    """Read the variables of a place.

    Parameters
    ----------
    place : Place
        The whole model, or a module.
    names : mapping of str to str
        From `full_names`.
    sources : mapping of str to Reference
        From `sources_of`.

    Returns
    -------
    list of Variable
        In the names of the whole model, connected to their sources.

    Raises
    ------
    ModelError
        An equation does not parse, or a stock, group or array names what does not exist.
    """
    found = read_variables(place.scope, place.connected(sources))
    if place.prefix:
        instance = Instance(_Within(canonical(place.prefix), names))
        found = [instance.variable(variable) for variable in found]
    return [_with_source(variable, sources[variable.id]) if variable.id in sources else variable for variable in found]


def _with_source(variable: Variable, source: Reference) -> Variable:
    """Give a module's variable the value of the one it is connected to."""
    subscripts = tuple(canonical(dimension) for dimension in variable.dimensions)
    return replace(variable, equations=(Equation(replace(source, subscripts=subscripts)),))


def from_the_top(variable: Variable) -> Variable:
    """Read ``.name`` as the name of a variable of the whole model (section 3.2.2.3).

    Parameters
    ----------
    variable : Variable
        Of any place, in the names of the whole model.

    Returns
    -------
    Variable
        The same one where it has no such name.
    """

    def change(node: Expression) -> Expression:
        match node:
            case Reference(id=id) if id.startswith("."):
                return _without_dot(node)
            case LookupCall(lookup=lookup) if lookup.id.startswith("."):
                return replace(node, lookup=_without_dot(lookup))
            case _:
                return node

    def changed(expression: Expression) -> Expression:
        return rewrite(expression, change) if any(change(node) is not node for node in walk(expression)) else expression

    return with_expressions(variable, changed)


def _without_dot(reference: Reference) -> Reference:
    return replace(reference, name=reference.name.removeprefix("."), id=reference.id[1:])
