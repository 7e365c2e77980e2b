"""What the names of inputs stand for in a model, and whether their values may be set."""

from __future__ import annotations

import math
import warnings
from collections.abc import Iterable
from dataclasses import dataclass, field
from numbers import Real

from egovsim.compiler.build_cache import settable
from egovsim.errors import InputError, UnknownNameError, ValueRangeError
from egovsim.model.argument_checks import shown
from egovsim.model.inputs import START
from egovsim.model.model import Model
from egovsim.model.variable import Variable
from egovsim.names import scalar_id, split_element

InputIds = tuple[Variable, tuple[str, ...]]
"""A variable, and the ids of inputs in it."""


@dataclass(slots=True)
class _InputIds:
    """What names of one model stand for; a design of a hundred constants asks for each again at every run."""

    by_name: dict[str, InputIds] = field(default_factory=dict[str, InputIds])


def input_ids(model: Model, name: str, *, source: str = "") -> InputIds:
    """Return the variable and the ids of the inputs that a name stands for.

    Parameters
    ----------
    model : Model
        What is run.
    name : str
        A constant, a stock (its initial value is meant), or an element.
    source : str
        Who sets it, for messages: ``policy bold``.

    Returns
    -------
    tuple of Variable and tuple of str
        The variable, and the ids as a program calls its inputs.

    Raises
    ------
    UnknownNameError
        When no variable bears the name.
    InputError
        When the variable is computed, so that setting it would be ignored, or is a compile-time constant.
    """
    known = model.derived(_InputIds).by_name
    if name not in known:
        known[name] = _input_ids(model, name, source)
    return known[name]


def _input_ids(model: Model, name: str, source: str) -> tuple[Variable, tuple[str, ...]]:
    place = f"{source}: " if source else ""
    try:
        variable = model.variable_of(name)
    except UnknownNameError:
        raise model.unknown(split_element(name)[0], where=source) from None
    known = settable(model)
    inputs, fixed = known.inputs, known.compile_time
    ids = tuple(scalar_id(variable.id, elements) for elements in model.elements_of(name))
    if variable.kind == "stock":
        ids = tuple(id + START for id in ids)
    if not all(id in inputs for id in ids):
        remedy = f'to fix it, use hold(model, "{variable.name}")'
        what = "starts from other variables" if variable.kind == "stock" else "is computed by the model"
        raise InputError(f'{place}"{variable.name}" {what}, so it takes no value; {remedy}.')
    uses = [fixed[id] for id in ids if id in fixed]
    if uses:
        what = f"is {uses[0]}, which is fixed when the model is compiled"
        raise InputError(f'{place}"{variable.name}" {what}; change it in the file.')
    return variable, ids


def refuse_overlap(model: Model, names: Iterable[str], source: str) -> None:
    """Refuse two names of one source that set the same input: of two values one would be taken in silence.

    Parameters
    ----------
    model : Model
        What is run.
    names : iterable of str
        What the source sets.
    source : str
        Who sets it, for messages: ``policy bold``.

    Raises
    ------
    InputError
        When two spellings, or an array and an element of it, set one input.
    """
    set_by: dict[str, str] = {}
    for name in names:
        for id in input_ids(model, name, source=source)[1]:
            if id in set_by:
                raise InputError(f'{source}: "{set_by[id]}" and "{name}" set the same input; keep one.')
            set_by[id] = name


def check_value(model: Model, variable: Variable, value: float, *, source: str) -> None:
    """Refuse a value that is not finite or lies outside the range that the file declares.

    Where such a range only warns, as in a Vensim model, a `UserWarning` says so.

    Parameters
    ----------
    model : Model
        What is run.
    variable : Variable
        What is set.
    value : float
        In the variable's own unit.
    source : str
        Who sets it, for messages: ``policy bold``.

    Raises
    ------
    InputError
        When it is no number at all.
    ValueRangeError
        The message names the source, the variable, the value and its range.
    """
    if not isinstance(value, Real):
        raise InputError(f'{source}: "{variable.name}" is {shown(value)}, not a number; give a number or a Series.')
    if not math.isfinite(value):
        raise ValueRangeError(f'{source}: "{variable.name}" is {value}, not a finite number; give a number.')
    low, high = variable.bounds.low, variable.bounds.high
    if (low is not None and value < low) or (high is not None and value > high):
        allowed = f"{'-inf' if low is None else f'{low:g}'} to {'inf' if high is None else f'{high:g}'}"
        text = f'"{variable.name}" is {value:g}, outside its range {allowed} in {model.file or model.name}'
        if not variable.bounds.only_warns:
            raise ValueRangeError(f"{source}: {text}; choose a value inside.")
        warnings.warn(f"{source}: {text}; it is run all the same.", stacklevel=2)
