"""Questions that are put to many runs of any model.

Imports: errors, library, names, progress, public, toml, model, model.interventions, simulation.
"""

from egovsim.public import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
