"""One run of a model under a profile, a policy and a scenario by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from egovsim.model.model import Model
from egovsim.simulation.files import read_policy, read_profile, read_scenario
from egovsim.simulation.result import Result
from egovsim.simulation.run import run


def run_once(
    model: Model,
    *,
    profile: str | Path | None = None,
    policy: str | Path | None = None,
    scenario: str | Path | None = None,
    constants: Mapping[str, float] | None = None,
    outputs: Sequence[str] | None = None,
    until: float | None = None,
    time_step: float | None = None,
    save_every: float | None = None,
) -> Result:
    """Read what is named, check that it fits together, and run it once.

    Parameters
    ----------
    model : Model
        From `read_model`.
    profile, policy, scenario : str or Path, optional
        Files or shipped names.
    constants : mapping of str to float, optional
        Values of inputs.
    outputs : sequence of str, optional
        Variables to keep, by default all.
    until, time_step, save_every : float, optional
        In the model's time unit; by default the file's.

    Returns
    -------
    Result
        Of one run.

    Raises
    ------
    InputError
        Of the kind that fits, with file, place and remedy.
    """
    region = read_profile(profile, model=model, until=until) if profile is not None else None
    path = read_policy(policy, model=model, profile=region, until=until) if policy is not None else None
    world = read_scenario(scenario, model=model, until=until) if scenario is not None else None
    return run(
        model,
        profile=region,
        policies=[path] if path else None,
        scenarios=[world] if world else None,
        constants=constants,
        outputs=outputs,
        until=until,
        time_step=time_step,
        save_every=save_every,
    )
