"""How far the engine is from the hardware: run as `python tests/benchmarks/engine.py`; prints tables, asserts nothing.

Against C printed from the same `Program`; the vector instructions of a step against what the units can do; what an
ensemble of a million members needs; how compiling grows with a model; what a run costs beside the kernel. Times are
processor time of one thread unless said, so that a busy machine disturbs them less. World3 needs the folder of
recorded runs in EGOVSIM_CONFORMANCE; C needs gcc. What is missing is said.
"""

from __future__ import annotations

import argparse
import os
import re
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import c_printer
import generated
import limits
import numpy as np
from rich.console import Console
from rich.table import Table
from speed import OUTPUT, alternating, design_of, environment, machine, shorter

import egovsim
from egovsim.compiler.codegen.kernel_writer import KernelWriter
from egovsim.compiler.codegen.machine_code import make_code, optimised
from egovsim.compiler.kernel import Kernel, native_lanes, target_machine
from egovsim.compiler.program import Program, build_program
from egovsim.compiler.steps import Schedule
from egovsim.library import find
from egovsim.model.inputs import PolicyPath, Scenario
from egovsim.model.variable import plain_number
from egovsim.names import canonical
from egovsim.simulation.clock import run_clock
from egovsim.simulation.schedule import make_plan

MEMBERS = 1024
NO_WINDOWS, NO_THRESHOLDS = np.zeros((0, 2), dtype=np.int64), np.zeros(0)


def spread_design(model: egovsim.Model, members: int) -> egovsim.Design:
    """Draw every constant within a tenth of its value: members that take different ways through the model."""
    return egovsim.sample(list(ranges_of(model)), members=members, seed=1, method="random")


def ranges_of(model: egovsim.Model) -> list[egovsim.Range]:
    found: list[egovsim.Range] = []
    for variable in model.inputs:
        value = plain_number(variable.equations[0].expression)
        if variable.kind == "stock" or variable.dimensions or not value:
            continue
        low, high = sorted((0.9 * value, 1.1 * value))
        low = low if variable.bounds.low is None else max(low, variable.bounds.low)
        high = high if variable.bounds.high is None else min(high, variable.bounds.high)
        found.append(egovsim.Range(variable.name, low, high))
    return found


class Bench:
    """One model, one output: the kernel and the C program on the same inputs."""

    def __init__(self, name: str, path: Path) -> None:
        self.name = name
        self.model = egovsim.read_model(path)
        self.program = build_program(self.model, (canonical(OUTPUT[name]),), (), "euler")
        self.kernel = Kernel(make_code(self.program, native_lanes()))
        self.steps = run_clock(self.model)[0]
        self.inputs, self.schedule = self.laid_out(spread_design(self.model, MEMBERS))

    def laid_out(self, design: egovsim.Design) -> tuple[np.ndarray, Schedule]:
        """Return the kernel's inputs for some members."""
        plan = make_plan(self.model, self.program.inputs, self.steps, profile=None, constants={}, design=design)
        return plan.inputs(0, MEMBERS), plan.schedule(Scenario(""), PolicyPath(""))

    def run(self, inputs: np.ndarray | None = None) -> np.ndarray:
        used = self.inputs if inputs is None else inputs
        return self.kernel(used, self.schedule, self.steps, NO_WINDOWS, NO_THRESHOLDS)[0]


def against_c(table: Table, bench: Bench, folder: Path) -> None:
    """Add the ratios to the C program, after a look at whether both compute the same."""
    work = c_printer.compiled(bench.program, folder, bench.name)
    if work is None:
        table.add_row(bench.name, "", "–", "–", "gcc is not here")
        return
    steps = bench.steps
    alike = bench.laid_out(design_of(bench.model, MEMBERS))[0]
    for what, inputs in (("every constant ± 10 %", bench.inputs), ("one constant ± 0.5 %", alike)):

        def in_c(inputs: np.ndarray = inputs) -> np.ndarray:
            return work(inputs, steps.start, steps.time_step, steps.count)

        def here(inputs: np.ndarray = inputs) -> np.ndarray:
            return bench.run(inputs)

        ours, theirs = here(), in_c()
        difference = np.abs(ours - theirs).max() / np.abs(ours).max()
        mine, other = (seconds / MEMBERS for seconds in alternating(here, in_c))
        ratio = f"{other / mine:.2f} times as fast; largest difference {difference:.0e}"
        table.add_row(bench.name, what, shorter(mine), shorter(other), ratio)


SIMPLE = re.compile(
    r"v(add|sub|mul|max|min|and|andn|or|xor|cmp\w*|blendv|round|f[nm]\w*|cvt\w+)(pd|sd)\b|vp(s\w+|or|and)\b"
)
MOVING = re.compile(r"v(perm|unpck|insert|extract|pextr|shuf|blendps|movsldup|movddup)\w*")
DIVISION = re.compile(r"v(div|sqrt)(pd|sd)\b")


def instructions(program: Program, lanes: int) -> Counter[str]:
    """Count the instructions of one step by what they do; those of a processor with AVX."""
    machine = target_machine()
    module = optimised(KernelWriter(program, lanes).write(), machine)
    counts: Counter[str] = Counter()
    inside = False
    for line in machine.emit_assembly(module).splitlines():
        if re.match(r"\w+:", line):
            inside = line.startswith("auxiliaries")
        words = line.split()
        if not inside or not words or words[0].startswith((".", "#")):
            continue
        counts["all"] += 1
        for kind, pattern in (("simple", SIMPLE), ("moving", MOVING), ("division", DIVISION)):
            counts[kind] += bool(pattern.match(words[0]))
        counts["memory"] += "(" in line.partition("#")[0] and not words[0].startswith("lea")
    return counts


def against_limits(table: Table, bench: Bench) -> None:
    """Add how long the vector units need at least for the operations of a step."""
    counts = instructions(bench.program, bench.kernel.code.lanes)
    if not counts["simple"]:
        table.add_row(bench.name, "–", "–", "–", "–", "instructions of this processor are not counted")
        return
    at_best = limits.seconds_an_operation(bench.kernel.code.lanes)
    bounds = {kind: counts[kind] * at_best[kind] for kind in ("simple", "division")}
    taken = alternating(bench.run)[0] / (MEMBERS / bench.kernel.code.lanes) / (bench.steps.count + 1)
    least = max(bounds.values())
    shown = [f"{counts[kind]}" for kind in ("simple", "division", "moving", "memory")]
    both = ", ".join(f"{kind} {shorter(bound)}" for kind, bound in bounds.items())
    table.add_row(bench.name, *shown, f"{shorter(taken)}; at least {both}: {least / taken:.0%} of the limit")


def compiling(table: Table, sizes: Sequence[int]) -> None:
    """Add what reading, compiling and running a generated model of some size takes."""
    with tempfile.TemporaryDirectory() as folder, environment(EGOVSIM_CACHE=folder):
        for size in sizes:
            path = Path(folder) / f"generated{size}.xmile"
            path.write_text(generated.xmile(size), encoding="utf-8")
            begin = time.process_time()
            model = egovsim.read_model(path)
            read = time.process_time()
            egovsim.run(model)
            done = time.process_time() - read
            table.add_row(f"{size:,}", shorter(read - begin), shorter(done), f"{done / size * 1e3:.2f} ms a variable")


def overhead(table: Table, bench: Bench) -> None:
    """Add what `run` costs beside the kernel for one member and one output."""

    def run() -> None:
        egovsim.run(bench.model, outputs=[OUTPUT[bench.name]], workers=1)

    one = bench.inputs[:1]

    def kernel() -> None:
        bench.kernel(one, bench.schedule, bench.steps, NO_WINDOWS, NO_THRESHOLDS)

    whole, inner = alternating(run, kernel, times=201)
    table.add_row(bench.name, shorter(whole), shorter(inner), shorter(whole - inner))


FIRST = """
import egovsim, sys, time
begin = time.perf_counter()
egovsim.run(egovsim.read_model(sys.argv[1]), outputs=[sys.argv[2]])
print(time.perf_counter() - begin)
"""


def first_result(table: Table, bench: Bench, path: Path) -> None:
    """Add what comes before the first result: the work alone, and a fresh process with all that it imports."""
    with tempfile.TemporaryDirectory() as folder:
        with environment(EGOVSIM_CACHE=str(Path(folder) / "here")):
            begin = time.perf_counter()
            model = egovsim.read_model(path)
            parsed = time.perf_counter()
            egovsim.run(model, outputs=[OUTPUT[bench.name]])
            done = time.perf_counter()
        command = [sys.executable, "-c", FIRST, str(path), OUTPUT[bench.name]]
        # Byte code is there, as after an installation; a first process makes it.
        surroundings = {**os.environ, "PYTHONPYCACHEPREFIX": str(Path(folder) / "byte code")}
        surroundings.pop("PYTHONDONTWRITEBYTECODE", None)

        def fresh(cache: str) -> float:
            placed = {**surroundings, "EGOVSIM_CACHE": str(Path(folder) / cache)}
            return float(subprocess.run(command, env=placed, capture_output=True, check=True).stdout)

        fresh("before")
        empty = [fresh(f"empty {number}") for number in range(3)]
        full = [fresh("before") for _ in range(9)]
    times = [parsed - begin, done - parsed, statistics.median(empty), statistics.median(full)]
    table.add_row(bench.name, *map(shorter, times))


def ensemble(members: int) -> None:
    """Run many members of the e-government model with ten metrics, and print seconds and memory; in a process."""
    model = egovsim.read_model("egov")
    stocks = [stock.name for stock in model.stocks if not stock.dimensions][:5]
    metrics = [make(name) for name in stocks for make in (egovsim.final, lambda name: egovsim.Metric(name, "maximum"))]
    design = egovsim.sample(ranges_of(model), members=members, seed=1)
    egovsim.run(model, design=egovsim.sample(ranges_of(model), members=8, seed=1), metrics=metrics)
    begin = time.perf_counter()
    result = egovsim.run(model, design=design, metrics=metrics)
    seconds = time.perf_counter() - begin
    result_bytes = result.metric_table.nbytes + result.status.failed_at.nbytes + result.status.variable.nbytes
    print(seconds, resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * 1024, result_bytes)


def many_members(table: Table, sizes: Sequence[int]) -> None:
    """Add time and memory of ensembles, each in a process of its own."""
    for members in sizes:
        command = [sys.executable, __file__, "--ensemble", str(members)]
        seconds, peak, result_bytes = map(
            float, subprocess.run(command, capture_output=True, check=True).stdout.split()
        )
        shown = [f"{size / 2**20:.0f} MB" for size in (peak, result_bytes, peak - result_bytes)]
        table.add_row(f"{members:,}", shorter(seconds), f"{seconds / members * 1e6:.1f} µs", *shown)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--ensemble", type=int, metavar="MEMBERS", help="run one ensemble and print its figures")
    parser.add_argument("--largest", type=int, default=1_000_000, help="members of the largest ensemble")
    options = parser.parse_args()
    if options.ensemble:
        ensemble(options.ensemble)
        return
    models = {"egov": find("model", "egov")}
    folder = os.environ.get("EGOVSIM_CONFORMANCE")
    if folder:
        models = {"World3": Path(folder) / "large" / "wrld3-03.mdl", **models}
    in_c = Table("model", "members differ in", "a member", "in C", "ratio", title=" ".join(c_printer.COMPILER[:4]))
    step = Table("model", "simple", "divisions", "moving", "memory", "a step", title="vector instructions a step")
    beside = Table("model", "run", "kernel", "overhead", title="one member, one output, warm")
    ready = Table(
        *("model", "read", "then first run", "fresh process, cache empty", "fresh process, cache full"),
        title="until the first result after `import egovsim`, wall time; fresh processes count what else they import",
    )
    sizes = Table("variables", "read", "first run, all variables", "", title="generated models")
    many = Table(
        "members", "time", "a member", "peak memory", "results", "beyond", title="egov, ten metrics, all processors"
    )
    with tempfile.TemporaryDirectory() as scratch, environment(EGOVSIM_CACHE=scratch):
        for name, path in models.items():
            bench = Bench(name, path)
            against_c(in_c, bench, Path(scratch))
            against_limits(step, bench)
            overhead(beside, bench)
            first_result(ready, bench, path)
        compiling(sizes, (500, 1000, 2000, 5000))
        many_members(many, [count for count in (100_000, 1_000_000) if count <= options.largest])
    console = Console(width=None if sys.stdout.isatty() else 120)
    for table in (in_c, step, beside, ready, sizes, many):
        console.print(table)
    console.print(machine())
    if not folder:
        console.print("World3 is left out: EGOVSIM_CONFORMANCE is unset")


if __name__ == "__main__":
    main()
