"""The modules of an XMILE file: where each stands, and what its variables are connected to (XMILE 1.0, section 4.7)."""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from egovsim.errors import ModelError
from egovsim.model.expression import Expression, LookupCall, Reference, rewrite, walk
from egovsim.model.variable import Variable
from egovsim.names import canonical
from egovsim.readers.instances import Instance
from egovsim.readers.macros import DEEPEST, LARGEST
from egovsim.readers.variable_expressions import with_expressions
from egovsim.readers.xmile.module_files import ModuleFiles
from egovsim.readers.xmile.scope import Scope, VariableElement, scope_of
from egovsim.readers.xmile.structure import XmileFile
from egovsim.readers.xmile.variables import read_variables
from egovsim.readers.xmile.xml import Element


@dataclass(frozen=True)
class Place:
    """A model where it stands.

    Parameters
    ----------
    prefix : str
        What the names of its variables begin with: nothing in the whole model, ``module.`` in a module.
    module : str
        The id of the module's name, or of the whole model's where it has one.
    scope : Scope
        Its variables.
    """

    prefix: str
    module: str
    scope: Scope

    @property
    def begin(self) -> str:
        """What the ids of its variables begin with."""
        return canonical(self.prefix)

    def own_ids(self, ids: Collection[str]) -> frozenset[str]:
        """Return those of some variables that are its own, by their ids within the place.

        Parameters
        ----------
        ids : collection of str
            In the names of the whole model.

        Returns
        -------
        frozenset of str
            In its own names.
        """
        begin = self.begin
        return frozenset(id for id in self.scope.variables if f"{begin}{id}" in ids)


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

    file: XmileFile
    model: Element
    prefix: str = ""
    module: str = ""
    chain: tuple[Element, ...] = ()
    where: str = ""


def places_of(files: ModuleFiles) -> list[Place]:
    """Return the whole model and every module in it, each module behind the model that it is a part of.

    Parameters
    ----------
    files : ModuleFiles
        The file of the whole model, and those of modules, which are read here.

    Returns
    -------
    list of Place
        A model that is a module twice stands there twice.

    Raises
    ------
    ModelError
        A module is a part of itself, modules are nested too deep or are too many, a name is borne twice, or a file of
        a module is missing or may not be read.
    """
    found: list[Place] = []
    scopes: dict[Element, Scope] = {}
    whole = files.files[0]
    waiting = [_Waiting(whole, whole.root, module=canonical(whole.root.get("name") or ""))]
    while waiting:
        current = waiting.pop()
        if current.model in current.chain:
            raise ModelError(f"{current.where}: this module is a part of itself; take it out.")
        if len(current.chain) > DEEPEST or len(found) > LARGEST:
            raise ModelError(
                f"{current.where}: modules are nested more than {DEEPEST} deep, or are more than {LARGEST:,}; "
                "take some out."
            )
        if current.model not in scopes:
            scopes[current.model] = scope_of(current.file, current.model)
        scope = scopes[current.model]
        found.append(Place(current.prefix, current.module, scope))
        waiting += reversed(list(_modules_in(scope, current, files)))
    files.refuse_missing()
    return found


def _modules_in(scope: Scope, outer: _Waiting, files: ModuleFiles) -> Iterator[_Waiting]:
    """Yield the modules of a place whose models are known."""
    for name, module in scope.modules:
        found = files.model_of(scope, name, module)
        if found is not None:
            file, model = found
            where = scope.message_place(module, name)
            yield _Waiting(file, model, f"{outer.prefix}{name}.", canonical(name), (*outer.chain, outer.model), where)


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

    Raises
    ------
    ModelError
        Two variables bear one name there.
    """
    found: dict[str, str] = {}
    for place in places:
        for variable in place.scope.variables.values():
            name = f"{place.prefix}{variable.name}"
            if found.setdefault(canonical(name), name) is not name:
                raise _same_name(places, place, variable)
    return found


def _same_name(places: Sequence[Place], place: Place, variable: VariableElement) -> ModelError:
    """Say where the other variable is that bears the name of one."""
    id = canonical(f"{place.prefix}{variable.name}")
    others = (
        other.scope.message_place(given.element, given.name)
        for other in places
        for given in other.scope.variables.values()
        if canonical(f"{other.prefix}{given.name}") == id
    )
    return ModelError(
        f"{place.scope.message_place(variable.element, variable.name)}: its name in the whole model is "
        f'"{place.prefix}{variable.name}", and so is that of {next(others)}; rename one.'
    )


def variables_in(place: Place, names: Mapping[str, str], connected: Collection[str]) -> list[Variable]:
    """Read the variables of a place.

    Parameters
    ----------
    place : Place
        The whole model, or a module.
    names : mapping of str to str
        From `full_names`.
    connected : collection of str
        Ids, in the whole model, of the variables that take their value from another one.

    Returns
    -------
    list of Variable
        In the names of the whole model; those that are connected have no equation yet.

    Raises
    ------
    ModelError
        An equation does not parse, or a stock, group or array names what does not exist.
    """
    found = read_variables(place.scope, place.own_ids(connected))
    if not place.prefix:
        return found
    instance = Instance(_Within(place.begin, names))
    return [instance.variable(variable) for variable in found]


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
