"""E-government: policy paths of a region compared with a benchmark. The only folder that knows the model's variables.

Imports: errors, library, names, output, progress, provenance, public, terminal, model, model.interventions, readers,
simulation, analysis, analysis.comparison, analysis.history_matching, documentation.
"""
