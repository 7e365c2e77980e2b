"""Other engines on the same file: pysimlin and PySD, as fast as each can be asked."""

from __future__ import annotations

import tempfile
import time
import warnings
from collections.abc import Callable
from itertools import cycle
from pathlib import Path


def simlin_runs(
    path: Path, output: str, constant: str, values: tuple[float, float]
) -> tuple[Callable[[], object], Callable[[], object]] | None:
    """Return two ways to run a model in pysimlin, None where it is not installed.

    The first is its usual one: a run that ends with a data frame of all variables. The second is the fastest that it
    offers for many runs (its `Sim`): the same simulation again with another value of a constant, and one series taken
    from it. It has no way to compute less than all variables.
    """
    try:
        import simlin
    except ImportError:
        return None
    model = simlin.load(str(path))
    simulation, value = model.simulate(), cycle(values)

    def all_variables() -> object:
        return model.run(analyze_loops=False).results

    def one_output() -> object:
        simulation.reset()
        simulation.set_value(constant, next(value))
        simulation.run_to_end()
        return simulation.get_series(output)

    return all_variables, one_output


def pysd_once(path: Path, until: float | None) -> tuple[str, float, float]:
    """Return PySD's version, and the processor time of loading a model and of one run, to a time or the end."""
    import pysd

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        copy = Path(folder) / path.name
        copy.write_bytes(path.read_bytes())
        begin = time.thread_time()
        model = pysd.read_vensim(str(copy)) if path.suffix == ".mdl" else pysd.read_xmile(str(copy))
        loaded = time.thread_time()
        model.run(final_time=until)
        return pysd.__version__, loaded - begin, time.thread_time() - loaded
