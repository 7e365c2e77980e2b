"""What a test on a panel does unless told otherwise; light to import, so that the command line can show it."""

from __future__ import annotations

MEMBERS = 4000
"""Members of each kind of place, of all structures together."""
SHIPPED = "shipped"
"""Stands for the panel that comes with egovsim."""
