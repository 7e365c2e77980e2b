"""The page for a meeting: two outcomes, the official predicates, and the few paths that matter, with their names."""

# matplotlib leaves the types of what it takes and returns open in part.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import textwrap
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from egovsim.egov.charts import Style, caption_words, dress, path_styles, png, write_caption, write_heading
from egovsim.egov.comparison import Comparison, bands
from egovsim.egov.labels import Labels
from egovsim.egov.outcomes import INDEX, PREDICATES, REAL_USE
from egovsim.egov.ranking import main_paths
from egovsim.model.inputs import Floats, PolicyPath

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_SIZE = (13.3, 6.6)
"""Inches: a page lying down, or a slide."""
_YEARS_BEFORE = 11.0
"""How much of the past is shown, in years before the policies."""
_SCALE = (1.0, 5.0)
"""Both outcomes are on the official scale."""
_LABEL_GAP = 0.17
"""Between the middles of two labels, in points of the scale: a line of their type."""
_LABEL_WIDTH = 30


@dataclass(frozen=True)
class _Ending:
    """The end of a line, and what is written beside it."""

    value: float
    text: str
    colour: str


def meeting_chart(comparison: Comparison, labels: Labels, *, scenario: int = 0) -> bytes:
    """Draw the page for a meeting.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    labels : Labels
        The language.
    scenario : int
        Which scenario, from 0.

    Returns
    -------
    bytes
        A PNG picture; the same comparison always gives the same bytes.
    """
    return png(meeting_figure(comparison, labels, scenario=scenario))


def meeting_figure(comparison: Comparison, labels: Labels, *, scenario: int = 0) -> Figure:
    """Return the figure that `meeting_chart` saves.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    labels : Labels
        The language.
    scenario : int
        Which scenario, from 0.

    Returns
    -------
    matplotlib.figure.Figure
        Real use and the SPBE-like index side by side; the band is that of the first path of one's own, or else of
        the first-ranked one.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=_SIZE)
    styles = path_styles(comparison.policies)
    shown = main_paths(comparison, comparison.scenarios[scenario].name)
    for axis, outcome in zip(figure.subplots(1, 2), (REAL_USE, INDEX), strict=True):
        _panel(axis, comparison, labels, outcome, scenario, shown, styles)
    figure.subplots_adjust(left=0.035, right=0.80, top=0.86, bottom=0.17, wspace=0.75)
    write_heading(figure, comparison, labels, scenario)
    words = caption_words(comparison, labels) | {"path": labels.label(shown[0])}
    write_caption(figure, labels, labels.text("meeting caption", **words))
    return figure


def _panel(
    axis: Axes,
    comparison: Comparison,
    labels: Labels,
    outcome: str,
    scenario: int,
    shown: Sequence[PolicyPath],
    styles: Mapping[str, Style],
) -> None:
    time, numbers = comparison.time, {policy.name: p for p, policy in enumerate(comparison.policies)}
    since = time >= comparison.start
    beside = bands(comparison.benchmark_trajectories[outcome])
    axis.fill_between(time, beside[0], beside[2], color="0.88", linewidth=0)
    axis.plot(time, beside[1], color="0.5", linewidth=2.0)
    endings = [_ending(beside[1], labels.label(comparison.benchmark), "0.4", labels)]
    for policy in shown:
        style = styles[policy.name]
        low, middle, high = bands(comparison.trajectories[outcome][scenario, numbers[policy.name]])
        drawn = np.ones_like(since) if policy.baseline else since
        if policy is shown[0]:
            axis.fill_between(time[drawn], low[drawn], high[drawn], color=style.colour, alpha=0.18, linewidth=0)
        axis.plot(
            time[drawn], middle[drawn], color=style.colour, linestyle=style.dashes, linewidth=2.2, gid=policy.name
        )
        endings.append(_ending(middle, labels.label(policy), style.colour, labels))
    if outcome == INDEX:
        _predicates(axis, labels, comparison)
    axis.axvline(comparison.start, color="0.3", linewidth=0.8, linestyle=":")
    axis.set_title(f"{labels.outcome(outcome)}, {labels.unit(outcome, '')}", fontsize=12, loc="left", fontweight="bold")
    axis.set_ylim(*_SCALE)
    dress(axis, time, labels)
    axis.set_xlim(max(float(time[0]), comparison.start - _YEARS_BEFORE), time[-1])
    _name(axis, endings)


def _ending(values: Floats, label: str, colour: str, labels: Labels) -> _Ending:
    value = float(values[-1])
    name = textwrap.shorten(label.partition(" (")[0], _LABEL_WIDTH, placeholder=" …")
    return _Ending(value, f"{labels.number(value)}  {name}", colour)


def _predicates(axis: Axes, labels: Labels, comparison: Comparison) -> None:
    """Draw a line where each official predicate begins, with its name over all that crosses it."""
    from matplotlib.patheffects import AbstractPathEffect, withStroke

    halo: list[AbstractPathEffect] = [withStroke(linewidth=2.5, foreground="white")]
    right = float(comparison.time[-1]) - 0.3
    for name, limit in PREDICATES.items():
        axis.axhline(limit, color="0.35", linewidth=0.9, linestyle=(0, (6, 3)), gid=f"predicate {name}")
        text = labels.text(name, limit=labels.number(limit, 1))
        drawn = axis.text(right, limit + 0.02, text, fontsize=8.5, color="0.25", ha="right", va="bottom", zorder=5)
        drawn.set_path_effects(halo)


def _name(axis: Axes, endings: Sequence[_Ending]) -> None:
    """Write the name of each line beside its end, moved up or down as far as it takes to be read."""
    places = spread_out([ending.value for ending in endings], _LABEL_GAP)
    right = axis.get_xlim()[1]
    for ending, place in zip(endings, places, strict=True):
        axis.annotate(
            ending.text,
            xy=(right, ending.value),
            xytext=(right + 0.9, place),
            fontsize=9,
            color=ending.colour,
            va="center",
            annotation_clip=False,
            arrowprops={"arrowstyle": "-", "color": ending.colour, "linewidth": 0.7, "shrinkA": 0, "shrinkB": 0},
        )


def spread_out(values: Sequence[float], gap: float) -> list[float]:
    """Move values apart until neighbours keep a distance, each as little as possible.

    Parameters
    ----------
    values : sequence of float
        In any order.
    gap : float
        The least distance, in their unit.

    Returns
    -------
    list of float
        In the order of the values.
    """
    order = sorted(range(len(values)), key=lambda number: values[number])
    groups: list[list[int]] = []
    for number in order:
        groups.append([number])
        while len(groups) > 1 and _lowest(groups[-1], values, gap) - _highest(groups[-2], values, gap) < gap:
            groups[-2:] = [groups[-2] + groups[-1]]
    places = {
        number: _lowest(group, values, gap) + place * gap for group in groups for place, number in enumerate(group)
    }
    return [places[number] for number in range(len(values))]


def _lowest(group: Sequence[int], values: Sequence[float], gap: float) -> float:
    """Return where the lowest of a group comes to lie, when its middle stays where it was."""
    return sum(values[number] for number in group) / len(group) - gap * (len(group) - 1) / 2.0


def _highest(group: Sequence[int], values: Sequence[float], gap: float) -> float:
    return _lowest(group, values, gap) + gap * (len(group) - 1)
