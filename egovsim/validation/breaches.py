"""Where runs leave the bounds that are declared, and where something in them is not a number."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from egovsim.validation.declarations import Bound
from egovsim.validation.ensembles import ROUNDING, Ensemble
from egovsim.validation.subject import Subject


@dataclass(frozen=True, slots=True)
class Breach:
    """An element outside its bound.

    Parameters
    ----------
    column : str
        The element.
    member : int
        The number of the member in which it is farthest outside.
    value : float
        The value there, in the variable's own unit.
    bound : Bound
        What it breaks.
    """

    column: str
    member: int
    value: float
    bound: Bound


def breaches(subject: Subject, ensemble: Ensemble) -> list[Breach]:
    """Find the elements that leave their bounds.

    Parameters
    ----------
    subject : Subject
        Whose declared bounds are looked at.
    ensemble : Ensemble
        Runs of its model.

    Returns
    -------
    list of Breach
        For each bounded element and end of its bound, the value farthest outside over all members, if there is one.
    """
    found: list[Breach] = []
    for bound in subject.declarations.bounds.values():
        for name in subject.elements(bound.variable):
            if name not in ensemble.columns:
                continue
            column = ensemble.column_of(name)
            low, high = ensemble.low[:, column], ensemble.high[:, column]
            size = max(1.0, float(np.fmax.reduce(np.abs(np.concatenate([low, high])))))
            if bound.low is not None and np.fmin.reduce(low) < bound.low - ROUNDING * size:
                found.append(Breach(name, int(np.nanargmin(low)), float(np.fmin.reduce(low)), bound))
            if bound.high is not None and np.fmax.reduce(high) > bound.high + ROUNDING * size:
                found.append(Breach(name, int(np.nanargmax(high)), float(np.fmax.reduce(high)), bound))
    return found


def not_finite(ensemble: Ensemble) -> list[tuple[int, str]]:
    """Find the members in which something is not a finite number.

    Parameters
    ----------
    ensemble : Ensemble
        The runs.

    Returns
    -------
    list of (int, str)
        The number of each such member, and what is not finite: the first cause where it is known.
    """
    found: list[tuple[int, str]] = []
    for member in np.flatnonzero(~ensemble.finite.all(axis=1)):
        column = ensemble.columns[int(np.argmin(ensemble.finite[member]))]
        found.append((int(member), ensemble.failures[member] or f'"{column}" is not a finite number'))
    return found
