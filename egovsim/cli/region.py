"""The command that conditions the members on a region's own published values."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from egovsim.analysis.history_matching.defaults import MEMBERS, SEED
from egovsim.cli.application import app, console, guarded
from egovsim.egov import defaults


@app.command()
@guarded
def region(
    values: Annotated[Path, typer.Argument(help="A TOML file: a profile, and its published values.")],
    seed: Annotated[int, typer.Option(help="Of the accepted members; 0 and 1 are shipped.", min=0)] = SEED,
    structure: Annotated[str | None, typer.Option(help="One structure of structures.toml. Without it: all.")] = None,
    members: Annotated[int, typer.Option(help="How many members to accept at most.", min=1)] = MEMBERS,
    model: Annotated[str, typer.Option(help="The model: a shipped name or a file.")] = defaults.MODEL,
    out: Annotated[
        Path | None, typer.Option(help="The file for the accepted members. Without it: FILE.members.json.")
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of labels and numbers: en or id.")] = defaults.LANGUAGE,
) -> None:
    """Accept the members that give a region's own published SPBE values.

    The shipped members agree with the evidence of other places. This runs them under the region's profile, accepts
    those that give the values, and says what the values changed, or how far the model is from them.

    \b
    profile = "makassar-profile.toml"
    published = [{ year = 2023, index = 3.12 }]   # policy, governance, management and services may follow
    \b
    egovsim region makassar.toml
    egovsim compare --profile makassar-profile.toml --match makassar.members.json
    """
    from egovsim.egov.labels import read_labels
    from egovsim.egov.regions.conditioning import match_region
    from egovsim.egov.regions.region_table import region_report
    from egovsim.errors import InputError

    labels = read_labels(lang)
    found = match_region(values, model=model, structure=structure, members=members, seed=seed)
    screen = console()
    for part in region_report(found, labels):
        screen.print(part)
    if not found.matches:
        raise InputError(labels.text("region not written", profile=labels.label(found.region.profile)) + ".")
    file = out or values.with_suffix(".members.json")
    found.write(file)
    typer.echo(labels.text("region written", file=file, profile=found.region.profile_source), err=True)
