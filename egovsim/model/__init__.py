"""A model as data: its equations, its inputs, and what can be found about it without running it.

Imports: errors, names, public, model.units.
"""
