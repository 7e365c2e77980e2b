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
from egovsim.validation.accepted_members import accepted_members
from egovsim.validation.behaviour_tests import (
    family_verdict,
    mode_verdicts,
    modes_measured,
    response_verdict,
    rest_verdict,
    sensitivity_verdict,
)
from egovsim.validation.declaration_files import declarations_path, read_declarations, undeclared
from egovsim.validation.declarations import Declarations
from egovsim.validation.ensembles import Members, Subject, base_trajectories
from egovsim.validation.fit import fit_verdicts
from egovsim.validation.loop_tests import loop_verdicts
from egovsim.validation.manual_tests import judgement_verdicts
from egovsim.validation.numerical_tests import numerical_verdicts
from egovsim.validation.ranking_tests import ranking_verdicts
from egovsim.validation.reality_check_tests import reality_verdicts
from egovsim.validation.state_tests import extreme_runs, extreme_verdicts, many_runs, state_verdicts
from egovsim.validation.structure_tests import structure_verdicts
from egovsim.validation.verdicts import FAMILIES, Validation, Verdict


@set_module("egovsim")
def validate(
    model: str | Path | Model,
    *,
    declarations: str | Path | Declarations | None = None,
    members: int = 128,
    seed: int = 0,
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
    accepted, trouble = _accepted(read, profile)
    subject = Subject(read, said, profile, _family(read, file), accepted, trouble, members, seed, workers)
    found = sorted(_verdicts(_tests(subject), progress), key=lambda verdict: FAMILIES.index(verdict.family))
    return Validation(read.file or read.name, tuple(found))


def _declared(model: Model, file: Path | None, given: str | Path | Declarations | None) -> Declarations:
    if isinstance(given, Declarations):
        return replace(given, bounds={**undeclared(model).bounds, **given.bounds})
    if given is not None:
        return read_declarations(given, model)
    beside = declarations_path(file) if file is not None else None
    return read_declarations(beside, model) if beside is not None and beside.is_file() else undeclared(model)


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


Part = Callable[[], Iterator[Verdict]]


def _verdicts(parts: Sequence[Part], progress: Progress | None) -> Iterator[Verdict]:
    """Run the parts, and tell after each how many are done."""
    for done, part in enumerate(parts, start=1):
        yield from part()
        if progress is not None:
            progress(done, len(parts))


def _tests(subject: Subject) -> tuple[Part, ...]:
    return (
        lambda: structure_verdicts(subject),
        lambda: _tests_of_runs(subject),
        lambda: _tests_of_extremes(subject),
        lambda: fit_verdicts(subject),
        lambda: reality_verdicts(subject),
        lambda: ranking_verdicts(subject),
        lambda: judgement_verdicts(subject),
    )


def _tests_of_runs(subject: Subject) -> Iterator[Verdict]:
    base = base_trajectories(subject)
    runs = many_runs(subject, modes_measured(subject))
    yield from state_verdicts(subject, runs)
    yield from numerical_verdicts(subject, base)
    yield from loop_verdicts(subject, base)
    yield rest_verdict(subject)
    yield family_verdict(subject, runs)
    yield from mode_verdicts(subject, runs)
    yield response_verdict(subject)


def _tests_of_extremes(subject: Subject) -> Iterator[Verdict]:
    runs = extreme_runs(subject)
    yield from extreme_verdicts(subject, runs)
    yield sensitivity_verdict(subject, *runs[0])
