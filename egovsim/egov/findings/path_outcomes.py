"""Yearly outcomes of all shipped paths, and of the benchmark, for one set of members."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from egovsim import library
from egovsim.analysis.history_matching.draws import Integers
from egovsim.analysis.history_matching.matching import Match
from egovsim.egov.defaults import BASELINE, BENCHMARK
from egovsim.egov.findings.study import Study
from egovsim.egov.outcomes import INDEX, REAL_USE
from egovsim.model.inputs import Floats, PolicyPath, Profile
from egovsim.simulation.files import read_policy, read_profile
from egovsim.simulation.result import Result
from egovsim.simulation.run import run

PAPER = "Paper maturity"


class PathOutcomes:
    """Trajectories of all shipped paths of the region, and of the benchmark, for one set of members.

    Parameters
    ----------
    study : Study
        The model and the region.
    match : Match
        One set of members.
    """

    def __init__(self, study: Study, match: Match) -> None:
        self.policies = [read_policy(name) for name in library.names("policy")]
        self.policies.sort(key=lambda policy: (policy.family != "money", not policy.baseline, policy.name))
        self.names = [policy.name for policy in self.policies]
        self.money = [policy.name for policy in self.policies if policy.family == "money" and not policy.baseline]
        self._region = self._run(study, match, study.profile, self.policies)
        self._benchmark = self._run(study, match, read_profile(BENCHMARK), None)

    @staticmethod
    def _run(study: Study, match: Match, profile: Profile, policies: Sequence[PolicyPath] | None) -> Result:
        return run(
            study.model,
            profile=profile,
            policies=policies,
            constants=match.constants,
            design=match.design(profile),
            outputs=(REAL_USE, INDEX, PAPER),
            save_every=1.0,
        )

    def trajectories(self, path: str, outcome: str) -> Floats:
        """Return an outcome of a path.

        Parameters
        ----------
        path, outcome : str
            Names.

        Returns
        -------
        float64, shape (member, year)
            At the first day of each year; see `place`.
        """
        return self._region.values(outcome)[0, self.names.index(path)]

    def benchmark(self, outcome: str) -> Floats:
        """Return an outcome of the benchmark.

        Parameters
        ----------
        outcome : str
            Its name.

        Returns
        -------
        float64, shape (member, year)
            At the first day of each year; see `place`.
        """
        return self._benchmark.values(outcome)[0, 0]

    def place(self, year: int) -> int:
        """Return where a year stands in the trajectories.

        Parameters
        ----------
        year : int
            Of the run.

        Returns
        -------
        int
            From 0.
        """
        return year - int(self._region.time[0])

    def at(self, path: str, outcome: str, year: int) -> Floats:
        """Return an outcome of a path at the first day of a year.

        Parameters
        ----------
        path, outcome : str
            Names.
        year : int
            Of the run.

        Returns
        -------
        float64, shape (member,)
            In the outcome's own unit.
        """
        return self.trajectories(path, outcome)[:, self.place(year)]

    def change(self, path: str, outcome: str, year: int) -> Floats:
        """Return what the path changes against business as usual.

        Parameters
        ----------
        path, outcome : str
            Names.
        year : int
            Of the run.

        Returns
        -------
        float64, shape (member,)
            In the outcome's own unit.
        """
        return self.at(path, outcome, year) - self.at(BASELINE, outcome, year)

    def best(self, outcome: str, year: int, *, among: Sequence[str] = ()) -> dict[str, float]:
        """Return the share of members in which each of some paths is first.

        Parameters
        ----------
        outcome : str
            What is compared; more is better.
        year : int
            When.
        among : sequence of str
            Names of paths, by default all money paths.

        Returns
        -------
        dict of str to float
            By path.
        """
        names = among or self.money
        first: Integers = np.stack([self.at(name, outcome, year) for name in names]).argmax(axis=0)
        shares = np.bincount(first, minlength=len(names)) / len(first)
        return dict(zip(names, shares.tolist(), strict=True))
