"""Questions that are put to many runs of any model.

Imports: errors, public, model, simulation.
"""

from egovsim.public import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
