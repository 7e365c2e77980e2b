"""A kit to test anybody's stock-and-flow model with: claims, what they are tried under, and random models.

    from egovsim.testing import Conserved, assert_conserves

    assert_conserves(model, Conserved("staff", ("Novices", "Experts"), inflows=("Hiring",), outflows=("Quitting",)))

Strategies for Hypothesis are in `egovsim.testing.strategies`; they need the extra ``egovsim[testing]``.

Imports: errors, names, model, model.units, readers, simulation, validation.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from egovsim.testing.examples import Examples
    from egovsim.testing.loops import assert_loop
    from egovsim.testing.metamorphic import assert_deterministic, assert_monotone, assert_time_step_converges
    from egovsim.testing.rescaling import assert_unit_rescaling
    from egovsim.testing.trajectories import (
        assert_balance,
        assert_conserves,
        assert_extreme,
        assert_finite,
        assert_never_falling,
        assert_within,
    )
    from egovsim.validation.declarations import Balance, Bound, Conserved, Extreme, Loop, Response

_PLACES = {
    "egovsim.validation.declarations": ("Balance", "Bound", "Conserved", "Extreme", "Loop", "Response"),
    "egovsim.testing.trajectories": (
        "assert_balance",
        "assert_conserves",
        "assert_extreme",
        "assert_finite",
        "assert_never_falling",
        "assert_within",
    ),
    "egovsim.testing.examples": ("Examples",),
    "egovsim.testing.loops": ("assert_loop",),
    "egovsim.testing.metamorphic": ("assert_deterministic", "assert_monotone", "assert_time_step_converges"),
    "egovsim.testing.rescaling": ("assert_unit_rescaling",),
}
_PLACE_OF = {name: place for place, names in _PLACES.items() for name in names}

__all__ = [
    "Balance",
    "Bound",
    "Conserved",
    "Examples",
    "Extreme",
    "Loop",
    "Response",
    "assert_balance",
    "assert_conserves",
    "assert_deterministic",
    "assert_extreme",
    "assert_finite",
    "assert_loop",
    "assert_monotone",
    "assert_never_falling",
    "assert_time_step_converges",
    "assert_unit_rescaling",
    "assert_within",
]


def __getattr__(name: str) -> object:
    """Load what is asked for when it is asked for: the pytest plug-in must cost other people's runs nothing."""
    if name not in _PLACE_OF:
        raise AttributeError(f"module 'egovsim.testing' has no attribute {name!r}")
    value = getattr(import_module(_PLACE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
