"""What a scenario itself changes: business as usual under it, against business as usual without any shock."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from egovsim.analysis.measures import Spread, spread
from egovsim.egov.comparison_rows import spread_columns
from egovsim.model.inputs import Floats, Scenario
from egovsim.public import set_module


@set_module("egovsim")
@dataclass(frozen=True)
class ScenarioEffect:
    """What a scenario changes in one outcome of business as usual, at the horizon.

    Parameters
    ----------
    scenario, outcome : str
        Names.
    reference : Spread
        The level without the scenario.
    change : Spread
        What the scenario adds to it, member by member.
    """

    scenario: str
    outcome: str
    reference: Spread
    change: Spread

    def row(self) -> dict[str, object]:
        """Return it as a row of a table.

        Returns
        -------
        dict of str to object
            By column; p05, p50 and p95 of the level without the scenario and of the change.
        """
        row: dict[str, object] = {"scenario": self.scenario, "outcome": self.outcome}
        return row | spread_columns("reference", self.reference) | spread_columns("change", self.change)


def scenario_effects(
    scenarios: Sequence[Scenario], usual: Mapping[str, Floats], reference: Mapping[str, Floats]
) -> tuple[ScenarioEffect, ...]:
    """Return what each scenario changes in each outcome.

    Parameters
    ----------
    scenarios : sequence of Scenario
        Those that move no input are passed over: they are the reference.
    usual : mapping of str to float64, shape (scenario, member)
        Outcomes of business as usual at the horizon.
    reference : mapping of str to float64, shape (member,)
        The same outcomes without a scenario.

    Returns
    -------
    tuple of ScenarioEffect
        Scenario after scenario, outcome after outcome.
    """
    return tuple(
        ScenarioEffect(scenario.name, outcome, spread(before), spread(usual[outcome][number] - before))
        for number, scenario in enumerate(scenarios)
        if scenario.inputs
        for outcome, before in reference.items()
    )
