"""The time that a run covers, and whether what shall move its inputs lies within it.

Two rules keep a series from changing nothing in silence, as one in calendar years would in a model in weeks.

- A policy path or scenario starts within the run: at the model's start or later, and before the run's end. Without a
  start of its own it holds from the model's start on. One that sets nothing may start at any time.
- Every point of a series can be reached in the model's own time, up to its stop or to `until` where that is later; a
  run may end before a point is reached. A point beyond the end is of use only to a line that begins before it. A point
  before the start is of use only as the last one there: its value, or the line from it, holds at the start. The
  history in a profile may begin at any time, since what was so before the model begins is not wrong.
"""

from __future__ import annotations

from itertools import pairwise

from egovsim.errors import ValueRangeError
from egovsim.model.inputs import PolicyPath, Scenario, Series
from egovsim.model.model import Clock

_SLACK = 1e-6
"""Of a step; sums of steps are rounded."""


def start_of(path: PolicyPath | Scenario, clock: Clock) -> float:
    """Return the instant from which a policy path or a scenario holds.

    Parameters
    ----------
    path : PolicyPath or Scenario
        With or without a start of its own.
    clock : Clock
        The model's.

    Returns
    -------
    float
        Its own start, or else the model's, in the model's time unit.
    """
    return clock.start if path.start is None else path.start


def check_start(path: PolicyPath | Scenario, clock: Clock, *, stop: float | None = None, place: str) -> None:
    """Refuse a start outside the run, where the path would change nothing or begin before there is anything.

    Parameters
    ----------
    path : PolicyPath or Scenario
        What starts; one without series is never refused.
    clock : Clock
        The model's.
    stop : float, optional
        The end of the run, in the model's time unit; by default the model's.
    place : str
        What the message begins with: ``policy "bold"``.

    Raises
    ------
    ValueRangeError
        With the place, the start and the time that the run covers.
    """
    start, stop = start_of(path, clock), clock.stop if stop is None else stop
    moved = path.levers if isinstance(path, PolicyPath) else path.inputs
    slack = _SLACK * clock.time_step
    is_first = abs(start - clock.start) <= slack
    if moved and not is_first and not clock.start < start < stop - slack:
        text = f"its start, {start:g}, lies outside the run, {_span(clock, stop)}{_in_full(start, clock, stop)}"
        remedy = f"choose one from {clock.start:g} on and before {stop:g}, or leave it out to begin with the run"
        raise ValueRangeError(f"{place}: {text}; {remedy}.")


def check_points(
    series: Series, clock: Clock, *, until: float | None = None, place: str, is_history: bool = False
) -> None:
    """Refuse a point of a series that no run of the model could ever reach.

    Parameters
    ----------
    series : Series
        The values over time.
    clock : Clock
        The model's.
    until : float, optional
        The end of the run, which counts where it is later than the model's own.
    place : str
        What the message begins with: ``policy "bold": "Training places"``.
    is_history : bool
        Whether the series is the history of a profile, which may begin before the model's start.

    Raises
    ------
    ValueRangeError
        With the place, the instant and the time that the model covers.
    """
    if series.kind == "constant":
        return
    stop = clock.stop if until is None else max(clock.stop, until)
    slack = _SLACK * clock.time_step
    early = [] if is_history else [time for time, after in pairwise(series.times) if after <= clock.start + slack]
    lines = {end for begin, end in pairwise(series.times) if series.kind == "points" and begin < stop - slack}
    late = [time for time in series.times if time > stop + slack and time not in lines]
    for time in (*early, *late):
        text = f"its point at {time:g} lies outside the time of the model, {_span(clock, stop)}"
        full = _in_full(time, clock, stop)
        end = f"{clock.start:g}" if time in early else f"{stop:g}"
        remedy = f"leave it out, or move it to {end} or {'later' if time in early else 'earlier'}"
        raise ValueRangeError(f"{place}: {text}{full}, and can have no effect; {remedy}.")


def _in_full(time: float, clock: Clock, stop: float) -> str:
    """Return a hint where a year was written with two digits."""
    years = (century + time for century in (1900.0, 2000.0) if 0.0 <= time < 100.0)
    return "".join(
        f" (write {year:g} in full)" for year in years if clock.start > 100.0 and clock.start <= year <= stop
    )


def _span(clock: Clock, stop: float) -> str:
    return f"{clock.start:g} to {stop:g} {clock.unit}".rstrip()
