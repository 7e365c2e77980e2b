"""The macros of a Vensim file (its reference, "Macros")."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from egovsim.errors import ModelError
from egovsim.model.expression import Reference
from egovsim.names import canonical
from egovsim.readers.data.external_values import DataFiles
from egovsim.readers.expressions.context import Names
from egovsim.readers.expressions.dialects import BUILT_IN_NAMES
from egovsim.readers.macros import Macro
from egovsim.readers.vensim.definitions import definitions_of, read_dimensions
from egovsim.readers.vensim.entries import MacroText
from egovsim.readers.vensim.equations import Surroundings
from egovsim.readers.vensim.left_hand_side import LeftSide
from egovsim.readers.vensim.variables import read_variables


def read_macro(text: MacroText, lefts: Sequence[LeftSide], names: Names, files: DataFiles) -> Macro:
    """Read a macro; ``name$`` in its body is what the model calls so.

    Parameters
    ----------
    text : MacroText
        The macro.
    lefts : sequence of LeftSide
        The left sides of its entries.
    names : Names
        What names mean in the model.
    files : DataFiles
        The files that values may stand in.

    Returns
    -------
    Macro
        For `expand_macros`.

    Raises
    ------
    ModelError
        An equation does not parse, or the macro or one of its outputs has none.
    DataError
        A file, sheet or cell that values are taken from is missing.
    """
    dimensions = read_dimensions(lefts, files)
    definitions = definitions_of(lefts, dimensions)
    known = {id: tuple(axis.id for axis in definition.axes or ()) for id, definition in definitions.items()}
    clock = {**BUILT_IN_NAMES["vensim"], **names.built_in}
    inside = replace(
        names,
        variables={**known, **{canonical(name): () for name in text.inputs}},
        built_in={f"{name}$": value for name, value in clock.items()},
    )
    variables = tuple(read_variables(definitions, Surroundings(dimensions, inside, files)))
    defined = {variable.id for variable in variables}
    missing = [name for name in (text.name, *text.outputs) if canonical(name) not in defined]
    if missing:
        raise ModelError(f'{text.where}, "{text.name}": the macro has no equation for "{missing[0]}"; add it.')
    result = Reference(text.name, text.id, (), text.where)
    return Macro(text.name, text.inputs, result, variables, text.outputs, where=text.where)
