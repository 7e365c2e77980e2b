"""The command ``egovsim``: arguments, progress and messages over the library; it computes nothing itself.

Every module of commands adds its own to the one application.

Imports: cache, errors, library, output, progress, provenance, terminal, toml, model, readers, writers, simulation,
analysis.history_matching, validation, documentation, egov, egov.regions.
"""

from egovsim.cli import compare, match, models, profiles, validate  # noqa: F401  (they register their commands, in the order of the help)
from egovsim.cli.application import app, main

__all__ = ["app", "main"]
