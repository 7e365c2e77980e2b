"""XMILE files (OASIS XMILE 1.0): models, their modules and macros, of one file or several, made into one flat model.

What the standard has and this version cannot run becomes an `Unsupported` equation; what only shows
the model on a screen is counted.
"""

from __future__ import annotations

import os
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from egovsim.model.expression import Call, Expression, Unsupported, rewrite
from egovsim.model.functions import ELEMENT
from egovsim.model.model import Model
from egovsim.model.notation import show
from egovsim.model.variable import Variable
from egovsim.readers.data.given import NOTHING_GIVEN, GivenData
from egovsim.readers.macros import expand_macros
from egovsim.readers.variable_expressions import with_expressions
from egovsim.readers.xmile.clock import named_values
from egovsim.readers.xmile.connections import Connections, connected, connections_of, other_children, unconnected_inputs
from egovsim.readers.xmile.data_links import import_data
from egovsim.readers.xmile.macros import macro_scopes, macros_of
from egovsim.readers.xmile.module_files import ModuleFiles
from egovsim.readers.xmile.modules import Place, from_the_top, full_names, places_of, variables_in
from egovsim.readers.xmile.other_parts import display_parts, refused_parts
from egovsim.readers.xmile.round_trip import put_back
from egovsim.readers.xmile.scope import Scope
from egovsim.readers.xmile.specs import unit_synonyms_of
from egovsim.readers.xmile.structure import name_of, outside_is_no_number, structure_of
from egovsim.readers.xmile.variables import display_features, required_ids
from egovsim.readers.xmile.views import views_in
from egovsim.readers.xmile.xml import read_markup


def read_xmile(path: Path, *, given: GivenData = NOTHING_GIVEN) -> Model:
    """Read an XMILE file, and the files of its modules.

    Parameters
    ----------
    path : Path
        The file.
    given : GivenData, optional
        Folders outside that of the file in which files of modules may stand, and files of imports that are asked for,
        or lie elsewhere than the model says.

    Returns
    -------
    Model
        With what cannot be run as `Unsupported` equations. A variable of a module is named
        ``module.variable``, one of a macro's instance after the variable that calls it.

    Raises
    ------
    ModelError
        It is not well-formed XML, not XMILE, an equation does not parse, a name is borne twice, a stock, group or
        array names what does not exist, or a file of a module is missing or may not be read.
    DataError
        A file of data cannot be read, or holds what cannot be imported; or a file is given that nothing imports.
    """
    document = read_markup(path, root="xmile")
    files = ModuleFiles(structure_of(path, document), given.modules)
    places = places_of(files)
    names = full_names(places)
    connections = connections_of(places, names)
    dimensions = {id: dimension for file in files.files for id, dimension in file.dimensions.items()}
    variables = _variables(places, names, connections)
    if outside_is_no_number(document):
        variables = [with_expressions(variable, _without_computed_subscripts) for variable in variables]
    in_macros = [scope for file in files.files for scope in macro_scopes(file)]
    variables = list(map(from_the_top, variables))
    imported = import_data(files.files, variables, tuple(dimensions.values()), given)
    variables = expand_macros(imported.variables, macros_of(in_macros), dimensions)
    required = frozenset(f"{place.begin}{id}" for place in places for id in _required(place, connections))
    required -= imported.changed
    unconnected = unconnected_inputs(places, connections.fed | required)
    views = views_in(document, files.files[0].root, variables)
    return Model(
        name=name_of(document),
        clock=files.files[0].clock,
        dimensions=tuple(dimensions.values()),
        variables=(*variables, *refused_parts(files.files, places)),
        views=views.views,
        file=document.source.file,
        ignored=_ignored(files, places, connections, in_macros, views.skipped, imported.ignored),
        unit_synonyms=tuple(dict.fromkeys(unit for file in files.files for unit in unit_synonyms_of(file.document))),
        sources=(*(os.path.relpath(file, path.parent) for file in files.paths), *imported.sources),
        left_out=(*named_values(document), *files.notes, *connections.left_out, *unconnected, *imported.left_out),
        required=required,
    )


def _variables(places: Sequence[Place], names: Mapping[str, str], connections: Connections) -> list[Variable]:
    """Return the variables of all places; in the whole model what `write_xmile` had to invent is put back."""
    read = [variables_in(place, names, connections.fed) for place in places]
    found = connected([variable for variables in read for variable in variables], connections)
    own, others = found[: len(read[0])], found[len(read[0]) :]
    return [*put_back(own, {id: variable.element for id, variable in places[0].scope.variables.items()}), *others]


def _required(place: Place, connections: Connections) -> frozenset[str]:
    return required_ids(place.scope, place.own_ids(connections.fed))


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
    files: ModuleFiles,
    places: Sequence[Place],
    connections: Connections,
    macros: Sequence[Scope],
    objects: int,
    data: Counter[str],
) -> tuple[str, ...]:
    """Return what was left out since it changes no number, each with its count, in the order of reading."""
    found = other_children(places)
    for place in places:
        found.update(display_features(place.scope, place.own_ids(connections.fed)))
    for scope in macros:
        found.update(display_features(scope))
    if objects:
        found["objects of views"] += objects
    found.update(display_parts(files.files, places))
    found.update(data)
    return tuple(f"{name}: {count}" for name, count in found.items())
