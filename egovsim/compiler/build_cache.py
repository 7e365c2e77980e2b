"""What running a model takes, from the user's cache where it was worked out before.

Nothing of the compiler is even imported for a model from a file that was run before: its code is found by the model's
identity and what is asked of it.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import llvmlite

from egovsim.cache import code_digest, keep, kept, recall
from egovsim.compiler import kernel
from egovsim.compiler.kernel import Code
from egovsim.model.metrics import MetricKind
from egovsim.model.model import IDENTITY, Method, Model

if TYPE_CHECKING:
    from egovsim.compiler.program import Program

_CODE = code_digest("names.py", "errors.py", "model", "compiler")
"""What this process runs: taken when it is loaded, so that a package that is replaced meanwhile is another one."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked of a model: ids of scalars whose course is kept, metrics of scalars, how to integrate."""

    outputs: tuple[str, ...]
    metrics: tuple[tuple[str, MetricKind], ...]
    method: Method


@dataclass(frozen=True, slots=True)
class Settable:
    """The inputs of a model with their values in the file.

    `shaping` maps the id of every constant that shapes the model to what it is, as in ``the order of a delay in
    "y"``; it can be set in the file alone.
    """

    inputs: Mapping[str, float]
    shaping: Mapping[str, str]


def settable(model: Model) -> Settable:
    """Return the inputs of a model; found once for each model.

    Raises
    ------
    ModelError
        When the model cannot be run.
    """
    known = model.memo.get("settable")
    if isinstance(known, Settable):
        return known
    key = _key(model)
    found = _settable(model) if key is None else kept("inputs", key, lambda: _settable(model))
    model.memo["settable"] = found
    return found


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

    Raises
    ------
    ModelError
        When the model cannot be run.
    """
    lanes = lanes or kernel.native_lanes()
    key = _key(model)
    if key is not None:
        name = recall("program", (*key, request))
        code = recall("code", _code_key(name, lanes)) if isinstance(name, str) else None
        if isinstance(code, Code):
            return code
    program = program_of(model, request)
    code = code_of(program, lanes)
    if key is not None:
        keep("program", (*key, request), _name(program))
    return code


def program_of(model: Model, request: Request) -> Program:
    """Return the program for what is asked of a model.

    Raises
    ------
    ModelError
        When the model cannot be run.
    """
    from egovsim.compiler.program import Accumulator, build_program

    metrics = tuple(Accumulator(id, kind) for id, kind in request.metrics)
    return build_program(model, request.outputs, metrics, request.method)


def name_of(model: Model, id: str) -> str:
    """Return the name of the variable or element that a scalar of a program is."""
    from egovsim.compiler.program import flatten

    return flatten(model).equations[id].name


def code_of(program: Program, lanes: int) -> Code:
    """Return the machine code of a program."""
    from egovsim.compiler.codegen.machine_code import make_code

    return kept("code", _code_key(_name(program), lanes), lambda: make_code(program, lanes))


def _name(program: Program) -> str:
    return hashlib.sha256(repr(program).encode()).hexdigest()


def _key(model: Model) -> tuple[object, ...] | None:
    """Return what everything derived from a model depends on; None for a model that is not from a file."""
    identity = model.memo.get(IDENTITY)
    return None if identity is None else (identity, _CODE)


def _code_key(name: str, lanes: int) -> tuple[object, ...]:
    return (name, lanes, llvmlite.__version__, *kernel.host(), _CODE)
