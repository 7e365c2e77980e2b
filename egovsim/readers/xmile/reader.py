"""XMILE files (OASIS XMILE 1.0): models, their modules and macros, made into one flat model.

What the standard has and this version cannot run becomes an `Unsupported` equation; what only shows
the model on a screen is counted.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from egovsim.model.expression import Call, Expression, Unsupported, rewrite
from egovsim.model.functions import ELEMENT
from egovsim.model.model import Model
from egovsim.model.notation import show
from egovsim.model.variable import Variable
from egovsim.readers.macros import expand_macros
from egovsim.readers.variable_expressions import with_expressions
from egovsim.readers.xmile.macros import macro_scopes, read_macro
from egovsim.readers.xmile.modules import (
    Place,
    Sources,
    from_the_top,
    full_names,
    other_children,
    places_of,
    sources_of,
    variables_in,
)
from egovsim.readers.xmile.other_parts import display_parts, refused_parts
from egovsim.readers.xmile.round_trip import put_back
from egovsim.readers.xmile.scope import Scope
from egovsim.readers.xmile.specs import unit_synonyms_of
from egovsim.readers.xmile.structure import XmileFile, name_of, outside_is_no_number, structure_of
from egovsim.readers.xmile.variables import display_features
from egovsim.readers.xmile.views import views_in
from egovsim.readers.xmile.xml import read_markup


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
    document = read_markup(path, root="xmile")
    file = structure_of(document)
    places = places_of(file)
    names = full_names(places)
    sources = sources_of(places, names)
    variables = [variable for place in places for variable in _variables(place, names, sources)]
    if outside_is_no_number(document):
        variables = [with_expressions(variable, _without_computed_subscripts) for variable in variables]
    in_macros = macro_scopes(file)
    macros = [read_macro(scope) for scope in in_macros]
    variables = expand_macros(list(map(from_the_top, variables)), macros, file.dimensions)
    views = views_in(document, file.root, variables)
    return Model(
        name=name_of(document),
        clock=file.clock,
        dimensions=tuple(file.dimensions.values()),
        variables=(*variables, *refused_parts(file, places)),
        views=views.views,
        file=document.source.file,
        ignored=_ignored(file, places, sources, in_macros, views.skipped),
        unit_synonyms=unit_synonyms_of(document),
    )


def _variables(place: Place, names: dict[str, str], sources: Sources) -> list[Variable]:
    """Return the variables of a place; in the whole model what `write_xmile` had to invent is put back."""
    found = variables_in(place, names, sources)
    if place.prefix:
        return found
    return put_back(found, {id: variable.element for id, variable in place.scope.variables.items()})


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


def _ignored(
    file: XmileFile, places: Sequence[Place], sources: Sources, macros: Sequence[Scope], objects: int
) -> tuple[str, ...]:
    """Return what was left out since it changes no number, each with its count, in the order of reading."""
    found = other_children(places)
    for place in places:
        found.update(display_features(place.scope, place.connected(sources)))
    for scope in macros:
        found.update(display_features(scope))
    if objects:
        found["objects of views"] += objects
    found.update(display_parts(file, places))
    return tuple(f"{name}: {count}" for name, count in found.items())
