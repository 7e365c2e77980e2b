"""Small models written as files, so that tests go the whole way from text to numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from xml.sax.saxutils import escape

import egovsim

_XMILE = """<?xml version="1.0" encoding="utf-8"?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<header><vendor>tests</vendor><product version="1.0">tests</product></header>
<sim_specs method="{method}" time_units="years"><start>{start}</start><stop>{stop}</stop><dt>{dt}</dt></sim_specs>
{dimensions}
<model><variables>
{variables}
</variables></model>
</xmile>
"""


def auxiliary(name: str, equation: object, *, inside: str = "") -> str:
    return f'<aux name="{name}"><eqn>{escape(str(equation))}</eqn>{inside}</aux>'


def flow(name: str, equation: object, *, inside: str = "") -> str:
    return f'<flow name="{name}"><eqn>{escape(str(equation))}</eqn>{inside}</flow>'


def stock(
    name: str, initial: object, *, inflows: Sequence[str] = (), outflows: Sequence[str] = (), inside: str = ""
) -> str:
    flows = "".join(f"<inflow>{one}</inflow>" for one in inflows)
    flows += "".join(f"<outflow>{one}</outflow>" for one in outflows)
    return f'<stock name="{name}"><eqn>{escape(str(initial))}</eqn>{flows}{inside}</stock>'


def bounds(low: float, high: float) -> str:
    return f'<range min="{low}" max="{high}"/>'


def over(*dimensions: str) -> str:
    return "<dimensions>" + "".join(f'<dim name="{one}"/>' for one in dimensions) + "</dimensions>"


def xmile(
    *variables: str,
    start: float = 0,
    stop: float = 10,
    dt: float = 0.125,
    method: str = "euler",
    dimensions: Mapping[str, Sequence[str]] | None = None,
) -> str:
    dims = "".join(
        f'<dim name="{name}">' + "".join(f'<elem name="{one}"/>' for one in elements) + "</dim>"
        for name, elements in (dimensions or {}).items()
    )
    return _XMILE.format(
        variables="\n".join(variables),
        start=start,
        stop=stop,
        dt=dt,
        method=method,
        dimensions=f"<dimensions>{dims}</dimensions>" if dims else "",
    )


def mdl(equations: Mapping[str, str], *, start: float = 0, stop: float = 10, step: float = 0.125) -> str:
    clock = {"INITIAL TIME": start, "FINAL TIME": stop, "TIME STEP": step, "SAVEPER": "TIME STEP"}
    lines = [f"{name} = {equation}\n\t~\t\n\t~\t\n\t|\n" for name, equation in {**equations, **clock}.items()]
    return "{UTF-8}\n" + "\n".join(lines) + "\n\\\\\\---/// Sketch information - do not modify anything except names\n"


def read(folder: Path, text: str) -> egovsim.Model:
    """Write a model's text into a folder and read it."""
    path = folder / ("model.mdl" if text.startswith("{UTF-8}") else "model.xmile")
    path.write_text(text, encoding="utf-8")
    return egovsim.read_model(path)
