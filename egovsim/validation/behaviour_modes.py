"""Which of the field's modes of behaviour a trajectory shows (Sterman 2000, chapter 4), by rules simple enough to say.

A trajectory is brought to the range 0 to 1 and its turns are counted; a turn is a change of direction after a move of a
twentieth of the range or more, so that small ripples count for nothing.

- *constant*: its range is under a millionth of its largest value.
- *oscillation*: three turns or more.
- *overshoot*: one or two turns; what comes after the first is a return from above or below.
- no turn: the moves over the first, middle and last third of the time decide. Largest in the middle by a fifth or
  more, *S-shape*; any other fall, *decay*; a rise that is smaller at the end than in the beginning by a twentieth or
  more, *goal seeking*; any other rise, *growth*.
"""

from __future__ import annotations

import numpy as np

from egovsim.model.inputs import Floats
from egovsim.validation.declarations import Mode

_STILL = 1e-6
_TURN = 0.05
_STEEPER = 1.2
_FLATTER = 0.95


def mode_of(values: Floats) -> Mode | None:
    """Return the mode of behaviour of a trajectory.

    Parameters
    ----------
    values : float64, shape (time,)
        At equal intervals.

    Returns
    -------
    str or None
        One of `MODES`; None where the trajectory is not a number somewhere or has fewer than four values.
    """
    if len(values) < 4 or not np.isfinite(values).all():
        return None
    span = float(np.ptp(values))
    if span <= _STILL * float(np.abs(values).max()):
        return "constant"
    unit = (values - values.min()) / span
    turns = len(_extremes(unit))
    if turns:
        return "oscillation" if turns >= 3 else "overshoot"
    return _without_turns(unit)


def _extremes(unit: Floats) -> list[float]:
    """Return the values at which a trajectory turns by a twentieth of its range or more, in order."""
    found: list[float] = []
    lowest = highest = float(unit[0])
    direction = 0
    for value in map(float, unit):
        lowest, highest = min(lowest, value), max(highest, value)
        if direction >= 0 and value <= highest - _TURN:
            if direction > 0:
                found.append(highest)
            direction, lowest = -1, value
            highest = value
        elif direction <= 0 and value >= lowest + _TURN:
            if direction < 0:
                found.append(lowest)
            direction, highest = 1, value
            lowest = value
    return found


def _without_turns(unit: Floats) -> Mode:
    rising = unit[-1] > unit[0]
    trajectory = unit if rising else 1.0 - unit
    thirds = np.interp([0.0, 1 / 3, 2 / 3, 1.0], np.linspace(0.0, 1.0, len(trajectory)), trajectory)
    first, middle, last = map(float, np.diff(thirds))
    if middle >= _STEEPER * max(first, last):
        return "S-shape"
    if not rising:
        return "decay"
    return "growth" if last >= _FLATTER * first else "goal seeking"
