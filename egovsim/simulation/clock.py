"""When a run begins, ends, steps and saves, and by which method."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import get_args

import numpy as np

from egovsim.compiler.steps import Steps
from egovsim.errors import InputError, unknown_name
from egovsim.model.argument_checks import finite_number
from egovsim.model.metrics import Metric
from egovsim.model.model import Clock, Method, Model
from egovsim.model.uneven_steps import UnevenSteps

_METHODS: tuple[Method, ...] = get_args(Method)
_MOST_STEPS = 1e9
"""The most steps of a run: an hour of the smallest model."""


def run_clock(
    model: Model,
    *,
    until: float | None = None,
    time_step: float | None = None,
    save_every: float | None = None,
    method: Method | None = None,
) -> tuple[Steps, Method]:
    """Return the clock of a run: the model's own, but for what is asked for.

    Parameters
    ----------
    model : Model
        What is run.
    until, time_step, save_every : float, optional
        End of the run, step and saving interval, in the model's time unit.
    method : {"euler", "rk2", "midpoint", "rk4"}, optional
        How to integrate.

    Returns
    -------
    Steps
        Start, step, number of steps and saving interval.
    str
        How to integrate.

    Raises
    ------
    InputError
        When a time is not finite, the end lies before the start, or the step does not divide the horizon.
    UnknownNameError
        When there is no such method.
    """
    clock = model.clock
    _refuse_not_finite(until=until, time_step=time_step, save_every=save_every)
    if until is not None and until < clock.start:
        raise InputError(f"until {until:g} lies before the model's start, {clock.start:g}; choose a later end.")
    stop = clock.stop if until is None else until
    changed = replace(clock, stop=stop, time_step=clock.time_step if time_step is None else time_step)
    wanted = clock.method if method is None else method
    if wanted not in _METHODS:
        raise unknown_name(f"{wanted}", _METHODS, what="a way to integrate")
    if clock.uneven is not None:
        return _uneven_steps(clock, clock.uneven, stop, changed.time_step, save_every), wanted
    count = _step_count(changed, place=model.file if until is None and time_step is None else "")
    return Steps(clock.start, changed.time_step, count, _save_steps(changed, save_every)), wanted


def _uneven_steps(clock: Clock, own: UnevenSteps, stop: float, time_step: float, save_every: float | None) -> Steps:
    """Return steps that change, each cut into equal parts where a step is asked for, up to an end among them."""
    parts = _whole_number(clock.time_step, time_step)
    if parts is None:
        text = f"time_step {time_step:g} is no whole part of {clock.time_step:g}"
        raise InputError(f"{text}, the shortest step of a run whose steps change; give it, or its half.")
    pairs = zip(own.times, own.lengths, strict=True)
    times = [time + number * length / parts for time, length in pairs for number in range(parts)][: 1 - parts or None]
    lengths = [length / parts for length in own.lengths for _ in range(parts)][: 1 - parts or None]
    count = min(range(len(times)), key=lambda number: abs(times[number] - stop))
    if abs(times[count] - stop) > 1e-9 * time_step * len(times):
        text = f"until {stop:g} is no instant of a run whose steps change and end at {clock.stop:g}"
        raise InputError(f"{text}; the nearest is {times[count]:.10g}.")
    saved = _saved_of_uneven(clock, own, parts, save_every, count)
    return Steps(
        clock.start, time_step, count, 1, UnevenSteps(tuple(times[: count + 1]), tuple(lengths[: count + 1]), saved)
    )


def _saved_of_uneven(
    clock: Clock, own: UnevenSteps, parts: int, save_every: float | None, count: int
) -> tuple[int, ...]:
    """Return the instants that the model saves, or all of its own, or all that there are."""
    if save_every is None:
        return tuple(number * parts for number in own.saved if number * parts <= count)
    for every, interval in ((1, clock.time_step / parts), (parts, clock.time_step)):
        if abs(save_every - interval) <= 1e-9 * interval:
            return tuple(range(0, count + 1, every))
    text = f"save_every {save_every:g} is not {clock.time_step:g}, the shortest step of a run whose steps change"
    raise InputError(f"{text}; give it to save every step, or leave it out.")


def _whole_number(whole: float, part: float) -> int | None:
    number = round(whole / part) if part > 0 else 0
    return number if number >= 1 and abs(whole - number * part) <= 1e-9 * whole else None


def refuse_uneven(steps: Steps, metrics: Sequence[Metric], *, model: Model, keeps_history: bool) -> None:
    """Refuse what counts steps, and so needs all of them to be of one length, where they are not.

    Parameters
    ----------
    steps : Steps
        The clock of the run.
    metrics : sequence of Metric
        What is computed while integrating.
    model : Model
        What is run.
    keeps_history : bool
        Whether the model has pipelines: fixed delays, conveyors and their like.

    Raises
    ------
    InputError
        When there is such a metric or pipeline.
    """
    if steps.is_even:
        return
    place = f"{model.file or model.name}: its steps change while it runs"
    sums = [metric.label for metric in metrics if metric.kind in ("integral", "mean")]
    if sums:
        raise InputError(f'{place}, and metric "{sums[0]}" adds steps up; choose one of another kind.')
    if keeps_history:
        text = "delays that keep what entered (DELAY FIXED and the like) count steps"
        raise InputError(f"{place}, and {text}; give TIME STEP a number, or use a delay of some order.")


def _refuse_not_finite(**times: float | None) -> None:
    for name, value in times.items():
        if value is not None:
            finite_number(value, name)


def _step_count(clock: Clock, *, place: str) -> int:
    """Return the number of steps from start to stop, which the step must divide to 1e-9 of a step."""
    where = f"{place}: " if place else ""
    if not clock.time_step > 0 or not np.isfinite(clock.time_step):
        raise InputError(f"{where}the time step {clock.time_step:g} must be above 0.")
    exact = (clock.stop - clock.start) / clock.time_step
    if not exact <= _MOST_STEPS:
        text = f"{clock.start:g} to {clock.stop:g} by {clock.time_step:g} is more than {_MOST_STEPS:g} steps"
        raise InputError(f"{where}{text}; choose a longer step or an earlier end.")
    count = round(exact)
    if abs(exact - count) > 1e-9 * max(1.0, abs(exact)):
        nearest = (clock.stop - clock.start) / max(count, 1)
        text = f"the time step {clock.time_step:g} does not divide the horizon {clock.start:g} to {clock.stop:g}"
        raise InputError(f"{where}{text}; the nearest that does is {nearest:.10g}.")
    return count


def _save_steps(clock: Clock, save_every: float | None) -> int:
    """Return how many steps there are from one saved instant to the next."""
    wanted = save_every if save_every is not None else clock.save_every
    if wanted is None:
        return 1
    exact = wanted / clock.time_step
    steps = max(1, round(exact))
    if save_every is not None and (save_every <= 0 or abs(exact - steps) > 1e-9 * steps):
        text = f"save_every {save_every:g} is not a multiple of the time step {clock.time_step:g}"
        raise InputError(f"{text}; the nearest is {steps * clock.time_step:g}.")
    return steps
