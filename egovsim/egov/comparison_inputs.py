"""The files, names and options of a comparison, read and checked before anything runs."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Generic, TypeVar

from egovsim import library
from egovsim.errors import DataError, InputError, ValueRangeError
from egovsim.model.inputs import PolicyPath, Profile, Scenario
from egovsim.model.model import Model
from egovsim.provenance import FileRecord
from egovsim.readers.read_model import read_model
from egovsim.simulation.files import read_policy, read_profile, read_scenario
from egovsim.simulation.horizon import start_of
from egovsim.simulation.input_checks import check_policy, check_profile, check_scenario

Item = TypeVar("Item")
BASELINE = "business-as-usual"
EVERY = "all"
LARGEST_BYTES = 2_000_000_000


@dataclass(frozen=True)
class Given(Generic[Item]):
    """Something the caller gave: read from a file, with what messages call it, or made in Python."""

    item: Item
    label: str = ""
    files: tuple[FileRecord, ...] = ()


@dataclass(frozen=True)
class ComparisonInputs:
    """Everything that is compared; the first policy is business as usual."""

    model: Model
    profile: Profile
    benchmark: Profile
    policies: tuple[PolicyPath, ...]
    scenarios: tuple[Scenario, ...]
    files: tuple[FileRecord, ...]

    @property
    def start(self) -> float:
        """When the first policy starts."""
        return min(start_of(policy, self.model.clock) for policy in self.policies[1:])


def read_comparison_inputs(
    model: str | Path | Model,
    profile: str | Path | Profile,
    benchmark: str | Path | Profile,
    policies: Sequence[str | Path | PolicyPath] | None,
    scenarios: Sequence[str | Path | Scenario],
) -> ComparisonInputs:
    """Read and check what a comparison is made of; see `compare` for the arguments.

    Raises
    ------
    InputError
        Of the kind that fits, with file, place and remedy.
    """
    _no_single_text("policies", policies)
    _no_single_text("scenarios", scenarios)
    engine = _given("model", model, Model, read_model)
    places = [_given("profile", one, Profile, read_profile) for one in (profile, benchmark)]
    for place in places:
        _check_place(place, engine.item)
    paths = _paths(policies)
    for path in paths:
        check_policy(path.item, engine.item, profile=places[0].item, where=path.label)
    worlds = [_given("scenario", scenario, Scenario, read_scenario) for scenario in scenarios]
    for world in worlds:
        check_scenario(world.item, engine.item, where=world.label)
    if not worlds:
        raise InputError('no scenario is given; "reference" is the one without shocks.')
    _once([one.item.name for one in worlds], "scenarios")
    return ComparisonInputs(
        model=engine.item,
        profile=places[0].item,
        benchmark=places[1].item,
        policies=tuple(one.item for one in paths),
        scenarios=tuple(one.item for one in worlds),
        files=tuple(record for one in (engine, *places, *paths, *worlds) for record in one.files),
    )


def check_options(inputs: ComparisonInputs, until: float, discount: float, seed: int) -> None:
    """Refuse a horizon, discount rate or seed that makes no sense.

    Raises
    ------
    ValueRangeError
        With the value and what it should be.
    """
    clock, start = inputs.model.clock, inputs.start
    if not math.isfinite(until) or until != int(until) or not start < until:
        raise ValueRangeError(f"until is {until:g}; it must be a whole year after the policies' start in {start:g}.")
    if until > clock.stop:
        raise ValueRangeError(f"until is {until:g}; {inputs.model.file} is written for years up to {clock.stop:g}.")
    if not 0.0 <= discount < 1.0:
        raise ValueRangeError(f"discount is {discount:g}; it must be at least 0 and below 1: 0.05 is 5 % a year.")
    if seed < 0:
        raise ValueRangeError(f"seed is {seed}; it must be 0 or above.")


def check_size(inputs: ComparisonInputs, members: int, outcomes: int, until: float) -> None:
    """Refuse a comparison whose yearly courses would not fit into the memory of a common machine.

    Raises
    ------
    InputError
        With the size and what to ask for instead.
    """
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


def _given(
    kind: library.Kind, given: str | Path | Item, made: type[Item], read: Callable[[str | Path], Item]
) -> Given[Item]:
    if isinstance(given, made):
        return Given(given)
    if not isinstance(given, str | Path):
        raise InputError(f"a {kind} must be a name, a path or a {made.__name__}, not {type(given).__name__}.")
    path = library.find(kind, given)
    return Given(read(given), library.label(path), (library.record(path),))


def _check_place(place: Given[Profile], model: Model) -> None:
    check_profile(place.item, model, where=place.label)
    if place.item.covers != "all":
        raise DataError(
            f"{place.label or place.item.name}: this profile covers access to the internet only "
            '(covers = "access"); choose one that covers all.'
        )


def _paths(policies: Sequence[str | Path | PolicyPath] | None) -> list[Given[PolicyPath]]:
    """Write out ``"all"``, and put the baseline first: the one that is marked, or business as usual."""
    named: list[str | Path | PolicyPath] = []
    for policy in (EVERY,) if policies is None else policies:
        if isinstance(policy, str) and policy == EVERY:
            named += [name for name in library.names("policy") if name not in named]
        elif policy not in named:
            named.append(policy)
    paths = [_given("policy", one, PolicyPath, read_policy) for one in named]
    marked = [path for path in paths if path.item.baseline]
    if len(marked) > 1:
        listed = ", ".join(f'"{one.item.name}"' for one in marked)
        raise DataError(f"{listed} are all marked as the baseline; keep baseline = true in one of them.")
    others = [path for path in paths if not path.item.baseline]
    first = marked or [_given("policy", BASELINE, PolicyPath, read_policy)]
    if not others:
        raise InputError(f'there is nothing to compare with "{first[0].item.name}"; give another policy.')
    _once([one.item.name for one in (*first, *others)], "policies")
    return [*first, *others]


def _once(names: Sequence[str], what: str) -> None:
    for name in names:
        if names.count(name) > 1:
            raise DataError(f'two {what} are called "{name}"; give one of the files another name.')
