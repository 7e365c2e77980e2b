"""System dynamics of e-government adoption.

Models in open formats are compiled to machine code, so that what used to be one run is a million runs.
Verbs are functions, nouns are frozen::

    import egovsim

    model = egovsim.read_model("egov")
    result = egovsim.run(model, constants={"Training places": 0.1})
    result["Real use index"]

Whatever may be imported is in one of four packages, and listed in the ``__init__.pyi`` of each: `egovsim`,
`egovsim.analysis`, `egovsim.validation` and `egovsim.testing`.

Imports: cli.
"""

from egovsim.public import lazy_names

__version__ = "0.1.0"

__getattr__, __dir__ = lazy_names(__name__)
