"""The command that tests a model: validate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from egovsim import library
from egovsim.cli.application import BAD_INPUT, app, console, guarded, progress_bar
from egovsim.cli.models import Data, ModelFile
from egovsim.egov.panel import defaults as panel_defaults
from egovsim.validation import defaults


@app.command()
@guarded
def validate(
    model: ModelFile,
    declarations: Annotated[
        Path | None, typer.Option(help="What must hold. Without it: <model>.declarations.toml beside the model.")
    ] = None,
    members: Annotated[
        int | None,
        typer.Option(
            help=f"Random members drawn from the ranges of the inputs ({defaults.MEMBERS} without it); with --panel, "
            f"members of each kind of place ({panel_defaults.MEMBERS} without it).",
            min=1,
        ),
    ] = None,
    seed: Annotated[int, typer.Option(help="Every draw follows from it.", min=0)] = defaults.SEED,
    panel: Annotated[
        str | None,
        typer.Option(
            help="Instead of these tests: predict the published scores of the places of a CSV file from their index of "
            f'2023 alone; "{panel_defaults.SHIPPED}" stands for the panel that comes with egovsim.'
        ),
    ] = None,
    out: Annotated[Path | None, typer.Option(help="A page to write, in Markdown; with --panel, a folder.")] = None,
    json: Annotated[Path | None, typer.Option(help="A JSON file to write.")] = None,
    data: Data = None,
) -> None:
    """Put a model through the tests of system dynamics; exit code 1 when one fails.

    \b
    egovsim validate egov
    egovsim validate mine.xmile --out validation.md
    egovsim validate egov --panel shipped --out panel
    """
    if panel is not None:
        for option, given in (("--declarations", declarations), ("--json", json), ("--data", data)):
            if given:
                raise typer.BadParameter(f"{option} has no use with --panel; leave out one of the two.")
        _predict_panel(model, panel, members or panel_defaults.MEMBERS, seed, out)
        return
    from egovsim.output import write_atomically
    from egovsim.validation.report import validation_json, validation_page, validation_tables
    from egovsim.validation.suite import validate as run_tests

    with progress_bar("egovsim validate") as progress:
        found = run_tests(
            model,
            declarations=declarations,
            members=members or defaults.MEMBERS,
            seed=seed,
            data=data or (),
            progress=progress,
        )
    screen = console()
    for part in validation_tables(found):
        screen.print(part)
    for path, text in (
        (out, validation_page(found, command=f"egovsim validate {model} --out {out}")),
        (json, validation_json(found)),
    ):
        if path is not None:
            write_atomically(path, text)
            typer.echo(f"Written to {path}", err=True)
    typer.echo(str(found), err=True)
    if found.failed:
        raise typer.Exit(BAD_INPUT)


def _predict_panel(model: str, panel: str, members: int, seed: int, out: Path | None) -> None:
    """Print how the model predicts a panel, and write the predictions where a folder is given."""
    from egovsim.egov.panel.panel_files import write_panel_test
    from egovsim.egov.panel.panel_test import panel_test
    from egovsim.egov.panel.rows import read_panel
    from egovsim.egov.panel.tables import panel_report
    from egovsim.output import check_writable
    from egovsim.readers.read_model import read_model

    if out is not None:
        check_writable(out)
    rows = read_panel(panel)
    with progress_bar("egovsim validate --panel") as progress:
        found = panel_test(read_model(model), rows, members=members, seed=seed, progress=progress)
    screen = console()
    for part in panel_report(found):
        screen.print(part)
    if out is not None:
        options = {"model": model, "panel": panel, "members": members, "seed": seed, "out": str(out)}
        read = library.record(library.find("model", model))
        files = write_panel_test(found, out, options=options, files=(read,))
        typer.echo(f"Written to {out}: {', '.join(file.name for file in files)}", err=True)
