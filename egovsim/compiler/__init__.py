"""`Model` to `Program` to machine code that is called with arrays.

Imports: cache, errors, names, model, compiler.lowering, compiler.codegen.
"""
