"""Which runs of a batch failed, when, and through which variable."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from egovsim.compiler.build_cache import Request, name_of, program_of
from egovsim.compiler.kernel import Kernel
from egovsim.model.inputs import Floats
from egovsim.simulation.batch import Batch
from egovsim.simulation.kernels import kernel_for
from egovsim.simulation.result import Status


def status_of(batch: Batch, failed: Floats) -> Status:
    """Return which runs failed.

    Parameters
    ----------
    batch : Batch
        What was run.
    failed : float64, shape (pair, member)
        The first instant at which a stock is not a finite number, or -1.

    Returns
    -------
    Status
        Its arrays have the shape of `failed`.
    """
    steps = batch.plan.steps
    when = np.where(failed >= 0, steps.times[np.maximum(failed, 0).astype(np.int64)], np.nan)
    through = np.full(failed.shape, "", dtype=object)
    places = np.argwhere(failed >= 0)
    if len(places):
        search = _Search.of(batch)
        for pair, member in places:
            through[pair, member] = search.first_not_finite(int(pair), int(member), int(failed[pair, member]))
    return Status(when, through)


@dataclass(frozen=True)
class _Search:
    """A kernel that stores everything, to find what went wrong first; `ids` in the order of evaluation."""

    batch: Batch
    ids: tuple[str, ...]
    kernel: Kernel
    columns: list[int]

    @classmethod
    def of(cls, batch: Batch) -> _Search:
        model, program = batch.plan.model, program_of(batch.plan.model, batch.request)
        states = (*program.stocks, *(state.id for state in program.discrete_states))
        invariants, auxiliaries = ([part.id for part in block] for block in (program.invariants, program.auxiliaries))
        ids = (*invariants, *states, *auxiliaries)
        kernel = kernel_for(model, Request(ids, (), batch.request.method))
        place = {id: number for number, id in enumerate(batch.plan.ids)}
        return cls(batch, ids, kernel, [place[id] for id in kernel.code.inputs])

    def first_not_finite(self, pair: int, member: int, failed: int) -> str:
        """Run one failed member again, and return the name of the first variable that went wrong."""
        batch = self.batch
        outputs, _, _ = self.kernel(
            batch.plan.inputs(member, member + 1)[:, self.columns],
            batch.schedules[pair],
            batch.plan.steps.up_to(failed),
            np.zeros((0, 2), dtype=np.int64),
            np.zeros(0),
            seed=batch.seed,
            first_member=member,
        )
        wrong = np.argwhere(~np.isfinite(outputs[0]))
        return name_of(batch.plan.model, self.ids[int(wrong[0][1])]) if len(wrong) else ""
