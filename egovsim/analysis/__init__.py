"""Questions that are put to many runs of any model.

Imports: errors, model, simulation.
"""
