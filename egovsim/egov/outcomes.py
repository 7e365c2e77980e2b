"""The outcomes of the e-government model, by name: what is shown, which way is better, and the official predicates."""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType

INDEX = "SPBE-like index"
REAL_USE = "Real use index"
SPENDING = "Cumulative spending"
GROUP = "Outcomes"
"""The model's group of all outcomes."""
LOWER_IS_BETTER = frozenset(
    {"Digital divide", "Records exposed", "Paper maturity", "Cumulative spending", "Unspent money"}
)
PREDICATES: Mapping[str, float] = MappingProxyType({"Baik": 2.6, "Sangat Baik": 3.5, "Memuaskan": 4.2})
"""Lower ends of the official predicates (PermenPANRB 59/2020)."""
PREDICATE_YEARS = (2029.0, 2045.0)
"""By when reaching a predicate is told."""
SCALE = "SPBE scale of PermenPANRB 59/2020, continued past 2025 for comparison."
"""Stands by every figure of the index: the official one ended with 2025."""
GAP_YEAR = 2023.0
"""The first year for which index and domains of both places are published."""
DOMAIN_WEIGHTS: Mapping[str, float] = MappingProxyType(
    {"policy": 0.13, "governance": 0.25, "management": 0.165, "services": 0.455}
)
"""What each domain counts for in the official index (PermenPANRB 59/2020)."""
DOMAINS: Mapping[str, str] = MappingProxyType({name: f"SPBE {name} domain" for name in DOMAIN_WEIGHTS})
"""The model's outcome of each domain."""
WEIGHT_TOLERANCE = 0.015
"""A published index differs from its weighted domains by no more than this; all are rounded to two decimals."""
FIRST_SPBE_YEAR = 2018
"""The first year with an official index on its scale."""
LATENT = ("HR capacity", "Security maturity", "Cultural change", INDEX, REAL_USE)
"""What nobody measures, or not whole: a match is told by how far apart its members leave these."""
LATENT_YEARS = (2025.0, 2035.0, 2045.0)


def contradicts_domains(index: float, domains: Mapping[str, float]) -> bool:
    """Return whether a published index differs from its domains by more than rounding.

    Parameters
    ----------
    index : float
        On the scale from 1 to 5.
    domains : mapping of str to float
        All of `DOMAIN_WEIGHTS`.

    Returns
    -------
    bool
        True where one of them must be wrong.
    """
    return abs(weighted_domains(domains) - index) > WEIGHT_TOLERANCE + 1e-9


def weighted_domains(domains: Mapping[str, float]) -> float:
    """Return the index that domains make with their official weights.

    Parameters
    ----------
    domains : mapping of str to float
        All of `DOMAIN_WEIGHTS`, on the scale from 1 to 5.

    Returns
    -------
    float
        On the same scale.
    """
    return math.fsum(weight * domains[name] for name, weight in DOMAIN_WEIGHTS.items())


def direction(outcome: str) -> float:
    """Return which way an outcome is better.

    Parameters
    ----------
    outcome : str
        Name of a variable, or of an element.

    Returns
    -------
    float
        +1 where more is better, -1 where less is.
    """
    return -1.0 if outcome in LOWER_IS_BETTER else 1.0
