"""The clock of a Vensim file: its control variables, worked out from the constants they are made of."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import partial

from egovsim.errors import ModelError, UnsupportedError
from egovsim.model.expression import ClockName, Expression, Number, Where
from egovsim.model.model import Clock, LeftOut, Method
from egovsim.readers.constant_values import constant_value
from egovsim.readers.data.external_values import DataFiles
from egovsim.readers.expressions.context import Names
from egovsim.readers.expressions.transformer import Constants, Integral
from egovsim.readers.vensim.clock_over_time import MOST_INSTANTS, Controls, in_equations, last_instant, stepped_through
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


@dataclass(frozen=True)
class VensimClock:
    """The clock of a file, and what changes while it runs.

    Parameters
    ----------
    clock : Clock
        When the model runs.
    changing : dict of str to Expression
        The equations of control variables that change, by their ids.
    """

    clock: Clock
    changing: dict[str, Expression]


def read_clock(definitions: Mapping[str, Definition], names: Names, files: DataFiles, file: str) -> VensimClock:
    """Read the control variables of a file.

    A control variable may be computed from constants, those that stand in other files included, and from the time. They
    are worked out here, once: to set those constants for a run does not move the clock.

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
    VensimClock
        In the unit of TIME STEP, with Euler's method.

    Raises
    ------
    ModelError
        A control variable is missing or defined twice, does not parse, or its value makes no run.
    DataError
        A file or cell that a control variable takes its value from is missing, or holds no number.
    UnsupportedError
        A control variable is computed from more than constants and the time.
    """
    controls = {id: _control(definition, names, files) for id, definition in definitions.items() if id in CONTROLS}
    for name in ("initial time", "final time", "time step"):
        if name not in controls:
            raise ModelError(f"{file}: there is no {name.upper()}; add it to the equations.")
    known: dict[str, Expression | None] = {id: control.expression for id, control in controls.items()}

    def equation(id: str) -> Expression | None:
        """Return the equation of a control variable, or of a scalar that one is made of."""
        if id not in known:
            sides = definitions[id].lefts if id in definitions and id != "time" else ()
            known[id] = _scalar(sides[0], names, files) if len(sides) == 1 else None
        return known[id]

    values = _Values(controls, equation)
    start, unit = values.start(), units_and_bounds(controls["time step"].left.entry.units)[0]
    clock = values.even(start, unit) if values.are_constant("time step", "saveper") else values.uneven(start, unit)
    return VensimClock(clock, in_equations(values.changing, file))


class _Values:
    """Works control variables out, and notes which of them change."""

    def __init__(self, controls: Mapping[str, _Control], equation: Callable[[str], Expression | None]) -> None:
        self._controls, self._equation = controls, equation
        self.changing: dict[str, Expression] = {}

    def are_constant(self, *names: str) -> bool:
        """Return whether those of some that there are never change."""
        return all(self._is_constant(name) for name in names if name in self._controls)

    def even(self, start: float, unit: str) -> Clock:
        """Return the clock of a run with steps of one length."""
        step, save = self._at("time step", start), self._at("saveper", start) if "saveper" in self._controls else 0.0
        if step <= 0:
            left = self._controls["time step"].left
            raise ModelError(f'{left.where}, "TIME STEP": it is {step:g}; it must be above 0.')
        stop = self._stop(start, step)
        return Clock(start, stop, step, None if not save or save == step else save, "euler", unit)

    def uneven(self, start: float, unit: str) -> Clock:
        """Return the clock of a run whose steps or saving interval change."""
        changing = [name for name in ("time step", "saveper", "final time") if not self.are_constant(name)]
        for name in changing:
            if not math.isfinite(self._at(name, start)):
                raise self._not_worked_out(name)
            if name != "time step":  # the time step of an instant is a value of the clock there
                self._note(name)
        at = {name: partial(self._at, name) for name in ("time step", "saveper", "final time")}
        saved = at["saveper"] if "saveper" in self._controls else at["time step"]
        uneven = stepped_through(start, Controls(at["time step"], saved, at["final time"]))
        if uneven is None or len(uneven.times) < 2:
            text = f"no run comes of it: no end within {MOST_INSTANTS} steps, or a step that is not above 0"
            raise ModelError(f'{self._controls[changing[0]].left.where}, "{changing[0].upper()}": {text}; change it.')
        return Clock(start, uneven.times[-1], min(uneven.lengths), None, "euler", unit, uneven)

    def _is_constant(self, name: str) -> bool:
        value = constant_value(name, self._equation)
        return value is not None and math.isfinite(value)

    def start(self) -> float:
        """Return the first instant: where INITIAL TIME changes, what it is at time 0, if it is the same at itself."""
        value = constant_value("initial time", self._equation)
        if value is not None and math.isfinite(value):
            return value
        value = self._at("initial time", 0.0)
        if not math.isfinite(value):
            raise self._not_worked_out("initial time")
        if self._at("initial time", value) != value:
            raise self._unsupported("initial time", "it is another one at the time that it gives; write a number")
        self._note("initial time")
        return value

    def _stop(self, start: float, step: float) -> float:
        """Return the last instant."""
        left = self._controls["final time"].left
        value = constant_value("final time", self._equation)
        if value is None or not math.isfinite(value):
            if not math.isfinite(self._at("final time", start)):
                raise self._not_worked_out("final time")
            self._note("final time")
            value = last_instant(start, step, lambda now: self._at("final time", now))
        if value is None:
            text = f"the run has not come to it after {MOST_INSTANTS} steps; let it be reached"
            raise ModelError(f'{left.where}, "FINAL TIME": {text}.')
        if value <= start:
            raise ModelError(f'{left.where}, "FINAL TIME": it is not after INITIAL TIME; give a later time.')
        return value

    def _at(self, name: str, now: float) -> float:
        """Return the value at an instant; not a number where it is made of more than constants and the time."""
        value = constant_value(name, lambda id: Number(now) if id == "time" else self._equation(id))
        return math.nan if value is None else value

    def _note(self, name: str) -> None:
        expression = self._controls[name].expression
        assert expression is not None
        self.changing[name] = expression

    def _not_worked_out(self, name: str) -> UnsupportedError:
        text = "a control variable that is computed from more than constants and the time cannot be run yet"
        return self._unsupported(name, f"{text}; write a number, or the name of another control variable")

    def _unsupported(self, name: str, text: str) -> UnsupportedError:
        left = self._controls[name].left
        return UnsupportedError(f'{left.where}, "{left.name}": {text}.')


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
