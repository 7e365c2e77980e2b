"""What each scenario itself changes, as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from egovsim.egov.comparison import Comparison
from egovsim.egov.headed_table import headed_table
from egovsim.egov.labels import Labels
from egovsim.egov.outcomes import SPENDING
from egovsim.egov.scenario_effects import ScenarioEffect
from egovsim.terminal import escaped

if TYPE_CHECKING:
    from rich.console import RenderableType


def scenario_report(comparison: Comparison, labels: Labels) -> Iterator[RenderableType]:
    """Yield what each scenario itself changes in business as usual, under every structure.

    Parameters
    ----------
    comparison : Comparison
        From `compare`.
    labels : Labels
        The language.

    Yields
    ------
    RenderableType
        Lines and a table; nothing where the only scenario is the one without shocks.
    """
    from rich.text import Text

    if not comparison.scenario_effects:
        return
    yield Text()
    yield Text(labels.text("scenario costs"), style="bold")
    yield Text(labels.text("scenario costs how", year=f"{comparison.horizon:g}"))
    heads = [
        labels.text(key) for key in ("scenario outcome", "scenario reference", "scenario change", "scenario range")
    ]
    table = headed_table([labels.text("scenario head"), heads[0]], heads[1:])
    names = {scenario.name: labels.label(scenario) for scenario in comparison.scenarios}
    for structure in comparison.structures:
        if comparison.rivals:
            table.add_row(f"[bold]{escaped(labels.structure(structure.structure))}")
        shown = ""
        for effect in structure.scenario_effects:
            name = "" if effect.scenario == shown else names[effect.scenario]
            shown = effect.scenario
            table.add_row(escaped(name), escaped(labels.outcome(effect.outcome)), *_cells(effect, labels))
    yield table


def _cells(effect: ScenarioEffect, labels: Labels) -> tuple[str, str, str]:
    decimals = 0 if effect.outcome == SPENDING else 2
    change = effect.change
    ends = [labels.signed(end, decimals) for end in (change.p05, change.p95)]
    level, middle = labels.number(effect.reference.p50, decimals), labels.signed(change.p50, decimals)
    return level, middle, " .. ".join(ends)
