"""The members that a comparison stands on: the shipped ones, those of a folder, those given, or a search of its own."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from egovsim import library
from egovsim.analysis.history_matching.conditioned_files import read_conditioned
from egovsim.analysis.history_matching.defaults import COMPARED_MEMBERS, SEED
from egovsim.analysis.history_matching.evidence import Benchmark, Structure
from egovsim.analysis.history_matching.evidence_files import check_benchmark, read_benchmark
from egovsim.analysis.history_matching.match_files import PROFILES, evidence_fingerprint, read_match
from egovsim.analysis.history_matching.matching import Match, history_match
from egovsim.errors import DataError, InputError, ValueRangeError
from egovsim.model.argument_checks import list_of, refuse_other_kinds, text_of, whole_number
from egovsim.model.inputs import Profile
from egovsim.model.model import Model
from egovsim.progress import Progress, portion
from egovsim.provenance import FileRecord

Matches = str | Path | Sequence[Match]


@dataclass(frozen=True)
class MemberSelection:
    """The accepted members that a comparison stands on.

    Parameters
    ----------
    benchmark : Benchmark
        The evidence that they agree with.
    matches : mapping of str to Match
        By the structure's name, the one that is shown in full first.
    files : tuple of FileRecord
        What evidence and members were read from.
    """

    benchmark: Benchmark
    matches: Mapping[str, Match]
    files: tuple[FileRecord, ...]


@dataclass(frozen=True)
class _Request:
    """How many members are asked for, and of which seed."""

    members: int | None
    seed: int


def select_members(
    model: Model,
    *,
    evidence: str | Path | Benchmark | None = None,
    matches: Matches | None = None,
    structure: str | None = None,
    members: int | None = None,
    seed: int = SEED,
    profile: Profile | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
) -> MemberSelection:
    """Return the members of every structure that is asked for.

    Parameters
    ----------
    model : Model
        The model of now; members from a file that were accepted with another are refused.
    evidence : str, Path or Benchmark, optional
        A folder with ``checks.toml`` and ``ranges.toml``, or what `read_benchmark` returned; by default the shipped
        evidence.
    matches : str, Path or sequence of Match, optional
        A folder that `egovsim match` wrote, a file that `egovsim region` wrote, or accepted members, one match for each
        structure. By default the shipped ones; with `evidence` of one's own, members are searched.
    structure : str, optional
        One structure of the evidence; by default all.
    members : int, optional
        How many of the accepted members, the first ones; by default 256, or all where fewer were accepted.
    seed : int
        Of files and of a search; matches that are handed over, and a region's file, bring their own.
    profile : Profile, optional
        The region that is compared; members that were conditioned under another are refused.
    workers : int, optional
        Threads of a search.
    progress : callable, optional
        Called with (done, total) while it searches.

    Returns
    -------
    MemberSelection
        In the order of the evidence's structures, or of the matches that are handed over.

    Raises
    ------
    DataError, InputError, UnknownNameError, ValueRangeError
        When there are no members of the seed, or fewer than asked for, or when they were accepted with another model or
        other evidence; the message names the command that makes them.
    """
    if structure is not None:
        text_of(structure, "structure is", remedy="give the name of one")
    if members is not None and whole_number(members, "members", least=None) < 1:
        raise ValueRangeError(f"members is {members}; at least 1 is needed.")
    kinds = (str, Path, Benchmark, type(None))
    refuse_other_kinds(evidence, kinds, "evidence is", remedy="give a folder, or what read_benchmark returned")
    request = _Request(members, seed)
    given: tuple[Match, ...] = ()
    if matches is not None and not isinstance(matches, str | Path):
        given = list_of(matches, Match, "matches", remedy="give what history_match returned, or a path")
        if not given:
            raise InputError("matches is empty; leave it out for the members that are shipped.")
    folder = Path(matches) if isinstance(matches, str | Path) else None
    known = _benchmark(evidence, given, folder)
    check_benchmark(known, model)
    structures = known.structures if structure is None else (known.structure(structure),)
    if given:
        return MemberSelection(known, _of_given(given, known, structures, request), known.files)
    if evidence is not None and matches is None:
        return MemberSelection(known, _searched(model, known, structures, request, workers, progress), known.files)
    if folder is not None and folder.is_file():
        conditioned = read_conditioned(folder, model, known, profile).matches
        selected = _conditioned(conditioned, library.label(folder), structures, structure, request)
        return MemberSelection(known, selected, (*known.files, library.record(folder)))
    files = [_file(folder, structure, request) for structure in structures]
    found = {
        structure.name: _first(read_match(path, model, known, structure), library.label(path), request)
        for structure, path in zip(structures, files, strict=True)
    }
    return MemberSelection(known, found, (*known.files, *map(library.record, files)))


def read_shipped_match(model: Model, benchmark: Benchmark, structure: Structure, *, seed: int = SEED) -> Match:
    """Read the shipped members of a structure, all of them.

    Parameters
    ----------
    model : Model
        The shipped model.
    benchmark : Benchmark
        The shipped evidence.
    structure : Structure
        One of its structures.
    seed : int
        The seed that they were drawn with.

    Returns
    -------
    Match
        As `read_match` returns it.

    Raises
    ------
    DataError, InputError
        When there are none of the seed, or they were accepted with another model or other evidence.
    """
    return read_match(_file(None, structure, _Request(None, seed)), model, benchmark, structure)


def shipped_members(model: Model) -> Match:
    """Return the shipped members that are shown first: all of the first structure and seed.

    Parameters
    ----------
    model : Model
        The shipped model.

    Returns
    -------
    Match
        As `read_shipped_match` returns it.

    Raises
    ------
    DataError
        When they were accepted with another model or other evidence.
    """
    benchmark = read_benchmark()
    return read_shipped_match(model, benchmark, benchmark.structures[0])


def _benchmark(evidence: str | Path | Benchmark | None, given: tuple[Match, ...], folder: Path | None) -> Benchmark:
    """Return the evidence, with the profiles that a folder of accepted members brings along."""
    if isinstance(evidence, Benchmark):
        return evidence
    if evidence is None and given:
        return given[0].benchmark
    return read_benchmark(folder=evidence, profiles=sorted((folder / PROFILES).glob("*.toml")) if folder else ())


def _of_given(
    given: tuple[Match, ...], benchmark: Benchmark, structures: tuple[Structure, ...], request: _Request
) -> dict[str, Match]:
    """Return the matches that were handed over, each by the structure that its constants stand for."""
    known = {structure.name: structure for structure in benchmark.structures}
    wanted = [structure.name for structure in structures]
    found: dict[str, Match] = {}
    expected = evidence_fingerprint(benchmark)
    for match in given:
        if evidence_fingerprint(match.benchmark) != expected:
            raise DataError(
                f"{match!r} was accepted with other evidence checks, ranges or profiles; leave evidence out, or give "
                "matches that history_match made with this evidence."
            )
        own = [name for name, structure in known.items() if dict(structure.constants) == dict(match.constants)]
        if not own:
            raise DataError(
                f"{match!r} sets {dict(match.constants)}, which is no structure of its evidence; there are: "
                f"{', '.join(known)}."
            )
        if own[0] in found:
            raise DataError(f'{match!r} is the second match of the structure "{own[0]}"; give one for each structure.')
        if own[0] in wanted:
            found[own[0]] = _first(match, repr(match), request)
    if not found:
        raise InputError(f'none of the matches is of the structure "{wanted[0]}".')
    return found


def _searched(
    model: Model,
    benchmark: Benchmark,
    structures: tuple[Structure, ...],
    request: _Request,
    workers: int | None,
    progress: Progress | None,
) -> dict[str, Match]:
    """Search the members of evidence for which none were accepted yet."""
    share = 1.0 / len(structures)
    return {
        structure.name: history_match(
            model,
            benchmark,
            members=request.members or COMPARED_MEMBERS,
            seed=request.seed,
            constants=structure.constants,
            workers=workers,
            progress=portion(progress, number * share, (number + 1) * share),
        )
        for number, structure in enumerate(structures)
    }


def _conditioned(
    matches: Mapping[str, Match],
    label: str,
    structures: tuple[Structure, ...],
    asked: str | None,
    request: _Request,
) -> dict[str, Match]:
    """Return the members of a region's file; a structure that no member reached its values under is not in it."""
    found = {
        structure.name: _first(matches[structure.name], label, request)
        for structure in structures
        if structure.name in matches
    }
    if not found:
        raise DataError(
            f'{label}: no member of the structure "{asked}" reaches the region\'s values; there are: '
            f"{', '.join(matches)}."
        )
    return found


def _file(folder: Path | None, structure: Structure, request: _Request) -> Path:
    """Return the file that holds the members of a structure and seed."""
    name = f"{structure.name}-{request.seed}"
    if folder is None:
        if name in library.names("match"):
            return library.find("match", name)
        raise InputError(
            f"seed is {request.seed}, and members are shipped for {_seeds(library.names('match'), structure)}; "
            f"{_remedy(request)}."
        )
    if not folder.is_dir():
        raise DataError(f"{folder}: there is no such folder of accepted members; {_remedy(request)}.")
    path = folder / f"{name}.json"
    if not path.is_file():
        there = ", ".join(sorted(file.stem for file in folder.glob("*.json"))) or "none"
        raise DataError(f'{path}: there is no such file; accepted members in "{folder}": {there}; {_remedy(request)}.')
    return path


def _seeds(names: Sequence[str], structure: Structure) -> str:
    found = (re.fullmatch(rf"{re.escape(structure.name)}-(\d+)", name) for name in names)
    seeds = [match[1] for match in found if match]
    if not seeds:
        return f'no seed of the structure "{structure.name}"'
    return f"seed {seeds[0]} alone" if len(seeds) == 1 else f"the seeds {', '.join(seeds[:-1])} and {seeds[-1]}"


def _remedy(request: _Request) -> str:
    count = f" --members {request.members}" if request.members is not None else ""
    return f"run `egovsim match --seed {request.seed}{count} --out FOLDER` and give --match FOLDER"


def _first(match: Match, label: str, request: _Request) -> Match:
    """Return the first members of a match: as many as asked for, or the usual number if there are so many."""
    if request.members is None:
        return match.first(min(len(match), COMPARED_MEMBERS))
    if request.members > len(match):
        raise InputError(
            f"members is {request.members:,}, and {label} holds {len(match):,}; ask for at most that many, or "
            f"{_remedy(request)}."
        )
    return match.first(request.members)
