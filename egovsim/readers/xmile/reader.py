"""XMILE files (OASIS XMILE 1.0): models, their modules and macros, made into one flat model.

What the standard has and this version cannot run becomes an `Unsupported` equation; what only shows
the model on a screen is counted.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path

from egovsim.errors import ModelError, suggestion
from egovsim.model.expression import Call, Expression, LookupCall, Reference, Unsupported, Where, rewrite, walk
from egovsim.model.functions import ELEMENT
from egovsim.model.model import Clock, Dimension, Model
from egovsim.model.notation import show
from egovsim.model.variable import Equation, Variable
from egovsim.names import canonical
from egovsim.readers.expressions.parser import Names, parse
from egovsim.readers.macros import DEEPEST, LARGEST, Instance, Macro, expand_macros, with_expressions
from egovsim.readers.xmile import specs as parts
from egovsim.readers.xmile.round_trip import put_back
from egovsim.readers.xmile.scope import VARIABLES, Scope
from egovsim.readers.xmile.views import views_in
from egovsim.readers.xmile.xml import Document, Element, read_markup

_NO_NUMBERS = frozenset(
    {"style", "views", "view", "interface", "display", "equation_prefs", "default_format", "ai_information"}
)
"""Parts of a file or model that cannot change a number."""

_OWN_PART = frozenset(
    {"header", "sim_specs", "model_units", "dimensions", "behavior", "model", "macro", "module", "variables", "group"}
)
"""Parts of a file or model that are read for what they are."""


def read_xmile(path: Path) -> Model:
    """Read an XMILE file.

    Parameters
    ----------
    path : Path
        The file.

    Returns
    -------
    Model
        With what cannot be run as `Unsupported` equations. A variable of a module is named
        ``module.variable``, one of a macro's instance after the variable that calls it.

    Raises
    ------
    ModelError
        It is not well-formed XML, not XMILE, an equation does not parse, a name is borne twice, or a
        stock, group, array or connection names what does not exist.
    """
    return _Reader(read_markup(path, root="xmile")).model()


@dataclass(frozen=True)
class _Place:
    """A model where it stands: what the names of its variables begin with, and their reader."""

    prefix: str
    scope: Scope

    @property
    def names(self) -> list[str]:
        """The names of its variables, within it."""
        return [parts.display_name(one.get("name") or "") for one in self.scope.by_id.values()]


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


@dataclass
class _Reader:
    """Reads one document; `ignored` counts the display features met, `instances` the modules."""

    document: Document
    ignored: Counter[str] = field(default_factory=Counter[str])
    instances: int = 0

    def model(self) -> Model:
        places = list(self._places(self._scope(self._root), "", ()))
        names = {canonical(full := f"{place.prefix}{name}"): full for place in places for name in place.names}
        sources = self._sources(places, names)
        variables = [variable for place in places for variable in self._variables(place, names, sources)]
        if self._outside_is_no_number:
            variables = [with_expressions(one, _without_computed_subscripts) for one in variables]
        variables = expand_macros([_from_the_top(one) for one in variables], self._macros, self._dimensions)
        views = views_in(self.document, self._root, variables)
        if views.skipped:
            self.ignored["objects of views"] += views.skipped
        return Model(
            name=self._name(),
            clock=self._clock,
            dimensions=tuple(self._dimensions.values()),
            variables=(*variables, *self._other_parts(places)),
            views=views.views,
            file=self.document.source.file,
            ignored=tuple(f"{name}: {count}" for name, count in self.ignored.items()),
            unit_synonyms=parts.unit_synonyms_of(self.document),
        )

    def _name(self) -> str:
        for header in self.document.named(self.document.root, "header"):
            for one in self.document.named(header, "name"):
                return self.document.span(one).text.strip() or self.document.source.file
        return self.document.source.file

    @cached_property
    def _models(self) -> list[Element]:
        found = self.document.named(self.document.root, "model")
        if not found:
            raise ModelError(f"{self.document.where(self.document.root)}: the file has no <model>; add one.")
        return found

    @cached_property
    def _root(self) -> Element:
        """The whole model: the one without a name, wherever it stands, or else the first."""
        return next((model for model in self._models if not model.get("name")), self._models[0])

    @cached_property
    def _parts(self) -> dict[str, Element]:
        """The models that can be modules, by name."""
        return {canonical(model.get("name") or ""): model for model in self._models if model is not self._root}

    @cached_property
    def _dimensions(self) -> dict[str, Dimension]:
        return {one.id: one for one in parts.dimensions_of(self.document)}

    @cached_property
    def _outside_is_no_number(self) -> bool:
        """Whether an element that does not exist is not a number, and not 0 (``<uses_arrays>``, section 2.2.1)."""
        named = self.document.named
        headers = named(self.document.root, "header")
        options = [one for header in headers for one in named(header, "options")]
        arrays = [one for option in options for one in named(option, "uses_arrays")]
        return any((array.get("invalid_index_value") or "").strip().lower() == "nan" for array in arrays)

    @cached_property
    def _clock(self) -> Clock:
        return parts.clock_of(self.document)

    @cached_property
    def _macro_elements(self) -> list[tuple[str, Element]]:
        found = self.document.named(self.document.root, "macro")
        return [(canonical(parts.display_name(one.get("name") or "")), one) for one in found]

    def _scope(self, place: Element) -> Scope:
        """Return the reader of a model's variables; its equations can name those of the modules in it."""
        macros = frozenset(id for id, _ in self._macro_elements)
        scope = Scope(self.document, place, self._clock, self._dimensions, macros, self.ignored)
        for name, _ in scope.modules:
            inside = self._parts.get(canonical(name))
            if inside is not None:
                axes = replace(scope, place=inside).axes
                scope.beyond.update({f"{canonical(name)}.{id}": ax for id, ax in axes.items()})
        return scope

    # Modules (section 4.7)

    def _places(self, scope: Scope, prefix: str, chain: tuple[str, ...]) -> Iterator[_Place]:
        """Yield a model and every module in it, each with what its names begin with."""
        yield _Place(prefix, scope)
        for name, module in scope.modules:
            id, where = canonical(name), f'{self.document.where(module)}, "{name}"'
            inside = self._parts.get(id)
            if inside is None:
                continue
            self.instances += 1
            if id in chain:
                raise ModelError(f"{where}: this module is a part of itself; take it out.")
            if len(chain) >= DEEPEST or self.instances > LARGEST:
                raise ModelError(
                    f"{where}: modules are nested more than {DEEPEST} deep, or are more than {LARGEST:,}; "
                    "take some out."
                )
            yield from self._places(self._scope(inside), f"{prefix}{name}.", (*chain, id))

    def _variables(self, place: _Place, names: Mapping[str, str], sources: Mapping[str, Reference]) -> list[Variable]:
        """Return the variables of a place in the names of the whole model, connected to their sources."""
        begin = canonical(place.prefix)
        place.scope.connected = frozenset(id for id in place.scope.by_id if f"{begin}{id}" in sources)
        found = place.scope.variables()
        if place.prefix:
            found = [Instance(_Within(begin, names)).variable(one) for one in found]
        found = [_connected(one, sources[one.id]) if one.id in sources else one for one in found]
        return found if place.prefix else put_back(found, place.scope.by_id)

    def _sources(self, places: Sequence[_Place], names: Mapping[str, str]) -> dict[str, Reference]:
        """Return, for each variable that is connected, what it is connected to; both in full names.

        A connection stands in either module that it concerns, or in both; ``to`` is the name in the module, or
        begins with a module's name, or with a dot when it is a variable of the whole model (section 4.7.1).
        """
        found: dict[str, Reference] = {}
        for place in places:
            for name, module in place.scope.modules:
                if canonical(name) not in self._parts:
                    continue
                for tag, child in self.document.children(module):
                    if tag == "connect":
                        to, source = self._connection(place.prefix, name, child, names)
                        if found.setdefault(to, source) != source:
                            raise ModelError(
                                f'{source.where}, "{name}": "{names[to]}" is connected to "{names[found[to].id]}" '
                                f'and to "{names[source.id]}"; leave one.'
                            )
                    elif tag not in ("doc", "units"):
                        self.ignored[tag] += 1
        return found

    def _connection(self, prefix: str, name: str, element: Element, names: Mapping[str, str]) -> tuple[str, Reference]:
        """Return the id of what a ``<connect>`` feeds, and its source."""
        where = self.document.where(element)
        to, source = (canonical((element.get(end) or "").replace('"', "")) for end in ("to", "from"))
        if not to or not source:
            raise ModelError(f'{where}, "{name}": a <connect> needs "to" and "from"; give both.')
        outside, inside = canonical(prefix), canonical(f"{prefix}{name}.")
        fed = self._first((f"{inside}{to}", f"{outside}{to}", to), to, name, where, names)
        given = self._first((f"{outside}{source}", source, f"{inside}{source}"), source, name, where, names)
        return fed, Reference(names[given], given, (), where)

    @staticmethod
    def _first(candidates: Sequence[str], written: str, name: str, where: Where, names: Mapping[str, str]) -> str:
        """Return the first id that a variable bears; of one that begins with a dot the rest is the whole name."""
        for candidate in (written[1:],) if written.startswith(".") else candidates:
            if candidate in names:
                return candidate
        near = suggestion(candidates[0], names.values())
        raise ModelError(f'{where}, "{name}": "{written}" is not a variable that can be connected{near}.')

    # Macros (section 4.8)

    @cached_property
    def _macros(self) -> list[Macro]:
        return [self._macro(element) for _, element in self._macro_elements]

    def _macro(self, element: Element) -> Macro:
        document, where = self.document, self.document.where(element)
        name = parts.display_name(element.get("name") or "")
        given = document.named(element, "parm")
        inputs = tuple(parts.display_name(document.span(one).text) for one in given)
        written = [one.get("default") for one in given]
        optional = [one for one in written if one is not None]
        if written[len(written) - len(optional) :] != optional:
            raise ModelError(
                f'{where}, "{name}": an argument without default comes after one with it; turn them round.'
            )
        scope = self._scope(element)
        scope.beyond.update(dict.fromkeys(map(canonical, inputs), ()))
        equations = document.named(element, "eqn")
        if not equations:
            raise ModelError(f'{where}, "{name}": the macro has no <eqn>; add what it stands for.')
        result: Expression = scope.expression(equations[0], name)
        if document.named(element, "sim_specs"):
            result = Unsupported(name, "a macro that runs by a clock of its own cannot be run yet", where)
        defaults = tuple(parse(one, dialect="xmile", owner=name, names=Names()) for one in optional)
        return Macro(name, inputs, result, tuple(scope.variables()), defaults=defaults, where=where)

    # What cannot be run

    def _other_parts(self, places: Sequence[_Place]) -> Iterator[Variable]:
        """Yield a variable that cannot be run for each part of the file that could change numbers."""
        for name, element in self.document.children(self.document.root):
            if name in _NO_NUMBERS or ":" in name:
                self.ignored[name] += 1
            elif name not in _OWN_PART:
                yield self._part(name, element)
        used = [place.scope.place for place in places]
        for other in self._models:
            if other not in used:
                yield self._part(
                    "model", other, "no module is made of this model; name it in a <module>, or take it out"
                )
        for place in places:
            yield from (replace(part, name=f"{place.prefix}{part.name}") for part in self._parts_of(place))

    def _parts_of(self, place: _Place) -> Iterator[Variable]:
        yield from self._unknown_parts(place.scope)
        for name, module in place.scope.modules:
            if canonical(name) not in self._parts:
                reason = f'there is no <model name="{name}"> in this file; put the module\'s model in it'
                yield self._part("module", module, reason)
        for specs in self.document.named(place.scope.place, "sim_specs") if place.prefix else ():
            yield self._part("sim_specs", specs, "a module that runs by a clock of its own cannot be run yet")

    def _unknown_parts(self, scope: Scope) -> Iterator[Variable]:
        for place in {id(one): one for one in (scope.place, *scope.containers)}.values():
            for name, element in self.document.children(place):
                if name == "views" and place is self._root:
                    continue
                if name in _NO_NUMBERS or ":" in name:
                    self.ignored[name] += 1
                elif name not in VARIABLES and name not in _OWN_PART:
                    yield self._part(name, element)

    def _part(self, tag: str, element: Element, reason: str = "") -> Variable:
        where: Where = self.document.where(element)
        name = parts.display_name(element.get("name") or "")
        shown = f"<{tag} {name}>" if name else f"<{tag}>"
        unsupported = Unsupported(shown, reason or f"<{tag}> cannot be run yet", where)
        return Variable(shown, "auxiliary", (Equation(unsupported),), where=where)


def _connected(variable: Variable, source: Reference) -> Variable:
    """Give a module's variable the value of the one it is connected to."""
    subscripts = tuple(canonical(dimension) for dimension in variable.dimensions)
    return replace(variable, equations=(Equation(replace(source, subscripts=subscripts)),))


def _from_the_top(variable: Variable) -> Variable:
    """Read ``.name`` as the name of a variable of the whole model (section 3.2.2.3)."""

    def change(node: Expression) -> Expression:
        match node:
            case Reference(id=id) if id.startswith("."):
                return _bare(node)
            case LookupCall(lookup=lookup) if lookup.id.startswith("."):
                return replace(node, lookup=_bare(lookup))
            case _:
                return node

    def from_the_top(one: Expression) -> Expression:
        return rewrite(one, change) if any(change(node) is not node for node in walk(one)) else one

    return with_expressions(variable, from_the_top)


def _without_computed_subscripts(expression: Expression) -> Expression:
    """Refuse what would have to be not a number where there is no such element."""
    reason = 'a computed subscript where invalid_index_value is "NaN" cannot be run yet'

    def refused(node: Expression) -> Expression:
        match node:
            case Call(function=function, where=where) if function == ELEMENT:
                return Unsupported(show(node), reason, where)
            case _:
                return node

    return rewrite(expression, refused)


def _bare(reference: Reference) -> Reference:
    return replace(reference, name=reference.name.removeprefix("."), id=reference.id[1:])
