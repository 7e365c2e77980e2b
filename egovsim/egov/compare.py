"""Policy paths of a region beside a benchmark, on the same members that agree with the evidence, by structure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from egovsim.analysis.channels import Channel, channel_effects
from egovsim.analysis.comparison.gap import GapItem, gap_table
from egovsim.analysis.comparison.ranking import PathResult, rank_paths, winners
from egovsim.analysis.history_matching.defaults import COMPARED_MEMBERS, SEED
from egovsim.analysis.history_matching.diagnostics import check_diagnostics
from egovsim.analysis.history_matching.evidence import Benchmark
from egovsim.analysis.history_matching.matching import Match
from egovsim.analysis.history_matching.member_selection import Matches, MemberSelection, select_members
from egovsim.egov import defaults
from egovsim.egov.barrier_worth import BarrierWorth, barrier_worth
from egovsim.egov.barriers import BARRIERS
from egovsim.egov.binding import PERIOD_YEARS, BindingPeriod, binding_barriers
from egovsim.egov.comparison import Comparison
from egovsim.egov.comparison_inputs import (
    ComparisonInputs,
    check_options,
    check_size,
    outcome_names,
    read_comparison_inputs,
    with_channels,
)
from egovsim.egov.outcomes import GAP_YEAR, INDEX, REAL_USE, SPENDING, direction
from egovsim.egov.ranking import ranking_criteria
from egovsim.egov.scenario_effects import ScenarioEffect, scenario_effects
from egovsim.egov.why import Why
from egovsim.errors import InputError
from egovsim.model.inputs import Design, Floats, PolicyPath, Profile, Scenario
from egovsim.model.model import Model
from egovsim.names import canonical
from egovsim.progress import Progress, portion
from egovsim.public import set_module
from egovsim.simulation.result import Result
from egovsim.simulation.run import run

ASSUMED = ("Document target", "Mandate scope", "Champion leadership")
"""Levers whose histories nobody measured, in either place; the table of gap items shows them together as well."""


@set_module("egovsim")
def compare(
    model: str | Path | Model = defaults.MODEL,
    *,
    profile: str | Path | Profile = defaults.PROFILE,
    benchmark: str | Path | Profile = defaults.BENCHMARK,
    policies: Sequence[str | Path | PolicyPath] = defaults.POLICIES,
    scenarios: Sequence[str | Path | Scenario] = defaults.SCENARIOS,
    members: int | None = None,
    seed: int = SEED,
    matches: Matches | None = None,
    structure: str | None = None,
    until: float = defaults.UNTIL,
    discount: float = defaults.DISCOUNT,
    by: str = REAL_USE,
    outcomes: Sequence[str] | None = None,
    evidence: str | Path | Benchmark | None = None,
    why: bool = False,
    against: str | Path | PolicyPath | None = None,
    channels: str | Path | Sequence[Channel] | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> Comparison:
    """Run every policy path on the same members that agree with the evidence, and rank the paths.

    Parameters
    ----------
    model : str, Path or Model
        The e-government model, or one of your own that has its indices and the outcomes that the
        evidence checks speak of.
    profile, benchmark : str, Path or Profile
        The region, and the place that it is measured against. The benchmark runs under its own
        profile alone, without policy and scenario, so that the yardstick is the same for all.
    policies : sequence of str, Path or PolicyPath
        Shipped names, files or paths made in Python; ``"all"`` stands for all that are shipped, which
        is the default. Business as usual is added when none is marked as the baseline.
    scenarios : sequence of str, Path or Scenario
        One ranking is made for each.
    members : int, optional
        How many of the accepted members, the first ones; by default 256, or all where fewer were accepted.
    seed : int
        Every draw follows from it. Members of the seeds 0 and 1 are shipped; a finding is one when it holds in both.
    matches : str, Path or sequence of Match, optional
        A folder that `egovsim match` wrote, a file that `egovsim region` wrote, or accepted members from
        `history_match`, one for each structure; a region's file and members bring their own seed. By default the
        shipped ones; with `evidence` of one's own, members are searched.
    structure : str, optional
        One structure of the evidence; by default all, the first in full and the others as its rivals.
    until : float
        The horizon, a whole year.
    discount : float
        Rate a year for extra costs; 0.05 is an assumption.
    by : str
        The outcome that ranks.
    outcomes : sequence of str, optional
        Outcomes of the tables, by default the model's group "Outcomes".
    evidence : str, Path or Benchmark, optional
        A folder with ``checks.toml`` and ``ranges.toml``, or what `read_benchmark` returned; by default
        the shipped evidence. Members that were accepted with other evidence are refused.
    why : bool
        Whether to ask what carries the effect of each path on the ranked outcome under the first scenario: for each
        channel, every path is run again.
    against : str, Path or PolicyPath, optional
        The path that effects are counted from, by default business as usual: one of the policies by its name, or
        another. Giving one asks `why`.
    channels : str, Path or sequence of Channel, optional
        What effects may go through, by default the shipped ``channels.toml``. Giving them asks `why`.
    workers : int, optional
        Threads; no figure depends on it.
    progress : callable, optional
        Called with (done, total).

    Returns
    -------
    Comparison
        Of the first structure; the others are its `rivals`. Rankings, yearly trajectories of every outcome, the
        gap items, which barrier binds when, and what the evidence checks did.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        When a file, a name or an option cannot be used; said before anything runs.
    InputError
        When there are no members for what is asked; it names the command that makes them.
    """
    inputs = read_comparison_inputs(model, profile, benchmark, policies, scenarios)
    if why or against is not None or channels is not None:
        inputs = with_channels(inputs, against, channels)
    ranked, shown = outcome_names(inputs.model, by, outcomes)
    check_options(inputs, until, discount, seed)
    names = tuple(dict.fromkeys((*shown, INDEX, REAL_USE, SPENDING, ranked)))
    check_size(inputs, members or COMPARED_MEMBERS, len(names), until)
    selection = select_members(
        inputs.model,
        evidence=evidence,
        matches=matches,
        structure=structure,
        members=members,
        seed=seed,
        profile=inputs.profile,
        workers=workers,
        progress=portion(progress, 0.0, 0.5),
    )
    task = _ComparisonTask(inputs, selection, names, shown, ranked, float(until), discount, workers)
    share = 0.5 / len(selection.matches)
    found = {
        name: task.comparison(name, match, portion(progress, 0.5 + number * share, 0.5 + (number + 1) * share))
        for number, (name, match) in enumerate(selection.matches.items())
    }
    first, *others = found
    return replace(found[first], rivals={name: found[name] for name in others})


@dataclass(frozen=True)
class _ComparisonTask:
    """A question with all that is needed to answer it under one structure after the other."""

    inputs: ComparisonInputs
    selection: MemberSelection
    names: tuple[str, ...]
    shown: tuple[str, ...]
    by: str
    until: float
    discount: float
    workers: int | None

    def comparison(self, structure: str, match: Match, progress: Progress | None) -> Comparison:
        """Return the comparison under one structure."""
        inputs = self.inputs
        here, there = self._runs(match, portion(progress, 0.0, 0.2) if inputs.against else progress)
        complete, failures = _complete_members(match, here, there)
        trajectories = {name: here.values(name)[:, :, complete] for name in self.names}
        beside = {name: there.values(name)[0, 0, complete] for name in self.names}
        ranking = self._ranking(here.time, trajectories, beside)
        return Comparison(
            structure=self.selection.benchmark.structure(structure),
            model=inputs.model.name,
            profile=inputs.profile,
            benchmark=inputs.benchmark,
            policies=inputs.policies,
            scenarios=inputs.scenarios,
            members=match,
            failures=failures,
            start=inputs.start,
            horizon=self.until,
            discount=self.discount,
            by=self.by,
            outcomes={name: inputs.model.variable_of(name).unit for name in self.shown},
            time=here.time,
            trajectories=trajectories,
            benchmark_trajectories=beside,
            ranking=ranking,
            gap_items=self._gap(match),
            binding=self._binding(match, ranking),
            barriers=self._barriers(match, ranking),
            scenario_effects=self._scenario_effects(match, here, complete),
            evidence=check_diagnostics(inputs.model, match, workers=self.workers),
            files=(*inputs.files, *self.selection.files),
            why=self._why(match, complete, portion(progress, 0.2, 1.0)),
        )

    def _gap(self, match: Match) -> tuple[GapItem, ...]:
        return gap_table(
            self.inputs.model,
            self.inputs.profile,
            self.inputs.benchmark,
            match,
            outcomes=(INDEX, REAL_USE),
            year=GAP_YEAR,
            together=(ASSUMED,),
            workers=self.workers,
        )

    def _ranking(
        self, time: Floats, trajectories: Mapping[str, Floats], benchmark: Mapping[str, Floats]
    ) -> tuple[PathResult, ...]:
        """Rank the paths under each scenario."""
        criteria = ranking_criteria(self.by, time, self.inputs.start, self.discount)
        names = [policy.name for policy in self.inputs.policies]
        families = [policy.family or "own" for policy in self.inputs.policies]
        return tuple(
            row
            for number, scenario in enumerate(self.inputs.scenarios)
            for row in rank_paths(
                scenario.name,
                names,
                families,
                {name: values[number] for name, values in trajectories.items()},
                benchmark,
                criteria,
            )
        )

    def _why(self, match: Match, complete: NDArray[np.bool_], progress: Progress | None) -> Why | None:
        """Return what carries the effect of each path under the first scenario, where that is asked."""
        inputs = self.inputs
        if inputs.against is None:
            return None
        effects = channel_effects(
            inputs.model,
            inputs.channels,
            [path for path in inputs.policies[1:] if path.name != inputs.against.name],
            base=inputs.against,
            outcome=self.by,
            at=self.until,
            profile=inputs.profile,
            scenario=inputs.scenarios[0],
            constants=match.constants,
            design=_part(match.design(inputs.profile), complete),
            workers=self.workers,
            progress=progress,
        )
        return Why(inputs.against, inputs.channels, effects)

    def _binding(self, match: Match, ranking: Sequence[PathResult]) -> tuple[BindingPeriod, ...]:
        """Return which barrier binds when, for business as usual and the best path of each family."""
        inputs = self.inputs
        if not self._has_barriers or self.until < inputs.start + PERIOD_YEARS:
            return ()
        return binding_barriers(
            inputs.model,
            inputs.profile,
            match,
            policies=self._leading(ranking),
            by=self.by,
            until=self.until,
            first=inputs.start,
            period=PERIOD_YEARS,
            better=direction(self.by),
            workers=self.workers,
        )

    def _barriers(self, match: Match, ranking: Sequence[PathResult]) -> tuple[BarrierWorth, ...]:
        """Return what each barrier is worth by the horizon, under the same paths."""
        inputs = self.inputs
        if not self._has_barriers:
            return ()
        return barrier_worth(
            inputs.model,
            inputs.profile,
            match,
            policies=self._leading(ranking),
            outcomes=self._main,
            until=self.until,
            first=inputs.start,
            workers=self.workers,
        )

    @property
    def _main(self) -> tuple[str, ...]:
        """The outcomes that are told of everything."""
        return tuple(dict.fromkeys((INDEX, REAL_USE, self.by)))

    @property
    def _has_barriers(self) -> bool:
        return all(canonical(barrier.money) in self.inputs.model.by_id for barrier in BARRIERS)

    def _leading(self, ranking: Sequence[PathResult]) -> list[PolicyPath]:
        """Return business as usual and the best path of each family under the first scenario."""
        policies = self.inputs.policies
        best = [winner.policy for winner in winners(ranking, self.inputs.scenarios[0].name).values()]
        return [policy for policy in policies if policy == policies[0] or policy.name in best]

    def _scenario_effects(self, match: Match, here: Result, complete: NDArray[np.bool_]) -> tuple[ScenarioEffect, ...]:
        """Return what each scenario changes in business as usual, against a run without any."""
        if not any(scenario.inputs for scenario in self.inputs.scenarios):
            return ()
        names = (*self._main, SPENDING)
        usual = {name: here.values(name)[:, 0, :, -1][:, complete] for name in names}
        undisturbed = self._yearly(match, self.inputs.profile, self.inputs.policies[:1])
        reference = {name: undisturbed.values(name)[0, 0, :, -1][complete] for name in names}
        return scenario_effects(self.inputs.scenarios, usual, reference)

    def _runs(self, match: Match, progress: Progress | None) -> tuple[Result, Result]:
        """Run the paths under the profile, and the benchmark's profile alone, on the same members."""
        inputs = self.inputs
        here = self._yearly(match, inputs.profile, inputs.policies, inputs.scenarios, progress)
        return here, self._yearly(match, inputs.benchmark)

    def _yearly(
        self,
        match: Match,
        profile: Profile,
        policies: Sequence[PolicyPath] | None = None,
        scenarios: Sequence[Scenario] | None = None,
        progress: Progress | None = None,
    ) -> Result:
        return run(
            self.inputs.model,
            profile=profile,
            policies=policies,
            scenarios=scenarios,
            constants=match.constants,
            design=match.design(profile),
            outputs=self.names,
            until=self.until,
            save_every=1.0,
            workers=self.workers,
            progress=progress,
        )


def _complete_members(match: Match, here: Result, there: Result) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Return which members ran through everywhere, and a line on each that did not."""
    complete = np.ones(len(match), dtype=np.bool_)
    lines: list[str] = []
    for member in range(len(match)):
        for result in (here, there):
            failed = np.argwhere(~np.isnan(result.status.failed_at[:, :, member]))
            if complete[member] and len(failed):
                s, p = failed[0]
                place = f'under "{result.policies[p]}"' if result is here else "under the benchmark's profile"
                when, what = result.status.failed_at[s, p, member], result.status.variable[s, p, member]
                lines.append(
                    f'member {match.draws.members(match.accepted)[member]} fails {place} in {when:g} through "{what}"'
                )
                complete[member] = False
    if not complete.any():
        raise InputError(f"every accepted member fails; the first: {lines[0]}.")
    return complete, tuple(lines)


def _part(design: Design, members: NDArray[np.bool_]) -> Design:
    """Return the design with some of its members."""
    rows = design.rows()[members]
    return Design(design.names, len(rows), lambda first, last: rows[first:last])
