"""Members conditioned on a region's own values as one small file: numbers of members of every structure, and of draws.

As with the files of a match, a file is refused with another model or other evidence; and with another profile.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, cast

from egovsim import library
from egovsim.analysis.history_matching.draws import Redrawn
from egovsim.analysis.history_matching.evidence import Benchmark, Structure
from egovsim.analysis.history_matching.match_files import (
    evidence_fingerprint,
    match_of,
    model_fingerprint,
    searches_of,
)
from egovsim.analysis.history_matching.matching import Match
from egovsim.errors import DataError, OutputError
from egovsim.model.inputs import Profile
from egovsim.model.model import Model
from egovsim.output import write_atomically
from egovsim.provenance import digest, machine, versions

_ABOUT = "Members conditioned on a region's own published values, by number; `egovsim region` makes this file again."
_KEYS = {"model_fingerprint", "evidence_fingerprint", "region", "structures"}


@dataclass(frozen=True)
class ConditionedMembers:
    """What a file of conditioned members holds.

    Parameters
    ----------
    region : str
        The name of the profile that they were conditioned under.
    matches : mapping of str to Match
        By structure, those under which any member reaches the region's values.
    """

    region: str
    matches: Mapping[str, Match]


def profile_fingerprint(profile: Profile) -> str:
    """Return a hash of everything in a profile that a run depends on: no label, note, source or published figure.

    Parameters
    ----------
    profile : Profile
        A region.

    Returns
    -------
    str
        In hexadecimal digits.
    """
    parts = (dict(profile.constants), profile.ranges, dict(profile.levers), dict(profile.multipliers))
    return digest(repr(parts).encode())


def write_conditioned(
    matches: Sequence[tuple[Structure, Match]],
    path: Path,
    *,
    model: Model,
    profile: Profile,
    published: Sequence[Mapping[str, float]],
) -> None:
    """Write conditioned members.

    Parameters
    ----------
    matches : sequence of (Structure, Match)
        The members of each structure; all of one benchmark and seed.
    path : Path
        The file to write, whole or not at all; its folder must exist.
    model : Model
        The model that they were accepted with.
    profile : Profile
        The region.
    published : sequence of mapping of str to float
        The values that they were conditioned on, a year each; for whoever reads the file.

    Raises
    ------
    OutputError
        When the place cannot be written to.
    """
    first = matches[0][1]
    content: dict[str, object] = {
        "about": _ABOUT,
        "model": model.name,
        "model_fingerprint": model_fingerprint(model),
        "evidence_fingerprint": evidence_fingerprint(first.benchmark),
        "region": {
            "profile": profile.name,
            "profile_fingerprint": profile_fingerprint(profile),
            "published": [dict(row) for row in published],
        },
        "structures": [
            {
                "structure": structure.name,
                "constants": dict(match.constants),
                "seed": match.seed,
                "draws": match.redrawn.times if match.redrawn is not None else 0,
                **searches_of(match),
            }
            for structure, match in matches
        ],
        "versions": {name: versions()[name] for name in ("egovsim", "numpy", "llvmlite")},
        "machine": machine(),
    }
    if not path.parent.is_dir():
        raise OutputError(f"{path.parent}: there is no such folder; make it first.")
    write_atomically(path, json.dumps(content) + "\n")


def read_conditioned(path: Path, model: Model, benchmark: Benchmark, profile: Profile | None) -> ConditionedMembers:
    """Read conditioned members, for the model, the evidence and the profile that they were accepted with.

    Parameters
    ----------
    path : Path
        A file that `write_conditioned` wrote.
    model : Model
        The model of now.
    benchmark : Benchmark
        The evidence of now.
    profile : Profile or None
        The profile of now, where a region is compared.

    Returns
    -------
    ConditionedMembers
        All members of the file.

    Raises
    ------
    DataError
        When the file is not one of conditioned members, or they were accepted with something else; the message says
        which, and what to run.
    """
    label = library.label(path)
    try:
        found: object = json.loads(library.read_bytes(path))
    except ValueError as cause:
        raise DataError(f"{label}: is not a file of conditioned members ({cause}).") from cause
    if not isinstance(found, dict) or not set(cast("dict[str, object]", found)) >= _KEYS:
        raise DataError(f"{label}: is not a file of conditioned members; `egovsim region` writes one.")
    content = cast("dict[str, Any]", found)
    try:
        _check_same(content, label, model, benchmark, profile)
        region = str(content["region"]["profile"])
        matches = {str(entry["structure"]): _match(entry, benchmark, region, label) for entry in content["structures"]}
    except (KeyError, TypeError, ValueError) as cause:
        raise DataError(f"{label}: is damaged ({cause}); `egovsim region` writes it again.") from cause
    return ConditionedMembers(region, matches)


def _check_same(
    content: Mapping[str, Any], label: str, model: Model, benchmark: Benchmark, profile: Profile | None
) -> None:
    differing = [
        what
        for what, key, now in (
            (f"another version of {model.file or model.name}", "model_fingerprint", model_fingerprint(model)),
            ("other evidence checks, ranges or profiles", "evidence_fingerprint", evidence_fingerprint(benchmark)),
        )
        if content[key] != now
    ]
    region = content["region"]
    if profile is not None and region["profile_fingerprint"] != profile_fingerprint(profile):
        differing.append(f'another profile than "{profile.name}" as it is now (theirs is "{region["profile"]}")')
    if differing:
        raise DataError(
            f"{label}: these members were conditioned with {' and '.join(differing)}; run `egovsim region` again, or "
            "give the profile that they belong to."
        )


def _match(entry: Mapping[str, Any], benchmark: Benchmark, region: str, label: str) -> Match:
    structure = benchmark.structure(entry["structure"])
    if dict(structure.constants) != entry["constants"]:
        raise DataError(f'{label}: the structure "{structure.name}" had other constants; run `egovsim region` again.')
    times = int(entry["draws"])
    return replace(match_of(entry, benchmark, structure), redrawn=Redrawn(region, times) if times else None)
