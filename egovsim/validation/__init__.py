"""Tests of a model: what an author declares about it, whether it holds, and the same model in another engine.

Imports: errors, library, markdown, names, public, toml, model, model.interventions, model.units, readers,
readers.data, simulation, analysis.history_matching.
"""

from egovsim.public import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
