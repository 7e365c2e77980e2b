"""The stock-and-flow diagram of a model: sectors, layout, and SVG.

Imports: names, model.
"""
