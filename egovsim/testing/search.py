"""Try a claim in many runs, and raise the smallest counterexample."""

from __future__ import annotations

import numpy as np

from egovsim.model.model import Model
from egovsim.testing.claims import Batch, Claim
from egovsim.testing.counterexamples import counterexample_report
from egovsim.testing.examples import Examples, input_values
from egovsim.testing.shrinking import smallest_run

_NOT_REPEATED = (
    "What each of them draws depends on its number, and alone it misses nothing: look at the random functions of the "
    "model, or try another seed."
)


def assert_claim(model: Model, claim: Claim, over: Examples) -> None:
    """Try a claim in all the runs that are asked for.

    Parameters
    ----------
    model : Model
        What the claim is about.
    claim : Claim
        What must hold in every run.
    over : Examples
        Under what it is tried.

    Raises
    ------
    AssertionError
        When a run misses it; the message is that of `counterexample_report`.
    """
    batch, base = Batch.of(model, over), input_values(model, over.region())
    for block in batch.blocks(_numbers_a_run(model, claim)):
        places = np.argwhere(claim.missed(block))
        if len(places):
            place = min(places, key=lambda run: _distance(block, run[2], base))
            runs = len(block.scenarios) * len(block.policies) * block.members
            counted = f"{len(places)} of {runs} run{'' if runs == 1 else 's'}"
            missing = block.only(*place)
            if not claim.missed(missing).all():
                raise AssertionError(f"{claim.text}.\nMissed in {counted}. {_NOT_REPEATED}")
            raise AssertionError(counterexample_report(claim, smallest_run(claim, missing, base), base, over, counted))


def _distance(batch: Batch, member: int, base: dict[str, float]) -> int:
    return sum(column[member] != base[name] for name, column in batch.columns.items())


def _numbers_a_run(model: Model, claim: Claim) -> int:
    clock = model.clock
    return int((clock.stop - clock.start) / clock.time_step + 1) * sum(
        len(model.elements_of(output)) for output in claim.outputs
    )
