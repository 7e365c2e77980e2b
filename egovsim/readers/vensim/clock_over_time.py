"""A clock whose control variables change while the model runs: stepped through from the time and constants alone.

What recorded runs show: a run ends at the first instant that is not before the FINAL TIME of that instant. Where
equations use a control variable that changes they mean its value of now (Vensim's reference, "Simulation Control
Parameters": they are model variables like any other).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from egovsim.errors import ModelError
from egovsim.model.expression import ClockValue, Expression, Reference, rewrite
from egovsim.model.uneven_steps import UnevenSteps

MOST_INSTANTS = 100_000
"""So many are stepped through before a run counts as one without an end."""

_SLACK = 1e-6
"""Of a step; sums of steps are rounded."""


def last_instant(start: float, step: float, final_time: Callable[[float], float]) -> float | None:
    """Find when a run ends whose end changes meanwhile.

    Parameters
    ----------
    start, step : float
        When it begins, and how far it moves at once.
    final_time : callable
        ``final_time(now)`` returns the end as it is at an instant.

    Returns
    -------
    float or None
        The first instant that is not before the end; None where there is none within `MOST_INSTANTS`.
    """
    for number in range(MOST_INSTANTS + 1):
        now = start + number * step
        if now >= final_time(now) - _SLACK * step:
            return now
    return None


@dataclass(frozen=True)
class Controls:
    """What control variables are at an instant.

    Parameters
    ----------
    time_step, saveper, final_time : callable
        ``time_step(now)`` returns the value; not a number where there is none. A saving interval of 0 is a step.
    """

    time_step: Callable[[float], float]
    saveper: Callable[[float], float]
    final_time: Callable[[float], float]


def stepped_through(start: float, controls: Controls) -> UnevenSteps | None:
    """Find the instants of a run whose steps or saving interval change.

    A step is as long as the TIME STEP of the instant that it is made from, and what is saved next is the first instant
    that is not before the last one saved and the SAVEPER of then, as a recorded run has it.

    Parameters
    ----------
    start : float
        When it begins.
    controls : Controls
        Of the file.

    Returns
    -------
    UnevenSteps or None
        None where there is no end within `MOST_INSTANTS`, or a step is not above 0.
    """
    times, lengths, saved = [start], list[float](), list[int]()
    base, count, due = start, 0, start
    for number in range(MOST_INSTANTS + 1):
        now = times[number]
        length, interval = controls.time_step(now), controls.saveper(now)
        if not 0.0 < length < math.inf or math.isnan(interval):
            return None
        slack = _SLACK * length
        if now >= due - slack:
            saved.append(number)
            due = now + interval
        base, count = (base, count + 1) if lengths and length == lengths[-1] else (now, 1)
        lengths.append(length)
        if now >= controls.final_time(now) - slack:
            return UnevenSteps(tuple(times), tuple(lengths), tuple(saved))
        times.append(base + count * length)
    return None


def in_equations(changing: Mapping[str, Expression], file: str) -> dict[str, Expression]:
    """Return what control variables that change are in equations.

    Parameters
    ----------
    changing : mapping of str to Expression
        Their own equations by their ids.
    file : str
        The file's name, for messages.

    Returns
    -------
    dict of str to Expression
        The same, with the equations of others in the place of their names.

    Raises
    ------
    ModelError
        When they are made of each other.
    """

    def without_names(expression: Expression) -> Expression:
        for _ in range(len(changing) + 1):
            found: list[str] = []

            def put_in_place(node: Expression, found: list[str] = found) -> Expression:
                id = node.which if isinstance(node, ClockValue) else node.id if isinstance(node, Reference) else ""
                if id in changing:
                    found.append(id)
                    return changing[id]
                return node

            expression = rewrite(expression, put_in_place)
            if not found:
                return expression
        names = " and ".join(id.upper() for id in changing)
        raise ModelError(f"{file}: {names} change and are made of each other; use numbers in one of them.")

    return {id: without_names(expression) for id, expression in changing.items()}
