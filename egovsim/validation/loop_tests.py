"""Tests of declared feedback loops: they exist, have the declared polarity, and something changes when they are cut.

Cutting a loop to see what it explains is the behaviour anomaly test of Forrester and Senge (1980), which Sterman
(2000, chapter 21) does by knocking out loops.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from egovsim.errors import ModelError
from egovsim.model.dependencies import missing_links
from egovsim.model.inputs import Design
from egovsim.model.interventions.switch import with_switches
from egovsim.model.model import Model
from egovsim.names import split_element
from egovsim.validation.breaches import breaches, not_finite
from egovsim.validation.declarations import Loop
from egovsim.validation.ensembles import Ensemble, Trajectories, run_ensemble
from egovsim.validation.link_signs import Link, slopes
from egovsim.validation.subject import Subject
from egovsim.validation.verdicts import Family, Verdict, counted, named_few

_FAMILY: Family = "structure and behaviour"
_ALIVE = 0.005
"""What is moved by less than this part of its value is not moved."""


def loop_verdicts(subject: Subject, base: Trajectories) -> Iterator[Verdict]:
    """Judge the declared loops.

    Parameters
    ----------
    subject : Subject
        The model and its declared loops.
    base : Trajectories
        The base run.

    Yields
    ------
    Verdict
        Whether their links exist; where all do, their polarity; and what changes when each is cut.
    """
    loops = subject.declarations.loops
    if not loops:
        remedy = "declare the loops that the explanation rests on ([[loop]])."
        yield Verdict("declared loops", "structure", "not automatic", "nothing is declared", remedy)
        return
    broken = _missing_links(subject.model, loops)
    yield broken
    if broken.result == "passed":
        yield _polarity(subject, base, loops)
    yield _cut(subject, [loop for loop in loops if loop.hold])


def _missing_links(model: Model, loops: Sequence[Loop]) -> Verdict:
    test = "declared loops"
    missing = [
        (loop.name, link)
        for loop in loops
        for link in missing_links(model, [split_element(variable)[0] for variable in loop.variables])
    ]
    figures = f"{counted(len(loops), 'loop')}, {len(missing)} links that are in no equation"
    numbers = {"loops": float(len(loops)), "missing": float(len(missing))}
    if not missing:
        return Verdict(test, "structure", "passed", figures, numbers=numbers)
    name, (cause, effect) = missing[0]
    remedy = f'in "{name}", "{effect}" is not computed from "{cause}": correct the loop or the equation.'
    return Verdict(test, "structure", "failed", figures, remedy, numbers)


def _polarity(subject: Subject, base: Trajectories, loops: Sequence[Loop]) -> Verdict:
    test = "polarity of loops"
    every: list[Link] = [link for loop in loops for link in loop.links]
    try:
        found = slopes(subject, base, every)
    except ModelError as error:
        remedy = f"judge the signs by hand; they cannot be computed: {error}"
        return Verdict(test, "structure", "not automatic", counted(len(loops), "loop"), remedy)
    wrong: list[str] = []
    for loop in loops:
        signs = found.signs(loop.links)
        alive = (signs != 0.0).all(axis=0)
        polarity = set(np.prod(signs[:, alive], axis=0))
        if not alive.any():
            cause, effect = loop.links[int(np.argmin((signs != 0.0).sum(axis=1)))]
            wrong.append(f'in "{loop.name}", "{cause}" does nothing to "{effect}" in the base run')
        elif polarity != {1.0 if loop.polarity == "R" else -1.0}:
            seen = "both" if len(polarity) > 1 else ("R" if polarity == {1.0} else "B")
            wrong.append(f'"{loop.name}" is declared {loop.polarity} and is {seen}')
    figures = f"{counted(len(loops), 'loop')}, {counted(len(set(every)), 'link')}; {len(wrong)} not as declared"
    numbers = {"loops": float(len(loops)), "links": float(len(set(every))), "wrong": float(len(wrong))}
    if not wrong:
        return Verdict(test, "structure", "passed", figures, numbers=numbers)
    return Verdict(test, "structure", "failed", figures, f"{wrong[0]}: correct a sign or the declaration.", numbers)


# ------------------------------------------------------------------------------------------------------ cutting


def _cut(subject: Subject, loops: Sequence[Loop]) -> Verdict:
    """Run the model as it is and with each loop cut, all in one batch."""
    test = "loops cut one by one"
    if not loops:
        remedy = "name for each loop the variable that cuts it when it is held (hold)."
        return Verdict(test, _FAMILY, "not automatic", "no loop names what cuts it", remedy)
    model, switches = with_switches(subject.model, [loop.hold for loop in loops])
    columns = {name: np.zeros(len(loops) + 1) for name in switches.values()}
    for number, loop in enumerate(loops, start=1):
        columns[switches[loop.hold]][number] = 1.0
    ensemble = run_ensemble(subject, Design.of(columns), model=model)
    moved = {loop.name: _largest_move(subject, ensemble, number) for number, loop in enumerate(loops, start=1)}
    numbers = {name: move for name, (move, _) in moved.items()}
    weakest, strongest = min(numbers, key=numbers.__getitem__), max(numbers, key=numbers.__getitem__)
    figures = f'{counted(len(loops), "loop")}; weakest "{weakest}" {_move(moved[weakest])}'
    figures += f', strongest "{strongest}" {_move(moved[strongest])}' if len(loops) > 1 else ""
    wrong = [f'with "{loops[member - 1].name}" cut, {text}' for member, text in not_finite(ensemble) if member]
    wrong += [
        f'with "{loops[breach.member - 1].name}" cut, "{breach.column}" is {breach.value:.4g}, '
        f"and must be {breach.bound}"
        for breach in breaches(subject, ensemble)
        if breach.member
    ]
    idle = [name for name, (move, _) in moved.items() if not move >= _ALIVE]
    if idle:
        wrong.append(f"cutting {named_few(idle)} moves no stock by {_ALIVE:.1%}: drop the loop or correct hold")
    if not wrong:
        return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
    return Verdict(test, _FAMILY, "failed", figures, f"{wrong[0]}.", numbers)


def _move(found: tuple[float, str]) -> str:
    return f'({found[0]:.1%} of "{found[1]}")'


def _largest_move(subject: Subject, ensemble: Ensemble, member: int) -> tuple[float, str]:
    """Return the largest change of a stock at the end, relative to its largest value, and which stock."""
    found: list[tuple[float, str]] = []
    for stock in subject.model.stocks:
        for name in subject.elements(stock.name):
            column = ensemble.column_of(name)
            rows = [0, member]
            size = float(np.fmax.reduce(np.abs([ensemble.low[rows, column], ensemble.high[rows, column]]), axis=None))
            moved = abs(ensemble.last[member, column] - ensemble.last[0, column])
            if size > 0.0 and np.isfinite(moved):
                found.append((float(moved / size), name))
    return max(found, default=(0.0, ""))
