"""What the vector units of this processor can do: the shortest time an operation, many of them independent."""

from __future__ import annotations

import ctypes
import statistics
import time
from collections.abc import Mapping

import llvmlite.binding as llvm

from egovsim.compiler.kernel import target_machine

CHAINS = 12
"""Operations that do not wait for each other; more than any unit holds at once."""
ROUNDS = 2_000_000
SIMPLE, DIVISION = ("fadd", "fmul"), ("fdiv",)


def seconds_an_operation(lanes: int) -> Mapping[str, float]:
    """Return the time of a simple operation (additions and multiplications mixed) and of a division."""
    return {"simple": _measured(SIMPLE, lanes), "division": _measured(DIVISION, lanes)}


def _measured(operations: tuple[str, ...], lanes: int) -> float:
    module = llvm.parse_assembly(_loop(operations, lanes))
    engine = llvm.create_mcjit_compiler(module, target_machine())
    engine.finalize_object()
    work = ctypes.CFUNCTYPE(None, ctypes.c_int64, ctypes.c_void_p)(engine.get_function_address("loop"))
    memory = (ctypes.c_double * (lanes * (CHAINS + 1)))(*[1.0] * (lanes * (CHAINS + 1)))
    times = []
    for _ in range(7):
        begin = time.thread_time()
        work(ROUNDS, ctypes.addressof(memory))
        times.append(time.thread_time() - begin)
    return statistics.median(times) / ROUNDS / CHAINS


def _loop(operations: tuple[str, ...], lanes: int) -> str:
    """Write a loop in which every chain does one operation a round with a number from memory."""
    kind, chains = f"<{lanes} x double>", range(CHAINS)
    at = "getelementptr {kind}, {kind}* %numbers, i64 {place}"
    lines = ["define void @loop(i64 %rounds, i8* %memory) {", "entry:"]
    lines.append(f"  %numbers = bitcast i8* %memory to {kind}*")
    for place in range(CHAINS + 1):
        lines.append(f"  %p{place} = {at.format(kind=kind, place=place)}")
        lines.append(f"  %a{place} = load {kind}, {kind}* %p{place}, align 8")
    lines += ["  br label %body", "body:", "  %round = phi i64 [0, %entry], [%next, %body]"]
    lines += [f"  %x{chain} = phi {kind} [%a{chain}, %entry], [%y{chain}, %body]" for chain in chains]
    for chain in chains:
        lines.append(f"  %y{chain} = {operations[chain % len(operations)]} {kind} %x{chain}, %a{CHAINS}")
    lines += ["  %next = add i64 %round, 1", "  %more = icmp slt i64 %next, %rounds"]
    lines += ["  br i1 %more, label %body, label %after", "after:"]
    lines += [f"  store {kind} %y{chain}, {kind}* %p{chain}, align 8" for chain in chains]
    return "\n".join([*lines, "  ret void", "}"])
