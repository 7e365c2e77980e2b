"""The command ``egovsim``: arguments, progress and messages over the library; it computes nothing itself.

Every module of commands adds its own to the one application.

Imports: cache, errors, library, output, progress, provenance, terminal, toml, model, readers, readers.data, writers,
compiler, simulation, analysis.history_matching, validation, documentation, egov, egov.panel, egov.regions.
"""

from egovsim.cli import compare, match, models, profiles, region, validate

# isort: split
from egovsim.cli import debug  # last in the help
from egovsim.cli.application import app, main

COMMANDS = (compare, match, region, models, profiles, validate, debug)
"""The modules of commands; each registers its own when it is imported, and the help lists them in that order."""

__all__ = ["COMMANDS", "app", "main"]
