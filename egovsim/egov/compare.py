"""Policy paths of a region beside a benchmark, on the same members that agree with the evidence, by structure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from egovsim.analysis.history_matching.diagnostics import check_diagnostics
from egovsim.analysis.history_matching.evidence import Benchmark
from egovsim.analysis.history_matching.matching import Match
from egovsim.analysis.history_matching.member_selection import (
    USUAL_MEMBERS,
    Matches,
    MemberRequest,
    MemberSelection,
    SelectedMembers,
    select_members,
)
from egovsim.egov.barriers import BARRIERS, Term, binding
from egovsim.egov.comparison import INDEX, REAL_USE, SPENDING, Comparison, PathResult, direction, winners
from egovsim.egov.comparison_inputs import ComparisonInputs, check_options, check_size, read_comparison_inputs
from egovsim.egov.gap import gap_table
from egovsim.egov.ranking import RankingCriteria, rank_paths
from egovsim.errors import InputError, UnknownNameError
from egovsim.model.inputs import PolicyPath, Profile, Scenario
from egovsim.model.model import Model, display_elements
from egovsim.names import canonical, element_name, split_element
from egovsim.progress import Progress, portion
from egovsim.public import set_module
from egovsim.simulation.result import Result
from egovsim.simulation.run import run

OUTCOMES_GROUP = "Outcomes"
ASSUMED = ("Document target", "Mandate scope", "Champion leadership")
"""Levers whose histories nobody measured, in either place; the swap table shows them together as well."""
TERM_YEARS = 4.0
"""How long extra money is tried before its effect is read: about a term of office."""


@set_module("egovsim")
def compare(
    model: str | Path | Model = "egov",
    *,
    profile: str | Path | Profile = "south-sumatra",
    benchmark: str | Path | Profile = "surabaya",
    policies: Sequence[str | Path | PolicyPath] | None = None,
    scenarios: Sequence[str | Path | Scenario] = ("reference",),
    members: int | None = None,
    seed: int = 0,
    matches: Matches | None = None,
    structure: str | None = None,
    until: float = 2045,
    discount: float = 0.05,
    by: str = REAL_USE,
    outcomes: Sequence[str] | None = None,
    evidence: str | Path | Benchmark | None = None,
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
    policies : sequence of str, Path or PolicyPath, optional
        Shipped names, files or paths made in Python; ``"all"`` stands for all that are shipped, which
        is the default. Business as usual is added when none is marked as the baseline.
    scenarios : sequence of str, Path or Scenario
        One ranking is made for each.
    members : int, optional
        How many of the kept members, the first ones; by default 256, or all where fewer were kept.
    seed : int
        Every draw follows from it. Members of the seeds 0 and 1 are shipped; a finding is one when it holds in both.
    matches : str, Path or sequence of Match, optional
        A folder that `egovsim match` wrote, or kept members from `history_match`, one for each structure, which bring
        their own seed. By default the shipped ones; with `evidence` of one's own, members are searched.
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
        the shipped evidence. Members that were kept with other evidence are refused.
    workers : int, optional
        Threads; no figure depends on it.
    progress : callable, optional
        Called with (done, total).

    Returns
    -------
    Comparison
        Of the first structure; the others are its `rivals`. Rankings, yearly courses of every outcome, the swap table,
        which barrier binds when, and what the evidence checks did.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        When a file, a name or an option cannot be used; said before anything runs.
    InputError
        When there are no members for what is asked; it names the command that makes them.
    """
    inputs = read_comparison_inputs(model, profile, benchmark, policies, scenarios)
    ranked, reported = _outcome_names(inputs.model, by, outcomes)
    check_options(inputs, until, discount, seed)
    names = tuple(dict.fromkeys((*reported, INDEX, REAL_USE, SPENDING, ranked)))
    check_size(inputs, members or USUAL_MEMBERS, len(names), until)
    request = MemberRequest(matches, structure, members, seed)
    selection = select_members(inputs.model, evidence, request, workers=workers, progress=portion(progress, 0.0, 0.5))
    task = _Task(inputs, selection, names, reported, ranked, float(until), discount, workers)
    share = 0.5 / len(selection.selected)
    found = [
        task.comparison(one, portion(progress, 0.5 + number * share, 0.5 + (number + 1) * share))
        for number, one in enumerate(selection.selected)
    ]
    return replace(found[0], rivals=tuple(found[1:]))


def _outcome_names(model: Model, by: str, outcomes: Sequence[str] | None) -> tuple[str, tuple[str, ...]]:
    """Return the ranked outcome and those of the tables, as the file writes them, arrays by element."""
    for name in (INDEX, REAL_USE, SPENDING):
        try:
            model[name]
        except UnknownNameError as cause:
            raise UnknownNameError(f"{cause} A comparison needs this variable.") from cause
    if isinstance(outcomes, str):
        raise InputError(f'outcomes must be a list of names, not one text; write ["{outcomes}"].')
    ranked = _elements(model, by)
    if len(ranked) != 1:
        raise InputError(f'"{by}" is an array; rank by one of: {", ".join(ranked)}.')
    request = outcomes if outcomes is not None else model.groups.get(OUTCOMES_GROUP, ())
    if not request:
        raise InputError(f'{model.file or model.name} has no group "{OUTCOMES_GROUP}"; name the outcomes.')
    return ranked[0], tuple(dict.fromkeys(element for name in request for element in _elements(model, name)))


def _elements(model: Model, name: str) -> list[str]:
    variable = model[split_element(name)[0]]
    ids = model.elements_of(name)
    return [element_name(variable.name, display_elements(model, variable, one)) for one in ids]


@dataclass(frozen=True)
class _Task:
    """A question with all that is needed to answer it under one structure after the other."""

    inputs: ComparisonInputs
    selection: MemberSelection
    names: tuple[str, ...]
    reported: tuple[str, ...]
    by: str
    until: float
    discount: float
    workers: int | None

    def comparison(self, selected: SelectedMembers, progress: Progress | None) -> Comparison:
        """Return the comparison under one structure."""
        inputs, match = self.inputs, selected.match
        here, there = self._runs(match, progress)
        sound, failures = _sound(match, here, there)
        trajectories = {name: here.values(name)[:, :, sound] for name in self.names}
        beside = {name: there.values(name)[0, 0, sound] for name in self.names}
        criteria = RankingCriteria(self.by, here.time, inputs.start, self.discount)
        ranking = tuple(
            row
            for s, scenario in enumerate(inputs.scenarios)
            for row in rank_paths(
                scenario.name,
                [policy.name for policy in inputs.policies],
                [policy.family or "own" for policy in inputs.policies],
                {name: values[s] for name, values in trajectories.items()},
                beside,
                criteria,
            )
        )
        return Comparison(
            structure=selected.structure,
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
            outcomes={name: inputs.model[split_element(name)[0]].unit for name in self.reported},
            time=here.time,
            trajectories=trajectories,
            benchmark_trajectories=beside,
            ranking=ranking,
            gap_items=gap_table(
                inputs.model,
                inputs.profile,
                inputs.benchmark,
                match,
                outcomes=(INDEX, REAL_USE),
                together=(ASSUMED,),
                workers=self.workers,
            ),
            binding=self._binding(match, ranking),
            evidence=check_diagnostics(inputs.model, match, workers=self.workers),
            files=(*inputs.files, *self.selection.files),
        )

    def _binding(self, match: Match, ranking: Sequence[PathResult]) -> tuple[Term, ...]:
        """Return which barrier binds when, for business as usual and the best path of each family."""
        inputs = self.inputs
        known = all(canonical(barrier.money) in inputs.model.by_id for barrier in BARRIERS)
        if not known or self.until < inputs.start + TERM_YEARS:
            return ()
        best = [winner.policy for winner in winners(ranking, inputs.scenarios[0].name).values()]
        paths = [policy for policy in inputs.policies if policy == inputs.policies[0] or policy.name in best]
        return binding(
            inputs.model,
            inputs.profile,
            match,
            policies=paths,
            by=self.by,
            until=self.until,
            first=inputs.start,
            term=TERM_YEARS,
            better=direction(self.by),
            workers=self.workers,
        )

    def _runs(self, match: Match, progress: Progress | None) -> tuple[Result, Result]:
        """Run the paths under the profile, and the benchmark's profile alone, on the same members."""
        inputs = self.inputs

        def yearly(
            profile: Profile,
            policies: Sequence[PolicyPath] | None = None,
            scenarios: Sequence[Scenario] | None = None,
            progress: Progress | None = None,
        ) -> Result:
            return run(
                inputs.model,
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

        here = yearly(inputs.profile, inputs.policies, inputs.scenarios, progress)
        return here, yearly(inputs.benchmark)


def _sound(accepted: Match, here: Result, there: Result) -> tuple[NDArray[np.bool_], tuple[str, ...]]:
    """Return which members ran through everywhere, and a line on each that did not."""
    sound = np.ones(len(accepted), dtype=np.bool_)
    lines: list[str] = []
    for member in range(len(accepted)):
        for result in (here, there):
            failed = np.argwhere(~np.isnan(result.status.failed_at[:, :, member]))
            if sound[member] and len(failed):
                s, p = failed[0]
                place = f'under "{result.policies[p]}"' if result is here else "under the benchmark's profile"
                when, what = result.status.failed_at[s, p, member], result.status.variable[s, p, member]
                lines.append(f'member {accepted.search.accepted[member]} fails {place} in {when:g} through "{what}"')
                sound[member] = False
    if not sound.any():
        raise InputError(f"every accepted member fails; the first: {lines[0]}.")
    return sound, tuple(lines)
