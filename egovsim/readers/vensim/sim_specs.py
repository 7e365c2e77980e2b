"""The clock of a Vensim file: its control variables, worked out from the constants they are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from egovsim.errors import ModelError, UnsupportedError
from egovsim.model.expression import ClockName, Expression, Where
from egovsim.model.model import Clock, LeftOut, Method
from egovsim.readers.constant_values import constant_value
from egovsim.readers.data.external_values import DataFiles
from egovsim.readers.expressions.context import Names
from egovsim.readers.expressions.transformer import Constants, Integral
from egovsim.readers.vensim.definitions import Definition, refuse_second_equation
from egovsim.readers.vensim.equations import external_equations, parse_right_side
from egovsim.readers.vensim.left_hand_side import LeftSide, units_and_bounds

CONTROLS: Mapping[str, ClockName | None] = {
    "initial time": "initial time",
    "final time": "final time",
    "time step": "time step",
    "saveper": None,
}
"""Variables that control a run, and the value of the clock each is."""

METHODS: Mapping[int, Method] = {0: "euler", 1: "rk4", 2: "euler", 3: "midpoint", 4: "midpoint", 5: "rk4"}
"""The integration methods by their number in the settings of a file, as the open translator xmutil reads it."""

NOT_QUITE: Mapping[int, str] = {
    1: "the settings ask for steps of automatic length (RK4 Auto), and every step is the TIME STEP here",
    2: "the settings ask for auxiliaries as they were at the save before (Diff), and they are the present ones here",
    3: "the settings ask for steps of automatic length (RK2 Auto), and every step is the TIME STEP here",
}
"""What of a method is left out (Vensim's reference, "Selecting an Integration Technique"); which number is the
automatic one of two is unverified."""


@dataclass(frozen=True)
class _Control:
    """A control variable: its left side, and its equation; None where that is no expression."""

    left: LeftSide
    expression: Expression | None


def read_clock(definitions: Mapping[str, Definition], names: Names, files: DataFiles, file: str) -> Clock:
    """Read the control variables of a file.

    A control variable may be computed from constants, those that stand in other files included. It is worked out
    here, once: to set those constants for a run does not move the clock.

    Parameters
    ----------
    definitions : mapping of str to Definition
        The variables of the file by id.
    names : Names
        What names in equations mean.
    files : DataFiles
        The files that values may stand in.
    file : str
        The file's name, for messages.

    Returns
    -------
    Clock
        In the unit of TIME STEP, with Euler's method.

    Raises
    ------
    ModelError
        A control variable is missing or defined twice, does not parse, or its value makes no run.
    DataError
        A file or cell that a control variable takes its value from is missing, or holds no number.
    UnsupportedError
        A control variable changes while the model runs.
    """
    controls = {id: _control(definition, names, files) for id, definition in definitions.items() if id in CONTROLS}
    for name in ("initial time", "final time", "time step"):
        if name not in controls:
            raise ModelError(f"{file}: there is no {name.upper()}; add it to the equations.")

    def equation(id: str) -> Expression | None:
        """Return the equation of a control variable, or of a scalar that one is made of."""
        if id == "time":
            return None
        if id in controls:
            return controls[id].expression
        sides = definitions[id].lefts if id in definitions else ()
        return _scalar(sides[0], names, files) if len(sides) == 1 else None

    value = {name: _value(control, equation) for name, control in controls.items()}
    step, stop = controls["time step"].left, controls["final time"].left
    if value["time step"] <= 0:
        raise ModelError(f'{step.where}, "TIME STEP": it is {value["time step"]:g}; it must be above 0.')
    if value["final time"] <= value["initial time"]:
        raise ModelError(f'{stop.where}, "FINAL TIME": it is not after INITIAL TIME; give a later time.')
    save = value.get("saveper")
    if not save or save == value["time step"]:
        save = None
    unit, _ = units_and_bounds(step.entry.units)
    return Clock(value["initial time"], value["final time"], value["time step"], save, "euler", unit)


def _control(definition: Definition, names: Names, files: DataFiles) -> _Control:
    refuse_second_equation(definition)
    return _Control(definition.lefts[0], _scalar(definition.lefts[0], names, files))


def _scalar(left: LeftSide, names: Names, files: DataFiles) -> Expression | None:
    """Return the equation of a scalar; None of anything else."""
    if left.subscripts or left.sign not in ("=", "=="):
        return None
    external = external_equations(left, {}, files)
    if external is not None:
        return external[0].expression
    right = parse_right_side(left, names)
    return None if isinstance(right, Integral | Constants) else right


def _value(control: _Control, equation: Callable[[str], Expression | None]) -> float:
    value = constant_value(control.left.id, equation)
    if value is None or not math.isfinite(value):
        raise UnsupportedError(
            f'{control.left.where}, "{control.left.name}": a control variable that is computed from more than '
            "constants cannot be run yet; write a number, or the name of another control variable."
        )
    return value


def method_of(number: int | None, file: str) -> tuple[Method, tuple[LeftOut, ...]]:
    """Return the method that the settings of a file ask for.

    Parameters
    ----------
    number : int or None
        The method's number in the settings; None where they name none, which is Euler's.
    file : str
        The file's name, for messages.

    Returns
    -------
    str
        How the model is integrated.
    tuple of LeftOut
        What of the method is left out.
    """
    if number is None:
        return "euler", ()
    text = NOT_QUITE.get(number)
    if number not in METHODS:
        text = f"the settings ask for an integration method of the unknown number {number}, and Euler's is used"
    left_out = () if text is None else (LeftOut("TIME STEP", text, Where(file)),)
    return METHODS.get(number, "euler"), left_out
