"""Vensim's .mdl files.

An equation for a part of a dimension, or with exceptions, becomes one for each of its elements; mappings of
dimensions stay with the dimensions.  What cannot be run becomes an `Unsupported` equation with its text and line.
The integration method is the one that the settings at a file's end name, Euler's where they name none.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from egovsim.model.model import Clock, Dimension, Model
from egovsim.readers.data.exported_runs import exports_of
from egovsim.readers.data.external_values import DataFiles
from egovsim.readers.data.functions import exogenous, resolve_data_functions
from egovsim.readers.data.given import NOTHING_GIVEN, GivenData
from egovsim.readers.data.missing_series import without_series
from egovsim.readers.expressions.context import Names
from egovsim.readers.macros import expand_macros
from egovsim.readers.vensim.definitions import (
    Definition,
    definitions_of,
    read_dimensions,
    read_left_sides,
    without_drawn_causes,
)
from egovsim.readers.vensim.entries import VensimText, read_vensim_text
from egovsim.readers.vensim.equations import Surroundings
from egovsim.readers.vensim.macros import read_macro
from egovsim.readers.vensim.reality_checks import is_reality_check, read_reality_checks
from egovsim.readers.vensim.sim_specs import method_of, read_clock
from egovsim.readers.vensim.sketch import read_sketches
from egovsim.readers.vensim.variables import read_variables


def read_vensim(path: Path, *, given: GivenData = NOTHING_GIVEN) -> Model:
    """Read a Vensim model.

    Parameters
    ----------
    path : Path
        The .mdl file.
    given : GivenData, optional
        Exported runs (.dat, .tab, .csv) with the series of data variables, files that tags stand for, and what to
        do without a series. Without a file, the exports beside the model that bear the names of the data sets in its
        settings are read.

    Returns
    -------
    Model
        With what cannot be run as `Unsupported` equations.

    Raises
    ------
    ModelError
        It is not a Vensim model, an equation does not parse, or a name is borne twice.
    DataError
        A file, sheet or cell that the model takes values from is missing, or holds no number; or a
        tag is given that the model has not.
    UnsupportedError
        A control variable (FINAL TIME and its like) is not a number.
    """
    text = read_vensim_text(path)
    file = text.source.file
    runs = given.files or exports_of(text.datasets, path.parent)
    files = DataFiles(path.parent, runs, text.tags, dict(given.tags), given.missing)
    every = read_left_sides(text.entries)
    lefts = without_drawn_causes(every)
    dimensions = read_dimensions(lefts, files)
    definitions = definitions_of(lefts, dimensions)
    names = _names(definitions, text, dimensions)
    method, not_of_method = method_of(text.integration, file)
    timing = read_clock(definitions, names, files, file)
    clock = replace(timing.clock, method=method)
    names = replace(names, built_in={"saveper": _save_every(clock), **timing.changing})
    variables = read_variables(definitions, Surroundings(dimensions, names, files))
    macro_lefts = [read_left_sides(macro.entries) for macro in text.macros]
    macros = [read_macro(macro, inside, names, files) for macro, inside in zip(text.macros, macro_lefts, strict=True)]
    variables = expand_macros(variables, macros, dimensions)
    variables, missing = without_series([*variables, *exogenous(variables, files)])
    variables = tuple(resolve_data_functions(variables))
    files.refuse_unused_tags(file)
    reality_checks, unread = read_reality_checks(list(filter(is_reality_check, text.entries)), names)
    sketches = read_sketches(text.end, variables)
    causes = sum(left.ignores for sides in (lefts, *macro_lefts) for left in sides)
    return Model(
        name=file.rsplit(".", 1)[0],
        clock=clock,
        dimensions=tuple(dimensions.values()),
        variables=variables,
        file=file,
        ignored=_ignored(causes, len(every) - len(lefts), sketches.skipped),
        unit_synonyms=text.unit_synonyms,
        views=sketches.views,
        reality_checks=reality_checks,
        sources=files.sources,
        left_out=(*files.left_out.values(), *not_of_method, *unread, *missing),
    )


def _names(definitions: Mapping[str, Definition], text: VensimText, dimensions: Mapping[str, Dimension]) -> Names:
    """Return what names in the equations of a file mean."""
    return Names(
        variables={id: tuple(axis.id for axis in definition.axes or ()) for id, definition in definitions.items()},
        macros={macro.id for macro in text.macros},
        date=text.date,
        repeating={id for id, dimension in dimensions.items() if dimension.has_repeats},
    )


def _save_every(clock: Clock) -> float:
    """Return what SAVEPER is in equations."""
    return clock.time_step if clock.save_every is None else clock.save_every


def _ignored(causes: int, drawn: int, objects: int) -> tuple[str, ...]:
    """Return what was left out since it changes no number, each with its count."""
    counts = {
        "lists of causes that are none (:IGNORE:)": causes,
        "lists of causes beside an equation (A FUNCTION OF)": drawn,
        "objects of sketches": objects,
    }
    return tuple(f"{name}: {count}" for name, count in counts.items() if count)
