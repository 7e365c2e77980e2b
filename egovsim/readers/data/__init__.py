"""Values that a model takes from other files: spreadsheets, delimited text, exported runs.

Imports: errors, names, model, readers.
"""
