"""Profiles of regions: made from answers, and held against published figures.

Imports: errors, library, names, output, toml, model, simulation, analysis, analysis.history_matching, egov.
"""
