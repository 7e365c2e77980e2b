"""Small models written as Vensim's .mdl, piece by piece: for tests that go the whole way from text to numbers."""

from __future__ import annotations

from typing import Literal

_FILE = """{{UTF-8}}
{definitions}
INITIAL TIME = {start} ~~|
FINAL TIME = {stop} ~~|
TIME STEP = {step} ~~|
SAVEPER = TIME STEP ~~|

\\\\\\---/// Sketch information - do not modify anything except names
V300  Do not put anything below this section - it will be ignored
///---\\\\\\
:L\x7f<%^E!@
15:0,0,0,{method},0,0
"""
_METHODS = {"euler": 0, "rk4": 5, "midpoint": 3}


def definition(name: str, equation: str) -> str:
    """Write the definition of a variable.

    Parameters
    ----------
    name : str
        Of the variable, with its subscripts.
    equation : str
        Its equation.

    Returns
    -------
    str
        As it stands in a file.
    """
    return f"{name} =\n\t{equation}\n\t~~|\n"


def lookup(name: str, points: str) -> str:
    """Write a lookup.

    Parameters
    ----------
    name : str
        Of the lookup.
    points : str
        ``(x,y)`` of each point, with commas between.

    Returns
    -------
    str
        As it stands in a file.
    """
    return f"{name}(\n\t{points})\n\t~~|\n"


def mdl(
    *definitions: str,
    start: float = 0,
    stop: float = 10,
    step: float = 0.125,
    method: Literal["euler", "rk4", "midpoint"] = "euler",
) -> str:
    """Write a whole file.

    Parameters
    ----------
    *definitions : str
        Its subscripts and variables.
    start, stop, step : float
        Begin, end and time step of a run.
    method : {"euler", "rk4", "midpoint"}
        The integration method.

    Returns
    -------
    str
        The file.
    """
    return _FILE.format(definitions="".join(definitions), start=start, stop=stop, step=step, method=_METHODS[method])
