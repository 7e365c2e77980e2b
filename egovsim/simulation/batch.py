"""Runs that are made at once: scenarios x policy paths x members, in chunks over threads."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from egovsim.compiler.build_cache import Request
from egovsim.compiler.kernel import Kernel
from egovsim.compiler.steps import Schedule, Steps
from egovsim.model.inputs import Floats
from egovsim.progress import Progress
from egovsim.simulation.chunks import chunks_of, over_chunks
from egovsim.simulation.schedule import Plan


@dataclass(frozen=True)
class Batch:
    """Everything that a chunk of members needs.

    Parameters
    ----------
    plan : Plan
        The values of inputs.
    request : Request
        What is asked of the model.
    kernel : Kernel
        What computes it.
    schedules : tuple of Schedule
        The series of every pair of scenario and policy path.
    members : int
        How many there are.
    windows : int64, shape (metric, 2)
        First and last instant of each metric.
    thresholds : float64, shape (metric,)
        Used by some metrics.
    seed : int
        Of random functions in the model.
    """

    plan: Plan
    request: Request
    kernel: Kernel
    schedules: tuple[Schedule, ...]
    members: int
    windows: np.ndarray[Any, np.dtype[np.int64]]
    thresholds: Floats
    seed: int


@dataclass(frozen=True)
class Computed:
    """What the runs of a batch gave.

    Parameters
    ----------
    trajectories : float64, shape (pair, member, saved instant, output)
        Not a number from the instant on at which a run failed.
    metrics : float64, shape (pair, member, metric)
        Not a number where a run failed.
    failed : float64, shape (pair, member)
        The first instant at which a stock is not a finite number, or -1.
    """

    trajectories: Floats
    metrics: Floats
    failed: Floats


def run_batch(batch: Batch, *, workers: int, progress: Progress | None = None) -> Computed:
    """Run every member under every pair of scenario and policy path.

    Parameters
    ----------
    batch : Batch
        What to run.
    workers : int
        Threads.
    progress : callable, optional
        Called as ``progress(done, total)`` with numbers of runs.

    Returns
    -------
    Computed
        The same bits whatever the number of threads.
    """
    code, steps, pairs = batch.kernel.code, batch.plan.steps, len(batch.schedules)
    trajectories = np.empty((pairs, batch.members, steps.saved, code.outputs))
    computed = Computed(trajectories, np.empty((pairs, batch.members, code.metrics)), np.empty((pairs, batch.members)))

    def run_chunk(first: int, last: int) -> int:
        _run_chunk(batch, first, last, computed)
        return (last - first) * pairs

    chunks = chunks_of(batch.members, lanes=code.lanes, numbers_a_member=steps.saved * code.outputs, workers=workers)
    total, done = batch.members * pairs, 0
    for finished in over_chunks(chunks, run_chunk, workers=workers):
        done += finished
        if progress is not None:
            progress(done, total)
    return computed


def _run_chunk(batch: Batch, first: int, last: int, into: Computed) -> None:
    inputs = batch.plan.inputs(first, last)
    for pair, schedule in enumerate(batch.schedules):
        place = (pair, slice(first, last))
        _, into.metrics[place], into.failed[place] = batch.kernel(
            inputs,
            schedule,
            batch.plan.steps,
            batch.windows,
            batch.thresholds,
            into=into.trajectories[place],
            seed=batch.seed,
            first_member=first,
        )
        _blank_failures(into.trajectories[place], into.failed[place], batch.plan.steps)


def _blank_failures(trajectories: Floats, failed: Floats, steps: Steps) -> None:
    """Make everything not a number from the instant on at which a member's run failed."""
    for member in np.flatnonzero(failed >= 0):
        trajectories[member, np.searchsorted(steps.saved_instants, failed[member]) :] = np.nan
