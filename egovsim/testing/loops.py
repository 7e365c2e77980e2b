"""Whether a feedback loop is a circle of equations, alive, and of the sign that is claimed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np

from egovsim.errors import ModelError
from egovsim.model.dependencies import missing_links
from egovsim.model.inputs import Floats
from egovsim.model.model import Model
from egovsim.names import split_element
from egovsim.public import set_module
from egovsim.testing.claims import Batch, Claim, why_failed
from egovsim.testing.examples import Examples
from egovsim.testing.search import assert_claim
from egovsim.validation.declaration_files import default_declarations
from egovsim.validation.declarations import Loop
from egovsim.validation.ensembles import Trajectories
from egovsim.validation.link_signs import Link, Slopes, slopes
from egovsim.validation.subject import Subject

_SIGNS = {"R": 1.0, "B": -1.0}
_KINDS = {"R": "reinforces a change", "B": "opposes a change"}


@set_module("egovsim.testing")
def assert_loop(model: Model, loop: Loop, *, over: Examples | None = None) -> None:
    """Assert that a loop's links are there, and that together they have the claimed sign whenever all are alive.

    At a dozen instants of one run each variable of the loop is moved a little, all else held, and what the next
    one's equation (of a stock, its net flow) makes of it is looked at. The product of the signs is the loop's. Where
    a link is idle, such as the larger one of a MIN, so is the loop, and that instant says nothing.

    Parameters
    ----------
    model : Model
        From `read_model`.
    loop : Loop
        Its variables in causal order; ``R`` where it reinforces a change, ``B`` where it opposes it.
    over : Examples, optional
        The region, constants, policy and scenario of the run; only the first member is looked at.

    Raises
    ------
    AssertionError
        When a link is missing, the loop is idle at every instant, or has another sign at one.
    """
    links = list(pairwise((*loop.variables, loop.variables[0])))
    subject = Subject(model, default_declarations(model))
    outputs = subject.outputs

    def measure(batch: Batch) -> Floats:
        return np.array([[[0.0 if not _wrong(batch) else 1.0]]])

    def describe(batch: Batch) -> str:
        return _wrong(batch)

    def _wrong(batch: Batch) -> str:
        missing = missing_links(model, [split_element(variable)[0] for variable in loop.variables])
        if missing:
            return f'"{missing[0][1]}" is not computed from "{missing[0][0]}"'
        result = batch.run(outputs)
        failed = why_failed(result)
        if failed:
            return failed
        try:
            found = slopes(subject, Trajectories(result), links)
        except ModelError as error:
            return f"the equations cannot be computed on their own: {error}".rstrip(".")
        return _said(found, links, loop, model.clock.unit)

    text = f'The loop "{loop.name}" {_KINDS[loop.polarity]}: ' + " -> ".join((*loop.variables, loop.variables[0]))
    arguments = {"loop": replace(loop, label={}, note="")}
    claim = Claim(text, "assert_loop", arguments, tuple(outputs), measure, describe)
    over = over or Examples()
    assert_claim(model, claim, replace(over, count=1, policies=over.policies[:1], scenarios=over.scenarios[:1]))


def _said(found: Slopes, links: Sequence[Link], loop: Loop, unit: str) -> str:
    """Say what is wrong with the signs of a loop's links; empty where nothing is."""
    signs = found.signs(links)
    whole = np.prod(signs, axis=0)
    wrong = np.flatnonzero(whole == -_SIGNS[loop.polarity])
    if len(wrong):
        kind = _KINDS["R" if loop.polarity == "B" else "B"]
        parts = [_link(link, sign) for link, sign in zip(links, signs[:, wrong[0]], strict=True)]
        return f"at {found.times[wrong[0]]:g} {unit}".rstrip() + f" it {kind}: " + ", ".join(parts)
    if whole.any():
        return ""
    cause, effect = links[int(np.argmin(np.abs(signs).sum(axis=1)))]
    return f'the loop is idle at every instant that is looked at: "{effect}" does not answer to "{cause}"'


def _link(link: Link, sign: float) -> str:
    return f'more "{link[0]}" {"raises" if sign > 0.0 else "lowers"} "{link[1]}"'
