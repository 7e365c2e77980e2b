"""The picture of a test on a panel: what was predicted of each place against what was published of it."""

# matplotlib leaves the types of what it takes and returns open in part.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

import io
from typing import TYPE_CHECKING

import numpy as np

from egovsim.egov.panel.panel_test import PanelScore, PanelTest
from egovsim.egov.panel.quantities import CELLS, GIVEN_YEAR, QUANTITIES, SCALE, YEARS
from egovsim.model.inputs import Floats

if TYPE_CHECKING:
    from matplotlib.axes import Axes

_INSIDE, _OUTSIDE = "#332288", "#CC6677"
_MARGIN = 0.2


def panel_chart(test: PanelTest) -> bytes:
    """Draw predicted medians and intervals against published scores.

    Parameters
    ----------
    test : PanelTest
        From `panel_test`.

    Returns
    -------
    bytes
        A PNG picture, one panel for each quantity and year; the same test always gives the same bytes.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(14.5, 7.2))
    axes = figure.subplots(len(YEARS), len(QUANTITIES), squeeze=False, sharex=True, sharey=True)
    ends = (min(SCALE[0], float(test.observed.min())) - _MARGIN, SCALE[1] + _MARGIN)
    for number, score in enumerate(test.scores()):
        year, quantity = CELLS[number]
        axis = axes[YEARS.index(year), QUANTITIES.index(quantity)]
        _panel(axis, test.observed[:, number], test.forecast.quantiles[:, number], score, ends)
    given = axes[YEARS.index(GIVEN_YEAR), QUANTITIES.index("index")]
    given.axis("off")
    text = (
        f"{len(test.panel.places)} places\npredicted from their\nindex of {GIVEN_YEAR} alone.\n\nA point: the median;\n"
        "a line: 5 to 95 %.\nBlue where the line\nreaches the diagonal,\nred where it does not."
    )
    given.text(0.0, 0.95, text, transform=given.transAxes, va="top", fontsize=11, linespacing=1.4)
    figure.supxlabel("published", fontsize=11)
    figure.supylabel("predicted by the model", fontsize=11)
    figure.subplots_adjust(left=0.05, right=0.99, top=0.93, bottom=0.09, wspace=0.1, hspace=0.3)
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=110, metadata={"Software": None})
    return buffer.getvalue()


def _panel(axis: Axes, observed: Floats, quantiles: Floats, score: PanelScore, ends: tuple[float, float]) -> None:
    p05, p50, p95 = quantiles[:, 0], quantiles[:, 2], quantiles[:, 4]
    inside = (p05 <= observed) & (observed <= p95)
    axis.plot(ends, ends, color="0.4", linewidth=0.8, zorder=1)
    # published scores share few values: a shift of no more than their rounding lets the lines stand apart
    shifted = observed + 0.04 * (np.arange(len(observed)) / max(1, len(observed) - 1) - 0.5)
    for which, colour in ((inside, _INSIDE), (~inside, _OUTSIDE)):
        axis.vlines(shifted[which], p05[which], p95[which], color=colour, alpha=0.25, linewidth=0.7, zorder=2)
        axis.plot(shifted[which], p50[which], "o", color=colour, markersize=2.6, markeredgewidth=0, zorder=3)
    year, quantity = score.cell
    axis.set_title(
        f"{quantity} {year}\n90 % covers {100 * score.coverage_90:.0f} %, error {score.error:.2f}",
        fontsize=9,
        loc="left",
        fontweight="bold",
    )
    axis.set_xlim(*ends)
    axis.set_ylim(*ends)
    axis.set_xticks(np.arange(SCALE[0], SCALE[1] + 1.0))
    axis.set_yticks(np.arange(SCALE[0], SCALE[1] + 1.0))
    axis.tick_params(labelsize=8, labelbottom=True, labelleft=True)
    axis.grid(color="0.93", linewidth=0.6)
    for side in ("top", "right"):
        axis.spines[side].set_visible(False)
