"""The sign of a causal link: what an equation does when one of the things it uses is a little larger, all else held.

All equations in question are put into one model in which every variable is a constant, so that one batch of runs of a
single step answers for every link at every instant.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from egovsim.model.inputs import Design, Floats
from egovsim.model.isolated_equations import computed_name, isolated_equations, now_name
from egovsim.names import split_element
from egovsim.simulation.run import run
from egovsim.validation.ensembles import Trajectories
from egovsim.validation.subject import Subject

_INSTANTS = 12
_STEP = 1e-5
_LEAST = 1e-9
"""A slope that is smaller than this part of the link's largest is none."""

Link = tuple[str, str]


@dataclass(frozen=True)
class Slopes:
    """Slopes of links at some instants of a run.

    Parameters
    ----------
    times : float64, shape (instant,)
        In the model's unit of time.
    by_link : mapping of (str, str) to float64, shape (instant,)
        By cause and effect, in the unit of the effect over that of the cause.
    """

    times: Floats
    by_link: Mapping[Link, Floats]

    def signs(self, links: Sequence[Link]) -> Floats:
        """Return the signs of links.

        Parameters
        ----------
        links : sequence of (str, str)
            Cause and effect of each.

        Returns
        -------
        float64, shape (link, instant)
            -1, 0 or 1; 0 where the slope is next to nothing beside the link's largest.
        """
        found = np.stack([self.by_link[link] for link in links])
        largest = np.abs(found).max(axis=1, keepdims=True)
        return np.where(np.abs(found) > _LEAST * largest, np.sign(found), 0.0)


def slopes(subject: Subject, base: Trajectories, links: Sequence[Link]) -> Slopes:
    """Return the slope of each link at instants spread over a run.

    Parameters
    ----------
    subject : Subject
        The model.
    base : Trajectories
        The run that says what everything else is.
    links : sequence of (str, str)
        Cause and effect; each a variable or an element. Of a whole array all elements are moved, or added up. The
        effect on a stock is that on its net flow; a delay or smooth is taken as settled.

    Returns
    -------
    Slopes
        In the unit of the effect over that of the cause.

    Raises
    ------
    ModelError
        When the equations cannot be computed on their own.
    """
    links = list(dict.fromkeys(links))
    causes = list(dict.fromkeys(cause for cause, _ in links))
    effects = [subject.model.variable_of(effect) for _, effect in links]
    model = isolated_equations(subject.model, effects)
    places = np.unique(np.linspace(0, len(base.time) - 1, _INSTANTS + 2).round().astype(int)[1:-1])
    table = _values(subject, base, places)
    moved, steps = _moved(subject, table, causes)
    moved[now_name(subject.model)] = np.tile(np.repeat(base.time[places], 2), len(causes))
    outputs = sorted({computed_name(subject.model, effect) for effect in effects})
    found = Trajectories(run(model, design=Design.of(moved), outputs=outputs, until=model.clock.stop))

    def slope(cause: str, effect: str) -> Floats:
        name, elements = split_element(effect)
        computed = computed_name(subject.model, subject.model[name])
        values = found[f"{computed}[{','.join(elements)}]"] if elements else found[computed]
        first = values.reshape(*values.shape[:2], -1).sum(axis=2)[:, 0].reshape(len(causes), len(places), 2)
        number = causes.index(cause)
        return (first[number, :, 1] - first[number, :, 0]) / (2.0 * steps[number])

    return Slopes(base.time[places], {link: slope(*link) for link in links})


def _values(subject: Subject, base: Trajectories, places: np.ndarray) -> dict[str, Floats]:
    """Return the values of everything that can be set, by element, at some instants."""
    may_be_set = {variable.id for variable in subject.inputs}
    found: dict[str, Floats] = {}
    for output in base.result.variables.values():
        variable = subject.model.variable_of(output.name)
        if not variable.is_input or variable.id in may_be_set:
            columns = base.result.trajectories[0, 0, 0][places][:, output.columns]
            found |= {name: columns[:, number] for number, name in enumerate(output.column_names)}
    return found


def _moved(subject: Subject, table: Mapping[str, Floats], causes: Sequence[str]) -> tuple[dict[str, Floats], Floats]:
    """Return a column a value, members being (cause, instant, less or more), and by how much each cause moves."""
    columns = {name: np.tile(np.repeat(values, 2), len(causes)) for name, values in table.items()}
    count = 2 * len(next(iter(table.values())))
    steps: list[Floats] = []
    for number, cause in enumerate(causes):
        names = subject.elements(cause)
        size = np.maximum(np.abs(np.stack([table[name] for name in names])).max(axis=0), 1e-3)
        steps.append(_STEP * size)
        for name in names:
            columns[name][number * count : (number + 1) * count] += np.stack([-steps[-1], steps[-1]], axis=1).ravel()
    return columns, np.stack(steps)
