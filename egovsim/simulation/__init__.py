"""Runs of a model: designs, schedules, results, and the files that profiles, policies and scenarios stand in.

Imports: errors, library, names, output, progress, public, toml, model, compiler.
"""
