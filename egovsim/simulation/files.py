"""Profiles, policy paths and scenarios from TOML files, checked against a model.

A file can be read without a model; names, values and times are then left for `input_checks`.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Literal, cast

from egovsim import library
from egovsim.errors import DataError, ValueRangeError
from egovsim.model.inputs import PolicyPath, Profile, PublishedFigure, Range, Scale, Scenario, Series
from egovsim.model.model import Model
from egovsim.names import canonical
from egovsim.public import set_module
from egovsim.simulation.input_checks import check_policy, check_profile, check_scenario
from egovsim.toml import Table, finite, read_table

_FAMILIES = ("money", "political", "own")

_PROFILE_KEYS = ("label", "note", "covers", "constants", "ranges", "levers", "published")
_POLICY_KEYS = ("label", "note", "family", "start", "baseline", "levers")
_SCENARIO_KEYS = ("label", "note", "start", "inputs")
_SERIES_KINDS = ("value", "points", "steps")
_MULTIPLIER = "multiplier"
_REASON_KEYS = ("source", "assumption", "note")
_RANGE_KEYS = ("low", "high", "scale", *_REASON_KEYS)


@set_module("egovsim")
def read_profile(path_or_name: str | Path, *, model: Model | None = None, until: float | None = None) -> Profile:
    """Read a region's profile.

    Parameters
    ----------
    path_or_name : str or Path
        A TOML file, or the name of a shipped profile: ``"south-sumatra"``.
    model : Model, optional
        When given, names, values and times are checked against it (see `check_profile`).
    until : float, optional
        The end of the run that it is for, where that is not the model's.

    Returns
    -------
    Profile
        Its name is the file's, without the suffix.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        With the file, the full key path, and what to write instead.
    """
    path = library.find("profile", path_or_name)
    root, _ = read_table(path)
    profile = replace(profile_of(root), label=_label_of_file(root, "profile", path))
    if model is not None:
        check_profile(profile, model, until=until, where=root.file)
    return profile


def profile_of(root: Table) -> Profile:
    """Return the profile that a file describes.

    Parameters
    ----------
    root : Table
        The root table of the file.

    Returns
    -------
    Profile
        Its name is the file's, without the suffix.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        As `read_profile`.
    """
    root.only(_PROFILE_KEYS, what="a profile")
    constants, levers = _once(root.table("constants")), root.table("levers")
    covers = cast(Literal["all", "access"], root.one_of("covers", ("all", "access"), "all"))
    return Profile(
        name=Path(root.file).stem,
        constants={name: _constant(constants, name) for name in constants.values},
        ranges=read_ranges(root.table("ranges")),
        levers=_series_of(levers, also=(_MULTIPLIER,)),
        multipliers=_multipliers(levers),
        published=_published(root.table("published")),
        label=label_of(root, Path(root.file).stem),
        covers=covers,
        note=note_of(root),
    )


@set_module("egovsim")
def read_policy(
    path_or_name: str | Path,
    *,
    model: Model | None = None,
    profile: Profile | None = None,
    until: float | None = None,
) -> PolicyPath:
    """Read a policy path.

    Parameters
    ----------
    path_or_name : str or Path
        A TOML file, or the name of a shipped policy: ``"people-first"``.
    model, profile : Model, Profile, optional
        When a model is given, names, values, times and budget shares are checked (see `check_policy`).
    until : float, optional
        The end of the run that it is for, where that is not the model's.

    Returns
    -------
    PolicyPath
        Its name is the file's, without the suffix; a file without a family gets ``"own"``.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        With the file, the full key path, and what to write instead.
    """
    path = library.find("policy", path_or_name)
    root, _ = read_table(path)
    root.only(_POLICY_KEYS, what="a policy")
    start = root.optional_number("start")
    policy = PolicyPath(
        name=Path(root.file).stem,
        levers=_series_of(root.table("levers"), start=start, what="policy"),
        start=start,
        family=root.one_of("family", _FAMILIES, "own"),
        baseline=root.flag("baseline"),
        label=_label_of_file(root, "policy", path),
        note=note_of(root),
    )
    if model is not None:
        check_policy(policy, model, profile=profile, until=until, where=root.file)
    return policy


@set_module("egovsim")
def read_scenario(path_or_name: str | Path, *, model: Model | None = None, until: float | None = None) -> Scenario:
    """Read a scenario: what the region does not decide.

    Parameters
    ----------
    path_or_name : str or Path
        A TOML file, or the name of a shipped scenario: ``"budget-cut"``.
    model : Model, optional
        When given, names, values and times are checked against it (see `check_scenario`).
    until : float, optional
        The end of the run that it is for, where that is not the model's.

    Returns
    -------
    Scenario
        Its name is the file's, without the suffix.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        With the file, the full key path, and what to write instead.
    """
    path = library.find("scenario", path_or_name)
    root, _ = read_table(path)
    root.only(_SCENARIO_KEYS, what="a scenario")
    start = root.optional_number("start")
    scenario = Scenario(
        name=Path(root.file).stem,
        inputs=_series_of(root.table("inputs"), start=start, what="scenario"),
        start=start,
        label=_label_of_file(root, "scenario", path),
        note=note_of(root),
    )
    if model is not None:
        check_scenario(scenario, model, until=until, where=root.file)
    return scenario


def read_ranges(table: Table) -> tuple[Range, ...]:
    """Read the ``[ranges]`` table of a profile or of ``ranges.toml``.

    Parameters
    ----------
    table : Table
        That table.

    Returns
    -------
    tuple of Range
        In the order of the file.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        With the file, the full key path, and what to write instead.
    """
    found: list[Range] = []
    for name in _once(table).values:
        entry = table.table(name)
        entry.only(_RANGE_KEYS, what="a range")
        scale = cast(Scale, entry.one_of("scale", ("linear", "log"), "linear"))
        try:
            found.append(Range(name, entry.number("low"), entry.number("high"), scale))
        except ValueRangeError as cause:
            raise ValueRangeError(f"{entry.place()}: {cause}") from cause
    return tuple(found)


def _constant(table: Table, name: str) -> float:
    value = table.values[name]
    if not isinstance(value, dict):
        return finite(value, table.place(name))
    entry = table.table(name)
    entry.only(("value", *_REASON_KEYS), what="a constant")
    return entry.number("value")


def _series_of(
    table: Table, *, start: float | None = None, what: str = "", also: tuple[str, ...] = ()
) -> dict[str, Series]:
    """Read a table of series; `also` names keys that may stand beside one."""
    return {name: _series(table, name, start, what, also) for name in _once(table).values}


def _multipliers(levers: Table) -> dict[str, str]:
    """Read which constant multiplies the assumed history of each lever that names one."""
    entries = (levers.table(name) for name, value in levers.values.items() if isinstance(value, dict))
    return {entry.keys[-1]: entry.text(_MULTIPLIER) for entry in entries if _MULTIPLIER in entry.values}


def _published(table: Table) -> dict[str, PublishedFigure]:
    found: dict[str, PublishedFigure] = {}
    for name in _once(table).values:
        entry = table.table(name)
        entry.only(("value", "year", *_REASON_KEYS), what="a published figure")
        found[name] = PublishedFigure(entry.number("value"), entry.number("year"))
    return found


def _once(table: Table) -> Table:
    """Refuse a table that sets one variable under two spellings of its name."""
    seen: dict[str, str] = {}
    for name in table.values:
        first = seen.setdefault(canonical(name), name)
        if first != name:
            raise DataError(f'{table.place(name)} and "{first}" are the same variable; keep one of them.')
    return table


def _series(table: Table, name: str, start: float | None, what: str, also: tuple[str, ...]) -> Series:
    value = table.values[name]
    if not isinstance(value, dict):
        return Series.constant(finite(value, table.place(name)))
    entry = table.table(name)
    entry.only((*_SERIES_KINDS, *_REASON_KEYS, *also), what="a series")
    given = [kind for kind in _SERIES_KINDS if kind in value]
    if len(given) != 1:
        raise DataError(f"{entry.place()} needs exactly one of value, points and steps.")
    if given == ["value"]:
        return Series.constant(entry.number("value"))
    pairs = entry.pairs(given[0])
    if start is not None and pairs[0][0] < start:
        digits = "write years with four digits, " if pairs[0][0] < 100.0 <= start else ""
        raise DataError(
            f"{entry.place(given[0])}: {pairs[0][0]:g} lies before the {what}'s start in {start:g}; "
            f"{digits}begin at {start:g}, or write an earlier start."
        )
    kind = cast(Literal["points", "steps"], given[0])
    return Series(tuple(time for time, _ in pairs), tuple(number for _, number in pairs), kind)


def _label_of_file(root: Table, kind: library.Kind, path: Path) -> dict[str, str]:
    """Return the label of a file; an edited copy that still has a shipped file's label is called by its own name."""
    label = label_of(root, path.stem)
    if library.is_shipped(path):
        return label
    shipped = [read_table(library.find(kind, name))[0] for name in library.names(kind)]
    taken = [label_of(other, "") for other in shipped]
    is_copy = any(other[language] == text for other in taken for language, text in label.items())
    return dict.fromkeys(label, path.stem) if is_copy else label


def label_of(table: Table, fallback: str) -> dict[str, str]:
    """Return a label by language.

    Parameters
    ----------
    table : Table
        One with a key ``label``, a text for both languages or a table of texts.
    fallback : str
        What serves where there is no label.

    Returns
    -------
    dict of str to str
        By ``"en"`` and ``"id"``.
    """
    value = table.values.get("label", fallback)
    if isinstance(value, str):
        return {"en": value, "id": value}
    return _by_language(table.table("label"), what="a label", fallback=fallback)


def note_of(table: Table) -> dict[str, str]:
    """Return a note by language; one that is written in a single language stands for both.

    Parameters
    ----------
    table : Table
        One that may have a key ``note``, a text or a table of texts.

    Returns
    -------
    dict of str to str
        By ``"en"`` and ``"id"``; empty where there is none.
    """
    if "note" not in table.values:
        return {}
    if not isinstance(table.values["note"], dict):
        return dict.fromkeys(("en", "id"), table.text("note"))
    return _by_language(table.table("note"), what="a note")


def _by_language(entry: Table, *, what: str, fallback: str = "") -> dict[str, str]:
    entry.only(("en", "id"), what=what)
    texts = {key: entry.text(key) for key in entry.values}
    first = next(iter(texts.values()), fallback)
    return {"en": texts.get("en", first), "id": texts.get("id", first)}
