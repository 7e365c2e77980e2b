"""Whether a run is asked for with things of the right kinds, so that a slip is told in a sentence."""

from __future__ import annotations

from numbers import Integral
from typing import Any, Literal, get_args

from egovsim.errors import InputError, unknown_name
from egovsim.model.argument_checks import shown
from egovsim.model.inputs import Design, Profile
from egovsim.model.model import Model

OnFailure = Literal["record", "raise"]


def check_options(
    model: Any, profile: Any, design: Any, *, workers: Any, seed: Any, on_failure: Any, progress: Any
) -> None:
    """Refuse what `run` cannot take.

    Parameters
    ----------
    model : Model
        What is run.
    profile : Profile or None
        The region.
    design : Design or None
        Values by member.
    workers : int or None
        Threads.
    seed : int
        Of random functions in the model.
    on_failure : {"record", "raise"}
        What to do when a run fails.
    progress : callable or None
        What is told how far it is.

    Raises
    ------
    InputError
        With what was given and what is needed.
    """
    if not isinstance(model, Model):
        raise InputError(f"model is {shown(model)}, not a Model; read it with read_model.")
    if profile is not None and not isinstance(profile, Profile):
        raise InputError(f"profile is {shown(profile)}, not a Profile; read it with read_profile.")
    if design is not None and not isinstance(design, Design):
        raise InputError(f"design is {shown(design)}, not a Design; make one with sample or Design.of.")
    if workers is not None and (not isinstance(workers, Integral) or workers < 1):
        raise InputError(f"workers is {shown(workers)}; give 1 or more, or leave it out for one a processor.")
    if not isinstance(seed, Integral):
        raise InputError(f"seed is {shown(seed)}; give a whole number.")
    if not -(2**63) <= int(seed) < 2**64:
        raise InputError(f"seed is {seed}; give a number below 2^64, beyond which seeds would repeat.")
    if progress is not None and not callable(progress):
        raise InputError(f"progress is {shown(progress)}; give a function that is called as progress(done, total).")
    if on_failure not in get_args(OnFailure):
        raise unknown_name(f"{on_failure}", get_args(OnFailure), what="a way to meet a failed run", where="on_failure")
