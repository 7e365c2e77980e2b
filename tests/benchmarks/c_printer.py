"""A `Program` as C, one member at a time: what a careful programmer would hand to a C compiler.

Euler's method, no series, no metrics. It lives with the benchmark and shares no code with the compiler, so that a
comparison of speed is also a comparison of results.
"""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import numpy as np

from egovsim.compiler.program import Program
from egovsim.model.expression import (
    Binary,
    Call,
    ClockValue,
    Expression,
    If,
    Number,
    Reference,
    Table,
    TableCall,
    Unary,
)

COMPILER = ("gcc", "-O3", "-march=native", "-ffast-math", "-shared", "-fPIC")

HEAD = """
#include <math.h>
static inline double lookup(const double *x, const double *y, const double *slope, int last, double at) {
    at = at < x[0] ? x[0] : at > x[last] ? x[last] : at;
    int i = 0;
    while (i < last && at >= x[i + 1]) i++;
    return y[i] + (at - x[i]) * slope[i];
}
static inline double smaller(double a, double b) { return a < b ? a : b; }
static inline double larger(double a, double b) { return a > b ? a : b; }
"""

INFIX = {"=": "==", "<>": "!=", "and": "&&", "or": "||"}
FUNCTIONS = {
    "exp": "exp",
    "ln": "log",
    "sin": "sin",
    "cos": "cos",
    "sqrt": "sqrt",
    "abs": "fabs",
    "min": "smaller",
    "max": "larger",
}


class NotPrintable(Exception):
    """The program uses what this printer does not know."""


def printed(program: Program) -> str:
    """Return the program as C source with one entry point, ``run_members``.

    Raises
    ------
    NotPrintable
        When the program is not plain Euler integration of plain arithmetic.
    """
    if program.method != "euler" or program.metrics:
        raise NotPrintable("only Euler's method, without metrics")
    return _Printer(program).text()


class _Printer:
    def __init__(self, program: Program) -> None:
        self.program = program
        blocks = (program.invariants, program.initial, program.auxiliaries)
        assigned = (assignment.id for block in blocks for assignment in block)
        names = dict.fromkeys([*program.inputs, *program.stocks, *assigned])
        self.named = {id: f"v{number}" for number, id in enumerate(names)}
        self.tables: dict[Table, str] = {}

    def text(self) -> str:
        program, named = self.program, self.named
        lines = [f"    const double {named[id]} = in[{number}];" for number, id in enumerate(program.inputs)]
        lines += self._assigned(program.invariants)
        lines += self._starts()
        lines.append("    for (long instant = 0; instant <= steps; instant++) {")
        lines.append("      const double now = start + instant * dt;")
        lines += ["  " + line for line in self._assigned(program.auxiliaries)]
        for number, id in enumerate(program.outputs):
            lines.append(f"      out[instant * {len(program.outputs)} + {number}] = {named[id]};")
        for number, rate in enumerate(program.rates):
            lines.append(f"      const double r{number} = {self.value(rate.expression)};")
        for number in range(len(program.rates)):
            lines.append(f"      s{number} += dt * r{number};")
        lines.append("    }")
        return HEAD + "\n".join([*self._tables(), self._open(), *lines, "  }", "}", ""])

    def _starts(self) -> list[str]:
        """Declare every stock by its initial value; what only the start needs stays in a block of its own."""
        program, named = self.program, self.named
        stocks = {id: number for number, id in enumerate(program.stocks)}
        lines = [f"    double s{number};" for number in stocks.values()]
        lines.append("    { const double now = start; (void)now;")
        lines += ["  " + line for line in self._assigned(program.initial)]
        lines += [f"      s{number} = {named[id]};" for id, number in stocks.items()]
        lines.append("    }")
        self.named |= {id: f"s{number}" for id, number in stocks.items()}
        return lines

    def _assigned(self, block) -> list[str]:
        return [f"    const double {self.named[part.id]} = {self.value(part.expression)};" for part in block]

    def _open(self) -> str:
        inputs, outputs = len(self.program.inputs), len(self.program.outputs)
        return f"""void run_members(long members, const double *inputs, double *outputs,
                 double start, double dt, long steps) {{
  const double stop = start + steps * dt; (void)stop;
  for (long member = 0; member < members; member++) {{
    const double *in = inputs + member * {inputs};
    double *out = outputs + member * (steps + 1) * {outputs};"""

    def _tables(self) -> list[str]:
        return [
            f"static const double {name}_{part}[] = {{{', '.join(map(float.hex, row))}}};"
            for table, name in self.tables.items()
            for part, row in (("x", table.x), ("y", table.y), ("slope", _slopes(table)))
        ]

    def value(self, node: Expression) -> str:
        match node:
            case Number(value=value):
                return value.hex()
            case Reference(id=id):
                return self.named[id]
            case ClockValue(which=which):
                return {"time": "now", "time step": "dt", "initial time": "start", "final time": "stop"}[which]
            case Unary(operator=operator, operand=operand):
                return f"({'-' if operator == '-' else '!'}{self.value(operand)})"
            case Binary(operator="^", left=left, right=Number(value=2.0)):
                return f"({self.value(left)} * {self.value(left)})"
            case Binary(operator="^", left=left, right=right):
                return f"pow({self.value(left)}, {self.value(right)})"
            case Binary(operator=operator, left=left, right=right) if operator != "mod":
                return f"({self.value(left)} {INFIX.get(operator, operator)} {self.value(right)})"
            case If(condition=condition, then=then, otherwise=otherwise):
                return f"({self.value(condition)} ? {self.value(then)} : {self.value(otherwise)})"
            case Call(function=function, arguments=arguments) if function in FUNCTIONS:
                return f"{FUNCTIONS[function]}({', '.join(map(self.value, arguments))})"
            case TableCall(table=table, argument=argument) if table.kind == "continuous":
                name = self.tables.setdefault(table, f"t{len(self.tables)}")
                last = len(table.x) - 1
                return f"lookup({name}_x, {name}_y, {name}_slope, {last}, {self.value(argument)})"
            case _:
                raise NotPrintable(f"{node}")


def _slopes(table: Table) -> list[float]:
    rises = np.diff(table.y)
    runs = np.diff(table.x)
    return [*(float(rise / run) if run else 0.0 for rise, run in zip(rises, runs, strict=True)), 0.0]


def compiled(program: Program, folder: Path, name: str) -> Callable[[np.ndarray, float, float, int], np.ndarray] | None:
    """Compile a program with gcc; None where there is no gcc.

    Returns
    -------
    callable
        ``work(inputs, start, time_step, steps)``: inputs float64, shape (member, input); returns the outputs,
        float64, shape (member, instant, output).
    """
    if shutil.which(COMPILER[0]) is None:
        return None
    source, library = folder / f"{name}.c", folder / f"{name}.so"  # the loader takes a name once
    source.write_text(printed(program), encoding="utf-8")
    subprocess.run([*COMPILER, "-o", library, source, "-lm"], check=True, capture_output=True)
    function = ctypes.CDLL(str(library)).run_members
    whole, real, address = ctypes.c_long, ctypes.c_double, ctypes.c_void_p
    function.argtypes = (whole, address, address, real, real, whole)

    def work(inputs: np.ndarray, start: float, time_step: float, steps: int) -> np.ndarray:
        inputs = np.ascontiguousarray(inputs)
        outputs = np.empty((len(inputs), steps + 1, len(program.outputs)))
        function(len(inputs), inputs.ctypes.data, outputs.ctypes.data, start, time_step, steps)
        return outputs

    return work
