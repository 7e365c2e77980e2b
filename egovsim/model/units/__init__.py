"""The units of a model: how tools write them, their algebra, and whether equations keep them.

Imports: names, model.
"""
