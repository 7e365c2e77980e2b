"""The members that a comparison stands on: the shipped ones, those of a folder, those given, or a search of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from egovsim import library
from egovsim.analysis.history_matching.evidence import Benchmark, Structure
from egovsim.analysis.history_matching.evidence_files import check_benchmark, read_benchmark
from egovsim.analysis.history_matching.match_files import evidence_fingerprint, read_match
from egovsim.analysis.history_matching.matching import Match, history_match
from egovsim.errors import DataError, InputError, ValueRangeError
from egovsim.model.model import Model
from egovsim.progress import Progress, portion
from egovsim.provenance import FileRecord

Matches = str | Path | Sequence[Match]

USUAL_MEMBERS = 256
"""How many members a comparison uses unless told otherwise: enough for its quantiles, and quick."""


@dataclass(frozen=True)
class MemberRequest:
    """Which members are asked for; see `compare` for the fields."""

    matches: Matches | None = None
    structure: str | None = None
    members: int | None = None
    seed: int = 0


@dataclass(frozen=True)
class SelectedMembers:
    """The members of one structure."""

    structure: Structure
    match: Match


@dataclass(frozen=True)
class MemberSelection:
    """The members of every structure, the evidence that they agree with, and the files of both."""

    benchmark: Benchmark
    selected: tuple[SelectedMembers, ...]
    files: tuple[FileRecord, ...]


def select_members(
    model: Model,
    evidence: str | Path | Benchmark | None,
    request: MemberRequest,
    *,
    workers: int | None = None,
    progress: Progress | None = None,
) -> MemberSelection:
    """Return the members of every structure that is asked for.

    Parameters
    ----------
    model : Model
        The model of now; members from a file that were kept with another are refused.
    evidence : str, Path, Benchmark or None
        As in `compare`.
    request : Wanted
        Which members.
    workers : int, optional
        Threads of a search.
    progress : callable, optional
        Called with (done, total) while it searches.

    Raises
    ------
    InputError
        Of the kind that fits: when there are no members of the seed, or fewer than asked for, or when they were kept
        with another model or other evidence; the message names the command that makes them.
    """
    if request.members is not None and request.members < 1:
        raise ValueRangeError(f"members is {request.members}; at least 1 is needed.")
    given: tuple[Match, ...] = ()
    if request.matches is not None and not isinstance(request.matches, str | Path):
        given = tuple(request.matches)
        if not given:
            raise InputError("matches is empty; leave it out for the members that are shipped.")
    known = _benchmark(evidence, given)
    check_benchmark(known, model)
    structures = known.structures if request.structure is None else (known.structure(request.structure),)
    if given:
        return MemberSelection(known, _of_given(given, known, structures, request), known.files)
    if evidence is not None and request.matches is None:
        return MemberSelection(known, _searched(model, known, structures, request, workers, progress), known.files)
    folder = Path(request.matches) if isinstance(request.matches, str | Path) else None
    files = [_file(folder, structure, request) for structure in structures]
    selected = [
        SelectedMembers(structure, _first(read_match(path, model, known, structure), library.label(path), request))
        for structure, path in zip(structures, files, strict=True)
    ]
    return MemberSelection(known, tuple(selected), (*known.files, *map(library.record, files)))


def _benchmark(evidence: str | Path | Benchmark | None, given: tuple[Match, ...]) -> Benchmark:
    if isinstance(evidence, Benchmark):
        return evidence
    if evidence is None and given:
        return given[0].benchmark
    return read_benchmark(folder=evidence)


def _of_given(
    given: tuple[Match, ...], benchmark: Benchmark, structures: tuple[Structure, ...], request: MemberRequest
) -> tuple[SelectedMembers, ...]:
    """Return the matches that were handed over, each with the structure that its constants stand for."""
    found = {structure.name: structure for structure in benchmark.structures}
    selected: list[SelectedMembers] = []
    expected = evidence_fingerprint(benchmark)
    for match in given:
        if evidence_fingerprint(match.benchmark) != expected:
            raise DataError(
                f"{match!r} was accepted with other evidence checks, ranges or profiles; leave evidence out, or give "
                "matches that history_match made with this evidence."
            )
        own = [one for one in found.values() if dict(one.constants) == dict(match.constants)]
        if not own:
            raise DataError(
                f"{match!r} sets {dict(match.constants)}, which is no structure of its evidence; there are: "
                f"{', '.join(found)}."
            )
        if own[0] in structures:
            selected.append(SelectedMembers(own[0], _first(match, repr(match), request)))
    if not selected:
        raise InputError(f'none of the matches is of the structure "{request.structure}".')
    return tuple(selected)


def _searched(
    model: Model,
    benchmark: Benchmark,
    structures: tuple[Structure, ...],
    request: MemberRequest,
    workers: int | None,
    progress: Progress | None,
) -> tuple[SelectedMembers, ...]:
    """Search the members of evidence for which none were kept yet."""
    share = 1.0 / len(structures)
    return tuple(
        SelectedMembers(
            structure,
            history_match(
                model,
                benchmark,
                members=request.members or USUAL_MEMBERS,
                seed=request.seed,
                constants=structure.constants,
                workers=workers,
                progress=portion(progress, number * share, (number + 1) * share),
            ),
        )
        for number, structure in enumerate(structures)
    )


def _file(folder: Path | None, structure: Structure, request: MemberRequest) -> Path:
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
        there = ", ".join(sorted(one.stem for one in folder.glob("*.json"))) or "none"
        raise DataError(f'{path}: there is no such file; accepted members in "{folder}": {there}; {_remedy(request)}.')
    return path


def _seeds(names: Sequence[str], structure: Structure) -> str:
    seeds = [name.removeprefix(f"{structure.name}-") for name in names if name.startswith(f"{structure.name}-")]
    if not seeds:
        return f'no seed of the structure "{structure.name}"'
    return f"seed {seeds[0]} alone" if len(seeds) == 1 else f"the seeds {', '.join(seeds[:-1])} and {seeds[-1]}"


def _remedy(request: MemberRequest) -> str:
    count = f" --members {request.members}" if request.members is not None else ""
    return f"run `egovsim match --seed {request.seed}{count} --out FOLDER` and give --match FOLDER"


def _first(match: Match, label: str, request: MemberRequest) -> Match:
    """Return the first members of a match: as many as asked for, or the usual number if there are so many."""
    if request.members is None:
        return match.first(min(len(match), USUAL_MEMBERS))
    if request.members > len(match):
        raise InputError(
            f"members is {request.members:,}, and {label} holds {len(match):,}; ask for at most that many, or "
            f"{_remedy(request)}."
        )
    return match.first(request.members)
