"""Equations as the modeller wrote them to scalar equations that a program can be made of.

Imports: errors, names, model.
"""
