"""The places that checks speak of: shipped profiles, files beside the checks, and profiles that replace them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from egovsim import library
from egovsim.analysis.history_matching.evidence import EvidenceCheck
from egovsim.errors import DataError, unknown_name
from egovsim.model.inputs import Profile
from egovsim.simulation.files import read_profile


@dataclass(frozen=True)
class Places:
    """The checks with every place called by its name, and the profiles and files of these."""

    checks: tuple[EvidenceCheck, ...]
    profiles: dict[str, Profile]
    files: tuple[Path, ...]


def read_places(checks: Sequence[EvidenceCheck], path: Path, given: Sequence[str | Path]) -> Places:
    """Find and read the profiles that checks speak of.

    Parameters
    ----------
    checks : sequence of EvidenceCheck
        A place is the name of a shipped profile, or a profile file, seen from the folder of the checks.
    path : Path
        The file of the checks.
    given : sequence of str or Path
        Profiles, shipped names or files, that stand for the places of their names.

    Returns
    -------
    Places
        In the order in which the checks name them.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        When a place is no profile, two of one name are different files, or a profile that is given is of no place.
    """
    where = library.label(path)
    own = {profile.stem: profile for profile in (library.find("profile", name) for name in given)}
    found: dict[str, Path] = {}
    for place in dict.fromkeys(place for check in checks for place in check.places):
        file = own.get(Path(place).stem) or _file(place, path.parent, where)
        if found.setdefault(file.stem, file) != file:
            raise DataError(
                f'{where}: two places are called "{file.stem}"; give one of the profile files another name.'
            )
    for name, file in own.items():
        if name not in found:
            raise DataError(
                f'{library.label(file)}: no check of {where} speaks of "{name}"; write one with place = "{name}", or '
                "give a region's own values to `egovsim region`."
            )
    named = tuple(
        replace(check, place=Path(check.place).stem, minus_place=Path(check.minus_place).stem) for check in checks
    )
    return Places(named, {name: read_profile(file) for name, file in found.items()}, tuple(found.values()))


def _file(place: str, folder: Path, where: str) -> Path:
    if library.is_name(place):
        known = library.names("profile")
        if place not in known:
            raise unknown_name(place, known, what="a shipped profile", where=where)
        return library.find("profile", place)
    file = folder / place
    if not file.is_file():
        raise DataError(
            f'{where}: place = "{place}": there is no such file in {folder}; correct the path, or put it there.'
        )
    return file
