"""Vensim models (.mdl) to `Model`.

Imports: errors, names, model, readers, readers.data, readers.expressions.
"""
