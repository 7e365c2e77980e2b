"""What is predicted of a place, by which variables, and how far the model may be from what is published."""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from egovsim.egov.outcomes import DOMAINS, INDEX

GIVEN_YEAR, NEXT_YEAR = 2023, 2024
"""The index of the first is all that a prediction knows of a place."""
YEARS = (GIVEN_YEAR, NEXT_YEAR)
SCALE = (1.0, 5.0)
"""Of the index and of each domain."""

VARIABLES: Mapping[str, str] = MappingProxyType({"index": INDEX, **DOMAINS})
"""The model's variable of each quantity."""
QUANTITIES = tuple(VARIABLES)

Cell = tuple[int, str]
CELLS: tuple[Cell, ...] = (
    *((GIVEN_YEAR, domain) for domain in DOMAINS),
    *((NEXT_YEAR, quantity) for quantity in QUANTITIES),
)
"""Year and quantity of everything that is predicted of a place."""

PROFILES: Mapping[str, str] = MappingProxyType(
    {"provinsi": "generic-province", "kabupaten": "generic-regency", "kota": "generic-city"}
)
"""The generic profile of each level of government."""

MEASUREMENT = 0.05
"""Standard deviation of an index as published: evaluators differ, and scores are rounded."""
INDEX_DISCREPANCY = 0.15
"""Standard deviation of the model's own distance from a region's index: an assumption, that of the evidence checks."""
DISCREPANCIES: Mapping[Cell, float] = MappingProxyType(
    {
        (2023, "policy"): 0.42,
        (2023, "governance"): 0.23,
        (2023, "management"): 0.35,
        (2023, "services"): 0.28,
        (2024, "index"): 0.26,
        (2024, "policy"): 0.56,
        (2024, "governance"): 0.38,
        (2024, "management"): 0.21,
        (2024, "services"): 0.16,
    }
)
"""Standard deviation of what is published round a member that has the place's index of 2023: the model's error, and
that of the published score. `calibrated_discrepancies` makes them of the calibration half of the shipped panel, so that
intervals of 50 and 90 % cover as many scores there as they promise. The members' own values stay as they are: a bias of
the model widens its intervals, and is not taken away."""
