"""How fast it is: run as `python tests/benchmarks/speed.py`; prints one table, asserts nothing.

Medians, one thread unless said. What is compared takes turns in one run, in processor time of its thread, so that a
busy machine disturbs it less; commands, and what uses two threads, are in wall time. World3 needs the folder of
recorded runs in EGOVSIM_CONFORMANCE, pysimlin the extra ``peers``; what is missing is said.
"""

from __future__ import annotations

import argparse
import os
import platform
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
import peers
from rich.console import Console
from rich.table import Table

import egovsim
from egovsim.library import find
from egovsim.readers.formats import read_file

OUTPUT = {"egov": "Real use index", "World3": "population"}


@contextmanager
def environment(**values: str) -> Iterator[None]:
    kept = {name: os.environ.get(name) for name in values}
    os.environ.update(values)
    try:
        yield
    finally:
        for name, value in kept.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def median_seconds(work: Callable[[], object], *, times: int = 7) -> float:
    """Return the median duration of a piece of work, the first time left out."""
    work()
    durations = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        durations.append(time.perf_counter() - begin)
    return statistics.median(durations)


def alternating(*works: Callable[[], object], times: int = 15) -> list[float]:
    """Return the median processor time of some pieces of work that take turns."""
    for work in works:
        work()
    rounds = [[_seconds(work) for work in works] for _ in range(times)]
    return [statistics.median(column) for column in zip(*rounds, strict=True)]


def _seconds(work: Callable[[], object]) -> float:
    begin = time.thread_time()
    work()
    return time.thread_time() - begin


def command_seconds(command: list[str], *, times: int = 5, **values: str) -> float:
    """Return the median duration of a command in a process of its own."""
    surroundings = {**os.environ, **values}

    def work() -> None:
        subprocess.run(command, env=surroundings, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)

    durations = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        durations.append(time.perf_counter() - begin)
    return statistics.median(durations)


def varied_constant(model: egovsim.Model) -> tuple[str, float, float]:
    """Return a constant and both ends of half a percent about its value."""
    for variable in model.inputs:
        value = variable.equations[0].expression.value if variable.kind != "stock" and not variable.dimensions else 0.0
        used = variable.bounds.low is None or variable.bounds.low < value * 0.99
        if value > 0.0 and used and (variable.bounds.high is None or variable.bounds.high > value * 1.01):
            return variable.name, 0.995 * value, 1.005 * value
    raise SystemExit(f"{model.name}: no constant to vary")


def design_of(model: egovsim.Model, members: int) -> egovsim.Design:
    """Return members that differ in one constant, so that no two of them are the same work."""
    name, low, high = varied_constant(model)
    return egovsim.Design.of({name: np.linspace(low, high, members)})


def shorter(seconds: float) -> str:
    """Write a duration in the unit that fits."""
    for limit, factor, unit in ((1e-3, 1e6, "µs"), (1.0, 1e3, "ms")):
        if seconds < limit:
            return f"{seconds * factor:.3g} {unit}"
    return f"{seconds:.3g} s"


class Report:
    """Rows of the table, printed at the end."""

    def __init__(self) -> None:
        self.table = Table("what", "time", "beside it", title="egovsim: medians, one thread unless said")

    def add(self, what: str, seconds: float, beside: str = "") -> None:
        self.table.add_row(what, shorter(seconds), beside)

    def say(self, what: str, why: str) -> None:
        self.table.add_row(what, "–", why)

    def section(self) -> None:
        self.table.add_section()


MEMBERS, FEWER = 2000, 200


def members_of(report: Report, name: str, path: Path) -> tuple[float, float]:
    """Time a member of this engine beside pysimlin on the same file; return it for one thread and for two."""
    model, output = egovsim.read_model(path), OUTPUT[name]
    everything = [variable.name for variable in model.variables if variable.kind != "lookup"]
    one_design, all_design = design_of(model, MEMBERS), design_of(model, FEWER)

    def one_output(workers: int) -> object:
        return egovsim.run(model, design=one_design, outputs=[output], workers=workers)

    def all_outputs() -> object:
        return egovsim.run(model, design=all_design, outputs=everything, workers=1)

    ours = [partial(one_output, 1), all_outputs]
    constant, *values = varied_constant(model)
    theirs = peers.simlin_runs(path, output, constant, (values[0], values[1]))
    seconds = alternating(*ours, *(theirs or ()), times=9)
    alone, whole = seconds[0] / MEMBERS, seconds[1] / FEWER
    if theirs is None:
        report.say(f"{name}: a run in pysimlin", "not installed: pip install 'egovsim[peers]'")
    else:
        frame, bare = seconds[2:]
        report.add(f"{name}: a run in pysimlin, data frame of all variables", frame)
        report.add(f"{name}: a run in pysimlin, prepared, one series taken", bare)
        report.add(f"{name}: a member, one output, {MEMBERS:,} members", alone, times_faster(bare, alone))
        report.add(
            f"{name}: a member, all {len(everything)} variables, {FEWER} members", whole, times_faster(frame, whole)
        )
    both = median_seconds(partial(one_output, 2)) / MEMBERS
    wall = median_seconds(partial(one_output, 1)) / MEMBERS
    report.add(f"{name}: a member, one output, on two threads, wall time", both, f"{wall / both:.2f} times one thread")
    single = median_seconds(lambda: egovsim.run(model, outputs=[output], workers=1), times=25)
    report.add(f"{name}: one warm run, one output", single)
    return alone, both


def times_faster(theirs: float, ours: float) -> str:
    return f"{theirs / ours:,.0f} times faster than pysimlin"


def pysd_seconds(report: Report, name: str, path: Path, ours: tuple[float, float], *, until: float | None) -> None:
    """Time PySD once, loading and running apart; on arrays a part of the horizon, scaled up."""
    version, loading, seconds = peers.pysd_once(path, until)
    report.add(f"{name}: PySD {version} loads", loading, "once")
    clock = egovsim.read_model(path).clock
    whole = seconds if until is None else seconds * (clock.stop - clock.start) / (until - clock.start)
    how = "once" if until is None else f"once; {seconds:.1f} s to {until:g}, scaled to {clock.stop:g}"
    ratios = " and ".join(f"{whole / our:,.0f}" for our in ours)
    report.add(f"{name}: a run in PySD", whole, f"{how}; {ratios} members of ours, on one thread and two")


def commands(report: Report) -> None:
    """Time the main job with an empty cache and a full one, and what an import costs."""
    script = [sys.executable, "-m", "egovsim", "compare", "--out"]
    with tempfile.TemporaryDirectory() as folder:
        out = str(Path(folder) / "out")
        cold = []
        for number in range(3):
            home = Path(folder) / f"home{number}"
            home.mkdir()
            places = {"HOME": str(home), "EGOVSIM_CACHE": str(home / "cache"), "MPLCONFIGDIR": str(home / "mpl")}
            cold.append(command_seconds([*script, out], times=1, **places))
        report.add("egovsim compare, caches empty", statistics.median(cold), "all processors")
        report.add("egovsim compare, caches full", command_seconds([*script, out], times=3, **places), "all processors")
    numpy = command_seconds([sys.executable, "-c", "import numpy"], times=9)
    both = command_seconds([sys.executable, "-c", "import numpy, egovsim"], times=9)
    report.add("import egovsim, beyond import numpy", max(both - numpy, 0.0), f"import numpy: {shorter(numpy)}")


def compiling(report: Report, name: str, path: Path) -> None:
    """Time reading a model and making its machine code, everything that this takes imported before."""
    report.add(f"{name}: read and parse the file", median_seconds(lambda: read_file(path), times=3))
    with tempfile.TemporaryDirectory() as folder, environment(EGOVSIM_CACHE=folder):
        for what in ("made", "found in the cache"):
            model = egovsim.read_model(path)
            begin = time.perf_counter()
            egovsim.run(model, outputs=[OUTPUT[name]])
            report.add(f"{name}: first run, one output, its code {what}", time.perf_counter() - begin, "once")


def machine() -> str:
    """Describe the machine in a line."""
    model = platform.processor() or platform.machine()
    described = Path("/proc/cpuinfo")
    if described.exists():
        lines = [line for line in described.read_text().splitlines() if line.startswith("model name")]
        model = lines[0].partition(":")[2].strip() if lines else model
    import llvmlite

    from egovsim.compiler.kernel import native_lanes

    versions = f"Python {platform.python_version()}, NumPy {np.__version__}, llvmlite {llvmlite.__version__}"
    load = f"load {os.getloadavg()[0]:.1f}" if hasattr(os, "getloadavg") else "load unknown"
    where = f"{model}, {os.cpu_count()} processors, {native_lanes()} lanes, {load}"
    return f"{where}; {versions}; egovsim {egovsim.__version__}"


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--without-pysd", action="store_true", help="leave PySD out: it takes a minute")
    options = parser.parse_args()
    report = Report()
    models = {"egov": (find("model", "egov"), 2005.0)}
    folder = os.environ.get("EGOVSIM_CONFORMANCE")
    if folder:
        models = {"World3": (Path(folder) / "large" / "wrld3-03.mdl", None), **models}
    else:
        report.say("World3", "EGOVSIM_CONFORMANCE is unset")
    with tempfile.TemporaryDirectory() as cache, environment(EGOVSIM_CACHE=cache):
        for name, (path, until) in models.items():
            compiling(report, name, path)
            ours = members_of(report, name, path)
            if not options.without_pysd:
                pysd_seconds(report, name, path, ours, until=until)
            report.section()
        commands(report)
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(report.table)
    console.print(machine())


if __name__ == "__main__":
    main()
