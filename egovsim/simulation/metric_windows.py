"""Metrics as a kernel takes them: ids of scalars, windows in steps, thresholds."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, get_args

import numpy as np

from egovsim.compiler.steps import Steps
from egovsim.errors import InputError, unknown_name
from egovsim.model.argument_checks import finite_number, text_of
from egovsim.model.inputs import Floats
from egovsim.model.metrics import Metric, MetricKind
from egovsim.model.model import Model
from egovsim.names import element_name, scalar_id

_SLACK = 1e-6
"""Of a step; sums of steps are rounded."""


def check_metrics(metrics: Sequence[Metric]) -> None:
    """Refuse metrics of no known kind, and two different ones of one name.

    Parameters
    ----------
    metrics : sequence of Metric
        What is asked for.

    Raises
    ------
    UnknownNameError
        When there is no such kind.
    InputError
        When two bear one name.
    """
    kinds = get_args(MetricKind)
    labels: dict[str, Metric] = {}
    for metric in metrics:
        text_of(metric.variable, "a metric is of", remedy="give the name of a variable")
        if metric.kind not in kinds:
            raise unknown_name(f"{metric.kind}", kinds, what="a kind of metric")
        for name in ("start", "stop", "threshold"):
            if (value := getattr(metric, name)) is not None:
                finite_number(value, f'the {name} of the metric of "{metric.variable}"')
        if labels.setdefault(metric.label, metric) != metric:
            raise InputError(f'two metrics are called "{metric.label}"; give each a name of its own.')


def metric_id(model: Model, name: str) -> str:
    """Return the id of the one scalar that a metric is of.

    Parameters
    ----------
    model : Model
        What is run.
    name : str
        A scalar variable or an element.

    Returns
    -------
    str
        As a program calls it.

    Raises
    ------
    UnknownNameError
        When the name is not in the model.
    InputError
        When it is a whole array.
    """
    variable = model.variable_of(name)
    only, *others = model.elements_of(name)
    if others:
        known = ", ".join(element_name(variable.name, ids) for ids in (only, *others))
        raise InputError(f'a metric needs one element of "{variable.name}": {known}.')
    return scalar_id(variable.id, only)


def windows_of(metrics: Sequence[Metric], steps: Steps) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Return the windows of metrics in steps.

    Parameters
    ----------
    metrics : sequence of Metric
        What is asked for.
    steps : Steps
        The clock of the run.

    Returns
    -------
    int64, shape (metric, 2)
        The first and the last instant of each, counted from 0.

    Raises
    ------
    InputError
        When a window does not lie inside the run, or a mean is over no step.
    """
    rows = [_window(steps, metric) for metric in metrics]
    return np.array(rows, dtype=np.int64).reshape(-1, 2)


def _window(steps: Steps, metric: Metric) -> tuple[int, int]:
    stop = steps.stop
    first = steps.start if metric.start is None else metric.start
    last = stop if metric.stop is None else metric.stop
    slack = _SLACK * steps.time_step
    if not (steps.start - slack <= first <= last + slack and last <= stop + slack):
        text = f'metric "{metric.label}" covers {first:g} to {last:g}, the run {steps.start:g} to {stop:g}'
        raise InputError(f"{text}; choose a window inside the run.")
    window = steps.nearest(first), steps.nearest(last)
    if metric.kind == "mean" and window[0] == window[1]:
        raise InputError(f'metric "{metric.label}" is a mean over no step; choose a window of a step or more.')
    return window


def thresholds_of(metrics: Sequence[Metric]) -> Floats:
    """Return the thresholds of metrics.

    Parameters
    ----------
    metrics : sequence of Metric
        What is asked for.

    Returns
    -------
    float64, shape (metric,)
        In the unit of each metric's variable.
    """
    return np.array([metric.threshold for metric in metrics], dtype=np.float64)
