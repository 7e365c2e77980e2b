"""Which variables of a model a run stores, by the names that were asked for."""

from __future__ import annotations

from collections.abc import Sequence

from egovsim.errors import InputError
from egovsim.model.argument_checks import list_of
from egovsim.model.arrays import display_elements, product_of
from egovsim.model.model import Model
from egovsim.names import canonical, element_name
from egovsim.simulation.result import OutputVariable


def output_variables(model: Model, outputs: Sequence[str] | None, *, runs: int) -> tuple[OutputVariable, ...]:
    """Resolve what to store; each named variable once, an element alone as a scalar of its own.

    Parameters
    ----------
    model : Model
        What is run.
    outputs : sequence of str, optional
        Variables or elements; by default every variable that has values.
    runs : int
        How many runs there are; only of a single one every variable is stored.

    Returns
    -------
    tuple of OutputVariable
        In the order in which they were named.

    Raises
    ------
    InputError
        When one text stands for the list, a lookup is asked for, or several runs with every variable.
    UnknownNameError
        When a name is not in the model.
    """
    if isinstance(outputs, str):
        raise InputError(f'outputs must be a list of names, not one text; write ["{outputs}"].')
    if outputs is None:
        if runs > 1:
            raise InputError(f"{runs} runs with all variables would fill the memory; name outputs or metrics.")
        outputs = [variable.name for variable in model.variables if variable.kind != "lookup"]
    names = list_of(outputs, str, "outputs", remedy="give names of variables")
    found: dict[str, OutputVariable] = {}
    first = 0
    for name in names:
        output = _output(model, name, first)
        if output.name not in found:
            found[output.name] = output
            first = output.columns.stop
    return tuple(found.values())


def _output(model: Model, name: str, first: int) -> OutputVariable:
    elements, variable = model.elements_of(name), model.variable_of(name)
    if variable.kind == "lookup":
        raise InputError(f'"{variable.name}" is a lookup and has no trajectory; name a variable that uses it.')
    if canonical(name) != variable.id:
        shown = element_name(variable.name, display_elements(model, variable, elements[0]))
        return OutputVariable(shown, variable.unit, (), first)
    dimensions = tuple(
        (dimension, model.dimension_by_id[canonical(dimension)].elements) for dimension in variable.dimensions
    )
    every = product_of(model, variable)
    defined = None if len(elements) == len(every) else tuple(map(every.index, elements))
    return OutputVariable(variable.name, variable.unit, dimensions, first, defined)
