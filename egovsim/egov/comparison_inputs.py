"""The files, names and options of a comparison, read and checked before anything runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Generic, TypeVar

from egovsim import library
from egovsim.analysis.channel_files import channels_path, read_channels
from egovsim.analysis.channels import Channel
from egovsim.egov.defaults import ALL_POLICIES, BASELINE
from egovsim.egov.outcomes import GROUP, INDEX, REAL_USE, SPENDING
from egovsim.errors import DataError, InputError, UnknownNameError, ValueRangeError
from egovsim.model.argument_checks import finite_number, refuse_other_kinds, shown, text_of, whole_number
from egovsim.model.arrays import display_elements
from egovsim.model.inputs import PolicyPath, Profile, Scenario
from egovsim.model.model import Model
from egovsim.names import canonical, element_name, nearest, split_element
from egovsim.provenance import FileRecord
from egovsim.readers.read_model import read_model
from egovsim.simulation.files import read_policy, read_profile, read_scenario
from egovsim.simulation.horizon import start_of
from egovsim.simulation.input_checks import check_policy, check_profile, check_scenario

Item = TypeVar("Item")
LARGEST_BYTES = 2_000_000_000


@dataclass(frozen=True)
class _Given(Generic[Item]):
    """Something the caller gave: read from a file, with what messages call it, or made in Python."""

    item: Item
    label: str = ""
    files: tuple[FileRecord, ...] = ()


@dataclass(frozen=True)
class ComparisonInputs:
    """Everything that is compared; the first policy is business as usual.

    `against` and `channels` are there where it is asked what carries the effects.
    """

    model: Model
    profile: Profile
    benchmark: Profile
    policies: tuple[PolicyPath, ...]
    scenarios: tuple[Scenario, ...]
    files: tuple[FileRecord, ...]
    against: PolicyPath | None = None
    channels: tuple[Channel, ...] = ()

    @property
    def start(self) -> float:
        """When the first policy starts."""
        return min(start_of(policy, self.model.clock) for policy in self.policies[1:])


def read_comparison_inputs(
    model: str | Path | Model,
    profile: str | Path | Profile,
    benchmark: str | Path | Profile,
    policies: Sequence[str | Path | PolicyPath],
    scenarios: Sequence[str | Path | Scenario],
) -> ComparisonInputs:
    """Read and check what a comparison is made of.

    Parameters
    ----------
    model : str, Path or Model
        As in `compare`.
    profile, benchmark : str, Path or Profile
        As in `compare`.
    policies : sequence of str, Path or PolicyPath
        As in `compare`.
    scenarios : sequence of str, Path or Scenario
        As in `compare`.

    Returns
    -------
    ComparisonInputs
        Business as usual first.

    Raises
    ------
    InputError
        Of the kind that fits, with file, place and remedy.
    """
    _no_single_text("policies", policies)
    _no_single_text("scenarios", scenarios)
    engine = _given("model", model, Model, read_model)
    places = [_given("profile", place, Profile, read_profile) for place in (profile, benchmark)]
    for place in places:
        _check_place(place, engine.item)
    paths = _paths(policies)
    for path in paths:
        if not path.item.levers and not path.item.baseline:
            called = path.label or path.item.name
            raise DataError(f"{called}: sets no lever, so that it is business as usual; add some under [levers].")
        check_policy(path.item, engine.item, profile=places[0].item, where=path.label)
    futures = [_given("scenario", scenario, Scenario, read_scenario) for scenario in scenarios]
    for future in futures:
        check_scenario(future.item, engine.item, where=future.label)
    if not futures:
        raise InputError('no scenario is given; "reference" is the one without shocks.')
    _once([future.item.name for future in futures], "scenarios")
    return ComparisonInputs(
        model=engine.item,
        profile=places[0].item,
        benchmark=places[1].item,
        policies=tuple(path.item for path in paths),
        scenarios=tuple(future.item for future in futures),
        files=tuple(record for given in (engine, *places, *paths, *futures) for record in given.files),
    )


def with_channels(
    inputs: ComparisonInputs,
    against: str | Path | PolicyPath | None,
    channels: str | Path | Sequence[Channel] | None,
) -> ComparisonInputs:
    """Read and check what effects may go through, and the path that they are counted from.

    Parameters
    ----------
    inputs : ComparisonInputs
        What is compared.
    against : str, Path or PolicyPath, optional
        As in `compare`; by default business as usual.
    channels : str, Path or sequence of Channel, optional
        As in `compare`; by default the shipped ones.

    Returns
    -------
    ComparisonInputs
        With both.

    Raises
    ------
    InputError
        Of the kind that fits, with file, place and remedy.
    """
    base = _Given(inputs.policies[0])
    if against is not None:
        named = [policy for policy in inputs.policies if policy.name == against]
        base = _Given(named[0]) if named else _given("policy", against, PolicyPath, read_policy)
        check_policy(base.item, inputs.model, profile=inputs.profile, where=base.label)
    if all(policy.baseline or policy.name == base.item.name for policy in inputs.policies):
        raise InputError(f'there is no path to set against "{base.item.name}"; give another policy.')
    files = base.files
    if channels is None or isinstance(channels, str | Path):
        path = channels_path() if channels is None else Path(channels)
        channels, files = read_channels(inputs.model, path), (*files, library.record(path))
    return replace(inputs, against=base.item, channels=tuple(channels), files=(*inputs.files, *files))


def check_options(inputs: ComparisonInputs, until: float, discount: float, seed: int) -> None:
    """Refuse a horizon, discount rate or seed that makes no sense.

    Parameters
    ----------
    inputs : ComparisonInputs
        What is compared.
    until : float
        The horizon, a year.
    discount : float
        Rate a year.
    seed : int
        Of the members.

    Raises
    ------
    InputError
        When one of them is no number.
    ValueRangeError
        With the value and what it should be.
    """
    clock, start = inputs.model.clock, inputs.start
    refuse_other_kinds(until, (int, float), "until is", remedy="give a year")
    finite_number(discount, "discount")
    whole_number(seed, "seed", least=None)
    if not math.isfinite(until) or until != int(until) or not start < until:
        raise ValueRangeError(f"until is {until:g}; it must be a whole year after the policies' start in {start:g}.")
    if until > clock.stop:
        raise ValueRangeError(f"until is {until:g}; {inputs.model.file} is written for years up to {clock.stop:g}.")
    if not 0.0 <= discount < 1.0:
        raise ValueRangeError(f"discount is {discount:g}; it must be at least 0 and below 1: 0.05 is 5 % a year.")
    if seed < 0:
        raise ValueRangeError(f"seed is {seed}; it must be 0 or above.")


def check_size(inputs: ComparisonInputs, members: int, outcomes: int, until: float) -> None:
    """Refuse a comparison whose yearly trajectories would not fit into the memory of a common machine.

    Parameters
    ----------
    inputs : ComparisonInputs
        What is compared.
    members, outcomes : int
        How many of each there are in memory, by year.
    until : float
        The horizon, a year.

    Raises
    ------
    InputError
        With the size and what to ask for instead.
    """
    whole_number(members, "members", least=None)
    runs = len(inputs.policies) * len(inputs.scenarios) * members
    size = 8 * runs * outcomes * (until - inputs.model.clock.start + 1)
    if size > LARGEST_BYTES:
        raise InputError(
            f"{members:,} members of {len(inputs.policies)} paths would take {size / 1e9:.0f} GB of memory under "
            "each structure; ask for fewer members, paths, scenarios or outcomes."
        )


def _no_single_text(what: str, given: object) -> None:
    """A text is a sequence of letters: without this each letter would be looked up as a name."""
    if isinstance(given, str | Path):
        raise InputError(f'{what} must be a list of names, not one text; write ["{given}"].')
    if not isinstance(given, Iterable):
        raise InputError(f"{what} is {shown(given)}, not a list; put it in brackets.")


def _given(
    kind: library.Kind, given: str | Path | Item, made: type[Item], read: Callable[[str | Path], Item]
) -> _Given[Item]:
    if isinstance(given, made):
        return _Given(given)
    if not isinstance(given, str | Path):
        raise InputError(f"a {kind} must be a name, a path or a {made.__name__}, not {type(given).__name__}.")
    path = library.find(kind, given)
    return _Given(read(given), library.label(path), (library.record(path),))


def _check_place(place: _Given[Profile], model: Model) -> None:
    check_profile(place.item, model, where=place.label)
    if place.item.covers != "all":
        raise DataError(
            f"{place.label or place.item.name}: this profile covers access to the internet only "
            '(covers = "access"); choose one that covers all.'
        )


def _paths(policies: Sequence[str | Path | PolicyPath]) -> list[_Given[PolicyPath]]:
    """Write out ``"all"``, and put the baseline first: the one that is marked, or business as usual."""
    named: list[str | Path | PolicyPath] = []
    for policy in policies:
        if isinstance(policy, str) and policy == ALL_POLICIES:
            named += [name for name in library.names("policy") if name not in named]
        elif policy not in named:
            named.append(policy)
    paths = [_given("policy", policy, PolicyPath, read_policy) for policy in named]
    marked = [path for path in paths if path.item.baseline]
    if len(marked) > 1:
        listed = ", ".join(f'"{path.item.name}"' for path in marked)
        raise DataError(f"{listed} are all marked as the baseline; keep baseline = true in one of them.")
    others = [path for path in paths if not path.item.baseline]
    first = marked or [_given("policy", BASELINE, PolicyPath, read_policy)]
    if not others:
        raise InputError(f'there is nothing to compare with "{first[0].item.name}"; give another policy.')
    _once([path.item.name for path in (*first, *others)], "policies")
    return [*first, *others]


def _once(names: Sequence[str], what: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise DataError(f'two {what} are called "{name}"; give one of the files another name.')


def outcome_names(model: Model, by: str, outcomes: Sequence[str] | None) -> tuple[str, tuple[str, ...]]:
    """Return the ranked outcome and those of the tables, as the file writes them, arrays by element.

    Parameters
    ----------
    model : Model
        What is compared with.
    by : str
        The outcome that ranks.
    outcomes : sequence of str or None
        Those of the tables; by default the model's group of all outcomes.

    Returns
    -------
    str, tuple of str
        The first ranks.

    Raises
    ------
    InputError, UnknownNameError
        When one is not in the model, or nothing that can rank.
    """
    for name in (INDEX, REAL_USE, SPENDING):
        try:
            model[name]
        except UnknownNameError as cause:
            raise UnknownNameError(f"{cause} A comparison needs this variable.") from cause
    if isinstance(outcomes, str):
        raise InputError(f'outcomes must be a list of names, not one text; write ["{outcomes}"].')
    wanted = outcomes if outcomes is not None else model.groups.get(GROUP, ())
    ranked = _ranked(model, by)
    if not wanted:
        raise InputError(f'{model.file or model.name} has no group "{GROUP}"; name the outcomes.')
    return ranked, tuple(dict.fromkeys(element for name in wanted for element in _elements(model, name)))


def _ranked(model: Model, by: str) -> str:
    text_of(by, "the outcome that ranks is", remedy="give the name of one")
    """Return the outcome that ranks, as the file writes it; nothing else has a direction that is better."""
    known = model.groups.get(GROUP, ())
    if known and canonical(split_element(by)[0]) not in map(canonical, known):
        close = nearest(by, known)
        near = "; nearest: " + ", ".join(f'"{name}"' for name in close) if close else ""
        file = model.file or model.name
        raise UnknownNameError(f'"{by}" is no outcome of {file}{near}; rank by one of: {", ".join(known)}.')
    elements = _elements(model, by)
    if len(elements) != 1:
        raise InputError(f'"{by}" is an array; rank by one of: {", ".join(elements)}.')
    return elements[0]


def _elements(model: Model, name: str) -> list[str]:
    variable = model.variable_of(name)
    ids = model.elements_of(name)
    return [element_name(variable.name, display_elements(model, variable, element)) for element in ids]
