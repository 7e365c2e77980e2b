"""The command ``egovsim``; every module of commands adds its own to the one application."""

from egovsim.cli import comparing, matching, models, profiles, validating  # noqa: F401  (they register their commands, in the order of the help)
from egovsim.cli.shell import app, main

__all__ = ["app", "main"]
