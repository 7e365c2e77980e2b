"""Random members, policies and scenarios of the e-government model, drawn from what its file allows."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass

import hypothesis.strategies as st
import numpy as np

import egovsim
from egovsim.library import find
from egovsim.names import split_element
from egovsim.testing import Examples
from egovsim.testing.examples import varied_inputs
from egovsim.testing.strategies import policy_paths, scenarios

POLICY_GROUPS = ("Levers", "Budget shares")
SCENARIO_GROUP = "Scenario inputs"


def bounded_inputs(model: egovsim.Model) -> dict[str, tuple[float, float, float]]:
    """Return low, value and high of every constant that the model's own range leaves room for."""
    outside = {*POLICY_GROUPS, SCENARIO_GROUP}
    found = {one.name: (one.low, one.value, one.high) for one in varied_inputs(model, Examples())}
    variables = {name: model[split_element(name)[0]] for name in found}
    return {
        name: ends
        for name, ends in found.items()
        if variables[name].kind != "stock" and variables[name].group not in outside
    }


def evidence_ranges() -> list[egovsim.Range]:
    """Return the shipped box that uncertain constants are sampled in."""
    path = find("model", "egov").parent / "evidence" / "ranges.toml"
    rows = tomllib.loads(path.read_text(encoding="utf-8"))["ranges"]
    return [egovsim.Range(name, row["low"], row["high"], row.get("scale", "linear")) for name, row in rows.items()]


def members(model: egovsim.Model, seed: int, count: int) -> egovsim.Design:
    """Draw members: the box of the evidence, or (odd seeds) every constant up to the ends of its own range."""
    if seed % 2 == 0:
        return egovsim.sample(evidence_ranges(), members=count, seed=seed, method="random")
    return wide_members(model, seed, count)


def wide_members(model: egovsim.Model, seed: int, count: int) -> egovsim.Design:
    """Draw every constant between the ends of the range that the file declares, a quarter of them at an end."""
    random = np.random.default_rng(seed)
    columns: dict[str, np.ndarray] = {}
    for name, (low, value, high) in bounded_inputs(model).items():
        if name.startswith("Skill limits"):
            columns[name] = random.integers(0, 2, count).astype(float)
            continue
        drawn = random.uniform(low, high, count)
        near = low + (value - low) * random.uniform(0.5, 1.0, count)
        choice = random.integers(0, 4, count)
        columns[name] = np.choose(choice, [drawn, np.where(drawn < value, low, high), near, np.full(count, value)])
    return egovsim.Design.of(columns)


@dataclass(frozen=True)
class Circumstances:
    """What a run is made under, beside its member."""

    policy: egovsim.PolicyPath
    scenario: egovsim.Scenario


def circumstances(model: egovsim.Model) -> st.SearchStrategy[Circumstances]:
    """Draw a policy path and a scenario: any lever and scenario input, as constant, points or steps, in its range."""
    starts = [2003.0, 2012.5, 2026.0]
    return st.builds(
        Circumstances,
        policy_paths(model, POLICY_GROUPS, starts=starts),
        scenarios(model, [SCENARIO_GROUP], starts=starts),
    )
