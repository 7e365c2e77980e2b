"""A claim about a model, runs that it is tried in, and the search for a run that misses it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from egovsim.model.inputs import Design, Floats, PolicyPath, Profile, Scenario
from egovsim.model.model import Model
from egovsim.simulation.result import Result
from egovsim.simulation.run import run
from egovsim.testing.examples import Examples, draw_members, varied_inputs

_MOST_NUMBERS = 8_000_000
"""How many numbers the results of one block of runs may have: 64 megabytes."""


@dataclass(frozen=True)
class Batch:
    """Runs of a model: scenarios x policy paths x members.

    Parameters
    ----------
    model : Model
        What is run.
    profile : Profile, optional
        The region.
    policies, scenarios : tuple
        One or more of each; by default one that changes nothing.
    constants : mapping of str to float
        Values of inputs that all members share.
    columns : mapping of str to float64, shape (member,)
        The values that vary from member to member, by input.
    seed : int
        Of the random functions in the model.
    """

    model: Model
    profile: Profile | None = None
    policies: tuple[PolicyPath, ...] = (PolicyPath(""),)
    scenarios: tuple[Scenario, ...] = (Scenario(""),)
    constants: Mapping[str, float] = field(default_factory=dict[str, float])
    columns: Mapping[str, Floats] = field(default_factory=dict[str, Floats])
    seed: int = 0

    @classmethod
    def of(cls, model: Model, over: Examples) -> Batch:
        """Return the runs that examples ask for.

        Parameters
        ----------
        model : Model
            What is run.
        over : Examples
            Its members, policy paths and scenarios.

        Returns
        -------
        Batch
            All of them.
        """
        return cls(
            model,
            over.region(),
            tuple(over.policies) or (PolicyPath(""),),
            tuple(over.scenarios) or (Scenario(""),),
            over.constants,
            draw_members(varied_inputs(model, over), over),
            over.seed,
        )

    @property
    def members(self) -> int:
        """How many members there are."""
        return next((len(column) for column in self.columns.values()), 1)

    def run(self, outputs: Sequence[str], **options: Any) -> Result:
        """Run all of it.

        Parameters
        ----------
        outputs : sequence of str
            Variables whose trajectories are returned.
        **options
            Of `run`, such as ``time_step``.

        Returns
        -------
        Result
            Of the scenarios, policy paths and members.
        """
        return run(
            self.model,
            profile=self.profile,
            policies=self.policies,
            scenarios=self.scenarios,
            constants=self.constants,
            design=Design.of(self.columns) if self.columns else None,
            outputs=list(outputs),
            seed=self.seed,
            **options,
        )

    def with_columns(self, columns: Mapping[str, Floats]) -> Batch:
        """Return the same runs of other members.

        Parameters
        ----------
        columns : mapping of str to float64, shape (member,)
            In place of those that there are.

        Returns
        -------
        Batch
            With these members.
        """
        return replace(self, columns=columns)

    def blocks(self, numbers_a_run: int) -> Iterator[Batch]:
        """Cut the members so that no block fills the memory.

        Parameters
        ----------
        numbers_a_run : int
            How many numbers the result of one run has.

        Yields
        ------
        Batch
            Some of the members, in order.
        """
        pairs = len(self.policies) * len(self.scenarios)
        size = max(1, _MOST_NUMBERS // max(1, numbers_a_run * pairs))
        for first in range(0, self.members, size):
            yield self.with_columns({name: column[first : first + size] for name, column in self.columns.items()})

    def only(self, scenario: int, policy: int, member: int) -> Batch:
        """Return one of the runs.

        Parameters
        ----------
        scenario, policy, member : int
            Their numbers, from 0.

        Returns
        -------
        Batch
            Of one run.
        """
        return replace(
            self,
            scenarios=(self.scenarios[scenario],),
            policies=(self.policies[policy],),
            columns={name: column[member : member + 1] for name, column in self.columns.items()},
        )


@dataclass(frozen=True)
class Claim:
    """What must hold in every run.

    Parameters
    ----------
    text : str
        It, as a sentence without its stop.
    function : str
        The assertion, and `arguments`, the values it was called with beside the model and the examples: what a
        reader needs to repeat it.
    outputs : tuple of str
        The variables that it is measured from.
    measure : callable
        ``measure(batch)`` returns by how much each run misses it, float64, shape (scenario, policy, member): above
        0, or not a number, where it does.
    describe : callable
        ``describe(batch)`` says what is seen in a batch of one run.
    """

    text: str
    function: str
    arguments: Mapping[str, object]
    outputs: tuple[str, ...]
    measure: Callable[[Batch], Floats]
    describe: Callable[[Batch], str]

    def missed(self, batch: Batch) -> np.ndarray:
        """Return which runs miss the claim.

        Parameters
        ----------
        batch : Batch
            The runs to make.

        Returns
        -------
        bool, shape (scenario, policy, member)
            True where it is missed.
        """
        return ~(self.measure(batch) <= 0.0)


def excess_by_run(result: Result, excess: Floats) -> Floats:
    """Return by how much each run misses something.

    Parameters
    ----------
    result : Result
        The runs.
    excess : float64, shape (scenario, policy, member, ...)
        By how much it is missed at each instant, in each element.

    Returns
    -------
    float64, shape (scenario, policy, member)
        The largest excess; infinity where a run failed or the excess is not a number.
    """
    worst = excess.reshape(*excess.shape[:3], -1).max(axis=-1, initial=-np.inf)
    failed = ~np.isnan(result.status.failed_at)
    return np.where(failed | np.isnan(worst), np.inf, worst)


def why_failed(result: Result) -> str:
    """Say how a run failed.

    Parameters
    ----------
    result : Result
        Of one run.

    Returns
    -------
    str
        When, and through which variable; empty where it did not fail.
    """
    place = (0, 0, 0)
    time, unit = result.status.failed_at[place], result.time_unit
    if np.isnan(time):
        return ""
    return f'the run cannot go on at {time:g} {unit}: "{result.status.variable[place]}" is not a finite number'.strip()
