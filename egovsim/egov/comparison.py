"""What a comparison of policy paths holds, and its tables."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from egovsim.analysis.history_matching.diagnostics import CheckDiagnostics
from egovsim.analysis.history_matching.evidence import Structure
from egovsim.analysis.history_matching.matching import Match
from egovsim.analysis.measures import Lag, Spread, spread
from egovsim.egov.barriers import Term
from egovsim.egov.gap import YEAR as GAP_YEAR
from egovsim.egov.gap import GapItem
from egovsim.model.inputs import Floats, PolicyPath, Profile, Scenario
from egovsim.provenance import FileRecord
from egovsim.public import set_module

if TYPE_CHECKING:
    import pandas

INDEX = "SPBE-like index"
REAL_USE = "Real use index"
SPENDING = "Cumulative spending"
LOWER_IS_BETTER = frozenset(
    {"Digital divide", "Records exposed", "Paper maturity", "Cumulative spending", "Unspent money"}
)
PREDICATES: Mapping[str, float] = MappingProxyType({"Baik": 2.6, "Sangat Baik": 3.5, "Memuaskan": 4.2})
"""Lower ends of the official predicates (PermenPANRB 59/2020)."""
SCALE = "SPBE scale of PermenPANRB 59/2020, continued past 2025 for comparison."
"""Stands by every figure of the index: the official one ended with 2025."""
_QUANTILES: Mapping[str, float] = MappingProxyType({"p05": 0.05, "p50": 0.5, "p95": 0.95})
CHANCE_YEARS = (2029.0, 2045.0)


def direction(outcome: str) -> float:
    """Return +1 where more of an outcome is better, -1 where less is."""
    return -1.0 if outcome in LOWER_IS_BETTER else 1.0


@dataclass(frozen=True)
class PathResult:
    """One row of a ranking: a path under a scenario.

    Parameters
    ----------
    scenario, family, policy : str
        Names; the baseline heads each family's ranking.
    rank : int or None
        From 1, by median gap at the horizon within the family, ties by cost; None for business as usual.
    rank_share : float or None
        Share of members in which the path has this rank.
    levels : mapping of str to Spread
        At the horizon, for the SPBE-like index, the real use index and the ranked outcome.
    changes : mapping of str to Spread
        Differences from business as usual, taken member by member.
    gap : float
        Benchmark median minus the path's, of the ranked outcome, at the horizon.
    lag : Lag
        Years behind the benchmark, of the ranked outcome, at the horizon.
    cost : Spread
        Spending above business as usual from the start, discounted to it, in billion rupiah.
    cost_per_point : float or None
        Median cost over the median gap closed; None where less than 0.05 are closed.
    chances : mapping of (str, float) to float
        Share of members that reach a predicate of the SPBE-like index by a year.
    regret : Spread or None
        What the path misses of the best one of its family, member by member.
    """

    scenario: str
    family: str
    policy: str
    rank: int | None
    rank_share: float | None
    levels: Mapping[str, Spread]
    changes: Mapping[str, Spread]
    gap: float
    lag: Lag
    cost: Spread
    cost_per_point: float | None
    chances: Mapping[tuple[str, float], float]
    regret: Spread | None


@set_module("egovsim")
@dataclass(frozen=True)
class Comparison:
    """Policy paths of a region beside a benchmark, under one structure of the model, with those under its rivals.

    Parameters
    ----------
    structure : Structure
        What the evidence does not decide on and these figures hold under.
    rivals : tuple of Comparison
        The same question under the other structures, without rivals of their own.
    model : str
        Name of the model.
    profile, benchmark : Profile
        The region, and the place that it is measured against.
    policies, scenarios : tuple
        In the order of the arrays; the first policy is business as usual.
    members : Match
        The kept members and how they were found.
    failures : tuple of str
        One line for each kept member that was left out because a run of it failed.
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
    gap_items : tuple of Swap
        Which item of the profiles makes how much of the gap of 2023.
    binding : tuple of Term
        Which barrier's equal extra money would help the ranked outcome most: term after term, for business as usual
        and the best path of each family under the first scenario; the money itself comes without a scenario.
    evidence : tuple of CheckLesson
        Every check, in the order of the file.
    files : tuple of FileRecord
        Every file that was read.
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
    binding: tuple[Term, ...]
    evidence: tuple[CheckDiagnostics, ...]
    files: tuple[FileRecord, ...]
    rivals: tuple[Comparison, ...] = ()

    def __repr__(self) -> str:
        paths = f"{len(self.policies)} paths of {self.profile.name} beside {self.benchmark.name}"
        names = ", ".join(structure.structure.name for structure in self.structures)
        return f"<Comparison: {paths}, {len(self.members)} accepted of {self.tried} tried, structures {names}>"

    @property
    def structures(self) -> tuple[Comparison, ...]:
        """The comparison under every structure, itself first."""
        return (self, *self.rivals)

    @property
    def seed(self) -> int:
        """The seed of all draws."""
        return self.members.seed

    @property
    def tried(self) -> int:
        """How many members were tried to find these."""
        return int(self.members.search.accepted[-1]) + 1

    @property
    def families(self) -> tuple[str, ...]:
        """The families of paths, in the order of the rankings."""
        return tuple(dict.fromkeys(one.family for one in self.ranking))

    def ranking_frame(self) -> pandas.DataFrame:
        """Return the rankings under every structure, one row a path.

        Returns
        -------
        pandas.DataFrame
            Columns structure, scenario, family, ranked_by, rank, policy, rank_share; p05, p50 and p95 of the level
            and the change of each index (``real_use_index_p50``, ``real_use_index_change_p50``), extra_cost and
            regret; gap, lag_years, lag_bound, cost_per_point; ``chance_baik_by_2029`` and so on; benchmark, and p05,
            p50 and p95 of its level of the ranked outcome.
        """
        import pandas

        rows = [_flat(structure, row) for structure in self.structures for row in structure.ranking]
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
        """Return the rows of `to_frame` of this structure alone, without its rivals."""
        import pandas

        scenarios, policies = ([one.name for one in named] for named in (self.scenarios, self.policies))
        years = self.time.astype(np.int64)
        levels = [scenarios, policies, list(self.outcomes), years]
        frame = pandas.MultiIndex.from_product(levels).to_frame(index=False)
        frame.columns = pandas.Index(("scenario", "policy", "outcome", "year"))
        frame.insert(0, "structure", self.structure.name)
        frame.insert(4, "unit", [self.outcomes[one] for one in frame["outcome"]])
        here = np.stack([bands(self.trajectories[name], axis=2) for name in self.outcomes], axis=3)
        frame[list(_QUANTILES)] = here.reshape(3, -1).T
        frame["benchmark"] = benchmark_name(self.benchmark)
        there = np.stack([bands(self.benchmark_trajectories[name]) for name in self.outcomes], axis=1)
        paths = len(scenarios) * len(policies)
        frame[[f"benchmark_{quantile}" for quantile in _QUANTILES]] = np.tile(there.reshape(3, -1), paths).T
        frame["note"] = np.where(frame["outcome"] == INDEX, SCALE, "")
        return frame

    def binding_frame(self) -> pandas.DataFrame:
        """Return which barrier binds when: one row a path, term and barrier, under every structure."""
        import pandas

        return pandas.DataFrame([row for structure in self.structures for row in _binding_rows(structure)])

    def gap_frame(self) -> pandas.DataFrame:
        """Return the swap table: one row an item and outcome, under every structure."""
        import pandas

        return pandas.DataFrame([row for structure in self.structures for row in _gap_rows(structure)])

    def evidence_frame(self) -> pandas.DataFrame:
        """Return the evidence checks, what the kept members say to each, and what it rejected, by structure."""
        import pandas

        return pandas.DataFrame(
            [_check_row(structure.structure, row) for structure in self.structures for row in structure.evidence]
        )

    def figures_frame(self) -> pandas.DataFrame:
        """Return the published figures that the checks rest on, each with its grade and source."""
        import pandas

        cited: dict[str, list[str]] = {}
        for check in self.members.benchmark.checks:
            for key in check.evidence:
                cited.setdefault(key, []).append(check.name)
        figures = [one for one in self.members.benchmark.evidence if one.key in cited]
        return pandas.DataFrame([{**asdict(figure), "check": "; ".join(cited[figure.key])} for figure in figures])


def benchmark_name(benchmark: Profile) -> str:
    """Return what tables call the benchmark: "Surabaya-like (stylised)", for it is no measured place."""
    return benchmark.label.get("en") or benchmark.name


def winners(ranking: Sequence[PathResult], scenario: str) -> dict[str, PathResult]:
    """Return the first path of each family under a scenario."""
    return {one.family: one for one in ranking if (one.scenario, one.rank) == (scenario, 1)}


def bands(values: Floats, *, axis: int = 0) -> Floats:
    """Return the 5th, 50th and 95th percentile over members, which lie along an axis: the first of the result."""
    return np.quantile(values, tuple(_QUANTILES.values()), axis=axis)


def _flat(comparison: Comparison, one: PathResult) -> dict[str, object]:
    row: dict[str, object] = {
        "structure": comparison.structure.name,
        "scenario": one.scenario,
        "family": one.family,
        "ranked_by": comparison.by,
        "rank": one.rank,
        "policy": one.policy,
        "rank_share": one.rank_share,
    }
    for outcome in one.levels:
        row |= _parts(_key(outcome), one.levels[outcome])
        row |= _parts(f"{_key(outcome)}_change", one.changes[outcome])
    row |= {"gap": one.gap, "lag_years": one.lag.years, "lag_bound": one.lag.bound}
    row |= _parts("extra_cost", one.cost) | {"cost_per_point": one.cost_per_point}
    row |= {f"chance_{_key(name)}_by_{year:g}": share for (name, year), share in one.chances.items()}
    row |= _parts("regret", one.regret) | {"benchmark": benchmark_name(comparison.benchmark)}
    return row | _parts("benchmark", spread(comparison.benchmark_trajectories[comparison.by][:, -1])) | {"note": SCALE}


def _binding_rows(comparison: Comparison) -> Iterator[dict[str, object]]:
    for term in comparison.binding:
        for name, share in term.best.items():
            yield {
                "structure": comparison.structure.name,
                "policy": term.policy,
                "first": int(term.first),
                "last": int(term.last),
                "barrier": name,
                "outcome": comparison.by,
                "share_of_members_in_which_it_helps_most": share,
                **_parts("change", term.changes[name]),
            }


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
                **_parts("closed_to_profile", item.closed[outcome]),
                **_parts("lost_from_benchmark", item.lost[outcome]),
                "note": SCALE if outcome == INDEX else "",
            }


def _key(name: str) -> str:
    """Return a name as the head of a column: ``spbe_like_index``."""
    return re.sub(r"\W+", "_", name.lower()).strip("_")


def _parts(head: str, one: Spread | None) -> dict[str, object]:
    return {f"{head}_{part.name}": getattr(one, part.name, None) for part in fields(Spread)}


def _check_row(structure: Structure, one: CheckDiagnostics) -> dict[str, object]:
    check, counts, search = one.check, one.counts, one.search
    row: dict[str, object] = {
        "structure": structure.name,
        "check": check.name,
        "place": check.place,
        "outcome": check.outcome,
        "kind": check.kind,
        "action": check.action,
        "low": check.low if np.isfinite(check.low) else None,
        "high": check.high if np.isfinite(check.high) else None,
        "observed": check.observed,
        "measurement": check.measurement,
        "discrepancy": check.discrepancy,
    }
    row |= _parts("accepted", one.values) | {"accepted_share_passing": one.passing}
    return row | {
        "came_to_it": search.came_to(counts) if counts and search else None,
        "rejected_as_first": counts.failed_first if counts else None,
        "screened": search.screened if search else None,
        "rejected_alone": counts.failed_alone if counts else None,
        "share_passing_when_left_out": one.passing_when_left_out,
        "grade": check.grade,
        "evidence": "; ".join(check.evidence),
        "note": check.note,
    }
