"""The findings of the study of South Sumatra put to the shipped members: tables, a chart, and the page they stand on.

Imports: errors, library, names, progress, provenance, public, model, readers, simulation, analysis,
analysis.comparison, analysis.history_matching, egov, egov.panel.
"""
