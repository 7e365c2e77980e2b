"""Which part of the variation each barrier accounts for, as a chart."""

# matplotlib leaves the types of what it takes and returns open in part.
# pyright: reportUnknownMemberType=false

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from egovsim.analysis.sobol import SobolIndices
from egovsim.egov.barriers import BARRIERS
from egovsim.egov.findings.study import OUTCOMES, YEARS

_PANELS_IN_A_LINE = 2
_COLOURS = ("#332288", "#DDAA33", "#44AA99")


def draw_influence(found: Mapping[str, Sequence[SobolIndices]], path: Path, year: float = YEARS[0]) -> None:
    """Draw the total indices of the barriers: a panel a structure, bars for both sets together.

    Parameters
    ----------
    found : mapping of str to sequence of SobolIndices
        From `influence`.
    path : Path
        The picture to write.
    year : float
        When the outcomes are read.
    """
    from matplotlib.figure import Figure

    lines = -(-len(found) // _PANELS_IN_A_LINE)
    figure = Figure(figsize=(9.0, 0.6 + 3.0 * lines), layout="constrained")
    panels = figure.subplots(lines, _PANELS_IN_A_LINE, sharex=True, sharey=True, squeeze=False).ravel()
    for axes in panels[len(found) :]:
        axes.set_axis_off()
    for axes, (name, sets) in zip(panels, found.items(), strict=False):
        for shift, (outcome, label) in enumerate(OUTCOMES.items()):
            rows = [indices.outcomes.index(f"{outcome} in {year:g}") for indices in sets]
            pairs = list(zip(sets, rows, strict=True))
            middle = np.mean([indices.total[row, :-1] for indices, row in pairs], axis=0)
            low = np.min([indices.total_interval[0, row, :-1] for indices, row in pairs], axis=0)
            high = np.max([indices.total_interval[1, row, :-1] for indices, row in pairs], axis=0)
            place = np.arange(len(BARRIERS)) + 0.27 * (shift - 1)
            axes.bar(place, middle, 0.25, yerr=[middle - low, high - middle], label=label, color=_COLOURS[shift])
        axes.set_title(name)
        heads = [barrier.label["en"].replace(" ", "\n") for barrier in BARRIERS]
        axes.set_xticks(range(len(BARRIERS)), heads, fontsize=8)
    figure.supylabel(f"share of the variation in {year:.0f} (total Sobol index)", fontsize=9)
    panels[0].legend(fontsize=8)
    figure.supxlabel("SPBE scale of PermenPANRB 59/2020, continued past 2025 for comparison", fontsize=8)
    figure.savefig(path, dpi=150)
