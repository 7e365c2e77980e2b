"""The one table of what a kernel is called with: both sides, the function's code and its caller, are made from it.

The order of the arguments stands here and nowhere else: `codegen/kernel_writer.py` names the arguments of the function
by the table, and `kernel.py` hands values over by name.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from operator import itemgetter
from typing import Any, Literal

NAME = "run_groups"
"""The function's name in an object file."""

Kind = Literal["whole number", "bits", "real", "vectors", "numbers", "whole numbers", "bytes"]
"""A whole number or 64 bits, a real number, or the address of vectors (of a lane a member), of numbers, of 64-bit whole
numbers, or of bytes."""


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument of the entry point.

    Parameters
    ----------
    name : str
        What both sides call it.
    kind : Kind
        Its type.
    shape : tuple of str
        What each dimension of the array goes over, the last the fastest; empty of a single value.
    unit : str
        In which unit it is.
    meaning : str
        One line.
    """

    name: str
    kind: Kind
    shape: tuple[str, ...]
    unit: str
    meaning: str


ARGUMENTS: tuple[Argument, ...] = (
    Argument("groups", "whole number", (), "1", "How many groups of members, each of as many as a vector has lanes."),
    Argument("inputs", "vectors", ("group", "input"), "the input's", "Values of the program's inputs."),
    Argument("series_count", "whole number", (), "1", "How many series there are."),
    Argument("series_slots", "whole numbers", ("series",), "1", "The place of each series' input among the inputs."),
    Argument("series_first", "whole numbers", ("series",), "instants", "The first instant at which each series holds."),
    Argument("series_values", "numbers", ("instant", "series"), "the input's", "Values of the series."),
    Argument("series_moves", "bytes", ("instant",), "1", "Not 0 where any series differs from the instant before."),
    Argument("times", "numbers", ("instant",), "time", "Every instant."),
    Argument("lengths", "numbers", ("instant",), "time", "How long the step from each instant is."),
    Argument("time_step", "real", (), "time", "How long every step is, where all are of one length."),
    Argument("steps", "whole number", (), "instants", "How many steps are made; there is one instant more."),
    Argument("saved", "whole number", (), "instants", "How many instants are saved."),
    Argument("saved_rows", "whole numbers", ("instant",), "1", "The row of each instant that is saved, else -1."),
    Argument("outputs", "numbers", ("member", "saved instant", "output"), "the output's", "Written: trajectories."),
    Argument("windows", "whole numbers", ("metric", "end"), "instants", "First and last instant of each metric."),
    Argument("thresholds", "numbers", ("metric",), "the metric's", "What some metrics compare with."),
    Argument("metrics", "vectors", ("group", "metric"), "the metric's", "Written: metrics."),
    Argument("failed", "vectors", ("group",), "instants", "Written: when a state first is not a finite number, or -1."),
    Argument("memory", "vectors", ("slot",), "the slot's", "The memory block, worked on by one group after another."),
    Argument("seed", "bits", (), "1", "Keys the model's random functions."),
    Argument("first_member", "whole number", (), "1", "The number of the first of these members in the design."),
    Argument("history", "vectors", ("row", "instant"), "the input's", "What pipelines keep; worked on like `memory`."),
)
"""All of them, in their order. An array is in one piece, as NumPy keeps it."""

_TYPES: dict[Kind, Any] = {"whole number": ctypes.c_int64, "bits": ctypes.c_uint64, "real": ctypes.c_double}
_VALUES_IN_ORDER: Callable[[Mapping[str, float]], tuple[float, ...]] = itemgetter(
    *(argument.name for argument in ARGUMENTS)
)


def callable_at(address: int) -> Callable[[Mapping[str, float]], None]:
    """Make a kernel's entry point callable from Python; the interpreter's lock is released meanwhile.

    Parameters
    ----------
    address : int
        Where the machine code stands.

    Returns
    -------
    callable
        Takes the value of every argument by its name, arrays by their addresses.
    """
    kinds = (_TYPES.get(argument.kind, ctypes.c_void_p) for argument in ARGUMENTS)
    function = ctypes.CFUNCTYPE(None, *kinds)(address)
    return lambda values: function(*_VALUES_IN_ORDER(values))
