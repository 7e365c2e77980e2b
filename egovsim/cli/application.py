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
from collections.abc import Callable, Generator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, ParamSpec, TypeVar

import typer

from egovsim.cache import user_cache
from egovsim.errors import EgovsimError
from egovsim.progress import Progress
from egovsim.provenance import own_version

if TYPE_CHECKING:
    from rich.console import Console

P = ParamSpec("P")
R = TypeVar("R")

BAD_INPUT, INTERRUPTED, OWN_FAULT = 1, 130, 70
_PATIENCE_SECONDS = 1.0

app = typer.Typer(
    name="egovsim",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    help="Which policy path takes a region's e-government to where Surabaya is, how soon, at what cost, "
    "and how far can that be relied on? Begin with `egovsim compare`.",
    epilog="A policy of your own: `egovsim show people-first > mine.toml`, edit it, `egovsim compare all mine.toml`.",
)


def main(arguments: list[str] | None = None) -> int:
    """Run the command.

    Parameters
    ----------
    arguments : list of str, optional
        By default those of the process.

    Returns
    -------
    int
        The exit code.
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


def guarded(command: Callable[P, R]) -> Callable[P, R]:
    """Turn what a command raises into a message and an exit code.

    Parameters
    ----------
    command : callable
        The function behind a command.

    Returns
    -------
    callable
        With the same signature; it raises nothing but ``typer.Exit`` and ``typer.BadParameter``.
    """

    @functools.wraps(command)
    def attempt(*args: P.args, **kwargs: P.kwargs) -> R:
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

    return attempt


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


def console() -> Console:
    """Make what tables are printed on.

    Returns
    -------
    rich.console.Console
        Of standard output; a reader that has gone (``| head``) raises BrokenPipeError, as with any other text.
    """
    from rich.console import Console as RichConsole

    class QuietConsole(RichConsole):
        def on_broken_pipe(self) -> None:
            raise BrokenPipeError

    return QuietConsole(highlight=False)


@contextmanager
def progress_bar(what: str, *, counted: str = "") -> Generator[Progress]:
    """Show a bar on standard error: on a terminal only, and only when the work takes over a second.

    Parameters
    ----------
    what : str
        What is going on, written before the bar.
    counted : str
        What is counted, such as ``"accepted"``: shown as how many of how many, at what rate, with the time left. By
        default the share that is done is shown, with the time that it took.

    Yields
    ------
    callable
        To be called with (done, total).
    """
    from rich import progress
    from rich.console import Console as RichConsole

    screen = RichConsole(stderr=True)
    share = (progress.TextColumn("{task.percentage:3.0f} %"), progress.TimeElapsedColumn())
    count = (progress.TextColumn(f"{{task.completed:,}} of {{task.total:,}} {counted}, {{task.fields[left]}}"),)
    columns = (progress.TextColumn("{task.description}"), progress.BarColumn(20), *(count if counted else share))
    bar = progress.Progress(*columns, console=screen, transient=True)
    begun, task = time.monotonic(), bar.add_task(what, total=None, left="")

    def report(done: int, total: int) -> None:
        if not screen.is_terminal or time.monotonic() - begun < _PATIENCE_SECONDS:
            return
        bar.update(task, completed=done, total=total, left=time_left(done, total, time.monotonic() - begun))
        bar.start()

    try:
        yield report
    finally:
        if bar.live.is_started:
            bar.stop()


def time_left(done: int, total: int, seconds: float) -> str:
    """Say at what rate work goes on, and how long it will.

    Parameters
    ----------
    done, total : int
        How much of how much is done.
    seconds : float
        How long that took.

    Returns
    -------
    str
        ``"30 a minute, about 4 min left"``.
    """
    if not done or not seconds:
        return "nothing yet"
    left = (total - done) * seconds / done
    shown = f"{left / 60.0:.0f} min" if left >= 90.0 else f"{left:.0f} s"
    return f"{60.0 * done / seconds:,.0f} a minute, about {shown} left"


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
