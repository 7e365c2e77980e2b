"""The command ``egovsim``: arguments and progress over the public functions, no computation.

Tables go to standard output, messages and progress to standard error. Exit codes: 0 done; 1 bad input,
or a check that found errors; 2 wrong usage; 130 interrupted; 70 a fault of egovsim's own.
"""

from __future__ import annotations

import functools
import io
import os
import sys
import tempfile
import time
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ParamSpec, TypeVar

import typer

from egovsim.cache import user_cache
from egovsim.errors import EgovsimError
from egovsim.provenance import own_version

if TYPE_CHECKING:
    from rich.console import Console

P = ParamSpec("P")
R = TypeVar("R")
Progress = Callable[[int, int], None]

BAD_INPUT, INTERRUPTED, OWN_FAULT = 1, 130, 70
_PATIENCE_SECONDS = 1.0

app = typer.Typer(
    name="egovsim",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Which policy path takes a region's e-government to where Surabaya is, how soon, at what cost, "
    "and how sure is that? Begin with `egovsim compare`.",
    epilog="A policy of your own: `egovsim show people-first > mine.toml`, edit it, `egovsim compare all mine.toml`.",
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command and return its exit code.

    Parameters
    ----------
    arguments : list of str, optional
        By default those of the process.
    """
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")  # a code page without "–" must not end in a traceback
    try:
        app(args=arguments, prog_name="egovsim")
        code = 0
    except SystemExit as ending:
        code = ending.code if isinstance(ending.code, int) else 0
    except KeyboardInterrupt:
        code = _interrupted()
    try:
        sys.stdout.flush()
    except BrokenPipeError:
        _close_quietly()
    return code


def _guarded(command: Callable[P, R]) -> Callable[P, R]:
    """Turn what a command raises into a message and an exit code."""

    @functools.wraps(command)
    def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except (typer.Exit, typer.BadParameter):
            raise
        except EgovsimError as error:
            typer.echo(f"egovsim: {error}", err=True)
            raise typer.Exit(BAD_INPUT) from error
        except KeyboardInterrupt as error:
            raise typer.Exit(_interrupted()) from error
        except BrokenPipeError as error:
            _close_quietly()
            raise typer.Exit(0) from error
        except Exception as error:
            raise typer.Exit(_own_fault(error)) from error

    return guarded


def _interrupted() -> int:
    typer.echo("egovsim: interrupted; nothing was half written.", err=True)
    return INTERRUPTED


def _close_quietly() -> None:
    """Whoever read our output has gone (``| head``): let the interpreter's last flush go nowhere."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())


def _own_fault(error: Exception) -> int:
    """Say that the fault is ours and what to report; the traceback goes to a file."""
    text = "".join(traceback.format_exception(error))
    command = " ".join(["egovsim", *sys.argv[1:]])
    what = f"{type(error).__name__}: {error}"
    typer.echo(f"egovsim {own_version()} stopped through a fault of its own, not yours ({what}).", err=True)
    if os.environ.get("EGOVSIM_DEBUG"):
        typer.echo(text, err=True)
        return OWN_FAULT
    stamp = time.strftime("%Y%m%d-%H%M%S")
    folder = user_cache() or Path(tempfile.gettempdir())
    try:
        handle, name = tempfile.mkstemp(dir=folder, prefix=f"fault-{stamp}-", suffix=".txt", text=True)
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(f"egovsim {own_version()}\n{command}\n\n{text}")
        typer.echo(f"Please report it with this command and this file:\n  {command}\n  {name}", err=True)
    except OSError:
        typer.echo(f"Please report it with what EGOVSIM_DEBUG=1 {command} prints.", err=True)
    return OWN_FAULT


def _console() -> Console:
    from rich.console import Console as RichConsole

    class QuietConsole(RichConsole):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return QuietConsole(highlight=False)


@contextmanager
def _progress(what: str) -> Iterator[Progress]:
    """Show a bar on standard error: on a terminal only, and only when the work takes over a second."""
    from rich.console import Console as RichConsole
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    console = RichConsole(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.percentage:3.0f} %"))
    bar = Progress(*columns, TimeElapsedColumn(), console=console, transient=True)
    begun, task = time.monotonic(), bar.add_task(what, total=None)

    def report(done: int, total: int) -> None:
        if not console.is_terminal or time.monotonic() - begun < _PATIENCE_SECONDS:
            return
        bar.start()
        bar.update(task, completed=done, total=total)

    try:
        yield report
    finally:
        if bar.live.is_started:
            bar.stop()


def _show_version(asked: bool) -> None:
    if asked:
        typer.echo(f"egovsim {own_version()}")
        raise typer.Exit


@app.callback()
def _root(
    version: Annotated[
        bool, typer.Option("--version", help="Print the version.", callback=_show_version, is_eager=True)
    ] = False,
) -> None:
    pass


@app.command()
@_guarded
def compare(
    context: typer.Context,
    policies: Annotated[
        list[str] | None,
        typer.Argument(help="Policy files or shipped names; all (the default) stands for every shipped one."),
    ] = None,
    profile: Annotated[str, typer.Option(help="The region: a shipped profile or a file.")] = "south-sumatra",
    benchmark: Annotated[str, typer.Option(help="What it is measured against, likewise.")] = "surabaya",
    scenario: Annotated[
        list[str] | None,
        typer.Option(help="A shipped scenario or a file; may be repeated. Without it: reference."),
    ] = None,
    members: Annotated[int, typer.Option(help="How many members that agree with the evidence.", min=1)] = 256,
    seed: Annotated[int, typer.Option(help="Every draw follows from it.", min=0)] = 0,
    until: Annotated[float, typer.Option(help="The horizon, a whole year.")] = 2045,
    by: Annotated[str, typer.Option(help="The outcome that ranks.")] = "Real use index",
    discount: Annotated[float, typer.Option(help="Discount rate a year of extra costs.")] = 0.05,
    outcome: Annotated[
        list[str] | None,
        typer.Option(help="An outcome of files and picture; may be repeated. Without it: all."),
    ] = None,
    model: Annotated[str, typer.Option(help="The model: a shipped name or a file.")] = "egov",
    out: Annotated[Path, typer.Option(help="Folder for tables, spreadsheet, picture and manifest.")] = Path(
        "egovsim-comparison"
    ),
    lang: Annotated[str, typer.Option(help="Language of labels and numbers: en or id.")] = "en",
) -> None:
    """Compare policy paths of a region with the benchmark, and rank them.

    \b
    egovsim compare
    egovsim compare mine.toml people-first --scenario budget-cut --lang id
    egovsim compare all mine.toml --by "Citizen trust" --until 2035 --out plan
    """
    from egovsim.policy.compare import compare as compare_paths
    from egovsim.presentation.files import check_writable, write_comparison
    from egovsim.presentation.labels import read_labels
    from egovsim.presentation.tables import comparison_report

    labels = read_labels(lang)
    check_writable(out)
    with _progress("egovsim compare") as progress:
        comparison = compare_paths(
            model,
            profile=profile,
            benchmark=benchmark,
            policies=policies or None,
            scenarios=scenario or ("reference",),
            members=members,
            seed=seed,
            until=until,
            by=by,
            discount=discount,
            outcomes=outcome or None,
            progress=progress,
        )
        options = {**context.params, "policies": policies or ["all"], "scenario": scenario or ["reference"]}
        options["out"] = str(out)
        files = write_comparison(comparison, out, language=lang, options=options)
    console = _console()
    for part in comparison_report(comparison, labels, width=console.width):
        console.print(part)
    names = ", ".join(one.name for one in files)
    typer.echo(labels.text("written", folder=out, files=names), err=True)


@app.command("list")
@_guarded
def list_shipped(
    kind: Annotated[
        str | None,
        typer.Argument(help="models, profiles, policies, scenarios or evidence; all of them by default."),
    ] = None,
    lang: Annotated[str, typer.Option(help="Language of labels: en or id.")] = "en",
) -> None:
    """List the models, profiles, policies and scenarios that come with egovsim.

    \b
    egovsim list
    egovsim list policies
    """
    from egovsim.presentation.listing import shipped_sections
    from egovsim.presentation.tables import listing_table

    console = _console()
    for title, rows in shipped_sections(kind, lang):
        console.print(title, style="bold")
        console.print(listing_table(rows))
        console.print()


@app.command()
@_guarded
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


@app.command()
@_guarded
def run(
    model: Annotated[str, typer.Argument(help="A model file (XMILE or Vensim), or a shipped name.")],
    profile: Annotated[str | None, typer.Option(help="A shipped profile or a file.")] = None,
    policy: Annotated[str | None, typer.Option(help="A shipped policy or a file.")] = None,
    scenario: Annotated[str | None, typer.Option(help="A shipped scenario or a file.")] = None,
    assignments: Annotated[
        list[str] | None, typer.Option("--set", help='"Name=value" of an input; may be repeated.')
    ] = None,
    until: Annotated[float | None, typer.Option(help="End of the run, in the model's time unit.")] = None,
    time_step: Annotated[float | None, typer.Option(help="Time step.")] = None,
    save_every: Annotated[float | None, typer.Option(help="Interval of the rows, a multiple of the step.")] = None,
    output: Annotated[
        list[str] | None, typer.Option(help="A variable of the table; may be repeated. Without it: all.")
    ] = None,
    out: Annotated[Path | None, typer.Option(help="CSV file; standard output by default.")] = None,
) -> None:
    """Run a model once and write its course as CSV.

    \b
    egovsim run egov --policy people-first --output "Real use index" --save-every 1
    egovsim run mine.xmile --set "Training places=0.1" --out course.csv
    """
    from egovsim.policy.single import run_once
    from egovsim.presentation.files import write_text

    result = run_once(
        model, profile=profile, policy=policy, scenario=scenario,
        constants=_assigned(assignments or []), outputs=output or None,
        until=until, time_step=time_step, save_every=save_every,
    )  # fmt: skip
    if result.status.failures:
        typer.echo(f"egovsim: {result.status}; what follows is not a number.", err=True)
    text = result.to_frame().to_csv(lineterminator="\n")
    if out is None:
        typer.echo(text, nl=False)
    else:
        write_text(text, out)
        typer.echo(f"Written to {out}", err=True)


def _assigned(assignments: list[str]) -> dict[str, float]:
    """Read ``Name=value`` texts."""
    values: dict[str, float] = {}
    for one in assignments:
        name, sign, value = one.rpartition("=")
        try:
            values[name.strip()] = float(value)
        except ValueError:
            sign = ""
        if not sign or not name.strip():
            raise typer.BadParameter(f'"{one}" is not of the form "Name=value", such as "Training places=0.1".')
    return values


@app.command()
@_guarded
def check(
    model: Annotated[str, typer.Argument(help="A model file (XMILE or Vensim), or a shipped name.")],
) -> None:
    """Look a model over without running it; exit code 1 when it has errors.

    \b
    egovsim check mine.xmile
    """
    from egovsim.model.checking import check as look_over
    from egovsim.presentation.tables import findings_table
    from egovsim.readers.named import read_model

    read = read_model(model)
    findings = look_over(read)
    console = _console()
    if findings:
        console.print(findings_table(findings))
    counts = {severity: sum(one.severity == severity for one in findings) for severity in ("error", "warning", "note")}
    summary = ", ".join(f"{count} {severity}{'' if count == 1 else 's'}" for severity, count in counts.items())
    typer.echo(f"{read.file}: {len(read.stocks)} stocks, {len(read)} variables; {summary}", err=True)
    if counts["error"]:
        raise typer.Exit(BAD_INPUT)


@app.command()
@_guarded
def convert(
    model: Annotated[str, typer.Argument(help="A model file (XMILE or Vensim), or a shipped name.")],
    out: Annotated[Path, typer.Option(help="The XMILE file to write.")],
) -> None:
    """Write a model as XMILE, the open format: the way out of a closed one.

    \b
    egovsim convert mine.mdl --out mine.xmile
    """
    from egovsim.readers.named import read_model
    from egovsim.writers.xmile import write_xmile

    read = read_model(model)
    write_xmile(read, out)
    typer.echo(f"{read.file}: {len(read.stocks)} stocks, {len(read)} variables; written to {out}", err=True)


@app.command()
@_guarded
def crosscheck(
    model: Annotated[str, typer.Argument(help="A model file (XMILE or Vensim), or a shipped name.")],
    until: Annotated[float | None, typer.Option(help="End of the run; PySD is slow on large models.")] = None,
    rows: Annotated[int, typer.Option(help="How many variables to print, the worst first.", min=1)] = 20,
) -> None:
    """Run the same model in PySD and print where the two differ most; exit code 1 when they disagree.

    \b
    egovsim crosscheck capacity
    egovsim crosscheck egov --until 2004
    """
    from egovsim.analysis.crosscheck import crosscheck as compare_engines
    from egovsim.presentation.tables import crosscheck_table

    result = compare_engines(model, until=until)
    _console().print(crosscheck_table(result, count=rows))
    typer.echo(str(result), err=True)
    if not result.agrees:
        raise typer.Exit(BAD_INPUT)
