"""Commands about a model file: run, check, convert, crosscheck and document it."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Annotated, Any

import typer

from egovsim.cli.application import BAD_INPUT, app, console, guarded
from egovsim.readers.data.given import MissingData

ModelFile = Annotated[str, typer.Argument(help="A model file (XMILE or Vensim), or a shipped name.")]
Data = Annotated[
    list[Path] | None,
    typer.Option(
        help="An exported run with series of the model's data variables, a file that it imports, or a=FILE for what it "
        "calls ?a; may be repeated."
    ),
]
Missing = Annotated[
    MissingData,
    typer.Option(help="Without the series of a data variable: refuse to run, or warn and let be not a number."),
]
Modules = Annotated[
    list[Path] | None,
    typer.Option(help="A folder, outside the model's own, that files of its modules may stand in; may be repeated."),
]


@app.command()
@guarded
def run(
    model: ModelFile,
    profile: Annotated[str | None, typer.Option(help="A shipped profile or a file.")] = None,
    policy: Annotated[str | None, typer.Option(help="A shipped policy or a file.")] = None,
    scenario: Annotated[str | None, typer.Option(help="A shipped scenario or a file.")] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", help='"Name=value" of an input; may be repeated.')
    ] = None,
    changes: Annotated[Path | None, typer.Option(help="A changes file of Vensim (.cin) that sets inputs.")] = None,
    until: Annotated[float | None, typer.Option(help="End of the run, in the model's time unit.")] = None,
    time_step: Annotated[float | None, typer.Option(help="Time step.")] = None,
    save_every: Annotated[float | None, typer.Option(help="Interval of the rows, a multiple of the step.")] = None,
    output: Annotated[
        list[str] | None, typer.Option(help="A variable of the table; may be repeated. Without it: all.")
    ] = None,
    data: Data = None,
    missing_data: Missing = "refuse",
    modules: Modules = None,
    out: Annotated[Path | None, typer.Option(help="CSV file; standard output by default.")] = None,
) -> None:
    """Run a model once and write its trajectories as CSV.

    \b
    egovsim run egov --policy people-first --output "Real use index" --save-every 1
    egovsim run mine.xmile --set "Training places=0.1" --out run.csv
    egovsim run mine.mdl --data run.dat --changes scenario.cin
    """
    from egovsim.output import write_atomically
    from egovsim.readers.changes import read_changes
    from egovsim.readers.read_model import read_model
    from egovsim.simulation.run_from_files import run_once

    constants = {**(read_changes(changes) if changes else {}), **_assigned(assignments or [])}
    read = read_model(model, data=data or (), missing_data=missing_data, modules=modules or ())
    for left_out in read.left_out:
        typer.echo(f"egovsim: {left_out}.", err=True)
    with warnings.catch_warnings(record=True) as warned:
        warnings.simplefilter("always", UserWarning)
        result = run_once(
            read, profile=profile, policy=policy, scenario=scenario,
            constants=constants, outputs=output or None,
            until=until, time_step=time_step, save_every=save_every,
        )  # fmt: skip
    for warning in warned:
        typer.echo(f"egovsim: {warning.message}", err=True)
    if result.status.failures:
        typer.echo(f"egovsim: {result.status}; what follows is not a number.", err=True)
    table: Any = result.to_frame()  # pandas leaves the types of to_csv open
    text = table.to_csv(lineterminator="\n")
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_atomically(out, text)
        typer.echo(f"Written to {out}", err=True)


def _assigned(assignments: list[str]) -> dict[str, float]:
    """Read ``Name=value`` texts."""
    values: dict[str, float] = {}
    for assignment in assignments:
        name, sign, value = assignment.rpartition("=")
        try:
            values[name.strip()] = float(value)
        except ValueError:
            sign = ""
        if not sign or not name.strip():
            raise typer.BadParameter(f'"{assignment}" is not of the form "Name=value", such as "Training places=0.1".')
    return values


@app.command()
@guarded
def check(
    model: ModelFile,
    data: Data = None,
    missing_data: Missing = "refuse",
    modules: Modules = None,
) -> None:
    """Look a model over without running it; exit code 1 when it has errors.

    \b
    egovsim check mine.xmile
    """
    from egovsim.cli.tables import findings_summary, findings_table
    from egovsim.model.checking import check as look_over
    from egovsim.readers.read_model import read_model

    read = read_model(model, data=data or (), missing_data=missing_data, modules=modules or ())
    findings = look_over(read)
    screen = console()
    if findings:
        screen.print(findings_table(findings))
    counted = findings_summary(findings)
    typer.echo(f"{read.file}: {len(read.stocks)} stocks, {len(read)} variables; {counted}", err=True)
    if any(finding.severity == "error" for finding in findings):
        raise typer.Exit(BAD_INPUT)


@app.command()
@guarded
def convert(
    model: ModelFile,
    out: Annotated[Path, typer.Option(help="The XMILE file to write.")],
    data: Data = None,
    missing_data: Missing = "refuse",
    modules: Modules = None,
) -> None:
    """Write a model as XMILE, the open format: the way out of a closed one.

    \b
    egovsim convert mine.mdl --out mine.xmile
    """
    from egovsim.readers.read_model import read_model
    from egovsim.writers.xmile import write_xmile

    read = read_model(model, data=data or (), missing_data=missing_data, modules=modules or ())
    write_xmile(read, out)
    typer.echo(f"{read.file}: {len(read.stocks)} stocks, {len(read)} variables; written to {out}", err=True)
    if read.reality_checks:
        count = len(read.reality_checks)
        typer.echo(f"Not written, since XMILE has no place for them: {count} Reality Checks", err=True)


@app.command()
@guarded
def crosscheck(
    model: ModelFile,
    until: Annotated[float | None, typer.Option(help="End of the run; PySD is slow on large models.")] = None,
    rows: Annotated[int, typer.Option(help="How many variables to print, the worst first.", min=1)] = 20,
    data: Data = None,
) -> None:
    """Run the same model in PySD and print where the two differ most, beyond rounding; exit code 1 when they disagree.

    \b
    egovsim crosscheck capacity
    egovsim crosscheck egov --until 2004
    """
    from egovsim.cli.tables import crosscheck_table
    from egovsim.validation.pysd_comparison import crosscheck as compare_engines

    result = compare_engines(model, until=until, data=data or ())
    console().print(crosscheck_table(result, count=rows))
    typer.echo(str(result), err=True)
    if not result.agrees:
        raise typer.Exit(BAD_INPUT)


@app.command()
@guarded
def document(
    model: ModelFile,
    out: Annotated[Path, typer.Option(help="The folder to write to.")],
    data: Data = None,
    missing_data: Missing = "refuse",
    modules: Modules = None,
) -> None:
    """Write pages about a model: equations, units, notes and links by sector, constants, loops and pictures.

    Labels, loops, evidence and profiles are taken from beside the model file, where they are.

    \b
    egovsim document mine.xmile --out pages
    """
    from egovsim import library
    from egovsim.documentation.model_pages import model_pages
    from egovsim.documentation.sidecar_files import read_sidecar_files
    from egovsim.output import check_writable, place_files
    from egovsim.readers.read_model import read_model

    check_writable(out)
    read = read_model(model, data=data or (), missing_data=missing_data, modules=modules or ())
    pages = model_pages(read, read_sidecar_files(read, library.find("model", model).parent))
    place_files({name: text.encode() for name, text in pages.items()}, out)
    typer.echo(f"{read.file}: {len(read)} variables on {len(pages)} pages and pictures, written to {out}", err=True)
