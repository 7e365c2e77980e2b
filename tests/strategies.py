"""Random members, policies and scenarios of the e-government model, drawn from what its file allows."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass

import hypothesis.strategies as st
import numpy as np

import egovsim
from egovsim.library import find
from egovsim.model.model import Variable, plain_number
from egovsim.names import element_name

POLICY_GROUPS = ("Levers", "Budget shares")
SCENARIO_GROUP = "Scenario inputs"


def bounded_inputs(model: egovsim.Model) -> dict[str, tuple[float, float, float]]:
    """Return low, value and high of every constant that the model's own range leaves room for."""
    found: dict[str, tuple[float, float, float]] = {}
    outside = {*POLICY_GROUPS, SCENARIO_GROUP}
    for variable in model.inputs:
        low, high = variable.bounds.low, variable.bounds.high
        if variable.kind == "stock" or variable.group in outside or low is None or high is None or low == high:
            continue
        for name, value in _elements(model, variable):
            found[name] = (low, value, high)
    return found


def _elements(model: egovsim.Model, variable: Variable) -> list[tuple[str, float]]:
    values = [(one.elements, plain_number(one.expression)) for one in variable.equations]
    return [(element_name(variable.name, ids), value) for ids, value in values if value is not None]


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
    return st.builds(
        lambda levers, inputs, start: Circumstances(
            egovsim.PolicyPath("drawn", levers, start), egovsim.Scenario("drawn", inputs, start)
        ),
        _settings(model, POLICY_GROUPS),
        _settings(model, (SCENARIO_GROUP,)),
        st.sampled_from([2003.0, 2012.5, 2026.0]),
    )


def _settings(model: egovsim.Model, groups: tuple[str, ...]) -> st.SearchStrategy[Mapping[str, egovsim.Series]]:
    names = [name for group in groups for name in model.groups[group] if model[name].is_input]
    chosen = st.lists(st.sampled_from(names), unique=True, max_size=6)
    return chosen.flatmap(lambda some: st.fixed_dictionaries({name: _series(model[name]) for name in some}))


def _series(variable: Variable) -> st.SearchStrategy[egovsim.Series]:
    low, high = variable.bounds.low, variable.bounds.high
    assert low is not None
    assert high is not None
    # no number between the low end and a hundredth of the range: a share of 1e-300 is no policy
    value = st.sampled_from([low, high]) | st.floats(low + (high - low) / 100.0, high)
    several = st.integers(2, 4).flatmap(
        lambda count: st.builds(
            lambda times, values, kind: egovsim.Series(tuple(sorted(times)), tuple(values), kind),
            st.lists(st.integers(2003, 2045).map(float), min_size=count, max_size=count, unique=True),
            st.lists(value, min_size=count, max_size=count),
            st.sampled_from(["points", "steps"]),
        )
    )
    return value.map(egovsim.Series.constant) | several
