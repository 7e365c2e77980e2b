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
from egovsim.testing.examples import Examples, drawn, varied_inputs

_MOST_NUMBERS = 8_000_000
"""What is kept of one block of runs: 64 megabytes."""


@dataclass(frozen=True)
class Batch:
    """Runs of a model: scenarios x policies x members.

    `columns` are the values that vary from member to member, float64, shape (member,), by input.
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
        """Return the runs that examples ask for."""
        return cls(
            model,
            over.region(),
            tuple(over.policies) or (PolicyPath(""),),
            tuple(over.scenarios) or (Scenario(""),),
            over.constants,
            drawn(varied_inputs(model, over), over),
            over.seed,
        )

    @property
    def members(self) -> int:
        return next((len(column) for column in self.columns.values()), 1)

    def run(self, outputs: Sequence[str], **options: Any) -> Result:
        """Run it; `options` are those of `run`."""
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
        return replace(self, columns=columns)

    def blocks(self, numbers_a_run: int) -> Iterator[Batch]:
        """Cut the members so that no block fills the memory."""
        pairs = len(self.policies) * len(self.scenarios)
        size = max(1, _MOST_NUMBERS // max(1, numbers_a_run * pairs))
        for first in range(0, self.members, size):
            yield self.with_columns({name: column[first : first + size] for name, column in self.columns.items()})

    def only(self, scenario: int, policy: int, member: int) -> Batch:
        """Return one of the runs."""
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
        What is kept of each run.
    measure : callable
        ``measure(trial)`` returns by how much each run misses it, float64, shape (scenario, policy, member): above
        0, or not a number, where it does.
    describe : callable
        ``describe(trial)`` says what is seen in a trial of one run.
    """

    text: str
    function: str
    arguments: Mapping[str, object]
    outputs: tuple[str, ...]
    measure: Callable[[Batch], Floats]
    describe: Callable[[Batch], str]

    def missed(self, batch: Batch) -> np.ndarray:
        """Return which runs miss it, bool, shape (scenario, policy, member)."""
        return ~(self.measure(batch) <= 0.0)


def failed_or(result: Result, excess: Floats) -> Floats:
    """Return what is measured, and infinity for runs that are not finite; the axes after the third are joined."""
    worst = excess.reshape(*excess.shape[:3], -1).max(axis=-1, initial=-np.inf)
    failed = ~np.isnan(result.status.failed_at)
    return np.where(failed | np.isnan(worst), np.inf, worst)


def why_failed(result: Result) -> str:
    """Say how the one run of a result failed; empty where it did not."""
    place = (0, 0, 0)
    time, unit = result.status.failed_at[place], result.time_unit
    if np.isnan(time):
        return ""
    return f'the run cannot go on at {time:g} {unit}: "{result.status.variable[place]}" is not a finite number'.strip()
