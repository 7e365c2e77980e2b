"""Machine code that is called with arrays."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from functools import cache
from typing import Any

import llvmlite.binding as llvm
import numpy as np

from egovsim.compiler import entry_point
from egovsim.compiler.steps import Schedule, Steps
from egovsim.model.inputs import Floats

USING_LLVM = threading.Lock()
"""LLVM's state is one a process: one thread at a time makes or loads code."""


@dataclass(frozen=True, slots=True)
class Code:
    """A program as an object file, and all that a caller has to know of the program.

    Parameters
    ----------
    content : bytes
        The object file.
    lanes : int
        How many members a vector holds.
    inputs : tuple of str
        Ids of the program's inputs, in their order.
    outputs, metrics : int
        How many there are.
    size : int
        The length of a group's memory block, in vectors.
    history_rows : int
        How many trajectories of a run are kept for pipelines.
    """

    content: bytes
    lanes: int
    inputs: tuple[str, ...]
    outputs: int
    metrics: int
    size: int
    history_rows: int


class Kernel:
    """A compiled program, ready to be called; threads may share it.

    Parameters
    ----------
    code : Code
        From `machine_code`.
    """

    def __init__(self, code: Code) -> None:
        self.code = code
        self._engine = _loaded(code.content)
        self._call = entry_point.callable_at(self._engine.get_function_address(entry_point.NAME))

    def __call__(
        self,
        inputs: Floats,
        schedule: Schedule,
        steps: Steps,
        windows: np.ndarray[Any, np.dtype[np.int64]],
        thresholds: Floats,
        *,
        into: Floats | None = None,
        seed: int = 0,
        first_member: int = 0,
    ) -> tuple[Floats, Floats, Floats]:
        """Integrate some members; the interpreter's lock is released meanwhile.

        Parameters
        ----------
        inputs : float64, shape (member, input)
            Values of the program's inputs.
        schedule : Schedule
            Series that move inputs.
        steps : Steps
            The clock.
        windows : int64, shape (metric, 2)
            First and last instant of each metric.
        thresholds : float64, shape (metric,)
            Thresholds, used by some metrics.
        into : float64, shape (member, saved instant, output), optional
            Where to write the outputs.
        seed : int
            Of random functions in the model.
        first_member : int
            The number of the first of these members in the design: what it draws depends on that number, not on
            the cut of the design into calls.

        Returns
        -------
        outputs : float64, shape (member, saved instant, output)
        metrics : float64, shape (member, metric)
        failed : float64, shape (member,)
            The first instant at which a stock is not a finite number, or -1.
        """
        members, lanes = len(inputs), self.code.lanes
        groups = -(-members // lanes)
        packed = self._packed(inputs, groups)
        whole = into is not None and len(into) == groups * lanes and into.flags.c_contiguous
        outputs = into if into is not None and whole else np.empty((groups * lanes, steps.saved, self.code.outputs))
        metrics, failed = np.empty((groups, self.code.metrics, lanes)), np.empty((groups, lanes))
        _block, memory = _aligned_zeros(self.code.size * lanes)
        history = np.empty((self.code.history_rows, steps.count + 2, lanes))
        times, lengths, saved_rows = steps.times, steps.lengths, steps.saved_rows
        self._call(
            {
                "groups": groups,
                "inputs": packed.ctypes.data,
                "series_count": len(schedule.slots),
                "series_slots": schedule.slots.ctypes.data,
                "series_first": schedule.first.ctypes.data,
                "series_values": schedule.values.ctypes.data,
                "series_moves": schedule.moves.ctypes.data,
                "times": times.ctypes.data,
                "lengths": lengths.ctypes.data,
                "time_step": steps.time_step,
                "steps": steps.count,
                "saved": steps.saved,
                "saved_rows": saved_rows.ctypes.data,
                "outputs": outputs.ctypes.data,
                "windows": windows.ctypes.data,
                "thresholds": thresholds.ctypes.data,
                "metrics": metrics.ctypes.data,
                "failed": failed.ctypes.data,
                "memory": memory,
                "seed": seed % 2**64,
                "first_member": first_member,
                "history": history.ctypes.data,
            }
        )
        if into is not None and not whole:  # the last vector has spare lanes
            into[:] = outputs[:members]
        table = metrics.transpose(0, 2, 1).reshape(groups * lanes, -1)
        return outputs[:members], table[:members], failed.reshape(-1)[:members]

    def _packed(self, inputs: Floats, groups: int) -> Floats:
        """Return inputs by group, then input, then lane; spare lanes repeat the last member."""
        (members, count), lanes = inputs.shape, self.code.lanes
        packed = np.empty((groups, count, lanes))
        full, rest = divmod(members, lanes)
        if full:
            packed[:full] = inputs[: full * lanes].reshape(full, lanes, count).transpose(0, 2, 1)
        if rest:
            packed[full, :, :rest] = inputs[full * lanes :].T
            packed[full, :, rest:] = inputs[-1][:, None]
        return packed


_CACHE_LINE = 64


def _aligned_zeros(count: int) -> tuple[Floats, int]:
    """Return zeros that begin at a cache line, so that no vector lies across two, and their address."""
    block = np.zeros(count + _CACHE_LINE // 8)
    address = block.ctypes.data
    skipped = -address % _CACHE_LINE // 8
    return block[skipped : skipped + count], address + 8 * skipped


def native_lanes() -> int:
    """Say how wide this processor's vectors are.

    Returns
    -------
    int
        How many doubles the widest hold.
    """
    features = host()[1]
    if "+avx512f" in features:
        return 8
    return 4 if "+avx2" in features else 2


@cache
def host() -> tuple[str, str]:
    """Name this processor.

    Returns
    -------
    tuple of (str, str)
        Its name and features, as LLVM calls them.
    """
    llvm.initialize_native_target()
    llvm.initialize_native_asmprinter()
    return llvm.get_host_cpu_name(), llvm.get_host_cpu_features().flatten()


def target_machine() -> llvm.TargetMachine:
    """Describe what code is made for.

    Returns
    -------
    llvm.TargetMachine
        This processor.
    """
    cpu, features = host()
    target = llvm.Target.from_default_triple()
    return target.create_target_machine(cpu=cpu, features=features, opt=2, jit=True)


def _loaded(code: bytes) -> llvm.ExecutionEngine:
    with USING_LLVM:
        engine = llvm.create_mcjit_compiler(llvm.parse_assembly(""), target_machine())
        engine.add_object_file(llvm.ObjectFileRef.from_data(code))
        engine.finalize_object()
        return engine
