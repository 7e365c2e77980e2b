"""The page with everything: one panel an outcome, the benchmark's band in grey, one line a path; and parts of pages."""

# matplotlib leaves the types of what it takes and returns open in part.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from egovsim.egov.comparison import Comparison, bands
from egovsim.egov.comparison_tables import question
from egovsim.egov.labels import Labels
from egovsim.egov.outcomes import INDEX, REAL_USE
from egovsim.model.inputs import Floats, PolicyPath, Profile

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLOURS = ("#332288", "#CC6677", "#117733", "#DDAA33", "#44AA99", "#882255", "#88CCEE", "#999933", "#AA4499")
"""Nine colours that colour-blind readers can tell apart (after Paul Tol's muted scheme)."""
_MARKERS = ("o", "s", "^", "D", "v", "P", "X", "<", ">")
_DASHES: Mapping[str, Any] = MappingProxyType({"money": "-", "political": (0, (4, 1.5)), "own": (0, (1, 1))})
_COLUMNS = 4
_HEAD = 0.85
"""Inches above the panels."""
_TITLE_WIDTH = 40
_BENCHMARK = "the benchmark's band"


@dataclass(frozen=True)
class Style:
    """How a path's line looks."""

    colour: str
    dashes: Any
    marker: str
    width: float


def path_styles(policies: tuple[PolicyPath, ...]) -> dict[str, Style]:
    """Give each path a look of its own: the family sets the dashes, the place in it colour and marker.

    Parameters
    ----------
    policies : tuple of PolicyPath
        Of one picture.

    Returns
    -------
    dict of str to Style
        By the path's name.
    """
    styles: dict[str, Style] = {}
    counts: dict[str, int] = {}
    for policy in policies:
        if policy.baseline:
            styles[policy.name] = Style("black", "-", "", 2.2)
            continue
        family = policy.family or "own"
        place = counts.get(family, 0)
        counts[family] = place + 1
        shift = {"money": 0, "political": 4, "own": 2}.get(family, 0)
        colour = _COLOURS[(place + shift) % len(_COLOURS)]
        marker = _MARKERS[(place + place // len(_COLOURS)) % len(_MARKERS)]
        styles[policy.name] = Style(colour, _DASHES.get(family, "-"), marker, 1.3)
    return styles


def comparison_chart(comparison: Comparison, labels: Labels, *, scenario: int = 0) -> bytes:
    """Draw all outcomes of a comparison under one scenario.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    labels : Labels
        The language.
    scenario : int
        Which scenario.

    Returns
    -------
    bytes
        A PNG picture; the same comparison always gives the same bytes.
    """
    return png(comparison_figure(comparison, labels, scenario=scenario))


def png(figure: Figure) -> bytes:
    """Return a figure as a picture.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        Any.

    Returns
    -------
    bytes
        A PNG picture; the same figure always gives the same bytes.
    """
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()


def comparison_figure(comparison: Comparison, labels: Labels, *, scenario: int = 0) -> Figure:
    """Return the figure that `comparison_chart` saves, for a notebook.

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
        One panel an outcome.
    """
    from matplotlib.figure import Figure

    outcomes = _ordered(comparison)
    columns = min(_COLUMNS, len(outcomes))
    rows = math.ceil(len(outcomes) / columns)
    width = max(4.1 * columns, 8.2)
    groups = _legend_groups(comparison)
    in_a_row = max(2, int(width / 2.6))
    below = 1.15 + sum(_legend_height(len(group), in_a_row) for group in groups.values())
    height = _HEAD + 2.85 * rows + below
    figure = Figure(figsize=(width, height))
    axes = figure.subplots(rows, columns, squeeze=False)
    styles = path_styles(comparison.policies)
    for axis, outcome in zip(axes.flat, outcomes, strict=False):
        _panel(axis, comparison, labels, outcome, scenario, styles)
    for axis in axes.flat[len(outcomes) :]:
        axis.set_visible(False)
    figure.subplots_adjust(
        left=0.65 / width,
        right=1 - 0.2 / width,
        top=1 - _HEAD / height,
        bottom=below / height,
        hspace=0.4,
        wspace=0.27,
    )
    write_heading(figure, comparison, labels, scenario)
    _legends(figure, axes.flat[0], groups, labels, below - 0.45, in_a_row)
    write_caption(figure, labels, labels.text("caption", **caption_words(comparison, labels)))
    return figure


def _ordered(comparison: Comparison) -> list[str]:
    """Put the outcome that ranks and the two indices first."""
    first = [name for name in (comparison.by, INDEX, REAL_USE) if name in comparison.outcomes]
    return list(dict.fromkeys((*first, *comparison.outcomes)))


def _panel(
    axis: Axes, comparison: Comparison, labels: Labels, outcome: str, scenario: int, styles: Mapping[str, Style]
) -> None:
    time, trajectories = comparison.time, comparison.trajectories[outcome][scenario]
    beside = bands(comparison.benchmark_trajectories[outcome])
    paths = np.median(trajectories, axis=1)
    factor, prefix = _scale(max(float(np.abs(beside).max()), float(np.abs(paths).max())))
    axis.fill_between(time, beside[0] / factor, beside[2] / factor, color="0.85", linewidth=0, gid=_BENCHMARK)
    axis.plot(time, beside[1] / factor, color="0.5", linewidth=2.0)
    begin = max(0, int(np.searchsorted(time, comparison.start, side="right")) - 1)
    for p, policy in enumerate(comparison.policies):
        style, first = styles[policy.name], 0 if p == 0 else begin
        axis.plot(
            time[first:],
            paths[p, first:] / factor,
            color=style.colour,
            linestyle=style.dashes,
            linewidth=style.width,
            marker=style.marker,
            markersize=4,
            markevery=(3 + p % 3, 4),
            gid=policy.name,
            zorder=3 if p == 0 else 2,
        )
    axis.axvline(comparison.start, color="0.3", linewidth=0.8, linestyle=":")
    title = textwrap.fill(labels.outcome(outcome), _TITLE_WIDTH)
    axis.set_title(title, fontsize=10, loc="left", fontweight="bold", y=1.0)  # given, it is not looked for
    unit = labels.unit(outcome, comparison.outcomes[outcome])
    axis.set_ylabel(f"{labels.text(prefix)} {unit}".strip() if prefix else unit, fontsize=8)
    dress(axis, time, labels)


def _scale(largest: float) -> tuple[float, str]:
    """Return a divisor that leaves short numbers on the axis, and the word for it."""
    for factor, word in ((1e9, "billion"), (1e6, "million"), (1e4, "thousand")):
        if largest >= factor:
            return (1e3, word) if word == "thousand" else (factor, word)
    return 1.0, ""


def dress(axis: Axes, time: Floats, labels: Labels) -> None:
    """Give a panel its years, quiet lines, and ticks as the language writes numbers.

    Parameters
    ----------
    axis : matplotlib.axes.Axes
        With everything drawn.
    time : float64, shape (time,)
        First and last are its ends.
    labels : Labels
        The language.
    """
    from matplotlib.ticker import MaxNLocator

    axis.set_xlim(time[0], time[-1])
    axis.xaxis.set_major_locator(MaxNLocator(nbins=9, integer=True))
    axis.tick_params(labelsize=8)
    axis.grid(axis="y", color="0.92", linewidth=0.6)
    ticks = axis.get_yticks()
    decimals = _decimals(abs(float(ticks[1] - ticks[0])) if len(ticks) > 1 else 1.0)
    axis.yaxis.set_major_formatter(lambda value, _: labels.number(value, decimals))
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)


def _decimals(spacing: float) -> int:
    """Return how many decimals the ticks' spacing needs."""
    return next((n for n in range(5) if math.isclose(spacing, round(spacing, n), rel_tol=1e-6)), 5)


def write_heading(figure: Figure, comparison: Comparison, labels: Labels, scenario: int) -> None:
    """Write what is compared with what, and under which scenario, at the top of a page.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The page.
    comparison : Comparison
        From `compare`.
    labels : Labels
        The language.
    scenario : int
        Which scenario, from 0.
    """
    heading = question(comparison, labels)
    future = labels.text("scenario", scenario=labels.label(comparison.scenarios[scenario]))
    text = textwrap.fill(f"{heading}. {future}.", int(figure.get_figwidth() * 9))
    top = 1 - 0.14 / figure.get_figheight()
    figure.text(0.012, top, text, fontsize=11.5, fontweight="bold", va="top")


def _legend_groups(comparison: Comparison) -> dict[str, list[PolicyPath | Profile]]:
    """Return what stands together in the legend: the lines of reference, then each family."""
    groups: dict[str, list[PolicyPath | Profile]] = {"reference": [comparison.benchmark, comparison.policies[0]]}
    for policy in comparison.policies[1:]:
        groups.setdefault(f"family {policy.family or 'own'}", []).append(policy)
    return groups


def _legend_height(entries: int, in_a_row: int) -> float:
    return 0.36 + 0.19 * math.ceil(entries / in_a_row)


def _legends(
    figure: Figure,
    axis: Axes,
    groups: Mapping[str, list[PolicyPath | Profile]],
    labels: Labels,
    top: float,
    in_a_row: int,
) -> None:
    """Write a legend for each group, under each other; `top` is in inches from the bottom."""
    handles = {artist.get_gid(): artist for artist in (*axis.collections, *axis.lines) if artist.get_gid()}
    for title, group in groups.items():
        legend = figure.legend(
            [handles[item.name if isinstance(item, PolicyPath) else _BENCHMARK] for item in group],
            [labels.label(item) for item in group],
            title=labels.text(title),
            loc="upper left",
            bbox_to_anchor=(0.01, top / figure.get_figheight()),
            ncols=in_a_row,
            fontsize=8.5,
            title_fontsize=8.5,
            alignment="left",
            frameon=False,
            handlelength=3.6,
            borderaxespad=0.0,
        )
        legend.get_title().set_fontweight("bold")
        top -= _legend_height(len(group), in_a_row)


def caption_words(comparison: Comparison, labels: Labels) -> dict[str, str]:
    """Return what every caption says of a comparison.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    labels : Labels
        The language.

    Returns
    -------
    dict of str to str
        How many members were accepted, the benchmark and the structure.
    """
    return {
        "accepted": labels.number(comparison.complete, 0),
        "benchmark": labels.label(comparison.benchmark),
        "structure": labels.structure(comparison.structure),
    }


def write_caption(figure: Figure, labels: Labels, caption: str) -> None:
    """Write what must be read with a page at its foot.

    Parameters
    ----------
    figure : matplotlib.figure.Figure
        The page.
    labels : Labels
        The language.
    caption : str
        What its lines are.
    """
    note = f"{caption} {labels.text('scale')} {labels.text('latent')}"
    text = textwrap.fill(note, int(figure.get_figwidth() * 15))
    figure.text(0.012, 0.1 / figure.get_figheight(), text, fontsize=8, color="0.25", va="bottom")
