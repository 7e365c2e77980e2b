"""Model files to `Model`: whatever a file says is read here, and behind it there is no dialect.

Imports: cache, errors, library, names, public, model, model.units, readers.data, readers.vensim,
readers.xmile.
"""
