"""Tests of declared feedback loops: they exist, have the declared polarity, and something changes when they are cut.

Cutting a loop to see what it explains is the behaviour anomaly test of Forrester and Senge (1980), which Sterman
(2000, chapter 21) does by knocking out loops. What cuts a loop is held at the value that it has at an instant, by
default at the start. Held from a later instant on it keeps the level of then, so what changes is the feedback's.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from egovsim.errors import ModelError
from egovsim.model.dependencies import missing_links
from egovsim.model.inputs import Design, Floats, PolicyPath, Series
from egovsim.model.interventions.switch import with_switches
from egovsim.model.metrics import final
from egovsim.model.model import Model
from egovsim.names import split_element
from egovsim.simulation.run import run
from egovsim.validation.breaches import breaches, not_finite
from egovsim.validation.declarations import Loop
from egovsim.validation.ensembles import Ensemble, Trajectories, run_ensemble
from egovsim.validation.link_signs import Link, slopes
from egovsim.validation.subject import Subject
from egovsim.validation.verdicts import Family, Verdict, counted, named_few

_FAMILY: Family = "structure and behaviour"
_ALIVE = 0.02
"""What is moved by less than this part of its value is not moved."""
_MEMBERS = 64
"""Of each set of accepted members, how many tell what a loop does in the middle one."""


@dataclass(frozen=True)
class _Move:
    """How far cutting a loop moves a variable at the end, relative to its value, and for which members."""

    change: float
    variable: str
    members: str = ""

    def __str__(self) -> str:
        members = f", {self.members}" if self.members else ""
        return f'{self.change:+.1%} of "{self.variable}"{members}'


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
    """Run the model as it is and with each loop cut, all in one batch, and see how far that moves what matters."""
    test, said = "loops cut one by one", subject.declarations
    if not loops:
        remedy = "name for each loop the variable that cuts it when it is held (hold)."
        return Verdict(test, _FAMILY, "not automatic", "no loop names what cuts it", remedy)
    model, switches = with_switches(subject.model, [loop.hold for loop in loops], start=said.hold_from)
    columns = {name: np.zeros(len(loops) + 1) for name in switches.values()}
    for number, loop in enumerate(loops, start=1):
        columns[switches[loop.hold]][number] = 1.0
    ensemble = run_ensemble(subject, Design.of(columns), model=model)
    if said.loop_outcomes:
        moves = _moves_of_outcomes(subject, model, [switches[loop.hold] for loop in loops])
    else:
        moves = [_moves_of_stocks(subject, ensemble, number) for number in range(1, len(loops) + 1)]
    largest = {
        loop.name: max(found, key=_size, default=_Move(0.0, "")) for loop, found in zip(loops, moves, strict=True)
    }
    wrong = list(_broken(subject, loops, ensemble))
    idle = [name for name, move in largest.items() if not abs(move.change) >= _ALIVE]
    if idle:
        what = "outcome" if said.loop_outcomes else "stock"
        wrong.append(f"cutting {named_few(idle)} moves no {what} by {_ALIVE:.0%}: drop the loop or correct hold")
    numbers = {name: abs(move.change) for name, move in largest.items()}
    figures = _figures(largest, said.hold_from)
    if not wrong:
        return Verdict(test, _FAMILY, "passed", figures, numbers=numbers)
    return Verdict(test, _FAMILY, "failed", figures, f"{wrong[0]}.", numbers)


def _size(move: _Move) -> float:
    """Return how large a move is; where no run tells, that comes first, so that it is seen."""
    return abs(move.change) if np.isfinite(move.change) else np.inf


def _broken(subject: Subject, loops: Sequence[Loop], ensemble: Ensemble) -> Iterator[str]:
    """Yield what leaves its range, or is no number, with a loop cut."""
    for member, text in not_finite(ensemble):
        if member:
            yield f'with "{loops[member - 1].name}" cut, {text}'
    for breach in breaches(subject, ensemble):
        if breach.member:
            name, value = loops[breach.member - 1].name, f"{breach.value:.4g}"
            yield f'with "{name}" cut, "{breach.column}" is {value}, and must be {breach.bound}'


def _figures(largest: Mapping[str, _Move], start: float | None) -> str:
    """Write what each loop does, the strongest first."""
    held = "" if start is None else f" held from {start:g} on"
    ordered = sorted(largest.items(), key=lambda entry: -_size(entry[1]))
    return f"{counted(len(largest), 'loop')}{held}; " + "; ".join(f'"{name}" {move}' for name, move in ordered)


def _moves_of_stocks(subject: Subject, ensemble: Ensemble, member: int) -> list[_Move]:
    """Return how far each stock is moved at the end, relative to its largest value."""
    found: list[_Move] = []
    for stock in subject.model.stocks:
        for name in subject.elements(stock.name):
            column = ensemble.column_of(name)
            rows = [0, member]
            size = float(np.fmax.reduce(np.abs([ensemble.low[rows, column], ensemble.high[rows, column]]), axis=None))
            moved = ensemble.last[member, column] - ensemble.last[0, column]
            if size > 0.0 and np.isfinite(moved):
                found.append(_Move(float(moved / size), name))
    return found


def _moves_of_outcomes(subject: Subject, model: Model, switches: Sequence[str]) -> list[list[_Move]]:
    """Return for each loop how far each outcome is moved at the end, in the middle one of each set of members."""
    outcomes = [element for name in subject.declarations.loop_outcomes for element in subject.elements(name)]
    found: list[list[_Move]] = [[] for _ in switches]
    for members in subject.accepted or (None,):
        result = run(
            model,
            profile=subject.profile,
            policies=[PolicyPath("as it is"), *(PolicyPath(name, {name: Series.constant(1.0)}) for name in switches)],
            constants=members.constants if members else None,
            design=_first(members.design) if members else None,
            metrics=[final(outcome) for outcome in outcomes],
            seed=subject.seed,
            workers=subject.workers,
        )
        for number, outcome in enumerate(outcomes):
            usual, *cut = result.metric_values(result.metric_names[number])[0]
            for moves, values in zip(found, cut, strict=True):
                moves.append(_Move(_middle((values - usual) / np.abs(usual)), outcome, members.name if members else ""))
    return found


def _first(design: Design) -> Design:
    return Design(design.names, min(len(design), _MEMBERS), design.make)


def _middle(changes: Floats) -> float:
    """Return the median over the members whose runs did not fail; not a number where all did."""
    sound = changes[np.isfinite(changes)]
    return float(np.median(sound)) if len(sound) else np.nan
