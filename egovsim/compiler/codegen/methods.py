"""Integration methods as data: a table of stages."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Stage:
    """One evaluation of the rates in an explicit Runge-Kutta method.

    Parameters
    ----------
    weight : float
        Its part in the step.
    reach : float or None
        The fraction of the step at which the next evaluation stands, reached along this one's rates; None for the
        last.
    """

    weight: float
    reach: float | None


METHODS: dict[str, tuple[Stage, ...]] = {
    "euler": (Stage(1.0, None),),
    "rk2": (Stage(0.5, 1.0), Stage(0.5, None)),
    "midpoint": (Stage(0.0, 0.5), Stage(1.0, None)),
    "rk4": (Stage(1.0 / 6.0, 0.5), Stage(1.0 / 3.0, 0.5), Stage(1.0 / 3.0, 1.0), Stage(1.0 / 6.0, None)),
}
"""Integration methods as chains of stages; each evaluation uses only the one before it.

``rk2`` is the mean of the rates at both ends of a step (isee's help, "Runge-Kutta methods": half of F1 + F2;
XMILE 1.0 names the method and leaves it to its vendors), ``midpoint`` goes by the rates half a step on
(Vensim's reference, "Runge-Kutta Integration", fixed step size).
"""
