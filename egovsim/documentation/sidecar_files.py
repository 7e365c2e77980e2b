"""What lies beside a model file and is told with it: labels, feedback loops, evidence and profiles. All optional."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from egovsim.analysis.history_matching.evidence import Evidence
from egovsim.analysis.history_matching.evidence_files import read_evidence
from egovsim.errors import UnknownNameError
from egovsim.model.inputs import Profile
from egovsim.model.model import Model
from egovsim.names import canonical, split_element
from egovsim.simulation.files import read_profile
from egovsim.simulation.input_checks import check_profile
from egovsim.toml import Table, read_table
from egovsim.validation.declaration_files import read_loop
from egovsim.validation.declarations import Loop

Entry = Mapping[str, str]
"""A text by language: ``en`` and ``id``."""
NOT_VARIABLES = ("units", "sectors")
"""Tables of ``labels.toml`` that name something else than variables."""


@dataclass(frozen=True)
class SidecarFiles:
    """What lies beside a model.

    Parameters
    ----------
    labels : mapping of str to Entry
        Of variables, by canonical name.
    units, sectors : mapping of str to Entry
        By name.
    loops : tuple of Loop
        The named feedback loops.
    evidence : mapping of str to Evidence
        Published figures, by key.
    profiles : tuple of Profile
        Regions that fit the model.
    """

    labels: Mapping[str, Entry] = field(default_factory=dict[str, Entry])
    units: Mapping[str, Entry] = field(default_factory=dict[str, Entry])
    sectors: Mapping[str, Entry] = field(default_factory=dict[str, Entry])
    loops: tuple[Loop, ...] = ()
    evidence: Mapping[str, Evidence] = field(default_factory=dict[str, Evidence])
    profiles: tuple[Profile, ...] = ()


def read_sidecar_files(model: Model, folder: Path) -> SidecarFiles:
    """Read what a folder holds for a model.

    Parameters
    ----------
    model : Model
        Loops and profiles that speak of other variables are left out: they belong to another model.
    folder : Path
        May hold ``labels.toml``, ``loops.toml``, ``evidence/evidence.csv`` and ``profiles/*.toml``.

    Returns
    -------
    SidecarFiles
        Empty where nothing lies there.

    Raises
    ------
    DataError, UnknownNameError, ValueRangeError
        When one of the files is not what it should be.
    """
    words = read_table(folder / "labels.toml")[0] if (folder / "labels.toml").is_file() else None
    loops = read_table(folder / "loops.toml")[0].tables("loop") if (folder / "loops.toml").is_file() else ()
    figures = folder / "evidence" / "evidence.csv"
    evidence = {figure.key: figure for figure in read_evidence(figures)} if figures.is_file() else {}
    profiles = [read_profile(path) for path in sorted((folder / "profiles").glob("*.toml"))]
    return SidecarFiles(
        labels=_labels(words),
        units=_entries(words, "units"),
        sectors=_entries(words, "sectors"),
        loops=tuple(loop for loop in map(read_loop, loops) if _speaks_of(model, loop)),
        evidence=evidence,
        profiles=tuple(profile for profile in profiles if _fits(model, profile)),
    )


def _labels(words: Table | None) -> dict[str, Entry]:
    found: dict[str, Entry] = {}
    for section in words.values if words is not None else ():
        if section not in NOT_VARIABLES:
            found |= {canonical(name): entry for name, entry in _entries(words, section).items()}
    return found


def _entries(words: Table | None, section: str) -> dict[str, Entry]:
    if words is None:
        return {}
    table = words.table(section)
    return {name: table.table(name).values for name in table.values}


def _speaks_of(model: Model, loop: Loop) -> bool:
    return all(canonical(split_element(variable)[0]) in model.by_id for variable in loop.variables)


def _fits(model: Model, profile: Profile) -> bool:
    try:
        check_profile(profile, model, where=profile.name)
    except UnknownNameError:
        return False
    return True
