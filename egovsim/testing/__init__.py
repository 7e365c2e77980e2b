"""A kit to test anybody's stock-and-flow model with: claims, what they are tried under, and random models.

    from egovsim.testing import Conserved, assert_conserves

    assert_conserves(model, Conserved("staff", ("Novices", "Experts"), inflows=("Hiring",), outflows=("Quitting",)))

Strategies for Hypothesis are in `egovsim.testing.strategies`; they need the extra ``egovsim[testing]``.
Names are loaded when they are first used: the pytest plug-in must cost other people's runs nothing.

Imports: errors, names, public, model, model.units, readers, simulation, validation.
"""

from egovsim.public import lazy_names

__getattr__, __dir__ = lazy_names(__name__)
