"""Accepted members as small files: numbers of members, never their values, which the seed gives again.

A file says for which model and which evidence its members were accepted. Used with another model or other evidence
it is refused: members that passed other checks of another model are members of nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, cast

import numpy as np

from egovsim import library
from egovsim.analysis.history_matching.evidence import Benchmark, Structure
from egovsim.analysis.history_matching.matching import Match
from egovsim.analysis.history_matching.rejection import CheckCounts, Search
from egovsim.errors import DataError, OutputError
from egovsim.model.model import Model
from egovsim.output import place_files, write_atomically
from egovsim.provenance import digest, machine, versions
from egovsim.public import set_module

_ABOUT = (
    "Members that pass every rejecting evidence check, by number; `egovsim match` makes this file again. "
    "The same numbers come out on the same machine and versions; elsewhere all but those named as borderline."
)

PROFILES = "profiles"
"""The folder, beside accepted members, of the profiles that were given for them in place of the evidence's own."""
_SEARCHES = ("upstream", "search", "downstream")


def model_fingerprint(model: Model) -> str:
    """Return a hash of everything in a model that its numbers depend on: no note, label, range or picture.

    Parameters
    ----------
    model : Model
        The model.

    Returns
    -------
    str
        In hexadecimal digits.
    """
    parts: list[object] = [model.clock, model.dimensions]
    if model.clock.uneven is not None:  # not in the text of a clock, so that the others keep their fingerprints
        parts.append(model.clock.uneven)
    parts += [
        (
            variable.id,
            variable.kind,
            variable.equations,
            variable.dimensions,
            variable.inflows,
            variable.outflows,
            variable.non_negative,
        )
        for variable in model.variables
    ]
    return digest("\n".join(map(repr, parts)).encode())


def evidence_fingerprint(benchmark: Benchmark) -> str:
    """Return a hash of everything in a benchmark that decides which members are accepted; not of the order of checks.

    Parameters
    ----------
    benchmark : Benchmark
        The checks, ranges, blocks and profiles.

    Returns
    -------
    str
        In hexadecimal digits.
    """
    parts: list[object] = [benchmark.ranges, benchmark.upstream, benchmark.downstream]
    parts += sorted(
        repr((check.needs, check.kind, check.series, check.low, check.high, check.block))
        for check in benchmark.rejecting
    )
    for place in sorted({place for check in benchmark.rejecting for place in check.places}):
        profile = benchmark.profiles[place]
        parts += [(place, dict(profile.constants), profile.ranges, dict(profile.levers), profile.covers)]
    return digest("\n".join(map(repr, parts)).encode())


@set_module("egovsim.analysis")
def write_match(match: Match, model: Model, structure: Structure, path: Path) -> None:
    """Write accepted members.

    Parameters
    ----------
    match : Match
        From `history_match`.
    model : Model
        The model that they were accepted with.
    structure : Structure
        What its constants stand for.
    path : Path
        The file to write, whole or not at all; its folder must exist.

    Raises
    ------
    OutputError
        When the place cannot be written to.
    """
    content: dict[str, object] = {
        "about": _ABOUT,
        "model": model.name,
        "model_fingerprint": model_fingerprint(model),
        "evidence_fingerprint": evidence_fingerprint(match.benchmark),
        "structure": structure.name,
        "constants": dict(match.constants),
        "seed": match.seed,
        **searches_of(match),
        "versions": {name: versions()[name] for name in ("egovsim", "numpy", "llvmlite")},
        "machine": machine(),
    }
    if not path.parent.is_dir():
        raise OutputError(f"{path.parent}: there is no such folder; make it first.")
    write_atomically(path, json.dumps(content, indent=1) + "\n")


def place_profiles(profiles: Sequence[str | Path], folder: Path) -> None:
    """Lay the profiles that were given for places beside the accepted members, whose evidence they are part of.

    Parameters
    ----------
    profiles : sequence of str or Path
        Shipped names or files.
    folder : Path
        Of the accepted members; profiles of another match are removed from it.

    Raises
    ------
    DataError, UnknownNameError, OutputError
        When one cannot be read, or the place cannot be written to.
    """
    into = folder / PROFILES
    for file in into.glob("*.toml"):
        file.unlink()
    if profiles:
        files = [library.find("profile", name) for name in profiles]
        place_files({file.name: library.read_bytes(file) for file in files}, into)


@set_module("egovsim.analysis")
def read_match(path: Path, model: Model, benchmark: Benchmark, structure: Structure) -> Match:
    """Read accepted members, for the model and the evidence that they were accepted with.

    Parameters
    ----------
    path : Path
        A file that `write_match` wrote.
    model : Model
        The model of now.
    benchmark : Benchmark
        The evidence of now.
    structure : Structure
        The one that the members are to stand for.

    Returns
    -------
    Match
        All members of the file.

    Raises
    ------
    DataError
        When the file is not one of accepted members, or they were accepted with another model, other evidence or
        another structure; the message says which, and what to run.
    """
    label = library.label(path)
    try:
        found: object = json.loads(library.read_bytes(path))
    except ValueError as cause:
        raise DataError(f"{label}: is not a file of accepted members ({cause}).") from cause
    expected = {"model_fingerprint", "evidence_fingerprint", "structure", "constants", "seed", *_SEARCHES}
    if not isinstance(found, dict) or not expected <= set(cast("dict[str, object]", found)):
        raise DataError(f"{label}: is not a file of accepted members; `egovsim match` writes one.")
    content = cast("dict[str, Any]", found)
    differing = [
        what
        for what, key, now in (
            (f"another version of {model.file or model.name}", "model_fingerprint", model_fingerprint(model)),
            ("other evidence checks, ranges or profiles", "evidence_fingerprint", evidence_fingerprint(benchmark)),
            (f'other constants of the structure "{structure.name}"', "constants", dict(structure.constants)),
        )
        if content[key] != now
    ]
    if differing:
        raise DataError(
            f"{label}: these members were accepted with {' and '.join(differing)}; "
            "run `egovsim match` with the model and evidence of now, and give its folder as --match."
        )
    try:
        return match_of(content, benchmark, structure)
    except (KeyError, TypeError, ValueError) as cause:
        raise DataError(f"{label}: is damaged ({cause}); `egovsim match` writes it again.") from cause


def searches_of(match: Match) -> dict[str, object]:
    """Return the searches of a match as they stand in a file.

    Parameters
    ----------
    match : Match
        Accepted members.

    Returns
    -------
    dict of str to object
        One entry for each of the three searches, None for one that was not made.
    """
    found = {key: getattr(match, key) for key in _SEARCHES}
    return {key: _written(search) if search is not None else None for key, search in found.items()}


def match_of(content: Mapping[str, Any], benchmark: Benchmark, structure: Structure) -> Match:
    """Return the match whose searches and seed stand in a file.

    Parameters
    ----------
    content : mapping of str to object
        With the entries of `searches_of`, and the seed.
    benchmark : Benchmark
        The evidence that its members were accepted with.
    structure : Structure
        The one that they were accepted under.

    Returns
    -------
    Match
        All members.

    Raises
    ------
    KeyError, TypeError, ValueError
        When the file is damaged.
    """
    upstream, search, downstream = (_read(content[key]) if content[key] else None for key in _SEARCHES)
    if search is None:
        raise ValueError("there is no search")
    return Match(benchmark, int(content["seed"]), search, upstream, dict(structure.constants), downstream)


def _written(search: Search) -> dict[str, object]:
    found: dict[str, object] = {field.name: getattr(search, field.name) for field in fields(Search)}
    accepted = [int(search.accepted[0]), *np.diff(search.accepted).tolist()] if len(search.accepted) else []
    return found | {"accepted": accepted, "check_counts": [asdict(count) for count in search.check_counts]}


def _read(content: Mapping[str, Any]) -> Search:
    """Read a search; the accepted numbers stand as the first and the steps to the next."""
    return Search(
        accepted=np.cumsum(np.array(content["accepted"], dtype=np.int64)),
        check_counts=tuple(CheckCounts(**counts) for counts in content["check_counts"]),
        borderline=tuple(content["borderline"]),
        **{key: int(content[key]) for key in ("tried", "followed", "followed_accepted", "screened")},
    )
