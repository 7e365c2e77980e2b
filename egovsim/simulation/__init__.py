"""Runs: `run`, `sample`, `Result`."""

from egovsim.simulation.result import Result, load_result
from egovsim.simulation.runs import run
from egovsim.simulation.sampling import sample

__all__ = ["Result", "load_result", "run", "sample"]
