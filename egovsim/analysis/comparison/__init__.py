"""A place compared with a benchmark on the same members: paths ranked by an outcome, and what makes the gap.

Imports: names, public, model, simulation, analysis, analysis.history_matching.
"""
