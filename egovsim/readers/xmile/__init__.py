"""XMILE models (.xmile, .stmx, .itmx, .xml) to `Model`.

Imports: errors, names, model, readers, readers.data, readers.expressions.
"""
