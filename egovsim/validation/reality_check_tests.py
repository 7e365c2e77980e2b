"""The Reality Checks of a Vensim file, run as tests: a condition is forced, and what it implies must hold."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from egovsim.errors import ModelError
from egovsim.model.interventions.force import forced_to_hold
from egovsim.model.reality_checks import Constraint
from egovsim.simulation.run import run
from egovsim.validation.subject import Subject
from egovsim.validation.verdicts import Family, Verdict, counted, named_few

_FAMILY: Family = "structure and behaviour"


def reality_check_verdicts(subject: Subject) -> Iterator[Verdict]:
    """Judge the constraints of a model that has any.

    Parameters
    ----------
    subject : Subject
        The model.

    Yields
    ------
    Verdict
        On the constraints that can be tested, and on those that cannot; nothing where there are none.
    """
    constraints = [check for check in subject.model.reality_checks if isinstance(check, Constraint)]
    if not constraints:
        return
    untestable: list[tuple[str, str]] = []
    broken: list[tuple[str, float]] = []
    for constraint in constraints:
        try:
            since = _broken_since(subject, constraint)
        except ModelError as why:
            untestable.append((constraint.name, str(why).removesuffix(".")))
            continue
        if since is not None:
            broken.append((constraint.name, since))
    tested = len(constraints) - len(untestable)
    if tested:
        figures = f"{counted(tested, 'constraint')}, {len(broken)} broken"
        numbers = {"tested": float(tested), "broken": float(len(broken))}
        remedy = "; ".join(f'"{name}" does not hold at {since:g}' for name, since in broken[:3])
        result = "failed" if broken else "passed"
        yield Verdict("Reality Checks", _FAMILY, result, figures, f"{remedy}." if broken else "", numbers)
    if untestable:
        name, why = untestable[0]
        others = f"; also {named_few(name for name, _ in untestable[1:])}" if len(untestable) > 1 else ""
        yield Verdict(
            "Reality Checks left to a person", _FAMILY, "not automatic", counted(len(untestable), "constraint"),
            f'"{name}": {why}{others}.', {"constraints": float(len(untestable))},
        )  # fmt: skip


def _broken_since(subject: Subject, constraint: Constraint) -> float | None:
    """Return the first instant at which the consequence does not hold though the condition is forced; None if never."""
    model, holds = forced_to_hold(subject.model, constraint)
    step = model.clock.time_step
    result = run(model, profile=subject.profile, outputs=[holds], save_every=step, seed=subject.seed)
    values = result.values(holds)[0, 0, 0].reshape(len(result.time), -1)
    wrong = np.flatnonzero(~(values == 1.0).all(axis=1))
    return float(result.time[wrong[0]]) if len(wrong) else None
