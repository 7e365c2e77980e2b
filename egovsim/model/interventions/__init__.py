"""A model changed into another: variables held, adjusted, switched or forced.

Imports: errors, names, public, model.
"""
