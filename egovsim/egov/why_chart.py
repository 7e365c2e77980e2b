"""The chart of what carries each path's effect: one panel a path, one bar a channel."""

# matplotlib leaves the types of what it takes and returns open in part.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import io
import math
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

from egovsim.analysis.channels import ChannelEffects, leaves_out_zero, summary
from egovsim.egov.comparison import Comparison
from egovsim.egov.labels import Labels
from egovsim.egov.why import Why
from egovsim.egov.why_sentences import channel_labels, in_order_of_rank

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

_COLUMNS = 4
_PANEL = (2.75, 0.19, 0.62)
"""Inches: a panel's width, what each bar takes of its height, and what title and axis take."""
_LABELS = 2.05
"""Inches to the left of the panels."""
_HEAD, _FOOT = (0.4, 0.2), (0.45, 0.14)
"""Inches above and below the panels, and what each line of text adds."""
_CARRIES, _OPEN, _TOGETHER = "#44AA99", "#C8DEDA", "#332288"
_TICKS = 4


def why_chart(comparison: Comparison, why: Why, labels: Labels) -> bytes:
    """Draw what carries the effects under the first structure.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    why : Why
        Its answer to why.
    labels : Labels
        The language.

    Returns
    -------
    bytes
        A PNG picture; the same comparison always gives the same bytes.
    """
    buffer = io.BytesIO()
    why_figure(comparison, why, labels).savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()


def why_figure(comparison: Comparison, why: Why, labels: Labels) -> Figure:
    """Return the figure that `why_chart` saves, for a notebook.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    why : Why
        Its answer to why.
    labels : Labels
        The language.

    Returns
    -------
    matplotlib.figure.Figure
        One panel a path, in the order of the rankings.
    """
    from matplotlib.figure import Figure

    paths = in_order_of_rank(comparison, why)
    columns = min(_COLUMNS, len(paths))
    rows, bars = math.ceil(len(paths) / columns), len(paths[0].parts)
    panel = _PANEL[2] + _PANEL[1] * bars
    width = max(_LABELS + _PANEL[0] * columns, 7.5)
    heading, caption = _texts(comparison, why, labels, width)
    head = _HEAD[0] + _HEAD[1] * (heading.count("\n") + 1)
    foot = _FOOT[0] + _FOOT[1] * (caption.count("\n") + 1)
    height = head + panel * rows + foot
    names = {policy.name: labels.label(policy) for policy in comparison.policies}
    channels = channel_labels(why, labels)
    figure = Figure(figsize=(width, height))
    axes = figure.subplots(rows, columns, squeeze=False, sharey=True)
    for axis, effects in zip(axes.flat, paths, strict=False):
        _panel(axis, effects, names[effects.policy], channels, labels)
    for axis in axes.flat[len(paths) :]:
        axis.set_visible(False)
    figure.subplots_adjust(
        left=_LABELS / width,
        right=1 - 0.15 / width,
        top=1 - head / height,
        bottom=foot / height,
        hspace=_PANEL[2] / (panel - _PANEL[2]),
        wspace=0.08,
    )
    figure.text(0.012, 1 - 0.12 / height, heading, fontsize=11.5, fontweight="bold", va="top")
    figure.text(0.012, 0.1 / height, caption, fontsize=8, color="0.25", va="bottom")
    return figure


def _panel(axis: Axes, effects: ChannelEffects, path: str, channels: Mapping[str, str], labels: Labels) -> None:
    """Draw the bars of one path: those whose interval reaches 0 pale, that of all channels last and dark."""
    parts = effects.parts
    for place, (name, carried) in enumerate(parts.items()):
        found = summary(carried)
        colour = _TOGETHER if not name else (_CARRIES if leaves_out_zero(found) else _OPEN)
        axis.barh(place, found.p50, height=0.66, color=colour)
        axis.plot((found.p05, found.p95), (place, place), color="0.2", linewidth=0.9)
    axis.axvline(0.0, color="0.2", linewidth=0.8)
    axis.axvline(summary(effects.effect).p50, color="0.2", linewidth=0.9, linestyle=(0, (4, 2)))
    axis.set_yticks(
        range(len(parts)), [channels.get(name, labels.text("all channels")) for name in parts], fontsize=8.5
    )
    axis.set_ylim(len(parts) - 0.4, -0.6)
    axis.tick_params(axis="y", length=0)
    effect = labels.signed(summary(effects.effect).p50)
    axis.set_title(f"{path} {effect}", fontsize=9.5, loc="left", fontweight="bold", y=1.0)
    axis.locator_params(axis="x", nbins=_TICKS)
    axis.tick_params(axis="x", labelsize=8)
    axis.xaxis.set_major_formatter(lambda value, _: labels.number(value))
    axis.grid(axis="x", color="0.92", linewidth=0.6)
    axis.set_axisbelow(True)
    for side in ("top", "right", "left"):
        axis.spines[side].set_visible(False)


def _texts(comparison: Comparison, why: Why, labels: Labels, width: float) -> tuple[str, str]:
    """Return what is asked, for above the panels, and what must be read with them, in lines that fit the width."""
    words = {
        "outcome": labels.outcome(comparison.by),
        "year": f"{comparison.horizon:g}",
        "against": labels.label(why.against),
        "accepted": labels.number(len(comparison.members), 0),
        "structure": labels.structure(comparison.structure),
        "scenario": labels.label(comparison.scenarios[0]),
    }
    heading = textwrap.fill(labels.text("why chart", **words), int(width * 9))
    return heading, textwrap.fill(labels.text("why caption", **words), int(width * 14.5))
