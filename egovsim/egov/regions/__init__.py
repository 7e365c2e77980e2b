"""Profiles of regions: made from answers, and held against published figures.

Imports: errors, library, names, output, public, toml, model, readers, simulation, analysis, analysis.history_matching,
egov.
"""
