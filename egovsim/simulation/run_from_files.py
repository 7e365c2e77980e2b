"""One run of a model under a profile, a policy and a scenario by name."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from egovsim.readers.read_model import read_model
from egovsim.simulation.files import read_policy, read_profile, read_scenario
from egovsim.simulation.result import Result
from egovsim.simulation.run import run


def run_once(
    model: str | Path,
    *,
    profile: str | Path | None = None,
    policy: str | Path | None = None,
    scenario: str | Path | None = None,
    constants: Mapping[str, float] | None = None,
    outputs: Sequence[str] | None = None,
    data: Sequence[str | Path] = (),
    modules: Sequence[str | Path] = (),
    until: float | None = None,
    time_step: float | None = None,
    save_every: float | None = None,
) -> Result:
    """Read what is named, check that it fits together, and run it once.

    Parameters
    ----------
    model, profile, policy, scenario : str or Path
        Files or shipped names.
    constants : mapping of str to float, optional
        Values of inputs.
    outputs : sequence of str, optional
        Variables to keep, by default all.
    data : sequence of str or Path, optional
        Exported runs with the series of a Vensim model's data variables.
    modules : sequence of str or Path, optional
        Folders outside that of an XMILE model in which files of its modules may stand.
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
    read = read_model(model, data=data, modules=modules)
    region = read_profile(profile, model=read, until=until) if profile is not None else None
    path = read_policy(policy, model=read, profile=region, until=until) if policy is not None else None
    world = read_scenario(scenario, model=read, until=until) if scenario is not None else None
    return run(
        read,
        profile=region,
        policies=[path] if path else None,
        scenarios=[world] if world else None,
        constants=constants,
        outputs=outputs,
        until=until,
        time_step=time_step,
        save_every=save_every,
    )
