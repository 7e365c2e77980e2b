"""The command that tests a model: validate."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from egovsim.cli.application import BAD_INPUT, app, console, guarded, progress_bar
from egovsim.cli.models import Data, ModelFile
from egovsim.validation import defaults


@app.command()
@guarded
def validate(
    model: ModelFile,
    declarations: Annotated[
        Path | None, typer.Option(help="What must hold. Without it: <model>.declarations.toml beside the model.")
    ] = None,
    members: Annotated[
        int, typer.Option(help="Random members drawn from the ranges of the inputs.", min=1)
    ] = defaults.MEMBERS,
    seed: Annotated[int, typer.Option(help="Every draw follows from it.", min=0)] = defaults.SEED,
    out: Annotated[Path | None, typer.Option(help="A page to write, in Markdown.")] = None,
    json: Annotated[Path | None, typer.Option(help="A JSON file to write.")] = None,
    data: Data = None,
) -> None:
    """Put a model through the tests of system dynamics; exit code 1 when one fails.

    \b
    egovsim validate egov
    egovsim validate mine.xmile --out validation.md
    """
    from egovsim.output import write_atomically
    from egovsim.validation.report import validation_json, validation_page, validation_tables
    from egovsim.validation.suite import validate as run_tests

    with progress_bar("egovsim validate") as progress:
        found = run_tests(
            model, declarations=declarations, members=members, seed=seed, data=data or (), progress=progress
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
