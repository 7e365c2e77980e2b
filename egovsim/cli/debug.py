"""The command that shows what the compiler makes of a model."""

from __future__ import annotations

from typing import Annotated

import typer

from egovsim.cli.application import app, guarded


@app.command()
@guarded
def debug(
    model: Annotated[str, typer.Argument(help="A model file (XMILE or Vensim), or a shipped name.")],
    program: Annotated[bool, typer.Option("--program", help="Print the ordered assignments.")] = False,
    ir: Annotated[bool, typer.Option("--ir", help="Print the LLVM IR, before LLVM's passes.")] = False,
    output: Annotated[
        list[str] | None,
        typer.Option(help="A variable to compute; may be repeated. What none depends on is left out. Without it: all."),
    ] = None,
) -> None:
    """Print what the compiler makes of a model: its program, or its LLVM IR.

    \b
    egovsim debug capacity --program --output Use
    egovsim debug mine.xmile --ir > mine.ll
    """
    from egovsim.compiler.listing import listing
    from egovsim.readers.read_model import read_model

    if program == ir:
        raise typer.BadParameter("say what to print: --program or --ir")
    form = "program" if program else "ir"
    typer.echo(listing(read_model(model), output, form=form), nl=False)
