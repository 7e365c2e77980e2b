"""Tests outside the sample: what the model says of places that it was not built on, beside their published scores.

Imports: errors, library, names, output, progress, provenance, terminal, model, simulation, analysis,
analysis.history_matching, egov.
"""
