"""Numbers that are computed while a run integrates, so that no trajectory need be stored."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from egovsim.public import set_module

MetricKind = Literal["at", "first_at_or_above", "integral", "mean", "minimum", "maximum"]


@set_module("egovsim")
@dataclass(frozen=True, slots=True)
class Metric:
    """One number a run for a scalar variable or an element.

    Parameters
    ----------
    variable : str
        ``"Citizen trust"`` or ``"Coverage[rural]"``.
    kind : {"at", "first_at_or_above", "integral", "mean", "minimum", "maximum"}
        ``at`` is the value at the last instant of the window; ``first_at_or_above`` the first instant
        in the window at which the variable reaches `threshold` (not a number where it never does);
        ``integral`` and ``mean`` sum over the steps that begin in the window, its end left out.
    start, stop : float or None
        The window, by default the whole run; both ends included but for ``integral`` and ``mean``.
    threshold : float
        Used by ``first_at_or_above`` only.
    name : str
        How the result calls it; made from the rest when left out.
    """

    variable: str
    kind: MetricKind
    start: float | None = None
    stop: float | None = None
    threshold: float = 0.0
    name: str = ""

    @property
    def label(self) -> str:
        """The name in results."""
        if self.name:
            return self.name
        limit = f" {self.threshold:g}" if self.kind == "first_at_or_above" else ""
        window = "" if self.start is None and self.stop is None else f" {_instant(self.start)}..{_instant(self.stop)}"
        return f"{self.variable}: {self.kind}{limit}{window}"


@set_module("egovsim")
def final(variable: str, *, name: str = "") -> Metric:
    """Ask for the value at the end of the run.

    Parameters
    ----------
    variable : str
        A scalar variable or an element.
    name : str, optional
        How the result calls it.

    Returns
    -------
    Metric
        In the variable's own unit.
    """
    return Metric(variable, "at", name=name)


@set_module("egovsim")
def value_at(variable: str, time: float, *, name: str = "") -> Metric:
    """Ask for the value at an instant.

    Parameters
    ----------
    variable : str
        A scalar variable or an element.
    time : float
        The instant, in the model's time unit; the nearest step is taken.
    name : str, optional
        How the result calls it.

    Returns
    -------
    Metric
        In the variable's own unit.
    """
    return Metric(variable, "at", start=time, stop=time, name=name)


@set_module("egovsim")
def first_at_or_above(variable: str, threshold: float, *, name: str = "") -> Metric:
    """Ask for the first instant at which a variable is at or above a threshold.

    Parameters
    ----------
    variable : str
        A scalar variable or an element.
    threshold : float
        In the variable's own unit.
    name : str, optional
        How the result calls it.

    Returns
    -------
    Metric
        In the model's time unit; not a number where the threshold is never reached.
    """
    return Metric(variable, "first_at_or_above", threshold=threshold, name=name)


@set_module("egovsim")
def mean_over(variable: str, start: float, stop: float, *, name: str = "") -> Metric:
    """Ask for the mean over the steps from `start` up to `stop`, the latter left out.

    Parameters
    ----------
    variable : str
        A scalar variable or an element.
    start, stop : float
        The window, in the model's time unit; ``2023, 2024`` is the calendar year 2023.
    name : str, optional
        How the result calls it.

    Returns
    -------
    Metric
        In the variable's own unit.
    """
    return Metric(variable, "mean", start=start, stop=stop, name=name)


def _instant(time: float | None) -> str:
    return "" if time is None else f"{time:g}"
