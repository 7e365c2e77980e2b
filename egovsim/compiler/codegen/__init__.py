"""`Program` to LLVM IR to machine code.

Imports: model, compiler, compiler.lowering.
"""
