"""How fast it is: run as `python tests/benchmarks/speed.py`; prints one table, asserts nothing.

Medians, one thread unless said. World3 needs the folder of recorded runs in EGOVSIM_CONFORMANCE, pysimlin the extra
``peers``; what is missing is said.
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
import warnings
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

import egovsim
from egovsim.library import find

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


def design_of(model: egovsim.Model, members: int) -> egovsim.Design:
    """Return members that differ in one constant, so that no two of them are the same work."""
    for one in model.inputs:
        value = one.equations[0].expression.value if one.kind != "stock" and not one.dimensions else 0.0
        used = one.bounds.low is None or one.bounds.low < value * 0.99
        if value > 0.0 and used and (one.bounds.high is None or one.bounds.high > value * 1.01):
            return egovsim.Design.of({one.name: np.linspace(0.995 * value, 1.005 * value, members)})
    raise SystemExit(f"{model.name}: no constant to vary")


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


def members_of(report: Report, name: str, path: Path) -> None:
    """Time a member of this engine, one output and all, and a run of pysimlin on the same file."""
    model = egovsim.read_model(path)
    peer = simlin_seconds(path)
    if peer is None:
        report.say(f"{name}: a run in pysimlin", "not installed: pip install 'egovsim[peers]'")
    else:
        report.add(f"{name}: a run in pysimlin, all variables", peer)
    everything = [one.name for one in model.variables if one.kind != "lookup"]
    sized = ((2000, [OUTPUT[name]], "one output"), (200, everything, f"all {len(everything)} variables"))
    for members, outputs, what in sized:
        design = design_of(model, members)

        def study(workers: int, design: egovsim.Design = design, outputs: list[str] = outputs) -> None:
            egovsim.run(model, design=design, outputs=outputs, workers=workers)

        alone = median_seconds(partial(study, 1)) / members
        ratio = f"{peer / alone:.0f} times faster than pysimlin" if peer else ""
        report.add(f"{name}: a member, {what}, {members:,} members", alone, ratio)
        if members == 2000:
            both = median_seconds(partial(study, 2)) / members
            report.add(f"{name}: the same on two threads", both, f"{alone / both:.2f} times one thread")
    single = median_seconds(lambda: egovsim.run(model, outputs=[OUTPUT[name]], workers=1), times=25)
    report.add(f"{name}: one warm run, one output", single)


def simlin_seconds(path: Path) -> float | None:
    try:
        import simlin
    except ImportError:
        return None
    model = simlin.load(str(path))
    return median_seconds(lambda: model.run(analyze_loops=False).results)


def pysd_seconds(report: Report, name: str, path: Path, *, until: float | None) -> None:
    """Time PySD once, loading and running apart; on arrays a part of the horizon, scaled up."""
    import pysd

    with tempfile.TemporaryDirectory() as folder, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        copy = Path(folder) / path.name
        copy.write_bytes(path.read_bytes())
        begin = time.perf_counter()
        model = pysd.read_vensim(str(copy)) if path.suffix == ".mdl" else pysd.read_xmile(str(copy))
        loaded = time.perf_counter()
        model.run(final_time=until)
        seconds = time.perf_counter() - loaded
    report.add(f"{name}: PySD {pysd.__version__} loads", loaded - begin, "once")
    if until is None:
        report.add(f"{name}: a run in PySD", seconds, "once")
        return
    clock = egovsim.read_model(path).clock
    whole = seconds * (clock.stop - clock.start) / (until - clock.start)
    report.add(f"{name}: a run in PySD", whole, f"once; {seconds:.1f} s to {until:g}, scaled to {clock.stop:g}")


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
    """Time reading a model and making its machine code."""
    report.add(f"{name}: read the file", median_seconds(lambda: egovsim.read_model(path), times=3))
    with tempfile.TemporaryDirectory() as folder:
        for what in ("made", "found in the cache"):
            with environment(EGOVSIM_CACHE=folder):
                model = egovsim.read_model(path)
                begin = time.perf_counter()
                egovsim.run(model, outputs=[OUTPUT[name]])
                report.add(f"{name}: first run, one output, its code {what}", time.perf_counter() - begin, "once")


def machine() -> str:
    """Describe the machine in a line."""
    model = platform.processor() or platform.machine()
    described = Path("/proc/cpuinfo")
    if described.exists():
        lines = [one for one in described.read_text().splitlines() if one.startswith("model name")]
        model = lines[0].partition(":")[2].strip() if lines else model
    import llvmlite

    from egovsim.compiler.kernel import native_lanes

    versions = f"Python {platform.python_version()}, NumPy {np.__version__}, llvmlite {llvmlite.__version__}"
    return f"{model}, {os.cpu_count()} processors, {native_lanes()} lanes; {versions}; egovsim {egovsim.__version__}"


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
            members_of(report, name, path)
            if not options.without_pysd:
                pysd_seconds(report, name, path, until=until)
            report.section()
        commands(report)
    console = Console(width=None if sys.stdout.isatty() else 120)
    console.print(report.table)
    console.print(machine())


if __name__ == "__main__":
    main()
