"""`Model` to model files: XMILE.

Imports: errors, names, output, provenance, public, model.
"""
