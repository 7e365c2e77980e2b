"""`Program` to LLVM IR to machine code.

Imports: names, model, compiler, compiler.lowering.
"""
