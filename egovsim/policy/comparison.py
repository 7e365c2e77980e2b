"""What a comparison of policy paths holds, and its tables."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, fields
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from egovsim.model.inputs import Floats, PolicyPath, Profile, Scenario
from egovsim.policy.evidence import EvidenceCheck
from egovsim.policy.measures import Lag, Spread
from egovsim.policy.members import Hurdle, Members
from egovsim.provenance import FileRecord

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


@dataclass(frozen=True)
class CheckResult:
    """What the kept members say to one evidence check, and what it rejected."""

    check: EvidenceCheck
    values: Spread
    passing: float
    hurdle: Hurdle | None


@dataclass(frozen=True)
class Comparison:
    """Policy paths of a region beside a benchmark.

    Parameters
    ----------
    model : str
        Name of the model.
    profile, benchmark : Profile
        The region, and the place that it is measured against.
    policies, scenarios : tuple
        In the order of the arrays; the first policy is business as usual.
    members : Members
        The kept members and how they were found.
    failures : tuple of str
        One line for each kept member that was left out because a run of it failed.
    seed : int
        The seed of all draws.
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
    courses : mapping of str to float64, shape (scenario, policy, member, time)
        Outcomes under the profile, in their own units.
    benchmark_courses : mapping of str to float64, shape (member, time)
        The same members under the benchmark's profile, without policy or scenario.
    ranking : tuple of PathResult
        By scenario, family and rank.
    evidence : tuple of CheckResult
        Every check, in the order of the file.
    files : tuple of FileRecord
        Every file that was read.
    """

    model: str
    profile: Profile
    benchmark: Profile
    policies: tuple[PolicyPath, ...]
    scenarios: tuple[Scenario, ...]
    members: Members
    failures: tuple[str, ...]
    seed: int
    start: float
    horizon: float
    discount: float
    by: str
    outcomes: Mapping[str, str]
    time: Floats
    courses: Mapping[str, Floats]
    benchmark_courses: Mapping[str, Floats]
    ranking: tuple[PathResult, ...]
    evidence: tuple[CheckResult, ...]
    files: tuple[FileRecord, ...]

    def __repr__(self) -> str:
        paths = f"{len(self.policies)} paths of {self.profile.name} beside {self.benchmark.name}"
        return f"<Comparison: {paths}, {len(self.members)} kept of {self.members.tried} tried>"

    def ranking_frame(self) -> pandas.DataFrame:
        """Return the rankings, one row a path.

        Returns
        -------
        pandas.DataFrame
            Columns scenario, family, ranked_by, rank, policy, rank_share; p05, p50 and p95 of the level and
            the change of each index (``real_use_index_p50``, ``real_use_index_change_p50``), extra_cost and
            regret; gap, lag_years, lag_bound, cost_per_point; ``chance_baik_by_2029`` and so on.
        """
        import pandas

        frame = pandas.DataFrame([_flat(one, self.by) for one in self.ranking])
        return frame.astype({"rank": "Int64"})

    def to_frame(self) -> pandas.DataFrame:
        """Return every outcome by year, tidy.

        Returns
        -------
        pandas.DataFrame
            Columns scenario, policy, outcome, unit, year, p05, p50, p95, benchmark_p05,
            benchmark_p50, benchmark_p95.
        """
        return self._frame.copy()

    @cached_property
    def _frame(self) -> pandas.DataFrame:
        import pandas

        years = self.time.astype(np.int64)
        beside = {name: _columns("benchmark_", bands(values)) for name, values in self.benchmark_courses.items()}
        parts: list[pandas.DataFrame] = []
        for s, scenario in enumerate(self.scenarios):
            for p, policy in enumerate(self.policies):
                for outcome, unit in self.outcomes.items():
                    names = {"scenario": scenario.name, "policy": policy.name, "outcome": outcome, "unit": unit}
                    here = _columns("", bands(self.courses[outcome][s, p]))
                    parts.append(pandas.DataFrame({**names, "year": years, **here, **beside[outcome]}))
        return pandas.concat(parts, ignore_index=True)

    def evidence_frame(self) -> pandas.DataFrame:
        """Return the evidence checks, with what the kept members say to each and what it rejected."""
        import pandas

        return pandas.DataFrame([_check_row(one) for one in self.evidence])


def bands(values: Floats) -> Floats:
    """Return the 5th, 50th and 95th percentile over members of courses, shape (3, time)."""
    return np.quantile(values, (0.05, 0.5, 0.95), axis=0)


def _columns(prefix: str, rows: Floats) -> dict[str, Floats]:
    return {prefix + name: one for name, one in zip(("p05", "p50", "p95"), rows, strict=True)}


def _flat(one: PathResult, by: str) -> dict[str, object]:
    row: dict[str, object] = {
        "scenario": one.scenario,
        "family": one.family,
        "ranked_by": by,
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
    return row | _parts("regret", one.regret)


def _key(name: str) -> str:
    """Return a name as the head of a column: ``spbe_like_index``."""
    return re.sub(r"\W+", "_", name.lower()).strip("_")


def _parts(head: str, one: Spread | None) -> dict[str, object]:
    return {f"{head}_{part.name}": getattr(one, part.name, None) for part in fields(Spread)}


def _check_row(one: CheckResult) -> dict[str, object]:
    check, hurdle = one.check, one.hurdle
    row: dict[str, object] = {
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
    row |= _parts("kept", one.values) | {"kept_share_passing": one.passing}
    row |= {
        "rejected_as_first_hurdle_of_tried": hurdle.first if hurdle else None,
        "rejected_alone_of_surveyed": hurdle.alone if hurdle else None,
        "rejected_as_last_hurdle_of_surveyed": hurdle.last if hurdle else None,
        "grade": check.grade,
        "evidence": "; ".join(check.evidence),
        "note": check.note,
    }
    return row
