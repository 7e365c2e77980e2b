"""The build cache: what was derived from a model before it could run, from the user's cache where it is there.

Nothing of the compiler is even imported for a model from a file that was run before: its code is found by the model's
identity and what is asked of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import llvmlite

from egovsim import cache
from egovsim.compiler import kernel
from egovsim.compiler.kernel import Code
from egovsim.model.metrics import MetricKind
from egovsim.model.model import Method, Model

if TYPE_CHECKING:
    from egovsim.compiler.program import Program

_CODE = cache.code_digest("names.py", "errors.py", "model", "compiler")
"""What this process runs: taken when it is loaded, so that a package that is replaced meanwhile is another one."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a model.

    Parameters
    ----------
    outputs : tuple of str
        Ids of scalars whose trajectories are stored.
    metrics : tuple of pairs of str
        Ids of scalars, each with the kind of a metric.
    method : {"euler", "rk2", "midpoint", "rk4"}
        How to integrate.
    """

    outputs: tuple[str, ...]
    metrics: tuple[tuple[str, MetricKind], ...]
    method: Method


@dataclass(frozen=True, slots=True)
class Settable:
    """What of a model can be set for a run, and what cannot.

    Parameters
    ----------
    inputs : mapping of str to float
        The ids of inputs, with their values in the file.
    compile_time : mapping of str to str
        What each compile-time constant is, by its id, as in ``the order of a delay in "y"``; it can be set in the
        file alone.
    """

    inputs: Mapping[str, float]
    compile_time: Mapping[str, str]


@dataclass(slots=True)
class _Known:
    """What can be set of one model; see `Model.derived`."""

    settable: Settable | None = None


def settable(model: Model) -> Settable:
    """Return what of a model can be set; found once for each model.

    Parameters
    ----------
    model : Model
        What is to be run.

    Returns
    -------
    Settable
        Its inputs and its compile-time constants.

    Raises
    ------
    ModelError
        When the model cannot be run.
    """
    known = model.derived(_Known)
    if known.settable is None:
        key = _key(model)
        known.settable = _settable(model) if key is None else cache.get_or_make("inputs", key, lambda: _settable(model))
    return known.settable


def _settable(model: Model) -> Settable:
    from egovsim.compiler.program import flatten

    flat = flatten(model)
    return Settable(flat.inputs, flat.compile_time_constants)


def code_for(model: Model, request: Request, lanes: int | None = None) -> Code:
    """Return machine code for what is asked of a model.

    Parameters
    ----------
    model : Model
        The model.
    request : Request
        What to compute.
    lanes : int, optional
        Members that one vector holds; by default what the processor's widest vectors take.

    Returns
    -------
    Code
        What a `Kernel` is made of.

    Raises
    ------
    ModelError
        When the model cannot be run.
    """
    lanes = lanes or kernel.native_lanes()
    key = _key(model)
    if key is not None:
        name = cache.get("program", (*key, request))
        code = cache.get("code", _code_key(name, lanes)) if isinstance(name, str) else None
        if isinstance(code, Code):
            return code
    program = program_of(model, request)
    code = _code_of(program, lanes)
    if key is not None:
        cache.put("program", (*key, request), _name(program))
    return code


def program_of(model: Model, request: Request) -> Program:
    """Return the program for what is asked of a model.

    Parameters
    ----------
    model : Model
        What is to be run.
    request : Request
        What to compute.

    Returns
    -------
    Program
        Of scalar assignments.

    Raises
    ------
    ModelError
        When the model cannot be run.
    """
    from egovsim.compiler.program import Accumulator, build_program

    metrics = tuple(Accumulator(id, kind) for id, kind in request.metrics)
    return build_program(model, request.outputs, metrics, request.method)


def name_of(model: Model, id: str) -> str:
    """Return the name of the variable or element that a scalar of a program is.

    Parameters
    ----------
    model : Model
        What is run.
    id : str
        The scalar, as the program calls it.

    Returns
    -------
    str
        As the modeller wrote it.
    """
    from egovsim.compiler.program import flatten

    return flatten(model).equations[id].name


def _code_of(program: Program, lanes: int) -> Code:
    from egovsim.compiler.codegen.machine_code import make_code

    return cache.get_or_make("code", _code_key(_name(program), lanes), lambda: make_code(program, lanes))


def _name(program: Program) -> str:
    return hashlib.sha256(repr(program).encode()).hexdigest()


def _key(model: Model) -> tuple[object, ...] | None:
    """Return what everything derived from a model depends on; None for a model that is not from a file."""
    return None if model.origin is None else (model.origin.key, _CODE)


def _code_key(name: str, lanes: int) -> tuple[object, ...]:
    return (name, lanes, llvmlite.__version__, *kernel.host(), _CODE)
