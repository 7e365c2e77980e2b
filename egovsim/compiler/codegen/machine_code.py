"""A `Program` as machine code for this processor."""

from __future__ import annotations

import llvmlite.binding as llvm

from egovsim.compiler.codegen.kernel_writer import KernelWriter
from egovsim.compiler.kernel import USING_LLVM, Code, target_machine
from egovsim.compiler.program import Program

_SPEED_LEVEL = 1


def make_code(program: Program, lanes: int) -> Code:
    """Compile a program.

    Parameters
    ----------
    program : Program
        What to compile.
    lanes : int
        How many members a vector holds; results do not depend on it.

    Returns
    -------
    Code
        An object file, and what a caller has to know of the program.
    """
    writer = KernelWriter(program, lanes)
    text = writer.write()
    with USING_LLVM:
        machine = target_machine()
        content = machine.emit_object(optimised(text, machine))
    return Code(
        content,
        lanes,
        program.inputs,
        len(program.outputs),
        len(program.metrics),
        writer.layout.size,
        writer.layout.discrete.history_rows,
    )


def optimised(text: str, machine: llvm.TargetMachine) -> llvm.ModuleRef:
    """Let LLVM read some IR, and run its passes.

    Parameters
    ----------
    text : str
        From `KernelWriter`.
    machine : llvm.TargetMachine
        What it is for.

    Returns
    -------
    llvm.ModuleRef
        LLVM's own form of it.
    """
    module = llvm.parse_assembly(text)
    options = llvm.create_pipeline_tuning_options(speed_level=_SPEED_LEVEL)
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return module
