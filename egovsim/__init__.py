"""System dynamics of e-government adoption.

Models in open formats are compiled to machine code, so that what used to be one run is a million runs.
Verbs are functions, nouns are frozen::

    import egovsim

    model = egovsim.read_model("egov")
    result = egovsim.run(model, constants={"Training places": 0.1})
    result["Real use index"]

Imports: cli.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from egovsim.analysis.history_matching.evidence import Benchmark
    from egovsim.analysis.history_matching.evidence_files import read_benchmark
    from egovsim.analysis.history_matching.matching import Match, history_match
    from egovsim.egov.compare import Comparison, compare
    from egovsim.errors import (
        DataError,
        EgovsimError,
        InputError,
        ModelError,
        OutputError,
        SimulationError,
        UnknownNameError,
        UnsupportedError,
        ValueRangeError,
    )
    from egovsim.model.checking import Finding, check
    from egovsim.model.inputs import Design, PolicyPath, Profile, Range, Scenario, Series
    from egovsim.model.interventions.hold import hold
    from egovsim.model.metrics import Metric, final, first_at_or_above, mean_over, value_at
    from egovsim.model.model import Model
    from egovsim.readers.read_model import read_model
    from egovsim.simulation.files import read_policy, read_profile, read_scenario
    from egovsim.simulation.result import Result, load_result
    from egovsim.simulation.run import run
    from egovsim.simulation.sampling import sample
    from egovsim.validation.pysd_comparison import Crosscheck, crosscheck
    from egovsim.validation.suite import validate
    from egovsim.validation.verdicts import Validation
    from egovsim.writers.xmile import write_xmile

__version__ = "0.1.0"

_PLACES = {
    "egovsim.validation.pysd_comparison": ("Crosscheck", "crosscheck"),
    "egovsim.validation.suite": ("validate",),
    "egovsim.validation.verdicts": ("Validation",),
    "egovsim.errors": (
        "DataError",
        "EgovsimError",
        "InputError",
        "ModelError",
        "OutputError",
        "SimulationError",
        "UnknownNameError",
        "UnsupportedError",
        "ValueRangeError",
    ),
    "egovsim.model.checking": ("Finding", "check"),
    "egovsim.model.interventions.hold": ("hold",),
    "egovsim.model.inputs": ("Design", "PolicyPath", "Profile", "Range", "Scenario", "Series"),
    "egovsim.model.metrics": ("Metric", "final", "first_at_or_above", "mean_over", "value_at"),
    "egovsim.model.model": ("Model",),
    "egovsim.analysis.history_matching.evidence_files": ("read_benchmark",),
    "egovsim.egov.compare": ("Comparison", "compare"),
    "egovsim.analysis.history_matching.evidence": ("Benchmark",),
    "egovsim.simulation.files": ("read_policy", "read_profile", "read_scenario"),
    "egovsim.analysis.history_matching.matching": ("Match", "history_match"),
    "egovsim.readers.read_model": ("read_model",),
    "egovsim.simulation.result": ("Result", "load_result"),
    "egovsim.simulation.run": ("run",),
    "egovsim.simulation.sampling": ("sample",),
    "egovsim.writers.xmile": ("write_xmile",),
}
_PLACE_OF = {name: place for place, names in _PLACES.items() for name in names}

__all__ = [
    "Benchmark",
    "Comparison",
    "Crosscheck",
    "DataError",
    "Design",
    "EgovsimError",
    "Finding",
    "InputError",
    "Match",
    "Metric",
    "Model",
    "ModelError",
    "OutputError",
    "PolicyPath",
    "Profile",
    "Range",
    "Result",
    "Scenario",
    "Series",
    "SimulationError",
    "UnknownNameError",
    "UnsupportedError",
    "Validation",
    "ValueRangeError",
    "__version__",
    "check",
    "compare",
    "crosscheck",
    "final",
    "first_at_or_above",
    "history_match",
    "hold",
    "load_result",
    "mean_over",
    "read_benchmark",
    "read_model",
    "read_policy",
    "read_profile",
    "read_scenario",
    "run",
    "sample",
    "validate",
    "value_at",
    "write_xmile",
]


def __getattr__(name: str) -> object:
    """Load what is asked for when it is asked for (PEP 562), so that `import egovsim` stays light."""
    if name not in _PLACE_OF:
        raise AttributeError(f"module 'egovsim' has no attribute {name!r}")
    value = getattr(import_module(_PLACE_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return list(__all__)
