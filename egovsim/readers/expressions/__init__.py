"""One grammar of expressions in two dialects, XMILE's and Vensim's.

Imports: errors, names, model, readers, readers.data.
"""
