"""What a comparison of policy paths holds, and its tables."""

# pandas brings no type stubs, so what it returns is unknown to the type checker.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from egovsim.analysis.comparison.gap import GapItem
from egovsim.analysis.comparison.ranking import PathResult
from egovsim.analysis.history_matching.diagnostics import CheckDiagnostics
from egovsim.analysis.history_matching.evidence import Structure
from egovsim.analysis.history_matching.matching import Match
from egovsim.analysis.measures import spread
from egovsim.egov.barrier_worth import BarrierWorth
from egovsim.egov.binding import BindingPeriod
from egovsim.egov.comparison_rows import binding_rows, check_row, finite_columns, spread_columns
from egovsim.egov.outcomes import GAP_YEAR, INDEX, SCALE
from egovsim.egov.scenario_effects import ScenarioEffect
from egovsim.egov.why import Why, why_rows
from egovsim.model.inputs import Floats, PolicyPath, Profile, Scenario
from egovsim.provenance import FileRecord
from egovsim.public import set_module

if TYPE_CHECKING:
    import pandas

_QUANTILES: Mapping[str, float] = MappingProxyType({"p05": 0.05, "p50": 0.5, "p95": 0.95})


@set_module("egovsim")
@dataclass(frozen=True)
class Comparison:
    """Policy paths of a region beside a benchmark, under one structure of the model, with those under its rivals.

    Parameters
    ----------
    structure : Structure
        What the evidence does not decide on and these figures hold under.
    rivals : mapping of str to Comparison
        The same comparison under the other structures, by the structure's name; without rivals of their own.
    model : str
        Name of the model.
    profile, benchmark : Profile
        The region, and the place that it is measured against.
    policies, scenarios : tuple
        In the order of the arrays; the first policy is business as usual.
    members : Match
        The accepted members and how they were found.
    failures : tuple of str
        One line for each accepted member that was left out because a run of it failed.
    start, horizon : float
        When the policies start, and the last year.
    discount : float
        Rate a year, for the costs.
    by : str
        The outcome that ranks.
    outcomes : mapping of str to str
        Outcomes of the tables and their units.
    time : float64, shape (time,)
        Whole years; a value is that of the beginning of the year.
    trajectories : mapping of str to float64, shape (scenario, policy, member, time)
        Outcomes under the profile, in their own units.
    benchmark_trajectories : mapping of str to float64, shape (member, time)
        The same members under the benchmark's profile, without policy or scenario.
    ranking : tuple of PathResult
        By scenario, family and rank.
    gap_items : tuple of GapItem
        Which item of the profiles makes how much of the gap of 2023.
    binding : tuple of BindingPeriod
        Which barrier's equal extra money would help the ranked outcome most: every four years, for business as usual
        and the best path of each family under the first scenario; the money itself comes without a scenario.
    barriers : tuple of BarrierWorth
        What the next money for each barrier is worth by the horizon, and its full removal, for the same paths.
    scenario_effects : tuple of ScenarioEffect
        What each scenario itself changes in business as usual.
    evidence : tuple of CheckDiagnostics
        Every check, in the order of the file.
    files : tuple of FileRecord
        Every file that was read.
    why : Why or None
        What carries the effects of the paths; None where nobody asked.
    """

    structure: Structure
    model: str
    profile: Profile
    benchmark: Profile
    policies: tuple[PolicyPath, ...]
    scenarios: tuple[Scenario, ...]
    members: Match
    failures: tuple[str, ...]
    start: float
    horizon: float
    discount: float
    by: str
    outcomes: Mapping[str, str]
    time: Floats
    trajectories: Mapping[str, Floats]
    benchmark_trajectories: Mapping[str, Floats]
    ranking: tuple[PathResult, ...]
    gap_items: tuple[GapItem, ...]
    binding: tuple[BindingPeriod, ...]
    barriers: tuple[BarrierWorth, ...]
    scenario_effects: tuple[ScenarioEffect, ...]
    evidence: tuple[CheckDiagnostics, ...]
    files: tuple[FileRecord, ...]
    rivals: Mapping[str, Comparison] = field(default_factory=lambda: dict[str, Comparison]())
    why: Why | None = None

    def __repr__(self) -> str:
        paths = f"{len(self.policies)} paths of {self.profile.name} beside {self.benchmark.name}"
        names = ", ".join(structure.structure.name for structure in self.structures)
        return f"<Comparison: {paths}, {len(self.members)} accepted of {self.tried} tried, structures {names}>"

    @property
    def structures(self) -> tuple[Comparison, ...]:
        """The comparison under every structure, itself first."""
        return (self, *self.rivals.values())

    @property
    def seed(self) -> int:
        """The seed of all draws."""
        return self.members.seed

    @property
    def tried(self) -> int:
        """How many members were tried to find these."""
        return int(self.members.draws.members(self.members.accepted).max()) + 1

    @property
    def complete(self) -> int:
        """How many of the members ran through everywhere: those that every figure is made of."""
        return len(self.members) - len(self.failures)

    @property
    def families(self) -> tuple[str, ...]:
        """The families of paths, in the order of the rankings."""
        return tuple(dict.fromkeys(row.family for row in self.ranking))

    def ranking_frame(self) -> pandas.DataFrame:
        """Return the rankings under every structure, one row a path.

        Returns
        -------
        pandas.DataFrame
            Columns structure, members, scenario, family, ranked_by, rank, policy; shares of members rank_share and
            ahead_of_next_share; p05, p50 and p95 of the level and the change of each index (``real_use_index_p50``,
            ``real_use_index_change_p50``), extra_cost, cost_per_point (empty where members gain less than 0.05) and
            regret; gap, lag_years, lag_bound; ``share_reaching_baik_by_2029`` and so on; benchmark, and p05, p50 and
            p95 of its level of the ranked outcome.
        """
        import pandas

        rows = [_ranking_row(structure, row) for structure in self.structures for row in structure.ranking]
        return pandas.DataFrame(rows).astype({"rank": "Int64"})

    def to_frame(self) -> pandas.DataFrame:
        """Return every outcome by year under every structure, tidy.

        Returns
        -------
        pandas.DataFrame
            Columns structure, scenario, policy, outcome, unit, year, p05, p50, p95, benchmark, benchmark_p05,
            benchmark_p50, benchmark_p95, note.
        """
        return self._frame.copy()

    @cached_property
    def _frame(self) -> pandas.DataFrame:
        import pandas

        return pandas.concat([structure.yearly_frame() for structure in self.structures], ignore_index=True)

    def yearly_frame(self) -> pandas.DataFrame:
        """Return the rows of `to_frame` of this structure alone, without its rivals.

        Returns
        -------
        pandas.DataFrame
            With the columns of `to_frame`.
        """
        import pandas

        scenarios, policies = ([item.name for item in items] for items in (self.scenarios, self.policies))
        years = self.time.astype(np.int64)
        levels = [scenarios, policies, list(self.outcomes), years]
        frame = pandas.MultiIndex.from_product(levels).to_frame(index=False)
        frame.columns = pandas.Index(("scenario", "policy", "outcome", "year"))
        frame.insert(0, "structure", self.structure.name)
        frame.insert(4, "unit", [self.outcomes[outcome] for outcome in frame["outcome"]])
        here = np.stack([bands(self.trajectories[name], axis=2) for name in self.outcomes], axis=3)
        frame[list(_QUANTILES)] = here.reshape(3, -1).T
        frame["benchmark"] = benchmark_name(self.benchmark)
        there: Floats = np.stack([bands(self.benchmark_trajectories[name]) for name in self.outcomes], axis=1)
        paths = len(scenarios) * len(policies)
        frame[[f"benchmark_{quantile}" for quantile in _QUANTILES]] = np.tile(there.reshape(3, -1), paths).T
        frame["note"] = np.where(frame["outcome"] == INDEX, SCALE, "")
        return frame

    def binding_frame(self) -> pandas.DataFrame:
        """Return which barrier binds when, under every structure.

        Returns
        -------
        pandas.DataFrame
            One row a path, period and barrier: structure, policy, first, last, barrier, outcome,
            share_of_members_in_which_it_helps_most, extra_money_that_can_be_spent, and p05, p50 and p95 of the change.
        """
        import pandas

        return pandas.DataFrame(
            [
                row
                for structure in self.structures
                for row in binding_rows(structure.structure, structure.by, structure.binding)
            ]
        )

    def why_frame(self) -> pandas.DataFrame:
        """Return what carries the effect of each path, under every structure.

        Returns
        -------
        pandas.DataFrame
            One row a path and channel: structure, policy, against, outcome, year, channel, and p05, p50 and p95 of the
            effect and of what is carried, in the outcome's own unit; share of the effect, empty where its sign is open;
            members. Empty where nobody asked.
        """
        import pandas

        return pandas.DataFrame([row for found in self.structures for row in why_rows(found.structure.name, found.why)])

    def barrier_frame(self) -> pandas.DataFrame:
        """Return what the next money for each barrier is worth, and its full removal, under every structure.

        Returns
        -------
        pandas.DataFrame
            One row a path, barrier and outcome, with the columns of `BarrierWorth.row` after structure.
        """
        import pandas

        return pandas.DataFrame(
            [{"structure": each.structure.name, **row.row()} for each in self.structures for row in each.barriers]
        )

    def scenario_frame(self) -> pandas.DataFrame:
        """Return what each scenario itself changes in business as usual, under every structure.

        Returns
        -------
        pandas.DataFrame
            One row a scenario and outcome, with the columns of `ScenarioEffect.row` after structure.
        """
        import pandas

        return pandas.DataFrame(
            [
                {"structure": each.structure.name, **row.row()}
                for each in self.structures
                for row in each.scenario_effects
            ]
        )

    def gap_frame(self) -> pandas.DataFrame:
        """Return which item of the profiles makes how much of the gap, under every structure.

        Returns
        -------
        pandas.DataFrame
            One row an item and outcome: structure, profile, benchmark, items, outcome, year, p05, p50 and p95 of the
            shares closed_to_profile and lost_from_benchmark, note.
        """
        import pandas

        return pandas.DataFrame([row for structure in self.structures for row in _gap_rows(structure)])

    def evidence_frame(self) -> pandas.DataFrame:
        """Return the evidence checks, what the accepted members say to each, and what it rejected, by structure.

        Returns
        -------
        pandas.DataFrame
            One row a check: its bounds, p05, p50 and p95 of the accepted members, how many members it rejected, grade
            and keys of the evidence.
        """
        import pandas

        return pandas.DataFrame(
            [check_row(structure.structure, row) for structure in self.structures for row in structure.evidence]
        )

    def figures_frame(self) -> pandas.DataFrame:
        """Return the published figures that the checks rest on.

        Returns
        -------
        pandas.DataFrame
            One row a figure: place, indicator, unit, year, value, grade, source_title, source_url, check.
        """
        import pandas

        cited: dict[str, list[str]] = {}
        for check in self.members.benchmark.checks:
            for key in check.evidence:
                cited.setdefault(key, []).append(check.name)
        figures = [figure for figure in self.members.benchmark.evidence if figure.key in cited]
        return pandas.DataFrame([{**asdict(figure), "check": "; ".join(cited[figure.key])} for figure in figures])


def benchmark_name(benchmark: Profile) -> str:
    """Return what tables call the benchmark: "Surabaya-like (stylised)", for it is no measured place.

    Parameters
    ----------
    benchmark : Profile
        The place.

    Returns
    -------
    str
        Its English label, or its name.
    """
    return benchmark.label.get("en") or benchmark.name


def bands(values: Floats, *, axis: int = 0) -> Floats:
    """Return the 5th, 50th and 95th percentile over members.

    Parameters
    ----------
    values : float64, shape (..., member, ...)
        In any unit.
    axis : int
        Along which members lie.

    Returns
    -------
    float64, shape (3, ...)
        In the same unit, without the axis of the members.
    """
    return np.quantile(values, tuple(_QUANTILES.values()), axis=axis)


def _ranking_row(comparison: Comparison, result: PathResult) -> dict[str, object]:
    row: dict[str, object] = {
        "structure": comparison.structure.name,
        "members": comparison.complete,
        "scenario": result.scenario,
        "family": result.family,
        "ranked_by": comparison.by,
        "rank": result.rank,
        "policy": result.policy,
        "rank_share": result.rank_share,
        "ahead_of_next_share": result.ahead_share,
    }
    for outcome in result.levels:
        row |= spread_columns(_key(outcome), result.levels[outcome])
        row |= spread_columns(f"{_key(outcome)}_change", result.changes[outcome])
    row |= {"gap": result.gap, "lag_years": result.lag.years, "lag_bound": result.lag.bound}
    row |= spread_columns("extra_cost", result.cost) | finite_columns("cost_per_point", result.cost_per_point)
    row |= {f"share_reaching_{_key(name)}_by_{year:g}": share for (name, year), share in result.shares_reaching.items()}
    row |= spread_columns("regret", result.regret) | {"benchmark": benchmark_name(comparison.benchmark)}
    benchmark = spread(comparison.benchmark_trajectories[comparison.by][:, -1])
    return row | spread_columns("benchmark", benchmark) | {"note": SCALE}


def _gap_rows(comparison: Comparison) -> Iterator[dict[str, object]]:
    for item in comparison.gap_items:
        for outcome in item.closed:
            yield {
                "structure": comparison.structure.name,
                "profile": comparison.profile.name,
                "benchmark": benchmark_name(comparison.benchmark),
                "items": "all" if item.whole else "; ".join(item.items),
                "outcome": outcome,
                "year": int(GAP_YEAR),
                **spread_columns("closed_to_profile", item.closed[outcome]),
                **spread_columns("lost_from_benchmark", item.lost[outcome]),
                "note": SCALE if outcome == INDEX else "",
            }


def _key(name: str) -> str:
    """Return a name as the head of a column: ``spbe_like_index``."""
    return re.sub(r"\W+", "_", name.lower()).strip("_")
