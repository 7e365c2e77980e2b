"""The command that finds the members which agree with the evidence."""

from __future__ import annotations

import shlex
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from egovsim.analysis.history_matching.defaults import MEMBERS, SEED
from egovsim.cli.application import app, console, guarded, progress_bar
from egovsim.egov.defaults import MODEL

if TYPE_CHECKING:
    from egovsim.analysis.history_matching.report import MatchReport


@app.command()
@guarded
def match(
    seed: Annotated[
        list[int] | None, typer.Option(help=f"Every draw follows from it; may be repeated. Without it: {SEED}.", min=0)
    ] = None,
    structure: Annotated[
        list[str] | None, typer.Option(help="A structure of structures.toml; may be repeated. Without it: all.")
    ] = None,
    members: Annotated[int, typer.Option(help="How many members to accept.", min=1)] = MEMBERS,
    evidence: Annotated[
        Path | None, typer.Option(help="A folder with checks.toml and ranges.toml. Without it: the shipped one.")
    ] = None,
    profile: Annotated[
        list[str] | None,
        typer.Option(help="A profile that stands for the place of its name in the checks; may be repeated."),
    ] = None,
    model: Annotated[str, typer.Option(help="The model: a shipped name or a file.")] = MODEL,
    tolerances_doubled: Annotated[
        bool, typer.Option(help="Also accept members with every tolerance doubled, to see how far the bands move.")
    ] = True,
    out: Annotated[Path, typer.Option(help="Folder for the accepted members and the tables.")] = Path("egovsim-match"),
) -> None:
    """Find the sets of uncertain constants that agree with the evidence.

    Draws members from wide ranges and accepts those that pass every rejecting check, under every rival structure.
    A check's place is a shipped profile, or a profile file seen from the folder of the checks.
    Takes minutes; `egovsim compare --match FOLDER` then uses what was accepted.

    \b
    egovsim match --members 200
    egovsim match --seed 0 --seed 1 --out mine
    egovsim match --evidence my-evidence --profile makassar.toml --out mine
    """
    from egovsim.analysis.history_matching.evidence_files import read_benchmark
    from egovsim.analysis.history_matching.match_files import place_profiles, write_match
    from egovsim.analysis.history_matching.report import match_reports
    from egovsim.analysis.history_matching.tables import report_files, report_tables
    from egovsim.egov.outcomes import LATENT, LATENT_YEARS
    from egovsim.output import check_writable, place_files
    from egovsim.readers.read_model import read_model

    read, benchmark = read_model(model), read_benchmark(folder=evidence, profiles=profile or ())
    seeds = seed or [SEED]
    reports = match_reports(
        read,
        benchmark,
        structures=structure,
        seeds=seeds,
        members=members,
        outcomes=LATENT,
        years=LATENT_YEARS,
        tolerances_doubled=tolerances_doubled,
        progress=partial(progress_bar, counted="accepted"),
    )
    check_writable(out)
    out.mkdir(parents=True, exist_ok=True)
    place_profiles(profile or (), out)
    screen = console()
    done: list[MatchReport] = []
    for report in reports:
        write_match(report.match, read, report.structure, out / f"{report.name}.json")
        done.append(report)
        for part in report_tables(report):
            screen.print(part)
        screen.print()
    place_files(report_files(done), out)
    options = [*(["--model", model] if model != MODEL else []), *(["--evidence", str(evidence)] if evidence else [])]
    options += ["--match", str(out), *(["--seed", str(seeds[0])] if SEED not in seeds else [])]
    used_by = f"`egovsim compare {shlex.join(options)}` uses them."
    typer.echo(f"Accepted members and tables are in {out}; {used_by}", err=True)
