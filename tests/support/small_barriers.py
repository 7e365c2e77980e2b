"""A region whose barriers can be weighed by hand.

`Level` rises each year by what is spent on each barrier times its worth, training being limited by places; `Built` by
what each item of the budget gets.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np

from egovsim.analysis.history_matching.evidence import Benchmark
from egovsim.analysis.history_matching.matching import Match
from egovsim.analysis.history_matching.rejection import Search
from egovsim.model.inputs import Profile, Range
from egovsim.model.model import Model
from egovsim.readers.read_model import read_model

XMILE = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<header><vendor>test</vendor><product version="1.0">test</product><name>Barriers</name></header>
<sim_specs method="euler" time_units="years"><start>2020</start><stop>2045</stop><dt>0.25</dt></sim_specs>
<model><variables>
<aux name="Extra money for HR"><eqn>0</eqn><range min="0" max="200"/></aux>
<aux name="Extra money for security"><eqn>0</eqn></aux>
<aux name="Extra money for infrastructure"><eqn>0</eqn></aux>
<aux name="Extra money for access"><eqn>0</eqn></aux>
<aux name="Extra money for culture"><eqn>0</eqn></aux>
<aux name="Extra money unearmarked"><eqn>0</eqn></aux>
<aux name="Training places"><eqn>0.02</eqn></aux>
<aux name="Training cost"><eqn>0.01</eqn></aux>
<aux name="Cost of a trainee"><eqn>Training_cost</eqn></aux>
<aux name="Staff"><eqn>1000</eqn></aux>
<aux name="Effort"><eqn>0</eqn></aux>
<aux name="Worth of HR"><eqn>3</eqn></aux>
<aux name="Training"><eqn>MIN(0.2 + Extra_money_for_HR, Training_places*Staff*Training_cost)</eqn></aux>
<stock name="Level"><eqn>0</eqn><inflow>Rise</inflow></stock>
<flow name="Rise"><eqn>Effort + Worth_of_HR*Training + 0.5*Extra_money_for_security - Extra_money_for_access
 + 2*Extra_money_for_culture + Extra_money_unearmarked + 0.1*Extra_money_for_infrastructure</eqn></flow>
<aux name="Core budget"><eqn>10</eqn></aux>
<aux name="Money for HR"><eqn>0.4*Core_budget</eqn></aux>
<aux name="Money for security"><eqn>0.1*Core_budget</eqn></aux>
<aux name="Money for access"><eqn>0.2*Core_budget</eqn></aux>
<aux name="Money for culture"><eqn>0.3*Core_budget</eqn></aux>
<stock name="Built"><eqn>0</eqn><inflow>Building</inflow></stock>
<flow name="Building"><eqn>Money_for_HR + Money_for_security + Money_for_access + Money_for_culture</eqn></flow>
<stock name="Places so far"><eqn>0</eqn><inflow>Training_places_now</inflow></stock>
<flow name="Training places now"><eqn>Training_places</eqn></flow>
</variables></model></xmile>
"""
HERE = Profile("here")
WORTH = {"hr": 3.0, "security": 0.5, "divide": -1.0, "culture": 2.0, "budget": 1.0}
SHARES = {"hr": 0.4, "security": 0.1, "divide": 0.2, "culture": 0.3}


def barrier_model(folder: Path) -> Model:
    """Write the model into a folder and read it."""
    path = folder / "barriers.xmile"
    path.write_text(XMILE, "utf-8")
    return read_model(path)


def members(*ranges: Range, count: int = 40) -> Match:
    """Return members that nothing was asked of."""
    accepted = np.arange(count, dtype=np.int64)
    return Match(Benchmark((), {}, ranges), 0, Search(accepted, count, count, count, count, ()))


CONSTANT = members(Range("Training cost", 0.01, 0.01))
