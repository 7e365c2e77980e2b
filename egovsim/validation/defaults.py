"""What validation does unless told otherwise; light to import, so that the command line can show it."""

from __future__ import annotations

MEMBERS = 128
"""How many random members are drawn from the ranges of the inputs."""
SEED = 0
"""Of the random members, and of the random functions in a model."""
