"""The command that finds the members which agree with the evidence."""

from __future__ import annotations

import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from egovsim.cli.application import app, console, guarded, progress_bar

if TYPE_CHECKING:
    from egovsim.analysis.history_matching.evidence import Benchmark, Structure
    from egovsim.analysis.history_matching.tables import MatchReport
    from egovsim.model.model import Model

_YEARS = (2025.0, 2035.0, 2045.0)
_LATENT = ("HR capacity", "Security maturity", "Cultural change", "SPBE-like index", "Real use index")
_WIDER_MEMBERS = 200


@app.command()
@guarded
def match(
    seed: Annotated[
        list[int] | None, typer.Option(help="Every draw follows from it; may be repeated. Without it: 0.", min=0)
    ] = None,
    structure: Annotated[
        list[str] | None, typer.Option(help="A structure of structures.toml; may be repeated. Without it: all.")
    ] = None,
    members: Annotated[int, typer.Option(help="How many members to keep.", min=1)] = 1000,
    evidence: Annotated[
        Path | None, typer.Option(help="A folder with checks.toml and ranges.toml. Without it: the shipped one.")
    ] = None,
    model: Annotated[str, typer.Option(help="The model: a shipped name or a file.")] = "egov",
    tolerances_doubled: Annotated[
        bool, typer.Option(help="Also keep members with every tolerance doubled, to see how far the bands move.")
    ] = True,
    out: Annotated[Path, typer.Option(help="Folder for the accepted members and the tables.")] = Path("egovsim-match"),
) -> None:
    """Find the sets of uncertain constants that agree with the evidence.

    Draws members from wide ranges and keeps those that pass every rejecting check, under every rival structure.
    Takes minutes; `egovsim compare --match FOLDER` then uses what was kept.

    \b
    egovsim match --members 200
    egovsim match --seed 0 --seed 1 --out mine
    egovsim match --evidence my-evidence --model mine.xmile --out mine
    """
    from egovsim.analysis.history_matching.evidence_files import check_benchmark, read_benchmark
    from egovsim.analysis.history_matching.match_files import write_match
    from egovsim.analysis.history_matching.tables import match_report, match_tables
    from egovsim.output import check_writable, place_files
    from egovsim.readers.read_model import read_model

    read, benchmark = read_model(model), read_benchmark(folder=evidence)
    structures = [benchmark.structure(one) for one in structure] if structure else benchmark.structures
    check_benchmark(benchmark, read)
    check_writable(out)
    out.mkdir(parents=True, exist_ok=True)
    reports: list[MatchReport] = []
    screen = console()
    seeds = list(dict.fromkeys(seed or [0]))
    for number in seeds:
        for one in structures:
            report = _matched(read, benchmark, one, number, members, tolerances_doubled)
            write_match(report.match, read, one, out / f"{report.name}.json")
            reports.append(report)
            for part in match_report(report):
                screen.print(part)
            screen.print()
    place_files(match_tables(reports), out)
    options = [*(["--model", model] if model != "egov" else []), *(["--evidence", str(evidence)] if evidence else [])]
    options += ["--match", str(out), *(["--seed", str(seeds[0])] if 0 not in seeds else [])]
    used_by = f"`egovsim compare {shlex.join(options)}` uses them."
    typer.echo(f"Accepted members and tables are in {out}; {used_by}", err=True)


def _matched(
    model: Model, benchmark: Benchmark, structure: Structure, seed: int, members: int, doubled: bool
) -> MatchReport:
    """Match one structure with one seed, and gather what it teaches."""
    from egovsim.analysis.history_matching.diagnostics import check_diagnostics, constant_diagnostics, outcome_bands
    from egovsim.analysis.history_matching.matching import history_match
    from egovsim.analysis.history_matching.tables import MatchReport

    places = [profile for profile in benchmark.profiles.values() if profile.covers == "all"]
    outcomes = [one for one in _LATENT if one in (each.name for each in model.variables)]
    years = [year for year in _YEARS if model.clock.start < year <= model.clock.stop]

    with progress_bar(f"egovsim match: {structure.name}, seed {seed}") as progress:
        found = history_match(
            model, benchmark, members=members, seed=seed, constants=structure.constants, progress=progress
        )
    wider = None
    if doubled:
        with progress_bar("tolerances doubled") as progress:
            wider = history_match(
                model, benchmark.widened(2.0), members=min(members, _WIDER_MEMBERS), seed=seed,
                constants=structure.constants, progress=progress,
            )  # fmt: skip
    return MatchReport(
        structure,
        found,
        check_diagnostics(model, found),
        constant_diagnostics(found),
        tuple(outcome_bands(model, found, outcomes, places, years)),
        tuple(outcome_bands(model, wider, outcomes, places, years)) if wider is not None else (),
    )
