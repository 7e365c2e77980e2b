"""What a modeller reads when a claim is missed: the smallest counterexample, and code that repeats it."""

from __future__ import annotations

import dataclasses
import os
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import cast

from egovsim.model.inputs import PolicyPath, Scenario, Series
from egovsim.model.model import Model
from egovsim.readers.model_cache import path_of
from egovsim.simulation.horizon import start_of
from egovsim.testing.claims import Batch, Claim
from egovsim.testing.examples import Examples

_FROM_EGOVSIM = ("PolicyPath", "Profile", "Range", "Scenario", "Series")
_FROM_KIT = ("Balance", "Bound", "Conserved", "Examples", "Extreme", "Loop", "Response")


def counterexample_report(claim: Claim, batch: Batch, base: Mapping[str, float], over: Examples, counted: str) -> str:
    """Say what was claimed, where it is missed, and how to see it again.

    Parameters
    ----------
    claim : Claim
        What is missed.
    batch : Batch
        The smallest run that misses it.
    base : mapping of str to float
        Values of the inputs in the model as it is.
    over : Examples
        What it was tried under.
    counted : str
        In how many runs it is missed.

    Returns
    -------
    str
        Several lines.
    """
    lines = [f"{claim.text}.", f"Missed in {counted}.", ""]
    changed = {name: value for name, value in batch.constants.items() if name not in over.constants}
    if changed:
        lines.append("Smallest counterexample, beside the model as it is:")
        lines += [_changed(batch.model, name, value, base) for name, value in changed.items()]
    else:
        lines.append("It is missed with the values that the model has:")
    lines += _levers(batch)
    lines += [f"  {claim.describe(batch)}.", "", "To repeat it:", ""]
    return "\n".join([*lines, *(f"    {line}".rstrip() for line in _code_for(claim, batch, over).splitlines())])


def _changed(model: Model, name: str, value: float, base: Mapping[str, float]) -> str:
    unit = model.variable_of(name).unit
    return f'  "{name}" is {value:g} {unit}'.rstrip() + f" (otherwise {base[name]:g})"


def _levers(batch: Batch) -> list[str]:
    (policy,), (scenario,) = batch.policies, batch.scenarios
    clock = batch.model.clock
    moved = [(start_of(policy, clock), policy.levers), (start_of(scenario, clock), scenario.inputs)]
    return [
        f'  "{name}" is {_trajectory(series)} from {start:g} on'
        for start, levers in moved
        for name, series in levers.items()
    ]


def _trajectory(series: Series) -> str:
    if series.kind == "constant":
        return f"{series.values[0]:g}"
    return ", ".join(f"{value:g} at {time:g}" for time, value in zip(series.times, series.values, strict=True))


def _code_for(claim: Claim, batch: Batch, over: Examples) -> str:
    """Return Python that makes the same assertion about the one run."""
    (policy,), (scenario,) = batch.policies, batch.scenarios
    itself = Examples(
        count=1,
        seed=over.seed,
        constants=batch.constants,
        profile=over.profile,
        policies=() if policy == PolicyPath("") else (policy,),
        scenarios=() if scenario == Scenario("") else (scenario,),
    )
    arguments = [f"{name}={_code_of(value)}" for name, value in claim.arguments.items() if value is not None]
    body = [f"model = egovsim.read_model({_path(batch.model)!r})", f"{claim.function}("]
    body += ["    model,", *(f"    {argument}," for argument in arguments), f"    over={_code_of(itself)},", ")"]
    text = "\n".join(body)
    used = [[name for name in names if re.search(rf"\b{name}\(", text)] for names in (_FROM_EGOVSIM, _FROM_KIT)]
    lines = ["import egovsim"]
    lines += [f"from egovsim import {', '.join(used[0])}"] if used[0] else []
    return "\n".join([*lines, f"from egovsim.testing import {', '.join([*used[1], claim.function])}", "", text])


def _path(model: Model) -> str:
    """Return where a model was read from, the shorter way: from here, or from the root."""
    path = path_of(model)
    if path is None:
        return model.file
    whole = path.resolve()
    return str(whole.relative_to(Path.cwd())) if whole.is_relative_to(Path.cwd()) else os.fspath(whole)


def _code_of(value: object) -> str:
    """Write a value as Python: of a data class only what differs from its defaults."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        parts = [f"{field.name}={_code_of(getattr(value, field.name))}" for field in _told(value)]
        return f"{type(value).__name__}({', '.join(parts)})"
    if isinstance(value, Mapping):
        pairs = cast("Mapping[object, object]", value).items()
        return "{" + ", ".join(f"{_code_of(key)}: {_code_of(item)}" for key, item in pairs) + "}"
    if isinstance(value, Sequence) and not isinstance(value, str):
        inside = [_code_of(item) for item in cast("Sequence[object]", value)]
        return f"({inside[0]},)" if len(inside) == 1 else f"({', '.join(inside)})"
    if isinstance(value, float):
        return repr(float(value))
    return repr(value)


def _told(value: object) -> list[dataclasses.Field[object]]:
    assert dataclasses.is_dataclass(value)
    return [field for field in dataclasses.fields(value) if getattr(value, field.name) != _default(field)]


def _default(field: dataclasses.Field[object]) -> object:
    if field.default_factory is not dataclasses.MISSING:
        return field.default_factory()
    return field.default
