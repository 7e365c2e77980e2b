"""A `Program` as machine code for this processor."""

# llvmlite has no type stubs, so what it returns is unknown to the type checker.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from __future__ import annotations

from typing import Any

import llvmlite.binding as llvm

from egovsim.compiler.codegen.ir import KernelWriter
from egovsim.compiler.kernel import USING_LLVM, Code, target_machine
from egovsim.compiler.program import Program

_SPEED_LEVEL = 1


def make_code(program: Program, lanes: int) -> Code:
    """Compile a program for vectors of some lanes; results do not depend on their number."""
    writer = KernelWriter(program, lanes)
    text = writer.write()
    with USING_LLVM:
        machine = target_machine()
        content: bytes = machine.emit_object(optimised(text, machine))
    return Code(
        content,
        lanes,
        program.inputs,
        len(program.outputs),
        len(program.metrics),
        writer.layout.size,
        writer.layout.memories.history_rows,
    )


def optimised(text: str, machine: Any) -> Any:
    """Return LLVM's module of some IR, its passes run."""
    module = llvm.parse_assembly(text)
    options = llvm.create_pipeline_tuning_options(speed_level=_SPEED_LEVEL)
    builder = llvm.create_pass_builder(machine, options)
    builder.getModulePassManager().run(module, builder)
    return module
