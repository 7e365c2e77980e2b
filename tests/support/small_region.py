"""A region small enough to be computed by hand, for the tests of policies, evidence and comparison.

Level grows by ``Speed * Effort`` a year from 2003 on, both indices are one above it, and 10 billion
rupiah a year are spent for each unit of ``Money``. Where ``Reversed`` is 1 it grows by ``Speed * (2 - Effort)``:
a rival structure, in which effort harms.
"""

from __future__ import annotations

import functools
from dataclasses import replace
from pathlib import Path

from egovsim.analysis.history_matching.evidence import Benchmark, EvidenceCheck, Structure
from egovsim.egov.compare import compare
from egovsim.egov.comparison import Comparison
from egovsim.model.inputs import PolicyPath, Profile, Range, Series
from egovsim.model.model import Model
from egovsim.readers.read_model import read_model

XMILE = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<header><vendor>test</vendor><product version="1.0">test</product><name>Small region</name></header>
<sim_specs method="euler" time_units="years"><start>2003</start><stop>2045</stop><dt>0.25</dt></sim_specs>
<model><variables>
<group name="Levers"><entity name="Effort"/><entity name="Money"/></group>
<aux name="Effort"><eqn>1.0</eqn><range min="0" max="20"/></aux>
<aux name="Money"><eqn>1.0</eqn><range min="0" max="20"/></aux>
<group name="Growth"><entity name="Speed"/><entity name="Reversed"/><entity name="Level"/><entity name="Gain"/>
<entity name="Spending"/></group>
<aux name="Speed"><eqn>0.05</eqn><range min="0" max="1"/></aux>
<aux name="Reversed"><eqn>0.0</eqn><range min="0" max="1"/></aux>
<stock name="Level"><eqn>0.0</eqn><inflow>Gain</inflow></stock>
<flow name="Gain"><eqn>Speed*Effort+Reversed*Speed*(2-2*Effort)</eqn></flow>
<flow name="Spending"><eqn>10*Money</eqn><units>billion rupiah/years</units></flow>
<group name="Outcomes"><entity name="SPBE-like index"/><entity name="Real use index"/>
<entity name="Digital divide"/><entity name="Cumulative spending"/></group>
<aux name="SPBE-like index"><eqn>1+Level</eqn><units>dmnl</units></aux>
<aux name="Real use index"><eqn>1+Level</eqn><units>dmnl</units></aux>
<aux name="Digital divide"><eqn>1-Level/10</eqn><units>dmnl</units></aux>
<stock name="Cumulative spending"><eqn>0</eqn><inflow>Spending</inflow><units>billion rupiah</units></stock>
</variables></model></xmile>
"""

HERE = Profile("here", label={"en": "Here", "id": "Sini"})
THERE = Profile("there", levers={"Effort": Series.constant(2.0)}, label={"en": "There", "id": "Sana"})
USUAL = PolicyPath("usual", baseline=True, label={"en": "As usual", "id": "Biasa"})


def small_model(folder: Path) -> Model:
    """Write the model into a folder and read it."""
    path = folder / "small.xmile"
    path.write_text(XMILE, encoding="utf-8")
    return read_model(path)


def path(name: str, *, family: str = "money", start: float = 2026.0, **levers: float) -> PolicyPath:
    """Return a policy path that sets levers for good."""
    series = {key: Series.constant(value) for key, value in levers.items()}
    return PolicyPath(name, series, start=start, family=family, label={"en": name.title(), "id": name.title()})


def speed_benchmark(low: float = 0.045, high: float = 0.055) -> Benchmark:
    """Return one check that keeps the members whose speed, drawn from 0.04 to 0.06, lies in a band."""
    check = EvidenceCheck(
        "level in 2013",
        "Level",
        "here",
        "band",
        low=10 * low,
        high=10 * high,
        at=2013.0,
        evidence=("x/y/2013",),
    )
    return Benchmark((check,), {"here": HERE}, (Range("Speed", 0.04, 0.06),))


def rival_benchmark() -> Benchmark:
    """Return the same check under two structures: effort helps, and effort harms."""
    helps = Structure("helps", {}, {"en": "Effort helps", "id": "Upaya membantu"})
    harms = Structure("harms", {"Reversed": 1.0}, {"en": "Effort harms", "id": "Upaya merugikan"})
    return replace(speed_benchmark(), structures=(helps, harms))


@functools.cache
def shipped_comparison() -> Comparison:
    """Return the main job on few members, made once for all tests."""
    return compare("egov", members=24)
