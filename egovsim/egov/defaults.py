"""What a comparison asks unless told otherwise; light to import, so that the command line can show it."""

from __future__ import annotations

MODEL = "egov"
PROFILE = "south-sumatra"
"""The region, and what a new profile takes over where nothing is known."""
BENCHMARK = "surabaya"
ALL_POLICIES = "all"
"""Stands for every shipped policy path."""
POLICIES = (ALL_POLICIES,)
SCENARIOS = ("reference",)
UNTIL: float = 2045
"""The horizon, a whole year: the last that the model is written for."""
DISCOUNT = 0.05
"""Rate a year for extra costs: an assumption."""
LANGUAGE = "en"
BASELINE = "business-as-usual"
"""The shipped path that stands for business as usual."""
