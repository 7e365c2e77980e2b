"""Commands about policy paths: compare them, list and show what is shipped."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

import typer

from egovsim.analysis.history_matching.defaults import COMPARED_MEMBERS, SEED
from egovsim.cli.application import app, console, guarded, progress_bar
from egovsim.egov import defaults
from egovsim.egov.outcomes import REAL_USE


@app.command()
@guarded
def compare(
    context: typer.Context,
    policies: Annotated[
        list[str] | None,
        typer.Argument(help="Policy files or shipped names; all (the default) stands for every shipped one."),
    ] = None,
    profile: Annotated[str, typer.Option(help="The region: a shipped profile or a file.")] = defaults.PROFILE,
    benchmark: Annotated[str, typer.Option(help="What it is measured against, likewise.")] = defaults.BENCHMARK,
    scenario: Annotated[
        list[str] | None,
        typer.Option(
            help=f"A shipped scenario or a file; may be repeated. Without it: {', '.join(defaults.SCENARIOS)}."
        ),
    ] = None,
    members: Annotated[
        int | None,
        typer.Option(help=f"How many of the accepted members. Without it: {COMPARED_MEMBERS}, or all of fewer.", min=1),
    ] = None,
    seed: Annotated[int, typer.Option(help="Of the accepted members; 0 and 1 are shipped.", min=0)] = SEED,
    match: Annotated[
        Path | None,
        typer.Option(
            help="A folder of `egovsim match`, or a file of `egovsim region`. Without it: the shipped members."
        ),
    ] = None,
    evidence: Annotated[
        Path | None, typer.Option(help="A folder with evidence of your own. Without --match, members are searched.")
    ] = None,
    structure: Annotated[
        str | None, typer.Option(help="One structure of structures.toml. Without it: the first and its rivals.")
    ] = None,
    until: Annotated[float, typer.Option(help="The horizon, a whole year.")] = defaults.UNTIL,
    by: Annotated[str, typer.Option(help="The outcome that ranks.")] = REAL_USE,
    discount: Annotated[float, typer.Option(help="Discount rate a year of extra costs.")] = defaults.DISCOUNT,
    outcome: Annotated[
        list[str] | None,
        typer.Option(help="An outcome of files and picture; may be repeated. Without it: all."),
    ] = None,
    why: Annotated[
        bool,
        typer.Option("--why", help="Tell what carries the effect of each path; every path runs again a dozen times."),
    ] = False,
    against: Annotated[
        str | None,
        typer.Option(help="With --why, the path that effects are counted from. Without it: business as usual."),
    ] = None,
    channels: Annotated[
        Path | None, typer.Option(help="With --why, a file of channels of your own. Without it: the shipped ones.")
    ] = None,
    model: Annotated[str, typer.Option(help="The model: a shipped name or a file.")] = defaults.MODEL,
    out: Annotated[Path, typer.Option(help="Folder for tables, spreadsheet, picture and manifest.")] = Path(
        "egovsim-comparison"
    ),
    lang: Annotated[str, typer.Option(help="Language of labels and numbers: en or id.")] = defaults.LANGUAGE,
) -> None:
    """Compare policy paths of a region with the benchmark, and rank them.

    \b
    egovsim compare
    egovsim compare mine.toml people-first --scenario budget-cut --lang id
    egovsim compare all mine.toml --by "Citizen trust" --until 2035 --out plan
    egovsim compare mine.toml --why --against people-first
    """
    from egovsim.egov.compare import compare as compare_paths
    from egovsim.egov.comparison_files import write_comparison
    from egovsim.egov.comparison_tables import comparison_report
    from egovsim.egov.labels import read_labels
    from egovsim.output import check_writable

    labels = read_labels(lang)
    check_writable(out)
    with progress_bar("egovsim compare") as progress:
        comparison = compare_paths(
            model,
            profile=profile,
            benchmark=benchmark,
            policies=policies or defaults.POLICIES,
            scenarios=scenario or defaults.SCENARIOS,
            members=members,
            seed=seed,
            matches=match,
            evidence=evidence,
            structure=structure,
            until=until,
            by=by,
            discount=discount,
            outcomes=outcome or None,
            why=why,
            against=against,
            channels=channels,
            progress=progress,
        )
    screen = console()
    for part in comparison_report(comparison, labels, width=screen.width):
        screen.print(part)
    sys.stdout.flush()  # the answer is read while pictures and spreadsheet are still being made
    options = _asked(context, policies or list(defaults.POLICIES), scenario or list(defaults.SCENARIOS))
    files = write_comparison(comparison, out, language=lang, options=options)
    names = ", ".join(file.name for file in files)
    typer.echo(labels.text("written", folder=out, files=names), err=True)


def _asked(context: typer.Context, policies: list[str], scenarios: list[str]) -> dict[str, object]:
    """Return what was asked for, as the manifest keeps it."""
    paths = {key: str(value) for key, value in context.params.items() if isinstance(value, Path)}
    return {**context.params, **paths, "policies": policies, "scenario": scenarios}


@app.command("list")
@guarded
def list_shipped(
    kind: Annotated[
        str | None,
        typer.Argument(help="models, profiles, policies, scenarios, evidence or matches; all by default."),
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of labels: en or id.")] = defaults.LANGUAGE,
) -> None:
    """List the models, profiles, policies and scenarios that come with egovsim.

    \b
    egovsim list
    egovsim list policies
    """
    from egovsim.cli.tables import listing_table
    from egovsim.egov.labels import read_labels
    from egovsim.egov.listing import shipped_sections

    labels, screen = read_labels(lang), console()
    for title, rows in shipped_sections(kind, labels):
        screen.print(title, style="bold")
        screen.print(listing_table(rows, labels))
        screen.print()


@app.command()
@guarded
def show(
    name: Annotated[str, typer.Argument(help="A name that `egovsim list` shows.")],
) -> None:
    """Print a shipped file, to be edited into one's own.

    \b
    egovsim show people-first > mine.toml
    """
    from egovsim import library

    _, path = library.search(name)
    typer.echo(library.read_bytes(path).decode("utf-8"), nl=False)
