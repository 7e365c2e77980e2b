"""Reports of history matching: each structure and seed matched, with what the checks did and what is left open."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass

from egovsim.analysis.history_matching.defaults import MEMBERS, SEED, WIDER_MEMBERS
from egovsim.analysis.history_matching.diagnostics import (
    Band,
    CheckDiagnostics,
    ConstantDiagnostics,
    check_diagnostics,
    constant_diagnostics,
    outcome_bands,
)
from egovsim.analysis.history_matching.evidence import Benchmark, Structure
from egovsim.analysis.history_matching.evidence_files import check_benchmark
from egovsim.analysis.history_matching.matching import Match, history_match, match_upstream
from egovsim.analysis.history_matching.rejection import Search
from egovsim.model.model import Model
from egovsim.progress import Progress

ProgressOf = Callable[[str], AbstractContextManager[Progress | None]]
"""Takes what is done, and gives what is called with (done, total) while it is done."""


@dataclass(frozen=True)
class MatchReport:
    """One match with its diagnostics.

    Parameters
    ----------
    structure : Structure
        What the constants of the match stand for.
    match : Match
        The accepted members.
    checks : tuple of CheckDiagnostics
        In the order of the file.
    constants : tuple of ConstantDiagnostics
        The one that the evidence moved furthest first.
    bands : tuple of Band
        Outcomes of the accepted members.
    wider : tuple of Band
        The same outcomes with every tolerance doubled; empty where that was not asked for.
    """

    structure: Structure
    match: Match
    checks: tuple[CheckDiagnostics, ...]
    constants: tuple[ConstantDiagnostics, ...]
    bands: tuple[Band, ...]
    wider: tuple[Band, ...] = ()

    @property
    def name(self) -> str:
        """What files and headings call it."""
        return f"{self.structure.name}-{self.match.seed}"


@dataclass(frozen=True)
class _Bands:
    """What is asked of the members' outcomes."""

    model: Model
    benchmark: Benchmark
    outcomes: tuple[str, ...]
    years: tuple[float, ...]

    def of(self, match: Match) -> tuple[Band, ...]:
        places = [profile for profile in self.benchmark.profiles.values() if profile.covers == "all"]
        return tuple(outcome_bands(self.model, match, self.outcomes, places, self.years))


def match_reports(
    model: Model,
    benchmark: Benchmark,
    *,
    structures: Sequence[str] | None = None,
    seeds: Sequence[int] = (SEED,),
    members: int = MEMBERS,
    outcomes: Sequence[str] = (),
    years: Sequence[float] = (),
    tolerances_doubled: bool = True,
    progress: ProgressOf | None = None,
) -> Iterator[MatchReport]:
    """Match every structure with every seed, and gather diagnostics of each match.

    Parameters
    ----------
    model : Model
        The model that the checks speak of.
    benchmark : Benchmark
        Checks, profiles, ranges and structures, from `read_benchmark`.
    structures : sequence of str, optional
        Names of its structures; by default all.
    seeds : sequence of int
        Every draw follows from them; one that is repeated counts once.
    members : int
        How many to accept under each structure and seed.
    outcomes : sequence of str
        Scalar variables whose bands are shown under the profiles that cover all; those that the model lacks are
        left out.
    years : sequence of float
        When; those that the model does not run through are left out.
    tolerances_doubled : bool
        Whether to match again with every tolerance doubled, with 200 members at most, for the bands beside.
    progress : callable, optional
        Called with what is done next; gives a context whose value is called with (done, total).

    Returns
    -------
    iterator of MatchReport
        By seed, then structure, each when it is worked out; wrong names are refused at once.

    Raises
    ------
    UnknownNameError, DataError, ValueRangeError
        When a structure, or the evidence, does not fit.
    InputError
        When too few members pass.
    """
    wanted = [benchmark.structure(name) for name in structures] if structures else list(benchmark.structures)
    check_benchmark(benchmark, model)
    known = {variable.name for variable in model.variables}
    clock = model.clock
    bands = _Bands(
        model,
        benchmark,
        tuple(outcome for outcome in outcomes if outcome in known),
        tuple(year for year in years if clock.start < year <= clock.stop),
    )
    wider_members = min(members, WIDER_MEMBERS) if tolerances_doubled else 0
    return _reports(bands, wanted, list(dict.fromkeys(seeds)), members, wider_members, progress or _unseen)


def _unseen(_: str) -> AbstractContextManager[None]:
    """Show no progress."""
    return nullcontext()


def _reports(
    bands: _Bands,
    structures: Sequence[Structure],
    seeds: Sequence[int],
    members: int,
    wider_members: int,
    progress: ProgressOf,
) -> Iterator[MatchReport]:
    """Match the upstream block once for every seed, and every structure with it."""
    wider = bands.benchmark.widened(2.0)
    count = len(seeds) * len(structures)
    for place, seed in enumerate(seeds):
        upstream = _upstream(bands.model, bands.benchmark, members, seed, progress)
        wide = _upstream(bands.model, wider, wider_members, seed, progress) if wider_members else None
        for number, structure in enumerate(structures, start=1 + place * len(structures)):
            where = f"{structure.name}, seed {seed} ({number} of {count})"
            with progress(f"egovsim match: {where}") as report:
                match = history_match(
                    bands.model, bands.benchmark, members=members, seed=seed, constants=structure.constants,
                    upstream=upstream, progress=report,
                )  # fmt: skip
            beside: tuple[Band, ...] = ()
            if wider_members:
                with progress(f"tolerances doubled: {where}") as report:
                    doubled = history_match(
                        bands.model, wider, members=wider_members, seed=seed, constants=structure.constants,
                        upstream=wide, progress=report,
                    )  # fmt: skip
                beside = bands.of(doubled)
            checks = check_diagnostics(bands.model, match)
            yield MatchReport(structure, match, checks, constant_diagnostics(match), bands.of(match), beside)


def _upstream(model: Model, benchmark: Benchmark, members: int, seed: int, progress: ProgressOf) -> Search | None:
    if benchmark.upstream is None:
        return None
    with progress(f'egovsim match: block "{benchmark.upstream.name}", seed {seed}') as report:
        return match_upstream(model, benchmark, members=members, seed=seed, progress=report)
