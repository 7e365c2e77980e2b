"""Runs: `run`, `sample`, `Result`."""

from egovsim.simulation.result import Result, load_result
from egovsim.simulation.runs import run
from egovsim.simulation.sampling import counted_uniforms, sample

__all__ = ["Result", "counted_uniforms", "load_result", "run", "sample"]
