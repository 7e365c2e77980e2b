"""Which members agree with evidence: checks, draws, rejection, accepted members as files, and diagnostics.

Imports: errors, library, names, output, progress, provenance, public, terminal, toml, model, model.interventions,
simulation, analysis.
"""
