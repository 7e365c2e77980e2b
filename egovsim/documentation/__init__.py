"""Pages of a model to read: equations, constants, loops and diagrams.

Imports: errors, markdown, names, toml, model, simulation, analysis.history_matching, validation,
documentation.diagrams.
"""
