"""`validate`: the tests that the field asks for, run on any model."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from egovsim.errors import DataError, UnknownNameError, ValueRangeError
from egovsim.model.inputs import Profile
from egovsim.model.model import Model
from egovsim.public import set_module
from egovsim.readers.read_model import locate_model, read_model
from egovsim.simulation.files import read_profile
from egovsim.simulation.run import Progress
from egovsim.validation import defaults
from egovsim.validation.accepted_members import accepted_members
from egovsim.validation.behaviour_tests import (
    family_verdict,
    mode_measures,
    mode_verdicts,
    response_verdict,
    rest_verdict,
    sensitivity_verdict,
)
from egovsim.validation.declaration_files import declarations_path, default_declarations, read_declarations
from egovsim.validation.declarations import Declarations
from egovsim.validation.ensembles import base_trajectories
from egovsim.validation.extreme_claims import declared_extremes_verdict
from egovsim.validation.extreme_tests import extreme_runs, extreme_verdicts
from egovsim.validation.fit import fit_verdicts
from egovsim.validation.loop_tests import loop_verdicts
from egovsim.validation.manual_tests import manual_verdicts
from egovsim.validation.numerical_tests import numerical_verdicts
from egovsim.validation.ranking_tests import ranking_verdicts
from egovsim.validation.reality_check_tests import reality_check_verdicts
from egovsim.validation.standard_runs import standard_ensembles
from egovsim.validation.state_tests import claim_measures, state_verdicts
from egovsim.validation.structure_tests import structure_verdicts
from egovsim.validation.subject import Members, Subject
from egovsim.validation.verdicts import FAMILIES, Validation, Verdict


@set_module("egovsim")
def validate(
    model: str | Path | Model,
    *,
    declarations: str | Path | Declarations | None = None,
    members: int = defaults.MEMBERS,
    seed: int = defaults.SEED,
    workers: int | None = None,
    data: Sequence[str | Path] = (),
    progress: Progress | None = None,
) -> Validation:
    """Test a model the way system dynamics asks for (Forrester and Senge 1980, Barlas 1996, Sterman 2000).

    Parameters
    ----------
    model : str, Path or Model
        A model file, the name of a shipped model, or a model in memory.
    declarations : str, Path or Declarations, optional
        What is declared about it; by default ``<model>.declarations.toml`` beside the file, if there is one.
    members : int
        How many random members are drawn from the ranges of the inputs.
    seed : int
        Of the random members, and of the random functions in the model.
    workers : int, optional
        Threads; by default as many as there are processors.
    data : sequence of str or Path, optional
        Exported runs with the series of a Vensim model's data variables.
    progress : callable, optional
        Called as ``progress(done, total)`` between the tests.

    Returns
    -------
    Validation
        A verdict a test: passed, failed, or not automatic with what a person must do.

    Raises
    ------
    InputError
        Of the kind that fits, when a file cannot be used, a declaration contradicts another or the model, or
        `members` is below 1.
    SimulationError
        When the model does not get beyond its first step.
    """
    if members < 1:
        raise ValueRangeError(f"members is {members}; at least 1 is needed.")
    file = None if isinstance(model, Model) else locate_model(model)
    read = model if isinstance(model, Model) else read_model(model, data=data)
    said = _declared(read, file, declarations)
    profile = read_profile(said.profile, model=read) if said.profile else None
    accepted, why_none = _accepted(read, profile)
    subject = Subject(read, said, profile, _family(read, file), accepted, why_none, members, seed, workers)
    found = sorted(_verdicts(_tests(subject), progress), key=lambda verdict: FAMILIES.index(verdict.family))
    return Validation(read.file or read.name, tuple(found))


def _declared(model: Model, file: Path | None, given: str | Path | Declarations | None) -> Declarations:
    if isinstance(given, Declarations):
        return replace(given, bounds={**default_declarations(model).bounds, **given.bounds})
    if given is not None:
        return read_declarations(given, model)
    beside = declarations_path(file) if file is not None else None
    return read_declarations(beside, model) if beside is not None and beside.is_file() else default_declarations(model)


def _family(model: Model, file: Path | None) -> tuple[Profile, ...]:
    """Return the profiles beside a model file that fit the model and cover all of it."""
    found: list[Profile] = []
    for path in sorted((file.parent / "profiles").glob("*.toml")) if file is not None else ():
        try:
            profile = read_profile(path, model=model)
        except UnknownNameError:
            continue  # it is for another model
        if profile.covers == "all":
            found.append(profile)
    return tuple(found)


def _accepted(model: Model, profile: Profile | None) -> tuple[tuple[Members, ...], str]:
    """Return the members that agree with evidence, or why there are none."""
    if profile is None:
        return (), ""
    try:
        return accepted_members(model, profile), ""
    except DataError as error:
        return (), str(error)


_Tests = Callable[[], Iterator[Verdict]]


def _verdicts(groups: Sequence[_Tests], progress: Progress | None) -> Iterator[Verdict]:
    """Run groups of tests, and tell after each how many are done."""
    for done, tests in enumerate(groups, start=1):
        yield from tests()
        if progress is not None:
            progress(done, len(groups))


def _tests(subject: Subject) -> tuple[_Tests, ...]:
    return (
        lambda: structure_verdicts(subject),
        lambda: _tests_of_runs(subject),
        lambda: _tests_of_extremes(subject),
        lambda: fit_verdicts(subject),
        lambda: reality_check_verdicts(subject),
        lambda: ranking_verdicts(subject),
        lambda: manual_verdicts(subject),
    )


def _tests_of_runs(subject: Subject) -> Iterator[Verdict]:
    base = base_trajectories(subject)
    ensembles = standard_ensembles(subject, {**claim_measures(subject), **mode_measures(subject)})
    yield from state_verdicts(subject, ensembles)
    yield from numerical_verdicts(subject, base)
    yield from loop_verdicts(subject, base)
    yield rest_verdict(subject)
    yield family_verdict(subject, ensembles)
    yield from mode_verdicts(subject, ensembles)
    yield response_verdict(subject)


def _tests_of_extremes(subject: Subject) -> Iterator[Verdict]:
    runs = extreme_runs(subject)
    yield from extreme_verdicts(subject, runs)
    yield declared_extremes_verdict(subject)
    yield sensitivity_verdict(subject, *runs[0])
